"""One-dimensional integrals that check themselves by refining the grid.

The integrands are entire with Gaussian tails. For such functions the trapezoidal rule converges
geometrically in 1/step, so that halving the step at least squares the relative error: the square
of the difference between two grids bounds the error of the finer one.

References
----------
L. N. Trefethen and J. A. C. Weideman, SIAM Review 56 (2014) 385.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from critpoints.errors import AccuracyError

Array = NDArray[np.float64]
DROP = 42.0  # exp(-42) = 6e-19 of the largest integrand: where a grid may stop
_REFINEMENTS = 6
_BLOCK = 8
_MAX_BLOCKS = 60


def panels(low: float, high: float, width: float) -> tuple[Array, Array]:
    """Nodes and weights of composite 12-point Gauss-Legendre on panels of at most `width`."""
    node, weight = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(low, high, 1 + max(1, math.ceil((high - low) / width)))
    half = np.diff(edges)[:, None] / 2
    nodes = edges[:-1, None] + half * (1 + node)
    return np.asarray(nodes.ravel(), np.float64), np.asarray((half * weight).ravel(), np.float64)


def grid(
    values: Callable[[Array], Array], low: float, high: float, step: float, tolerance: float
) -> tuple[Array, float]:
    """Integrals by the trapezoidal rule on the multiples of a step; error relative to their sum.

    Parameters
    ----------
    values : callable
        x of shape (m,) to integrands of shape (m, K); x lies symmetrically about 0 when
        low = -high.
    low, high : float
        Where the integrands have become negligible.
    step : float
        The first, coarser grid.
    tolerance : float
        Bound on the squared difference between two grids, relative to the sum over K.

    Raises
    ------
    AccuracyError
        If six halvings do not reach the tolerance.
    """
    count: Array = np.arange(math.ceil(low / step), math.floor(high / step) + 1.0)
    coarse: Array = values(count * step).sum(axis=0) * step
    for _ in range(_REFINEMENTS):
        middle = np.append(count, count[-1] + 1.0) - 0.5
        fine = (coarse + values(middle * step).sum(axis=0) * step) / 2
        spread = _difference(coarse, fine) ** 2
        if spread < tolerance:
            return fine, spread
        step /= 2
        count = np.arange(2 * count[0] - 1, 2 * count[-1] + 2)
        coarse = fine
    raise AccuracyError(f"grid refinement stopped at {spread:.1e}, wanted {tolerance:.1e}")


def gauss(
    values: Callable[[Array], Array], low: float, high: float, width: float, tolerance: float
) -> tuple[Array, float]:
    """Integrals over [low, high] by Gauss-Legendre panels, halved until two levels agree."""
    coarse = None
    for _ in range(_REFINEMENTS):
        nodes, weights = panels(low, high, width)
        fine = weights @ values(nodes)
        if coarse is not None and (spread := _difference(coarse, fine)) < tolerance:
            return fine, spread
        coarse, width = fine, width / 2
    raise AccuracyError(f"panel refinement did not settle to {tolerance:.1e} on [{low}, {high}]")


def climb(
    log_values: Callable[[Array], Array], start: float, step: float, tolerance: float
) -> tuple[Array, float]:
    """Log integrals of log-concave functions, whose peaks are not known; relative error.

    The grid grows from `start` both ways until every component has fallen by exp(-42) from its
    largest value, then is refined where some component still matters.

    Raises
    ------
    AccuracyError
        If an integrand does not fall off or refining does not reach the tolerance.
    """
    count, rows = _spread_out(lambda i: log_values(start + i * step))
    coarse = logsumexp(rows, axis=0) + math.log(step)
    for _ in range(_REFINEMENTS):
        matters = count[np.any(rows > rows.max(axis=0) - DROP, axis=1)]
        between = np.arange(matters.min() - 0.5, matters.max() + 1)
        rows = np.concatenate([rows, log_values(start + between * step)])
        count, step = 2 * np.concatenate([count, between]), step / 2
        fine = logsumexp(rows, axis=0) + math.log(step)
        spread = float(np.max(np.abs(np.expm1(coarse - fine)))) ** 2
        if spread < tolerance:
            return np.asarray(fine), spread
        coarse = fine
    raise AccuracyError(f"grid refinement stopped at {spread:.1e}, wanted {tolerance:.1e}")


def _difference(coarse: Array, fine: Array) -> float:
    return float(np.max(np.abs(coarse - fine)) / np.sum(fine))


def _spread_out(log_values: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Integers from 0 both ways, and their rows, until the outermost rows no longer matter."""
    block = np.arange(_BLOCK, dtype=float)
    count, rows = block, log_values(block)
    for direction in (1, -1):
        for _ in range(_MAX_BLOCKS):
            end = -1 if direction > 0 else 0
            if np.all(rows[end] < rows.max(axis=0) - DROP):
                break
            new = block + (count[-1] + 1 if direction > 0 else count[0] - _BLOCK)
            more = log_values(new)
            count = np.concatenate([count, new] if direction > 0 else [new, count])
            rows = np.concatenate([rows, more] if direction > 0 else [more, rows])
        else:
            raise AccuracyError("the integrand does not fall off")
    return count, rows
