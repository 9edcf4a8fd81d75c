"""What is known of a function whose critical points are all known, as rows of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from critpoints.landscapes import KnownLandscape
from critpoints.protocols import FloatArray
from critpoints.study.census import draw
from critpoints.study.objects import build

NEAR = 1e-6
"""A value found is a known one within this share of the distance to the next known value."""
ROUNDING = 1e-12
"""Known values this close, of the largest of them, are one value: the sums differ by rounding."""


def known_counts(name: str, dim: int) -> pd.DataFrame:
    """Exact numbers by index.

    Returns
    -------
    DataFrame
        ``quantity`` known: object, population, dim, index, known; method and accuracy.

    Raises
    ------
    TypeError
        If the function cannot list its critical points.
    """
    source = _source(name, dim)
    counts = source.known_counts()
    rows = pd.DataFrame({"index": [str(k) for k in range(dim + 1)], "known": counts})
    return rows.assign(quantity="known", **_identity(source, dim))


def known_values(name: str, dim: int, seed: int = 0) -> pd.DataFrame:
    """Known critical values, how many points were found at each, and points with no known value.

    Returns
    -------
    DataFrame
        ``quantity`` value: object, population, dim, value (missing for points of no known value),
        found; method and accuracy.
    """
    source = _source(name, dim)
    known = _distinct(source.known().values)
    found = draw(name, dim, seed=seed).values
    near = np.abs(found[:, None] - known) <= NEAR * _spacing(known, source, seed)
    at, stray = near.sum(axis=0).tolist(), int((~near.any(axis=1)).sum())
    rows = pd.DataFrame({"value": [*known, np.nan], "found": [*at, stray]})
    return rows.assign(quantity="value", **_identity(source, dim))


def _distinct(values: FloatArray) -> FloatArray:
    """Known values without repetition, ascending."""
    values = np.unique(values)
    first = np.diff(values, prepend=-np.inf) > ROUNDING * np.abs(values).max()
    return np.asarray(values[first])


def _spacing(known: FloatArray, source: KnownLandscape, seed: int) -> FloatArray:
    """The distance of each known value to the next; of a lone one, the range of the function."""
    if len(known) == 1:
        x = source.domain.sample(np.random.default_rng(seed), 1000)
        return np.asarray(np.ptp(source.value(x), keepdims=True))
    gaps = np.diff(known)
    return np.asarray(np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf)))


def _source(name: str, dim: int) -> KnownLandscape:
    source = build("landscape", name, dim)
    if not isinstance(source, KnownLandscape):
        raise TypeError(f"name must be a function whose critical points are known, got {name!r}")
    return source


def _identity(source: KnownLandscape, dim: int) -> dict[str, Any]:
    return {
        "object": f"{source.name}, known points", "population": source.population, "dim": dim,
        "method": "closed form", "accuracy": 1e-12, "accuracy_kind": "relative",
    }  # fmt: skip
