"""What a certified census would cost."""

from __future__ import annotations

import numpy as np

from critpoints.census.units import unit
from critpoints.domains import Box, Torus
from critpoints.protocols import FloatArray, Landscape

_SAMPLE = 512
_MARGIN = 4.0
"""Cells examined over the estimate below: 1.5 to 15 on trigonometric polynomials, d = 1 to 4."""


def predicted_cells(landscape: Landscape, seed: int = 0) -> float:
    r"""Cells that subdivision would examine, to an order of magnitude; ``inf`` if it cannot.

    A cell of half-width r at x is decided once :math:`r \ge r(x)` fails no more: it is excluded
    where some :math:`|g_i| > \sum_j |H_{ij}| r + \tfrac12 K d r^2` or
    :math:`|H^{-1} g|_\infty > r + \tfrac12 \beta K d r^2`, settled where
    :math:`\beta K \sqrt d\, r < \tfrac12`, with :math:`\beta = \|H^{-1}\|` and K a bound of
    :math:`\nabla^3 f` at x. The domain then takes :math:`|D|\, E[(2 r(x))^{-d}]` cells.
    """
    if not isinstance(landscape.domain, Box | Torus):
        return np.inf
    landscape = unit(landscape).landscape
    domain, dim = landscape.domain, landscape.dim
    x = domain.sample(np.random.default_rng(seed), _SAMPLE)
    third = landscape.third_bound(x, np.zeros_like(x))
    if third is None:
        return np.inf
    gradient, hessian = landscape.derivatives(x)
    bend = np.sqrt(np.square(third).sum(axis=(-3, -2, -1))) * np.ones(len(x))
    eigenvalues, vectors = np.linalg.eigh(hessian)
    smallest = np.maximum(np.abs(eigenvalues).min(axis=1), 1e-300)
    along = np.einsum("mij,mi->mj", vectors, gradient) / np.where(eigenvalues, eigenvalues, 1e-300)
    newton = np.abs(np.einsum("mij,mj->mi", vectors, along)).max(axis=1)
    rows = np.abs(hessian).sum(axis=2)
    with np.errstate(all="ignore"):
        radius = _root(rows, bend[:, None] * dim / 2, np.abs(gradient)).max(axis=1)
        radius = np.fmax(radius, _root(np.ones(len(x)), bend * dim / 2 / smallest, newton))
        radius = np.fmax(radius, smallest / (2 * bend * dim**0.5))
        found = _MARGIN * domain.volume * float(np.mean((2 * radius) ** -float(dim)))
    return found if np.isfinite(found) else np.inf


def _root(linear: FloatArray, square: FloatArray, constant: FloatArray) -> FloatArray:
    """The positive root of ``square`` r² + ``linear`` r = ``constant``, without cancellation."""
    return 2 * constant / (linear + np.sqrt(linear**2 + 4 * square * constant))
