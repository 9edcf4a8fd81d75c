"""Columns of the tables on depth."""

from __future__ import annotations

import math

from critpoints.estimate import LN10
from critpoints.report.numbers import Style
from critpoints.report.tables import Column, Row, _plain, _text


def _whole(field: str) -> Column:
    return Column(field, lambda row, style: style.math(str(int(getattr(row, field)))), numeric=True)


def _power(row: Row, style: Style) -> str:
    """A norm from its mean natural logarithm."""
    return "" if math.isnan(row.mean) else style.math(f"{row.mean / LN10:.3f}")


NORMS = [
    Column("network", _text("series"), numeric=False),
    _whole("n"),
    Column("log10 of the gradient, mean", _power),
    Column("ln, mean", _plain("mean", ".4f")),
    Column("low", _plain("low", ".4f")),
    Column("high", _plain("high", ".4f")),
    Column("exact", _plain("exact", ".4f")),
    Column("z", _plain("z", "+.1f")),
    Column("variance", _plain("variance", ".4g")),
    _whole("samples"),
    _whole("alive"),
]
"""Columns of a table of gradients."""

EXPONENTS = [
    Column("d", lambda row, style: style.math(str(int(row.dim)))),
    _whole("k"),
    Column("exponent", _plain("mean", ".5f")),
    Column("low", _plain("low", ".5f")),
    Column("high", _plain("high", ".5f")),
    Column("Newman", _plain("exact", ".5f")),
    Column("z", _plain("z", "+.1f")),
]
"""Columns of a table of Lyapunov exponents."""

SPREAD = [
    Column("d", lambda row, style: style.math(str(int(row.dim)))),
    _whole("n"),
    Column("ln signal, mean", _plain("mean", ".4f")),
    Column("exact", _plain("exact", ".4f")),
    Column("z", _plain("z", "+.1f")),
    Column("variance", _plain("variance", ".4f")),
    Column("low", _plain("variance_low", ".4f")),
    Column("high", _plain("variance_high", ".4f")),
    Column("exact", _plain("exact_variance", ".4f")),
    Column("z", _plain("variance_z", "+.1f")),
]
"""Columns of a table of signals."""

POWERS = [
    Column("W", _text("object"), numeric=False),
    _whole("n"),
    Column("log10 y", _plain("log10_y", ".4f")),
    Column("log10 dy/da", _plain("log10_dy_da", ".4f")),
    Column("log10 dy/db", _plain("log10_dy_db", ".4f")),
]
"""Columns of a table of the lecture-note example."""
