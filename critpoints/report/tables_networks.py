"""Columns of the tables on networks."""

from __future__ import annotations

from critpoints.report.numbers import Style
from critpoints.report.tables import Column, Row, _plain, _text


def _whole(head: str, field: str) -> Column:
    return Column(head, lambda row, style: style.math(str(int(getattr(row, field)))))


def _range(field: str, form: str) -> Column:
    def cell(row: Row, style: Style) -> str:
        low, high = getattr(row, f"{field}_low"), getattr(row, f"{field}_high")
        return style.between(f"{low:{form}}", f"{high:{form}}")

    return Column("interval", cell)


POINTS = [
    Column("loss", _plain("loss", ".5f")),
    _whole("index", "index"),
    Column("share of negative eigenvalues", _plain("index_fraction", ".3f")),
    _whole("zero modes", "zero_modes"),
    _whole("found by searches", "found"),
    Column("gradient", _plain("gradient_norm", ".1e")),
    Column("test loss", _plain("test_loss", ".4f")),
    Column("test error", _plain("test_error", ".3f")),
]
"""Columns of a table of critical points of a network."""

QUALITY = [
    _whole("width", "width"),
    _whole("parameters", "dim"),
    _whole("trainings", "runs"),
    Column("best test loss", _plain("best", ".4f")),
    Column("median", _plain("median", ".4f")),
    Column("within 5 %", _plain("share", ".3f")),
    _range("share", ".3f"),
    Column("best training loss", _plain("train_best", ".4f")),
    Column("within 5 %", _plain("train_share", ".3f")),
    _range("train_share", ".3f"),
    Column("spread of test loss", _plain("spread", ".4f")),
    _range("spread", ".4f"),
    Column("spread of training loss", _plain("train", ".4f")),
    _range("train", ".4f"),
    Column("largest gradient", _plain("gradient", ".1e")),
]
"""Columns of a table of trainings by width."""

ESCAPES = [
    Column("optimizer", _text("optimizer"), numeric=False),
    _whole("runs", "runs"),
    _whole("escaped", "escaped"),
    Column("median steps", _plain("median", ".0f")),
    Column("median cost", _plain("cost", ".0f")),
    _range("cost", ".0f"),
    Column("gradients a run", _plain("gradient_evaluations", ".0f")),
    Column("Hessian products a run", _plain("hessian_products", ".0f")),
    Column("status", _text("status"), numeric=False),
]
"""Columns of a table of escapes from saddles of a network."""
