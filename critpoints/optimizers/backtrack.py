"""Halve a step until the function has decreased enough, for all runs at once."""

from __future__ import annotations

import numpy as np

from critpoints.curvature import EPS
from critpoints.protocols import FloatArray, Landscape

_HALVINGS = 40


def slack(landscape: Landscape, x: FloatArray, value: FloatArray) -> FloatArray:
    r"""By how much values at ``x`` may differ by rounding: (m,).

    :math:`10\varepsilon|f|`, or what f changes by when all coordinates are shifted by 4ε of their
    size: that shows terms which cancel.
    """
    domain, shift = landscape.domain, 4 * EPS * np.abs(x)
    sides = (domain.retract(x, domain.tangent(x, side * shift)) for side in (1, -1))
    found = np.max([np.abs(landscape.value(y) - value) for y in sides], axis=0)
    return np.asarray(np.fmax(10 * EPS * np.abs(value), found))


def backtrack(
    landscape: Landscape,
    x: FloatArray,
    move: FloatArray,
    linear: FloatArray,
    quadratic: FloatArray | None = None,
) -> FloatArray:
    r"""Step lengths α = 1, ½, ¼, … with f(x + αp) ≤ f(x) − α·linear − α²·quadratic; 0 if none fits.

    Values that differ by no more than :func:`slack` are taken as equal.

    Parameters
    ----------
    x, move : ndarray, shape (runs, ambient)
    linear, quadratic : ndarray, shape (runs,)
        Decrease wanted: Armijo's for a descent direction, the quadratic term for one of negative
        curvature.

    Returns
    -------
    ndarray, shape (runs,)
    """
    start = landscape.value(x)
    start = start + slack(landscape, x, start)
    quadratic = np.zeros(len(x)) if quadratic is None else quadratic
    alpha, trial = np.zeros(len(x)), 1.0
    left = np.arange(len(x))
    for _ in range(_HALVINGS):
        wanted = start[left] - trial * linear[left] - trial**2 * quadratic[left]
        value = landscape.value(landscape.domain.retract(x[left], trial * move[left]))
        good = value <= wanted
        alpha[left[good]] = trial
        left, trial = left[~good], trial / 2
        if not left.size:
            break
    return alpha
