"""``critpoints census``: all critical points of functions, counted by index."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critpoints.cli import options, output, progress, sampling

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "object", "dim", "draw", "critical_points", "minima", "counts", "degenerate", "euler",
    "euler_expected", "audit", "distinct", "certified", "complete", "undecided",
    "undecided_volume", "unseen_low", "unseen_high", "rejected", "method", "seconds",
)  # fmt: skip
POINT_COLUMNS = (
    "object", "dim", "draw", "point", "position", "value", "index", "degenerate",
    "eigenvalues", "residual", "certified",
)  # fmt: skip


def command(
    landscape: Annotated[
        list[str],
        typer.Option(
            "--landscape",
            "-l",
            metavar="REF",
            help="NAME or package.module:Class, then [:key=value,…]; repeat for several.",
        ),
    ],
    dims: options.Dims,
    draws: Annotated[int, typer.Option(metavar="N", help="Functions a row.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Begin no function after this time.")
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="auto|…", help="auto, subdivision or multistart.")
    ] = "auto",
    points: Annotated[
        bool, typer.Option("--points", help="Print the points instead, a record a point.")
    ] = False,
    seed: options.Seed = 0,
    jobs: options.Jobs = -1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    max_memory: options.MaxMemory = None,
    log_json: options.LogJson = None,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Find all critical points of random or real functions, and prove that none is missing.

    A proof covers each point (certified: there is exactly one here) and the whole (complete:
    there is no other). Where no proof is to be had, "unseen" bounds what was not found.

    Example: critpoints census --landscape torus:degree=4 --dims 2 --draws 10
    """
    from critpoints.study.census import censuses  # noqa: PLC0415 - importing it takes a second

    with progress.bar(log_json) as show:
        frame = censuses(
            landscape, dims, draws=draws, seconds=seconds, method=method, seed=seed, jobs=jobs,
            backend=options.on(backend, scheduler), max_memory=max_memory,
            store=sampling.default_store() if store is None else store,
            progress=show,
        )  # fmt: skip
    records = frame.to_dict("records")
    if points:
        output.write(_points(landscape, dims, frame, method, seed), form, POINT_COLUMNS)
    else:
        output.write(records, form, COLUMNS)  # type: ignore[arg-type]
    raise typer.Exit(_finish(frame))


def _points(
    landscapes: list[str], dims: str, frame: pd.DataFrame, method: str, seed: int
) -> list[dict[str, Any]]:
    """The censuses again, point by point: realisations are not kept."""
    from critpoints.census.counts import CensusCounts  # noqa: PLC0415
    from critpoints.study.census import one, specs  # noqa: PLC0415

    found = []
    for spec in specs(landscapes, dims, CensusCounts(method), seed):
        draws = frame.loc[frame["digest"] == spec.digest, "draw"]
        for number in draws.tolist():
            census = one(spec, number)
            head = {"object": spec.ref, "dim": spec.source.dim, "draw": number}
            found += [head | record for record in census.records()]
    return found


def _finish(frame: pd.DataFrame) -> int:
    """Exit status: 3, with one line, if an audit failed or cells stayed undecided."""
    wrong = frame[frame["audit"].eq(False)]
    open_ = frame[(frame["method"] == "subdivision") & ~frame["complete"]]
    said = [
        f"{len(rows)} of {len(frame)} functions {what}"
        for rows, what in (
            (wrong, "fail the Euler audit: points are missing"),
            (open_, "have undecided cells: the census is not proven complete"),
        )
        if len(rows)
    ]
    if not said:
        return 0
    print(f"critpoints: {'; '.join(said)}", file=sys.stderr)
    return 3
