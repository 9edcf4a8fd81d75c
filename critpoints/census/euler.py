r"""The Euler audit: :math:`\sum (-1)^{index}` must be what topology says.

On a closed manifold the sum over all critical points is the Euler characteristic (Morse). In a
box, a manifold with corners, the boundary takes part: let F run over all open faces, the interior
included. A critical point x of f restricted to F counts if f increases strictly inward along
every axis that F fixes, and then :math:`(-1)^{\text{index of } f|_F}`. These are the points where
the sublevel sets change their topology, and the sum is 1. A missing point that changes the sum is
thus found out; two of opposite sign are not.

The sum says so only of a function that is smooth and finite (:mod:`~critpoints.census.premises`): a
pole takes a ball out of the domain, a kink may be a minimum with no critical point. Where a premise
fails, or a point is listed twice, there is no sum but a note.

References
----------
Milnor (1963), Morse Theory, §5. Goresky & MacPherson (1988), Stratified Morse Theory, part I, §3.
Adler & Taylor (2007), Random Fields and Geometry, cor. 9.3.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from critpoints.census.boundary import (
    Boundary,
    NotApplicableError,
    Search,
    refuse_points_on_walls,
    search_boundary,
)
from critpoints.census.premises import jumps, obstacle
from critpoints.census.result import BoundaryMinima, Census
from critpoints.census.units import unit
from critpoints.domains import Box
from critpoints.protocols import Landscape

FACES_DIM = 4
"""Boxes beyond this dimension, with 242 faces and more, are not audited."""


@dataclass(frozen=True, eq=False)
class Audit:
    """The Euler audit of censuses of one function; the faces of a box are searched once.

    Parameters
    ----------
    landscape : Landscape
    search : callable
        Takes the census of a function on a smaller box: the faces are searched with it.
    """

    landscape: Landscape
    search: Search

    def __call__(self, census: Census) -> Census:
        """The census with its Euler sum and what that must be, or with a note why there is none.

        Raises
        ------
        ContradictionError
            If the census is complete, but the sum is wrong.
        """
        if self.boundary is not None:
            census = replace(census, boundary_minima=self.boundary.minima)
        try:
            total = int(interior_sum(census)) + self._checked(census)
        except NotApplicableError as reason:
            return replace(census, euler=None, euler_expected=None, audit_note=str(reason))
        note = "a point is degenerate" if census.degenerate.any() else ""
        expected = self.landscape.euler
        audited = replace(census, euler=total, euler_expected=expected, audit_note=note)
        searched = self.boundary is not None and not self.boundary.proven
        if census.complete and audited.audit is False and searched:
            note = "the boundary was searched without proof, and points of it are missing"
            return replace(census, euler=None, euler_expected=None, audit_note=note)
        return audited.consistent()

    def _checked(self, census: Census) -> int:
        """What the boundary adds to the sum, or NotApplicableError."""
        box = self.landscape.domain
        if self.landscape.euler is None:
            raise NotApplicableError("the function's Euler sum is not known")
        if not census.complete and self._obstacle:
            raise NotApplicableError(f"not applicable: {self._obstacle}")
        if not census.distinct:
            raise NotApplicableError("not applicable: a point may be listed twice")
        if isinstance(box, Box):
            refuse_points_on_walls(box, census)
            if self.boundary is None:
                raise NotApplicableError(f"{3**box.dim - 1} faces were not searched")
            if self.boundary.fault:
                raise NotApplicableError(f"not applicable: {self.boundary.fault}")
        if not census.complete and len(census) and jumps(self.landscape, census.points).any():
            raise NotApplicableError("not applicable: the Hessian jumps at a critical point")
        return self.boundary.total if self.boundary is not None else 0

    @cached_property
    def boundary(self) -> Boundary | None:
        """The faces of a box of few dimensions; nothing else has any."""
        box = self.landscape.domain
        if not isinstance(box, Box) or box.dim > FACES_DIM:
            return None
        small = unit(self.landscape)
        found = search_boundary(small.landscape, self.search)
        low = found.minima
        minima = BoundaryMinima(small.points(low.points), small.back(low.values, 0), low.sides)
        return replace(found, minima=minima)

    @cached_property
    def _obstacle(self) -> str:
        return obstacle(self.landscape)


def audited(census: Census, search: Search) -> Census:
    """The census with its Euler sum and what that must be: see :class:`Audit`."""
    return Audit(census.landscape, search)(census)


def interior_sum(census: Census) -> int:
    """The sum of (-1)^index over nondegenerate points."""
    return int((census.counts * (-1) ** np.arange(len(census.counts))).sum())
