"""What a census found, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape


@dataclass(frozen=True, eq=False)
class Census:
    """The critical points of one function.

    Three claims are kept apart: that the points listed are different ones (``distinct``), that at
    and only at each of them there is a critical point (``certified``), and that there is no other
    (``complete``).

    Attributes
    ----------
    landscape : Landscape
    points : ndarray, shape (m, ambient)
        Sorted by value.
    values : ndarray, shape (m,)
    eigenvalues : ndarray, shape (m, dim)
        Of the Hessian on the tangent space, ascending.
    degenerate : ndarray of bool, shape (m,)
        Where an eigenvalue is not distinguishable from zero.
    manifold_dim : ndarray of int, shape (m,)
        0 for an isolated point; else the dimension of the manifold of critical points that this
        one stands for, -1 if the dimension is not known.
    residuals : ndarray, shape (m,)
        Norms of the gradient.
    certified : ndarray of bool, shape (m,)
        Where existence, uniqueness near the point, and the index are proven.
    distinct : bool
    complete : bool
    assumption : str
        What a proof rests on beside the bounds that the landscape states; empty if nothing.
    undecided : int
        Cells in which a critical point was neither excluded nor proven, also where subdivision
        gave way to a search.
    undecided_volume : float
        Their share of the domain's volume.
    euler : int or None
        The sum of (-1)^index over nondegenerate points, boundary points of a box included; None
        where it does not apply.
    euler_expected : int or None
        What it must be if no point is missing.
    audit_note : str
        Why there is no audit, if there is none.
    method : str
        ``subdivision`` or ``multistart``.
    starts : int
        Starts of a multistart search.
    start_law : str
        Where they were drawn from.
    nowhere, rejected : int
        How many of them ended at no critical point, and among these at a gradient-flat one.
    audit_rounds : int
        Further rounds of a multistart search that seemed finished but for its Euler sum. Where
        there are any the sum has chosen where to stop: that it is right at last is then weaker
        evidence that no point is missing than a sum nobody had looked at.
    level : float
        Confidence level of what a search says about what it missed.
    unseen_mass : float
        Upper bound of the probability that one more start would end at no listed point, or
        nowhere: the mass of the unseen (:mod:`~critpoints.census.mass`). It says nothing about
        points with basins smaller than this. NaN for subdivision.
    smallest_share : float
        A basin of this share of the start law or more was met with probability ``level``; NaN
        for subdivision.
    unseen : tuple of float or None
        Chao's estimate of the number of points not found (:func:`~critpoints.census.chao.chao`),
        manifolds counting as one: an estimate of a lower bound, not a bound. Infinite beside
        degenerate points that cannot be told from a continuum. None for subdivision.
    """

    landscape: Landscape
    points: FloatArray
    values: FloatArray
    eigenvalues: FloatArray
    degenerate: BoolArray
    residuals: FloatArray
    certified: BoolArray
    distinct: bool
    complete: bool
    method: str
    undecided: int = 0
    undecided_volume: float = 0.0
    euler: int | None = None
    euler_expected: int | None = None
    audit_note: str = ""
    starts: int = 0
    start_law: str = ""
    nowhere: int = 0
    rejected: int = 0
    audit_rounds: int = 0
    level: float = 0.95
    unseen_mass: float = math.nan
    smallest_share: float = math.nan
    unseen: tuple[float, float] | None = None
    assumption: str = ""
    manifold_dim: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if len(self.manifold_dim) != len(self.points):
            object.__setattr__(self, "manifold_dim", np.zeros(len(self.points), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def index(self) -> IntArray:
        """Number of negative eigenvalues, ``dim + 1`` for a degenerate point: shape (m,)."""
        negative = (self.eigenvalues < 0).sum(axis=1)
        flagged = np.where(self.degenerate, self.eigenvalues.shape[1] + 1, negative)
        return np.asarray(flagged, dtype=np.int64)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Nondegenerate points by index: shape (dim + 1,)."""
        dim = self.eigenvalues.shape[1]
        return np.bincount(self.index, minlength=dim + 2)[: dim + 1].astype(np.int64)

    @property
    def audit(self) -> bool | None:
        """Whether the Euler sum is what it must be.

        None where it does not apply, and where a point is degenerate: such a point may count for
        any integer.
        """
        if self.euler is None or self.euler_expected is None or self.degenerate.any():
            return None
        return self.euler == self.euler_expected

    def records(self) -> list[dict[str, Any]]:
        """A record a point: number, place, value, index, and how sure each is."""
        return [
            {
                "point": number,
                "x": self.points[number].tolist(),
                "value": float(self.values[number]),
                "index": int(self.index[number]),
                "degenerate": bool(self.degenerate[number]),
                "manifold_dim": int(self.manifold_dim[number]),
                "eigenvalues": self.eigenvalues[number].tolist(),
                "residual": float(self.residuals[number]),
                "certified": bool(self.certified[number]),
            }
            for number in range(len(self))
        ]
