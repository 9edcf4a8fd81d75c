"""An estimate of how many critical points no start has reached."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from critpoints.validation import real

_LEAST = 1e-6  # of a point: no interval ends at 0


def chao(hits: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    r"""Chao's estimate of the number of points that were hit by no start, as an interval.

    With f₁ points hit once, f₂ hit twice, n hits and S points seen, the bias-corrected estimate is

    .. math:: \hat f_0 = \frac{n-1}{n}\,\frac{f_1 (f_1 - 1)}{2 (f_2 + 1)}

    and :math:`[\lfloor\hat f_0 / K\rfloor, \hat f_0 K]` its log-normal interval,
    :math:`K = \exp(z \sqrt{\ln(1 + \mathrm{Var}/\hat f_0^2)})`. Where the estimate is 0 the
    interval starts at 0 and ends where S points of equal basins, which n hits miss with
    probability :math:`P = e^{-n/S}` each, would leave
    :math:`(S P + z\sqrt{S P (1-P)}) / (1-P)` unseen. It never ends at 0.

    This is an **estimate**, not a bound: a point with a tiny basin leaves no trace, and
    :math:`\hat f_0` estimates only a lower bound of the number unseen. What a search can bound is
    the mass of the unseen, :mod:`~critpoints.census.mass`.

    Parameters
    ----------
    hits : array_like of int
        How often each point was reached; zeros are ignored.
    level : float
        Of confidence, between 0 and 1.

    Returns
    -------
    (low, high) : tuple of float
        ``(0, inf)`` where nothing was hit.

    Raises
    ------
    ValueError
        If hits are not whole numbers of at least 0, or the level is out of range.

    References
    ----------
    Chao (1984), Scand. J. Statist. 11, 265; Chao (1987), Biometrics 43, 783 (the interval).
    Chao (2005), Encyclopedia of Statistical Sciences 12, 7907 (the corrected form, its variance).
    """
    level = real("level", level, above=0, below=1)
    seen = np.asarray(hits)
    if seen.size and (seen.dtype.kind not in "iu" or seen.min() < 0):
        raise ValueError(f"hits must be whole numbers of at least 0, got {hits!r}")
    seen = seen[seen > 0]
    if not seen.size:
        return 0.0, math.inf
    total, kinds = int(seen.sum()), len(seen)
    once, twice = int((seen == 1).sum()), int((seen == 2).sum())
    z = float(norm.isf((1 - level) / 2))
    estimate = (total - 1) / total * once * (once - 1) / (2 * (twice + 1))
    if estimate == 0:
        return 0.0, _none_missing(total, kinds, z)
    spread = math.sqrt(math.log1p(_variance(total, kinds, once, twice) / estimate**2))
    low = math.floor(estimate * math.exp(-z * spread))
    return float(low), estimate * math.exp(z * spread)


def _variance(total: int, kinds: int, once: int, twice: int) -> float:
    """Of the corrected estimate (Chao 2005), with its special case where f₂ = 0."""
    a = (total - 1) / total
    if twice == 0:
        bound = kinds + a * once * (once - 1) / 2
        return (
            a * once * (once - 1) / 2
            + a**2 * once * (2 * once - 1) ** 2 / 4
            - a**2 * once**4 / (4 * bound)
        )
    return (
        a * once * (once - 1) / (2 * (twice + 1))
        + a**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + a**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )


def _none_missing(total: int, kinds: int, z: float) -> float:
    """Upper end where at most one point was hit only once."""
    missed = math.exp(-total / kinds)
    bound = (kinds * missed + z * math.sqrt(kinds * missed * (1 - missed))) / (1 - missed)
    return max(bound, _LEAST)
