"""A function near given points: derivatives on tangent spaces, and moves along them."""

from __future__ import annotations

import math

import numpy as np

from critpoints.census.units import UNDERFLOWN
from critpoints.domains import Box, Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_SQUARABLE = 1e-140  # numbers between this and its inverse may be squared


class Local:
    """Gradient and Hessian in orthonormal coordinates of the tangent spaces at some points.

    Attributes
    ----------
    points : ndarray, shape (m, ambient)
    gradient : ndarray, shape (m, dim)
    hessian : ndarray, shape (m, dim, dim)
    slope, size : ndarray, shape (m,)
        Their norms.
    finite : ndarray of bool, shape (m,)
        Where all numbers are finite, and not so small that they have lost digits to underflow.
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
            self.gradient, self.hessian = gradient, hessian
            self.slope, self.size = norms(gradient), norms(hessian)
        largest = np.maximum(self.slope, self.size)
        self.finite = np.isfinite(largest) & ((largest == 0) | (largest >= UNDERFLOWN))

    def vector(self, step: FloatArray, rows: IntArray | slice = slice(None)) -> FloatArray:
        """Tangent vectors at some points from their coordinates: (m, dim) -> (m, ambient)."""
        if self.basis is None:
            return step
        return np.asarray(np.einsum("mai,mi->ma", self.basis[rows], step))


def norms(rows: FloatArray) -> FloatArray:
    """Euclidean (Frobenius) norms of rows, (m, …) -> (m,), whose squares may under- or overflow."""
    flat = rows.reshape(len(rows), math.prod(rows.shape[1:]))
    with np.errstate(all="ignore"):
        found: FloatArray = np.sqrt(np.vecdot(flat, flat))
        again = np.flatnonzero(~((found > _SQUARABLE) & (found < 1 / _SQUARABLE)))
        if len(again):
            largest = np.abs(flat[again]).max(axis=1, initial=0.0)
            usable = (largest > 0) & np.isfinite(largest)
            unit = flat[again] / np.where(usable, largest, 1.0)[:, None]
            found[again] = largest * np.where(usable, np.sqrt(np.vecdot(unit, unit)), 1.0)
    return found


def room(domain: Domain, x: FloatArray) -> FloatArray:
    """How far each coordinate may be moved, either way, without leaving a box: (m, ambient)."""
    if not isinstance(domain, Box):
        return np.full(x.shape, np.inf)
    low, high = domain.ends
    return np.maximum(np.minimum(x - low, high - x), 0.0)


def stays(domain: Domain, x: FloatArray, step: FloatArray) -> BoolArray:
    """Whether moves stay within a box, so that walls do not reflect them: (m,)."""
    return domain.contains(x + step) if isinstance(domain, Box) else np.ones(len(x), dtype=np.bool_)


def length_of(domain: Domain) -> float:
    """Period, longest side, or diameter of a sphere; all of space has none."""
    if isinstance(domain, Box):
        low, high = domain.ends
        return float((high - low).max())
    if domain.period is not None:
        return domain.period
    return float(2 * getattr(domain, "radius", np.inf))


def extent_of(domain: Domain) -> float:
    """A length within which a search looks: that of the domain, or of the ball of its starts."""
    return float(min(length_of(domain), 2 * getattr(domain, "reach", np.inf)))


def move(domain: Domain, x: FloatArray, step: FloatArray) -> FloatArray:
    """Follow a tangent vector; walls of a box reflect."""
    reached = domain.retract(x, step)
    if not isinstance(domain, Box):
        return reached
    low, high = domain.ends
    folded = np.mod(reached - low, 2 * (high - low))
    mirrored = np.clip(low + np.minimum(folded, 2 * (high - low) - folded), low, high)
    return np.where((reached >= low) & (reached <= high), reached, mirrored)
