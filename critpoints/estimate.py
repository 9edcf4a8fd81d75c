"""The answer of an estimator: a probability with its interval, kept as logarithms."""

from __future__ import annotations

import math
from dataclasses import dataclass

LN10 = math.log(10.0)


@dataclass(frozen=True)
class Estimate:
    """A probability and its confidence interval.

    Natural logarithms are what is stored, because 1e-400 is not a float; ``value``, ``low`` and
    ``high`` are for reading.

    Attributes
    ----------
    log_value, log_low, log_high : float
        Natural logarithms of the estimate and of the ends of its interval; ``-inf`` is
        probability zero.
    level : float
        Confidence level of the interval.
    method : str
        How it was obtained: ``plain``, ``sieve``, ``pivots``, ``identity``, ``determinant``,
        ``grown``, ``tilted``, ``splitting``; ``census`` and others for ratios over runs.
    interval : str
        How the interval was computed.
    status : str
        ``ok``; ``bound`` (no hit: zero with a one-sided upper bound); ``incomplete`` (the
        precision asked for was not reached); ``unreliable`` (must not be trusted).
    samples : int
        Number of independent samples used.
    hits : int or None
        Number of samples in which the event happened, where it is counted.
    effective : float or None
        Effective sample size of a weighted estimate.
    doubt : str or None
        Why it is ``unreliable``, and what to do.
    """

    log_value: float
    log_low: float
    log_high: float
    level: float
    method: str
    interval: str
    status: str
    samples: int
    hits: int | None = None
    effective: float | None = None
    doubt: str | None = None

    @property
    def value(self) -> float:
        """The estimated probability; 0.0 when it is below the smallest float."""
        return math.exp(self.log_value)

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return math.exp(self.log_low)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return math.exp(self.log_high)

    @property
    def log10_value(self) -> float:
        """Decimal logarithm of the estimate."""
        return self.log_value / LN10

    @property
    def log10_low(self) -> float:
        """Decimal logarithm of the lower end."""
        return self.log_low / LN10

    @property
    def log10_high(self) -> float:
        """Decimal logarithm of the upper end."""
        return self.log_high / LN10

    @property
    def rel_error(self) -> float:
        """Half the width of the interval, relative to the estimate; ``inf`` at zero."""
        if self.log_value == -math.inf:
            return math.inf
        upper, lower = self.log_high - self.log_value, self.log_low - self.log_value
        return (math.exp(min(upper, 700.0)) - math.exp(lower)) / 2

    def __str__(self) -> str:
        return (
            f"{self.value:.6g} ({self.level:.0%} interval {self.low:.6g} to {self.high:.6g}; "
            f"{self.method}, {self.samples} samples, {self.status})"
        )


def log(x: float) -> float:
    """Natural logarithm with ``log(0) = -inf``."""
    return math.log(x) if x > 0 else -math.inf
