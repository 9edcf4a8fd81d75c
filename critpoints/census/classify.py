r"""Which ends of runs are critical points, and of what kind: every tolerance is local.

An eigenvalue is not distinguishable from zero within

.. math:: d\,\varepsilon\,\|H\| + \text{rounding of } H + 2 M e,

where M is the rate at which the Hessian changes near the point and e the error of the point: ten
times its last Newton step, and the rounding of its gradient over the smallest eigenvalue that
counts as different from zero. A residual that rounding made 0 therefore does not make a point
exact. The nullity is the smallest number of eigenvalues which, left out of e, are within that
doubt while all others exceed it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from critpoints.census.local import Local, extent_of, move, norms, stays
from critpoints.census.newton import newton_step
from critpoints.census.noise import level, noise
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_EPS = float(np.finfo(float).eps)
_POLISH = 4  # Newton steps; from 1e-7 one is enough, the rest only confirm it
_SHORT = 1e-3  # longest step of polishing, and distance of probes of M, in lengths ℓ
_LINEAR = 0.1  # relative change of the Hessian over which it is taken to be linear
_ALIKE = 0.3  # relative change of a curvature over which it is taken to be the same
_HALVINGS = 16
WIDE = 0.1
"""A move along a null direction, in lengths ℓ, that tells a manifold from an isolated point."""
_SHARES = 10.0 ** np.arange(-8, 0)  # of ℓ, up to WIDE
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
            local.gradient[usable], local.hessian[usable], _SHORT * bends[usable]
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
    bends = bends.copy()
    unknown = np.flatnonzero(~np.isfinite(bends) | (bends <= 0))
    bends[unknown] = _probed_bends(
        landscape, points[unknown], None if spans is None else spans[unknown]
    )
    points = polished(landscape, points, bends)
    local = Local(landscape, points)
    clean = np.where(local.finite[:, None, None], local.hessian, 0.0)
    eigenvalues, vectors = (np.asarray(a, dtype=float) for a in np.linalg.eigh(clean))
    gradient = np.where(local.finite[:, None], local.gradient, np.inf)
    residuals = np.asarray(norms(gradient))
    floor, blur = noise(landscape, points, bends)
    along = np.abs(np.einsum("mij,mi->mj", vectors, np.where(np.isfinite(gradient), gradient, 0.0)))
    nullity, doubt, error = _nullity(
        landscape, local, eigenvalues, along, floor, blur, _rate(landscape, local, vectors, bends)
    )
    hidden = np.flatnonzero((nullity == 0) & local.finite)
    hidden = hidden[~_visible(landscape, points[hidden], bends[hidden])]
    nullity[hidden] = 1
    doubt[hidden] = np.abs(eigenvalues[hidden]).min(axis=1)
    if spans is not None:  # where the Hessian all but vanishes, it changes by its own size at once
        wider = (nullity > 0) & np.isfinite(spans)
        bends = np.where(wider, np.maximum(bends, spans), bends)
    alive = (residuals > 0) | np.abs(eigenvalues).any(axis=1) | _stirs(landscape, points, bends)
    size = level(local, floor)
    critical = local.finite & alive & (residuals <= size)
    found = Kinds(points, eigenvalues, vectors, nullity, doubt, residuals, error, bends, critical)
    flat = np.flatnonzero(found.degenerate & critical)
    error[flat] = _zone(landscape, found[flat], size[flat])
    return found


def _visible(landscape: Landscape, points: FloatArray, bends: FloatArray) -> BoolArray:
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


def _probed_bends(
    landscape: Landscape, points: FloatArray, spans: FloatArray | None
) -> FloatArray:
    """Lengths over which the Hessian changes by its own size, from ever shorter moves: (m,)."""
    extent = extent_of(landscape.domain)
    found = np.full(len(points), _SHORT * extent)
    if spans is not None:
        found = np.where(np.isfinite(spans), spans, found)
    open_ = np.arange(len(points))
    along = np.random.default_rng(5).standard_normal(points.shape[1])
    along /= np.linalg.norm(along)
    for reach in extent * 10.0 ** -np.arange(1.0, 14.0):
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


def _rate(
    landscape: Landscape, local: Local, vectors: FloatArray, bends: FloatArray
) -> FloatArray:
    """M: the largest change of the Hessian per length, along the softest direction and another."""
    rate = np.zeros(len(local.points))
    if not len(rate):
        return rate
    soft = np.abs(np.einsum("mij,mik,mkj->mj", vectors, local.hessian, vectors)).argmin(axis=1)
    along = np.take_along_axis(vectors, soft[:, None, None], axis=2)[:, :, 0]
    across = np.random.default_rng(1).standard_normal(vectors.shape[1])
    across = np.broadcast_to(across / np.linalg.norm(across), along.shape)
    reach = _SHORT**2 * bends
    frame = None if local.basis is None else local.basis
    for direction in (along, -along, across, -across):
        step = local.vector(reach[:, None] * direction)
        there = move(landscape.domain, local.points, step)
        other = Local(landscape, there).hessian
        if frame is not None:  # both Hessians in the coordinates of one tangent space
            other = _transported(landscape, there, frame)
        with np.errstate(all="ignore"):
            change = norms(other - local.hessian) / reach
        usable = np.isfinite(change) & stays(landscape.domain, local.points, step)
        rate = np.fmax(rate, np.where(usable, change, 0.0))
    return rate


def _transported(landscape: Landscape, points: FloatArray, frame: FloatArray) -> FloatArray:
    """Hessians at points very near those to which ``frame`` belongs, in its coordinates."""
    with np.errstate(all="ignore"):
        whole = landscape.hessian(points)
    found = np.swapaxes(frame, 1, 2) @ whole @ frame
    return np.asarray((found + np.swapaxes(found, 1, 2)) / 2)


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
        doubt = own[:, None] + np.where(rate[:, None] > 0, 2 * rate[:, None] * error, 0.0)
    clear = np.concatenate([size > doubt, np.ones((len(size), 1), dtype=np.bool_)], axis=1)
    nullity = clear.argmax(axis=1)
    last = np.minimum(nullity, dim - 1)[:, None]
    chosen = np.take_along_axis(np.stack([doubt, error]), last[None], axis=2)[:, :, 0]
    all_null = nullity == dim
    bound = np.where(all_null, np.maximum(size[:, -1], own), chosen[0])
    return nullity.astype(np.int64), bound, np.where(all_null, np.inf, chosen[1])


def _zone(landscape: Landscape, found: Kinds, level: FloatArray) -> FloatArray:
    """How far along null directions the gradient stays zero up to rounding: (m,).

    That is the error of an isolated point. Where it is :data:`WIDE` lengths ℓ the point may lie on
    a manifold, and its error is that of the directions that are not null.
    """
    zone = np.zeros(len(level))
    if not len(zone):
        return zone
    local = Local(landscape, found.points)
    order = np.argsort(np.abs(found.eigenvalues), axis=1)
    vectors = np.take_along_axis(found.vectors, order[:, None, :], axis=2)
    null = np.arange(landscape.dim) < found.nullity[:, None]
    weights = np.random.default_rng(4).standard_normal(landscape.dim)
    for along in (np.where(null, weights, 0.0), np.where(np.arange(landscape.dim) == 0, 1.0, null * 0.0)):
        tangent = np.einsum("mij,mj->mi", vectors, along)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        for sign in (1.0, -1.0):
            for share in _SHARES:
                step = local.vector((sign * share * found.bends)[:, None] * tangent)
                with np.errstate(all="ignore"):
                    there = landscape.gradient(move(landscape.domain, found.points, step))
                    still = norms(there) <= level
                still &= stays(landscape.domain, found.points, step)
                zone = np.where(still, np.maximum(zone, share * found.bends), zone)
    wide = zone >= WIDE * found.bends
    stiff = np.where(np.isfinite(found.error), found.error, 0.0)
    return np.where(wide, stiff, np.maximum(4 * zone, _SHARES[0] * found.bends))


def _stirs(landscape: Landscape, points: FloatArray, bends: FloatArray) -> BoolArray:
    """Whether the gradient is different from zero anywhere near: no, where it has underflowed."""
    found = np.zeros(len(points), dtype=np.bool_)
    signs = np.random.default_rng(2).choice([-1.0, 1.0], points.shape[1])
    for sign in (signs, -signs):
        step = landscape.domain.tangent(points, sign * bends[:, None])
        with np.errstate(all="ignore"):
            there = landscape.gradient(move(landscape.domain, points, step))
        found |= (np.isfinite(there) & (there != 0)).any(axis=1)
    return found
