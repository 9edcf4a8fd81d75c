"""Conjugate gradients and Lanczos on Hessian-vector products, all runs at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from critpoints.lengths import lengths
from critpoints.protocols import BoolArray, FloatArray, IntArray

Product = Callable[[IntArray, FloatArray], FloatArray]
"""Products of the Hessians of some runs (their indices) with a vector each."""


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Row by row: (m, n), (m, n) -> (m,)."""
    found: FloatArray = np.einsum("ma,ma->m", a, b)
    return found


def conjugate_gradients(
    product: Product, gradient: FloatArray, iterations: int, forcing: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray, IntArray]:
    """Solve H p = −g until ‖Hp + g‖ ≤ forcing·‖g‖, or until a direction curves down.

    ``forcing``, (runs,), in proportion to ‖g‖ makes Newton's method converge quadratically (Dembo,
    Eisenstat & Steihaug 1982, SIAM J. Numer. Anal. 19, 400).

    Returns
    -------
    p : ndarray, shape (runs, n)
        The step; where the curvature is negative, that direction d of unit length.
    curvature : ndarray, shape (runs,)
        dᵀHd there.
    negative : ndarray of bool, shape (runs,)
    products : ndarray of int, shape (runs,)
    """
    runs = len(gradient)
    p, unit = np.zeros_like(gradient), _units(gradient)
    residual, d = unit.copy(), -unit
    squared, enough = dot(unit, unit), forcing**2
    curvature, negative = np.zeros(runs), np.zeros(runs, dtype=np.bool_)
    products = np.zeros(runs, dtype=np.int64)
    on = np.flatnonzero(squared > 0)
    for _ in range(iterations):
        if not on.size:
            break
        image = product(on, d[on])
        products[on] += 1
        bend, length = dot(d[on], image), dot(d[on], d[on])
        down = bend <= 0
        out = on[down]
        negative[out], curvature[out] = True, bend[down] / length[down]
        p[out] = d[out] / np.sqrt(length[down])[:, None]
        on, image, bend = on[~down], image[~down], bend[~down]
        alpha = (squared[on] / bend)[:, None]
        p[on] += alpha * d[on]
        residual[on] += alpha * image
        now = dot(residual[on], residual[on])
        d[on] = (now / squared[on])[:, None] * d[on] - residual[on]
        squared[on] = now
        on = on[now > enough[on]]
    p *= np.where(negative, 1.0, lengths(gradient))[:, None]
    return p, curvature, negative, products


def lowest(
    product: Product, start: FloatArray, steps: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Smallest Ritz values (runs,), vectors (runs, n), and estimates of ‖H‖ (runs,), by Lanczos.

    ``steps`` products are made. Every new vector is orthogonalised against all before it, twice
    (Parlett 1998, The Symmetric Eigenvalue Problem, section 6.9). Where the space is exhausted
    early the rest is left out.
    """
    runs, everyone = len(start), np.arange(len(start))
    basis = np.zeros((runs, steps, start.shape[1]))
    band, scale = np.zeros((runs, steps, steps)), np.zeros(runs)
    ended = np.zeros(runs, dtype=np.bool_)
    q = start / lengths(start)[:, None]
    for j in range(steps):
        basis[:, j] = q
        w = product(everyone, q)
        band[:, j, j] = np.where(ended, np.inf, dot(q, w))
        for _ in range(2):
            w -= np.einsum("mka,mk->ma", basis, np.einsum("mka,ma->mk", basis, w))
        step = lengths(w)
        scale = np.fmax(scale, np.where(ended, 0.0, np.abs(band[:, j, j]) + step))
        ended |= step <= 1e-10 * scale
        if j + 1 < steps:
            band[:, j, j + 1] = band[:, j + 1, j] = np.where(ended, 0.0, step)
        q = np.divide(w, step[:, None], out=np.zeros_like(w), where=~ended[:, None])
    above = np.where(scale > 0, 2 * scale, 1.0)
    band = np.where(np.isfinite(band), band, above[:, None, None])
    values, vectors = np.linalg.eigh(band)
    return values[:, 0], np.einsum("mka,mk->ma", basis, vectors[:, :, 0]), scale


def _units(rows: FloatArray) -> FloatArray:
    """Rows of unit length, or zero."""
    size = lengths(rows)[:, None]
    return np.asarray(np.divide(rows, size, out=np.zeros_like(rows), where=size > 0))
