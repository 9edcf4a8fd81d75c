"""Which optimizer gets past saddles with least work?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from critpoints.escape import Problem
from critpoints.plot import race as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_race, tables_race
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.objects import build
from critpoints.study.race import LINEUP, race
from critpoints.study.ranking import distribution, gains, ranking
from experiments.runner import Drawing, Rendered

TITLE = "The race: who gets past saddles with least work"
QUESTION = "One budget, common starts, every optimizer tuned on the same grid: who escapes first?"

DEAR = {"octopus": (2,), "random": (2,), "spin": (2,)}
"""Dimensions of problems that cost more: long ways, or a census a saddle."""
SHORT = (
    "quartic", "plateau", "octopus", "valley", "cliff", "factorisation",
    "phase-retrieval", "tensor", "autoencoder", "random", "spin",
)  # fmt: skip
RULES = (
    "gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "perturbed", "newton",
    "saddle-free", "cubic", "trust-region", "lbfgs", "newton-cg",
)  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """Problems and their dimensions, optimizers, the grid, runs and budget of each."""

    problems: Mapping[str, Sequence[int]]
    optimizers: Sequence[str]
    grid: Mapping[str, Sequence[float]]
    runs: int
    tuning_runs: int
    gradients: int


PRESETS = {
    "quick": Budget(
        {name: DEAR.get(name, (4,)) for name in SHORT}, RULES,
        {"lr": (0.03, 0.3, 3.0)}, 32, 8, 150,
    ),
    "paper": Budget(
        {name: DEAR.get(name, (2, 8)) for name in SHORT}, LINEUP,
        {"lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "momentum": (0.5, 0.9, 0.99)},
        128, 16, 500,
    ),
}  # fmt: skip


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Tuning, race and distribution of work, told apart by ``stage``."""
    problems: list[Problem] = [
        build("problem", name, dim) for name, dims in budget.problems.items() for dim in dims
    ]
    found = race(
        budget.optimizers, problems, None, runs=budget.runs, budget=budget.gradients,
        grid=budget.grid, tuning_runs=budget.tuning_runs, jobs=jobs, store=store,
        progress=progress,
    )  # fmt: skip
    parts = {"race": found.results, "tuning": found.tuning, "distribution": distribution(found)}
    frame = pd.concat([rows.assign(stage=s) for s, rows in parts.items()], ignore_index=True)
    population = frame["population"].fillna("runs of all problems")
    return frame.assign(population=population, object=frame["problem"].fillna("all problems"))


def render(frame: pd.DataFrame) -> Rendered:
    """The pictures, what they say, and the tables."""
    results, tuning = _stage(frame, "race"), _stage(frame, "tuning")
    spread = frame[frame["stage"] == "distribution"]
    shown = [
        Table("Ranking", ranking(results), tables_race.RANKING),
        Table("What tuning is worth", gains(results), tables_race.GAINS),
        Table("Every problem", results, tables_race.RESULTS),
    ]
    more = [
        Drawing(
            "as_given", "Profiles of the optimizers as given.",
            draw(lambda f: _profiles(results, spread, "default", f), (12.5, 4.6)),
            "Performance profile, data profile and distribution of work, without tuning.",
        ),
        Drawing(
            "data", "Data profiles of the tuned optimizers.",
            draw(lambda f: plot.legend(plot.data(results, "tuned", f.subplots())), (6.5, 4.6)),
            "Share of problems solved within so many multiples of d + 1 gradients, tuned.",
        ),
    ]  # fmt: skip
    return Rendered(
        draw(lambda f: _paint(results, spread, f), (13.5, 5.0)), claims_race.race_alt(results),
        claims_race.race_claims(results, tuning), shown, claims_race.race_method(results, tuning),
        more,
    )  # fmt: skip


def _stage(frame: pd.DataFrame, stage: str) -> pd.DataFrame:
    rows = frame[frame["stage"] == stage]
    whole = dict.fromkeys(("dim", "runs", "budget", "seed"), "int64")
    if stage == "tuning":
        rows = rows.assign(chosen=rows["chosen"].astype(bool))
    return rows.astype(whole).reset_index(drop=True)


def _paint(results: pd.DataFrame, spread: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    plot.ranks(results, left)
    plot.legend(plot.performance(results, "tuned", middle))
    plot.distribution(results, spread, "tuned", right)


def _profiles(results: pd.DataFrame, spread: pd.DataFrame, setting: str, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    plot.performance(results, setting, left)
    plot.legend(plot.data(results, setting, middle))
    plot.distribution(results, spread, setting, right)
