"""What every estimator is: outcomes of single samples, folded into a tally, then judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.protocols import Ensemble
from critpoints.rule import Rule, Stop
from critpoints.tally import Tally
from critpoints.validation import choice

EVENTS = ("minima", "index")


@dataclass(frozen=True)
class Estimator(ABC):
    """Estimates the fraction of minima (``event="minima"``) or the whole index law (``"index"``).

    Everything after ``tally`` is a pure function of stored numbers. No estimator knows the exact
    answer: agreement with theory is evidence.
    """

    event: str = "minima"

    name: ClassVar[str]

    def __post_init__(self) -> None:
        choice("event", self.event, EVENTS)

    @property
    @abstractmethod
    def method(self) -> str:
        """The word for this method in records."""

    @abstractmethod
    def rows(self, ensemble: Ensemble, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Outcome of each sample of a batch, first axis ``size``."""

    @abstractmethod
    def fold(self, rows: NDArray[Any], dim: int) -> Tally:
        """Sum outcomes into a tally."""

    @abstractmethod
    def stop(self, prefix: Sequence[Tally], size: int, dim: int, rule: Rule) -> Stop | None:
        """Where ``rule`` is met by the batches so far, or None; a pure function of them."""

    @abstractmethod
    def remaining(self, prefix: Sequence[Tally], size: int, dim: int, rule: Rule) -> float:
        """Predicted number of batches still needed, ``inf`` if nothing is known."""

    @abstractmethod
    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """One estimate for minima; one a bin (index 0..dim, degenerate last) for the index law.

        ``tally`` must end where ``rule`` says, or at a sample that does not depend on what was
        drawn (when time ran out).
        """

    def tally(self, ensemble: Ensemble, rng: np.random.Generator, size: int) -> Tally:
        """Draw one batch and fold it."""
        return self.fold(self.rows(ensemble, rng, size), ensemble.dim)

    def preview(self, tally: Tally, rule: Rule) -> Estimate:
        """The estimate of a run under way: never refused, only shown."""
        try:
            return max(self.estimate(tally, rule), key=lambda e: e.log_value)
        except UnreliableEstimateError as refused:
            found: Estimate = refused.estimate
            return found

    def cut(self, rows: NDArray[Any], stop: Stop) -> NDArray[Any]:
        """The part of a replayed batch that ``stop`` asks for."""
        return rows if stop.samples is None else rows[: stop.samples]

    def batch_size(self, dim: int) -> int:
        """Samples a batch, from the entries of one matrix each: 8 MB, and one matrix at least."""
        return _power_of_two(2**20 // dim**2, 1, 2**14)

    def settings(self) -> dict[str, Any]:
        """What identifies the data that this estimator stores."""
        return {"name": self.name, **{f.name: getattr(self, f.name) for f in fields(self)}}


def _power_of_two(target: int, low: int, high: int) -> int:
    return min(max(1 << max(target, 1).bit_length() - 1, low), high)
