"""Columns of the tables of rare minima."""

from __future__ import annotations

import math

from critpoints.report.numbers import Style, interval
from critpoints.report.tables import (
    _END,
    _OBJECT,
    _RESULT,
    Column,
    Row,
    _estimate,
    _plain,
    _text,
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
    Column("method", _text("method"), numeric=False),
    Column("probability of a minimum", _estimate),
    *_RESULT,
    Column("seconds", _plain("seconds", ".3g")),
    Column("seconds to 10%", _plain("seconds_to_target", ".3g")),
    *_END,
]
"""Columns of a table of measured probabilities."""

RATIOS = [
    Column("entries", _text("object"), numeric=False),
    Column("d", _text("dim")),
    Column("ln P / ln P of the GOE", _ratio),
]
"""Columns of a table of exponents against the GOE's."""

PEERS = [
    Column("program", _text("object"), numeric=False),
    Column("d", _text("dim")),
    _share("error"),
    _share("coverage"),
    Column("seconds", _plain("seconds", ".3g")),
]
"""Columns of a table of other programs: true relative error, coverage of 95% intervals."""
