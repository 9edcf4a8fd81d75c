"""Functions whose critical points are the eigenvectors of a matrix."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from critpoints.domains import Box, Sphere, scaled_exactly
from critpoints.landscapes.known.base import (
    UNDERFLOW,
    KnownLandscape,
    KnownPoints,
    counted,
    distinct_spectrum,
    rounded,
)
from critpoints.protocols import FloatArray
from critpoints.validation import integer


@dataclass(frozen=True)
class RayleighQuotient(KnownLandscape):
    r"""The Rayleigh quotient of a matrix on the unit sphere S^dim, in its eigenbasis.

    .. math:: f(x) = \sum_i\lambda_i x_i^2, \qquad |x| = 1

    With :math:`\lambda_1 < \dots < \lambda_n`, n = dim + 1, the critical points are ±e_i, of index
    i - 1 and curvatures :math:`2(\lambda_j-\lambda_i)`: one n-th of them are minima. For a GOE
    matrix take :class:`~critpoints.landscapes.sphere.SphericalSpin` with p = 2.

    Parameters
    ----------
    dim : int
        Dimension of the sphere.
    spectrum : tuple of float
        dim + 1 distinct eigenvalues, none 0; dim + 1, …, 2, 1 by default.
    """

    dim: int
    spectrum: tuple[float, ...] = ()

    population = "critical points of a Rayleigh quotient"
    name = "rayleigh"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        distinct_spectrum("spectrum", self.spectrum, self.dim + 1)

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """λ: shape (dim + 1,)."""
        return np.array(distinct_spectrum("spectrum", self.spectrum, self.dim + 1))

    @property
    def domain(self) -> Sphere:
        return Sphere(self.dim)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim + 1) -> (m,)."""
        return np.asarray(x**2 @ self.eigenvalues)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Tangent gradients: (m, dim + 1) -> (m, dim + 1)."""
        return np.asarray(2 * x * (self.eigenvalues - self.value(x)[:, None]))

    def hessian(self, x: FloatArray) -> FloatArray:
        """Riemannian Hessians: (m, dim + 1) -> (m, dim + 1, dim + 1)."""
        project = np.eye(self.dim + 1) - x[:, :, None] * x[:, None, :]
        curved = 2 * (project * self.eigenvalues) @ project
        curved -= 2 * self.value(x)[:, None, None] * project
        return np.asarray((curved + curved.swapaxes(1, 2)) / 2)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times (the tangent parts of) vectors."""
        along = self.domain.tangent(x, v)
        bent = self.domain.tangent(x, 2 * self.eigenvalues * along)
        return np.asarray(bent - 2 * self.value(x)[:, None] * along)

    def known_counts(self) -> list[int]:
        """Two of each index."""
        return [2] * (self.dim + 1)

    def _known(self) -> KnownPoints:
        rank = np.argsort(np.argsort(self.eigenvalues))
        axes = np.eye(self.dim + 1)
        return KnownPoints.of(self, np.concatenate([axes, -axes]), np.tile(rank, 2))


@dataclass(frozen=True)
class Factorisation(KnownLandscape):
    r"""The best approximation of rank one to a diagonal matrix.

    .. math:: f(x) = \frac14\|xx^T - M\|_F^2

    The critical points are 0, with curvatures :math:`-\lambda_j`, and
    :math:`\pm\sqrt{\lambda_i}\,e_i` for each positive eigenvalue, with curvatures
    :math:`2\lambda_i` and :math:`\lambda_i-\lambda_j`. The cube is large enough to hold them all.

    Parameters
    ----------
    dim : int
    spectrum : tuple of float
        Distinct eigenvalues of M, none 0; dim, …, 2, 1 by default.
    """

    dim: int
    spectrum: tuple[float, ...] = ()

    population = "critical points of a matrix factorisation"
    name = "factorisation"
    version = 1
    bounds_proven = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        distinct_spectrum("spectrum", self.spectrum, self.dim)

    @cached_property
    def eigenvalues(self) -> FloatArray:
        """λ: shape (dim,)."""
        return np.array(distinct_spectrum("spectrum", self.spectrum, self.dim))

    @cached_property
    def side(self) -> float:
        """Half the side of the cube: where x² exceeds every eigenvalue the gradient is outward."""
        return 1.5 * math.sqrt(float(np.abs(self.eigenvalues).max()))

    @property
    def domain(self) -> Box:
        return Box(self.dim, -self.side, self.side)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        squares = x**2
        quartic = squares.sum(axis=1) ** 2 - 2 * squares @ self.eigenvalues
        return np.asarray((quartic + (self.eigenvalues**2).sum()) / 4)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return np.asarray(x * ((x**2).sum(axis=1, keepdims=True) - self.eigenvalues))

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        diagonal = (x**2).sum(axis=1, keepdims=True) - self.eigenvalues
        return np.asarray(
            2 * x[:, :, None] * x[:, None, :] + diagonal[:, :, None] * np.eye(self.dim)
        )

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors: (m, dim), (m, dim) -> (m, dim)."""
        diagonal = (x**2).sum(axis=1, keepdims=True) - self.eigenvalues
        return np.asarray(2 * x * (x * v).sum(axis=1, keepdims=True) + diagonal * v)

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        r""":math:`2(x_i\delta_{jk} + x_j\delta_{ik} + x_k\delta_{ij})` at the largest ``|x_i|``."""
        size = np.abs(center) + np.abs(radius)
        one = 2 * size[:, :, None, None] * np.eye(self.dim)
        return np.asarray((one + one.swapaxes(1, 2) + one.swapaxes(1, 3)) * (1 + 1e-12))

    def rounding(self) -> tuple[float, float]:
        """Within one width of the cube: dim + 4 roundings of sums of squares, and underflow."""
        reach = 3 * self.side
        diagonal = self.dim * reach**2 + float(np.abs(self.eigenvalues).max())
        n = rounded(self.dim + 4)
        first, second = n * reach * diagonal, n * (2 * reach**2 + diagonal)
        return first + (1 + reach) * UNDERFLOW, second + UNDERFLOW

    def normalised(self) -> tuple[Factorisation, int, int] | None:
        r"""With :math:`2^{-2l}\lambda`, which are near 1: :math:`f(2^ly) = 2^{4l}g(y)`."""
        if type(self) is not Factorisation:  # a subclass may be another function
            return None
        length = math.frexp(self.side)[1]
        spectrum = scaled_exactly(self.eigenvalues, -2 * length)
        if spectrum is None:
            return None
        return Factorisation(self.dim, tuple(spectrum.tolist())), length, 4 * length

    def known_counts(self) -> list[int]:
        """Two of each index below the number of positive eigenvalues, and 0."""
        return counted(self._known().index, self.dim)

    def _known(self) -> KnownPoints:
        values = self.eigenvalues
        positive = np.flatnonzero(values > 0)
        roots = np.eye(self.dim)[positive] * np.sqrt(values[positive])[:, None]
        larger = (values > values[positive][:, None]).sum(axis=1)
        points = np.concatenate([np.zeros((1, self.dim)), roots, -roots])
        return KnownPoints.of(self, points, np.array([len(positive), *larger, *larger]))
