r"""Critical points that are not isolated: one manifold each instead of thousands of points.

Two degenerate critical points belong to one manifold if it can be followed from one to the other:
by steps along the null space, corrected along stiff directions (those whose eigenvalues are
different from zero), over points where the gradient vanishes. A single point lies on a manifold of
the dimension of its null space if a short move along each null direction, corrected in the same
way, ends at another critical point (Morse–Bott). A manifold that is recognised by its points alone
has a dimension that is not known.

References
----------
Bott (1954), Ann. of Math. 60, 248 (nondegenerate critical manifolds).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from critpoints.census.classify import Kinds, kinds
from critpoints.census.local import Local, move, norms, stays
from critpoints.census.probes import WIDE
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_EPS = float(np.finfo(float).eps)
_STEPS = 4
_WAYS, _BRANCHES = 24, 6  # directions looked at per null direction, and those that are followed
_DIRECTIONS = 4  # null directions that are tried, at most
_MARCH = 32  # steps from one point of a manifold to another
_PART = 0.29  # of the distance of two points: the longest step, at no symmetric place
_STILL = 1e-6  # gradient on a manifold, in units of that a step aside
_TOUCH = 1e-3  # of the distance of two points: where the second is reached, or steps too short


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
        norm = norms(tangent)
        tried = norm > 0
        step = tangent * (WIDE * found.bends / np.where(tried, norm, 1.0))[:, None]
        for sign in (1, -1):
            goal = move(landscape.domain, found.points, sign * local.vector(step))
            arrived = _arrived(landscape, found, goal, WIDE * found.bends)
            dim = np.where(tried & ~arrived, np.nan, dim)
    return dim


def branches(landscape: Landscape, point: Kinds) -> FloatArray:
    """Critical points that may lie at some distance from a degenerate one: (n, ambient).

    Manifolds that cross at a point leave it in directions of its null space, of which a few are
    found by least squares from the directions of smallest gradient.

    Parameters
    ----------
    landscape : Landscape
    point : Kinds
        One point.
    """
    nullity, x = int(point.nullity[0]), point.points
    reach = float(WIDE * point.bends[0])
    order = np.argsort(np.abs(point.eigenvalues[0]))
    null = point.vectors[0][:, order[:nullity]]
    ways = np.random.default_rng(6).standard_normal((_WAYS * nullity, nullity)) @ null.T
    ways *= reach / norms(ways)[:, None]

    def gradient(tangent: FloatArray) -> FloatArray:
        there = np.repeat(x, len(tangent), axis=0)
        basis = Local(landscape, there)
        with np.errstate(all="ignore"):
            step = basis.vector(tangent)
            return landscape.gradient(move(landscape.domain, there, step))

    size = norms(gradient(ways))
    usable = np.isfinite(size)
    if not usable.any() or not (size[usable] > 0).all():
        return np.empty((0, x.shape[1]))
    unit = float(np.median(size[usable]))

    def residual(tangent: FloatArray) -> FloatArray:
        slope = np.nan_to_num(gradient(tangent[None])[0] / unit, nan=1e3, posinf=1e3, neginf=-1e3)
        return np.append(slope, np.linalg.norm(tangent) / reach - 1)

    best = np.argsort(np.where(usable, size, np.inf))[:_BRANCHES]
    ends = [least_squares(residual, ways[k], x_scale=reach, xtol=1e-15, ftol=1e-15, gtol=1e-15)
            for k in best]  # fmt: skip
    found = [end.x for end in ends if np.abs(end.fun).max() <= _STILL]
    goal = np.array(found).reshape(-1, len(order))
    there = np.repeat(x, len(goal), axis=0)
    return move(landscape.domain, there, Local(landscape, there).vector(goal))


def connected(landscape: Landscape, some: Kinds, others: Kinds) -> BoolArray:
    """Whether one manifold can be followed from the first point of each pair to the second: (m,).

    Steps go along the null space towards the second point and are corrected along stiff
    directions; they are halved where the gradient does not vanish up to 10⁻⁶ of what it is a step
    aside, or the second point comes no nearer. Where manifolds cross, the null space is larger
    than elsewhere: such a point is reached from the other one.
    """
    equal = np.asarray(some.nullity == others.nullity)
    signs = np.asarray(some.negative == others.negative)
    alike = (~equal | signs) & _same_value(landscape, some.points, others.points)
    found = np.zeros(len(alike), dtype=np.bool_)
    rows = np.flatnonzero(alike)
    turned = np.asarray(some.nullity > others.nullity)[:, None]
    here = np.where(turned, others.points, some.points)[rows]
    goal = np.where(turned, some.points, others.points)[rows]
    nullity = np.minimum(some.nullity, others.nullity)[rows]
    bends = np.maximum(some.bends, others.bends)[rows]
    gap = np.asarray(landscape.domain.distance(here, goal))
    whole, longest = gap.copy(), np.minimum(_PART * gap, bends)
    step = longest.copy()
    close = 4 * np.maximum(_TOUCH * whole, np.minimum((some.error + others.error)[rows], bends))
    for _ in range(_MARCH):
        found[rows[gap <= close]] = True
        going = (gap > close) & (step > _TOUCH * whole)
        rows, here, goal, nullity = rows[going], here[going], goal[going], nullity[going]
        gap, step, whole, close = gap[going], step[going], whole[going], close[going]
        longest = longest[going]
        if not len(rows):
            break
        there, aside, slope = _stepped(landscape, here, goal, nullity, step)
        near = np.asarray(landscape.domain.distance(there, goal))
        good = (near < gap) & (slope <= _STILL * aside)
        here = np.where(good[:, None], there, here)
        gap = np.where(good, near, gap)
        step = np.where(good, np.minimum(2 * step, np.minimum(longest, gap)), step / 2)
    return found


def _stepped(
    landscape: Landscape, here: FloatArray, goal: FloatArray, nullity: IntArray, step: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points one step along a manifold, gradients a step aside from there, and those there.

    Of the gradients the norms: infinite there, and zero aside, where a wall is in the way.
    """
    domain = landscape.domain
    gap = goal - here
    if domain.period is not None:
        gap = gap - domain.period * np.round(gap / domain.period)
    local = Local(landscape, here)
    vectors = _by_size(local)[1]
    coordinates = gap if local.basis is None else np.einsum("mai,ma->mi", local.basis, gap)
    along = np.einsum("mij,mi->mj", vectors, coordinates)
    along = np.where(np.arange(along.shape[1]) < nullity[:, None], along, 0.0)
    length = norms(along)
    along *= (np.minimum(step, length) / np.where(length > 0, length, 1.0))[:, None]
    forward = local.vector(np.einsum("mij,mj->mi", vectors, along))
    there = _corrected(landscape, move(domain, here, forward), nullity, step)
    drawn = np.random.default_rng(7).standard_normal(here.shape[1])
    aside = domain.tangent(there, (step / np.linalg.norm(drawn))[:, None] * drawn)
    with np.errstate(all="ignore"):
        slope = norms(landscape.gradient(there))
        typical = norms(landscape.gradient(move(domain, there, aside)))
    usable = np.isfinite(slope) & np.isfinite(typical) & stays(domain, here, forward)
    return there, np.where(usable, typical, 0.0), np.where(usable, slope, np.inf)


def _by_size(local: Local) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues and eigenvectors, the softest first; zeros where something is not finite."""
    clean = np.where(local.finite[:, None, None], local.hessian, 0.0)
    values, vectors = np.linalg.eigh(clean)
    order = np.argsort(np.abs(values), axis=1)
    return (
        np.take_along_axis(values, order, axis=1),
        np.take_along_axis(vectors, order[:, None, :], axis=2),
    )


def _arrived(landscape: Landscape, origin: Kinds, goal: FloatArray, reach: FloatArray) -> BoolArray:
    """Whether a critical point of the same value and kind lies within ``reach`` of each goal."""
    if not len(goal):
        return np.zeros(0, dtype=np.bool_)
    there = _corrected(landscape, goal, origin.nullity, origin.bends)
    finite = np.asarray(np.isfinite(there).all(axis=1))
    there = np.where(finite[:, None], there, goal)
    near = np.asarray(landscape.domain.distance(there, goal)) <= reach
    judged = kinds(landscape, there, origin.bends)
    still = np.asarray(landscape.domain.distance(judged.points, goal)) <= reach
    # Where manifolds cross, more eigenvalues vanish.
    crossing = np.asarray(judged.nullity > origin.nullity)
    equal = np.asarray(judged.nullity == origin.nullity)
    alike = crossing | (equal & np.asarray(judged.negative == origin.negative))
    alike = alike & _same_value(landscape, origin.points, judged.points)
    return np.asarray(finite & near & still & judged.critical & alike)


def _corrected(
    landscape: Landscape, goal: FloatArray, nullity: IntArray, reach: FloatArray
) -> FloatArray:
    """Newton steps along all modes but the softest ones, as many as ``nullity`` says."""
    here = goal
    for _ in range(_STEPS):
        local = Local(landscape, here)
        values, vectors = _by_size(local)
        stiff = (np.arange(values.shape[1]) >= nullity[:, None]) & (values != 0)
        along = np.einsum("mij,mi->mj", vectors, np.nan_to_num(local.gradient))
        with np.errstate(over="ignore"):
            share = np.where(stiff, -along / np.where(stiff, values, 1.0), 0.0)
            length = norms(share)
        long = length > reach
        share *= np.where(long, reach / np.where(long, length, 1.0), 1.0)[:, None]
        share = np.nan_to_num(share)
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
    # Beside a critical point values differ by the square of how far numbers are apart.
    with np.errstate(all="ignore"):
        spread = norms(landscape.hessian(x)) * (_EPS * np.abs(size).max(axis=1)) ** 2
    spread = np.where(np.isfinite(spread), spread, 0.0)
    return np.asarray(np.abs(first - second) <= 256 * (noise + _EPS * np.abs(first) + spread))
