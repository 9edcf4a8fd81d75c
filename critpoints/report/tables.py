"""From a frame to Markdown, CSV and LaTeX: every number rounded to what is known of it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd

from critpoints.report.numbers import LATEX, PLAIN, Style, interval, number

Row = SimpleNamespace


@dataclass(frozen=True)
class Column:
    """A heading and how a row's cell is written."""

    head: str
    cell: Callable[[Row, Style], str]
    numeric: bool = True


def _text(field: str) -> Callable[[Row, Style], str]:
    return lambda row, style: _escape(str(getattr(row, field)), style)


def _estimate(row: Row, style: Style) -> str:
    return interval(row.log10_estimate, row.log10_low, row.log10_high, style=style)


def _exact(row: Row, style: Style) -> str:
    return number(row.log10_exact, 4, style)


def _plain(field: str, form: str) -> Callable[[Row, Style], str]:
    """A cell with a number of ordinary size, empty where it is missing."""

    def cell(row: Row, style: Style) -> str:
        value = getattr(row, field)
        return "" if math.isnan(value) else style.math(format(value, form))

    return cell


def _log10(field: str) -> Callable[[Row, Style], str]:
    return lambda row, style: number(getattr(row, field), 5, style)


def _ratio(row: Row, style: Style) -> str:
    return "" if math.isinf(row.log10_ratio_third) else number(row.log10_ratio_third, 2, style)


def _count(row: Row, style: Style) -> str:
    return f"{row.samples:,}".replace(",", "{,}" if style.latex else "\u2009")


_OBJECT = [
    Column("object", _text("object"), numeric=False),
    Column("population", _text("population"), numeric=False),
    Column("d", _text("dim")),
]
_RESULT = [Column("exact", _exact), Column("z", _plain("z", "+.1f"))]
_END = [Column("samples", _count), Column("status", _text("status"), numeric=False)]
MINIMA = [
    *_OBJECT,
    Column("fraction of minima", _estimate),
    *_RESULT,
    Column("ratio to 1/3^d", _ratio),
    Column("z of 1/3^d", _plain("z_third", "+.1f")),
    *_END,
]
"""Columns of a table of minima."""

INDEX = [
    *_OBJECT,
    Column("index", _text("index")),
    Column("probability", _estimate),
    *_RESULT,
    *_END,
]
"""Columns of a table of index laws."""


VARIANCE = [
    *_OBJECT,
    Column("", _text("kind"), numeric=False),
    Column("variance", _plain("variance", ".4f")),
    Column("low", _plain("low", ".4f")),
    Column("high", _plain("high", ".4f")),
    Column("asymptotic", _plain("asymptotic", ".4f")),
]
"""Columns of a table of variances of the index."""

SCALING = [
    *_OBJECT,
    Column("exact", _exact),
    Column("asymptotic", _log10("log10_asymptotic")),
    Column("P(d)/P(d+1)", _log10("log10_base")),
    Column("b of b^(-d^2/4)", _plain("base_square", ".4f")),
]
"""Columns of a table of local bases."""

TOTALS = [
    *_OBJECT,
    Column("all critical points", _log10("log10_total")),
    Column("minima", _log10("log10_minima")),
    Column("alternating sum", _plain("euler", ".6f")),
]
"""Columns of a table of expected numbers (:func:`critpoints.study.counts.totals`)."""

COUNTS = [
    *_OBJECT,
    Column("index", _text("index")),
    Column("expected number", _log10("log10_count")),
    Column("method", _text("method"), numeric=False),
]
"""Columns of a table of expected numbers by index."""

_MASS = Column("mass", _plain("mass", ".2f"))
MASS_COUNTS = [_MASS, *COUNTS[len(_OBJECT) - 1 :]]
"""The same with the mass of a confined field."""

RATES = [
    _MASS,
    *TOTALS[len(_OBJECT) - 1 :],
    Column("rate of all", _plain("rate_total", ".4f")),
    Column("limit", _plain("limit_total", ".4f")),
    Column("rate of minima", _plain("rate_minima", ".4f")),
    Column("limit", _plain("limit_minima", ".4f")),
]
"""Columns of a table of growth rates (:func:`critpoints.study.counts.growth_rates`)."""


def _base(row: Row, style: Style) -> str:
    if math.isnan(row.base):
        return ""
    return interval(*(math.log10(x) for x in (row.base, row.low, row.high)), style=style)


def _law(row: Row, style: Style) -> str:
    power = "d" if row.power == "d" else "d²"
    if style.latex:
        return f"$C b^{{-{power.replace('²', '^2')}}}$"
    return f"C·b^(−{power})"


BASES = [
    Column("object", _text("object"), numeric=False),
    Column("law", _law, numeric=False),
    Column("base b", _base),
    Column("range", _text("note"), numeric=False),
]
"""Columns of a table of fitted bases (:func:`critpoints.fit_bases`)."""

NUMERIC = ("log10_estimate", "log10_low", "log10_high", "log10_exact", "z", "z_third",
           "log10_ratio_third")  # fmt: skip


def cells(frame: pd.DataFrame, columns: Sequence[Column], style: Style = PLAIN) -> list[list[str]]:
    """The body of the table as text."""
    known = [c for c in NUMERIC if c in frame]
    clean = frame.assign(**{c: pd.to_numeric(frame[c]).astype(float) for c in known})
    rows = [
        SimpleNamespace(**{str(k): v for k, v in record.items()})
        for record in clean.to_dict("records")
    ]
    return [[c.cell(row, style) for c in columns] for row in rows]


def to_markdown(frame: pd.DataFrame, columns: Sequence[Column] = MINIMA) -> str:
    """A pipe table; numbers to the right."""
    lines = [[c.head for c in columns], ["---:" if c.numeric else ":---" for c in columns]]
    body = [[cell.replace("|", r"\|") for cell in row] for row in cells(frame, columns)]
    return "".join("| " + " | ".join(line) + " |\n" for line in [*lines, *body])


def to_csv(frame: pd.DataFrame, columns: Sequence[Column] = MINIMA) -> str:
    """The same text, comma separated; the unrounded numbers are in the data files."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([c.head for c in columns])
    writer.writerows(cells(frame, columns))
    return buffer.getvalue()


def to_latex(frame: pd.DataFrame, columns: Sequence[Column] = MINIMA) -> str:
    """A ``tabular`` that needs ``booktabs`` and ``amsmath``."""
    align = "".join("r" if c.numeric else "l" for c in columns)
    head = " & ".join(_escape(c.head, LATEX) for c in columns)
    body = "".join(" & ".join(row) + " \\\\\n" for row in cells(frame, columns, LATEX))
    return (
        f"\\begin{{tabular}}{{{align}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body}\\bottomrule\n\\end{{tabular}}\n"
    )


_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def escape(text: str) -> str:
    """Text with the special signs of LaTeX escaped."""
    return "".join(_LATEX.get(c, c) for c in text)


def _escape(text: str, style: Style) -> str:
    return escape(text) if style.latex else text
