"""What kind of point each is: value, eigenvalues, residual, degenerate or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.census.newton import NEAR, Local, Scale, move, newton_step
from critpoints.protocols import BoolArray, FloatArray, Landscape

_EPS = float(np.finfo(float).eps)
_POLISH = 4  # Newton steps; from 1e-7 one is enough, the rest only confirm it
SAFETY = 10.0
"""Error of a point in units of its last Newton step: 1 if the point is simple, q - 1 at x^q."""


@dataclass(frozen=True)
class Kinds:
    """Facts about m points, see :class:`~critpoints.census.result.Census`; ``error`` is (m,)."""

    eigenvalues: FloatArray
    degenerate: BoolArray
    residuals: FloatArray
    error: FloatArray


def polished(landscape: Landscape, points: FloatArray, scale: Scale) -> FloatArray:
    """A few more Newton steps; of all iterates the one with the smallest gradient.

    Steps are short: along a manifold of points they are noise, and would lead far away.
    """
    best, smallest, here = points, np.full(len(points), np.inf), points
    for _ in range(_POLISH if len(points) else 0):
        local = Local(landscape, here)
        size = np.linalg.norm(local.gradient, axis=1)
        better = local.finite & (size < smallest)
        best = np.where(better[:, None], here, best)
        smallest = np.where(better, size, smallest)
        step = np.zeros_like(local.gradient)
        usable = local.finite
        step[usable], _ = newton_step(
            local.gradient[usable], local.hessian[usable], NEAR * scale.bend
        )
        here = move(landscape.domain, here, local.vector(step))
    return best


def kinds(landscape: Landscape, points: FloatArray, scale: Scale) -> Kinds:
    """Eigenvalues, residuals and which points cannot be told from degenerate ones.

    An eigenvalue cannot be told from zero within its own rounding, d ε ‖H‖ and that of the
    Hessian, nor within what it may change over the error of the point: error × ‖∇³f‖, the latter
    estimated by typical Hessian / length over which f bends.
    """
    dim = landscape.dim
    if not len(points):
        none = np.empty(0)
        return Kinds(np.empty((0, dim)), np.empty(0, dtype=np.bool_), none, none)
    local = Local(landscape, points)
    eigenvalues = np.asarray(np.linalg.eigvalsh(local.hessian), dtype=np.float64)
    step, _ = newton_step(local.gradient, local.hessian, scale.cap)
    moved = np.asarray(np.linalg.norm(step, axis=1), dtype=np.float64)
    error = SAFETY * moved + 4 * _EPS * np.abs(points).max(axis=1)
    size = np.abs(eigenvalues)
    rounding = landscape.rounding()
    own = dim * (_EPS * size.max(axis=1) + (rounding[1] if rounding else 0.0))
    doubt = own + error * scale.hessian / scale.bend
    residuals: FloatArray = np.linalg.norm(local.gradient, axis=1)
    return Kinds(eigenvalues, size.min(axis=1) <= doubt, residuals, error)
