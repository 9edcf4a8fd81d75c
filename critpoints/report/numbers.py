"""Numbers as text, rounded to what is known of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN_DOWN_TO = -3  # decades: smaller numbers are written with a power of ten


@dataclass(frozen=True)
class Style:
    """How text is written: plain (Unicode) or LaTeX."""

    latex: bool = False

    def power(self, exponent: int) -> str:
        """``×10⁻⁶`` or nothing for exponent 0."""
        if exponent == 0:
            return ""
        if self.latex:
            return rf"\times 10^{{{exponent}}}"
        return "×10" + str(exponent).translate(_SUPERSCRIPT)

    def math(self, text: str) -> str:
        """Wrap in dollars where they are needed."""
        return f"${text}$" if self.latex else text.replace("-", "−")

    @property
    def dash(self) -> str:
        """Of a range."""
        return r"\text{--}" if self.latex else "–"


PLAIN, LATEX = Style(), Style(latex=True)


def interval(
    log10_value: float, log10_low: float, log10_high: float, *, style: Style = PLAIN
) -> str:
    """``4.4 (3.1–6.0)×10⁻⁶``: two significant digits of the half-width; ``< x`` for a bound."""
    if math.isnan(log10_value):
        return ""
    if log10_value == -math.inf:
        return style.math("< " + _scaled(log10_high, 1, style))
    exponent = _exponent(log10_value)
    value, low, high = (10.0 ** (x - exponent) for x in (log10_value, log10_low, log10_high))
    digits = _digits((high - low) / 2)
    texts = [f"{x:.{max(0, digits)}f}" for x in (value, low, high)]
    space = r"\," if style.latex else " "
    ends = f"{texts[0]}{space}({texts[1]}{style.dash}{texts[2]})"
    return style.math(ends + style.power(exponent))


def number(log10_value: float, digits: int = 4, style: Style = PLAIN) -> str:
    """A number from its decimal logarithm, to so many significant digits."""
    if math.isnan(log10_value):
        return ""
    if log10_value == -math.inf:
        return "0"
    return style.math(_scaled(log10_value, digits - 1, style))


def factor(log10_ratio: float) -> str:
    """A ratio in words' precision: two digits, a power of ten beyond ten thousand."""
    size = abs(log10_ratio)
    if size >= 4:
        return number(size, 2)
    return f"{float(f'{10.0**size:.2g}'):g}"


def _exponent(log10_value: float) -> int:
    exponent = math.floor(log10_value)
    return 0 if PLAIN_DOWN_TO < exponent <= 3 else exponent


def _scaled(log10_value: float, places: int, style: Style) -> str:
    exponent = _exponent(log10_value)
    shown = 10.0 ** (log10_value - exponent)
    return f"{shown:.{max(0, places - math.floor(math.log10(shown)))}f}" + style.power(exponent)


def _digits(half_width: float) -> int:
    """Decimals that show two significant digits of ``half_width``."""
    return 1 - math.floor(math.log10(half_width)) if half_width > 0 else 4
