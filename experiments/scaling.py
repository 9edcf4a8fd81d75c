"""Which power of d and which base, far beyond what can be sampled?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import critpoints
from critpoints.plot import scaling
from critpoints.plot.canvas import draw
from critpoints.report import claims_scaling, tables
from critpoints.report.page import Table
from critpoints.study.bases import local_bases
from critpoints.study.collect import Progress
from critpoints.study.joined import joined, sampled
from experiments.runner import Rendered

TITLE = "The fraction of minima in many dimensions"
QUESTION = "Does the fraction of minima fall like a power of d or of d², and with which base?"

ENSEMBLES = ("goe", "isotropic", "isotropic:at=fixed")


@dataclass(frozen=True)
class Budget:
    """Exact dimensions; sampled ones, their precision and the most samples a row may use."""

    exact: str
    dims: str
    rel_error: float
    samples: int


PRESETS = {
    "quick": Budget("1-40", "1-6", 0.05, 1_000_000),
    "paper": Budget("1-100", "1-8", 0.02, 500_000_000),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Sampled rows where sampling is possible, exact ones everywhere."""
    points = critpoints.sweep(
        ENSEMBLES, budget.dims, rel_error=budget.rel_error, samples=budget.samples,
        jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    return joined(points, critpoints.exact(ENSEMBLES, budget.exact))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    bases = local_bases(frame)
    shown = [
        Table("Exact values and local bases", bases, tables.SCALING),
        Table("Sampled rows", sampled(frame), tables.MINIMA),
    ]
    claims = claims_scaling.scaling_claims(frame)
    figure = draw(lambda f: _paint(frame, bases, f), (11.5, 8.2))
    return Rendered(figure, claims_scaling.scaling_alt(frame), claims, shown)


def _paint(frame: pd.DataFrame, bases: pd.DataFrame, figure: Figure) -> None:
    panels = figure.subplots(2, 2)
    scaling.against_dim(frame, panels[0, 0])
    scaling.against_square(frame, panels[0, 1])
    scaling.local_bases(bases, panels[1, 0])
    scaling.square_bases(bases, panels[1, 1])
