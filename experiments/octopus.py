"""How does the time to pass many saddles grow with their number?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from critpoints.plot import escape as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_escape, tables_escape
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.escape import escapes
from experiments.runner import Rendered

TITLE = "A row of saddles: the octopus"
QUESTION = "Gradient descent passes one saddle after another: does each take longer than the last?"

OPTIMIZERS = (
    "gd:lr=.125",
    "perturbed:lr=.125,radius=.1,threshold=.1,wait=20",
    "momentum:lr=.125",
    "adam:lr=.05",
)


@dataclass(frozen=True)
class Budget:
    """Numbers of saddles (the dimensions), runs a row, and steps a run at most."""

    dims: tuple[int, ...]
    runs: int
    steps: int


PRESETS = {
    "quick": Budget((2, 3, 4, 5), 32, 10_000),
    "paper": Budget((2, 3, 4, 5, 6, 7, 8), 64, 100_000),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row an optimizer and number of saddles."""
    frame = escapes(
        "octopus", budget.dims, OPTIMIZERS, runs=budget.runs, steps=budget.steps,
        jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    return frame.assign(varied="saddles", value=frame["dim"].astype(float), budget=budget.steps)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the table."""
    figure = draw(lambda f: plot.growth(frame, f.add_subplot()), (8.5, 5.6))
    shown = [Table("Every row", frame, tables_escape.ESCAPES)]
    claims = claims_escape.octopus_claims(frame)
    return Rendered(
        figure, claims_escape.octopus_alt(frame), claims, shown, claims_escape.method(frame)
    )
