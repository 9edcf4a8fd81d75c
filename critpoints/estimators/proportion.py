"""Hits over trials, corrected for the rule that ended the trials."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from critpoints.errors import InvalidBatchError
from critpoints.estimate import Estimate, log
from critpoints.estimators.base import EventEstimator, power_of_two
from critpoints.protocols import Ensemble
from critpoints.rule import Rule, Stop
from critpoints.tally import Counts, Prefix, Tally
from critpoints.validation import choice


@dataclass(frozen=True)
class Proportion(EventEstimator):
    r"""Fraction of samples in which the event happens.

    *Fixed number of trials.* With :math:`k` hits in :math:`n` trials the estimate is
    :math:`k/n`; the Clopper-Pearson interval is :math:`[B_{\alpha/2}(k, n-k+1),
    B_{1-\alpha/2}(k+1, n-k)]`, :math:`B_q` the beta quantile. No hit gives zero with the
    bound :math:`1-(\alpha/2)^{1/n}`: spending all of :math:`\alpha` on it because no hit was seen
    would leave a coverage below the level (.939 for .95).

    *Stopped at the k-th hit* (a relative error was asked for; inverse binomial sampling). Then
    :math:`k/n` is biased upwards and the unbiased estimate is :math:`(k-1)/(n-1)`; exact
    limits are :math:`[B_{\alpha/2}(k, n-k+1), B_{1-\alpha/2}(k, n-k)]`. Both hold unchanged
    when the trials end at the k-th hit *or* at a given n, whichever comes first: the outcomes
    keep their stochastic order and :math:`(k-1)/(n-1)`, :math:`h/n` are the ratios of path
    counts.

    Parameters
    ----------
    event : {"minima", "index"}
    route : {"fast", "dense"}
        ``fast`` uses the ensemble's own equal laws (``sample_minimum``, ``sample_index``);
        ``dense`` draws matrices and computes their inertia, the same for every ensemble.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26, 404; Wilson (1927), JASA 22, 209; Haldane (1945),
    Biometrika 33, 222; Girshick, Mosteller & Savage (1946), Ann. Math. Stat. 17, 13.
    """

    route: str = "fast"

    name: ClassVar[str] = "proportion"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("route", self.route, ("fast", "dense"))

    @property
    def method(self) -> str:
        """``plain`` on matrices; ``sieve`` or ``pivots`` on an equal, faster law."""
        if self.route == "dense":
            return "plain"
        return "sieve" if self.event == "minima" else "pivots"

    def rows(self, ensemble: Ensemble, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Bins: 1 for a minimum and 0 otherwise, or the index (``dim + 1`` if degenerate)."""
        if ensemble.kac_rice:
            raise ValueError(
                f"method {self.method!r} counts samples, but the population "
                f"{ensemble.population!r} weights them by |det H|: use identity or determinant"
            )
        law = Ensemble if self.route == "dense" else type(ensemble)
        if self.event == "minima":
            return _checked(law.sample_minimum(ensemble, rng, size), size, 1)
        return _checked(law.sample_index(ensemble, rng, size), size, ensemble.dim + 1)

    def fold(self, rows: NDArray[Any], dim: int) -> Counts:
        """Counts of the bins."""
        return Counts.of(rows, 2 if self.event == "minima" else dim + 2)

    def stop(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> Stop | None:
        """The k-th hit, or the n-th sample: it does not depend on how batches were grouped."""
        hits, samples = self._limits(rule, dim)
        if not len(prefix) or not (
            (samples is not None and len(prefix) * size >= samples)
            or (hits is not None and int(prefix.total.data[1]) >= hits)
        ):
            return None
        seen = list(accumulate((int(t.data[1]) for t in prefix), initial=0))
        for batch in range(len(prefix)):
            ends = samples is not None and (batch + 1) * size >= samples
            if ends or (hits is not None and seen[batch + 1] >= hits):
                return Stop(
                    batch,
                    None if samples is None else samples - batch * size,
                    None if hits is None else hits - seen[batch],
                )
        return None

    def cut(self, rows: NDArray[Any], stop: Stop) -> NDArray[Any]:
        """Up to the hit that is needed, at most the samples that are allowed."""
        rows = super().cut(rows, stop)
        if stop.hits is None:
            return rows
        places = np.flatnonzero(rows == 1)
        return rows[: places[stop.hits - 1] + 1] if len(places) >= stop.hits else rows

    def remaining(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> float:
        """From the rate of hits so far."""
        hits, samples = self._limits(rule, dim)
        left = math.inf if samples is None else samples / size - len(prefix)
        seen = int(prefix.total.data[1]) if len(prefix) else 0
        if hits is not None and seen:
            left = min(left, (hits - seen) * len(prefix) / seen)
        return left

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """Estimates with exact (Clopper-Pearson) or score (Wilson) intervals.

        Raises
        ------
        ValueError
            If there is no sample.
        """
        counts = [int(c) for c in tally.data]
        samples = sum(counts)
        if samples == 0:
            raise ValueError("an estimate needs at least one sample")
        wanted = counts[1:] if self.event == "minima" else counts
        needed, _ = self._limits(rule, dim=len(counts) - 2)
        return [self._one(k, samples, k == needed, rule) for k in wanted]

    def batch_size(self, dim: int) -> int:
        """The sieve needs large batches: only a few samples get past the first pivots."""
        if self.route == "dense":
            return super().batch_size(dim)
        if self.event == "minima":
            return 2**16
        return power_of_two(2**19 // dim, 2**9, 2**16)

    def _one(self, k: int, n: int, at_hit: bool, rule: Rule) -> Estimate:
        low, high = _INTERVAL[rule.interval](k, n, rule.level, at_hit)
        return Estimate(
            log((k - 1) / (n - 1) if at_hit and n > 1 else k / n),
            log(low),
            log(high),
            rule.level,
            self.method,
            rule.interval if k else "one-sided bound",
            "ok" if k else "bound",
            n,
            k,
        )

    def _limits(self, rule: Rule, dim: int) -> tuple[int | None, int | None]:
        """(hits, samples) at which the rule is met."""
        if rule.rel_error is None:
            return None, rule.samples
        if self.event == "minima":
            return hits_for(rule.rel_error, rule.level), rule.samples
        needed = samples_for_law(rule.rel_error, rule.level, dim)
        return None, needed if rule.samples is None else min(needed, rule.samples)


def _checked(outcomes: Any, size: int, highest: int) -> NDArray[np.int64]:
    """Bins as integers, or an error that says what a law of one's own returned instead."""
    bins = np.asarray(outcomes)
    if bins.shape != (size,) or bins.dtype.kind not in "biu":
        raise InvalidBatchError(
            f"sample_minimum and sample_index must return booleans or integers of shape ({size},), "
            f"got {bins.dtype} of shape {bins.shape}"
        )
    if bins.size and (bins.min() < 0 or bins.max() > highest):
        raise InvalidBatchError(
            f"outcomes must lie in 0..{highest}, got {bins.min()}..{bins.max()}"
        )
    return bins.astype(np.int64)


def clopper_pearson(k: float, n: int, level: float, at_hit: bool = False) -> tuple[float, float]:
    """Exact limits for k hits in n trials, which ended at the k-th hit if ``at_hit``.

    A mean over n groups of trials may stand for k/n: k need not be whole.
    """
    alpha = 1 - level
    if k == 0:
        return 0.0, float(-np.expm1(np.log(alpha / 2) / n))
    low = float(stats.beta.ppf(alpha / 2, k, n - k + 1))
    if k == n:
        return low, 1.0
    return low, float(stats.beta.isf(alpha / 2, k if at_hit else k + 1, n - k))


def wilson(k: int, n: int, level: float, at_hit: bool = False) -> tuple[float, float]:
    """Score limits; the exact bound at zero hits. ``at_hit`` changes nothing."""
    if k == 0:
        return clopper_pearson(k, n, level, at_hit)
    found = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


_INTERVAL = {"clopper-pearson": clopper_pearson, "wilson": wilson}


@lru_cache
def hits_for(rel_error: float, level: float) -> int:
    """Hits that bring the relative half-width below ``rel_error`` whatever the probability.

    The worst case is a vanishing probability, where k hits give the gamma limits
    ``[G_{a/2}(k), G_{1-a/2}(k)] / (k-1)`` of Poisson counting.
    """
    alpha = 1 - level

    def wide(k: int) -> bool:
        width = stats.gamma.isf(alpha / 2, float(k)) - stats.gamma.ppf(alpha / 2, float(k))
        return bool(width / 2 > rel_error * (k - 1))

    high = 2
    while wide(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if wide(middle) else (low, middle)
    return high


def samples_for_law(rel_error: float, level: float, dim: int) -> int:
    r"""Samples after which the most probable bin of any index law has the relative error.

    One of the :math:`d+2` bins has :math:`p \ge 1/(d+2)`, and its half-width is about
    :math:`z\sqrt{p(1-p)/n}`, hence :math:`n = (z/R)^2 (d+1)`: a number that does not depend on
    what is drawn, so that nothing needs a correction.
    """
    z = float(stats.norm.isf((1 - level) / 2))
    return max(1, math.ceil((z / rel_error) ** 2 * (dim + 1)))
