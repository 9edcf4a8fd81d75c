"""What does momentum do in a narrow valley?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from critpoints.escape.landscapes import FreeQuadratic
from critpoints.optimizers import optimizer, run
from critpoints.plot import escape as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_paths, tables_escape
from critpoints.report.page import Table
from critpoints.seeding import stream
from critpoints.study.collect import Progress
from critpoints.theory.escape import stability_edge
from experiments.runner import Rendered

TITLE = "Momentum in a narrow valley"
QUESTION = "Steep walls, a flat floor: does momentum damp the oscillation across and speed along?"

START = (-1.0, 0.5)
FLOOR = 0.02  # curvature along the floor; 1 across
POPULATION = "trajectories in a quadratic valley"


@dataclass(frozen=True)
class Budget:
    """Steps a trajectory, and points a side of the contour map."""

    steps: int
    grid: int


PRESETS = {"quick": Budget(150, 41), "paper": Budget(150, 81)}
OPTIMIZERS = (
    "gd:lr=1.9",
    "momentum:lr=1.9,momentum=.5",
    "momentum:lr=1.9,momentum=.8",
    "nesterov:lr=.6,momentum=.8",
)


def collect(
    budget: Budget,
    store: str | Path | None,  # noqa: ARG001 - nothing is sampled
    jobs: int,  # noqa: ARG001
    progress: Progress | None,  # noqa: ARG001
) -> pd.DataFrame:
    """Every step of a trajectory an optimizer, and the function on a grid; nothing is random."""
    valley = FreeQuadratic(2, (FLOOR, 1.0))
    x, y = np.linspace(-1.15, 0.35, budget.grid), np.linspace(-0.75, 0.75, budget.grid)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    grid = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "f": valley.value(points)})
    paths = [_path(valley, name, budget.steps) for name in OPTIMIZERS]
    found = pd.concat([grid.assign(quantity="grid"), *paths], ignore_index=True)
    return found.assign(population=POPULATION, object="valley")


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the table."""
    figure = draw(lambda f: _paint(frame, f), (12.5, 5.6))
    shown = [Table("Trajectories", claims_paths.valley_table(frame), tables_escape.PATHS)]
    return Rendered(
        figure, claims_paths.valley_alt(frame), claims_paths.valley_claims(frame), shown,
        claims_paths.METHOD,
    )  # fmt: skip


def _path(valley: FreeQuadratic, name: str, steps: int) -> pd.DataFrame:
    rule = optimizer(name)
    found = run(rule, valley, [START], rng=stream("momentum"), steps=steps, tol=0.0, record_every=1)
    x = found.path[:, 0]
    momentum = getattr(rule, "momentum", 0.0)
    return pd.DataFrame(
        {
            "quantity": "path",
            "optimizer": name,
            "step": found.path_steps,
            "x": x[:, 0],
            "y": x[:, 1],
            "f": valley.value(x),
            "lr": rule.lr,  # type: ignore[attr-defined]
            "edge": stability_edge(str(rule.name), 1.0, momentum),
        }
    )


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    plot.valley(frame, left)
    plot.heights(frame, right)
