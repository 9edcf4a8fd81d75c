"""How many critical points has a spin glass, of which index and at which energy?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import critpoints
from critpoints.plot import glass
from critpoints.plot.canvas import draw
from critpoints.plot.scaling import against_dim
from critpoints.report import claims_glass, tables
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.counts import count_rows, limit_row, totals
from critpoints.study.joined import joined, sampled
from critpoints.theory import laws, spin_glass
from experiments.runner import Rendered

TITLE = "The critical points of a spin glass"
QUESTION = "How many critical points has the spherical 3-spin glass, of which index and how low?"

DEGREE = 3
INDICES = (0, 1, 2)
ENERGIES = np.linspace(-1.70, -1.60, 101)


@dataclass(frozen=True)
class Budget:
    """Dimensions of the sphere with exact counts; sampled ones and their samples."""

    exact: str
    dims: str
    samples: int


PRESETS = {"quick": Budget("1-16", "1-8", 20_000), "paper": Budget("1-40", "1-20", 1_000_000)}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Sampled fractions of minima; exact fractions, counts and complexities."""
    name = f"spin-glass:p={DEGREE}"
    points = critpoints.sweep(
        [name], budget.dims, samples=budget.samples, jobs=jobs, store=store, progress=progress
    )
    minima = critpoints.exact([name], budget.exact)
    same = {"object": minima["ensemble"].iloc[0], "population": minima["population"].iloc[0]}
    counts = [row for dim in minima["dim"] for row in _counts(int(dim), same)]
    rows = pd.DataFrame([*counts, *_complexities(same)])
    found = joined(points.assign(index=0), minima, rows)
    return found.assign(degree=DEGREE, quantity=found["quantity"].fillna("fraction"))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    counts = frame[frame["quantity"] == "count"]
    shown = [
        Table("Critical points of a sphere", totals(frame, claims_glass.KEYS), tables.TOTALS),
        Table("By index", counts, tables.COUNTS),
        Table("Sampled fractions of minima", sampled(frame), tables.MINIMA),
    ]
    figure = draw(lambda f: _paint(frame, f), (12.5, 4.6))
    return Rendered(figure, claims_glass.glass_alt(frame), claims_glass.glass_claims(frame), shown)


def _counts(dim: int, common: dict[str, str]) -> list[dict[str, object]]:
    found = laws.count("spin-glass", dim, p=DEGREE)
    return [] if found is None else count_rows(found, dim, common)


def _complexities(common: dict[str, str]) -> list[dict[str, object]]:
    curves = [
        limit_row("complexity", common, index=k, energy=float(u), value=_complexity(float(u), k))
        for k in INDICES
        for u in ENERGIES
    ]
    lowest = [
        limit_row("lowest energy", common, index=k, energy=-spin_glass.ground_energy(DEGREE, k))
        for k in INDICES
    ]
    edge = limit_row("threshold", common, energy=-spin_glass.threshold_energy(DEGREE))
    total = limit_row("total", common, value=spin_glass.total_complexity(DEGREE))
    return [*curves, *lowest, edge, total]


def _complexity(energy: float, index: int) -> float:
    return spin_glass.complexity(energy, DEGREE, index)


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    glass.complexities(frame, left)
    glass.counts(frame, middle)
    against_dim(frame[frame["quantity"] == "fraction"], right)
