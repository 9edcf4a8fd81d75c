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
    scale, place = _triangle(dim)
    matrices: FloatArray = (draw((size, scale.size)) * scale).take(place, axis=1)
    return matrices.reshape(size, dim, dim)


def goe(rng: np.random.Generator, size: int, dim: int) -> FloatArray:
    """GOE: diagonal N(0, 1), off-diagonal N(0, ½). Shape (size, dim, dim)."""
    return wigner(rng.standard_normal, size, dim)


def goi(rng: np.random.Generator, size: int, dim: int, variance: float) -> FloatArray:
    """GOI(variance): GOE + ξI with ξ ~ N(0, variance). Shape (size, dim, dim)."""
    matrices = goe(rng, size, dim)
    axes = np.arange(dim)
    matrices[:, axes, axes] += np.sqrt(variance) * rng.standard_normal((size, 1))
    return matrices


@lru_cache(maxsize=16)
def _triangle(dim: int) -> tuple[FloatArray, NDArray[np.intp]]:
    """Scale of each drawn entry, and where each entry of the matrix is drawn."""
    row, column = np.tril_indices(dim)
    place = np.empty((dim, dim), dtype=np.intp)
    place[row, column] = place[column, row] = np.arange(row.size)
    return np.where(row == column, 1.0, np.sqrt(0.5)), place.ravel()
