"""Halve a step until the function has decreased enough, for all runs at once."""

from __future__ import annotations

import numpy as np

from critpoints.optimizers.spectral import EPS
from critpoints.protocols import FloatArray, Landscape

_HALVINGS = 40


def backtrack(
    landscape: Landscape,
    x: FloatArray,
    move: FloatArray,
    linear: FloatArray,
    cubic: FloatArray | None = None,
) -> FloatArray:
    r"""Step lengths α = 1, ½, ¼, … with f(x + αp) ≤ f(x) − α·linear − α³·cubic; 0 if none fits.

    Values that differ by less than :math:`10\varepsilon\max(1,|f|)` are taken as equal.

    Parameters
    ----------
    x, move : ndarray, shape (runs, ambient)
    linear, cubic : ndarray, shape (runs,)
        Decrease wanted: Armijo's for a descent direction, the cubic term for one of negative
        curvature.

    Returns
    -------
    ndarray, shape (runs,)
    """
    start = landscape.value(x)
    start = start + 10 * EPS * np.maximum(1.0, np.abs(start))
    cubic = np.zeros(len(x)) if cubic is None else cubic
    alpha, trial = np.zeros(len(x)), 1.0
    left = np.arange(len(x))
    for _ in range(_HALVINGS):
        wanted = start[left] - trial * linear[left] - trial**3 * cubic[left]
        value = landscape.value(landscape.domain.retract(x[left], trial * move[left]))
        good = value <= wanted
        alpha[left[good]] = trial
        left, trial = left[~good], trial / 2
        if not left.size:
            break
    return alpha
