"""Columns of the tables of races, and of learning rates."""

from __future__ import annotations

import math

from critpoints.report.columns import between, named, plain, text, whole
from critpoints.report.numbers import Style
from critpoints.report.tables import Column, Row


def share(head: str, field: str) -> Column:
    """A share in per cent with its interval, from ``field``, ``_low``, ``_high``."""

    def cell(row: Row, style: Style) -> str:
        value, low, high = (100 * float(getattr(row, field + end)) for end in ("", "_low", "_high"))
        if math.isnan(low):
            return style.math(f"{value:.0f}")
        return style.interval(value, low, high, 0)

    return Column(head, cell)


def _median(row: Row, _: Style) -> str:
    value = float(row.median)
    return f"{value:.0f}" if math.isfinite(value) else f"> {int(row.budget)}"


RANKING = [
    text("setting"),
    text("optimizer"),
    between("work", "work"),
    share("problems solved, %", "solved"),
    share("fastest, %", "fastest"),
    plain("first in resamples", "first", ".2f"),
    whole("rate at the edge of the grid", "edges"),
    whole("problems", "problems"),
]
"""Columns of a ranking."""

GAINS = [text("optimizer"), between("work untuned / tuned", "gain"), whole("problems", "problems")]
"""Columns of what tuning is worth."""

RESULTS = [
    text("problem"),
    whole("d", "dim"),
    text("optimizer"),
    text("setting"),
    named("hyper-parameters", "settings"),
    named("edge of the grid", "grid_edge"),
    share("escaped, %", "escaped"),
    Column("median work", _median),
    named("the others", "end"),
    plain("median of f at the end", "final_value", ".3g"),
]
"""Columns of the rows of a race."""

EDGES = [
    text("method"),
    plain("momentum", "momentum", ".2f"),
    plain("largest curvature", "largest", "g"),
    plain("converges at", "stable", ".5f"),
    plain("diverges at", "unstable", ".5f"),
    plain("theory", "edge", ".5f"),
]
"""Columns of measured stability edges."""

RATES = [
    text("problem"),
    text("optimizer"),
    plain("best rate", "best", "g"),
    share("escaped there, %", "escaped"),
    plain("mean work there, penalised", "score", ".0f"),
    plain("median work there", "median", ".0f"),
    plain("smallest useful rate", "low", "g"),
    plain("largest useful rate", "high", "g"),
    plain("decades", "decades", ".2f"),
]
"""Columns of ranges of learning rates."""
