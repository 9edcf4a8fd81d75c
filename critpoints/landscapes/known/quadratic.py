"""One critical point: a quadratic saddle, and the degenerate monkey saddle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from critpoints.domains import Box
from critpoints.landscapes.known.base import (
    UNDERFLOW,
    KnownLandscape,
    KnownPoints,
    counted,
    rounded,
)
from critpoints.protocols import FloatArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class Quadratic(KnownLandscape):
    r"""A quadratic of given curvatures on a cube.

    .. math:: f(x) = \frac12\sum_i\lambda_i x_i^2 \quad\text{on}\quad [-1, 1]^d

    Parameters
    ----------
    dim : int
    spectrum : tuple of float
        The curvatures λ, none 0; if given, ``index`` and ``curvature`` must be left alone.
    index : int
        How many curvatures are ``-curvature``; the others are 1.
    curvature : float
    """

    dim: int
    spectrum: tuple[float, ...] = ()
    index: int = 1
    curvature: float = 1.0

    population = "critical points of a quadratic form"
    name = "quadratic"
    version = 1
    bounds_proven = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "index", integer("index", self.index, low=0, high=self.dim))
        object.__setattr__(self, "curvature", real("curvature", self.curvature, above=0))
        spectrum = tuple(real("spectrum", v) for v in self.spectrum)
        object.__setattr__(self, "spectrum", spectrum)
        if not spectrum:
            return
        if len(spectrum) != self.dim or 0.0 in spectrum:
            raise ValueError(f"spectrum must be {self.dim} nonzero numbers, got {spectrum}")
        if (self.index, self.curvature) != (1, 1.0):
            raise ValueError("give either spectrum, or index and curvature")

    @cached_property
    def curvatures(self) -> FloatArray:
        """λ: shape (dim,)."""
        if self.spectrum:
            return np.array(self.spectrum)
        return np.where(np.arange(self.dim) < self.index, -self.curvature, 1.0)

    @property
    def domain(self) -> Box:
        return Box(self.dim, -1.0, 1.0)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return np.asarray(x**2 @ self.curvatures / 2)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return np.asarray(x * self.curvatures)

    def hessian(self, x: FloatArray) -> FloatArray:
        """The same Hessian everywhere: (m, dim) -> (m, dim, dim)."""
        return np.tile(np.diag(self.curvatures), (len(x), 1, 1))

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors: (m, dim), (m, dim) -> (m, dim)."""
        return np.asarray(v * self.curvatures)

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        """Zero: shape (m, dim, dim, dim)."""
        return np.zeros((len(center),) + (self.dim,) * 3)

    def rounding(self) -> tuple[float, float]:
        """One product; the Hessian is exact, yet no bound is 0."""
        size = float(np.abs(self.curvatures).max())
        return 3 * rounded(1) * size + UNDERFLOW, rounded(1) * size + UNDERFLOW

    def known_counts(self) -> list[int]:
        """One point."""
        return counted(self._known().index, self.dim)

    def _known(self) -> KnownPoints:
        return KnownPoints.of(
            self, np.zeros((1, self.dim)), np.array([(self.curvatures < 0).sum()])
        )


@dataclass(frozen=True)
class MonkeySaddle(KnownLandscape):
    r"""The monkey saddle in two coordinates, a bowl in the others; dim at least 2.

    .. math:: f(x) = x_1^3 - 3x_1x_2^2 + \frac12\sum_{i>2}x_i^2 \quad\text{on}\quad [-1, 1]^d

    Its one critical point, 0, is degenerate with two zero curvatures and none negative, yet no
    minimum: three valleys lead down.
    """

    dim: int

    population = "critical points of the monkey saddle"
    name = "monkey"
    version = 1
    bounds_proven = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=2))

    @property
    def domain(self) -> Box:
        return Box(self.dim, -1.0, 1.0)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        a, b = x[:, 0], x[:, 1]
        return np.asarray(a**3 - 3 * a * b**2 + (x[:, 2:] ** 2).sum(axis=1) / 2)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        a, b = x[:, 0], x[:, 1]
        found = x.copy()
        found[:, 0] = 3 * (a**2 - b**2)
        found[:, 1] = -6 * a * b
        return found

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        a, b = 6 * x[:, 0], 6 * x[:, 1]
        found = np.tile(np.eye(self.dim), (len(x), 1, 1))
        found[:, 0, 0], found[:, 1, 1] = a, -a
        found[:, 0, 1] = found[:, 1, 0] = -b
        return found

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        """The constants themselves: shape (m, dim, dim, dim)."""
        found = np.zeros((len(center),) + (self.dim,) * 3)
        found[:, 0, 0, 0] = 6.0
        found[:, 0, 1, 1] = found[:, 1, 0, 1] = found[:, 1, 1, 0] = 6.0
        return found

    def rounding(self) -> tuple[float, float]:
        """Within one width of the square, where no coordinate exceeds 3."""
        return 54 * rounded(4), 18 * rounded(2)

    def known_counts(self) -> list[int]:
        """One point."""
        return [1] + [0] * self.dim

    def _known(self) -> KnownPoints:
        return KnownPoints.of(self, np.zeros((1, self.dim)), np.array([0]), 2)
