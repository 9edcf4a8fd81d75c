"""Censuses of the long tier: laws whose critical points are counted and compared with Kac-Rice."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from critpoints.census.counts import CensusCounts
from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.objects import build
from critpoints.study.spec import Spec
from critpoints.study.store import Store

SEED = 20_260_000
PLANE = "fourier:covariance=plane-wave,wavenumber=3,waves=1"
LAWS = [
    ("torus:degree=4", 1, 1000),
    ("torus:degree=3", 2, 1000),
    ("torus:degree=2", 3, 100),
    ("torus:degree=1", 4, 40),
    ("fourier:waves=1", 1, 1000),
    ("fourier:waves=1", 2, 200),
    ("fourier:waves=1,side=4", 3, 100),
    (PLANE, 1, 1000),
    (PLANE, 2, 200),
    (f"{PLANE},side=3", 3, 100),
    ("spin", 1, 1000),
    ("spin", 2, 1000),
    ("spin", 3, 1000),
    ("spin", 9, 24),
]
"""Landscape, dimension, and functions drawn. Fields have fixed waves: theirs are the moments."""


class Row(NamedTuple):
    """One law: what identifies its functions, and how many are drawn."""

    spec: Spec
    draws: int

    @property
    def proven(self) -> bool:
        """Whether subdivision applies; the sphere is searched."""
        return not self.spec.ref.startswith("spin")

    @property
    def columns(self) -> list[str]:
        """Names of the numbers of a function."""
        return list(CensusCounts().columns(self.spec.source.dim))


def rows() -> list[Row]:
    """Every law of the study."""
    return [
        Row(Spec(build("landscape", ref, dim), CensusCounts(), SEED), draws)
        for ref, dim, draws in LAWS
    ]


def sampled(row: Row, store: Store, jobs: int) -> dict[str, object]:
    """Draw what is missing; a record of numbers, those that do not apply None."""
    collect([row.spec], Rule(None, row.draws, None), store=store, jobs=jobs)
    data = np.concatenate([t.data for t in store.prefix(row.spec)[: row.draws]])
    functions = [[_short(x) for x in function] for function in data.tolist()]
    return {"digest": row.spec.digest, "identity": row.spec.identity(), "functions": functions}


def loaded(record: dict[str, list[list[float | None]]]) -> NDArray[np.float64]:
    """The numbers of a committed record: shape (functions, columns)."""
    return np.array(record["functions"], dtype=float)


def _short(x: float) -> float | int | None:
    """12 digits, which is what two machines must agree to."""
    if math.isnan(x):
        return None
    return int(x) if x.is_integer() else float(f"{x:.12g}")
