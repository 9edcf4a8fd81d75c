"""Euclidean lengths of rows, where squares would overflow or vanish too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Squares in this range have lost nothing to underflow, in any number of terms that fits in memory.
_SMALLEST, _LARGEST = 1e-280, 1e300


def lengths(rows: Floats) -> Floats:
    r"""‖row‖ for rows of any size that a float can have: (m, n) -> (m,).

    Rows whose squares leave the range of floats are scaled by a power of two first, which is exact:
    the length of :math:`2^k x` is :math:`2^k` times that of x, bit by bit.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.vecdot(rows, rows)
        found: Floats = np.sqrt(squares)
        if squares.min(initial=1.0) > _SMALLEST and squares.max(initial=1.0) < _LARGEST:
            return found
        odd = ~((squares > _SMALLEST) & (squares < _LARGEST))
        part = rows[odd]
        _, power = np.frexp(np.abs(part).max(axis=1))
        scaled = np.ldexp(part, -power[:, None])
        found[odd] = np.ldexp(np.sqrt(np.vecdot(scaled, scaled)), power)
    return found


def shortened(rows: Floats, limit: float) -> Floats:
    """Rows longer than ``limit`` as vectors of that length, the others as they are."""
    long = lengths(rows) > limit
    if not long.any():
        return rows
    found, part = rows.copy(), rows[long]
    part = part / np.abs(part).max(axis=1, keepdims=True)
    found[long] = part * (limit / np.sqrt(np.vecdot(part, part)))[:, None]
    return found


def add_squares(roots: Floats, g: Floats, kept: float, added: float, scratch: Floats) -> None:
    r"""r ← √(kept·r² + added·g²) in place, element by element, for g of any size.

    ``scratch`` is an array of the same shape to work in.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        np.multiply(roots, roots, out=scratch)
        scratch *= kept
        squares = g * g
        squares *= added
        scratch += squares
        if scratch.min() > _SMALLEST and scratch.max() < _LARGEST:
            np.sqrt(scratch, out=roots)
            return
        odd = ~((scratch > _SMALLEST) & (scratch < _LARGEST))
        exact = np.hypot(np.sqrt(kept) * roots[odd], np.sqrt(added) * g[odd])
        np.sqrt(scratch, out=roots)
        roots[odd] = exact
