"""What is left of a random landscape when it is confined?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import critpoints
from critpoints.ensembles import ConfinedField
from critpoints.plot import trivial
from critpoints.plot.canvas import draw
from critpoints.report import claims_trivial, tables
from critpoints.report.page import Table
from critpoints.study.collect import Progress
from critpoints.study.counts import count_rows, growth_rates, limit_row
from critpoints.study.joined import joined, sampled
from critpoints.theory import confined, laws
from experiments.runner import Rendered

TITLE = "Confinement makes a landscape trivial"
QUESTION = "How many critical points has a confined random field on either side of m = 1?"

CHECKED = tuple(f"confined:mass={mass}" for mass in (0.5, 1.0, 1.5))


@dataclass(frozen=True)
class Budget:
    """Dimensions and masses (in hundredths) of the exact counts; what is sampled to check them."""

    dims: tuple[int, ...]
    masses: range
    sampled: tuple[str, ...]
    samples: int


PRESETS = {
    "quick": Budget((4, 8, 16), range(30, 151, 5), CHECKED, 20_000),
    "paper": Budget((4, 8, 16, 32), range(30, 151, 2), CHECKED, 1_000_000),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """Exact counts by index and the complexities; sampled fractions of minima as a check."""
    points = critpoints.sweep(
        budget.sampled, budget.dims[:2], samples=budget.samples,
        jobs=jobs, store=store, progress=progress,
    )  # fmt: skip
    masses = [hundredths / 100 for hundredths in budget.masses]
    counts = [row for dim in budget.dims for mass in masses for row in _counts(dim, mass)]
    rows = pd.DataFrame([*counts, *(row for mass in masses for row in _limits(mass))])
    return joined(points.assign(quantity="fraction", index=0), rows)


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    rates = growth_rates(frame)
    shown = [
        Table("Numbers and growth rates", rates, tables.RATES),
        Table("By index", frame[frame["quantity"] == "count"], tables.MASS_COUNTS),
        Table("Sampled fractions of minima", sampled(frame), tables.MINIMA),
    ]
    claims = claims_trivial.trivial_claims(frame)
    figure = draw(lambda f: _paint(frame, f), (12.5, 4.6))
    return Rendered(figure, claims_trivial.trivial_alt(frame), claims, shown)


def _counts(dim: int, mass: float) -> list[dict[str, object]]:
    found = laws.count("confined", dim, mass=mass)
    return [] if found is None else count_rows(found, dim, _common(mass))


def _limits(mass: float) -> list[dict[str, object]]:
    curves = {"total": confined.total_complexity, "minima": confined.minima_complexity}
    return [limit_row(name, _common(mass), value=curve(mass)) for name, curve in curves.items()]


def _common(mass: float) -> dict[str, object]:
    return {"object": "confined field", "population": ConfinedField.population, "mass": mass}


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    trivial.total_rate(frame, left)
    trivial.minima_rate(frame, middle)
    trivial.counts(frame[frame["dim"] == frame["dim"].max()], right)
