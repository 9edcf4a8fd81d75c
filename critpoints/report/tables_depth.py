"""Columns of the tables on depth."""

from __future__ import annotations

import math

from critpoints.estimate import LN10
from critpoints.report.columns import named, plain, whole
from critpoints.report.numbers import Style
from critpoints.report.tables import Column, Row


def _power(row: Row, style: Style) -> str:
    """A norm from its mean natural logarithm."""
    return "" if math.isnan(row.mean) else style.math(f"{row.mean / LN10:.3f}")


NORMS = [
    named("network", "series"),
    whole("n", "n"),
    Column("log10 of the gradient, mean", _power),
    plain("ln, mean", "mean", ".4f"),
    plain("low", "low", ".4f"),
    plain("high", "high", ".4f"),
    plain("exact", "exact", ".4f"),
    plain("z", "z", "+.1f"),
    plain("variance", "variance", ".4g"),
    whole("samples", "samples"),
    whole("alive", "alive"),
]
"""Columns of a table of gradients."""

EXPONENTS = [
    whole("d", "dim"),
    whole("k", "k"),
    plain("exponent", "mean", ".5f"),
    plain("low", "low", ".5f"),
    plain("high", "high", ".5f"),
    plain("Newman", "exact", ".5f"),
    plain("z", "z", "+.1f"),
]
"""Columns of a table of Lyapunov exponents."""

SPREAD = [
    whole("d", "dim"),
    whole("n", "n"),
    plain("ln signal, mean", "mean", ".4f"),
    plain("exact", "exact", ".4f"),
    plain("z", "z", "+.1f"),
    plain("variance", "variance", ".4f"),
    plain("low", "variance_low", ".4f"),
    plain("high", "variance_high", ".4f"),
    plain("exact", "exact_variance", ".4f"),
    plain("z", "variance_z", "+.1f"),
]
"""Columns of a table of signals."""

POWERS = [
    named("W", "object"),
    whole("n", "n"),
    plain("log10 y", "log10_y", ".4f"),
    plain("log10 dy/da", "log10_dy_da", ".4f"),
    plain("log10 dy/db", "log10_dy_db", ".4f"),
]
"""Columns of a table of the lecture-note example."""
