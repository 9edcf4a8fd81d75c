"""Are low critical points minima? The index against the height, counted and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from critpoints.landscapes import FourierField, SphericalSpin
from critpoints.plot import heights as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_heights, tables_heights
from critpoints.report.page import Table
from critpoints.study.census import censuses
from critpoints.study.collect import Progress
from critpoints.study.counts import limit_row
from critpoints.study.heights import by_height, fractions_at
from critpoints.theory import field, spin_glass
from experiments.runner import Rendered

TITLE = "Low critical points are minima"
QUESTION = "How does the index of a critical point depend on its height?"

FIELD, SPIN = "squared exponential field", "3-spin glass"
DEGREE = 3
EDGE = spin_glass.threshold_energy(DEGREE)
NAMES: Mapping[tuple[str, int], str] = {(FIELD, 3): "fourier:side=4"}
DEFAULTS = {FIELD: "fourier", SPIN: "spin"}
POPULATIONS = {FIELD: FourierField.population, SPIN: SphericalSpin.population}
EDGES = {
    FIELD: (-1.5, -0.9, -0.3, 0.3, 0.9, 1.5),
    SPIN: tuple(k / 20 for k in (-26, -21, -17, -13, -9, -5, -2, 2, 5, 9, 13, 17, 21, 26)),
}
SPAN = {FIELD: 3.0, SPIN: 2.1}


@dataclass(frozen=True)
class Budget:
    """Functions of each family and dimension; heights at which exact curves are drawn."""

    draws: Mapping[tuple[str, int], int]
    heights: int


PRESETS = {
    "quick": Budget({(FIELD, 2): 50, (FIELD, 3): 20, (SPIN, 5): 24}, 61),
    "paper": Budget({(FIELD, 2): 1000, (FIELD, 3): 500, (SPIN, 5): 300, (SPIN, 9): 50}, 121),
}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a function, a bin of the height, and a height of an exact curve."""
    parts = []
    for (family, dim), count in budget.draws.items():
        functions = censuses(
            [NAMES.get((family, dim), DEFAULTS[family])], [dim], draws=count,
            heights=EDGES[family], store=store, jobs=jobs, progress=progress,
        )  # fmt: skip
        parts.append(_counted(functions, EDGES[family]).assign(family=family))
        parts.append(pd.DataFrame(_curve(family, dim, budget.heights)).assign(family=family))
    spins = [dim for family, dim in budget.draws if family == SPIN]
    frame = pd.concat([*parts, pd.DataFrame(_limits(spins))], ignore_index=True)
    return frame.assign(index=frame["index"].fillna(""))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    bins = frame[frame["quantity"] == "bin"]
    shown = [
        Table("By height", claims_heights.summary(frame), tables_heights.HEIGHTS),
        Table("By height and index", bins, tables_heights.BINS),
        Table("How sure the counts are", *claims_heights.proof_table(frame)),
    ]
    return Rendered(
        draw(lambda f: _paint(frame, f), (13.0, 4.6)),
        claims_heights.heights_alt(frame),
        claims_heights.heights_claims(frame),
        shown,
        claims_heights.heights_method(frame),
    )


def _counted(functions: pd.DataFrame, edges: tuple[float, ...]) -> pd.DataFrame:
    """Functions and bins, with the identity of what was sampled on every row."""
    first = functions.iloc[0]
    who = {name: first[name] for name in ("population", "method", "seed", "digest", "version")}
    bins = by_height(functions, edges).assign(**who)
    plain = functions.drop(columns=["counts_by_height"]).assign(quantity="function")
    return pd.concat([plain, bins], ignore_index=True)


def _curve(family: str, dim: int, count: int) -> list[dict[str, object]]:
    """Exact fractions by index at a height, and Bray and Dean's curve for a field."""
    name = NAMES.get((family, dim), DEFAULTS[family])
    rows: list[dict[str, object]] = []
    common = {"object": f"{family}, exact", "population": POPULATIONS[family], "dim": dim,
              "method": "Kac-Rice", "accuracy": 1e-9, "accuracy_kind": "absolute"}  # fmt: skip
    for u in np.linspace(-SPAN[family], SPAN[family], count):
        law = fractions_at(name, dim, float(u))
        alpha = float(law @ np.arange(dim + 1)) / dim
        rows.append({**common, "quantity": "alpha", "height": float(u), "value": alpha})
        rows += [
            {**common, "quantity": "law", "height": float(u), "index": str(k), "value": float(x)}
            for k, x in enumerate(law)
        ]
        if family == FIELD:
            limit = float(field.index_fraction_at_height(float(u), dim, 1.0))
            rows.append({**common, "quantity": "limit", "height": float(u), "value": limit})
    return rows


def _limits(dims: Iterable[int]) -> list[dict[str, object]]:
    """The threshold, and the exact fraction of minima of a spin glass at it."""
    common = {"object": f"{SPIN}, exact", "population": POPULATIONS[SPIN], "family": SPIN}
    exact = {"method": "Kac-Rice", "accuracy": 1e-9, "accuracy_kind": "absolute"}
    at = [
        {**common, **exact, "quantity": "at threshold", "dim": dim, "index": "0",
         "height": -EDGE, "value": float(fractions_at(DEFAULTS[SPIN], dim, -EDGE)[0])}
        for dim in dims
    ]  # fmt: skip
    return [limit_row("threshold", common, height=-EDGE), *at]


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, middle, right = figure.subplots(1, 3)
    plot.mean_index(frame[frame["family"] == FIELD], left)
    for family, ax in ((FIELD, middle), (SPIN, right)):
        rows = frame[frame["family"] == family]
        chosen = rows["dim"].where(rows["quantity"] == "bin").max()
        plot.by_index(rows[rows["dim"].isin([chosen, 0])], ax)
