"""Columns of the tables of escape times."""

from __future__ import annotations

from critpoints.report.columns import between, plain, text, whole

ESCAPES = [
    text("problem"),
    text("optimizer"),
    whole("d", "dim"),
    whole("runs", "runs"),
    whole("escaped", "escaped"),
    plain("median steps", "median", ".4g"),
    between("mean steps", "mean"),
    plain("predicted", "predicted", ".4g"),
    plain("z", "z", "+.1f"),
    plain("gradients", "gradient_evaluations", ".4g"),
]
"""Columns of a table of :func:`critpoints.escapes`."""

PATHS = [
    text("optimizer"),
    plain("steps to the end", "steps", ".0f"),
    plain("steps to 1% of the width", "settled", ".0f"),
    plain("turns across the valley", "turns", ".0f"),
    plain("f at the end", "final", ".3g"),
]
"""Columns of a table of trajectories."""

RATES = [
    text("optimizer"),
    plain("rate at the first step", "first", ".3g"),
    plain("rate on the plain", "plain", ".3g"),
    plain("rate at the end", "last", ".3g"),
    plain("steps to the minimum", "arrival", ".0f"),
]
"""Columns of a table of effective learning rates."""
