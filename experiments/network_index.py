"""Are the critical points of a real network's loss ordered by height?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from critpoints.census.learning import NetworkPoints
from critpoints.landscapes.networks import Network
from critpoints.plot import networks as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_networks, tables_networks
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.networks import index_curves, network_points
from experiments.runner import Rendered

TITLE = "Critical points of a network by loss and index"
QUESTION = "How does the index of critical points grow with the loss of a network on real digits?"


@dataclass(frozen=True)
class Budget:
    """Hidden units, inputs, samples and weight decay of the network; searches and iterations."""

    width: int
    inputs: int
    samples: int
    decay: float
    searches: int
    iterations: int


PRESETS = {
    "quick": Budget(3, 6, 100, 0.02, 32, 60),
    "paper": Budget(3, 16, 200, 0.02, 400, 150),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a search, and a row a point of the fitted theories."""
    network = Network(
        data="digits", width=(budget.width,), loss="squared", inputs=budget.inputs,
        samples=budget.samples, decay=budget.decay,
    )  # fmt: skip
    rows = network_points(
        [network], NetworkPoints(searches=budget.iterations), searches=budget.searches,
        store=store, jobs=jobs, progress=progress,
    )  # fmt: skip
    curves = index_curves(rows).assign(
        quantity="curve", object="theory", population="limit of many parameters"
    )
    rows = rows.assign(quantity="search")
    rows = rows.astype({"small": float, "accepted": float})
    return pd.concat([rows, curves], ignore_index=True) if len(curves) else rows


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    points = claims_networks.accepted(frame)
    return Rendered(
        draw(lambda f: plot.index(frame, f.subplots()), (8.5, 4.8)),
        claims_networks.index_alt(frame),
        claims_networks.index_claims(frame),
        [Table("Accepted critical points", points, tables_networks.POINTS)],
        method=claims_networks.index_methods(frame),
    )
