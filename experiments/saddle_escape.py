"""How long does an optimizer stay at a saddle?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from critpoints.plot import escape as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_escape, tables_escape
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.escape import escapes
from experiments.runner import Rendered

TITLE = "How long a saddle holds an optimizer"
QUESTION = "How does the time to leave a saddle depend on the start, the curvature, the dimension?"

OPTIMIZERS = ("gd:lr=.1", "momentum:lr=.1", "nesterov:lr=.1", "adam:lr=.01", "saddle-free")


@dataclass(frozen=True)
class Budget:
    """Runs a row."""

    runs: int


PRESETS = {"quick": Budget(500), "paper": Budget(20_000)}


def problems() -> Iterator[tuple[str, float, str, int]]:
    """What is varied, its value, the problem and the dimension."""
    for power in (1, 2, 3, 4, 6, 8):
        yield "start", 10.0**-power, f"quadratic:width=1e-{power}", 10
    for curvature in (0.05, 0.1, 0.2, 0.5, 1.0):
        yield "curvature", curvature, f"quadratic:curvature={curvature}", 10
    for dim in (2, 5, 10, 30, 100):
        yield "dimension", dim, "quadratic:curvature=.5", dim
    for index in (1, 2, 4, 8):
        yield "index", index, f"quadratic:index={index},curvature=.5", 10
    for condition in (1, 3, 10, 30):
        yield "condition", condition, f"quadratic:spectrum={-1 / condition:.6g}/1", 2


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row an optimizer, a way of varying the saddle, and a value."""
    frames = [
        escapes(
            problem, [dim], OPTIMIZERS, runs=budget.runs, steps=100_000,
            jobs=jobs, store=store, progress=progress,
        ).assign(varied=varied, value=float(value))
        for varied, value, problem, dim in problems()
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the table."""
    figure = draw(lambda f: _paint(frame, f), (12.5, 7.4))
    claims = claims_escape.saddle_claims(frame)
    shown = [Table("Every row", frame, tables_escape.ESCAPES)]
    return Rendered(
        figure, claims_escape.saddle_alt(frame), claims, shown, claims_escape.method(frame)
    )


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    panels = figure.subplots(2, 3).ravel()
    for varied, ax in zip(plot.VARIED, panels, strict=False):
        plot.escape_times(frame[frame["varied"] == varied], varied, ax)
    panels[-1].set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    panels[-1].legend(handles, labels, frameon=False, loc="center left")
