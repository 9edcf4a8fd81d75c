"""The spherical p-spin model: random homogeneous polynomials on the sphere."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from critpoints.domains import Sphere
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
        n = len(self.tensor)
        if self.p == 2:
            return np.broadcast_to(self.tensor, (len(x), n, n))
        first = x @ self.tensor.reshape(n, -1)
        for left in range(self.p - 2, 1, -1):
            first = np.einsum("mi,mij->mj", x, first.reshape(len(x), n, n**left))
        return first.reshape(len(x), n, n)

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
    version = 1

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


def symmetric_part(tensor: FloatArray) -> FloatArray:
    """The mean of a tensor over all orders of its indices."""
    orders = list(itertools.permutations(range(tensor.ndim)))
    total = np.zeros_like(tensor)
    for order in orders:
        total += tensor.transpose(order)
    return total / len(orders)
