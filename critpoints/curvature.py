r"""What the Hessian says of a point, and what it cannot say.

A computed eigenvalue λ cannot be told from zero

- within the rounding of the Hessian, :math:`d(\varepsilon\|H\| + \rho_H)`, with :math:`\rho_H` the
  rounding of its entries where a landscape states it;
- within what it changes by over the error of the point. The point lies off the critical point by
  about Newton's step s, or by ten of them where that is degenerate (at :math:`x^q` the error is
  q − 1 steps), and no gradient can place it better than :math:`\rho_g/\min|\lambda|`, where
  :math:`\rho_g` is the rounding of the gradient. The change is that of the eigenvalues from the
  point to those at :math:`\pm10s`, and at :math:`\pm\rho_g/\min|\lambda|` along the eigenvector of
  the smallest eigenvalue: nothing is assumed of the size of third derivatives.

All of it is local and relative: it does not depend on the units of f or x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.lengths import lengths
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

EPS = float(np.finfo(float).eps)
SAFETY = 10.0
"""Error of a point in units of its Newton step: 1 if the point is simple, q − 1 at x^q."""
_TINY = float(np.finfo(float).smallest_subnormal)  # what underflows is not zero
_ULPS = 4.0  # by so many roundings coordinates are shifted to see what a gradient makes of it


@dataclass(frozen=True, eq=False)
class Curvature:
    """Eigenvalues at m points, Newton's steps, and doubts.

    Attributes
    ----------
    values : ndarray, shape (m, dim)
        Eigenvalues λ on the tangent space, ascending; NaN where the Hessian is not finite.
    doubt : ndarray, shape (m, dim)
        Within this each eigenvalue cannot be told from zero; ``inf`` where that is not known.
    newton : ndarray, shape (m, ambient)
        Newton's step −H⁻¹g in the directions whose curvature exceeds the rounding of H.
    rounding : ndarray, shape (m,)
        Of the gradient, ‖·‖.
    error : ndarray, shape (m,)
        Of the point: the longer of ten Newton steps and what the gradient's rounding moves it by.
    """

    values: FloatArray
    doubt: FloatArray
    newton: FloatArray
    rounding: FloatArray
    error: FloatArray

    @property
    def negative(self) -> IntArray:
        """How many eigenvalues are negative beyond doubt: (m,)."""
        return np.asarray((self.values < -self.doubt).sum(axis=1))

    @property
    def degenerate(self) -> BoolArray:
        """Where some eigenvalue cannot be told from zero: (m,)."""
        return np.asarray(~(np.abs(self.values) > self.doubt).all(axis=1))

    @property
    def norm(self) -> FloatArray:
        """‖H‖, the largest eigenvalue in size: (m,)."""
        return np.asarray(np.abs(self.values).max(axis=1))


def curvature(landscape: Landscape, x: FloatArray, gradient: FloatArray) -> Curvature:
    """Eigenvalues, Newton's steps and doubts at the points ``x``, (m, ambient).

    ``gradient`` is that at ``x``. Costs five Hessians and two gradients a point.
    """
    with np.errstate(all="ignore"):  # what overflows is in doubt
        values, vectors = eigen(landscape, x)
        size, own = np.abs(values), _own(landscape, values)
        step = _newton(values, vectors, gradient, own)
        least = EPS * size.max(axis=1) * lengths(x)  # whichever way coordinates were rounded
        rounding = np.fmax(gradient_rounding(landscape, x, gradient), least + _TINY)
        told = np.where(size > own, size, np.inf)
        rows, place = np.arange(len(x)), told.argmin(axis=1)
        blur = rounding / told[rows, place]
        shifts = SAFETY * step, blur[:, None] * vectors[rows, :, place]
        moved = [
            _change(landscape, x, side * shift, values) for shift in shifts for side in (1, -1)
        ]
        doubt = own + 2 * np.max(moved, axis=0)
        return Curvature(values, doubt, step, rounding, np.maximum(lengths(shifts[0]), blur))


def eigen(landscape: Landscape, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues (m, dim) and eigenvectors (m, ambient, dim) of the Hessian on tangent space."""
    hessian, basis, broken = _tangent_hessian(landscape, x)
    values, vectors = np.linalg.eigh(hessian)
    values[broken] = np.nan
    return values, vectors if basis is None else basis @ vectors


def newton_step(
    landscape: Landscape, x: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Newton's step at the points ``x``, and in how many directions the curvature allows one."""
    values, vectors = eigen(landscape, x)
    own = _own(landscape, values)
    return _newton(values, vectors, gradient, own), np.asarray((np.abs(values) > own).sum(axis=1))


def gradient_rounding(landscape: Landscape, x: FloatArray, gradient: FloatArray) -> FloatArray:
    """By how much rounding may change the gradient: (m,), measured or as the landscape states it.

    Measured by shifting all coordinates by 4ε of their size, either way: a gradient that is not
    larger than the change cannot be told from zero.
    """
    domain, shift = landscape.domain, _ULPS * EPS * np.abs(x)
    sides = (domain.retract(x, domain.tangent(x, side * shift)) for side in (1, -1))
    found = np.max([lengths(landscape.gradient(y) - gradient) for y in sides], axis=0)
    found = np.where(np.isfinite(found), found, 0.0)  # at the end of the range of floats
    stated = landscape.rounding()
    if stated is not None:
        found = np.maximum(found, stated[0] * np.sqrt(x.shape[1]))
    return np.asarray(found)


def _newton(
    values: FloatArray, vectors: FloatArray, gradient: FloatArray, doubt: FloatArray
) -> FloatArray:
    """−H⁻¹g in the eigenspaces with whose λ exceeds its doubt in size: (m, ambient)."""
    slopes = np.einsum("mad,ma->md", vectors, gradient)
    whole = np.abs(values) > doubt
    steps = np.divide(-slopes, values, out=np.zeros_like(slopes), where=whole)
    found: FloatArray = np.einsum("mad,md->ma", vectors, steps)
    return found


def _own(landscape: Landscape, values: FloatArray) -> FloatArray:
    """Rounding of the eigenvalues: (m, 1)."""
    stated = landscape.rounding()
    entries = stated[1] if stated is not None else 0.0
    own = values.shape[1] * (EPS * np.abs(values).max(axis=1, keepdims=True) + entries + _TINY)
    return np.asarray(np.where(np.isnan(own), np.inf, own))


def _change(
    landscape: Landscape, x: FloatArray, shift: FloatArray, values: FloatArray
) -> FloatArray:
    """|λ(x + shift) − λ(x)|, infinite where there is no Hessian: (m, dim)."""
    domain = landscape.domain
    hessian, _, broken = _tangent_hessian(landscape, domain.retract(x, domain.tangent(x, shift)))
    found = np.abs(np.linalg.eigvalsh(hessian) - values)
    found[broken] = np.inf
    return np.asarray(np.where(np.isnan(found), np.inf, found))


def _tangent_hessian(
    landscape: Landscape, x: FloatArray
) -> tuple[FloatArray, FloatArray | None, BoolArray]:
    """Hessians on tangent space, its basis (None where it is all of space), and which are broken.

    One matrix that is not finite would stop LAPACK for all: it is replaced.
    """
    hessian = np.asarray(landscape.hessian(x), dtype=np.float64)
    basis = None if landscape.domain.flat else landscape.domain.basis(x)
    if basis is not None:
        hessian = basis.swapaxes(1, 2) @ hessian @ basis
    broken = np.asarray(~np.isfinite(hessian).all(axis=(1, 2)))
    if broken.any():
        hessian = np.where(broken[:, None, None], np.eye(hessian.shape[1]), hessian)
    return hessian, basis, broken
