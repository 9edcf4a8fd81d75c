"""How heavy the tail of importance weights is: Hill's estimate, from sums that batches add up."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from critpoints.protocols import FloatArray

LEVELS = 5
"""Depths at which the tail is looked at: the largest 1/5, 1/20, ..., 1/1280 of the weights."""
FIRST, RATIO = 5, 4
SUMS = 2 * LEVELS
"""Numbers a column of weights is reduced to."""
HEAVIEST = 0.7
"""Largest tail index at which means of weights are trusted (Vehtari et al., §3)."""
DOUBT = 0.01
"""The upper limit of the index at this error has to be below :data:`HEAVIEST`."""


def log_sums(log_weights: FloatArray) -> FloatArray:
    r"""What one batch says of its tails: shape (columns, :data:`SUMS`), natural logarithms.

    Of the n positive weights of a column the largest :math:`M_j = \lceil n/(5\cdot4^j)\rceil`,
    :math:`j = 0, \dots, 4`, exceed the next one, :math:`u_j`. Stored are :math:`M_j` and

    .. math:: S_j = \sum_{w > u_j} \Bigl(1 + \ln\frac{w}{u_j}\Bigr);

    both may be added over batches. A column with fewer than two positive weights adds nothing.

    Parameters
    ----------
    log_weights : (samples, columns); ``-inf`` is a weight of zero.
    """
    ordered = np.sort(log_weights, axis=0)[::-1]
    positive = np.isfinite(ordered).sum(axis=0)
    with np.errstate(invalid="ignore"):
        fallen = np.where(np.isfinite(ordered), ordered - ordered[:1], 0.0)
    total = np.cumsum(fallen, axis=0)
    columns = np.arange(ordered.shape[1])
    found = np.full((ordered.shape[1], LEVELS, 2), -np.inf)
    kept = positive >= 2
    for j in range(LEVELS):
        count = np.ceil(positive[kept] / (FIRST * RATIO**j)).astype(np.int64)
        above = total[count - 1, columns[kept]] - count * fallen[count, columns[kept]]
        found[kept, j] = np.log(np.stack([count, count + above], axis=1))
    return found.reshape(-1, SUMS)


def heaviest(sums: NDArray[np.float64]) -> float:
    r"""Upper limit of the tail index :math:`\kappa` of weights, from added :func:`log_sums`.

    Hill's estimate is :math:`\hat\kappa = S_j/M_j - 1`, the mean excess of the logarithm, with the
    standard error :math:`\hat\kappa/\sqrt{M_j}`. Weights with the tail :math:`w^{-1/\kappa}` have
    a variance only if :math:`\kappa < 1/2`, and their mean converges too slowly to be seen to if
    :math:`\kappa > 0.7`. The deepest j with :math:`M_j \ge \sqrt n` is taken, so that a tail that
    ends, as that of bounded weights does, is found light with enough samples.

    Returns
    -------
    float
        ``inf`` if there are too few weights to tell.

    References
    ----------
    Hill (1975), Ann. Stat. 3, 1163; Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed
    importance sampling, JMLR 25(72); Chatterjee & Diaconis (2018), Ann. Appl. Probab. 28, 1099
    (the effective sample size that the weights state of themselves cannot tell).
    """
    counts, totals = sums.reshape(LEVELS, 2).T
    if not counts[0] > -math.inf:
        return math.inf
    enough = (counts[0] + math.log(FIRST)) / 2  # of the logarithm of the root of n
    level = max(0, int((counts >= enough).sum()) - 1)
    index = math.expm1(totals[level] - counts[level])
    z = float(stats.norm.isf(DOUBT))
    return index * (1 + z * math.exp(-counts[level] / 2))
