"""``critpoints network``: critical points of a network's loss, and where trainings end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from critpoints.cli import options, output, progress, sampling

if TYPE_CHECKING:
    import pandas as pd

POINT_COLUMNS = (
    "object", "dim", "search", "accepted", "loss", "index", "gradient_norm", "index_fraction",
    "zero_modes", "small", "flatness", "step", "test_loss", "test_error",
)  # fmt: skip
TRAINING_COLUMNS = (
    "object", "dim", "run", "loss", "test_loss", "test_error", "gradient_norm", "start_loss",
)  # fmt: skip


def command(
    landscape: Annotated[
        list[str],
        typer.Option(
            "--landscape",
            "-l",
            metavar="REF",
            help="network-loss, then [:key=value,…]; repeat for several.",
        ),
    ],
    searches: Annotated[
        int | None,
        typer.Option(metavar="N", help="Searches for critical points a network (default 100)."),
    ] = None,
    trainings: Annotated[
        int | None, typer.Option(metavar="N", help="Trainings a network, instead of searches.")
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of the trainings (default nesterov; momentum before a search)."
        ),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="R", help="Learning rate (default .3; .1).")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Steps of a training (default 1000; 100).")
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Added to where a search begins, to leave the valleys that "
            "training follows (default .1).",
        ),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(metavar="N", help="Steps of a search at most (default 60).")
    ] = None,
    seed: options.Seed = 0,
    jobs: options.Jobs = -1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    max_memory: options.MaxMemory = None,
    log_json: options.LogJson = None,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Search for critical points of a network's loss from where training passes by, or train it.

    A row a search: "small" says that the gradient is, "accepted" that the point is not
    gradient-flat either. With --trainings a row a training: the losses where it ended.

    Examples: critpoints network -l network-loss:width=3,inputs=6,samples=100 --searches 32;
    critpoints network -l network-loss:width=8 -l network-loss:width=16 --trainings 100
    """  # fmt: skip
    from critpoints.study.networks import network_points  # noqa: PLC0415
    from critpoints.study.networks import trainings as train  # noqa: PLC0415

    if searches is not None and trainings is not None:
        raise ValueError("give either --searches or --trainings")
    few = None if steps is None else min(steps, 50)
    of_search = {"noise": noise, "searches": iterations, "records": few}
    if trainings is not None and (noise is not None or iterations is not None):
        raise ValueError("--noise and --iterations belong to searches, not to --trainings")
    settings = {"optimizer": optimizer, "rate": rate, "steps": steps}
    with progress.bar(log_json) as show:
        common: dict[str, Any] = {
            "seed": seed, "jobs": jobs, "backend": options.on(backend, scheduler),
            "max_memory": max_memory,
            "store": sampling.default_store() if store is None else store, "progress": show,
        }  # fmt: skip
        if trainings is not None:
            frame = train(landscape, _given(settings), runs=trainings, **common)
        else:
            count = 100 if searches is None else searches
            frame = network_points(
                landscape, _given(settings | of_search), searches=count, **common
            )
    columns = POINT_COLUMNS if trainings is None else TRAINING_COLUMNS
    output.write(frame.to_dict("records"), form, columns)  # type: ignore[arg-type]
    if form is options.Format.table:
        for name, rows in frame.groupby("object", sort=False):
            typer.echo(f"{name}: {_summary(rows, trainings is None)}")
    if trainings is None and not frame["accepted"].any():
        print("critpoints: no search found a critical point: raise --iterations", file=sys.stderr)
        raise typer.Exit(3)


def _summary(rows: pd.DataFrame, searched: bool) -> str:
    """How many searches were accepted and how many of these are minima, and the losses."""
    from scipy.stats import binomtest  # noqa: PLC0415 - importing it takes a second

    kept = rows[rows["accepted"]] if searched else rows
    said = [f"{len(kept)} of {len(rows)} searches accepted" if searched else f"{len(rows)} runs"]
    if searched and len(kept):
        minima = int((kept["index"] == 0).sum())
        ends = binomtest(minima, len(kept)).proportion_ci(0.95)
        said.append(
            f"minima {minima} of {len(kept)}, 95% interval [{ends.low:.4g}, {ends.high:.4g}]"
        )
    if len(kept):
        low, middle, high = kept["loss"].quantile([0.0, 0.5, 1.0])
        said.append(f"loss {low:.4g} to {high:.4g}, median {middle:.4g}")
    return "; ".join(said)


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}
