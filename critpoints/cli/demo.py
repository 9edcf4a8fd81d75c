"""``critpoints demo``: the question and its answer in half a minute."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critpoints.cli import chart, options, output, progress

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("dim", "model 1/3^d", "isotropic", "goe")
ENSEMBLES = ("isotropic", "goe")
DIMS = "1-6"
SAMPLES = 200_000


def command(
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write the picture (PNG).")
    ] = Path("critpoints-demo.png"),
    seed: options.Seed = 0,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Sample the fraction of minima in two ensembles and compare it with 1/3^d.

    "isotropic": critical points of a random isotropic function. "goe": symmetric random matrices.
    Takes half a minute at most.

    Example: critpoints demo --out demo.png
    """
    from critpoints.plot import canvas, minima_fraction  # noqa: PLC0415 - takes a second
    from critpoints.study.sweep import sweep  # noqa: PLC0415

    if out.suffix != ".png":
        raise ValueError(f"out must end in .png, got {out}")
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no directory {out.parent}")
    with progress.bar() as show:
        frame = sweep(ENSEMBLES, DIMS, samples=SAMPLES, seed=seed, progress=show)
    records: Any = frame.to_dict("records")
    if form is options.Format.table:
        typer.echo("Fraction of critical points that are minima (95% interval):")
        output.write(_records(frame), form, COLUMNS, records)
        typer.echo("\n".join(chart.chart(records, name="object", value="log10_estimate")))
    else:
        output.write(records, form, ())
    figure = canvas.draw(lambda f: minima_fraction(frame, f.add_subplot()), (9.0, 5.0))
    where = canvas.save(figure, out).resolve()
    typer.echo(f"Picture: {where}", err=form is not options.Format.table)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A row a dimension: the model, and each ensemble with its interval."""
    from critpoints.report.numbers import interval  # noqa: PLC0415

    rows: dict[int, dict[str, Any]] = {}
    for row in frame.to_dict("records"):
        dim = int(row["dim"])
        record = rows.setdefault(dim, {"dim": dim, "model 1/3^d": 3.0**-dim})
        logs = (float(row[f"log10_{name}"]) for name in ("estimate", "low", "high"))
        record[str(row["object"])] = interval(*logs)
    return list(rows.values())
