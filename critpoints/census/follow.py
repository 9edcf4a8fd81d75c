r"""Walks to critical points of a given index: minima, maxima, and saddles between.

In eigenvectors of the Hessian, with c the gradient along them, a walk goes up the modes that it is
to have negative and down all others:

.. math:: p_i = \pm c_i / |\lambda_i|,

no further than a radius of trust. As soon as the signs of the eigenvalues are those wanted this is
Newton's step. The radius is local: it shrinks where the gradient is not what gradient and Hessian
one step earlier predicted, and grows where it is. Of a walk that starts beside a critical point
along one of its modes this mode is one of those climbed, as long as it can be recognised.

References
----------
Cerjan & Miller (1981), J. Chem. Phys. 75, 2800 (eigenvector following). Conn, Gould & Toint (2000),
Trust-Region Methods, §6.1 (the radius).
"""

from __future__ import annotations

import numpy as np

from critpoints.census.local import Local, length_of, move, norms
from critpoints.domains import Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_STEPS = 30
_POOR, _GOOD = 0.6, 0.3  # relative errors of the predicted gradient
_NULL = 1e-12  # of the largest eigenvalue: modes along which nothing is to be gained
_NEAR = 0.1
"""A walk ends where its step is predicted so well and the signs are those wanted."""


def follow(
    landscape: Landscape,
    starts: FloatArray,
    index: IntArray,
    radius: FloatArray,
    mode: FloatArray | None = None,
) -> tuple[FloatArray, IntArray]:
    """Walk from every start to where Newton's method will find a point of the index wanted.

    Parameters
    ----------
    landscape : Landscape
    starts : ndarray, shape (m, ambient)
    index : ndarray of int, shape (m,)
        Modes to climb.
    radius : ndarray, shape (m,)
        Length of the first step at most.
    mode : ndarray, shape (m, ambient), optional
        A tangent vector; the mode nearest to it is climbed first, unless the index is 0.

    Returns
    -------
    ends : ndarray, shape (n, ambient)
        Ends of the walks that arrived, n ≤ m.
    rows : ndarray of int, shape (n,)
        Which walks these were.
    """
    walk = _Walk(landscape, starts, index, radius, mode)
    for _ in range(_STEPS):
        if not len(walk.x):
            break
        walk.advance()
    if not walk.ends:
        return np.empty((0, starts.shape[1])), np.empty(0, dtype=np.int64)
    return np.concatenate(walk.ends), np.concatenate(walk.rows)


def first_radius(domain: Domain, gradient: FloatArray, hessian: FloatArray) -> FloatArray:
    r"""Radii to begin walks with, :math:`|g| / \|H\|`, at most an eighth of the domain: (m,)."""
    widest = length_of(domain) / 8
    with np.errstate(all="ignore"):
        bend = norms(gradient) / norms(hessian)
    usable = np.isfinite(bend) & (bend > 0)
    return np.minimum(np.where(usable, bend, min(widest, 1.0)), widest)


class _Walk:
    """Walks under way."""

    def __init__(
        self, landscape: Landscape, starts: FloatArray, index: IntArray, radius: FloatArray,
        mode: FloatArray | None,
    ) -> None:  # fmt: skip
        self.landscape, self.widest = landscape, length_of(landscape.domain)
        local = Local(landscape, starts)
        rows = local.finite
        self.row = np.flatnonzero(rows)
        self.x, self.index, self.radius = starts[rows], index[rows], radius[rows]
        self.mode = np.zeros_like(starts[rows]) if mode is None else mode[rows]
        self.gradient, self.hessian = local.gradient[rows], local.hessian[rows]
        self.basis = None if local.basis is None else local.basis[rows]
        self.ends: list[FloatArray] = []
        self.rows: list[IntArray] = []

    def advance(self) -> None:
        step, right = self._step()
        ambient = step if self.basis is None else np.einsum("mai,mi->ma", self.basis, step)
        there = Local(self.landscape, move(self.landscape.domain, self.x, ambient))
        length = norms(step)
        error = self._surprise(there, step)
        settled = right & (error <= _NEAR) & (length < 0.99 * self.radius)
        taken = there.finite & (error <= 1)
        if settled.any():
            self.ends.append(there.points[settled])
            self.rows.append(self.row[settled])
        shrunk = np.where(taken, 0.5, 0.25) * length
        grown = np.where(length > 0.9 * self.radius, 2.0, 1.0) * self.radius
        radius = np.where(error > _POOR, shrunk, np.where(error < _GOOD, grown, self.radius))
        self.radius = np.minimum(radius, self.widest)
        self._keep(there, taken, ~settled & (length > 1e-12 * np.abs(self.x).max(axis=1)))

    def _keep(self, there: Local, taken: BoolArray, going: BoolArray) -> None:
        for name in ("gradient", "hessian"):
            new, old = getattr(there, name), getattr(self, name)
            chosen = np.where(taken.reshape(-1, *(1,) * (new.ndim - 1)), new, old)
            setattr(self, name, chosen[going])
        self.x = np.where(taken[:, None], there.points, self.x)[going]
        if self.basis is not None and there.basis is not None:
            self.basis = np.where(taken[:, None, None], there.basis, self.basis)[going]
        for name in ("row", "index", "radius", "mode"):
            setattr(self, name, getattr(self, name)[going])

    def _step(self) -> tuple[FloatArray, BoolArray]:
        """Steps on the tangent spaces, and where they are Newton's."""
        values, vectors = np.linalg.eigh(self.hessian)
        along = np.einsum("mij,mi->mj", vectors, self.gradient)
        climbed = self._climbed(vectors)
        null = np.abs(values) <= _NULL * np.abs(values).max(axis=1, keepdims=True)
        with np.errstate(all="ignore"):
            wanted = np.where(climbed, along, -along) / np.abs(values)
        wanted = np.where(null, 0.0, np.nan_to_num(wanted))
        wanted = np.clip(wanted, -self.radius[:, None], self.radius[:, None])
        norm = norms(wanted)
        long = norm > self.radius
        wanted *= np.where(long, self.radius / np.where(long, norm, 1.0), 1.0)[:, None]
        right = (((values < 0) == climbed) | null).all(axis=1) & ~null.all(axis=1)
        return np.einsum("mij,mj->mi", vectors, wanted), right

    def _climbed(self, vectors: FloatArray) -> BoolArray:
        """Modes to climb: the one followed, and the lowest others, ``index`` in all."""
        dim = vectors.shape[2]
        mode = self.mode
        if self.basis is not None:
            mode = np.einsum("mai,ma->mi", self.basis, mode)
        overlap = np.abs(np.einsum("mij,mi->mj", vectors, mode))
        best = overlap.argmax(axis=1)
        led = (overlap.max(axis=1) > 0) & (self.index > 0)
        rank = np.broadcast_to(np.arange(dim), overlap.shape).copy()
        rank += 1
        rank[led, best[led]] = 0
        order = np.argsort(np.argsort(rank, axis=1), axis=1)
        if led.any():
            new = vectors[np.arange(len(best)), :, best]
            if self.basis is not None:
                new = np.einsum("mai,mi->ma", self.basis, new)
            self.mode = np.where(led[:, None], new, self.mode)
        return np.asarray(order < self.index[:, None])

    def _surprise(self, there: Local, step: FloatArray) -> FloatArray:
        """Distance of the gradients met from those predicted, relative to how they changed."""
        gradient = there.gradient
        if self.basis is not None and there.basis is not None:
            turn = np.einsum("mai,maj->mij", self.basis, there.basis)
            gradient = np.einsum("mij,mj->mi", turn, gradient)
        change = np.einsum("mij,mj->mi", self.hessian, step)
        with np.errstate(all="ignore"):
            odd = norms(gradient - self.gradient - change)
            size = np.maximum(norms(change), norms(self.gradient))
            return np.asarray(np.where(there.finite, np.nan_to_num(odd / size, nan=0.0), np.inf))
