"""How fast do optimizers leave the saddles of a real network?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from critpoints.escape.networks import NetworkProblem
from critpoints.plot import networks as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_escape_networks, tables_networks
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.escape import escape_runs, escapes
from critpoints.study.networks import require_networks
from experiments.runner import Rendered

TITLE = "Leaving the saddles of a network"
QUESTION = "What does it cost an optimizer to get below a saddle of a network on real digits?"

OPTIMIZERS = (
    "gd:lr=.05", "gd:lr=.2", "momentum:lr=.05", "momentum:lr=.2", "rmsprop:lr=.001",
    "rmsprop:lr=.01", "adam:lr=.001", "adam:lr=.01", "perturbed:lr=.2",
    "saddle-free:damping=.01", "newton-cg",
)  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """Runs an optimizer (8 a saddle), steps a run, and the network."""

    runs: int
    steps: int
    units: int
    inputs: int
    samples: int


PRESETS = {"quick": Budget(40, 600, 3, 6, 100), "paper": Budget(240, 4000, 3, 6, 100)}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row an optimizer, and a row a run."""
    require_networks()
    problem = NetworkProblem(units=budget.units, inputs=budget.inputs, samples=budget.samples)
    summary = escapes(
        [problem], None, OPTIMIZERS, runs=budget.runs, steps=budget.steps, store=store, jobs=jobs,
        progress=progress,
    ).drop(columns="seconds")  # fmt: skip
    runs = escape_runs(
        [problem], None, OPTIMIZERS, runs=budget.runs, steps=budget.steps, store=store, jobs=jobs,
        progress=progress,
    )  # fmt: skip
    kept = runs[["problem", "optimizer", "dim", "run", "group", "outcome", "time"]].assign(
        cost=runs["gradients"] + runs["products"], population=problem.population
    )
    parts = [
        summary.assign(quantity="optimizer", steps=budget.steps, drop=problem.drop),
        kept.assign(quantity="run"),
    ]
    found = pd.concat(parts, ignore_index=True)
    return found.assign(object=found["problem"], method="escape")


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the table."""
    best = claims_escape_networks.best_runs(frame)
    return Rendered(
        draw(lambda f: plot.escapes(best, f.subplots()), (9.5, 4.6)),
        claims_escape_networks.escape_alt(frame),
        claims_escape_networks.escape_claims(frame),
        [Table("Optimizers", claims_escape_networks.summary(frame), tables_networks.ESCAPES)],
        method=claims_escape_networks.methods(frame),
    )
