"""How rare do minima get, and how far can the probability still be measured?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from critpoints.ensembles import GaussianEnsemble
from critpoints.errors import RangeWarning
from critpoints.estimators import EventEstimator, Grown, Proportion, Splitting, Tilted
from critpoints.plot import rare
from critpoints.plot.canvas import draw
from critpoints.report import claims_rare, tables_rare
from critpoints.report.page import Table
from critpoints.rule import Rule
from critpoints.study.collect import Outcome, Progress
from critpoints.study.collect import collect as collected
from critpoints.study.frame import frame as framed
from critpoints.study.joined import joined, sampled
from critpoints.study.objects import build
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.theory import asymptotic, laws
from experiments.runner import Rendered

TITLE = "Minima as rare as 10⁻⁴⁴⁰"
QUESTION = "How far can the probability of a minimum be measured, and is its decay universal?"

WIGNER = tuple(f"wigner:entries={e}" for e in ("uniform", "laplace", "student", "rademacher"))
NETWORK = "network:energy=1"
PEERS = (
    ("OpenTURNS 1.27 SubsetSampling, N = 10⁵", 8, 0.31, 0.40, 7.2),
    ("OpenTURNS 1.27 SubsetSampling, N = 10⁵", 10, 0.42, 0.0, 18.0),
    ("OpenTURNS 1.27 SubsetSampling, N = 10⁵", 12, 1.17, 0.0, 38.0),
    ("UQpy 4.2.1 SubsetSimulation", 10, math.nan, math.nan, math.nan),
)
"""Other programs on the same GOE question, run in November 2026 on two cores: dimension, true
relative error, coverage of their 95% intervals, seconds. The second answered 0."""
LITERATURE = (("Saito, Iba & Hukushima (2010)", 40, -200.0),)
"""Multicanonical sampling of the GOE, PRE 82, 031142: dimension, decimal logarithm reached."""


@dataclass(frozen=True)
class Budget:
    """Dimensions of each route, replicates a row, and samples of the rows that are counted."""

    far: tuple[int, ...]
    rows: tuple[int, ...]
    walks: tuple[int, ...]
    replicates: int
    walkers: int
    particles: int
    counted: tuple[int, ...]
    samples: int


PRESETS = {
    "quick": Budget(
        (4, 8, 12, 20, 40, 60), (6, 8), (4, 6, 8), 16, 8, 2**14, (2, 3, 4), 2**20
    ),
    "paper": Budget(
        tuple(range(4, 61, 4)), tuple(range(5, 11)), (4, 6, 8, 10, 12), 64, 24, 2**16,
        (2, 3, 4), 2**24,
    ),
}  # fmt: skip


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A fixed number of replicates a row, exact values and asymptotics beside."""
    grown, tilted, walk = Grown(), Tilted(), Splitting()
    rows = Grown(particles=budget.particles, route="rows")
    groups = [
        (_specs(["goe"], budget.far, grown), budget.replicates),
        (_specs(["isotropic"], budget.far, tilted), budget.replicates),
        (_specs(["goe", NETWORK], budget.walks, walk), budget.walkers),
        (_specs(WIGNER, budget.rows, rows), budget.walkers),
        (_specs(WIGNER, budget.counted, Proportion("minima", "fast")), budget.samples),
    ]
    with Store(store) as kept:
        outcomes = [
            outcome
            for specs, samples in groups
            for outcome in collected(
                specs, Rule(None, samples, None), store=kept, jobs=jobs, progress=progress
            )
        ]
    found = framed(outcomes).assign(quantity="probability", seconds=_seconds(outcomes))
    return joined(found, pd.DataFrame([*_curve(max(budget.far)), *_others()]))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    rows = claims_rare.measured(frame)
    shown = [
        Table("Every row", rows, tables_rare.RARE),
        Table("Against the GOE", claims_rare.ratios(frame), tables_rare.RATIOS),
        Table("Other programs, GOE", claims_rare.peers(frame), tables_rare.PEERS),
    ]
    return Rendered(
        draw(lambda f: _paint(frame, f), (13.5, 7.2)),
        claims_rare.rare_alt(frame),
        claims_rare.rare_claims(frame),
        shown,
        claims_rare.method(sampled(frame)),
    )


def _specs(refs: Iterable[str], dims: Iterable[int], estimator: EventEstimator) -> list[Spec]:
    dims = list(dims)
    return [Spec(build("ensemble", ref, dim), estimator) for ref in refs for dim in dims]


def _seconds(outcomes: Sequence[Outcome]) -> list[float]:
    return [sum(outcome.seconds) for outcome in outcomes]


def _curve(last: int) -> list[dict[str, object]]:
    """Exact values of the GOE and two asymptotic formulas, at every dimension."""
    exact = laws.minima("gaussian", range(1, last + 1), beta=1.0)
    ten = math.log(10)
    rows: list[dict[str, object]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RangeWarning)  # drawn from d = 1 on to show how they fail
        for dim, found in enumerate(exact, start=1):
            rows.append(
                {
                    "quantity": "exact",
                    "object": "goe",
                    "population": GaussianEnsemble.population,
                    "dim": dim,
                    "log10_exact": float(found.log[0]) / ten,
                    "log10_leading": asymptotic.log_minimum_leading(dim) / ten,
                    "log10_asymptotic": asymptotic.log_minimum_gaussian(dim) / ten,
                }
            )
    return rows


def _others() -> list[dict[str, object]]:
    """What others measured."""
    common = {"population": GaussianEnsemble.population}
    programs = [
        {"quantity": "program", "object": name, "dim": dim, "error": error, "coverage": share,
         "seconds": seconds, **common}
        for name, dim, error, share, seconds in PEERS
    ]  # fmt: skip
    books = [
        {"quantity": "literature", "object": name, "dim": dim, "log10_estimate": value, **common}
        for name, dim, value in LITERATURE
    ]
    return [*programs, *books]


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    grid = figure.add_gridspec(2, 2, width_ratios=(1.35, 1))
    rare.probabilities(frame, figure.add_subplot(grid[:, 0]))
    rare.universality(frame, figure.add_subplot(grid[0, 1]))
    rare.effort(frame, figure.add_subplot(grid[1, 1]))
