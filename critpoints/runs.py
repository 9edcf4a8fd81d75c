"""Independent runs kept raw, and what can be said of their means and ratios.

A run is whatever is the independent unit: one function and all its critical points, one
trajectory of an optimizer, one product of matrices. Intervals count runs, never the correlated
things inside a run.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from critpoints.estimate import Estimate, log
from critpoints.protocols import Estimator
from critpoints.rule import Rule, Stop
from critpoints.tally import Prefix, Values

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Runs(Estimator):
    """A row a run, with named columns; it ends after a number of runs or of seconds."""

    @abstractmethod
    def columns(self, dim: int) -> tuple[str, ...]:
        """Names of the columns of a row."""

    def fold(self, rows: NDArray[np.float64], dim: int) -> Values:
        """The rows as they are."""
        return Values(np.reshape(rows, (-1, len(self.columns(dim)))))

    def stop(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> Stop | None:
        """After ``rule.samples`` runs."""
        if rule.samples is None or len(prefix) * size < rule.samples:
            return None
        whole, part = divmod(rule.samples, size)
        return Stop(whole, part)

    def remaining(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> float:
        """Batches up to ``rule.samples`` runs."""
        return math.inf if rule.samples is None else rule.samples / size - len(prefix)

    def batch_size(self, dim: int) -> int:
        """One run."""
        return 1


def mean(values: FloatArray, level: float) -> tuple[float, float, float]:
    """Mean of independent runs with Student's interval; infinite limits for one run."""
    n, centre = len(values), float(np.mean(values))
    if n < 2:
        return centre, -math.inf, math.inf
    half = float(stats.t.isf((1 - level) / 2, n - 1)) * float(np.std(values, ddof=1)) / n**0.5
    return centre, centre - half, centre + half


def ratio(part: FloatArray, whole: FloatArray, level: float, method: str) -> Estimate:
    r"""A fraction :math:`\sum_i a_i/\sum_i b_i` over independent runs.

    Its logarithm has by the delta method the variance
    :math:`\frac{n}{n-1} \sum_i (a_i - R b_i)^2/(\sum_i a_i)^2`; quantiles are Student's with n - 1
    degrees of freedom. A part that was never seen is bounded by :math:`1-(\alpha/2)^{1/n}`, as if
    each run were one sample; fewer than two runs have no interval.

    References
    ----------
    Cochran (1977), Sampling Techniques, ch. 6.
    """
    n, numerator, denominator = len(part), float(np.sum(part)), float(np.sum(whole))
    if numerator == 0 or denominator == 0:
        bound = math.log(-math.expm1(math.log((1 - level) / 2) / n))
        return Estimate(
            -math.inf, -math.inf, bound, level, method, "one-sided bound", "bound", n, 0
        )
    value = numerator / denominator
    if n < 2:
        low, high, status = -math.inf, 0.0, "incomplete"
    else:
        spread = math.sqrt(n / (n - 1) * float(np.sum((part - value * whole) ** 2))) / numerator
        half = float(stats.t.isf((1 - level) / 2, n - 1)) * spread
        low, high, status = math.log(value) - half, min(math.log(value) + half, 0.0), "ok"
    return Estimate(log(value), low, high, level, method, "ratio of sums over runs", status, n)
