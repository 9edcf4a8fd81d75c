"""What an exact law is: logarithms, how they were obtained, and how far they can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
AccuracyKind = Literal["relative", "absolute"]


def _nothing() -> Array:
    return np.empty(0)


def _none() -> Mask:
    return np.empty(0, dtype=np.bool_)


@dataclass(frozen=True)
class Exact:
    """Numbers that are exact up to a stated bound.

    Parameters
    ----------
    log : ndarray
        Natural logarithms, -inf where a value is zero, or drowned in noise.
    method : str
        How they were obtained: "pivot recursion", "Pfaffian", "closed form".
    accuracy : float
        Bound on the error of every value.
    accuracy_kind : {"relative", "absolute"}
        An absolute error is in units of the sum over the last axis (which is 1 for a probability
        law): it knows nothing of tails below it.
    value : ndarray
        The numbers themselves, by default exp(log); an engine of absolute accuracy keeps here the
        negative ones too, which are nothing but noise.
    drowned : ndarray of bool
        Where a value is positive, but below what an absolute accuracy resolves: all that is known
        is that it is less than `log_bound`.
    """

    log: Array
    method: str
    accuracy: float
    accuracy_kind: AccuracyKind = "relative"
    value: Array = field(default_factory=_nothing, repr=False)
    drowned: Mask = field(default_factory=_none, repr=False)

    def __post_init__(self) -> None:
        if self.value.shape != self.log.shape:
            with np.errstate(over="ignore"):
                object.__setattr__(self, "value", np.exp(self.log))
        if self.drowned.shape != self.log.shape:
            object.__setattr__(self, "drowned", np.zeros(self.log.shape, dtype=np.bool_))

    @property
    def log_bound(self) -> float:
        """Natural logarithm of what every drowned value is less than."""
        return float(np.logaddexp.reduce(self.log)) + math.log(self.accuracy)
