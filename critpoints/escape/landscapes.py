"""Functions on which optimizers are told apart: walls, brinks, valleys and two learning tasks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

from critpoints.domains import Euclidean, Sphere
from critpoints.landscapes import Quadratic
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import integer, real


@dataclass(frozen=True)
class FreeQuadratic(Quadratic):
    """:class:`~critpoints.landscapes.Quadratic` on all of space."""

    name = "free-quadratic"

    @property
    def domain(self) -> Euclidean:  # type: ignore[override]
        return Euclidean(self.dim)


@dataclass(frozen=True)
class WalledSaddle(Landscape):
    r""":math:`\sum_{i\le k}(-\frac\gamma2x_i^2+\frac14x_i^4)+\frac12\sum_{i>k}x_i^2`.

    A saddle of index k at 0, and :math:`2^k` minima at :math:`x_i=\pm\sqrt\gamma`, of value
    :math:`-k\gamma^2/4`.

    Parameters
    ----------
    dim : int
    index : int
        k.
    curvature : float
        γ > 0.
    """

    dim: int
    index: int = 1
    curvature: float = 1.0

    population = "critical points of a saddle between walls"
    name = "walled-saddle"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "index", integer("index", self.index, low=1, high=self.dim))
        object.__setattr__(self, "curvature", real("curvature", self.curvature, above=0))

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, 2 * math.sqrt(self.curvature))

    @property
    def euler(self) -> int:
        """1: it grows to infinity."""
        return 1

    def _split(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        return x[:, : self.index], x[:, self.index :]

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        down, up = self._split(x)
        return np.asarray(
            (down**4 / 4 - self.curvature * down**2 / 2).sum(axis=1) + (up**2).sum(axis=1) / 2
        )

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        down, up = self._split(x)
        return np.concatenate([down**3 - self.curvature * down, up], axis=1)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians, which are diagonal, times vectors: (m, dim), (m, dim) -> (m, dim)."""
        down, up = self._split(x)
        return np.concatenate([3 * down**2 - self.curvature, np.ones_like(up)], axis=1) * v

    def hessian(self, x: FloatArray) -> FloatArray:
        """Diagonal Hessians: (m, dim) -> (m, dim, dim)."""
        return np.asarray(self.hvp(x, np.ones_like(x))[:, :, None] * np.eye(self.dim))


@dataclass(frozen=True)
class Brink(Landscape):
    r"""A plain that breaks off at distance 1, perhaps before a wall.

    .. math:: -D\,\sigma\Big(\frac{x_1^2-1}\tau\Big)+\frac w6\max(0, x_1^2-1)^3
        +\frac12\sum_{i>1}x_i^2,\qquad \sigma(u)=\frac1{1+e^{-u}}

    At 0 there is a saddle of index 1 with the small curvature :math:`-2D\sigma(-1/\tau)
    (1-\sigma(-1/\tau))/\tau`. The slope at the brink, :math:`x_1=1`, is D/(2τ).

    Parameters
    ----------
    dim : int
    depth : float
        D.
    softness : float
        τ.
    wall : float
        w ≥ 0.
    """

    dim: int
    depth: float = 1.0
    softness: float = 0.15
    wall: float = 0.0

    population = "critical points of a brink"
    name = "brink"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        for key in ("depth", "softness"):
            object.__setattr__(self, key, real(key, getattr(self, key), above=0))
        object.__setattr__(self, "wall", real("wall", self.wall, at_least=0))

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, 2.0)

    @property
    def drop(self) -> float:
        """How far f falls from 0 to its infimum: the minimum before the wall, or infinity."""
        at = np.zeros((2, self.dim))
        if self.wall:
            found = minimize_scalar(
                self._beyond, bounds=(0.0, 100 * self.softness), method="bounded"
            )
            at[1, 0] = math.sqrt(1 + found.x)
        top, low = self.value(at)
        return float(top - low if self.wall else top + self.depth)

    def _beyond(self, u: float) -> float:
        """f at x₁² = 1 + u."""
        return float(self.wall * u**3 / 6 - self.depth * expit(u / self.softness))

    def _sigma(self, t: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """σ, and its first two derivatives in its argument."""
        s = expit((t**2 - 1) / self.softness)
        first = s * expit((1 - t**2) / self.softness)
        return s, first, first * (1 - 2 * s)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        t, rest = x[:, 0], (x[:, 1:] ** 2).sum(axis=1) / 2
        wall = self.wall * np.maximum(0, t**2 - 1) ** 3 / 6
        return np.asarray(wall - self.depth * self._sigma(t)[0] + rest)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        t, found = x[:, 0], x.copy()
        found[:, 0] = self.wall * t * np.maximum(0, t**2 - 1) ** 2
        found[:, 0] -= self.depth * self._sigma(t)[1] * 2 * t / self.softness
        return found

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians, which are diagonal, times vectors: (m, dim), (m, dim) -> (m, dim)."""
        t, found = x[:, 0], v.copy()
        _, first, second = self._sigma(t)
        bend = first * 2 / self.softness + second * (2 * t / self.softness) ** 2
        beyond = np.maximum(0, t**2 - 1)
        found[:, 0] *= self.wall * beyond * (beyond + 4 * t**2) - self.depth * bend
        return found

    def hessian(self, x: FloatArray) -> FloatArray:
        """Diagonal Hessians: (m, dim) -> (m, dim, dim)."""
        return np.asarray(self.hvp(x, np.ones_like(x))[:, :, None] * np.eye(self.dim))


@dataclass(frozen=True)
class CurvedValley(Landscape):
    r""":math:`-\frac12x_1^2+\frac14x_1^4+\frac\kappa2(x_2-x_1^2)^2+\frac12\sum_{i>2}x_i^2`.

    A saddle at 0 with curvatures −1, κ, 1, …; its floor bends as Rosenbrock's, to minima at
    :math:`x_1=\pm1, x_2=1` of value −1/4, where the largest curvature is about 5κ.

    Parameters
    ----------
    dim : int
        At least 2.
    condition : float
        κ.

    References
    ----------
    Rosenbrock (1960), Comput. J. 3, 175.
    """

    dim: int
    condition: float = 100.0

    population = "critical points of a curved valley"
    name = "curved-valley"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=2))
        object.__setattr__(self, "condition", real("condition", self.condition, above=0))

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, 2.0)

    @property
    def euler(self) -> int:
        """1: it grows to infinity."""
        return 1

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        a, off = x[:, 0], x[:, 1] - x[:, 0] ** 2
        floor = a**4 / 4 - a**2 / 2
        return np.asarray(floor + self.condition * off**2 / 2 + (x[:, 2:] ** 2).sum(axis=1) / 2)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        a, found = x[:, 0], x.copy()
        pull = self.condition * (x[:, 1] - a**2)
        found[:, 0] = a**3 - a - 2 * a * pull
        found[:, 1] = pull
        return found

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        a, stiff = x[:, 0], self.condition
        found = np.tile(np.eye(self.dim), (len(x), 1, 1))
        found[:, 0, 0] = 3 * a**2 - 1 - 2 * stiff * (x[:, 1] - 3 * a**2)
        found[:, 1, 1] = stiff
        found[:, 0, 1] = found[:, 1, 0] = -2 * stiff * a
        return found


@dataclass(frozen=True)
class PhaseRetrieval(Landscape):
    r"""Phase retrieval with infinitely many Gaussian measurements, the signal :math:`e_1`.

    .. math:: \tfrac14\mathrm E[((a\cdot x)^2-(a\cdot e_1)^2)^2]
        = \tfrac14(3\|x\|^4+3-2\|x\|^2-4x_1^2)

    Minima at :math:`\pm e_1`, of value 0; a maximum at 0; and a sphere of saddles,
    :math:`x\perp e_1` with :math:`\|x\|^2=1/3`, of value 2/3 and curvatures −2 along
    :math:`e_1`, 2 along x, and 0.

    Parameters
    ----------
    dim : int
        At least 2.

    References
    ----------
    Sun, Qu & Wright (2018), Found. Comput. Math. 18, 1131. Chen, Chi, Fan & Ma (2019), Math.
    Program. 176, 5.
    """

    dim: int

    population = "critical points of phase retrieval"
    name = "phase-retrieval"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=2))

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, 2.0)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        square = (x**2).sum(axis=1)
        return np.asarray((3 * square**2 + 3 - 2 * square - 4 * x[:, 0] ** 2) / 4)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        found = (3 * (x**2).sum(axis=1, keepdims=True) - 1) * x
        found[:, 0] -= 2 * x[:, 0]
        return np.asarray(found)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        diagonal = 3 * (x**2).sum(axis=1) - 1
        found = 6 * x[:, :, None] * x[:, None, :] + diagonal[:, None, None] * np.eye(self.dim)
        found[:, 0, 0] -= 2
        return np.asarray(found)


@dataclass(frozen=True)
class OrthogonalTensor(Landscape):
    r""":math:`-\sum_jx_j^4` on the unit sphere: components of an orthogonal tensor.

    With n = dim + 1 components, the critical points have m equal coordinates
    :math:`\pm1/\sqrt m` and zeros else, the value −1/m, m − 1 curvatures −8/m and the others 4/m.
    The components themselves, m = 1, are the only minima.

    Parameters
    ----------
    dim : int
        Dimension of the sphere.

    References
    ----------
    Ge, Huang, Jin & Yuan (2015), COLT, arXiv:1503.02101, section 4.
    """

    dim: int

    population = "critical points of a tensor decomposition"
    name = "orthogonal-tensor"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))

    @property
    def domain(self) -> Sphere:
        return Sphere(self.dim)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim + 1) -> (m,)."""
        return np.asarray(-(x**4).sum(axis=1))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Tangent gradients: (m, dim + 1) -> (m, dim + 1)."""
        return self.domain.tangent(x, -4 * x**3)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times (the tangent parts of) vectors."""
        along = self.domain.tangent(x, v)
        height = 4 * (x**4).sum(axis=1, keepdims=True)
        return np.asarray(self.domain.tangent(x, -12 * x**2 * along) + height * along)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Riemannian Hessians: (m, dim + 1) -> (m, dim + 1, dim + 1)."""
        project = np.eye(self.dim + 1) - x[:, :, None] * x[:, None, :]
        bent = (project * (-12 * x**2)[:, None, :]) @ project
        bent += 4 * (x**4).sum(axis=1)[:, None, None] * project
        return np.asarray((bent + bent.swapaxes(1, 2)) / 2)
