"""What a census found, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints.errors import ContradictionError
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape


@dataclass(frozen=True, eq=False)
class BoundaryMinima:
    """Points on the boundary of a box that are minima of the function held inside the box.

    They are minima along their face, and the function increases strictly inward; critical points
    of the function itself they are not.

    Attributes
    ----------
    points : ndarray, shape (k, dim)
    values : ndarray, shape (k,)
    sides : ndarray of int, shape (k, dim)
        -1 on axes that are at their lower end, 1 on those at their upper end, else 0.
    """

    points: FloatArray
    values: FloatArray
    sides: IntArray

    def __len__(self) -> int:
        return len(self.points)

    @staticmethod
    def none(dim: int) -> BoundaryMinima:
        """An empty list."""
        return BoundaryMinima(np.empty((0, dim)), np.empty(0), np.empty((0, dim), dtype=np.int64))

    @staticmethod
    def join(parts: list[BoundaryMinima]) -> BoundaryMinima:
        """All parts, sorted by value."""
        points, values, sides = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("points", "values", "sides")
        )
        order = np.argsort(values, kind="stable")
        return BoundaryMinima(points[order], values[order], sides[order])

    def records(self) -> list[dict[str, Any]]:
        """A record a point: place, value, and sides."""
        columns = zip(self.points.tolist(), self.values.tolist(), self.sides.tolist(), strict=True)
        return [{"x": x, "value": value, "sides": sides} for x, value, sides in columns]


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
        What ``certified`` and ``complete`` take as given; empty if nothing, as for the families of
        this package, the bounds of which are proven.
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
    boundary_minima : BoundaryMinima or None
        On a box of at most four dimensions, the faces of which the audit has searched: minima on
        the boundary, which are not among ``points``; of faces that could not be searched none.
        None where the boundary was not searched.
    method : str
        ``subdivision`` or ``multistart``.
    starts : int
        Starts of a multistart search.
    start_law : str
        Where they were drawn from.
    reach : float
        On all of space, the radius of the ball that they were drawn from; otherwise NaN.
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
    boundary_minima: BoundaryMinima | None = None
    starts: int = 0
    start_law: str = ""
    reach: float = math.nan
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

    def consistent(self) -> Census:
        """The census itself, refused if its two claims contradict each other.

        Raises
        ------
        ContradictionError
            If the census is ``complete``, but its Euler sum is wrong.
        """
        if self.complete and self.audit is False:
            given = f" What was taken as given: {self.assumption}." if self.assumption else ""
            raise ContradictionError(
                f"the census is complete by its proof, but its Euler sum is {self.euler} instead "
                f"of {self.euler_expected}: one of the two rests on something that does not hold."
                f"{given}",
                self,
            )
        return self

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
