"""When to stop: the budget and the precision asked for."""

from __future__ import annotations

from dataclasses import dataclass

from critpoints.validation import choice, integer, real

INTERVALS = ("clopper-pearson", "wilson")


@dataclass(frozen=True)
class Rule:
    """A stopping rule; the first limit that is met ends the run.

    Attributes
    ----------
    rel_error : float or None
        Half-width of the interval over the estimate that is to be reached; at least 1e-9.
    samples : int or None
        Number of samples at most.
    seconds : float or None
        Wall-clock time of all sampling at most, one chunk and a first batch of every row
        excepted. A run that this limit ends is not bit-reproducible.
    level : float
        Confidence level of the interval.
    interval : {"clopper-pearson", "wilson"}
        How the interval of a proportion is computed: exact, or from the score test.
    """

    rel_error: float | None = 0.1
    samples: int | None = None
    seconds: float | None = 60.0
    level: float = 0.95
    interval: str = INTERVALS[0]

    def __post_init__(self) -> None:
        if self.rel_error is not None:
            real("rel_error", self.rel_error, at_least=1e-9)
        if self.samples is not None:
            integer("samples", self.samples, low=1, high=10**15)
        if self.seconds is not None:
            real("seconds", self.seconds, above=0)
        real("level", self.level, above=0, below=1)
        choice("interval", self.interval, INTERVALS)
        if self.rel_error is None and self.samples is None and self.seconds is None:
            raise ValueError("rel_error, samples and seconds are all None: one limit is needed")

    @classmethod
    def of(
        cls,
        rel_error: float | None = None,
        samples: int | None = None,
        seconds: float | None = None,
        level: float = 0.95,
        interval: str = INTERVALS[0],
    ) -> Rule:
        """Fill in the defaults: 10% within 60 s, unless a number of samples is asked for."""
        if samples is None:
            rel_error = 0.1 if rel_error is None else rel_error
            seconds = 60.0 if seconds is None else seconds
        return cls(rel_error, samples, seconds, level, interval)


@dataclass(frozen=True)
class Stop:
    """Where a rule is met: after ``batches`` whole batches and part of the next.

    The part is its first ``samples`` samples, or as many as bring ``hits`` hits, whichever is
    fewer; zero and None mean that no part is needed.
    """

    batches: int
    samples: int | None = 0
    hits: int | None = None

    @property
    def partial(self) -> bool:
        """Whether the next batch must be replayed."""
        return self.hits is not None or bool(self.samples)
