"""``critpoints race``: all optimizers on all problems, as given and tuned."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from critpoints.cli import options, output, progress, sampling


class Show(StrEnum):
    """Which records are printed."""

    ranking = "ranking"
    problems = "problems"
    tuning = "tuning"
    runs = "runs"


COLUMNS = {
    Show.ranking: (
        "setting", "optimizer", "work", "work_low", "work_high", "solved", "solved_low",
        "solved_high", "fastest", "first", "edges", "problems",
    ),
    Show.problems: (
        "problem", "dim", "optimizer", "setting", "settings", "escaped", "escaped_low",
        "escaped_high", "median", "penalised", "grid_edge", "end", "final_index", "final_value",
    ),
    Show.tuning: (
        "problem", "dim", "optimizer", "settings", "escaped", "median", "score", "chosen",
        "grid_edge",
    ),
    Show.runs: (
        "problem", "dim", "optimizer", "setting", "run", "work", "outcome", "index", "value",
    ),
}  # fmt: skip


def command(
    problem: Annotated[
        list[str] | None,
        typer.Option("--problem", "-p", metavar="REF", help="All by default; repeat for several."),
    ] = None,
    optimizer: Annotated[
        list[str] | None,
        typer.Option(
            "--optimizer", "-o", metavar="REF", help="All by default; repeat for several."
        ),
    ] = None,
    dims: options.Dims = "2",
    runs: Annotated[int, typer.Option(metavar="N", help="Runs a row of the race.")] = 64,
    budget: Annotated[
        int,
        typer.Option(metavar="G", help="Most gradients and Hessian-vector products per run."),
    ] = 250,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=V/V",
            help="Values tried, such as lr=.001/.01/.1; keys are lr, momentum, beta, beta1, "
            "beta2, eps, …; repeat for several (default lr=.003/.03/.3 and momentum=.9/.99).",
        ),
    ] = None,
    tuning_runs: Annotated[int, typer.Option(metavar="N", help="Runs a setting tried.")] = 16,
    show: Annotated[Show, typer.Option(help="Which records to print.")] = Show.ranking,
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
    """Tune every optimizer on every problem, then let all start from the same points.

    The ranking is by "work", the geometric mean over problems of the median number of gradients
    and Hessian-vector products to escape; a problem that at most half of the runs escape counts
    as ten budgets. Intervals are from a bootstrap over problems, and need two of them.

    Example: critpoints race -p quadratic -p cliff -o gd -o adam --grid lr=.001/.01/.1
    """
    from critpoints.escape.tuning import GRID, parse_grid  # noqa: PLC0415 - takes a second
    from critpoints.study.race import FIELD, LINEUP, race  # noqa: PLC0415
    from critpoints.study.ranking import ranking  # noqa: PLC0415

    with progress.bar(log_json) as bar:
        found = race(
            optimizer or LINEUP, problem or FIELD, dims, runs=runs, budget=budget,
            grid=parse_grid(grid) if grid else GRID, tuning_runs=tuning_runs, level=level,
            seed=seed, jobs=jobs, backend=options.on(backend, scheduler),
            store=sampling.default_store() if store is None else store, progress=bar,
            max_memory=max_memory,
        )  # fmt: skip
    tables = {
        Show.ranking: lambda: ranking(found.results, level),
        Show.problems: lambda: found.results,
        Show.tuning: lambda: found.tuning,
        Show.runs: lambda: found.runs,
    }
    if show is Show.ranking and found.results["problem"].nunique() == 1:
        print(
            "critpoints: one kind of problem gives no intervals over problems: name more, or see "
            "--show problems for intervals over runs",
            file=sys.stderr,
        )
    records: Any = tables[show]().to_dict("records")
    sampled: Any = found.results.to_dict("records")
    output.write(records, form, COLUMNS[show], sampled)
