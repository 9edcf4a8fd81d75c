"""From boxes with exactly one critical point each to a list of points, each once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from critpoints.census import krawczyk
from critpoints.census.cells import Cells
from critpoints.census.distinct import merge, tree
from critpoints.domains import Box, Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_STEPS = 8  # of Newton's method inside a box in which it contracts
_EPS = float(np.finfo(float).eps)
_CLUSTERED = 10_000  # undecided cells to look at for degenerate points


@dataclass(frozen=True)
class Found:
    """Points and what is known of them.

    Attributes
    ----------
    points : ndarray, shape (m, d)
    degenerate, face : ndarray of bool, shape (m,)
        Not certified; and too close to a face of the box to say on which side.
    unsettled : int
        Pairs of boxes that may hold one point or two.
    lost : Cells
        Boxes whose point could not be pinned down.
    """

    points: FloatArray
    degenerate: BoolArray
    face: BoolArray
    unsettled: int
    lost: Cells

    @staticmethod
    def join(certified: Found, degenerate: FloatArray) -> Found:
        """The certified points, then the degenerate ones."""
        flags = np.repeat([False, True], [len(certified.points), len(degenerate)])
        return Found(
            np.concatenate([certified.points, degenerate]),
            flags,
            np.append(certified.face, np.zeros(len(degenerate), bool)),
            certified.unsettled,
            certified.lost,
        )


def enclose(landscape: Landscape, boxes: Cells, rounding: tuple[float, float]) -> Found:
    """Shrink each box to a tight one about its critical point, and drop repeats.

    Two boxes hold the same point if Krawczyk's test proves exactly one in a box that holds both
    tight ones, or the tight one of the first lies in the second; and different points if their
    tight ones are disjoint. The list is ``distinct`` if for every pair one of these is so.
    """
    domain = landscape.domain
    point, radius, pinned = _pin_down(landscape, boxes, rounding)
    lost = boxes[~pinned]
    boxes, point, radius = boxes[pinned], point[pinned], radius[pinned]
    outside, face = _side(domain, point, radius)
    inside = ~outside
    boxes, point, radius, face = boxes[inside], point[inside], radius[inside], face[inside]
    first, unsettled = _once(landscape, boxes, point, radius, rounding)
    points = domain.wrap(point[first])
    if isinstance(domain, Box):  # a point on the face may have come out beyond it
        points = np.clip(points, *domain.ends)
    return Found(points, np.zeros(len(points), bool), face[first], unsettled, lost)


def _pin_down(
    landscape: Landscape, boxes: Cells, rounding: tuple[float, float]
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Points, half-widths of tight boxes inside ``boxes``, and where they are proven."""
    point = boxes.center.copy()
    for _ in range(_STEPS):
        step = krawczyk.at_points(landscape, point, rounding).step
        offset = np.clip(point + step - boxes.center, -boxes.radius, boxes.radius)
        point = boxes.center + offset
    sets = krawczyk.at_points(landscape, point, rounding)
    # Twice what the step and rounding explain; a box of no width would prove nothing.
    radius = 2 * (np.abs(sets.step) + sets.blur) + 1e-15 * (np.abs(point) + boxes.radius)
    reach = (np.abs(point - boxes.center) + radius) * (1 + 4 * _EPS)
    within = krawczyk.everywhere(reach <= boxes.radius)
    return point, radius, within & krawczyk.unique_zero(landscape, point, sets, radius)


def _side(domain: Domain, point: FloatArray, radius: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Which tight boxes lie outside of a box, and which on its face."""
    if not isinstance(domain, Box):
        return np.zeros(len(point), bool), np.zeros(len(point), bool)
    low, high = domain.ends
    outside = ~krawczyk.everywhere((point + radius >= low) & (point - radius <= high))
    inside = krawczyk.everywhere((point - radius >= low) & (point + radius <= high))
    return outside, ~outside & ~inside


def _once(
    landscape: Landscape,
    boxes: Cells,
    point: FloatArray,
    radius: FloatArray,
    rounding: tuple[float, float],
) -> tuple[IntArray, int]:
    """One row for each different point, and how many pairs are not told apart."""
    if not len(point):
        return np.empty(0, dtype=np.int64), 0
    domain = landscape.domain
    places = tree(domain, domain.wrap(point.copy()))
    reach = 2.1 * radius.max() + 16 * _EPS * np.abs(point).max()  # the last for wrapping
    near = places.query_pairs(reach, p=np.inf, output_type="ndarray")
    i, j = near[:, 0], near[:, 1]
    meet = krawczyk.everywhere(_gap(domain, point[i], point[j]) <= radius[i] + radius[j])
    i, j = i[meet], j[meet]
    same = _inside(domain, boxes, point, radius, i, j) | _inside(domain, boxes, point, radius, j, i)
    same |= _share_a_zero(landscape, point, radius, i, j, rounding)
    graph = coo_array((np.ones(same.sum()), (i[same], j[same])), shape=(len(point), len(point)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first, int((label[i] != label[j]).sum())


def _share_a_zero(
    landscape: Landscape,
    point: FloatArray,
    radius: FloatArray,
    i: IntArray,
    j: IntArray,
    rounding: tuple[float, float],
) -> BoolArray:
    """Whether exactly one zero is proven in a box that holds the hull of both tight ones."""
    if not len(i):
        return np.zeros(0, dtype=np.bool_)
    gap = point[j] - point[i]
    if landscape.domain.period is not None:
        gap -= landscape.domain.period * np.round(gap / landscape.domain.period)
    center = point[i] + gap / 2
    # Twice the hull, so that the Newton step from its centre does not lead out.
    wide = np.abs(gap) + 2 * np.maximum(radius[i], radius[j])
    wide += 16 * _EPS * (np.abs(point[i]) + np.abs(point[j]))
    sets = krawczyk.at_points(landscape, center, rounding)
    return krawczyk.unique_zero(landscape, center, sets, wide)


def _inside(
    domain: Domain, boxes: Cells, point: FloatArray, radius: FloatArray, i: IntArray, j: IntArray
) -> BoolArray:
    """Whether tight box i lies in box j."""
    reach = _gap(domain, point[i], boxes.center[j]) + radius[i]
    return krawczyk.everywhere(reach * (1 + 4 * _EPS) <= boxes.radius[j])


def _gap(domain: Domain, x: FloatArray, y: FloatArray) -> FloatArray:
    """Distances along each axis, widened by their rounding: shape (m, d)."""
    gap = x - y
    if domain.period is not None:
        gap -= domain.period * np.round(gap / domain.period)
    return np.asarray(np.abs(gap) + 4 * _EPS * (np.abs(x) + np.abs(y)))


def near_degenerate(
    landscape: Landscape, cells: Cells, certified: FloatArray, rounding: tuple[float, float]
) -> FloatArray:
    """One point for each cluster of undecided cells where the gradient all but vanishes: (m, d).

    Newton steps along the stiff directions from the centres, no further than four half-widths; a
    point is kept if its gradient is of the size of rounding errors and it is no certified one.
    """
    domain = landscape.domain
    cells = cells[:: max(len(cells) // _CLUSTERED, 1)]
    point, reach = cells.center.copy(), 4 * cells.radius
    for _ in range(_STEPS):
        gradient, hessian = landscape.derivatives(point)
        stiff = np.asarray(np.linalg.pinv(hessian, rcond=1e-6, hermitian=True), dtype=float)
        offset = np.clip(point - krawczyk.times(stiff, gradient) - cells.center, -reach, reach)
        point = cells.center + offset
    size = np.abs(landscape.gradient(point)).max(axis=1, initial=0.0)
    point = domain.wrap(point)
    radius = 2 * np.linalg.norm(reach, axis=1)
    kept = (size <= 16 * rounding[0]) & domain.contains(point)
    if len(certified):
        kept &= tree(domain, certified).query(point)[0] > radius
    point, size = point[kept], size[kept]
    label = merge(domain, point, radius[kept])
    best = np.lexsort([size, label])
    first = np.unique(label[best], return_index=True)[1]
    return np.asarray(point[best[first]])
