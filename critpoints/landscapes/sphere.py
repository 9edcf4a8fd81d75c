"""The spherical p-spin model: random homogeneous polynomials on the sphere."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from critpoints.domains import Euclidean, Sphere
from critpoints.protocols import FloatArray, Landscape, RandomField
from critpoints.validation import integer

LARGEST_TENSOR = 10**8  # numbers: 0.8 GB


@dataclass(frozen=True, eq=False)
class SpherePolynomial(Landscape):
    r""":math:`f(x) = \sum T_{i_1\dots i_p} x_{i_1}\cdots x_{i_p}` on the unit sphere.

    With P the projection on the tangent space, g and H the derivatives in all of space,

    .. math:: \nabla f = Pg,\quad \nabla^2 f = PHP - p f(x)\,P .

    Parameters
    ----------
    tensor : array_like, shape (N,) * p
        T with p ≥ 2 indices and N ≥ 2; made symmetric.
    """

    tensor: FloatArray
    dim: int = field(init=False)

    def __post_init__(self) -> None:
        tensor = np.array(self.tensor, dtype=float)
        if tensor.ndim < 2 or len(set(tensor.shape)) != 1 or len(tensor) < 2:
            raise ValueError(f"tensor must have shape (N,) * p, N, p >= 2, got {tensor.shape}")
        if not np.isfinite(tensor).all():
            raise ValueError("tensor must be finite")
        tensor = symmetric_part(tensor)
        tensor.flags.writeable = False
        object.__setattr__(self, "tensor", tensor)
        object.__setattr__(self, "dim", len(tensor) - 1)

    @property
    def p(self) -> int:
        """Order of the polynomial."""
        return self.tensor.ndim

    @cached_property
    def domain(self) -> Sphere:
        return Sphere(self.dim)

    def _contract(self, x: FloatArray) -> FloatArray:
        """T with all indices but two on x: shape (m, N, N)."""
        return contracted(self.tensor, x, self.p - 2)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, N) -> (m,)."""
        found: FloatArray = np.einsum("mi,mij,mj->m", x, self._contract(x), x, optimize=True)
        return found

    def gradient(self, x: FloatArray) -> FloatArray:
        """Tangent gradients: (m, N) -> (m, N)."""
        slope = self.p * np.einsum("mij,mj->mi", self._contract(x), x)
        return self.domain.tangent(x, slope)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Riemannian Hessians: (m, N) -> (m, N, N)."""
        return self.derivatives(x)[1]

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian from one contraction of the tensor."""
        p, plane = self.p, self._contract(x)
        slope = p * np.einsum("mij,mj->mi", plane, x)
        height = np.einsum("mi,mi->m", x, slope)[:, None, None]
        project = np.eye(self.dim + 1) - x[:, :, None] * x[:, None, :]
        curved = project @ (p * (p - 1) * plane) @ project - height * project
        return self.domain.tangent(x, slope), (curved + curved.swapaxes(1, 2)) / 2

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times (the tangent parts of) vectors: (m, N), (m, N) -> (m, N)."""
        p, plane, v = self.p, self._contract(x), self.domain.tangent(x, v)
        height = p * np.einsum("mi,mij,mj->m", x, plane, x, optimize=True)[:, None]
        bent = p * (p - 1) * np.einsum("mij,mj->mi", plane, v)
        found: FloatArray = self.domain.tangent(x, bent) - height * v
        return found

    def lagrangian(self, x: FloatArray) -> tuple[SphereLagrangian, FloatArray]:
        """:class:`SphereLagrangian` of f, scaled, and its points above ``x``."""
        scaled = SphereLagrangian(self.tensor * _unit(self.tensor))
        return scaled, scaled.above(x)

    def images(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """The antipodes: :math:`f(-x) = (-1)^p f(x)`."""
        return (-x,)


@dataclass(frozen=True, eq=False)
class SphereLagrangian(Landscape):
    r"""The Lagrangian of a homogeneous polynomial on the unit sphere, in all of space.

    .. math:: L(x, \mu) = f(x) + \tfrac\mu2 (1 - |x|^2),\quad
        \nabla L = \begin{pmatrix} g - \mu x \ (1-|x|^2)/2 \end{pmatrix},\quad
        \nabla^2 L = \begin{pmatrix} H - \mu & -x \ -x^T & 0 \end{pmatrix} .

    Critical points are pairs of one of f on the sphere and :math:`\mu = x \cdot g = p f(x)`. There
    :math:`\nabla^2 L` is the Riemannian Hessian on the tangent space and, x being an eigenvector
    of H, a matrix of one positive and one negative eigenvalue on the rest.

    Parameters
    ----------
    tensor : ndarray, shape (N,) * p
        Symmetric, and so small that no derivative of f of first or second order exceeds 1 in the
        unit ball.
    """

    tensor: FloatArray
    dim: int = field(init=False)

    bounds_proven = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", len(self.tensor) + 1)

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, reach=2.0)

    def above(self, x: FloatArray) -> FloatArray:
        """Points of the sphere and their multipliers: (m, N) -> (m, N + 1)."""
        return np.column_stack([x, self.tensor.ndim * self._parts(x)[0]])

    def _parts(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Value, gradient and Hessian of f in all of space."""
        p, plane = self.tensor.ndim, contracted(self.tensor, x, self.tensor.ndim - 2)
        slope = np.einsum("mij,mj->mi", plane, x)
        return np.einsum("mi,mi->m", x, slope), p * slope, p * (p - 1) * plane

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, N + 1) -> (m,)."""
        x, multiplier = x[:, :-1], x[:, -1]
        found: FloatArray = self._parts(x)[0] + multiplier * (1 - np.sum(x**2, axis=1)) / 2
        return found

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, N + 1) -> (m, N + 1)."""
        return self.derivatives(x)[0]

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, N + 1) -> (m, N + 1, N + 1)."""
        return self.derivatives(x)[1]

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian from one contraction of the tensor."""
        x, multiplier = x[:, :-1], x[:, -1:]
        _, slope, plane = self._parts(x)
        n = x.shape[1]
        hessian = np.zeros((len(x), n + 1, n + 1))
        hessian[:, :n, :n] = plane - multiplier[:, :, None] * np.eye(n)
        hessian[:, :n, n] = hessian[:, n, :n] = -x
        constraint = (1 - np.sum(x**2, axis=1)) / 2
        return np.column_stack([slope - multiplier * x, constraint]), hessian

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        r""":math:`p(p-1)(p-2) |T| (|c| + r)^{p-3}`, and 1 where i = j and the third is μ."""
        n, p = self.dim - 1, self.tensor.ndim
        largest = (np.abs(center) + radius)[:, :n]
        bound = np.zeros((len(center), n + 1, n + 1, n + 1))
        if p > 2:
            size = contracted(np.abs(self.tensor), largest, p - 3)
            bound[:, :n, :n, :n] = p * (p - 1) * (p - 2) * (1 + 1e-12) * size
        each = np.arange(n)
        bound[:, each, each, n] = bound[:, each, n, each] = bound[:, n, each, each] = 1.0
        return bound

    def rounding(self) -> tuple[float, float]:
        r"""Bounds for points within 1e-6 of the sphere and multipliers of at most 1.

        A sum of n products has the error :math:`n\epsilon` times the sum of their sizes, by Cauchy
        and Schwarz a norm of a part of T times that of x. A tensor that is symmetric but for
        rounding, :math:`\delta` between neighbours under exchanges of indices, is within
        :math:`p^2\delta/2` of its symmetric part.

        References
        ----------
        Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1.
        """
        p, n = self.tensor.ndim, self.dim - 1
        swaps = (np.abs(self.tensor - self.tensor.swapaxes(k, k + 1)).max() for k in range(p - 1))
        uneven = p**2 / 2 * max(map(float, swaps))
        share = (p * n + 8) * float(np.finfo(float).eps)
        squares = self.tensor**2
        rows = float(np.sqrt(squares.reshape(n, -1).sum(axis=1).max()))
        lines = float(np.sqrt(squares.reshape(n * n, -1).sum(axis=1).max()))
        slope = p * (share * rows + uneven * n ** ((p - 1) / 2)) + share
        plane = p * (p - 1) * (share * lines + uneven * n ** ((p - 2) / 2)) + share
        return slope * (1 + 1e-5), plane * (1 + 1e-5)


@dataclass(frozen=True)
class SphericalSpin(RandomField):
    r"""The spherical pure p-spin model, its energy a spin on the unit sphere.

    .. math:: f(x) = \frac1{\sqrt N}\sum J_{i_1\dots i_p}x_{i_1}\cdots x_{i_p},\qquad
        \mathrm{Cov} = (x\cdot y)^p/N

    with independent standard normals J and N = ``dim`` + 1: f is H/N of the literature, where the
    sphere has radius √N and :math:`\mathrm{Cov}\,H = N(\sigma\cdot\sigma'/N)^p`. The lowest
    minima are at :math:`-E_0`. Critical points are eigenvectors of a random symmetric tensor, in
    pairs ±x; p = 2 is the Rayleigh quotient of a GOE matrix.

    Parameters
    ----------
    dim : int
        Dimension of the sphere.
    p : {2, 3, 4}

    References
    ----------
    Auffinger, Ben Arous & Černý (2013), CPAM 66, 165.
    """

    dim: int
    p: int = 3

    population = "critical points of the spherical pure p-spin"
    name = "spin"
    version = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "p", integer("p", self.p, low=2, high=4))
        if (self.dim + 1) ** self.p > LARGEST_TENSOR:
            raise ValueError(
                f"dim {self.dim} needs a tensor of {self.dim + 1}^{self.p} numbers, "
                f"at most {LARGEST_TENSOR} fit"
            )

    @property
    def domain(self) -> Sphere:
        return Sphere(self.dim)

    def sample(self, rng: np.random.Generator) -> SpherePolynomial:
        """Draw the couplings."""
        n = self.dim + 1
        return SpherePolynomial(rng.standard_normal((n,) * self.p) / math.sqrt(n))


def contracted(tensor: FloatArray, x: FloatArray, times: int) -> FloatArray:
    """A tensor with its first ``times`` indices on points x, (m, N): shape (m, N, ..., N)."""
    n, rest = len(tensor), tensor.shape[times:]
    if not times:
        return np.broadcast_to(tensor, (len(x), *rest))
    found = x @ tensor.reshape(n, -1)
    for left in range(tensor.ndim - 2, len(rest) - 1, -1):
        found = np.einsum("mi,mij->mj", x, found.reshape(len(x), n, n**left))
    return found.reshape(len(x), *rest)


def _unit(tensor: FloatArray) -> float:
    """A power of two, so that scaling is exact, that takes p (p-1) ‖T‖ to between 1/2 and 1."""
    size = tensor.ndim * (tensor.ndim - 1) * float(np.linalg.norm(tensor))
    return 2.0 ** -math.ceil(math.log2(size)) if size else 1.0


def symmetric_part(tensor: FloatArray) -> FloatArray:
    """The mean of a tensor over all orders of its indices."""
    orders = list(itertools.permutations(range(tensor.ndim)))
    total = np.zeros_like(tensor)
    for order in orders:
        total += tensor.transpose(order)
    return total / len(orders)
