"""When a run has left a saddle: events whose crossing is placed between two steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from critpoints.lengths import lengths
from critpoints.protocols import FloatArray, IntArray, Landscape, State
from critpoints.validation import real


class Exit(ABC):
    """The event that a level rises to a threshold; subclasses say what the level is.

    Attributes
    ----------
    threshold : float
        Positive.
    """

    threshold: float

    @abstractmethod
    def level(self, landscape: Landscape, state: State) -> FloatArray:
        """Levels of the runs: shape (runs,)."""


class Distance(Exit):
    r"""First exit from a radius: ‖Bᵀ(x − centre)‖ ≥ radius.

    Parameters
    ----------
    radius : float
    centre : array_like, shape (ambient,)
        The saddle.
    basis : array_like, shape (ambient, k), optional
        Columns that span the negative eigenspace, orthonormal; a projector serves as well. Without
        it the distance is that in all directions.
    """

    def __init__(self, radius: float, centre: ArrayLike, basis: ArrayLike | None = None) -> None:
        self.threshold = real("radius", radius, above=0)
        self.centre = np.asarray(centre, dtype=np.float64)
        self.basis = None if basis is None else np.asarray(basis, dtype=np.float64)
        if self.centre.ndim != 1:
            raise ValueError(f"centre must be one point, got shape {self.centre.shape}")
        if self.basis is not None and (self.basis.ndim != 2 or len(self.basis) != len(self.centre)):
            raise ValueError(
                f"basis must have shape ({len(self.centre)}, k), got {self.basis.shape}"
            )

    def level(self, landscape: Landscape, state: State) -> FloatArray:
        """Distances, on a torus those of the nearest images."""
        gap, period = state.x - self.centre, landscape.domain.period
        if period is not None:
            gap = np.mod(gap + period / 2, period) - period / 2
        if self.basis is not None:
            gap = gap @ self.basis
        return lengths(gap)


class Drop(Exit):
    """The value has fallen below that of the saddle: f(saddle) − f(x) ≥ drop.

    Parameters
    ----------
    drop : float
    value : float
        f at the saddle.
    """

    def __init__(self, drop: float, value: float = 0.0) -> None:
        self.threshold = real("drop", drop, above=0)
        self.value = real("value", value)

    def level(self, landscape: Landscape, state: State) -> FloatArray:
        """Depths below the saddle."""
        return self.value - landscape.value(state.x)


def crossing(before: FloatArray, after: FloatArray, threshold: float) -> FloatArray:
    """Where in the last step the threshold was crossed: in (0, 1], NaN if it was not.

    Levels are interpolated in logarithms, exact for geometric growth; linearly from a level that
    is not positive.
    """
    share = np.full(len(after), np.nan)
    rows = np.flatnonzero(after >= threshold)
    b, a = before[rows], after[rows]
    rising = b > 0
    low, high = np.where(rising, b, 1.0), np.where(rising, a, 2.0)
    geometric = np.log(threshold / low) / np.log(high / low)
    linear = (threshold - b) / np.where(rising, 1.0, a - b)
    share[rows] = np.clip(np.where(rising, geometric, linear), 0.0, 1.0)
    return share


def first(
    exits: Sequence[Exit], before: FloatArray, after: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Share of the step at the earliest crossing (NaN: none) and which exit it was.

    Levels have shape (exits, runs).
    """
    if not exits:
        return np.full(after.shape[1], np.nan), np.zeros(after.shape[1], dtype=np.int64)
    shares = np.array(
        [crossing(b, a, e.threshold) for e, b, a in zip(exits, before, after, strict=True)]
    )
    earliest = np.where(np.isnan(shares), np.inf, shares)
    which = earliest.argmin(axis=0)
    return np.take_along_axis(shares, which[None], axis=0)[0], which
