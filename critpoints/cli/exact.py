"""``critpoints exact``: what needs no sampling."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from critpoints.cli import chart, options, output

COLUMNS = (
    "ensemble", "dim", "index", "probability", "log10", "count", "log10_count", "accuracy",
    "log10_asymptotic", "population", "method",
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

    Example: critpoints exact --ensemble goe --ensemble isotropic --dims 1-40
    """
    from critpoints.study.exact import exact  # noqa: PLC0415 - importing it takes a second

    which = index if index == "all" else _number(index)
    if plot and index == "all":
        raise ValueError("--plot draws one index against the dimension, not --index all")
    records: Any = exact(ensemble, dims, which).to_dict("records")
    output.write(records, form, COLUMNS)
    if plot and form is options.Format.table:
        typer.echo("\n".join(chart.chart(records, name="ensemble", value="log10")))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"index must be a number from 0 to the dimension, or all, got {text!r}")
    return int(text)
