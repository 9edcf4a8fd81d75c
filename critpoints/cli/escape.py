"""``critpoints escape``: how long optimizers take to leave saddles."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critpoints._version import __version__
from critpoints.cli import options, output, progress, sampling

if TYPE_CHECKING:
    import pandas as pd

ENDS = (
    "converged_minimum", "converged_saddle", "converged_degenerate", "tail", "diverged",
    "nonfinite", "out_of_budget", "never_leaves",
)  # fmt: skip
COLUMNS = (
    "problem", "optimizer", "dim", "runs", "escaped", "median", "mean", "low", "high", "status",
    "saddles", "predicted", "z", *ENDS, "gradient_evaluations", "hessian_products", "seconds",
)  # fmt: skip
RUN_COLUMNS = (
    "problem", "optimizer", "dim", "run", "outcome", "time", "index", "value", "gradients",
    "products",
)  # fmt: skip
Problems = Annotated[
    list[str],
    typer.Option(
        "--problem",
        "-p",
        metavar="REF",
        help="NAME or package.module:Class, then [:key=value,…]; repeat for several.",
    ),
]
Optimizers = Annotated[
    list[str],
    typer.Option("--optimizer", "-o", metavar="REF", help="As --problem; repeat for several."),
]


def command(
    problem: Problems,
    dims: options.Dims,
    optimizer: Optimizers,
    runs: Annotated[int, typer.Option(metavar="N", help="Runs a row.")] = 1000,
    steps: Annotated[int, typer.Option(metavar="N", help="Most steps per run.")] = 10_000,
    gradients: Annotated[
        int | None, typer.Option(metavar="N", help="Most gradient evaluations per run.")
    ] = None,
    products: Annotated[
        int | None, typer.Option(metavar="N", help="Most Hessian-vector products per run.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="Time for all rows together at most.")
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="Print the single runs, a record a run.")
    ] = False,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    jobs: options.Jobs = -1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    max_memory: options.MaxMemory = None,
    log_json: options.LogJson = None,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Measure how many steps optimizers take to leave saddles, and how runs end that do not.

    All optimizers start from the same points. Mean and interval ("low", "high") are stated if all
    runs escaped, beside what theory predicts on quadratics; the median counts all runs. Where
    saddles are random, 32 runs share one; with fewer than five a row is unreliable.

    Example: critpoints escape -p quadratic:curvature=.7 --dims 10 -o gd:lr=.1 -o momentum:lr=.1
    """
    from critpoints.study.escape import escape_runs, escapes  # noqa: PLC0415 - takes a second

    with progress.bar(log_json) as show:
        given = {
            "runs": runs, "steps": steps, "gradients": gradients, "products": products,
            "seconds": seconds, "seed": seed, "jobs": jobs,
            "backend": options.on(backend, scheduler), "progress": show, "max_memory": max_memory,
            "store": sampling.default_store() if store is None else store,
        }  # fmt: skip
        if single:
            frame = escape_runs(problem, dims, optimizer, **given)  # type: ignore[arg-type]
        else:
            frame = escapes(problem, dims, optimizer, level=level, **given)  # type: ignore[arg-type]
            frame = frame.rename(columns={"mean_low": "low", "mean_high": "high"})
    table = RUN_COLUMNS if single else [c for c in COLUMNS if _telling(frame, c)]
    records: Any = frame.to_dict("records")
    said = [{"seed": seed, "version": __version__}] if single else None
    output.write(records, form, table, said)
    raise typer.Exit(0 if single else _finish(frame))


def _telling(frame: pd.DataFrame, column: str) -> bool:
    """Ways to end that no run took, and the one saddle of most problems, have no column."""
    if column == "saddles":
        return bool((frame[column] > 1).any())
    return column not in ENDS or bool(frame[column].any())


def _finish(frame: pd.DataFrame) -> int:
    """Exit status: 3, with a line each, if time ended a row or too few saddles were drawn."""
    said = {
        "incomplete": "raise --seconds; the same command goes on where it stopped",
        "unreliable": "fewer than five random saddles were drawn; raise --runs",
    }
    counts = frame["status"].value_counts()
    wrong = {status: why for status, why in said.items() if status in counts}
    for status, why in wrong.items():
        print(f"critpoints: {counts[status]} of {len(frame)} rows {status}: {why}", file=sys.stderr)
    return 3 if wrong else 0
