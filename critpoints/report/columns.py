"""Kinds of columns: words, whole and other numbers, estimates with their intervals."""

from __future__ import annotations

import math

from critpoints.report.numbers import PLAIN, Style, interval, number
from critpoints.report.tables import Column, Row, grouped, text_cell

NOISE = 1e-9


def text(field: str) -> Column:
    """A column of words or whole numbers under its own name."""
    return named(field, field)


def named(head: str, field: str) -> Column:
    """A column of words under another heading."""
    return Column(head, text_cell(field), numeric=False)


def whole(head: str, field: str) -> Column:
    """A column of whole numbers, empty where missing."""
    return Column(head, lambda row, style: _whole(getattr(row, field), style))


def plain(head: str, field: str, form: str) -> Column:
    """A column of numbers of ordinary size, empty where missing or infinite."""

    def cell(row: Row, style: Style) -> str:
        value = float(getattr(row, field))
        return style.math(format(value, form)) if math.isfinite(value) else ""

    return Column(head, cell)


def small(head: str, field: str) -> Column:
    """A column of positive numbers to three digits, of which those below 1e-9 are not known."""

    def cell(row: Row, style: Style) -> str:
        value = float(getattr(row, field))
        if 0 < value < NOISE:
            return "< 1e-9" if style.latex else "< 10⁻⁹"
        return number(math.log10(value) if value > 0 else -math.inf, 3, style)

    return Column(head, cell)


def between(head: str, field: str) -> Column:
    """A column of a positive estimate with its interval, from ``field``, ``_low``, ``_high``."""

    def cell(row: Row, style: Style) -> str:
        value, low, high = (float(getattr(row, field + end)) for end in ("", "_low", "_high"))
        return shown(value, low, high, style)

    return Column(head, cell)


def shown(value: float, low: float, high: float, style: Style = PLAIN) -> str:
    """``0.25 (0.23–0.27)``; the number alone where an interval is missing, a point or endless."""
    if math.isnan(value):
        return ""
    if math.isnan(high):
        return number(math.log10(value) if value > 0 else -math.inf, 3, style)
    if not high > 0:
        return "0"
    logs = [math.log10(x) if x > 0 else -math.inf for x in (value, low, high)]
    if value > 0 and (not math.isfinite(high) or high - low < 1e-9 * value):
        return number(logs[0], 3, style)
    if low <= 0 < value:  # the logarithm of 0 is no end of an interval
        logs[1] = -300.0
    return interval(*logs, style=style)


def _whole(value: float, style: Style) -> str:
    if math.isnan(float(value)):
        return ""
    return grouped(int(value), style)
