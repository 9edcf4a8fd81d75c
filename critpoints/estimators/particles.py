"""Weighted particles: adaptive resampling, and what one run knows of its own error."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from critpoints.estimators.replicates import Replicate
from critpoints.protocols import FloatArray

RESAMPLE = 0.5
"""Resampled when the effective sample size falls below this part of the particles."""


class Particles:
    r"""Log-weights and first ancestors of the particles of one run.

    The estimate is the product of the mean weights between resamplings. Its relative variance is
    estimated by

    .. math:: \sum_a (W_a - 1/N)^2,

    :math:`W_a` the share of the final weight that descends from the a-th of the N first
    particles: consistent for multinomial resampling, which is used. The number of independent
    particles is :math:`1/\sum_a W_a^2`.

    References
    ----------
    Chan & Lai (2013), Ann. Stat. 41, 2877; Lee & Whiteley (2018), Biometrika 105, 609.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._log_weight = np.zeros(size)
        self._ancestor = np.arange(size)
        self._log_mean = 0.0

    def weigh(self, log_weight: FloatArray) -> None:
        """Multiply the weights."""
        self._log_weight = self._log_weight + log_weight

    @property
    def log_estimate(self) -> float:
        """Logarithm of the estimate so far; ``-inf`` when all weights are zero."""
        return self._log_mean + float(special.logsumexp(self._log_weight)) - math.log(self.size)

    def resample(self, rng: np.random.Generator) -> NDArray[np.intp] | None:
        """Which particle each new one copies, or None if the weights are still even enough."""
        share = self._shares()
        if float(share @ share) * RESAMPLE * self.size <= 1:
            return None
        ends = np.cumsum(share)
        places = np.searchsorted(ends, np.sort(rng.random(self.size)) * ends[-1], side="right")
        kept: NDArray[np.intp] = np.minimum(places, self.size - 1)
        self._log_mean = self.log_estimate
        self._log_weight = np.zeros(self.size)
        self._ancestor = self._ancestor[kept]
        return kept

    def replicate(self) -> Replicate:
        """The run as a row."""
        found = self.log_estimate
        family = np.bincount(self._ancestor, self._shares(), minlength=self.size)
        variance = float(np.square(family - 1 / self.size).sum())
        return Replicate(found, variance, 1 / float(family @ family), found)

    def _shares(self) -> FloatArray:
        weight = np.exp(self._log_weight - self._log_weight.max())
        found: FloatArray = weight / weight.sum()
        return found
