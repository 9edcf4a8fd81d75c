"""``critpoints census``: all critical points of functions, counted by index."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critpoints.cli import options, output, progress, sampling

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "object", "dim", "draw", "critical_points", "minima", "counts", "certified", "complete",
    "audit", "unseen_mass", "undecided", "undecided_volume", "degenerate", "assumption",
    "audit_note", "euler",
    "euler_expected", "distinct", "method", "seconds", "starts", "start_law", "nowhere",
    "smallest_share", "chao_low", "chao_high", "rejected", "audit_rounds",
)  # fmt: skip
POINT_COLUMNS = (
    "object", "dim", "draw", "point", "index", "value", "x", "certified", "residual",
    "degenerate", "manifold_dim", "eigenvalues", "sides",
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
    draws: Annotated[int, typer.Option(metavar="N", help="Functions per row.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Begin no function after this time.")
    ] = None,
    method: Annotated[
        str, typer.Option(metavar="auto|…", help="auto, subdivision or multistart.")
    ] = "auto",
    max_cells: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Cells that subdivision may examine; --max-memory counts them as all kept.",
        ),
    ] = 2_000_000,
    starts: Annotated[
        int, typer.Option(metavar="N", help="Starts that a search may make.")
    ] = 20_000,
    unseen_mass: Annotated[
        float,
        typer.Option(
            metavar="P",
            help="Search until at most this share of further starts would end at points not found.",
        ),
    ] = 1e-3,
    points: Annotated[
        bool,
        typer.Option(
            "--points",
            help="Print the points too, and minima on the boundary: in json lists in each record, "
            "as a second table, in csv alone, a row per point.",
        ),
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
    """Find the critical points of random or real functions; prove that none is missing if bounds
    of the derivatives are known, otherwise search and bound what is missing.

    A proof covers each point (certified: there is exactly one here) and the whole (complete:
    there is no other). A search bounds the share of further starts that would end elsewhere
    (unseen_mass); points with smaller basins it cannot see.

    Example: critpoints census --landscape torus:degree=4 --dims 2 --draws 10
    """
    from critpoints.census.counts import CensusCounts  # noqa: PLC0415 - importing takes a second
    from critpoints.study.census import censuses, one, specs  # noqa: PLC0415

    with progress.bar(log_json) as show:
        frame = censuses(
            landscape, dims, draws=draws, seconds=seconds, method=method, max_cells=max_cells,
            starts=starts, unseen_mass=unseen_mass, seed=seed, jobs=jobs,
            backend=options.on(backend, scheduler), max_memory=max_memory,
            store=sampling.default_store() if store is None else store,
            progress=show,
        )  # fmt: skip
    records: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    if points:
        estimator = CensusCounts(
            method, max_cells=max_cells, starts=starts, unseen_mass=unseen_mass
        )
        rows = {spec.digest: spec for spec in specs(landscape, dims, estimator, seed)}
        for record in records:  # the census again: realisations are not kept
            found = one(rows[record["digest"]], record["draw"])
            record["points"], minima = found.records(), found.boundary_minima
            record["boundary_minima"] = [] if minima is None else minima.records()
    if not points or form is not options.Format.csv:
        output.write(records, form, COLUMNS)
    if points and form is not options.Format.json:
        output.write(_points(records), form, POINT_COLUMNS)
    if form is options.Format.table:
        for line in _summary(frame):
            typer.echo(line)
    raise typer.Exit(_finish(frame, unseen_mass))


def _summary(frame: pd.DataFrame) -> list[str]:
    """A line a row: the fraction of minima, functions as the unit, and mean counts by index."""
    from critpoints.study.census import by_index  # noqa: PLC0415 - importing takes a second

    return [
        f"{name} d={dim}: minima are {r['fraction'].iloc[0]:.4g} "
        f"[{r['fraction_low'].iloc[0]:.4g}, {r['fraction_high'].iloc[0]:.4g}] of the critical "
        f"points of {r['draws'].iloc[0]} functions ({r['level'].iloc[0]:.0%} interval); mean "
        f"counts by index 0..{dim}: {', '.join(f'{c:.4g}' for c in r['count'])}"
        for (name, dim), r in by_index(frame).groupby(["object", "dim"], sort=False)
    ]


def _points(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Critical points and then minima on the boundary, with the draw that they belong to."""
    return [
        {name: record[name] for name in ("object", "dim", "draw")} | point
        for record in records
        for point in (
            *record["points"],
            *({"point": "boundary"} | minimum for minimum in record["boundary_minima"]),
        )
    ]


def _share(frame: pd.DataFrame) -> str:
    """The largest share of the domain that is undecided."""
    most = frame["undecided_volume"].max()
    return f"{most:.1e}" if len(frame) < 2 else f"up to {most:.1e}"


def _finish(frame: pd.DataFrame, unseen_mass: float) -> int:
    """Exit status: 3, with one line, if points are missing or may be, beyond what was asked."""
    wrong = frame[frame["audit"].eq(False)]
    open_ = frame[frame["undecided"] > 0]
    short = frame[frame["unseen_mass"] > unseen_mass]
    nothing = "nothing is proven there"
    said = [
        f"{len(rows)} of {len(frame)} functions {what}"
        for rows, what in (
            (wrong, "fail the Euler audit: points are missing"),
            (open_, f"have undecided cells, {_share(open_)} of the volume: {nothing}"),
            (
                short,
                f"were searched less than asked: up to {short['unseen_mass'].max():.2g} of further "
                f"starts may end at points that are not listed, or nowhere; {unseen_mass:g} was "
                "asked for",
            ),
        )
        if len(rows)
    ]
    if not said:
        return 0
    print(f"critpoints: {'; '.join(said)}", file=sys.stderr)
    return 3
