r"""The Euler audit: :math:`\sum (-1)^{index}` must be what topology says.

On a closed manifold the sum over all critical points is the Euler characteristic (Morse). In a
box, a manifold with corners, the boundary takes part: let F run over all open faces, the interior
included. A critical point x of f restricted to F counts if f increases strictly inward along
every axis that F fixes, and then :math:`(-1)^{\text{index of } f|_F}`. These are the points where
the sublevel sets change their topology, and the sum is 1. A missing point that changes the sum is
thus found out; two of opposite sign are not.

References
----------
Milnor (1963), Morse Theory, §5. Goresky & MacPherson (1988), Stratified Morse Theory, part I, §3.
Adler & Taylor (2007), Random Fields and Geometry, cor. 9.3.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from critpoints.census.faces import Fixed, Restricted, faces, inward
from critpoints.census.result import Census
from critpoints.domains import Box
from critpoints.protocols import BoolArray, FloatArray, Landscape

Search = Callable[[Landscape], Census]
FACES_DIM = 4
"""Boxes beyond this dimension, with 242 faces and more, are not audited."""

_TANGENTIAL = 1e-9  # share of ‖∇f‖ + ‖H‖ × width below which a slope has no sign


class _NotApplicableError(Exception):
    """Why there is no sum."""


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
        """The census with its Euler sum and what that must be."""
        expected = self.landscape.euler
        if expected is None:
            return replace(census, audit_note="the function's Euler sum is not known")
        total = int(interior_sum(census))
        box = self.landscape.domain
        if isinstance(box, Box):
            if box.dim > FACES_DIM:
                return replace(census, audit_note=f"{3**box.dim - 1} faces were not searched")
            try:
                _refuse_points_on_walls(box, census)
                total += self.boundary
            except _NotApplicableError as reason:
                return replace(census, audit_note=str(reason))
        note = "a point is degenerate" if census.degenerate.any() else ""
        return replace(census, euler=total, euler_expected=expected, audit_note=note)

    @cached_property
    def boundary(self) -> int:
        """What the faces of a box add to the sum; nothing else has any."""
        box = self.landscape.domain
        if not isinstance(box, Box):
            return 0
        return sum(_face_sum(self.landscape, box, fixed, self.search) for fixed in faces(box))


def audited(census: Census, search: Search) -> Census:
    """The census with its Euler sum and what that must be: see :class:`Audit`."""
    return Audit(census.landscape, search)(census)


def interior_sum(census: Census) -> int:
    """The sum of (-1)^index over nondegenerate points."""
    return int((census.counts * (-1) ** np.arange(len(census.counts))).sum())


def _face_sum(landscape: Landscape, box: Box, fixed: Fixed, search: Search) -> int:
    if len(fixed) == box.dim:
        corner = np.array([[fixed[axis] for axis in range(box.dim)]])
        return int(_grows_inward(landscape, box, fixed, corner)[0])
    face = Restricted(landscape, fixed)
    found = search(face)
    undecided = found.undecided and found.method == "subdivision"
    if undecided or found.degenerate.any():
        raise _NotApplicableError("a point on the boundary is degenerate or undecided")
    _refuse_points_on_walls(face.domain, found)
    if not len(found):
        return 0
    counted = _grows_inward(landscape, box, fixed, face.embed(found.points))
    return int(np.where(found.index[counted] % 2 == 0, 1, -1).sum())


def _grows_inward(landscape: Landscape, box: Box, fixed: Fixed, points: FloatArray) -> BoolArray:
    """Whether f increases inward along every fixed axis, refused where slopes do not tell."""
    gradient, hessian = landscape.derivatives(points)
    slope = gradient[:, list(fixed)] * inward(box, fixed)
    low, high = box.ends
    size = np.linalg.norm(hessian, axis=(1, 2)) * float((high - low).max())
    rounding = landscape.rounding()
    unclear = _TANGENTIAL * (np.linalg.norm(gradient, axis=1) + size)
    unclear += rounding[0] if rounding else 0.0
    unclear = unclear[:, None]
    counted = (slope > unclear).all(axis=1)
    if not (counted | (slope < -unclear).any(axis=1)).all():
        raise _NotApplicableError("a critical point of a face has no slope across the boundary")
    return np.asarray(counted)


def _refuse_points_on_walls(box: Box, census: Census) -> None:
    low, high = box.ends
    room = np.minimum(census.points - low, high - census.points)
    if (room <= 1e-9 * (high - low)).any():
        raise _NotApplicableError("a critical point lies on the boundary")
