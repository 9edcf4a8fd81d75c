"""Looks at a function beside a point: how its Hessian changes, and what its gradient is there."""

from __future__ import annotations

import itertools

import numpy as np

from critpoints.census.local import Local, move, norms, stays
from critpoints.protocols import BoolArray, FloatArray, Landscape

_LINEAR = 0.1  # relative change of the Hessian over which it is taken to be linear at least
_HALF = 0.5
_VANISHING = 1e-8
_PARTS = (1.0, 0.618, -0.382, -0.85, 0.23, 0.77)  # of a move; not of one period
_SHORTER = 24  # moves, each a quarter of the one before
_ALIKE = 0.3  # relative change of a curvature over which it is taken to be the same
_HALVINGS = 16
_EPS = float(np.finfo(float).eps)
_NEAR = 1e-6  # of the length over which the Hessian changes: where its rate of change is taken
_RESOLVED = 64  # spacings of floating-point numbers, over which a move is what was asked for
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


def bends_at(
    landscape: Landscape, points: FloatArray, longest: FloatArray, unknown: FloatArray
) -> FloatArray:
    """Lengths over which the Hessian changes by its own size: (m,).

    Moves are shortened from ``longest`` until the change over them, and over some parts of them, is
    less than half of the Hessian: a periodic function is the same again at some places.

    Parameters
    ----------
    landscape : Landscape
    points : ndarray, shape (m, ambient)
    longest, unknown : ndarray, shape (m,)
        The longest move, and what to return where no move is short enough, as at a point where the
        Hessian vanishes.
    """
    found = unknown.copy()
    open_, reach = np.arange(len(points)), longest.copy()
    drawn = np.random.default_rng(5).standard_normal(points.shape[1])
    along = drawn / np.linalg.norm(drawn)
    for _ in range(_SHORTER):
        if not len(open_):
            break
        x = points[open_]
        with np.errstate(all="ignore"):
            here = landscape.hessian(x)
            change = np.zeros(len(x))
            for share in _PARTS:
                rows = np.flatnonzero(change <= _HALF)
                if not len(rows):
                    break
                step = (share * reach[open_[rows]])[:, None] * along
                there = move(landscape.domain, x[rows], landscape.domain.tangent(x[rows], step))
                odd = norms(landscape.hessian(there) - here[rows]) / norms(here[rows])
                change[rows] = np.fmax(change[rows], np.where(np.isnan(odd), np.inf, odd))
        small = change <= _HALF
        length = np.minimum(reach[open_] / np.maximum(change, _LINEAR), longest[open_])
        found[open_[small]] = length[small]
        open_ = open_[~small]
        reach /= 4
    return found


def rate_of_change(
    landscape: Landscape, local: Local, vectors: FloatArray, bends: FloatArray
) -> FloatArray:
    """How fast each eigenvalue changes with the point, along the softest mode or another: (m, dim).

    What a solver's rounding makes of eigenvalues is taken off.
    """
    values = np.linalg.eigvalsh(local.hessian)
    rate = np.zeros(values.shape)
    if not len(rate):
        return rate
    soft = np.abs(values).argmin(axis=1)
    along = np.take_along_axis(vectors, soft[:, None, None], axis=2)[:, :, 0]
    other = np.random.default_rng(1).standard_normal(vectors.shape[1])
    across = np.broadcast_to(other / np.linalg.norm(other), along.shape)
    spacing = _EPS * np.abs(local.points).max(axis=1)
    reach = np.maximum(_NEAR * bends, _RESOLVED * spacing)
    rounding = 4 * values.shape[1] * _EPS * np.abs(values).max(axis=1, keepdims=True)
    for direction in (along, -along, across, -across):
        step = local.vector(reach[:, None] * direction)
        there = move(landscape.domain, local.points, step)
        moved = Local(landscape, there).hessian
        if local.basis is not None:  # both Hessians in the coordinates of one tangent space
            moved = _transported(landscape, there, local.basis)
        usable = np.isfinite(moved).all(axis=(1, 2)) & stays(landscape.domain, local.points, step)
        moved = np.where(usable[:, None, None], moved, local.hessian)
        change = np.abs(np.linalg.eigvalsh(moved) - values) - rounding
        rate = np.maximum(rate, np.maximum(change, 0.0) / reach[:, None])
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


def vanishes(landscape: Landscape, points: FloatArray, spans: FloatArray) -> BoolArray:
    """Where the Hessian all but vanishes beside what it is at the distances ``spans``: (m,).

    There it changes by its own size at once, which is no length of the function.
    """
    drawn = np.random.default_rng(8).standard_normal(points.shape[1])
    step = landscape.domain.tangent(points, (spans / np.linalg.norm(drawn))[:, None] * drawn)
    with np.errstate(all="ignore"):
        here = norms(landscape.hessian(points))
        there = norms(landscape.hessian(move(landscape.domain, points, step)))
    return np.asarray(here <= _VANISHING * there)


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
