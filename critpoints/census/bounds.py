"""Bounds of third derivatives that a proof is to rest on, held against samples first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.census.cells import Cells, whole
from critpoints.census.units import UNDERFLOW, Unit, unit
from critpoints.domains import Domain, Euclidean
from critpoints.landscapes.differences import noise
from critpoints.protocols import FloatArray, IntArray, Landscape
from critpoints.validation import shown

_BOXES = 512  # one difference in each, of two rounds
_STEEP = 32  # places of the largest third derivatives, about which the second round is
_SMALLEST = 2.0**-12  # half-widths of the boxes, in those of the domain, up to all of it
_STEP = 2.0**-9  # of the domain's width, along which differences are taken, at most
_PLACES = 16  # where the noise of the Hessian is read


def check_bounds(small: Unit, seed: int = 0) -> None:
    r"""Hold ``third_bound`` against differences of the Hessian in random boxes.

    By the mean value theorem

    .. math:: |\partial_i\partial_j f(y + h e_k) - \partial_i\partial_j f(y)| \le h B_{ijk}

    wherever the segment lies in the box of which B is a bound: there is no error but the rounding
    of the two Hessians. Boxes are of all sizes, and the segments anywhere in them, so that a bound
    that forgets the size of the box does not pass. An ``expansion`` of the landscape's own is held
    against the derivatives at the ends of the segments.

    Raises
    ------
    ValueError
        If a difference is larger; it names the box, the point, the component, and both numbers.
    """
    rng = np.random.default_rng(seed)
    landscape = small.landscape
    domain = _region(landscape.domain)
    low, high = domain.center - domain.radius, domain.center + domain.radius
    points = rng.uniform(low, high, (_BOXES, landscape.dim))
    steepness = _compare(small, _segments(points, domain, rng), rng)
    steep = points[np.argsort(-steepness)[:_STEEP]]
    again = _segments(np.repeat(steep, _BOXES // _STEEP, axis=0), domain, rng)
    _compare(small, again, rng)
    if type(landscape).expansion is not Landscape.expansion:
        _compare_expansion(small, again, rng)


def assumption(landscape: Landscape, errors: tuple[float, float]) -> str:
    """What a proof takes as given; nothing where the landscape's bounds are proven.

    ``errors`` are those of gradient and Hessian that are assumed if the landscape bounds none.
    """
    if landscape.bounds_proven:
        return ""
    bounds = "the bounds of the third derivatives hold"
    if landscape.rounding() is not None:
        return f"{bounds}, and so do those of rounding errors"
    return (
        f"{bounds}, and rounding errors of gradient and Hessian are at most {errors[0]:.1e} and "
        f"{errors[1]:.1e}"
    )


def checked(landscape: Landscape, points: FloatArray) -> str:
    """The assumption of certificates of points, once the bounds they rest on have been checked.

    Empty if there are no bounds, and nothing is certified.
    """
    known = landscape.rounding()
    if known is None or landscape.bounds_proven or not landscape.domain.flat:
        return ""
    if landscape.third_bound(points[:1], 0 * points[:1]) is None:
        return ""
    check_bounds(unit(landscape))
    return assumption(landscape, known)


@dataclass(frozen=True)
class _Segments:
    """Boxes, and in each a segment from ``start`` to ``end`` along an axis."""

    boxes: Cells
    start: FloatArray
    end: FloatArray
    axis: IntArray


def _region(domain: Domain) -> Cells:
    """All of a box or torus, of space the cube about the ball in which searches start."""
    if isinstance(domain, Euclidean):
        return Cells(np.zeros((1, domain.dim)), np.full((1, domain.dim), domain.reach))
    return whole(domain)


def _segments(start: FloatArray, domain: Cells, rng: np.random.Generator) -> _Segments:
    """Boxes of all sizes about points, which lie anywhere in them, and segments from there."""
    rows, axis = np.arange(len(start)), rng.integers(start.shape[1], size=len(start))
    radius = domain.radius * _SMALLEST ** rng.uniform(0, 1, (len(start), 1))
    inside = domain.radius - radius
    center = start + radius * rng.uniform(-1, 1, start.shape)
    center = domain.center + np.clip(center - domain.center, -inside, inside)
    end = start.copy()
    step = np.minimum(radius, domain.radius * _STEP)[rows, axis] * rng.uniform(0.1, 1, len(start))
    end[rows, axis] += np.where(start > center, -1.0, 1.0)[rows, axis] * step
    # What rounding has moved out of a box is taken in again.
    out = np.maximum(np.abs(start - center), np.abs(end - center))
    return _Segments(Cells(center, np.maximum(radius, out)), start, end, axis)


def _compare(small: Unit, at: _Segments, rng: np.random.Generator) -> FloatArray:
    """How steep the Hessian is along the segments, (m,); refused if steeper than the bounds."""
    landscape = small.landscape
    rows, dim = np.arange(len(at.start)), landscape.dim
    center, radius = at.boxes.center, at.boxes.radius
    stated = landscape.third_bound(center, radius)
    bound = np.broadcast_to(np.asarray(stated), (len(rows), dim, dim, dim))[rows, :, :, at.axis]
    length = np.abs(at.end - at.start)[rows, at.axis][:, None, None]
    rise = np.abs(landscape.hessian(at.end) - landscape.hessian(at.start))
    with np.errstate(all="ignore"):
        steep = rise / length
        allowed = length * bound * (1 + 1e-9) + 2 * _error(landscape, at.start, rng) + UNDERFLOW
        excess = np.where(rise > allowed, steep, 0.0)
    if excess.any():
        row, i, j = (int(k) for k in np.unravel_index(np.argmax(excess), excess.shape))
        seen, limit = (float(small.back(a[row, i, j], 3)) for a in (steep, bound))
        raise ValueError(
            f"third_bound must bound the third derivatives, but component "
            f"{(i, j, int(at.axis[row]))} is {seen:.6g} by differences, and the bound {limit:.6g}, "
            f"{_place(small, at, row)}"
        )
    return np.asarray(steep.max(axis=(1, 2)))


def _compare_expansion(small: Unit, at: _Segments, rng: np.random.Generator) -> None:
    landscape = small.landscape
    center, radius = at.boxes.center, at.boxes.radius
    gradient, hessian, bend, rest = landscape.expansion(center, radius)
    there, bent = landscape.derivatives(at.end)
    move = at.end - center
    error = _error(landscape, center, rng)
    known = landscape.rounding()
    rough = known[0] if known else noise(landscape.gradient, landscape.domain, at.end, rng)
    gap = np.abs(there - gradient - np.einsum("mij,mj->mi", hessian, move))
    lines = np.abs(gradient) + np.abs(there) + np.einsum("mij,mj->mi", abs(hessian), abs(move))
    room = rest + 2 * rough + (error[:, :, 0] * np.abs(move).sum(axis=1, keepdims=True))
    wrong = (gap > room + 1e-14 * lines + UNDERFLOW).any(axis=1)
    change = np.abs(bent - hessian)
    wrong |= (change > bend * (1 + 1e-9) + 2 * error + UNDERFLOW).any(axis=(1, 2))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            "expansion must bound how gradient and Hessian vary, but does not "
            f"{_place(small, at, row)}"
        )


def _place(small: Unit, at: _Segments, row: int) -> str:
    x, center, radius = (
        shown(small.points(a[row])) for a in (at.start, at.boxes.center, at.boxes.radius)
    )
    return f"at x = {x} in the box {center} ± {radius}"


def _error(landscape: Landscape, x: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Rounding errors of Hessians: as stated, or as read from the noise nearby."""
    known = landscape.rounding()
    if known is not None:
        return np.full((1, 1, 1), known[1])
    some = x[:: max(len(x) // _PLACES, 1)]
    size = np.abs(landscape.hessian(some))
    rough = noise(landscape.hessian, landscape.domain, some, rng)
    share = rough.max() / max(float(size.max()), 5e-324)
    return np.asarray(share * np.abs(landscape.hessian(x)).max(axis=(1, 2), keepdims=True))
