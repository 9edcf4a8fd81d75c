r"""Proof that a critical point exists near a computed one, and that it is the only one there.

Newton–Kantorovich: let :math:`\|H(x_0)^{-1}\| \le \beta`, :math:`\|H(x_0)^{-1} g(x_0)\| \le \eta`
and let the Hessian have the Lipschitz constant K on the closed ball of radius R about
:math:`x_0`. If :math:`h = \beta K \eta \le 1/2` and :math:`t_* = (1-\sqrt{1-2h})/(\beta K) \le R`,
then the gradient has a zero within :math:`t_*`, and no other within R as far as
:math:`t_{**} = (1+\sqrt{1-2h})/(\beta K)`. If h < 1/2 the Hessian is nonsingular all the way to
the zero, which therefore has the index that the Hessian has at :math:`x_0`.

On a sphere the same is proven of the bordered system of point and multiplier, the gradient of the
landscape's ``lagrangian``.

References
----------
Kantorovich (1948), Uspekhi Mat. Nauk 3, 89. Ortega (1968), Amer. Math. Monthly 75, 658.
Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from critpoints.census.units import UNDERFLOW, unit
from critpoints.domains import Box
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_EPS = float(np.finfo(float).eps)
_BLOCK = 2_000_000  # numbers that a block of third derivatives may hold
_FIELDS = ("proven", "error", "alone", "index")
_SAFE = 1 + 1e-9  # more than what rounding does to the few operations below


@dataclass(frozen=True)
class Certificates:
    """Where a critical point is proven, within ``error`` of the point and alone in ``alone``.

    All of shape (m,); ``error`` is ``inf`` and ``alone`` 0 where nothing is proven. ``index`` is
    that of the critical point.
    """

    proven: BoolArray
    error: FloatArray
    alone: FloatArray
    index: IntArray


def certify(landscape: Landscape, points: FloatArray) -> Certificates:
    """Try to prove a critical point near each of ``points``, (m, ambient).

    Needs ``third_bound`` and ``rounding``, on a curved domain of the ``lagrangian``; without them
    nothing is proven. In a box the ball of existence must lie inside.
    """
    if not landscape.domain.flat:
        lifted = landscape.lagrangian(points)
        return _nothing(points) if lifted is None else _projected(certify(*lifted), landscape)
    if landscape.rounding() is None or not len(points):
        return _nothing(points)
    small = unit(landscape)
    points = small.inside(points)
    rows = max(_BLOCK // points.shape[1] ** 3, 1)
    parts = [_certify(small.landscape, points[k : k + rows]) for k in range(0, len(points), rows)]
    found = Certificates(*(np.concatenate([getattr(p, f) for p in parts]) for f in _FIELDS))
    return replace(found, error=small.points(found.error), alone=small.points(found.alone))


def _certify(landscape: Landscape, points: FloatArray) -> Certificates:
    rounding = landscape.rounding()
    if rounding is None:
        return _nothing(points)
    beta, eta, index = _newton_bounds(landscape, points, rounding)
    first = _lipschitz(landscape, points, 2 * np.where(np.isfinite(eta), eta, 0.0))
    if first is None:
        return _nothing(points)
    with np.errstate(all="ignore"):
        radius = np.maximum(2 * eta, 0.25 / (beta * first))
        radius = np.where(np.isfinite(radius), np.minimum(radius, _widest(landscape)), 0.0)
        lipschitz = _lipschitz(landscape, points, radius)
        if lipschitz is None:
            return _nothing(points)
        curve = beta * np.maximum(lipschitz, 1e-300)
        root = np.sqrt(1 - 2 * curve * eta * _SAFE)
        error = 2 * eta / (1 + root) * _SAFE  # (1 - root) / curve without cancellation
        alone = np.minimum(radius, (1 + root) / curve / _SAFE)
        proven = np.isfinite(root) & np.isfinite(beta) & (error <= radius)
    proven &= _inside(landscape, points, error)
    error, alone = np.where(proven, error, np.inf), np.where(proven, alone, 0.0)
    return Certificates(proven, error, alone, index)


def _nothing(points: FloatArray) -> Certificates:
    none = np.zeros(len(points))
    return Certificates(none.astype(np.bool_), none + np.inf, none, none.astype(np.int64))


def _projected(proof: Certificates, landscape: Landscape) -> Certificates:
    """What is proven of points without their multipliers: two are further apart with them.

    With its multipliers, which differ by at most 2t, another critical point at distance t from
    the proven one is at most √5 t away from it.
    """
    border = landscape.domain.ambient - landscape.dim
    alone = np.zeros_like(proof.alone)
    some = proof.proven
    apart = (proof.alone[some] - proof.error[some]) / (5**0.5 * _SAFE)
    alone[some] = np.maximum(apart - proof.error[some], 0.0) / _SAFE
    return Certificates(proof.proven, proof.error, alone, proof.index - border)


def _newton_bounds(
    landscape: Landscape, points: FloatArray, rounding: tuple[float, float]
) -> tuple[FloatArray, FloatArray, IntArray]:
    """β and η, infinite where the Hessian may be singular, and the index."""
    dim = points.shape[1]
    gradient, hessian = landscape.derivatives(points)
    eigenvalues = np.asarray(np.linalg.eigvalsh(hessian), dtype=np.float64)
    smallest = np.abs(eigenvalues).min(axis=1) - eigenvalue_error(eigenvalues, rounding)
    beta = np.where(smallest > 0, _SAFE / np.where(smallest > 0, smallest, 1.0), np.inf)
    size = (np.linalg.norm(gradient, axis=1) * _SAFE + dim**0.5 * rounding[0]) * _SAFE
    size += UNDERFLOW
    return beta, beta * size, (eigenvalues < 0).sum(axis=1).astype(np.int64)


def eigenvalue_error(eigenvalues: FloatArray, rounding: tuple[float, float]) -> FloatArray:
    """How far computed eigenvalues, (m, dim), may be from those of the true Hessians: (m,).

    By Weyl's theorem evaluation moves them by at most the norm of its error, and a backward stable
    solver by a modest multiple of dim ε ‖H‖.
    """
    dim = eigenvalues.shape[1]
    found: FloatArray = dim * rounding[1] + 10 * dim * _EPS * np.abs(eigenvalues).max(axis=1)
    return found


def _lipschitz(landscape: Landscape, points: FloatArray, radius: FloatArray) -> FloatArray | None:
    """Lipschitz constants of the Hessian in balls: the Frobenius norm of the bounds, (m,)."""
    width = np.repeat(radius[:, None], points.shape[1], axis=1)
    third = landscape.third_bound(points, width)
    if third is None:
        return None
    bound = np.sqrt(np.sum(np.square(third), axis=(-3, -2, -1))) * _SAFE
    bound += 2.0**-500  # squares that underflow
    return np.broadcast_to(bound, (len(points),))


def _widest(landscape: Landscape) -> float:
    """A ball in which a torus does not meet itself; no limit elsewhere but the box's width."""
    domain = landscape.domain
    if isinstance(domain, Box):
        low, high = domain.ends
        return float((high - low).max())
    return domain.period / 4 if domain.period else np.inf


def _inside(landscape: Landscape, points: FloatArray, error: FloatArray) -> BoolArray:
    domain = landscape.domain
    if not isinstance(domain, Box):
        return np.ones(len(points), dtype=np.bool_)
    low, high = domain.ends
    room = np.minimum(points - low, high - points).min(axis=1)
    return np.asarray(room >= error)
