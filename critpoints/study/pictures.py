"""A function of one or two variables and its critical points, as rows of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from critpoints.census.result import Census
from critpoints.domains import Box, Torus
from critpoints.study.census import draw
from critpoints.validation import integer


def picture(name: str, dim: int, number: int = 0, *, side: int = 81, seed: int = 0) -> pd.DataFrame:
    """One draw of :func:`~critpoints.study.census.censuses`, ready to be drawn.

    Parameters
    ----------
    name : str
        A landscape on a torus or a box.
    dim : int
        1 or 2.
    number : int
        Which draw.
    side : int
        Values along each axis.
    seed : int
        Of the censuses.

    Returns
    -------
    DataFrame
        Rows with ``quantity`` grid (x, y, value; y missing for dim 1) and point (with index and
        certified too).

    Raises
    ------
    ValueError
        If the function is not one of one or two variables on a torus or a box.
    """
    integer("dim", dim, low=1, high=2)
    integer("side", side, low=2, high=1000)
    found = draw(name, dim, number, seed=seed)
    rows = [*_grid(found, side), *_points(found)]
    return pd.DataFrame(rows).assign(dim=dim, draw=number, seed=seed, method=found.method)


def _grid(found: Census, side: int) -> list[dict[str, Any]]:
    low, high = _ends(found)
    axes = [np.linspace(a, b, side) for a, b in zip(low, high, strict=True)]
    places = np.stack([x.ravel() for x in np.meshgrid(*axes)], axis=1)
    values = found.landscape.value(places)
    return [
        {"quantity": "grid", **_place(x), "value": float(v)}
        for x, v in zip(places, values, strict=True)
    ]


def _points(found: Census) -> list[dict[str, Any]]:
    return [
        {
            "quantity": "point",
            **_place(np.array(record["x"])),
            "value": record["value"],
            "index": "degenerate" if record["degenerate"] else str(record["index"]),
            "certified": record["certified"],
        }
        for record in found.records()
    ]


def _place(x: np.ndarray[Any, Any]) -> dict[str, float]:
    return {"x": float(x[0]), "y": float(x[1]) if len(x) > 1 else np.nan}


def _ends(found: Census) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    domain = found.landscape.domain
    if isinstance(domain, Torus):
        return np.zeros(domain.dim), np.full(domain.dim, domain.length)
    if isinstance(domain, Box):
        return domain.ends
    raise ValueError(f"name must be a function on a torus or a box to be drawn, got {domain}")
