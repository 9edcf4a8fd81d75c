"""Cells under way: boxes that cover what of the domain is not settled yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.domains import Box, Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray

_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Cells:
    """Boxes ``center`` ± ``radius``, shape (m, d) each. Their union is what counts."""

    center: FloatArray
    radius: FloatArray

    def __len__(self) -> int:
        return len(self.center)

    def __getitem__(self, rows: BoolArray | IntArray | slice) -> Cells:
        return Cells(self.center[rows], self.radius[rows])

    @property
    def volumes(self) -> FloatArray:
        """Volumes: shape (m,)."""
        return np.asarray((2 * self.radius).prod(axis=1))

    def cut(self, low: FloatArray, high: FloatArray) -> Cells:
        """The parts between offsets from the centres, widened by the rounding of their ends."""
        center = self.center + (low + high) / 2
        radius = (high - low) / 2
        return Cells(center, radius + 4 * _EPS * (np.abs(center) + self.radius))

    def halves(self, axis: IntArray) -> tuple[Cells, Cells]:
        """The lower and the upper half of each cell along its ``axis``."""
        along = np.zeros_like(self.radius)
        rows = np.arange(len(self))
        along[rows, axis] = self.radius[rows, axis]
        lower = self.cut(-self.radius, self.radius - along)
        return lower, self.cut(along - self.radius, self.radius)


def join(parts: list[Cells]) -> Cells:
    """Cells of all parts, which must not be an empty list."""
    return Cells(
        np.concatenate([p.center for p in parts]), np.concatenate([p.radius for p in parts])
    )


def whole(domain: Domain) -> Cells:
    """One cell: all of a box or torus."""
    if isinstance(domain, Box):
        low, high = domain.ends
    else:
        low, high = np.zeros(domain.dim), np.full(domain.dim, domain.period)
    half = (high - low)[None] / 2
    return Cells(low[None] + half, half).cut(-half, half)
