"""Tuning on a declared grid: candidates, what counts as work, and which candidate is best."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints import refs
from critpoints.escape.times import COLUMNS
from critpoints.optimizers import Outcome
from critpoints.protocols import Optimizer
from critpoints.seeding import stream
from critpoints.validation import nearest, real

FloatArray = NDArray[np.float64]
Grid = Mapping[str, Sequence[float]]

GRID: Grid = {"lr": (0.003, 0.03, 0.3), "momentum": (0.9, 0.99)}
"""Learning rates a decade apart, and the two larger of the momenta of Goodfellow, Bengio &
Courville (2016), section 8.3.2. Rates of 1 are left out: where a step has the length of the rate
(Adam and its kin), a single one would cross most problems here."""
PENALTY = 10.0
"""A run that does not escape counts as ten budgets (PAR10; Hutter, Hoos, Leyton-Brown & Stützle
2009, J. Artif. Intell. Res. 36, 267)."""


def parse_grid(texts: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Grid from texts such as ``"lr=.001/.01/.1"``.

    Raises
    ------
    ValueError
        If a text is malformed, a key comes twice, or a value is not a number.
    """
    grid: dict[str, tuple[float, ...]] = {}
    for text in texts:
        key, equals, values = text.partition("=")
        if not (key.isidentifier() and equals and values):
            raise ValueError(f"grid must be like lr=.001/.01/.1, got {text!r}")
        if key in grid:
            raise ValueError(f"grid: {key!r} is given twice")
        try:
            grid[key] = tuple(float(value) for value in values.split("/"))
        except ValueError:
            raise ValueError(f"grid must be like lr=.001/.01/.1, got {text!r}") from None
    return grid


def check_grid(grid: Grid, optimizers: Sequence[Optimizer]) -> None:
    """Refuse a grid that is empty somewhere, or names what no optimizer has.

    Raises
    ------
    ValueError, TypeError
        The message names the key.
    """
    known = sorted({key for one in optimizers for key in refs.fields(one)})
    for key, values in grid.items():
        if key not in known:
            raise ValueError(f"grid: no optimizer here has {key!r}{nearest(key, known)}")
        if not len(values):
            raise ValueError(f"grid: {key!r} has no values")
        for value in values:
            real(f"grid: {key}", value)


def candidates(optimizer: Optimizer, grid: Grid) -> list[Optimizer]:
    """The optimizer as it was given, then every setting of the grid that it can take.

    Keys that it has not are left alone; what is not on the grid stays as it was given.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range; the message names the hyper-parameter.
    """
    own = refs.fields(optimizer)
    keys = [key for key in grid if key in own]
    settings = itertools.product(*(grid[key] for key in keys)) if keys else ()
    made = [_set(optimizer, dict(zip(keys, values, strict=True))) for values in settings]
    return list(dict.fromkeys([optimizer, *made]))


def _set(optimizer: Optimizer, values: Mapping[str, float]) -> Optimizer:
    own = refs.fields(optimizer)
    whole = {
        key: int(value)
        for key, value in values.items()
        if isinstance(own[key], int) and float(value).is_integer()
    }
    changed: Any = optimizer
    made: Optimizer = replace(changed, **{**values, **whole})
    return made


def work(rows: FloatArray, budget: float) -> FloatArray:
    r"""Work to escape a run: gradient evaluations + Hessian-vector products, else ``inf``.

    A Hessian counts d products, a product as much as a gradient: it takes about one or two
    (Pearlmutter 1994, Neural Comput. 6, 147). Values of the function are free. A run that spends
    more than ``budget`` has not escaped: what second derivatives cost counts towards it too.

    Parameters
    ----------
    rows : ndarray, shape (runs, 8)
        Columns of :data:`~critpoints.escape.times.COLUMNS`.
    budget : float
        The same for every optimizer.
    """
    column = dict(zip(COLUMNS, np.asarray(rows).T, strict=True))
    spent = column["gradients"] + column["products"]
    out = (column["outcome"] == Outcome.ESCAPED) & (spent <= budget)
    return np.where(out, spent, math.inf)


def penalised(works: FloatArray, budget: float) -> float:
    """Mean work, where a run that did not escape counts as :data:`PENALTY` budgets."""
    return float(np.where(np.isfinite(works), works, PENALTY * budget).mean())


def best(scores: Sequence[float]) -> int:
    """The smallest; of equals the first, so that the given setting wins ties.

    Raises
    ------
    ValueError
        If there is none, or one is not a number.
    """
    if not len(scores) or np.isnan(scores).any():
        raise ValueError(f"scores must be numbers, at least one, got {list(scores)}")
    return int(np.argmin(scores))


def tuning_seed(seed: int) -> int:
    """Root seed of the tuning runs: the winner is not judged on the starts that chose it."""
    return int(stream("tuning", seed).integers(2**53))
