r"""The one equation behind trust regions and cubic regularisation, solved exactly for a batch.

Both minimise a model :math:`c\cdot p + \frac12\sum\lambda_i p_i^2` plus something that depends on
‖p‖ alone. The minimiser is :math:`p_i = -c_i/(\lambda_i+\mu)` with the shift
μ ≥ max(0, −λ₁) at which ‖p‖ is a given increasing function of μ; in the *hard case* c₁ vanishes and
a multiple of the first eigenvector makes up the length (Conn, Gould & Toint 2000, Trust-Region
Methods, section 7.3; Nesterov & Polyak 2006, section 5).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from critpoints.lengths import lengths
from critpoints.protocols import FloatArray

Length = Callable[[FloatArray], FloatArray]

_SPAN, _HALVINGS = 1e-18, 64  # 41 e-folds halved 64 times: far below rounding


def minimiser(
    values: FloatArray, slopes: FloatArray, length: Length, largest: FloatArray
) -> FloatArray:
    """Eigencoordinates of the step.

    Parameters
    ----------
    values, slopes : ndarray, shape (runs, dim)
        λ, ascending, and c.
    length : callable
        The length ‖p‖ that goes with a shift μ: (runs, 1) -> (runs, 1), not decreasing.
    largest : ndarray, shape (runs, 1)
        An upper bound of μ − max(0, −λ₁).

    Returns
    -------
    ndarray, shape (runs, dim)
        Where even the smallest shift gives a shorter p and λ₁ > 0, p is the Newton step.
    """
    floor = np.maximum(0.0, -values[:, :1])
    gaps = values + floor
    low, high = largest * _SPAN, largest
    hard = ~(_norm(_divide(slopes, gaps + low)) > length(floor + low))
    for _ in range(_HALVINGS):
        middle = np.sqrt(low) * np.sqrt(high)
        longer = _norm(_divide(slopes, gaps + middle)) > length(floor + middle)
        low, high = np.where(longer, middle, low), np.where(longer, high, middle)
    step = -_divide(slopes, gaps + np.where(hard, 0.0, high))
    whole, made = length(floor), _norm(step)
    missing = np.sqrt(np.maximum(whole - made, 0.0)) * np.sqrt(whole + made)
    along = np.where(slopes[:, :1] > 0, -1.0, 1.0) * missing
    step[:, :1] += np.where(hard & (floor > 0), along, 0.0)
    return step


def _norm(p: FloatArray) -> FloatArray:
    return lengths(p)[:, None]


def _divide(slopes: FloatArray, gaps: FloatArray) -> FloatArray:
    """0 where the gap is rounding: the hard case."""
    tiny = np.finfo(float).tiny
    return np.asarray(np.divide(slopes, gaps, out=np.zeros_like(slopes), where=gaps > tiny))
