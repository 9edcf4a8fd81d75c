"""What the boundary of a box adds to the Euler sum, and the minima that lie on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from critpoints.census.faces import Fixed, Restricted, faces, inward
from critpoints.census.result import BoundaryMinima, Census
from critpoints.domains import Box
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

Search = Callable[[Landscape], Census]

_TANGENTIAL = 1e-9  # share of ‖∇f‖ + ‖H‖ × width below which a slope has no sign
_END = {1.0: "lower", -1.0: "upper"}  # by the way inward
_WALL = 1e-9  # of the width: closer a point counts as on the boundary


class NotApplicableError(Exception):
    """Why there is no sum."""


@dataclass
class Boundary:
    """All faces of a box, searched.

    Attributes
    ----------
    total : int
        What they add to the Euler sum.
    fault : str
        Why that is not known, empty if it is.
    proven : bool
        Whether no point of a face is missing, by proof.
    minima : BoundaryMinima
    """

    total: int = 0
    fault: str = ""
    proven: bool = True
    minima: BoundaryMinima = field(default_factory=lambda: BoundaryMinima.none(1))


def search_boundary(landscape: Landscape, search: Search) -> Boundary:
    """Search every face of a box; one that cannot be is a fault, and the others are kept."""
    box = landscape.domain
    if not isinstance(box, Box):
        raise TypeError(f"landscape must be on a box, got {box!r}")
    found, parts = Boundary(), [BoundaryMinima.none(box.dim)]
    for fixed in faces(box):
        try:
            with np.errstate(all="ignore"):
                points, index, proven = _face(landscape, box, fixed, search)
                low = points[index == 0]
                parts.append(_minima(landscape, box, fixed, low))
            found.proven &= proven
            found.total += int(np.where(index % 2 == 0, 1, -1).sum())
        except NotApplicableError as reason:
            found.fault = found.fault or str(reason)
        except (ArithmeticError, ValueError) as error:
            ends = zip(fixed, inward(box, fixed), strict=True)
            place = " and ".join(f"the {_END[sign]} end of axis {k}" for k, sign in ends)
            found.fault = found.fault or f"the face at {place} could not be searched: {error}"
    found.minima = BoundaryMinima.join(parts)
    return found


def refuse_points_on_walls(
    box: Box, census: Census, where: str = "a critical point lies on the boundary"
) -> None:
    """Raise :class:`NotApplicableError` if a point is too close to a wall to tell the side."""
    low, high = box.ends
    room = np.minimum(census.points - low, high - census.points)
    if (room <= _WALL * (high - low)).any():
        raise NotApplicableError(where)


def _face(
    landscape: Landscape, box: Box, fixed: Fixed, search: Search
) -> tuple[FloatArray, IntArray, bool]:
    """The critical points of a face from which f grows inward, their indices, and if proven."""
    if len(fixed) == box.dim:
        corner = np.array([[fixed[axis] for axis in range(box.dim)]])
        counted = _grows_inward(landscape, box, fixed, corner)
        return corner[counted], np.zeros(int(counted.sum()), dtype=np.int64), True
    face = Restricted(landscape, fixed)
    found = search(face)
    undecided = found.undecided and found.method == "subdivision"
    if undecided or found.degenerate.any():
        raise NotApplicableError("a point on the boundary is degenerate or undecided")
    if not found.distinct:
        raise NotApplicableError("a point on the boundary may be listed twice")
    edge = "a critical point of a face lies on the edge of the face"
    refuse_points_on_walls(face.domain, found, edge)
    points = face.embed(found.points)
    if not len(points):
        return points, found.index, found.complete
    counted = _grows_inward(landscape, box, fixed, points)
    return points[counted], found.index[counted], found.complete


def _grows_inward(landscape: Landscape, box: Box, fixed: Fixed, points: FloatArray) -> BoolArray:
    """Whether f increases inward along every fixed axis, refused where slopes do not tell."""
    gradient, hessian = landscape.derivatives(points)
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        raise NotApplicableError(f"the function is not finite at x = {points[0]}")
    slope = gradient[:, list(fixed)] * inward(box, fixed)
    low, high = box.ends
    size = np.linalg.norm(hessian, axis=(1, 2)) * float((high - low).max())
    rounding = landscape.rounding()
    unclear = _TANGENTIAL * (np.linalg.norm(gradient, axis=1) + size)
    unclear += rounding[0] if rounding else 0.0
    unclear = unclear[:, None]
    counted = (slope > unclear).all(axis=1)
    if not (counted | (slope < -unclear).any(axis=1)).all():
        raise NotApplicableError("a critical point of a face has no slope across the boundary")
    return np.asarray(counted)


def _minima(landscape: Landscape, box: Box, fixed: Fixed, points: FloatArray) -> BoundaryMinima:
    side = np.zeros(box.dim, dtype=np.int64)
    side[list(fixed)] = -inward(box, fixed)
    sides = np.broadcast_to(side, points.shape)
    values = landscape.value(points) if len(points) else np.empty(0)
    return BoundaryMinima(points, values, sides)
