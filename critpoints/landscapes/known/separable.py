"""Sums of one function of each coordinate: the critical points are products."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import polynomial
from scipy.optimize import brentq

from critpoints.domains import Box
from critpoints.landscapes.known.base import (
    UNIT,
    KnownLandscape,
    KnownPoints,
    binomial_counts,
    rounded,
)
from critpoints.protocols import FloatArray
from critpoints.validation import integer, real


class SeparableSum(KnownLandscape):
    r"""A sum of the same function of each coordinate on a cube, :math:`f(x) = \sum_i g(x_i)`."""

    population = "critical points of a separable function"
    bounds_proven = True  # of all the families below

    @abstractmethod
    def profile(self, t: FloatArray, order: int) -> FloatArray:
        """Derivative of g of order 0, 1, 2 or 3, element by element."""

    @abstractmethod
    def third_within(self, t: FloatArray, radius: FloatArray) -> FloatArray:
        """Bounds of ``|g'''|`` within ``radius`` of ``t``."""

    @property
    @abstractmethod
    def ends(self) -> tuple[float, float]:
        """The side of the cube."""

    @property
    @abstractmethod
    def axis(self) -> FloatArray:
        """Critical points of g on the side, ascending."""

    @property
    def domain(self) -> Box:
        return Box(self.dim, *self.ends)

    @property
    def reach(self) -> float:
        """Largest coordinate within one width of the cube, where the rounding bounds hold."""
        low, high = self.ends
        return max(abs(low), abs(high)) + high - low

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return np.asarray(self.profile(x, 0).sum(axis=1))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return self.profile(x, 1)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Diagonal Hessians: (m, dim) -> (m, dim, dim)."""
        found: FloatArray = self.profile(x, 2)[:, :, None] * np.eye(self.dim)
        return found

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors: (m, dim), (m, dim) -> (m, dim)."""
        found: FloatArray = self.profile(x, 2) * v
        return found

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        """Bounds of the third derivatives over boxes: shape (m, dim, dim, dim)."""
        size = self.third_within(center, np.broadcast_to(np.abs(radius), center.shape))
        found = np.zeros((len(center), self.dim, self.dim, self.dim))
        i = np.arange(self.dim)
        found[:, i, i, i] = size * (1 + 1e-12)
        return found

    def _polished(self, roots: FloatArray) -> FloatArray:
        """Roots of g', sorted, after Newton steps."""
        found = np.sort(roots)
        for _ in range(3):
            found -= self.profile(found, 1) / self.profile(found, 2)
        return found

    def known_counts(self) -> list[int]:
        """Binomial: exact for any dimension."""
        minima = int((self.profile(self.axis, 2) > 0).sum())
        return binomial_counts(self.dim, minima, len(self.axis) - minima)

    def _known(self) -> KnownPoints:
        choice = np.indices((len(self.axis),) * self.dim).reshape(self.dim, -1).T
        negative = self.profile(self.axis, 2) < 0
        return KnownPoints.of(self, self.axis[choice], negative[choice].sum(axis=1))


class QuarticSum(SeparableSum):
    """g a polynomial of degree 4 with three critical points."""

    @property
    @abstractmethod
    def coefficients(self) -> tuple[float, float, float, float, float]:
        """Of 1, t, …, t⁴."""

    def profile(self, t: FloatArray, order: int) -> FloatArray:
        """Derivatives of the polynomial."""
        return np.asarray(polynomial.polyval(t, polynomial.polyder(self.coefficients, order)))

    def third_within(self, t: FloatArray, radius: FloatArray) -> FloatArray:
        """The third derivative is affine."""
        return np.asarray(np.abs(self.profile(t, 3)) + 24 * abs(self.coefficients[4]) * radius)

    @property
    def axis(self) -> FloatArray:
        """Roots of the derivative, polished by Newton steps."""
        return self._polished(polynomial.polyroots(polynomial.polyder(self.coefficients)).real)

    def rounding(self) -> tuple[float, float]:
        """Horner's rule: 2n roundings relative to the sum of the sizes of the terms."""
        sizes = np.abs(self.coefficients)
        first, second = (
            float(polynomial.polyval(self.reach, polynomial.polyder(sizes, order)))
            for order in (1, 2)
        )
        return rounded(10) * first, rounded(10) * second


@dataclass(frozen=True)
class InvertedWells(QuarticSum):
    r"""A well between two hills on each axis: exactly a fraction 1/3^d are minima.

    .. math:: f(x) = \sum_i x_i^2/2 - x_i^4/4 \quad\text{on}\quad [-2, 2]^d

    On each axis one minimum, 0, between two maxima, ±1: a Morse function whose fraction of minima
    is that of three equally likely kinds an axis.
    """

    dim: int

    name = "inverted-wells"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))

    @property
    def coefficients(self) -> tuple[float, float, float, float, float]:
        return 0.0, 0.0, 0.5, 0.0, -0.25

    @property
    def ends(self) -> tuple[float, float]:
        return -2.0, 2.0


@dataclass(frozen=True)
class DoubleWell(QuarticSum):
    r"""Two wells on each axis, tilted.

    .. math:: f(x) = \sum_i x_i^4/4 - x_i^2/2 + \epsilon x_i \quad\text{on}\quad [-2, 2]^d

    Parameters
    ----------
    dim : int
    tilt : float
        ε, of modulus at most .38: at :math:`2/(3\sqrt3)` = .3849 one well vanishes.
    """

    dim: int
    tilt: float = 0.0

    name = "double-well"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "tilt", real("tilt", self.tilt, at_least=-0.38, at_most=0.38))

    @property
    def coefficients(self) -> tuple[float, float, float, float, float]:
        return 0.0, self.tilt, -0.5, 0.0, 0.25

    @property
    def ends(self) -> tuple[float, float]:
        return -2.0, 2.0


@dataclass(frozen=True)
class StyblinskiTang(QuarticSum):
    r"""The Styblinski-Tang test function: a fraction (2/3)^d are minima.

    .. math:: f(x) = \frac12\sum_i x_i^4 - 16x_i^2 + 5x_i \quad\text{on}\quad [-5, 5]^d

    References
    ----------
    Styblinski & Tang (1990), Neural Networks 3, 467.
    """

    dim: int

    name = "styblinski-tang"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))

    @property
    def coefficients(self) -> tuple[float, float, float, float, float]:
        return 0.0, 2.5, -8.0, 0.0, 0.5

    @property
    def ends(self) -> tuple[float, float]:
        return -5.0, 5.0


@dataclass(frozen=True)
class Rastrigin(SeparableSum):
    r"""The Rastrigin test function: a fraction (11/21)^d are minima.

    .. math:: f(x) = \sum_i x_i^2 + 10 - 10\cos 2\pi x_i \quad\text{on}\quad [-5.12, 5.12]^d

    Each axis has 11 minima, one near each integer, and 10 maxima between them: a fraction
    :math:`(11/21)^d` of the critical points are minima.

    References
    ----------
    Rastrigin (1974), Systems of extremal control; Mühlenbein, Schomisch & Born (1991), Parallel
    Computing 17, 619.
    """

    dim: int

    name = "rastrigin"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))

    @property
    def ends(self) -> tuple[float, float]:
        return -5.12, 5.12

    def profile(self, t: FloatArray, order: int) -> FloatArray:
        """Derivatives of the parabola and of the wave."""
        parabola = (t**2 + 10, 2 * t, np.full_like(t, 2.0), np.zeros_like(t))[order]
        wave = (np.cos, np.sin, np.cos, np.sin)[order](2 * math.pi * t)
        sign = (-1, 1, 1, -1)[order]
        return np.asarray(parabola + sign * 10 * (2 * math.pi) ** order * wave)

    def third_within(self, t: FloatArray, radius: FloatArray) -> FloatArray:
        """The sine of the centre and its Lipschitz constant."""
        error = rounded(3) * 2 * math.pi * self.reach + 8 * UNIT
        wave = np.abs(np.sin(2 * math.pi * t)) + 2 * math.pi * radius + error
        return np.asarray(10 * (2 * math.pi) ** 3 * np.minimum(wave, 1.0))

    @property
    def axis(self) -> FloatArray:
        """One root of g' within ¼ of each half-integer: there 2|t| < 20π|sin 2πt|."""
        halves = np.arange(-10, 11) / 2
        return self._polished(
            np.array([brentq(self._slope, t - 0.25, t + 0.25) for t in halves.tolist()])
        )

    def _slope(self, t: float) -> float:
        return 2 * t + 20 * math.pi * math.sin(2 * math.pi * t)

    def rounding(self) -> tuple[float, float]:
        """Errors of the phase (3 roundings), of the wave (4 ulp) and of the products."""
        wave = rounded(3) * 2 * math.pi * self.reach + 8 * UNIT + rounded(6)
        first = 20 * math.pi * wave + rounded(3) * 2 * self.reach
        return first, 40 * math.pi**2 * wave + rounded(3) * 2
