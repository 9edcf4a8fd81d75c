r"""Which ends of runs are critical points, and of what kind: every tolerance is local.

An eigenvalue is not distinguishable from zero within

.. math:: d\,\varepsilon\,\|H\| + \text{rounding of } H + 2 M e,

where M is the rate at which it changes with the point and e the error of the point: ten
times its last Newton step, and the rounding of its gradient over the smallest eigenvalue that
counts as different from zero. A residual that rounding made 0 therefore does not make a point
exact. The nullity is the smallest number of eigenvalues which, left out of e, are within that
doubt while all others exceed it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from critpoints.census.local import Local, extent_of, move, norms
from critpoints.census.noise import level, noise
from critpoints.census.probes import (
    WIDE,
    bends_at,
    rate_of_change,
    still_zone,
    stirs,
    vanishes,
    visible,
)
from critpoints.census.step import newton_step
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_EPS = float(np.finfo(float).eps)
_POLISH = 4  # Newton steps; from 1e-7 one is enough, the rest only confirm it
_SHORT = 1e-3  # longest step of polishing, in lengths ℓ
_UNKNOWN = 1e-3  # of the domain: the length ℓ where nothing tells
_LEAST_ZONE = 1e-8  # error of an isolated degenerate point, in lengths ℓ
SAFETY = 10.0
"""Error of a point in units of its last Newton step: 1 if the point is simple, q - 1 at x^q."""


@dataclass(frozen=True)
class Kinds:
    """Facts about m points.

    Attributes
    ----------
    points : ndarray, shape (m, ambient)
        Polished.
    eigenvalues : ndarray, shape (m, dim)
    vectors : ndarray, shape (m, dim, dim)
        Eigenvectors, in columns, in the coordinates of the tangent space.
    nullity : ndarray of int, shape (m,)
        Eigenvalues that are not distinguishable from zero.
    doubt : ndarray, shape (m,)
        What an eigenvalue must exceed in size.
    residuals : ndarray, shape (m,)
        Norms of the gradient.
    error : ndarray, shape (m,)
        Of the point, along directions that are not null.
    bends : ndarray, shape (m,)
        Lengths ℓ over which the Hessian changes.
    critical : ndarray of bool, shape (m,)
        Where the gradient is zero up to rounding.
    """

    points: FloatArray
    eigenvalues: FloatArray
    vectors: FloatArray
    nullity: IntArray
    doubt: FloatArray
    residuals: FloatArray
    error: FloatArray
    bends: FloatArray
    critical: BoolArray

    @property
    def degenerate(self) -> BoolArray:
        """Where an eigenvalue is not distinguishable from zero: (m,)."""
        return np.asarray(self.nullity > 0)

    @property
    def negative(self) -> IntArray:
        """Eigenvalues that are certainly negative: (m,)."""
        return np.asarray((self.eigenvalues < -self.doubt[:, None]).sum(axis=1))

    def __getitem__(self, rows: BoolArray | IntArray) -> Kinds:
        return Kinds(*(getattr(self, f.name)[rows] for f in fields(self)))

    def joined(self, other: Kinds) -> Kinds:
        """These and then others."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Kinds(*(np.concatenate(pair) for pair in pairs))


def polished(landscape: Landscape, points: FloatArray, bends: FloatArray) -> FloatArray:
    """A few more Newton steps; of all iterates the one with the smallest gradient.

    Steps are short: along a manifold of points they are noise, and would lead far away.
    """
    best, smallest, here = points, np.full(len(points), np.inf), points
    for _ in range(_POLISH if len(points) else 0):
        local = Local(landscape, here)
        size = norms(local.gradient)
        better = local.finite & (size < smallest)
        best = np.where(better[:, None], here, best)
        smallest = np.where(better, size, smallest)
        step = np.zeros_like(local.gradient)
        usable = local.finite
        step[usable], _, _ = newton_step(
            local.gradient[usable],
            local.hessian[usable],
            _SHORT * bends[usable],
            4 * _EPS * np.abs(here[usable]).max(axis=1),
        )
        here = move(landscape.domain, here, local.vector(step))
    return best


def kinds(
    landscape: Landscape, points: FloatArray, bends: FloatArray, spans: FloatArray | None = None
) -> Kinds:
    """Polish points and judge them.

    Parameters
    ----------
    landscape : Landscape
    points : ndarray, shape (m, ambient)
    bends : ndarray, shape (m,)
        Lengths over which the Hessian changes by its own size, ``inf`` where they are not known.
    spans : ndarray, shape (m,), optional
        What to take for these lengths where the Hessian vanishes and so tells none.
    """
    extent = extent_of(landscape.domain)
    longest = np.where(np.isfinite(bends) & (bends > 0), np.minimum(bends, extent), extent)
    unknown = np.full(len(points), _UNKNOWN * extent)
    if spans is not None:
        unknown = np.where(np.isfinite(spans), spans, unknown)
    bends = bends_at(landscape, points, longest, unknown)
    points = polished(landscape, points, bends)
    local = Local(landscape, points)
    clean = np.where(local.finite[:, None, None], local.hessian, 0.0)
    eigenvalues, vectors = (np.asarray(a, dtype=float) for a in np.linalg.eigh(clean))
    gradient = np.where(local.finite[:, None], local.gradient, np.inf)
    residuals = np.asarray(norms(gradient))
    floor, blur = noise(landscape, points, bends)
    along = np.abs(np.einsum("mij,mi->mj", vectors, np.where(np.isfinite(gradient), gradient, 0.0)))
    nullity, doubt, error = _nullity(
        landscape,
        local,
        eigenvalues,
        along,
        floor,
        blur,
        rate_of_change(landscape, local, vectors, bends),
    )
    hidden = np.flatnonzero((nullity == 0) & local.finite)
    hidden = hidden[~visible(landscape, points[hidden], bends[hidden])]
    nullity[hidden] = 1
    doubt[hidden] = np.abs(eigenvalues[hidden]).min(axis=1)
    if spans is not None:
        wider = (nullity > 0) & np.isfinite(spans)
        wider[wider] = vanishes(landscape, points[wider], spans[wider])
        bends = np.where(wider, np.maximum(bends, spans), bends)
    size = level(local, floor)
    alive = (nullity == 0) | stirs(landscape, points, bends, size)
    critical = local.finite & alive & (residuals <= size)
    found = Kinds(points, eigenvalues, vectors, nullity, doubt, residuals, error, bends, critical)
    flat = np.flatnonzero(found.degenerate & critical)
    error[flat] = _zone_error(landscape, found[flat], size[flat])
    return found


def _nullity(
    landscape: Landscape, local: Local, eigenvalues: FloatArray, along: FloatArray,
    floor: FloatArray, blur: FloatArray, rate: FloatArray,
) -> tuple[IntArray, FloatArray, FloatArray]:  # fmt: skip
    """Nullities, what eigenvalues must exceed, and errors of the points: (m,) each."""
    dim = landscape.dim
    order = np.argsort(np.abs(eigenvalues), axis=1)
    size = np.take_along_axis(np.abs(eigenvalues), order, axis=1)
    slope = np.take_along_axis(along, order, axis=1)
    known = landscape.rounding()
    own = dim * (_EPS * size[:, -1] + (known[1] if known else 0.0)) + blur
    spacing = 4 * _EPS * np.abs(local.points).max(axis=1, initial=0.0)
    with np.errstate(all="ignore"):
        steps = np.where(size > 0, slope / size, np.where(slope > 0, np.inf, 0.0))
        # Newton steps and rounding of all modes but the k softest, for k = 0 … dim.
        rest = np.sqrt(np.cumsum(steps[:, ::-1] ** 2, axis=1))[:, ::-1]
        error = SAFETY * rest + 2 * floor[:, None] / size + spacing[:, None]
        error = np.where(np.isnan(error), np.inf, error)
        rate = np.take_along_axis(rate, order, axis=1)
        doubt = own[:, None] + np.where(rate > 0, 2 * rate * error, 0.0)
    clear = np.concatenate([size > doubt, np.ones((len(size), 1), dtype=np.bool_)], axis=1)
    nullity = clear.argmax(axis=1)
    last = np.minimum(nullity, dim - 1)[:, None]
    chosen = np.take_along_axis(np.stack([doubt, error]), last[None], axis=2)[:, :, 0]
    all_null = nullity == dim
    bound = np.where(all_null, np.maximum(size[:, -1], own), chosen[0])
    return nullity.astype(np.int64), bound, np.where(all_null, np.inf, chosen[1])


def _zone_error(landscape: Landscape, found: Kinds, size: FloatArray) -> FloatArray:
    """Errors of degenerate points: how far along null directions the gradient stays zero, (m,).

    Where that is :data:`~critpoints.census.probes.WIDE` lengths ℓ the point may lie on a manifold,
    and its error is that of the directions that are not null.
    """
    if not len(size):
        return np.zeros(0)
    local = Local(landscape, found.points)
    order = np.argsort(np.abs(found.eigenvalues), axis=1)
    vectors = np.take_along_axis(found.vectors, order[:, None, :], axis=2)
    weights = np.random.default_rng(4).standard_normal(landscape.dim)
    mixed = np.where(np.arange(landscape.dim) < found.nullity[:, None], weights, 0.0)
    mixed /= norms(mixed)[:, None]
    null = [local.vector(vectors[:, :, 0]), local.vector(np.einsum("mij,mj->mi", vectors, mixed))]
    zone = still_zone(landscape, found.points, np.stack(null, axis=2), found.bends, size)
    stiff = np.where(np.isfinite(found.error), found.error, 0.0)
    wide = zone >= WIDE * found.bends
    return np.where(wide, stiff, np.maximum(4 * zone, _LEAST_ZONE * found.bends))
