"""The appendix of a paper: every experiment with figures and tables, as one LaTeX file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from critpoints._version import __version__
from critpoints.report.page import Section, Table
from critpoints.report.tables import escape, to_latex

MOST_ROWS = 40
"""Rows of a table; the rest is in the data files."""
SHORT = 12  # digits of a digest
_MATH = {
    "²": "^2", "³": "^3", "¹": "^1", "⁰": "^0", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁷": "^7",
    "⁸": "^8", "⁹": "^9", "⁻": "^{-}", "⁺": "^{+}", "ᵈ": "^d", "ⁿ": "^n", "₀": "_0", "₁": "_1",
    "₂": "_2", "₃": "_3", "₄": "_4", "⅓": "1/3", "½": "1/2", "¼": "1/4", "×": r"\times",
    "·": r"\cdot",
    "−": "-", "±": r"\pm", "≈": r"\approx", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "∞": r"\infty",
    "→": r"\to", "∼": r"\sim", "√": r"\surd", "∝": r"\propto", "∇": r"\nabla", "∑": r"\sum",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon",
    "η": r"\eta", "θ": r"\theta", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu",
    "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "φ": r"\varphi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Δ": r"\Delta", "Σ": r"\Sigma", "Ω": r"\Omega", "Λ": r"\Lambda",
}  # fmt: skip
_POWER = re.compile(r"\\textasciicircum\{\}(\(([^()]*)\)|[-−]?\w+(?:\.\d+)?)")
"""``^d`` and ``^(−d²/4)`` after escaping."""
_TEXT = {
    "–": "--", "—": "---", "’": "'", "‘": "`", "“": "``", "”": "''", "…": r"\dots{}",
    "\u2009": r"\,", "\u00a0": "~", "\u202f": r"\,", "\u2011": "-",
}  # fmt: skip


def render(
    title: str, sections: Sequence[Section], digests: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The appendix as text: compiles with pdfLaTeX beside the figures.

    Parameters
    ----------
    title : str
    sections : sequence of Section
        Figures are the PDF files among their links.
    digests : mapping, optional
        Name of a section to the identities of what was sampled.
    """
    known = digests or {}
    parts = [_part(section, known.get(section.name, ())) for section in sections]
    template = _environment().get_template("appendix.tex.j2")
    return template.render(title=plain(title), version=__version__, parts=parts)


def plain(text: str) -> str:
    """Text as LaTeX: special signs escaped, signs of mathematics replaced, powers raised."""
    raised = _POWER.sub(lambda m: f"\\ensuremath{{^{{{(m[2] or m[1])}}}}}", escape(text))
    return signs(raised)


def signs(latex: str) -> str:
    """LaTeX without the Unicode signs that pdfLaTeX lacks."""
    return "".join(c if ord(c) < 128 else _sign(c) for c in latex)


def _sign(char: str) -> str:
    if char in _MATH:
        return rf"\ensuremath{{{_MATH[char]}}}"
    if char in _TEXT or ord(char) < 0x180:  # the latter are accented letters of T1
        return _TEXT.get(char, char)
    ascii_only = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
    return escape(ascii_only) or f"[U+{ord(char):04X}]"


def _part(section: Section, digests: Sequence[str]) -> dict[str, Any]:
    files = [name for name in section.links if name.endswith(".pdf")]
    return {
        "name": section.name.replace("_", "-"),
        "title": plain(section.title),
        "question": plain(section.question),
        "answer": plain(section.claims.answer),
        "warnings": [plain(text) for text in section.claims.warnings],
        "notes": [plain(text) for text in section.claims.notes],
        "pictures": [
            {"file": file, "text": plain(picture.caption or picture.alt)}
            for file, picture in zip(files, section.pictures, strict=False)
        ],
        "tables": [_table(table, section.name) for table in section.tables if len(table.frame)],
        "method": [plain(text) for text in section.method],
        "command": plain(section.command).replace("--", "-{}-"),
        "digests": " ".join(digest[:SHORT] for digest in digests),
    }


def _table(table: Table, name: str) -> dict[str, str]:
    body = to_latex(table.frame.head(MOST_ROWS), table.columns)
    left = len(table.frame) - MOST_ROWS
    note = f"{left} more rows: see {name}.csv." if left > 0 else ""
    return {"caption": plain(table.caption), "body": signs(body), "note": plain(note)}


def _environment() -> Environment:
    return Environment(  # noqa: S701  LaTeX, not HTML: escaped by plain
        loader=PackageLoader("critpoints.report"),
        undefined=StrictUndefined,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
