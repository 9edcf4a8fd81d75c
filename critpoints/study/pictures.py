"""Functions of one or two variables, their critical points and ways on them, as rows of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from critpoints.census.result import Census
from critpoints.domains import Box, Torus
from critpoints.optimizers import run
from critpoints.protocols import Landscape, Optimizer
from critpoints.seeding import stream
from critpoints.study.census import draw
from critpoints.study.objects import build_optimizer
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


def trajectories(
    landscape: Landscape,
    optimizers: Sequence[str | Optimizer],
    start: ArrayLike,
    *,
    steps: int = 200,
    side: int = 81,
    seed: int = 0,
) -> pd.DataFrame:
    """The ways of optimizers from one start on a function of two variables.

    Parameters
    ----------
    landscape : Landscape
        On a torus or a box, or anywhere: then the map shows where the ways lead.
    optimizers : sequence of str or Optimizer
    start : array_like, shape (2,)
    steps : int
        Steps at most.
    side : int
        Values of the map along each axis.
    seed : int
        Of noisy optimizers.

    Returns
    -------
    DataFrame
        Rows with ``quantity`` grid (x, y, f) and path (optimizer, step, x, y, f), ready for
        :func:`critpoints.plot.trajectories`. A way that goes around a torus is broken by a row
        without a place.

    Raises
    ------
    ValueError
        If the function is not one of two variables, or no optimizer is named.
    """
    if landscape.dim != 2:
        raise ValueError(f"landscape must have two variables, got {landscape.dim}")
    if isinstance(optimizers, str) or not optimizers:
        raise ValueError(f"optimizers must be a sequence of at least one, got {optimizers!r}")
    paths = pd.concat(
        [_path(landscape, rule, start, integer("steps", steps, low=1), seed) for rule in optimizers]
    )
    places = _places(*_map(landscape, paths), integer("side", side, low=2, high=1000))
    grid = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "f": landscape.value(places)})
    return pd.concat([grid.assign(quantity="grid"), paths], ignore_index=True)


def _path(
    landscape: Landscape, rule: str | Optimizer, start: ArrayLike, steps: int, seed: int
) -> pd.DataFrame:
    chosen = build_optimizer(rule)
    rng = stream("trajectories", seed)
    found = run(chosen, landscape, np.reshape(start, (1, 2)), rng=rng, steps=steps, record_every=1)
    x = found.path[:, 0]
    rows = pd.DataFrame({"step": found.path_steps, "x": x[:, 0], "y": x[:, 1]})
    rows = rows.assign(quantity="path", optimizer=str(rule), f=landscape.value(x))
    if isinstance(landscape.domain, Torus):
        around = np.flatnonzero((np.abs(np.diff(x, axis=0)) > landscape.domain.length / 2).any(1))
        breaks = rows.iloc[around].assign(x=np.nan, y=np.nan, f=np.nan)
        rows = pd.concat([rows, breaks]).sort_values("step", kind="stable")
    return rows


def _map(landscape: Landscape, paths: pd.DataFrame) -> tuple[ArrayLike, ArrayLike]:
    if isinstance(landscape.domain, Torus | Box):
        return _ends(landscape)
    ways = paths[["x", "y"]].to_numpy(float)
    low, high = np.nanmin(ways, axis=0), np.nanmax(ways, axis=0)
    room = 0.1 * max(float((high - low).max()), 1e-3)
    return low - room, high + room


def _grid(found: Census, side: int) -> list[dict[str, Any]]:
    low, high = _ends(found.landscape)
    places = _places(low, high, side)
    values = found.landscape.value(places)
    return [
        {"quantity": "grid", **_place(x), "value": float(v)}
        for x, v in zip(places, values, strict=True)
    ]


def _places(low: ArrayLike, high: ArrayLike, side: int) -> np.ndarray[Any, Any]:
    ends = zip(np.atleast_1d(low), np.atleast_1d(high), strict=True)
    axes = [np.linspace(a, b, side) for a, b in ends]
    return np.stack([x.ravel() for x in np.meshgrid(*axes)], axis=1)


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


def _ends(landscape: Landscape) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    domain = landscape.domain
    if isinstance(domain, Torus):
        return np.zeros(domain.dim), np.full(domain.dim, domain.length)
    if isinstance(domain, Box):
        return domain.ends
    raise ValueError(f"name must be a function on a torus or a box to be drawn, got {domain}")
