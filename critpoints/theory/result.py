"""What an exact law is: logarithms, how they were obtained, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AccuracyKind = Literal["relative", "absolute"]


def _nothing() -> Array:
    return np.empty(0)


@dataclass(frozen=True)
class Exact:
    """Numbers that are exact up to a stated bound.

    Parameters
    ----------
    log : ndarray
        Natural logarithms, -inf where a value is zero or drowned in noise.
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
    """

    log: Array
    method: str
    accuracy: float
    accuracy_kind: AccuracyKind = "relative"
    value: Array = field(default_factory=_nothing, repr=False)

    def __post_init__(self) -> None:
        if self.value.shape != self.log.shape:
            with np.errstate(over="ignore"):
                object.__setattr__(self, "value", np.exp(self.log))
