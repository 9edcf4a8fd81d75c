"""A function near given points: derivatives on tangent spaces, and moves along them."""

from __future__ import annotations

import numpy as np

from critpoints.domains import Box, Domain
from critpoints.protocols import FloatArray, IntArray, Landscape


class Local:
    """Gradient and Hessian in orthonormal coordinates of the tangent spaces at some points.

    Attributes
    ----------
    points : ndarray, shape (m, ambient)
    gradient : ndarray, shape (m, dim)
    hessian : ndarray, shape (m, dim, dim)
    finite : ndarray of bool, shape (m,)
    """

    def __init__(self, landscape: Landscape, points: FloatArray) -> None:
        with np.errstate(all="ignore"):  # what is not finite is looked at by the caller
            gradient, hessian = landscape.derivatives(points)
            domain = landscape.domain
            self.points = points
            self.basis = None if domain.flat else domain.basis(points)
            if self.basis is not None:
                gradient = np.einsum("mai,ma->mi", self.basis, gradient)
                hessian = np.swapaxes(self.basis, 1, 2) @ hessian @ self.basis
            self.gradient = gradient
            self.hessian = (hessian + np.swapaxes(hessian, 1, 2)) / 2
        self.finite = np.isfinite(self.gradient).all(axis=1)
        self.finite &= np.isfinite(self.hessian).all(axis=(1, 2))

    def vector(self, step: FloatArray, rows: IntArray | slice = slice(None)) -> FloatArray:
        """Tangent vectors at some of the points from their coordinates: (m, dim) -> (m, ambient)."""
        if self.basis is None:
            return step
        return np.asarray(np.einsum("mai,mi->ma", self.basis[rows], step))


def length_of(domain: Domain) -> float:
    """Period, longest side, or diameter of a sphere; all of space has none."""
    if isinstance(domain, Box):
        low, high = domain.ends
        return float((high - low).max())
    if domain.period is not None:
        return domain.period
    return float(2 * getattr(domain, "radius", np.inf))


def move(domain: Domain, x: FloatArray, step: FloatArray) -> FloatArray:
    """Follow a tangent vector; walls of a box reflect."""
    reached = domain.retract(x, step)
    if not isinstance(domain, Box):
        return reached
    low, high = domain.ends
    folded = np.mod(reached - low, 2 * (high - low))
    mirrored = np.clip(low + np.minimum(folded, 2 * (high - low) - folded), low, high)
    return np.where((reached >= low) & (reached <= high), reached, mirrored)
