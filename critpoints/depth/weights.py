r"""Laws of one layer's weight matrix W, whole or only as far as one signal sees it.

A layer is met twice: forward as :math:`z = Wu`, backward as :math:`W^\top v`. For a rotation
invariant law the pair can be drawn in O(d) without ever drawing W: z first, then
:math:`W^\top v` given :math:`Wu = z`, which is :math:`u\,(z \cdot v)/|u|^2` plus a part across u
that knows nothing of z but its length.

References
----------
Bolthausen (2014), Commun. Math. Phys. 325, 333 (Gaussian conditioning); Mezzadri (2007), Notices
AMS 54, 592 (Haar matrices); Miyato et al. (2018), ICLR (spectral normalisation).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from critpoints.depth.lyapunov import orthonormal
from critpoints.protocols import FloatArray


@dataclass(frozen=True)
class Weights(ABC):
    """Law of a (dim, dim) matrix of scale ``sigma``."""

    dim: int
    sigma: float

    @abstractmethod
    def matrices(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draw ``size`` matrices: (size, dim, dim)."""

    def forward(
        self, rng: np.random.Generator, u: FloatArray
    ) -> tuple[FloatArray, FloatArray | None]:
        """A fresh W each row: ``W u`` (size, dim), and W where :meth:`backward` needs it."""
        w = self.matrices(rng, len(u))
        return apply(w, u), w

    def backward(
        self,
        rng: np.random.Generator,
        u: FloatArray,
        z: FloatArray,
        v: FloatArray,
        kept: FloatArray | None,
    ) -> FloatArray:
        """``W^T v`` (size, dim) given that ``W u = z``."""
        if kept is None:
            raise TypeError(f"{type(self).__name__} needs the matrices that forward returned")
        return apply(kept.transpose(0, 2, 1), v)


@dataclass(frozen=True)
class Gaussian(Weights):
    r"""Ginibre matrices: independent entries :math:`N(0, \sigma^2/d)`."""

    def matrices(self, rng: np.random.Generator, size: int) -> FloatArray:
        w: FloatArray = rng.standard_normal((size, self.dim, self.dim))
        w *= self.sigma / self.dim**0.5
        return w

    def forward(
        self, rng: np.random.Generator, u: FloatArray
    ) -> tuple[FloatArray, FloatArray | None]:
        return _fresh(rng, u) * (self.sigma / self.dim**0.5), None

    def backward(
        self,
        rng: np.random.Generator,
        u: FloatArray,
        z: FloatArray,
        v: FloatArray,
        kept: FloatArray | None,
    ) -> FloatArray:
        across = _across(_fresh(rng, v), u) * (self.sigma / self.dim**0.5)
        return np.asarray(_along(u, z, v) + across)


@dataclass(frozen=True)
class Orthogonal(Weights):
    r""":math:`\sigma` times a Haar-distributed orthogonal matrix."""

    def matrices(self, rng: np.random.Generator, size: int) -> FloatArray:
        q, _ = orthonormal(rng.standard_normal((size, self.dim, self.dim)))
        q, _ = orthonormal(q)  # once more: the first pass lost what its condition number says
        return q * self.sigma

    def forward(
        self, rng: np.random.Generator, u: FloatArray
    ) -> tuple[FloatArray, FloatArray | None]:
        return _resized(_fresh(rng, u), self.sigma * _norm(u)), None

    def backward(
        self,
        rng: np.random.Generator,
        u: FloatArray,
        z: FloatArray,
        v: FloatArray,
        kept: FloatArray | None,
    ) -> FloatArray:
        left = self.sigma * _norm(_across(v, z))
        return _along(u, z, v) + _resized(_across(_fresh(rng, v), u), left)


@dataclass(frozen=True)
class Spectral(Weights):
    r"""A Ginibre matrix divided by its largest singular value, times :math:`\sigma`."""

    def matrices(self, rng: np.random.Generator, size: int) -> FloatArray:
        w: FloatArray = rng.standard_normal((size, self.dim, self.dim))
        largest = np.sqrt(np.linalg.eigvalsh(w @ w.transpose(0, 2, 1))[:, -1])
        w *= (self.sigma / largest)[:, None, None]
        return w


@dataclass(frozen=True)
class He(Gaussian):
    r"""Independent entries :math:`N(0, 2\sigma^2/d)`, which keep the mean square under ReLU."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", 2**0.5 * self.sigma)


WEIGHTS: dict[str, type[Weights]] = {
    "ginibre": Gaussian,
    "orthogonal": Orthogonal,
    "he": He,
    "spectral": Spectral,
}
"""Laws of a layer by name."""


def apply(w: FloatArray, u: FloatArray) -> FloatArray:
    """Matrices (size, d, d) times vectors (size, d)."""
    return np.asarray(np.matmul(w, u[:, :, None])[:, :, 0])


def _norm(u: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.einsum("si,si->s", u, u))[:, None])


def _fresh(rng: np.random.Generator, u: FloatArray) -> FloatArray:
    """Standard normal vectors times the norms of u."""
    return rng.standard_normal(u.shape) * _norm(u)


def _along(u: FloatArray, z: FloatArray, v: FloatArray) -> FloatArray:
    square = np.einsum("si,si->s", u, u)
    share = np.einsum("si,si->s", z, v) / np.where(square > 0, square, 1.0)
    return np.asarray(u * share[:, None])


def _across(v: FloatArray, u: FloatArray) -> FloatArray:
    """The part of v orthogonal to u, all of it where u = 0."""
    return v - _along(u, u, v)


def _resized(v: FloatArray, norm: FloatArray) -> FloatArray:
    own = _norm(v)
    return v * (norm / np.where(own > 0, own, 1.0))
