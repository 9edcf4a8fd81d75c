"""Looks at a function beside a point: how its Hessian changes, and what its gradient is there."""

from __future__ import annotations

import itertools

import numpy as np

from critpoints.census.local import Local, extent_of, move, norms, stays
from critpoints.protocols import BoolArray, FloatArray, Landscape

_LINEAR = 0.1  # relative change of the Hessian over which it is taken to be linear
_ALIKE = 0.3  # relative change of a curvature over which it is taken to be the same
_HALVINGS = 16
_NEAR = 1e-6  # of the length over which the Hessian changes: where its rate of change is taken
_RESOLVED = 64  # spacings of floating-point numbers, over which a move is what was asked for
_UNKNOWN = 1e-3  # of the domain: that length, where nothing tells
_SHARES = [10.0**k for k in range(-8, 0)]  # of that length
WIDE = 0.1
"""A move along a null direction, in lengths ℓ, that tells a manifold from an isolated point."""


def visible(landscape: Landscape, points: FloatArray, bends: FloatArray) -> BoolArray:
    """Whether the gradient, beside a simple point, is what its softest eigenvalue says: (m,).

    It is looked at along the softest mode, so far from the point that the curvature has changed by
    less than 30%. Where rounding is larger than the gradient there, the eigenvalue is rounding too.
    """
    if not len(points):
        return np.zeros(0, dtype=np.bool_)
    local = Local(landscape, points)
    values, vectors = np.linalg.eigh(local.hessian)
    softest = np.abs(values).argmin(axis=1)[:, None]
    curve = np.take_along_axis(values, softest, axis=1)[:, 0]
    mode = np.take_along_axis(vectors, softest[:, None], axis=2)[:, :, 0]
    reach = WIDE * bends

    def beside(share: float) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Gradient and curvature along the mode, and where that is inside a box."""
        along = local.vector(mode)
        step = (share * reach)[:, None] * along
        there = move(landscape.domain, points, step)
        with np.errstate(all="ignore"):
            slope, bent = landscape.derivatives(there)
            curved = np.einsum("mi,mij,mj->m", along, bent, along)
            return np.vecdot(along, slope), curved, stays(landscape.domain, points, step)

    with np.errstate(invalid="ignore"):
        for _ in range(_HALVINGS):
            ends = [beside(sign)[1:] for sign in (1.0, -1.0)]
            far = [inside & (np.abs(c - curve) > _ALIKE * np.abs(curve)) for c, inside in ends]
            if not (far[0] | far[1]).any():
                break
            reach = np.where(far[0] | far[1], reach / 4, reach)
        seen = np.ones(len(points), dtype=np.bool_)
        for share in (1.0, -1.0, 0.6, -0.6):
            slope, _, inside = beside(share)
            expected = share * reach * curve
            seen &= ~inside | (np.abs(slope - expected) <= 0.5 * np.abs(expected))
    return seen


def bends_at(landscape: Landscape, points: FloatArray, spans: FloatArray | None) -> FloatArray:
    """Lengths over which the Hessian changes by its own size, from ever shorter moves: (m,)."""
    extent = extent_of(landscape.domain)
    found = np.full(len(points), _UNKNOWN * extent)
    if spans is not None:
        found = np.where(np.isfinite(spans), spans, found)
    open_ = np.arange(len(points))
    drawn = np.random.default_rng(5).standard_normal(points.shape[1])
    along = drawn / np.linalg.norm(drawn)
    for reach in (extent * 10.0**-k for k in range(1, 14)):
        if not len(open_):
            break
        x = points[open_]
        step = landscape.domain.tangent(x, np.broadcast_to(reach * along, x.shape))
        with np.errstate(all="ignore"):
            here = landscape.hessian(x)
            there = landscape.hessian(move(landscape.domain, x, step))
            change = norms(there - here) / norms(here)
        small = change <= _LINEAR
        found[open_[small]] = np.minimum(reach / np.maximum(change[small], _LINEAR / 10), extent)
        open_ = open_[~small & np.isfinite(change)]
    return found


def rate_of_change(
    landscape: Landscape, local: Local, vectors: FloatArray, bends: FloatArray
) -> FloatArray:
    """M: the largest change of the Hessian per length, along the softest direction and another."""
    rate = np.zeros(len(local.points))
    if not len(rate):
        return rate
    soft = np.abs(np.einsum("mij,mik,mkj->mj", vectors, local.hessian, vectors)).argmin(axis=1)
    along = np.take_along_axis(vectors, soft[:, None, None], axis=2)[:, :, 0]
    other = np.random.default_rng(1).standard_normal(vectors.shape[1])
    across = np.broadcast_to(other / np.linalg.norm(other), along.shape)
    spacing = np.finfo(float).eps * np.abs(local.points).max(axis=1)
    reach = np.maximum(_NEAR * bends, _RESOLVED * spacing)
    frame = None if local.basis is None else local.basis
    for direction in (along, -along, across, -across):
        step = local.vector(reach[:, None] * direction)
        there = move(landscape.domain, local.points, step)
        moved = Local(landscape, there).hessian
        if frame is not None:  # both Hessians in the coordinates of one tangent space
            moved = _transported(landscape, there, frame)
        with np.errstate(all="ignore"):
            change = norms(moved - local.hessian) / reach
        usable = np.isfinite(change) & stays(landscape.domain, local.points, step)
        rate = np.fmax(rate, np.where(usable, change, 0.0))
    return rate


def _transported(landscape: Landscape, points: FloatArray, frame: FloatArray) -> FloatArray:
    """Hessians at points very near those to which ``frame`` belongs, in its coordinates."""
    with np.errstate(all="ignore"):
        whole = landscape.hessian(points)
    found = np.swapaxes(frame, 1, 2) @ whole @ frame
    return np.asarray((found + np.swapaxes(found, 1, 2)) / 2)


def still_zone(
    landscape: Landscape, points: FloatArray, null: FloatArray, bends: FloatArray, size: FloatArray
) -> FloatArray:
    """How far along null directions the gradient stays zero up to rounding: (m,).

    Parameters
    ----------
    landscape : Landscape
    points : ndarray, shape (m, ambient)
    null : ndarray, shape (m, ambient, 2)
        Two unit tangent vectors of the null space of each point.
    bends, size : ndarray, shape (m,)
        Lengths ℓ, the longest moves being :data:`WIDE` of them; and gradients that are rounding.
    """
    zone = np.zeros(len(points))
    for k, sign, share in itertools.product(range(2), (1.0, -1.0), _SHARES):
        step = (sign * share * bends)[:, None] * null[:, :, k]
        with np.errstate(all="ignore"):
            there = landscape.gradient(move(landscape.domain, points, step))
            still = (norms(there) <= size) & stays(landscape.domain, points, step)
        zone = np.where(still, np.maximum(zone, share * bends), zone)
    return zone


def stirs(
    landscape: Landscape, points: FloatArray, bends: FloatArray, size: FloatArray
) -> BoolArray:
    """Whether the gradient is more than rounding, ``size``, on both sides at some distance: (m,).

    It is not on a plateau, nor where a function has underflowed, nor at the edge of either.
    """
    found = np.ones(len(points), dtype=np.bool_)
    drawn = np.random.default_rng(2).standard_normal(points.shape[1])
    for along in (drawn, -drawn):  # in the direction of no symmetry
        step = landscape.domain.tangent(points, along * bends[:, None])
        with np.errstate(all="ignore"):
            there = landscape.gradient(move(landscape.domain, points, step))
        found &= ~(norms(there) <= size)
    return found
