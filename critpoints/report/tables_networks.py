"""Columns of the tables on networks."""

from __future__ import annotations

from critpoints.report.columns import named, plain, whole
from critpoints.report.numbers import Style
from critpoints.report.tables import Column, Row


def _range(field: str, form: str) -> Column:
    def cell(row: Row, style: Style) -> str:
        low, high = getattr(row, f"{field}_low"), getattr(row, f"{field}_high")
        return style.between(f"{low:{form}}", f"{high:{form}}")

    return Column("interval", cell)


POINTS = [
    plain("loss", "loss", ".5f"),
    whole("index", "index"),
    plain("share of negative eigenvalues", "index_fraction", ".3f"),
    whole("zero modes", "zero_modes"),
    whole("found by searches", "found"),
    plain("gradient", "gradient_norm", ".1e"),
    plain("test loss", "test_loss", ".4f"),
    plain("test error", "test_error", ".3f"),
]
"""Columns of a table of critical points of a network."""

QUALITY = [
    whole("width", "width"),
    whole("parameters", "dim"),
    whole("trainings", "runs"),
    plain("best test loss", "best", ".4f"),
    plain("median", "median", ".4f"),
    plain("within 5%", "share", ".3f"),
    _range("share", ".3f"),
    plain("best training loss", "train_best", ".4f"),
    plain("within 5%", "train_share", ".3f"),
    _range("train_share", ".3f"),
    plain("spread of test loss", "spread", ".4f"),
    _range("spread", ".4f"),
    plain("spread of training loss", "train", ".4f"),
    _range("train", ".4f"),
    plain("largest gradient", "gradient", ".1e"),
]
"""Columns of a table of trainings by width."""

ESCAPES = [
    named("optimizer", "optimizer"),
    whole("runs", "runs"),
    whole("escaped", "escaped"),
    plain("median steps", "median", ".0f"),
    plain("median cost", "cost", ".0f"),
    _range("cost", ".0f"),
    plain("gradients a run", "gradient_evaluations", ".0f"),
    plain("Hessian products a run", "hessian_products", ".0f"),
    named("status", "status"),
]
"""Columns of a table of escapes from saddles of a network."""
