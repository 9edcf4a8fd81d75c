"""Options that commands share, written once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How records are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def _in_a_folder(store: str | None) -> str | None:
    """Refuse a file in a folder that is not there: a typing error makes no folders."""
    if store is not None and not Path(store).parent.is_dir():
        raise ValueError(f"--store {store}: there is no folder {Path(store).parent}")
    return store


Ensembles = Annotated[
    list[str],
    typer.Option(
        "--ensemble",
        "-e",
        metavar="REF",
        help="NAME or package.module:Class, then [:key=value,…]; repeat for several.",
    ),
]
Dims = Annotated[
    str, typer.Option(metavar="1-8|2,4,6", help="Dimensions of the Hessian, e.g. 1-8 or 2,4,6.")
]
RelError = Annotated[
    float | None,
    typer.Option(
        metavar="R",
        help="Half-width of the interval over the estimate (default .1 without --samples).",
    ),
]
Samples = Annotated[
    int | None, typer.Option(metavar="N", help="Samples a row at most, instead of a precision.")
]
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="S", help="Time for all rows together (default 60, unless --samples is given)."
    ),
]
Level = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
Interval = Annotated[
    str, typer.Option(metavar="clopper-pearson|wilson", help="Interval of a proportion.")
]
Seed = Annotated[int, typer.Option(help="Root seed, non-negative.")]
Jobs = Annotated[int, typer.Option(help="Worker processes; -1 is one a core.")]
Backend = Annotated[
    str, typer.Option(metavar="loky|threading|dask", help="How workers run; dask on a cluster.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="tcp://HOST:PORT", help="Scheduler of the cluster, with --backend dask."),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(metavar="500M|2G", help="Refuse rows whose workers would take more together."),
]
LogJson = Annotated[
    str | None,
    typer.Option("--log-json", metavar="FILE|-", help="Progress as JSON lines; - is stderr."),
]
StoreFile = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="SQLite file that keeps batches (default: in the user's cache directory).",
        callback=_in_a_folder,
    ),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="auto|…",
        help="auto, plain, sieve, pivots, identity, determinant, grown, tilted or splitting; the "
        "last three take settings: grown:particles=16384.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print the records.")]

Plot = Annotated[
    bool, typer.Option("--plot", help="Draw the values in the terminal too, below the table.")
]


def on(backend: str, scheduler: str | None) -> str:
    """The backend as functions take it: ``dask:scheduler=tcp://host:port``."""
    if scheduler is not None:
        if backend != "dask":
            raise ValueError(f"--scheduler belongs to --backend dask, not to {backend!r}")
        return f"dask:scheduler={scheduler}"
    if backend == "dask":
        raise ValueError("backend 'dask' needs --scheduler tcp://host:port")
    return backend
