"""``critpoints exact``: what needs no sampling."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from critpoints.cli import chart, options, output

COLUMNS = (
    "ensemble", "dim", "index", "probability", "log10", "count", "log10_count", "accuracy",
    "accuracy_kind", "log10_asymptotic", "population", "method",
)  # fmt: skip


def command(
    ensemble: options.Ensembles,
    dims: options.Dims,
    index: Annotated[
        str, typer.Option(metavar="0|k|all", help="Number of negative eigenvalues, or all.")
    ] = "0",
    form: options.FormatOption = options.Format.table,
    plot: options.Plot = False,
) -> None:
    """Print exact probabilities of an index, and expected counts where a number is meant.

    A relative accuracy is of the number itself, an absolute one of the sum over all indices; what
    is smaller than the latter is printed as "< bound".

    Example: critpoints exact --ensemble goe --ensemble isotropic --dims 1-40
    """
    from critpoints.study.exact import exact  # noqa: PLC0415 - importing it takes a second

    which = index if index == "all" else _number(index)
    if plot and index == "all":
        raise ValueError("--plot draws one index against the dimension, not --index all")
    records: Any = exact(ensemble, dims, which).to_dict("records")
    shown = [_bounded(r) for r in records] if form is options.Format.table else records
    output.write(shown, form, COLUMNS)
    if plot and form is options.Format.table:
        typer.echo("\n".join(chart.chart(records, name="ensemble", value="log10")))


def _bounded(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a table shows it: "< bound" where a probability is not resolved."""
    bound = float(record["log10_bound"])
    if math.isnan(bound):
        return record
    return record | {"probability": f"< {10**bound:.3g}", "log10": f"< {bound:.4g}"}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"index must be a number from 0 to the dimension, or all, got {text!r}")
    return int(text)
