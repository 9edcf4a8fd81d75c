"""Bordered Cholesky: matrices grown a row at a time, given up at the first bad pivot.

With :math:`H_{i} = L L^T` known, a row :math:`r` and a diagonal entry a border it; the next pivot
is :math:`a - |z|^2`, :math:`z = L^{-1} r`, and H is positive definite if all pivots are positive.
What is carried is :math:`W = L^{-1}`, whose next row is :math:`(-z^T W, 1)/\\sqrt{pivot}`.

References
----------
Golub & Van Loan, Matrix Computations, 4th ed., §4.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from critpoints import inertia
from critpoints.protocols import BoolArray, FloatArray

Row = Callable[[np.random.Generator, int, int], FloatArray]

BLOCK = 2**14
_EPS = float(np.finfo(np.float64).eps)


def positive(rng: np.random.Generator, sample_row: Row, dim: int, size: int) -> BoolArray:
    """Which of ``size`` matrices are positive definite, drawing no more rows than that needs.

    A pivot is at least the smallest eigenvalue, so that one below rounding settles the matter;
    the few that survive are judged by their inertia. Order of draws: blocks of 16,384 samples,
    in each the rows 0, 1, … of those alive.
    """
    result = np.zeros(size, dtype=np.bool_)
    for start in range(0, size, BLOCK):
        alive = _survivors(rng, sample_row, dim, min(BLOCK, size - start))
        result[start + alive] = True
    return result


def border(inverse: FloatArray, row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return z (m, i) and its squared norm (m,) for inverses (m, i, i) and rows (m, i)."""
    z: FloatArray = np.einsum("mij,mj->mi", inverse, row)
    return z, np.einsum("mi,mi->m", z, z)


def extended(inverse: FloatArray, z: FloatArray, pivot: FloatArray) -> FloatArray:
    """Inverse Cholesky factors with one more row: shape (m, i + 1, i + 1)."""
    size, i = z.shape
    found = np.zeros((size, i + 1, i + 1))
    root = 1 / np.sqrt(pivot)
    found[:, :i, :i] = inverse
    found[:, i, :i] = np.einsum("mi,mij->mj", -root[:, None] * z, inverse)
    found[:, i, i] = root
    return found


def _survivors(rng: np.random.Generator, sample_row: Row, dim: int, size: int) -> NDArray[np.intp]:
    """Positions of the positive definite ones among ``size`` matrices."""
    alive = np.arange(size)
    inverse, triangle = np.empty((size, 0, 0)), np.empty((size, 0))
    for i in range(dim):
        row = sample_row(rng, i, alive.size)
        diagonal = row[:, i]
        keep = np.flatnonzero(diagonal > 0)  # a pivot is no larger than its diagonal entry
        inverse, row, diagonal = inverse[keep], row[keep], diagonal[keep]
        z, norm = border(inverse, row[:, :i])
        good = np.flatnonzero(diagonal - norm > dim * _EPS * diagonal)
        if not good.size:
            return good
        keep, row = keep[good], row[good]
        alive, triangle = alive[keep], np.concatenate([triangle[keep], row], axis=1)
        inverse = extended(inverse[good], z[good], (diagonal - norm)[good])
    return alive[inertia.is_minimum(_unfolded(triangle, dim))]


def _unfolded(triangle: FloatArray, dim: int) -> FloatArray:
    """Symmetric matrices from their lower triangles, row by row: shape (m, dim, dim)."""
    matrices = np.empty((len(triangle), dim, dim))
    row, column = np.tril_indices(dim)
    matrices[:, row, column] = matrices[:, column, row] = triangle
    return matrices
