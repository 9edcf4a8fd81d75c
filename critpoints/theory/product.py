r"""Product laws: every axis decides by itself whether it is a minimum, a maximum or neither.

A lecture-note argument gives each axis of a critical point the probability one third of being a
minimum, a maximum or an inflection, so that a fraction :math:`3^{-d}` of critical points are
minima. A Morse function has no inflections: with two equally likely kinds the fraction is
:math:`2^{-d}`. A separable function with m minima and m - 1 maxima an axis has
:math:`(m/(2m-1))^d`. Everything is returned as a natural logarithm, since
:math:`3^{-d}` underflows beyond d = 678.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from critpoints import validation

THIRD = 1.0 / 3.0


def log_thirds(dim: int) -> float:
    r"""Log of :math:`3^{-d}`: minimum, maximum and inflection equally likely on each axis."""
    return -validation.integer("dim", dim, 1) * math.log(3.0)


def log_halves(dim: int) -> float:
    r"""Log of :math:`2^{-d}`: minimum and maximum equally likely, no inflection (Morse)."""
    return -validation.integer("dim", dim, 1) * math.log(2.0)


def log_separable(dim: int, minima: int) -> float:
    r"""Log fraction of minima of :math:`\sum_i g(x_i)`, g with m minima and m - 1 maxima.

    Critical points form a product grid of :math:`(2m-1)^d`, minima one of :math:`m^d`: the
    fraction is :math:`(m/(2m-1))^d`. Styblinski-Tang has m = 2, Rastrigin on [-5.12, 5.12] 11.

    Parameters
    ----------
    dim : int
        d, at least 1.
    minima : int
        m, at least 1.
    """
    dim = validation.integer("dim", dim, 1)
    m = validation.integer("minima", minima, 1)
    return dim * (math.log(m) - math.log(2 * m - 1))


def log_minimum(
    dim: int, *, minimum: float = THIRD, maximum: float = THIRD, inflection: float = THIRD
) -> float:
    r"""Log of :math:`p_{\min}^d`, the probability that every axis is a minimum.

    Raises
    ------
    ValueError
        If a probability lies outside [0, 1] or the three do not sum to 1.
    """
    dim = validation.integer("dim", dim, 1)
    low, _, _ = _axis(minimum, maximum, inflection)
    return dim * math.log(low) if low else -math.inf


def log_index_law(
    dim: int, *, minimum: float = THIRD, maximum: float = THIRD, inflection: float = THIRD
) -> NDArray[np.float64]:
    r"""Log probabilities of index 0..d and, last, of a degenerate Hessian.

    .. math:: P(k) = \binom{d}{k} p_{\max}^k p_{\min}^{d-k},\qquad
              P(\text{degenerate}) = 1 - (1-p_{\text{inflection}})^d,

    the multinomial law of the axes: a Hessian is degenerate as soon as one axis is an inflection.

    Parameters
    ----------
    dim : int
        d, at least 1.
    minimum, maximum, inflection : float
        The law of one axis; they sum to 1 within 1e-9.

    Returns
    -------
    ndarray, shape (d + 2,)

    Raises
    ------
    ValueError
        If a probability lies outside [0, 1] or the three do not sum to 1.
    """
    dim = validation.integer("dim", dim, 1)
    low, high, flat = _axis(minimum, maximum, inflection)
    k = np.arange(dim + 1)
    choose = gammaln(dim + 1) - gammaln(k + 1) - gammaln(dim - k + 1)
    regular = choose + xlogy(k, high) + xlogy(dim - k, low)
    return np.append(regular, _log_any(dim, flat))


def log_minima_count(points: int, dim: int) -> NDArray[np.float64]:
    r"""Log law of the number of minima among K critical points: Binomial(K, :math:`3^{-d}`).

    Parameters
    ----------
    points : int
        K, at least 0.
    dim : int
        d, at least 1.

    Returns
    -------
    ndarray, shape (K + 1,)
    """
    points = validation.integer("points", points, 0)
    log_p = log_thirds(dim)
    j = np.arange(points + 1)
    choose = gammaln(points + 1) - gammaln(j + 1) - gammaln(points - j + 1)
    law: NDArray[np.float64] = choose + j * log_p + (points - j) * math.log1p(-math.exp(log_p))
    return law


def _axis(minimum: float, maximum: float, inflection: float) -> tuple[float, float, float]:
    named = {"minimum": minimum, "maximum": maximum, "inflection": inflection}
    low, high, flat = (
        validation.real(name, value, at_least=0, at_most=1) for name, value in named.items()
    )
    total = low + high + flat
    if abs(total - 1) > 1e-9:
        raise ValueError(f"minimum + maximum + inflection must be 1, got {total!r}")
    return low, high, flat


def _log_any(dim: int, probability: float) -> float:
    """Log of 1 - (1 - p)^d, without cancellation at small p."""
    if probability == 1:
        return 0.0
    chance = -math.expm1(dim * math.log1p(-probability))
    return math.log(chance) if chance else -math.inf
