"""Columns of the tables of rare minima."""

from __future__ import annotations

import math

from critpoints.report.columns import named, plain, whole
from critpoints.report.numbers import Style, interval
from critpoints.report.tables import (
    _END,
    _OBJECT,
    _RESULT,
    Column,
    Row,
    _estimate,
)


def _share(field: str) -> Column:
    def cell(row: Row, _: Style) -> str:
        value = float(getattr(row, field))
        return "" if math.isnan(value) else f"{100 * value:.0f}"

    return Column(f"{field}, %", cell)


def _ratio(row: Row, style: Style) -> str:
    return interval(*(math.log10(x) for x in (row.ratio, row.low, row.high)), style=style)


RARE = [
    *_OBJECT,
    named("method", "method"),
    Column("probability of a minimum", _estimate),
    *_RESULT,
    plain("seconds", "seconds", ".3g"),
    plain("seconds to 10%", "seconds_to_target", ".3g"),
    *_END,
]
"""Columns of a table of measured probabilities."""

RATIOS = [
    named("entries", "object"),
    whole("d", "dim"),
    Column("ln P / ln P of the GOE", _ratio),
]
"""Columns of a table of exponents against the GOE's."""

PEERS = [
    named("program", "object"),
    whole("d", "dim"),
    _share("error"),
    _share("coverage"),
    plain("seconds", "seconds", ".3g"),
]
"""Columns of a table of other programs: true relative error, coverage of 95% intervals."""
