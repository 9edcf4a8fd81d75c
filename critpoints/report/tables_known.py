"""Columns of the tables of functions whose critical points are known."""

from __future__ import annotations

from critpoints.report.columns import small, text, whole

ISOLATED = [
    text("family"),
    whole("d", "dim"),
    text("known"),
    text("found"),
    small("fraction of minima", "fraction"),
    text("method"),
    text("certified"),
    text("complete"),
    text("Euler"),
]
"""Columns of a table of isolated points, numbers by index 0, 1, … d."""

DEGENERATE = [
    text("family"),
    whole("d", "dim"),
    whole("known values", "values"),
    whole("of these found", "found"),
    whole("points found", "points"),
    whole("degenerate", "degenerate"),
    whole("of no known value", "stray"),
    text("certified"),
]
"""Columns of a table of degenerate points."""
