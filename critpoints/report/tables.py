"""From a frame to Markdown, CSV and LaTeX: every number rounded to what is known of it."""

from __future__ import annotations

import csv
import io
import math
import re
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


def text_cell(field: str) -> Callable[[Row, Style], str]:
    """A cell of words, escaped for LaTeX."""
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


def _expected(row: Row, style: Style) -> str:
    """An expected number, or what it is less than where theory does not resolve it."""
    bound = float(getattr(row, "log10_bound", math.nan))
    if math.isnan(row.log10_count) and not math.isnan(bound):
        return interval(-math.inf, -math.inf, bound, style=style)
    return number(row.log10_count, 5, style)


def _ratio(row: Row, style: Style) -> str:
    return "" if math.isinf(row.log10_ratio_third) else number(row.log10_ratio_third, 2, style)


def _count(row: Row, style: Style) -> str:
    return grouped(row.samples, style)


def grouped(count: int, style: Style) -> str:
    """A whole number, its digits in threes; siunitx groups them itself."""
    return str(count) if style.latex else f"{count:,}".replace(",", "\u2009")


_OBJECT = [
    Column("object", text_cell("object"), numeric=False),
    Column("population", text_cell("population"), numeric=False),
    Column("d", text_cell("dim")),
]
_RESULT = [Column("exact", _exact), Column("z", _plain("z", "+.1f"))]
_END = [Column("samples", _count), Column("status", text_cell("status"), numeric=False)]
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
    Column("index", text_cell("index")),
    Column("probability", _estimate),
    *_RESULT,
    *_END,
]
"""Columns of a table of index laws."""


VARIANCE = [
    *_OBJECT,
    Column("", text_cell("kind"), numeric=False),
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
    Column("index", text_cell("index")),
    Column("expected number", _expected),
    Column("method", text_cell("method"), numeric=False),
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
    Column("object", text_cell("object"), numeric=False),
    Column("law", _law, numeric=False),
    Column("base b", _base),
    Column("range", text_cell("note"), numeric=False),
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
    """A ``tabular`` that needs ``booktabs`` and ``siunitx`` with ``retain-explicit-plus``.

    Numbers stand in ``S`` columns, as wide as what is in them. ``1.23(4)e-5`` means a half-width
    of .04e-5; an uneven interval is written out.
    """
    body = cells(frame, columns, LATEX)
    align = " ".join(
        _alignment([row[i] for row in body]) if column.numeric else "l"
        for i, column in enumerate(columns)
    )
    rows = [[_escape(c.head, LATEX) for c in columns], *body]
    lines = [
        " & ".join(
            _braced(cell) if c.numeric else cell for c, cell in zip(columns, row, strict=True)
        )
        for row in rows
    ]
    head, *rest = (line + " \\\\\n" for line in lines)
    return (
        f"\\begin{{tabular}}{{{align}}}\n\\toprule\n{head}\\midrule\n{''.join(rest)}"
        "\\bottomrule\n\\end{tabular}\n"
    )


_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d+)(\.(?P<part>\d+))?(\((?P<error>\d+)\))?(e(?P<power>-?\d+))?"
)


def _alignment(column: Sequence[str]) -> str:
    """``S`` with room for the numbers of a column; ``r`` where there are none."""
    found = [m.groupdict(default="") for m in map(_NUMBER.fullmatch, column) if m]
    if not found:
        return "r"
    sizes = {key: max(len(number[key]) for number in found) for key in found[0]}
    power = "-" * any(n["power"].startswith("-") for n in found) + str(
        max(len(n["power"].lstrip("-")) for n in found)
    )
    form = (
        "-" * (sizes["sign"] > 0)
        + f"{sizes['whole']}.{sizes['part']}"
        + f"({sizes['error']})" * (sizes["error"] > 0)
        + f"e{power}" * (sizes["power"] > 0)
    )
    return f"S[table-format={form}]"


def _braced(cell: str) -> str:
    """What ``S`` must not read as a number, in braces."""
    if not cell or cell.startswith("{") or _NUMBER.fullmatch(cell):
        return cell
    return rf"{{\num{{{cell}}}}}" if cell[0] in "<>" else f"{{{cell}}}"


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
