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
from critpoints.estimators import tail
from critpoints.estimators.base import EventEstimator
from critpoints.protocols import Ensemble, FloatArray
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

    and the effective sample size is Kish's :math:`(\sum w_{ik})^2/\sum w_{ik}^2`. An estimate
    needs :data:`MIN_EFFECTIVE` of it, and tails of :math:`w_{ik}` and :math:`s_i` that are light
    enough (:func:`~critpoints.estimators.tail.heaviest`); otherwise it is unreliable: weights
    whose largest values have not been seen state an effective sample size that is far too large.

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
    version: ClassVar[int] = 2
    """Of the stored sums: 2 since the tails of the weights are among them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        choice("route", self.route, ("identity", "determinant"))

    @property
    def method(self) -> str:
        """The route."""
        return self.route

    def settings(self) -> dict[str, Any]:
        """The fields, and the version of what is stored."""
        return {**super().settings(), "version": self.version}

    def stream_settings(self) -> dict[str, Any]:
        """The fields: the draws have not changed with the version."""
        return super().settings()

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
        """Logarithms of n, sum s, sum s^2; sum w, sum w^2, sum w s for each bin; the tails.

        Tails (:func:`~critpoints.estimators.tail.log_sums`) are those of s and of every bin's w.
        """
        kept = rows[:, :1] if self.event == "minima" else rows
        weight = special.logsumexp(rows, axis=1)
        sums = [
            [math.log(len(rows)), special.logsumexp(weight), special.logsumexp(2 * weight)],
            special.logsumexp(kept, axis=0),
            special.logsumexp(2 * kept, axis=0),
            special.logsumexp(kept + weight[:, None], axis=0),
            tail.log_sums(np.column_stack([weight, kept])).ravel(),
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
            If the fraction of minima is unreliable; bins of an index law are marked so instead.
        """
        found = self.bins(tally, rule.level)
        if self.event == "minima" and found[0].doubt is not None:
            raise UnreliableEstimateError(found[0].doubt, found[0])
        return found

    def _doubt(self, effective: float, total: float, own: float) -> str | None:
        """Why an estimate must not be trusted, and what to do; None if it may be.

        ``total`` and ``own`` are the tail indices of the sum by which every bin is divided, and of
        the bin itself.
        """
        index = max(total, own)
        if effective < MIN_EFFECTIVE:
            wrong = f"the effective sample size {effective:.3g} is below {MIN_EFFECTIVE:g}"
        elif index > tail.HEAVIEST:
            wrong = (
                f"the tail of the weights is too heavy (index up to {index:.2g}, allowed is "
                f"{tail.HEAVIEST:g}) for their largest values to have been seen"
            )
        else:
            return None
        if self.route == "determinant":
            other = "splitting" if self.event == "minima" else "identity"
        else:  # the tilt divides by the same sum
            other = "determinant" if total > tail.HEAVIEST or self.event == "index" else "tilted"
        return f"{wrong}: take more samples, or method {other!r}"

    def bins(self, tally: Tally, level: float = 0.95) -> list[Estimate]:
        """As :meth:`estimate`, but never refused."""
        total, bins, _ = _parts(tally)
        tails = self.tails(tally)
        return [
            self._one(total, sums, (tails[0], own), level)
            if sums[0] > -math.inf
            else self._nothing(total, tails[0], level)
            for sums, own in zip(bins, tails[1:], strict=True)
        ]

    def tails(self, tally: Tally) -> list[float]:
        """Upper limits of the tail index of the sum of all bins, then of every bin."""
        return [tail.heaviest(row) for row in _parts(tally)[2]]

    def _one(
        self,
        total: Sequence[float],
        sums: Sequence[float],
        indices: tuple[float, float],
        level: float,
    ) -> Estimate:
        (log_n, log_s, log_ss), (log_w, log_ww, log_ws) = total, sums
        # sum (w - f s)^2 / (sum w)^2, each term divided before it can overflow
        variance = math.exp(log_ww - 2 * log_w) - 2 * math.exp(log_ws - log_w - log_s)
        variance += math.exp(log_ss - 2 * log_s)
        half = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(max(variance, 0.0))
        effective = math.exp(2 * log_w - log_ww)
        log_f, log_low = log_w - log_s, log_w - log_s - half
        if log_f > -1e-12:  # all the weight: no spread is seen, yet other bins are not impossible
            log_low = min(log_low, math.log((1 - level) / 2) / effective)
        doubt = self._doubt(effective, *indices)
        return Estimate(
            min(log_f, 0.0),
            log_low,
            min(log_f + half, 0.0),
            level,
            self.method,
            "delta method on the logarithm",
            "ok" if doubt is None else "unreliable",
            round(math.exp(log_n)),
            effective=effective,
            doubt=doubt,
        )

    def _nothing(self, total: Sequence[float], index: float, level: float) -> Estimate:
        """A bin without weight: refused for minima, or bounded at the total's effective size."""
        log_n, log_s, log_ss = total
        effective = math.exp(2 * log_s - log_ss)
        doubt = self._doubt(0.0 if self.event == "minima" else math.inf, index, 0.0)
        refused = doubt is not None
        high = -math.expm1(math.log((1 - level) / 2) / effective)
        return Estimate(
            -math.inf,
            -math.inf,
            0.0 if refused else math.log(high),
            level,
            self.method,
            "none" if refused else "one-sided bound at the effective sample size",
            "unreliable" if refused else "bound",
            round(math.exp(log_n)),
            effective=0.0,
            doubt=doubt,
        )

    def _error(self, tally: Tally, rule: Rule) -> float:
        """Relative error of the minima, or of the most probable bin; inf while unreliable."""
        best = max(self.bins(tally, rule.level), key=lambda e: e.log_value)
        return best.rel_error if best.status == "ok" else math.inf


def _parts(tally: Tally) -> tuple[list[float], list[list[float]], FloatArray]:
    """Sums of the total, sums of each bin, and what is stored of the tails of both."""
    bins = (tally.data.size - 3 - tail.SUMS) // (3 + tail.SUMS)
    total, sums, tails = np.split(tally.data, [3, 3 + 3 * bins])
    return total.tolist(), sums.reshape(3, bins).T.tolist(), tails.reshape(bins + 1, tail.SUMS)
