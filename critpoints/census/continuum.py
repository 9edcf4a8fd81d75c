r"""Critical points that are not isolated: one manifold each instead of thousands of points.

Two degenerate critical points belong to one manifold if the manifold can be followed from one to
the other: the point half-way between them, moved back along stiff directions only (those whose
eigenvalues are different from zero), is again a critical point, of the same value, and lies
nearer to half-way than the two are apart. A single point lies on a manifold of the dimension of
its null space if a short move along each null direction, corrected in the same way, ends at
another critical point (Morse–Bott); then this is its dimension. A manifold that is recognised by
its points alone has a dimension that is not known.

References
----------
Bott (1954), Ann. of Math. 60, 248 (nondegenerate critical manifolds).
"""

from __future__ import annotations

import numpy as np

from critpoints.census.classify import WIDE, Kinds, kinds
from critpoints.census.local import Local, move
from critpoints.protocols import BoolArray, FloatArray, Landscape

_EPS = float(np.finfo(float).eps)
_STEPS = 6
_DIRECTIONS = 4  # null directions that are tried, at most
_STRAY = 0.5  # of the distance of two points: how far from half-way the manifold may pass


def dimensions(landscape: Landscape, found: Kinds) -> FloatArray:
    """Dimensions of the manifolds that degenerate points lie on; NaN where they may be isolated.

    Parameters
    ----------
    landscape : Landscape
    found : Kinds
        Degenerate points.

    Returns
    -------
    ndarray, shape (m,)
    """
    dim = np.where(found.nullity > 0, found.nullity, np.nan).astype(float)
    if not len(dim):
        return dim
    local = Local(landscape, found.points)
    order = np.argsort(np.abs(found.eigenvalues), axis=1)
    vectors = np.take_along_axis(found.vectors, order[:, None, :], axis=2)
    rng = np.random.default_rng(3)
    for trial in range(min(landscape.dim, _DIRECTIONS) + 1):
        null = np.arange(landscape.dim) < found.nullity[:, None]
        weights = rng.standard_normal(landscape.dim) if trial else np.ones(landscape.dim)
        if 0 < trial <= _DIRECTIONS:
            weights = np.zeros(landscape.dim)
            weights[trial - 1] = 1.0
        tangent = np.einsum("mij,mj->mi", vectors, np.where(null, weights, 0.0))
        norm = np.linalg.norm(tangent, axis=1)
        tried = norm > 0
        step = tangent * (WIDE * found.bends / np.where(tried, norm, 1.0))[:, None]
        for sign in (1, -1):
            goal = move(landscape.domain, found.points, sign * local.vector(step))
            arrived = _arrived(landscape, found, goal, WIDE * found.bends)
            dim = np.where(tried & ~arrived, np.nan, dim)
    return dim


def connected(landscape: Landscape, some: Kinds, others: Kinds) -> BoolArray:
    """Whether one manifold passes through both points of each pair: (m,)."""
    domain = landscape.domain
    gap = others.points - some.points
    if domain.period is not None:
        gap = gap - domain.period * np.round(gap / domain.period)
    half = domain.wrap(some.points + gap / 2)
    apart = np.asarray(domain.distance(some.points, others.points))
    alike = (some.nullity == others.nullity) & (some.negative == others.negative)
    alike &= _same_value(landscape, some.points, others.points)
    rows = np.flatnonzero(alike)
    found = np.zeros(len(alike), dtype=np.bool_)
    found[rows] = _arrived(landscape, some[rows], half[rows], _STRAY * apart[rows])
    return found


def _arrived(
    landscape: Landscape, origin: Kinds, goal: FloatArray, reach: FloatArray
) -> BoolArray:
    """Whether a critical point of the same value and kind lies within ``reach`` of each goal."""
    if not len(goal):
        return np.zeros(0, dtype=np.bool_)
    there = _corrected(landscape, origin, goal)
    finite = np.isfinite(there).all(axis=1)
    there = np.where(finite[:, None], there, goal)
    near = np.asarray(landscape.domain.distance(there, goal)) <= reach
    judged = kinds(landscape, there, origin.bends)
    still = np.asarray(landscape.domain.distance(judged.points, goal)) <= reach
    alike = (judged.nullity == origin.nullity) & (judged.negative == origin.negative)
    alike &= _same_value(landscape, origin.points, judged.points)
    return np.asarray(finite & near & still & judged.critical & alike)


def _corrected(landscape: Landscape, origin: Kinds, goal: FloatArray) -> FloatArray:
    """Newton steps along the stiffest modes, as many as the origin has that are not null."""
    here = goal
    for _ in range(_STEPS):
        local = Local(landscape, here)
        clean = np.where(local.finite[:, None, None], local.hessian, 0.0)
        values, vectors = np.linalg.eigh(clean)
        rank = np.argsort(np.argsort(np.abs(values), axis=1), axis=1)
        stiff = (rank >= origin.nullity[:, None]) & (values != 0)
        along = np.einsum("mij,mi->mj", vectors, np.nan_to_num(local.gradient))
        share = np.where(stiff, -along / np.where(stiff, values, 1.0), 0.0)
        length = np.linalg.norm(share, axis=1)
        share *= np.minimum(1.0, origin.bends / np.where(length > 0, length, 1.0))[:, None]
        here = move(landscape.domain, here, local.vector(np.einsum("mij,mj->mi", vectors, share)))
    return here


def _same_value(landscape: Landscape, x: FloatArray, y: FloatArray) -> BoolArray:
    """Whether values differ by no more than rounding, as probed beside the first points."""
    if not len(x):
        return np.zeros(0, dtype=np.bool_)
    first, second = landscape.value(x), landscape.value(y)
    noise = np.zeros(len(x))
    size = np.abs(x) + np.abs(x).max(axis=1, keepdims=True)
    for sign in (-1.0, 1.0):
        step = landscape.domain.tangent(x, sign * 64 * _EPS * size)
        near = move(landscape.domain, x, step)
        noise = np.maximum(noise, np.abs(landscape.value(near) - first))
    return np.asarray(np.abs(first - second) <= 256 * (noise + _EPS * np.abs(first)))

