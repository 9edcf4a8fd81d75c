"""Ratios of weighted sums: the index law at the critical points of a field (Kac-Rice)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from critpoints.errors import InvalidBatchError, UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.estimators.base import EventEstimator
from critpoints.protocols import Ensemble
from critpoints.rule import Rule, Stop
from critpoints.tally import Moments, Prefix, Tally
from critpoints.validation import choice

MIN_EFFECTIVE = 100.0
"""Below this effective sample size the delta method is not trusted (coverage falls under 90%)."""


@dataclass(frozen=True)
class Weighted(EventEstimator):
    r"""Self-normalised :math:`f_k = \sum_i w_{ik} / \sum_i s_i` with :math:`s_i=\sum_j w_{ij}`.

    The interval is the delta method's on the logarithm,

    .. math:: \operatorname{Var}\ln f_k \approx
              \frac{\sum_i (w_{ik} - f_k s_i)^2}{(\sum_i w_{ik})^2},

    and the effective sample size is Kish's :math:`(\sum w_{ik})^2/\sum w_{ik}^2`. A whole run
    needs :data:`MIN_EFFECTIVE` of it, or it is refused.

    Parameters
    ----------
    event : {"minima", "index"}
    route : {"identity", "determinant"}
        ``identity`` uses the ensemble's own ``index_weights`` (for isotropic fields the spectrum
        identity); ``determinant`` weights drawn matrices by ``|det H|``.

    References
    ----------
    Kish (1965), Survey Sampling; Owen (2013), Monte Carlo theory, methods and examples, ch. 9.
    """

    route: str = "identity"

    name: ClassVar[str] = "weighted"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("route", self.route, ("identity", "determinant"))

    @property
    def method(self) -> str:
        """The route."""
        return self.route

    def rows(self, ensemble: Ensemble, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Log-weights of the bins: shape (size, dim + 2)."""
        law = Ensemble if self.route == "determinant" else type(ensemble)
        weights = np.asarray(law.index_weights(ensemble, rng, size), dtype=np.float64)
        shape = (size, ensemble.dim + 2)
        if weights.shape != shape or not (weights < np.inf).all():
            raise InvalidBatchError(
                f"index_weights must return logarithms below infinity of shape {shape}, "
                f"got shape {weights.shape}, largest {weights.max(initial=-np.inf)}"
            )
        return weights

    def fold(self, rows: NDArray[Any], dim: int) -> Moments:
        """Logarithms of n, sum s, sum s^2, then of sum w, sum w^2, sum w s for each bin."""
        kept = rows[:, :1] if self.event == "minima" else rows
        weight = special.logsumexp(rows, axis=1)
        sums = [
            [math.log(len(rows)), special.logsumexp(weight), special.logsumexp(2 * weight)],
            special.logsumexp(kept, axis=0),
            special.logsumexp(2 * kept, axis=0),
            special.logsumexp(kept + weight[:, None], axis=0),
        ]
        return Moments(np.concatenate(sums))

    def stop(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> Stop | None:
        """Looks only when the number of batches is a power of two, or the samples are spent."""
        done = 1
        while done <= len(prefix):
            if rule.samples is not None and done * size >= rule.samples:
                break
            if (
                rule.rel_error is not None
                and self._error(prefix.total_of(done), rule) <= rule.rel_error
            ):
                return Stop(done)
            done *= 2
        if rule.samples is not None and len(prefix) * size >= rule.samples:
            whole = (rule.samples - 1) // size
            return Stop(whole, rule.samples - whole * size)
        return None

    def remaining(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> float:
        """From the error so far, which falls as one over the root of the batches."""
        left = math.inf if rule.samples is None else rule.samples / size - len(prefix)
        if rule.rel_error is not None and len(prefix):
            error = self._error(prefix.total, rule)
            if math.isfinite(error):
                left = min(left, len(prefix) * ((error / rule.rel_error) ** 2 - 1))
        return left

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """Estimates with delta-method intervals.

        Raises
        ------
        UnreliableEstimateError
            If the effective sample size of the fraction of minima is below
            :data:`MIN_EFFECTIVE`; bins of an index law are marked ``unreliable`` instead.
        """
        found = self._estimates(tally, rule.level)
        if self.event == "minima" and found[0].status == "unreliable":
            raise UnreliableEstimateError(
                f"the effective sample size {found[0].effective:.3g} is below "
                f"{MIN_EFFECTIVE:g}: more samples or another method are needed",
                found[0],
            )
        return found

    def _estimates(self, tally: Tally, level: float) -> list[Estimate]:
        log_n, log_s, log_ss = (float(x) for x in tally.data[:3])
        return [
            self._one(round(math.exp(log_n)), (log_s, log_ss), row, level)
            for row in tally.data[3:].reshape(3, -1).T.tolist()
        ]

    def _one(
        self, n: int, weight: tuple[float, float], sums: Sequence[float], level: float
    ) -> Estimate:
        (log_s, log_ss), (log_w, log_ww, log_ws) = weight, sums
        if log_w == -math.inf:
            return self._nothing(n, math.exp(2 * log_s - log_ss), level)
        # sum (w - f s)^2 / (sum w)^2, each term divided before it can overflow
        variance = math.exp(log_ww - 2 * log_w) - 2 * math.exp(log_ws - log_w - log_s)
        variance += math.exp(log_ss - 2 * log_s)
        half = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(max(variance, 0.0))
        effective = math.exp(2 * log_w - log_ww)
        log_f, log_low = log_w - log_s, log_w - log_s - half
        if log_f > -1e-12:  # all the weight: no spread is seen, yet other bins are not impossible
            log_low = min(log_low, math.log((1 - level) / 2) / effective)
        return Estimate(
            log_f,
            log_low,
            min(log_f + half, 0.0),
            level,
            self.method,
            "delta method on the logarithm",
            "ok" if effective >= MIN_EFFECTIVE else "unreliable",
            n,
            effective=effective,
        )

    def _nothing(self, n: int, effective: float, level: float) -> Estimate:
        """A bin without weight: refused for minima, bounded at the total's effective size else."""
        refused = self.event == "minima" or math.isnan(effective)  # or no bin has any
        high = -math.expm1(math.log((1 - level) / 2) / effective)
        return Estimate(
            -math.inf,
            -math.inf,
            0.0 if refused else math.log(high),
            level,
            self.method,
            "none" if refused else "one-sided bound at the effective sample size",
            "unreliable" if refused else "bound",
            n,
            effective=0.0,
        )

    def _error(self, tally: Tally, rule: Rule) -> float:
        """Relative error of the minima, or of the most probable bin; inf while unreliable."""
        best = max(self._estimates(tally, rule.level), key=lambda e: e.log_value)
        return best.rel_error if best.status == "ok" else math.inf
