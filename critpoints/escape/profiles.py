r"""Performance and data profiles, and the distribution of work, with intervals over problems.

A table of costs has a row a problem and a column an optimizer; ``inf`` means not solved.

References
----------
Dolan & Moré (2002), Math. Program. 91, 201. Moré & Wild (2009), SIAM J. Optim. 20, 172.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints.validation import integer, real

FloatArray = NDArray[np.float64]
RESAMPLES = 2000
"""Resamples of a bootstrap."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Shares of problems: arrays of shape (optimizers, abscissae)."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


def ratios(costs: ArrayLike) -> FloatArray:
    r"""Costs over the least cost of each problem, :math:`r_{ps}=t_{ps}/\min_s t_{ps}`.

    ``inf`` where a problem is not solved, for all optimizers if nobody solves it.

    Raises
    ------
    ValueError
        If ``costs`` is no table of positive numbers.
    """
    table = _table(costs)
    least = table.min(axis=1, keepdims=True)
    solved = np.isfinite(table)
    found = np.full_like(table, np.inf)
    np.divide(table, least, out=found, where=solved)
    return found


def performance(costs: ArrayLike, taus: ArrayLike) -> FloatArray:
    r"""Whether each problem is solved at τ times the least cost: terms of :math:`\rho_s(\tau)`.

    .. math:: \rho_s(\tau) = \frac1P\,\#\{p: t_{ps} \le \tau\min_s t_{ps}\}

    Parameters
    ----------
    costs : array_like, shape (problems, optimizers)
        Positive; ``inf`` where not solved.
    taus : array_like, shape (abscissae,)
        τ ≥ 1.

    Returns
    -------
    ndarray, shape (problems, optimizers, abscissae)
        1 or 0; see :func:`shares` for the profile itself.

    References
    ----------
    Dolan & Moré (2002), Math. Program. 91, 201.
    """
    return _reached(ratios(costs), taus)


def data(costs: ArrayLike, dims: ArrayLike, kappas: ArrayLike) -> FloatArray:
    r"""Whether each problem is solved within κ(d + 1) evaluations: terms of :math:`d_s(\kappa)`.

    .. math:: d_s(\kappa) = \frac1P\,\#\{p: t_{ps} \le \kappa(d_p+1)\}

    Parameters and result as :func:`performance`; ``dims`` has a dimension a problem.

    References
    ----------
    Moré & Wild (2009), SIAM J. Optim. 20, 172.
    """
    table, sizes = _table(costs), np.asarray(dims, dtype=np.float64)
    if sizes.shape != table.shape[:1] or not (sizes >= 1).all():
        raise ValueError(f"dims must hold {len(table)} positive dimensions, got {dims!r}")
    return _reached(table / (sizes[:, None] + 1), kappas)


def within(works: ArrayLike, limits: ArrayLike) -> FloatArray:
    """Share of the runs of one optimizer on one problem that escaped within each limit.

    Parameters
    ----------
    works : array_like, shape (runs,)
        Work to escape, ``inf`` for a run that did not.
    limits : array_like, shape (abscissae,)

    Returns
    -------
    ndarray, shape (abscissae,)
    """
    ordered = np.sort(np.asarray(works, dtype=np.float64))
    if ordered.ndim != 1 or not ordered.size or np.isnan(ordered).any():
        raise ValueError(f"works must be numbers of at least one run, got {works!r}")
    places = np.searchsorted(ordered, np.asarray(limits, dtype=np.float64), side="right")
    return np.asarray(places / ordered.size)


def shares(
    reached: FloatArray,
    groups: Sequence[str] | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Curves:
    """Means over problems, with percentile intervals of a bootstrap over problems.

    Problems of one group (one function in several dimensions) are drawn together. Where all
    problems agree the interval is a point: the bootstrap knows no other problems than these.

    Parameters
    ----------
    reached : ndarray, shape (problems, optimizers, abscissae)
        As from :func:`performance`, :func:`data`, or stacked from :func:`within`.
    groups : sequence of str, optional
        A name a problem; each on its own by default.
    rng : numpy.random.Generator
    level : float
    resamples : int

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
    """
    real("level", level, above=0, below=1)
    names = range(len(reached)) if groups is None else groups
    weights = bootstrap(names, rng, resamples)
    tail = (1 - level) / 2
    drawn = np.einsum("bp,psx->bsx", weights / weights.sum(axis=1, keepdims=True), reached)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    if len(set(names)) == 1:
        low, high = np.full_like(low, np.nan), np.full_like(high, np.nan)
    return Curves(reached.mean(axis=0), low, high)


def bootstrap(
    groups: Sequence[object], rng: np.random.Generator, resamples: int = RESAMPLES
) -> FloatArray:
    """How often each problem occurs in each resample: shape (resamples, problems).

    Groups are drawn with replacement, as many as there are; their problems come along.
    """
    integer("resamples", resamples, low=1)
    if not len(groups):
        raise ValueError("groups must name at least one problem, got none")
    names = {name: k for k, name in enumerate(dict.fromkeys(groups))}
    counts = rng.multinomial(len(names), [1 / len(names)] * len(names), size=resamples)
    return np.asarray(counts[:, [names[name] for name in groups]], dtype=np.float64)


def _reached(costs: FloatArray, limits: ArrayLike) -> FloatArray:
    """A finite cost within each limit, ties included."""
    bars = np.asarray(limits, dtype=np.float64)
    if bars.ndim != 1 or np.isnan(bars).any():
        raise ValueError(f"abscissae must be a list of numbers, got {limits!r}")
    within_bar = costs[:, :, None] <= bars * (1 + 1e-12)  # a ratio's rounding is no difference
    return np.asarray(within_bar & np.isfinite(costs)[:, :, None], dtype=np.float64)


def _table(costs: ArrayLike) -> FloatArray:
    table = np.asarray(costs, dtype=np.float64)
    if table.ndim != 2 or not table.size or not (table > 0).all():
        raise ValueError(
            "costs must be a table of positive numbers or inf, a row a problem and a column an "
            f"optimizer, got {costs!r}"
        )
    return table
