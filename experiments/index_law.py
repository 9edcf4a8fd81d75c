"""How many directions lead down from a critical point?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import critpoints
from critpoints.plot import index_law, index_variance
from critpoints.plot.canvas import draw
from critpoints.report import claims_index, tables
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.joined import joined, sampled
from critpoints.study.moments import index_variances
from experiments.runner import Rendered

TITLE = "The law of the index"
QUESTION = "How many directions lead down from a critical point, and how much does that vary?"

ENSEMBLES = ("goe", "isotropic")


@dataclass(frozen=True)
class Budget:
    """Dimensions that are sampled, those of the exact variance, and samples a law."""

    dims: tuple[int, ...]
    exact: dict[str, tuple[int, ...]]
    samples: int


PRESETS = {
    "quick": Budget(
        (4, 10, 20),
        {"goe": (4, 6, 10, 16, 20, 32, 64, 100), "isotropic": (4, 10, 20, 40)},
        40_000,
    ),
    "paper": Budget(
        (4, 10, 20, 40),
        {"goe": tuple(range(4, 101, 4)), "isotropic": (4, 10, 20, 30, 40, 60)},
        2_000_000,
    ),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Sampled laws with the exact ones beside, and exact laws for the variance."""
    laws = critpoints.sweep(
        ENSEMBLES, budget.dims, event="index", samples=budget.samples,
        jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    exact = [critpoints.exact([name], dims, "all") for name, dims in budget.exact.items()]
    return joined(laws, *exact)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    variances = index_variances(frame)
    shown = [
        Table("Sampled laws", sampled(frame), tables.INDEX),
        Table("Variance of the index", variances, tables.VARIANCE),
    ]
    figure = draw(lambda f: _paint(frame, variances, f), (11.5, 8.2))
    return Rendered(figure, claims_index.index_alt(frame), claims_index.index_claims(frame), shown)


def _paint(frame: pd.DataFrame, variances: pd.DataFrame, figure: Figure) -> None:
    """A panel a dimension, and the variance of the GOE last."""
    laws = sampled(frame)
    dims = sorted(set(laws["dim"]))
    panels = figure.subplots((len(dims) + 2) // 2, 2, squeeze=False).ravel()
    for dim, ax in zip(dims, panels, strict=False):
        index_law(laws[laws["dim"] == dim], ax)
    index_variance(variances[variances["asymptotic"].notna()], panels[len(dims)])
    for ax in panels[len(dims) + 1 :]:
        ax.remove()
