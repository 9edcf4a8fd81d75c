"""Batches of dense symmetric matrices, drawn a triangle at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints.protocols import FloatArray

Entries = Callable[[tuple[int, int]], NDArray[np.floating[Any]]]


def wigner(draw: Entries, size: int, dim: int) -> FloatArray:
    """Symmetric matrices whose independent entries are drawn ones on the diagonal, /√2 off it.

    ``draw(shape)`` gives entries of mean zero and variance one; a triangle is drawn and unfolded,
    which is several times faster than adding a transpose. Shape (size, dim, dim).
    """
    return unfold(draw((size, triangle_size(dim))), dim)


def unfold(entries: NDArray[np.floating[Any]], dim: int) -> FloatArray:
    """Symmetric matrices from the standardised entries of a triangle, a row a matrix.

    Entries off the diagonal are divided by √2. Shape (size, dim (dim + 1) / 2) to
    (size, dim, dim).
    """
    scale, place = _triangle(dim)
    matrices: FloatArray = (entries * scale).take(place, axis=1)
    return matrices.reshape(len(entries), dim, dim)


def triangle_size(dim: int) -> int:
    """Number of independent entries of a symmetric matrix."""
    return dim * (dim + 1) // 2


def goe(rng: np.random.Generator, size: int, dim: int) -> FloatArray:
    """GOE: diagonal N(0, 1), off-diagonal N(0, ½). Shape (size, dim, dim)."""
    return wigner(rng.standard_normal, size, dim)


def goi(rng: np.random.Generator, size: int, dim: int, variance: float) -> FloatArray:
    """GOI(variance): GOE + ξI with ξ ~ N(0, variance). Shape (size, dim, dim)."""
    matrices = goe(rng, size, dim)
    return _shifted(matrices, np.sqrt(variance) * rng.standard_normal((size, 1)))


def goi_from(z: FloatArray, dim: int, variance: float) -> FloatArray:
    """GOI(variance) as a map of normals: a triangle, then the shift. Shape (size, dim, dim)."""
    return _shifted(unfold(z[:, :-1], dim), np.sqrt(variance) * z[:, -1:])


def _shifted(matrices: FloatArray, shift: FloatArray) -> FloatArray:
    axes = np.arange(matrices.shape[1])
    matrices[:, axes, axes] += shift
    return matrices


@lru_cache(maxsize=16)
def _triangle(dim: int) -> tuple[FloatArray, NDArray[np.intp]]:
    """Scale of each drawn entry, and where each entry of the matrix is drawn."""
    row, column = np.tril_indices(dim)
    place = np.empty((dim, dim), dtype=np.intp)
    place[row, column] = place[column, row] = np.arange(row.size)
    return np.where(row == column, 1.0, np.sqrt(0.5)), place.ravel()
