"""What fraction of critical points are minima, and is it 1/3^d?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import critpoints
from critpoints.plot import minima_fraction
from critpoints.plot.canvas import draw
from critpoints.report import claims, tables
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from experiments.runner import Rendered

TITLE = "The fraction of minima against dimension"
QUESTION = "Which fraction of critical points are minima, and does it fall like 1/3^d?"

GROUPS = {
    "fast": (
        "independent",
        "independent:minimum=.5,maximum=.5",
        "goe",
        "gue",
        "goi",
        "isotropic",
        "isotropic:at=fixed",
        "wishart",
    ),
    "dense": ("wigner:entries=rademacher", "wigner:entries=uniform"),
}
"""Ensembles by the cost of a sample: it decides how many they may use."""


@dataclass(frozen=True)
class Budget:
    """Dimensions, precision, and the most samples a row may use; never a time limit."""

    dims: str
    rel_error: float
    samples: dict[str, int]


PRESETS = {
    "quick": Budget("1-8", 0.05, {"fast": 10_000_000, "dense": 800_000}),
    "paper": Budget("1-12", 0.03, {"fast": 200_000_000, "dense": 10_000_000}),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Sample until the precision is reached or the samples are used up."""
    frames = [
        critpoints.sweep(
            ensembles,
            budget.dims,
            rel_error=budget.rel_error,
            samples=budget.samples[group],
            jobs=jobs,
            store=store,
            progress=progress,
        )
        for group, ensembles in GROUPS.items()
    ]
    return pd.concat(frames, ignore_index=True)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    figure = draw(lambda f: minima_fraction(frame, f.add_subplot()), (10.5, 6.2))
    shown: Sequence[Table] = (
        Table("Every row", frame, tables.MINIMA),
        Table("Fitted bases", critpoints.fit_bases(frame), tables.BASES),
    )
    return Rendered(figure, claims.minima_alt(frame), claims.minima_claims(frame), shown)
