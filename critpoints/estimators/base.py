"""Estimators of an ensemble's event: the fraction of minima, or the whole index law."""

from __future__ import annotations

import math
from dataclasses import dataclass

from critpoints.protocols import Estimator
from critpoints.validation import choice

EVENTS = ("minima", "index")


@dataclass(frozen=True)
class EventEstimator(Estimator):
    """Estimates the fraction of minima (``event="minima"``) or the whole index law (``"index"``).

    ``estimate`` gives one estimate for minima; one a bin (index 0..dim, degenerate last) for the
    index law.
    """

    event: str = "minima"

    def __post_init__(self) -> None:
        choice("event", self.event, EVENTS)

    def batch_size(self, dim: int) -> int:
        """Samples per batch, from the entries of one matrix each: 8 MB, and one matrix at least."""
        return power_of_two(2**20 // dim**2, 1, 2**14)


def power_of_two(target: int, low: int, high: int) -> int:
    return min(max(1 << max(target, 1).bit_length() - 1, low), high)


def power_of_two_above(target: float) -> int:
    """Give the least power of two that is not below ``target``."""
    return 1 << max(math.ceil(target) - 1, 0).bit_length()
