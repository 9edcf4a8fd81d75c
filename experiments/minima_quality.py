"""Are the minima that training finds about as good as each other?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from critpoints.census.learning import Trainings
from critpoints.landscapes.networks import Network
from critpoints.plot import networks as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_networks, tables_networks
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.networks import trainings
from experiments.runner import Rendered

TITLE = "Are local minima about as good as each other?"
QUESTION = "How much do the ends of many trainings differ, and does it depend on the width?"


@dataclass(frozen=True)
class Budget:
    """Hidden units, inputs and samples of the networks; trainings a width and their steps."""

    widths: tuple[int, ...]
    inputs: int
    samples: int
    decay: float
    runs: int
    steps: int


PRESETS = {
    "quick": Budget((2, 4, 8, 16), 8, 100, 3e-3, 100, 600),
    "paper": Budget((2, 4, 8, 16, 32), 16, 400, 3e-3, 200, 3000),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a training."""
    networks = [
        Network(
            data="digits", width=(w,), inputs=budget.inputs, samples=budget.samples,
            decay=budget.decay,
        )
        for w in budget.widths
    ]  # fmt: skip
    return trainings(
        networks, Trainings(steps=budget.steps), runs=budget.runs, store=store, jobs=jobs,
        progress=progress,
    )  # fmt: skip


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    summary = claims_networks.quality(frame)
    return Rendered(
        draw(lambda f: _paint(frame, summary, f), (12.5, 4.6)),
        claims_networks.quality_alt(frame),
        claims_networks.quality_claims(frame),
        [Table("By width", summary, tables_networks.QUALITY)],
        method=claims_networks.quality_methods(frame),
    )


def _paint(frame: pd.DataFrame, summary: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    plot.losses(frame, "loss", left)
    plot.losses(frame, "test_loss", middle)
    plot.shares(summary, right)
