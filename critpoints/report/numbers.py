"""Numbers as text, rounded to what is known of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
PLAIN_DOWN_TO = -3  # decades: smaller numbers are written with a power of ten


@dataclass(frozen=True)
class Style:
    """How a number is written: in plain text (Unicode), or as siunitx reads it.

    ==================  ==================  ===========================
    what                plain               LaTeX
    ==================  ==================  ===========================
    number              ``−4.4×10⁻⁶``       ``-4.4e-6``
    bound               ``< 7.5×10⁻⁶``      ``< 7.5e-6``
    interval, even      ``1.2 (1.0–1.4)``   ``1.20(20)``
    interval, uneven    ``1.2 (1.1–1.6)``   ``{\\num{1.2} (\\numrange{1.1}{1.6})}``
    ==================  ==================  ===========================
    """

    latex: bool = False

    def power(self, exponent: int) -> str:
        """``×10⁻⁶``, ``e-6``, or nothing for exponent 0."""
        if exponent == 0:
            return ""
        return f"e{exponent}" if self.latex else "×10" + str(exponent).translate(_SUPERSCRIPT)

    def math(self, text: str) -> str:
        """A formatted number (``-1.5``, ``2e-05``) in this style; siunitx sets its own minus."""
        if text == "inf":
            return r"$\infty$" if self.latex else "∞"
        mantissa, _, exponent = text.partition("e")
        if not self.latex:
            mantissa = mantissa.replace("-", "−")
        return mantissa + self.power(int(exponent or 0))

    def between(self, low: str, high: str) -> str:
        """A range without a value."""
        if self.latex and high != "inf":
            return rf"{{\numrange{{{low}}}{{{high}}}}}"
        ends = self.math(low), self.math(high)
        return f"{{{ends[0]}--{ends[1]}}}" if self.latex else "–".join(ends)

    def interval(
        self, value: float, low: float, high: float, digits: int, exponent: int = 0
    ) -> str:
        """A value with its interval, all to so many decimals, times a power of ten."""
        if self.latex and _even(value, low, high):
            return _uncertain(value, (high - low) / 2, digits) + self.power(exponent)
        texts = [f"{x:.{max(0, digits)}f}" for x in (value, low, high)]
        if self.latex:
            value_, low_, high_ = (t + self.power(exponent) for t in texts)
            return rf"{{\num{{{value_}}} (\numrange{{{low_}}}{{{high_}}})}}"
        return self.math(f"{texts[0]} ({texts[1]}–{texts[2]})") + self.power(exponent)


PLAIN, LATEX = Style(), Style(latex=True)
EVEN = 0.9
"""An interval is written as ``value(half-width)`` if its shorter side is so much of the longer."""


def interval(
    log10_value: float, log10_low: float, log10_high: float, *, style: Style = PLAIN
) -> str:
    """A value to two significant digits of its interval's half-width; ``< x`` for a bound."""
    if math.isnan(log10_value):
        return ""
    if log10_value == -math.inf:
        return "< " + _scaled(log10_high, 1, style)
    exponent = _exponent(log10_value)
    value, low, high = (10.0 ** (x - exponent) for x in (log10_value, log10_low, log10_high))
    return style.interval(value, low, high, _digits((high - low) / 2), exponent)


def number(log10_value: float, digits: int = 4, style: Style = PLAIN) -> str:
    """A number from its decimal logarithm, to so many significant digits."""
    if math.isnan(log10_value):
        return ""
    if log10_value == -math.inf:
        return "0"
    return _scaled(log10_value, digits - 1, style)


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
    """Decimals that show two significant digits of ``half_width``; below 0: tens, hundreds."""
    if not half_width > 0:
        return 4
    return 1 - math.floor(math.log10(float(f"{half_width:.1e}")))  # .0996 is .10


def _even(value: float, low: float, high: float) -> bool:
    """Whether one half-width tells both ends."""
    sides = sorted((value - low, high - value))
    return sides[0] > 0 and sides[0] >= EVEN * sides[1]


def _uncertain(value: float, half: float, digits: int) -> str:
    """``0.1464(9)`` and ``1230(150)``: the uncertainty in units of the last digit shown."""
    last = round(half * 10.0**digits)
    if digits < 0:
        return f"{round(value, digits):.0f}({last * 10**-digits})"
    return f"{value:.{digits}f}({last})"
