"""How large may a learning rate be, and how much does it matter?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from critpoints.escape.landscapes import FreeQuadratic
from critpoints.optimizers import GradientDescent, HeavyBall, Nesterov, Optimizer, Outcome, run
from critpoints.plot import race as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_rates, tables_race
from critpoints.report.page import Table
from critpoints.seeding import stream
from critpoints.study.collect import Progress
from critpoints.study.race import sensitivity
from critpoints.theory.escape import stability_edge
from experiments.runner import Rendered

TITLE = "Learning rates: where they break, and who minds them"
QUESTION = "At which learning rate does descent diverge, and how much does the rate cost otherwise?"

METHODS: Mapping[str, Callable[[float, float], Optimizer]] = {
    "gd": lambda lr, _: GradientDescent(lr),
    "momentum": HeavyBall,
    "nesterov": Nesterov,
}
BRACKET = (0.1, 8.0)
"""Learning rates times L between which all edges lie: 2(1 + β) < 4."""


@dataclass(frozen=True)
class Budget:
    """Curvatures, momenta, steps and halvings of the bisection; problems, rates, runs, budget."""

    largest: Sequence[float]
    momenta: Sequence[float]
    steps: int
    halvings: int
    problems: Sequence[str]
    optimizers: Sequence[str]
    rates: int
    runs: int
    gradients: int


PRESETS = {
    "quick": Budget(
        (1.0, 10.0), (0.5, 0.9), 1000, 10, ("quartic", "valley"),
        ("gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"), 8, 16, 250,
    ),
    "paper": Budget(
        (0.1, 1.0, 10.0, 100.0), (0.5, 0.9, 0.99), 20_000, 14, ("quartic", "valley", "cliff"),
        ("gd", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "amsgrad",
         "perturbed", "langevin", "newton", "saddle-free", "lbfgs"), 25, 128, 1000,
    ),
}  # fmt: skip


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Stability edges by bisection, and the work to escape at every rate of a grid."""
    grid = {"lr": tuple(float(f"{lr:.3g}") for lr in np.geomspace(1e-3, 3, budget.rates))}
    rows = sensitivity(
        budget.optimizers, budget.problems, (4,), grid=grid, runs=budget.runs,
        budget=budget.gradients, jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    cases = [
        (method, momentum, largest)
        for method in METHODS
        for momentum in (budget.momenta if method != "gd" else (0.0,))
        for largest in budget.largest
    ]
    edges = pd.DataFrame([_edge(*case, budget.steps, budget.halvings) for case in cases])
    parts = {"edge": edges, "rate": rows}
    frame = pd.concat([p.assign(stage=s) for s, p in parts.items()], ignore_index=True)
    population = frame["population"].fillna("descent in a parabola")
    return frame.assign(population=population, object=frame["problem"].fillna("parabola"))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    edges, rows = (frame[frame["stage"] == s].reset_index(drop=True) for s in ("edge", "rate"))
    rows = rows.astype(dict.fromkeys(("dim", "runs", "budget", "seed"), "int64"))
    shown = [
        Table("Useful learning rates", claims_rates.rate_ranges(rows), tables_race.RATES),
        Table("Stability edges", edges, tables_race.EDGES),
    ]
    problems = list(rows["problem"].unique())
    figure = draw(lambda f: _paint(edges, rows, problems, f), (4.6 * (1 + len(problems)), 4.8))
    return Rendered(
        figure, claims_rates.rate_alt(edges, rows), claims_rates.rate_claims(edges, rows), shown,
        claims_rates.rate_method(edges, rows),
    )  # fmt: skip


def _edge(
    method: str, momentum: float, largest: float, steps: int, halvings: int
) -> dict[str, object]:
    """The largest rate that converges and the smallest that diverges, found without theory."""

    def ends(rate: float) -> int:
        found = run(
            METHODS[method](rate / largest, momentum), FreeQuadratic(1, (largest,)), [[1.0]],
            rng=stream("learning rate"), steps=steps,
        )  # fmt: skip
        return int(found.outcome[0])

    stable, _ = _bisected(lambda rate: ends(rate) != Outcome.MINIMUM, halvings)
    _, unstable = _bisected(lambda rate: ends(rate) == Outcome.DIVERGED, halvings)
    return {
        "method": method,
        "momentum": momentum,
        "largest": largest,
        "stable": stable / largest,
        "unstable": unstable / largest,
        "edge": stability_edge(method, largest, momentum),
        "steps": steps,
    }


def _bisected(beyond: Callable[[float], bool], halvings: int) -> tuple[float, float]:
    """Neighbouring rates below and above a change, by halving the logarithm of the bracket."""
    low, high = BRACKET
    for _ in range(halvings):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return low, high


def _paint(
    edges: pd.DataFrame, rows: pd.DataFrame, problems: Sequence[str], figure: Figure
) -> None:
    first, *others = figure.subplots(1, 1 + len(problems))
    plot.edges(edges, first)
    for problem, ax in zip(problems, others, strict=True):
        plot.sensitivity(rows[rows["problem"] == problem], ax)
    plot.legend(others[0])
