"""Functions whose critical points are all known."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from critpoints.protocols import FloatArray, IntArray, Landscape
from critpoints.validation import real

UNIT = 2.0**-53  # unit roundoff
UNDERFLOW = 2.0**-1022
"""More than the errors of 2^50 results below the normal numbers, of at most 2^-1075 each."""


@dataclass(frozen=True, eq=False)
class KnownPoints:
    """Critical points, or one representative of each manifold of them.

    Attributes
    ----------
    points : ndarray, shape (m, ambient)
    values : ndarray, shape (m,)
    index : ndarray of int, shape (m,)
        Negative eigenvalues of the Hessian.
    nullity : ndarray of int, shape (m,)
        Its zero eigenvalues: 0 at a nondegenerate point.
    """

    points: FloatArray
    values: FloatArray
    index: IntArray
    nullity: IntArray

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def of(
        cls, landscape: Landscape, points: FloatArray, index: IntArray, nullity: int | IntArray = 0
    ) -> KnownPoints:
        """Known points with the landscape's own values."""
        whole = np.broadcast_to(np.asarray(nullity, dtype=np.int64), (len(points),))
        return cls(points, landscape.value(points), np.asarray(index, dtype=np.int64), whole)


class KnownLandscape(Landscape):
    """A function that can list its critical points."""

    @abstractmethod
    def known_counts(self) -> list[int]:
        """Exact numbers of critical points with 0…dim negative curvatures, without listing them.

        Manifolds of degenerate points count once each.
        """

    @abstractmethod
    def _known(self) -> KnownPoints:
        """All of them."""

    def known(self, limit: int = 1_000_000) -> KnownPoints:
        """List the critical points.

        Raises
        ------
        ValueError
            If there are more than ``limit``.
        """
        total = sum(self.known_counts())
        if total > limit:
            raise ValueError(
                f"limit is {limit}, but there are {total:.3g} critical points; "
                "known_counts() tells their numbers"
            )
        return self._known()


def distinct_spectrum(
    name: str, values: tuple[float, ...], count: int, *, positive: bool = False
) -> tuple[float, ...]:
    """``count`` distinct numbers, none of them 0; by default ``count``, …, 2, 1."""
    if not values:
        return tuple(float(v) for v in range(count, 0, -1))
    if not isinstance(values, tuple | list):
        raise TypeError(f"{name} must be a tuple of numbers, got {values!r}")
    found = tuple(real(name, v, above=0 if positive else None) for v in values)
    if len(found) != count or len(set(found)) != count or 0.0 in found:
        raise ValueError(f"{name} must be {count} distinct nonzero numbers, got {found}")
    return found


def rounded(n: int) -> float:
    """Relative error of n roundings."""
    return n * UNIT / (1 - n * UNIT)


def counted(index: NDArray[np.int64], dim: int) -> list[int]:
    """How many have index 0…dim."""
    return [int(c) for c in np.bincount(index, minlength=dim + 1)]


def binomial_counts(dim: int, minima: int, maxima: int) -> list[int]:
    """Counts by index of a sum over axes that have so many minima and maxima each."""
    return [math.comb(dim, k) * minima ** (dim - k) * maxima**k for k in range(dim + 1)]
