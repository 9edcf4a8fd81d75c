"""How many critical points of random functions are minima, when every one of them is counted?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from critpoints.estimate import LN10
from critpoints.plot import counted as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_census, tables_census
from critpoints.report.page import Table
from critpoints.study.census import by_index, censuses, with_expected
from critpoints.study.collect import Progress
from critpoints.study.pictures import picture
from critpoints.theory import field
from experiments.runner import Drawing, Rendered

TITLE = "Every critical point of random functions"
QUESTION = "Find all critical points of random functions, with proof: is one in 3^d a minimum?"

TORUS, FIELD, WAVES, PRODUCT = (
    "torus polynomial", "squared exponential field", "plane waves", "separable function",
)  # fmt: skip
PLANE = "fourier:covariance=plane-wave,wavenumber=3,waves=1"
LAWS: Mapping[tuple[str, int], str] = {
    (TORUS, 1): "torus:degree=4",
    (TORUS, 2): "torus:degree=3",
    (TORUS, 3): "torus:degree=2",
    (TORUS, 4): "torus:degree=1",
    (FIELD, 1): "fourier:waves=1",
    (FIELD, 2): "fourier:waves=1",
    (FIELD, 3): "fourier:waves=1,side=4",
    (WAVES, 2): PLANE,
    (PRODUCT, 1): "separable",
    (PRODUCT, 2): "separable",
    (PRODUCT, 3): "separable:degree=2",
}
"""The random function by its family and dimension: fewer waves in higher dimensions."""
ROUNDING = 1e-12  # decades: a smaller error means that all functions have one fraction
DRAWN = ((TORUS, 1), (TORUS, 2))
LINE = 400  # values of a function of one variable
ISOTROPIC = {"object": "isotropic field", "population": "critical points of an isotropic field"}


@dataclass(frozen=True)
class Budget:
    """Functions of each family and dimension; values along each axis of a picture."""

    draws: Mapping[tuple[str, int], int]
    side: int


PRESETS = {
    "quick": Budget(
        {
            (TORUS, 1): 120, (TORUS, 2): 60, (TORUS, 3): 24, (TORUS, 4): 12,
            (FIELD, 1): 80, (FIELD, 2): 20, (FIELD, 3): 12, (WAVES, 2): 20,
            (PRODUCT, 1): 40, (PRODUCT, 2): 20, (PRODUCT, 3): 12,
        },
        81,
    ),
    "paper": Budget(
        {
            (TORUS, 1): 1000, (TORUS, 2): 1000, (TORUS, 3): 1000, (TORUS, 4): 300,
            (FIELD, 1): 1000, (FIELD, 2): 1000, (FIELD, 3): 250, (WAVES, 2): 1000,
            (PRODUCT, 1): 1000, (PRODUCT, 2): 1000, (PRODUCT, 3): 500,
        },
        101,
    ),
}  # fmt: skip


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a function, an index, a point of a picture and a dimension of the exact law."""
    found = [
        censuses(
            [LAWS[key]], [key[1]], draws=count, store=store, jobs=jobs, progress=progress
        ).assign(family=key[0])
        for key, count in budget.draws.items()
    ]
    functions = pd.concat(found, ignore_index=True).assign(quantity="function")
    pictures = [
        picture(LAWS[key], key[1], side=budget.side if key[1] == 2 else LINE).assign(family=key[0])
        for key in DRAWN
        if key in budget.draws
    ]
    sampled = pd.concat([_counts(functions), *pictures], ignore_index=True)
    known = functions.drop_duplicates(["family", "dim"])[
        ["family", "dim", "object", "population", "digest", "version", "seed", "method"]
    ]
    unknown = [c for c in known if c not in ("family", "dim")]
    sampled = sampled.drop(columns=unknown, errors="ignore").merge(known, on=["family", "dim"])
    frame = pd.concat([functions, sampled, _isotropic(budget)], ignore_index=True)
    return frame.assign(index=frame["index"].fillna(""))


def render(frame: pd.DataFrame) -> Rendered:
    """The pictures, what they say, and the tables."""
    counts = frame[frame["quantity"] == "count"]
    shown = [
        Table("Fractions of minima", counts[counts["index"] == "0"], tables_census.MINIMA),
        Table("Numbers by index", counts, tables_census.COUNTS),
        Table("How sure the counts are", claims_census.proofs(frame), tables_census.PROOFS),
    ]
    return Rendered(
        draw(lambda f: _paint(frame, f), (12.5, 4.8)),
        claims_census.census_alt(frame),
        claims_census.census_claims(frame),
        shown,
        claims_census.census_method(frame),
        [*(_drawing(frame, dim) for dim in (1, 2) if _drawn(frame, dim)), *_cost(frame)],
    )


def _counts(functions: pd.DataFrame) -> pd.DataFrame:
    """Numbers by index beside the expected ones, fractions beside 3^-d."""
    family = functions.drop_duplicates(["object", "dim"])[["object", "dim", "family"]]
    rows = with_expected(by_index(functions)).merge(family, on=["object", "dim"])
    whole = rows.groupby(["object", "dim"])["expected"].transform("sum", min_count=1)
    quantile = stats.t.isf((1 - rows["level"]) / 2, rows["draws"] - 1)
    centre = rows["log10_fraction"]
    error = (np.log10(rows["fraction_high"]) - centre) / quantile
    with np.errstate(divide="ignore", invalid="ignore"):
        z_third = (centre + rows["dim"] * np.log10(3)) / error.where(error > ROUNDING, 0.0)
    return rows.assign(
        quantity="count",
        index=rows["index"].astype(str),
        fraction_expected=rows["expected"] / whole,
        third=3.0 ** -rows["dim"],
        z_third=z_third.where(rows["index"] == 0),
    )


def _isotropic(budget: Budget) -> pd.DataFrame:
    dims = list(range(1, max(dim for _, dim in budget.draws) + 1))
    law = field.log_minimum(dims)
    how = {k: getattr(law, k) for k in ("method", "accuracy", "accuracy_kind")}
    rows = pd.DataFrame({"dim": dims, "log10_exact": law.log / LN10})
    return rows.assign(quantity="isotropic", **ISOTROPIC, **how)


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.35))
    plot.minima_by_dim(frame, left)
    plot.ratios(frame, right)


def _drawn(frame: pd.DataFrame, dim: int) -> bool:
    return bool(((frame["quantity"] == "point") & (frame["dim"] == dim)).any())


def _drawing(frame: pd.DataFrame, dim: int) -> Drawing:
    rows = frame[frame["dim"] == dim]
    paint, size = ((plot.curve, (9.0, 3.6)), (plot.contours, (7.4, 5.6)))[dim - 1]
    caption, alt = claims_census.picture_text(rows)
    return Drawing(f"{dim}d", caption, draw(lambda f: paint(rows, f.add_subplot()), size), alt)


def _cost(frame: pd.DataFrame) -> list[Drawing]:
    """What censuses cost, if any is proven."""
    if not len(plot.costs(frame)):
        return []
    caption, alt = claims_census.cost_text(frame)
    painted = draw(lambda f: plot.cost(frame, f.add_subplot()), (7.4, 4.4))
    return [Drawing("cost", caption, painted, alt)]
