"""Independent replicates of an unbiased estimate: the spread between them is the error."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from critpoints import refs
from critpoints.errors import AccuracyError, UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.estimators.base import EventEstimator
from critpoints.rule import Rule, Stop
from critpoints.tally import Prefix, Tally, Values

MIN_REPLICATES = 8
"""Below this the spread between replicates says too little about the error."""
FIRST_LOOK = 16
"""A precision is judged at this many replicates first, then whenever they have doubled."""
MIN_EFFECTIVE = 10.0
"""A replicate that rests on fewer independent particles states an error of its own in vain."""
TOLERANCE = 2.0
"""Variance between replicates over the variance that they state: healthy up to here."""
CHANCE = 1e-4
"""Probability with which chance alone may exceed what a check allows."""
EARLY = 0.75
"""Where a precision ended the run after n replicates its interval is wider by this part of 1/n."""
MARGIN = 4.0
"""A method is chosen, or advised, where it rests on so many times :data:`MIN_EFFECTIVE`."""


class Replicate(NamedTuple):
    """One independent run: a row of the tally.

    Attributes
    ----------
    log_estimate : float
        Natural logarithm of an unbiased estimate of the probability; ``-inf`` if the run died.
    variance : float
        Relative variance of that estimate as the run itself sees it.
    effective : float
        Number of independent particles (chains, distinct ancestors) behind it where it is least.
    log_bound : float
        The same logarithm for the last event that was reached, which contains the event asked
        for: ``log_estimate`` unless the run died.
    """

    log_estimate: float
    variance: float
    effective: float
    log_bound: float


class Doubt(NamedTuple):
    """What is wrong with replicates, and how much larger each must be; None: more are needed."""

    why: str
    factor: float | None


@dataclass(frozen=True)
class Replicates(EventEstimator):
    r"""Mean of independent unbiased estimates :math:`\hat P_1, \dots, \hat P_n` of a probability.

    The estimate is the arithmetic mean, which is unbiased too. A product of many factors is close
    to log-normal, and for log-normal :math:`\hat P_i`, with mean m and variance :math:`s^2` of
    the logarithms of those that survived, a share q of all, the interval is

    .. math:: \ln q + m + \frac{s^2}{2} \pm t_{n-1} \sqrt{\frac{s^2}{n} + \frac{s^4}{2(n-1)}
              + \frac{1-q}{qn}}

    (the modified method of Cox). A *sample* of the rule is a replicate: ``samples`` limits their
    number. A relative error is judged at 16, 32, 64, … replicates, so that stopping early
    favours few outcomes. It still favours those with a small s: intervals that end a run when they
    are short enough cover .939 at worst, where half of the runs end at 16. They are therefore
    wider by :data:`EARLY`/n, with which coverage is .944 to .959, and are judged as such.

    An estimate is refused if there are fewer than :data:`MIN_REPLICATES`, if fewer than half of
    them survived, if they rest on fewer than :data:`MIN_EFFECTIVE` independent particles, if a
    few of them carry the mean, or if they scatter by more than each of them states. When all
    died at one place short of the event the estimate is zero with a one-sided bound: that of the
    last event reached.

    Subclasses define ``replicate``, ``memory`` and ``larger``.

    References
    ----------
    Olsson (2005), J. Statistics Education 13(1) (modified Cox method); Lee & Whiteley (2018),
    Biometrika 105, 609 (variance from within one run).
    """

    @property
    def method(self) -> str:
        """The name."""
        return self.name

    @abstractmethod
    def replicate(self, ensemble: Any, rng: np.random.Generator) -> Replicate:
        """Run once."""

    @abstractmethod
    def memory(self, ensemble: Any, size: int) -> int:
        """Bytes that ``size`` replicates of one batch take at their peak, roughly."""

    @abstractmethod
    def larger(self, factor: float) -> Self:
        """The same with replicates of at least ``factor`` times the work."""

    @property
    def reference(self) -> str:
        """How the method is asked for: its name and the settings that are not the usual ones."""
        settings = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "event"}
        return refs.canonical(self.name, type(self), settings)

    def rows(self, ensemble: Any, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """A row a replicate: shape (size, 4), the columns of :class:`Replicate`."""
        found = [self.replicate(ensemble, rng) for _ in range(size)]
        return np.array(found, dtype=np.float64).reshape(size, len(Replicate._fields))

    def fold(self, rows: NDArray[Any], dim: int) -> Values:
        """The rows themselves.

        Raises
        ------
        AccuracyError
            If an estimate is NaN or infinite: a run that broke has not died.
        """
        _require_numbers(rows, self.method)
        return Values(rows)

    def batch_size(self, dim: int) -> int:
        """One replicate."""
        return 1

    def stop(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> Stop | None:
        """Looks at 16, 32, … replicates, and where the samples are spent.

        Raises
        ------
        ValueError
            If the rule allows fewer than :data:`MIN_REPLICATES` samples.
        """
        if rule.samples is not None and rule.samples < MIN_REPLICATES:
            raise ValueError(
                f"samples must be at least {MIN_REPLICATES} replicates for method "
                f"{self.method!r}, got {rule.samples}"
            )
        done = 1
        while done <= len(prefix):
            if rule.samples is not None and done * size >= rule.samples:
                break
            if done * size >= FIRST_LOOK and self._met(prefix.total_of(done), rule):
                return Stop(done)
            done *= 2
        if rule.samples is not None and len(prefix) * size >= rule.samples:
            whole = (rule.samples - 1) // size
            return Stop(whole, rule.samples - whole * size)
        return None

    def remaining(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> float:
        """From the error so far, which falls as one over the root of the replicates."""
        left = math.inf if rule.samples is None else rule.samples / size - len(prefix)
        if rule.rel_error is None or not len(prefix):
            return left
        needed = float(FIRST_LOOK)
        if len(prefix) * size >= MIN_REPLICATES:
            error = self._mean(prefix.total, rule).rel_error
            needed = max(needed, len(prefix) * size * (error / rule.rel_error) ** 2)
        if not math.isfinite(needed):
            return left
        looks = FIRST_LOOK * 2.0 ** math.ceil(math.log2(needed / FIRST_LOOK))
        return max(0.0, min(left, looks / size - len(prefix)))

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The mean and its interval.

        Raises
        ------
        ValueError
            If there is no replicate.
        AccuracyError
            If a replicate is not a number.
        UnreliableEstimateError
            If the replicates fail a check of their honesty.
        """
        if not len(tally.data):
            raise ValueError("an estimate needs at least one replicate")
        _require_numbers(tally.data, self.method)
        found = self._mean(tally, rule)
        if found.doubt is not None:
            raise UnreliableEstimateError(found.doubt, found)
        return [found]

    def _met(self, tally: Tally, rule: Rule) -> bool:
        """Whether the precision is reached, or nothing but a bound is to be had."""
        found = self._mean(tally, rule)
        if found.status == "bound":
            return True
        good = found.status == "ok"
        return rule.rel_error is not None and good and found.rel_error <= rule.rel_error

    def _mean(self, tally: Tally, rule: Rule) -> Estimate:
        """Mean and interval, with the status that the checks give, and what they advise."""
        wider = 1.0 if rule.rel_error is None else 1 + EARLY / len(tally.data)
        found = _mean(tally, rule.level, self.method, wider)
        if (doubt := _doubt(tally)) is None:
            return found
        if doubt.factor is None:
            advice = f"allow at least {MIN_REPLICATES} samples, or more seconds"
        else:
            advice = f"take method {self.larger(doubt.factor).reference!r}"
        return replace(found, status="unreliable", doubt=f"{doubt.why}: {advice}")


def _require_numbers(rows: NDArray[Any], method: str) -> None:
    broken = np.flatnonzero(~(rows[:, 0] < math.inf))
    if broken.size:
        raise AccuracyError(
            f"{broken.size} of {len(rows)} replicates of method {method!r} are not numbers: the "
            f"first is {rows[broken[0]].tolist()}"
        )


def _doubt(tally: Tally) -> Doubt | None:
    """What is wrong with the replicates, or None."""
    n, survivors = len(tally.data), int((tally.data[:, 0] > -math.inf).sum())
    if n < MIN_REPLICATES:
        return Doubt(f"{n} replicates say too little about the error", None)
    if not survivors:
        tally, survivors = _reached(tally), n
    return next(_defects(tally, n, survivors), None)


def _defects(tally: Tally, n: int, survivors: int) -> Iterator[Doubt]:
    """What fails its check, the gravest first."""
    if 2 * survivors < n:
        yield Doubt(f"only {survivors} of {n} replicates reached the event", MARGIN * n / survivors)
    logs, variance, effective, _ = tally.data[tally.data[:, 0] > -math.inf].T
    least = float(np.median(effective))
    if not least >= MIN_EFFECTIVE:
        yield Doubt(
            f"the replicates rest on {least:.3g} independent particles, below {MIN_EFFECTIVE:g}",
            MARGIN * MIN_EFFECTIVE / max(least, 1.0),
        )
    between = float(np.var(logs, ddof=1)) if survivors > 1 else math.inf
    stated = float(np.log1p(variance).mean())
    chance = stats.chi2.isf(CHANCE, survivors - 1) / (survivors - 1) if survivors > 1 else 0.0
    allowed = float(TOLERANCE * chance)
    if not between <= allowed * stated:
        yield Doubt(
            f"{n} replicates scatter with variance {between:.3g} of the logarithm, but state "
            f"{stated:.3g}: what they sample has not mixed",
            MARGIN**2,
        )
    carrying = _effective_replicates(logs)
    if carrying < n / 4:
        yield Doubt(f"{carrying:.2g} of {n} replicates carry the estimate", MARGIN**2)


def _mean(tally: Tally, level: float, method: str, wider: float) -> Estimate:
    """Mean and interval, unjudged."""
    logs = tally.data[:, 0]
    survivors = int((logs > -math.inf).sum())
    if not survivors:
        return _bound(tally, level, method, wider)
    log_low, log_high = _limits(tally, level, wider)
    log_value = float(special.logsumexp(logs)) - math.log(len(logs))
    return Estimate(
        min(log_value, 0.0),
        log_low,
        log_high,
        level,
        method,
        "log-normal replicates",
        "ok",
        len(logs),
        survivors,
        _effective_replicates(logs),
    )


def _bound(tally: Tally, level: float, method: str, wider: float) -> Estimate:
    """Nobody reached the event: no more probable than the last event that was reached."""
    high = _limits(_reached(tally), level, wider)[1]
    return Estimate(
        -math.inf,
        -math.inf,
        high,
        level,
        method,
        "one-sided bound of the last level",
        "bound",
        len(tally.data),
        0,
        0.0,
    )


def _reached(tally: Tally) -> Values:
    """The replicates as if the last event reached had been the one asked for."""
    return Values(np.stack([tally.data[:, 3], *tally.data[:, 1:].T], axis=1))


def _limits(tally: Tally, level: float, wider: float) -> tuple[float, float]:
    """Ends of the interval on the logarithm; all of it where there is but one replicate."""
    logs, _, effective, _ = tally.data.T
    alive = logs > -math.inf
    n, survivors = len(logs), int(alive.sum())
    if survivors < 2:
        return -math.inf, 0.0
    alpha = 1 - level
    share = survivors / n
    spread = float(np.var(logs[alive], ddof=1))
    middle = math.log(share) + float(logs[alive].mean()) + spread / 2
    variance = spread / survivors + spread**2 / (2 * (survivors - 1)) + (1 - share) / survivors
    half = wider * float(stats.t.isf(alpha / 2, survivors - 1)) * math.sqrt(variance)
    low, high = min(middle - half, 0.0), min(middle + half, 0.0)
    if (logs == 0).all():  # certain as far as was seen: at least as likely as no miss allows
        low = math.log(alpha / 2) / float(effective.sum())
    return low, high


def _effective_replicates(logs: NDArray[np.float64]) -> float:
    """Kish's (sum of P)^2 / sum of P^2."""
    return float(np.exp(2 * special.logsumexp(logs) - special.logsumexp(2 * logs)))
