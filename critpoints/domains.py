"""Where a function lives: box, torus, sphere, or all of space.

Points are rows of shape (m, ambient). A tangent vector has the same shape; :meth:`Domain.basis`
gives orthonormal coordinates of the tangent space, in which a Hessian has shape (dim, dim).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints.validation import integer, real

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Domain(ABC):
    """A domain of dimension ``dim``.

    Attributes
    ----------
    dim : int
        Dimension of the domain, and of the Hessian.
    """

    dim: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))

    @property
    def ambient(self) -> int:
        """Coordinates of a point."""
        return self.dim

    @property
    @abstractmethod
    def volume(self) -> float:
        """Volume, ``inf`` for all of space."""

    @property
    @abstractmethod
    def euler(self) -> int | None:
        """Euler characteristic; None where functions need not respect it (all of space)."""

    @property
    def flat(self) -> bool:
        """Whether tangent space is the space of coordinates itself."""
        return True

    @property
    def period(self) -> float | None:
        """Period of every coordinate, or None."""
        return None

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Points drawn uniformly (where there is a start to search from): (size, ambient)."""

    def wrap(self, x: FloatArray) -> FloatArray:
        """The representative of each point."""
        return x

    def contains(self, x: FloatArray) -> NDArray[np.bool_]:
        """Whether each point lies in the domain: shape (m,)."""
        return np.asarray(np.isfinite(x).all(axis=1))

    def retract(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """The point reached from ``x`` along the tangent vector ``v``."""
        return self.wrap(x + v)

    def tangent(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """The tangent part of ``v`` at ``x``."""
        return v

    def basis(self, x: FloatArray) -> FloatArray:
        """Orthonormal bases of the tangent spaces: shape (m, ambient, dim)."""
        return np.broadcast_to(np.eye(self.dim), (len(x), self.dim, self.dim))

    def frame(self, x: FloatArray, columns: NDArray[np.int64]) -> FloatArray:
        """Some columns of :meth:`basis`, without the rest: shape (m, ambient, len(columns))."""
        found = np.zeros((len(x), self.dim, len(columns)))
        found[:, columns, np.arange(len(columns))] = 1.0
        return found

    def distance(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Distances between points, row by row: shape (m,)."""
        found: FloatArray = np.linalg.norm(x - y, axis=1)
        return found

    def in_units(self, exponent: int) -> Domain | None:
        """The domain in units of length ``2**exponent``; None where a number would be rounded."""
        return None


@dataclass(frozen=True)
class Box(Domain):
    """A product of intervals ``[low_i, high_i]``.

    Parameters
    ----------
    dim : int
    low, high : float or tuple of float
        One number serves every axis.

    Raises
    ------
    ValueError
        If the box has no volume.
    """

    low: float | tuple[float, ...] = 0.0
    high: float | tuple[float, ...] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("low", "high"):
            object.__setattr__(self, name, _ends(name, getattr(self, name), self.dim))
        low, high = self.ends
        if not (high > low).all():
            raise ValueError(f"high must be above low on every axis, got {self.low} to {self.high}")

    @property
    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper corners: shape (dim,) each."""
        return tuple(
            np.broadcast_to(np.asarray(e, float), (self.dim,)) for e in (self.low, self.high)
        )  # type: ignore[return-value]

    @property
    def volume(self) -> float:
        low, high = self.ends
        return float(np.prod(high - low))

    @property
    def euler(self) -> int | None:
        return 1

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        low, high = self.ends
        return rng.uniform(low, high, (size, self.dim))

    def contains(self, x: FloatArray) -> NDArray[np.bool_]:
        low, high = self.ends
        return np.asarray(((x >= low) & (x <= high)).all(axis=1))

    def in_units(self, exponent: int) -> Domain | None:
        ends = [scaled_exactly(end, -exponent) for end in self.ends]
        if any(end is None for end in ends):
            return None
        low, high = (tuple(end.tolist()) for end in ends if end is not None)
        return Box(self.dim, low, high)


@dataclass(frozen=True)
class Torus(Domain):
    """The flat torus ``(R / length)^dim``, coordinates in ``[0, length)``.

    Parameters
    ----------
    dim : int
    length : float
        Period of every axis, 2π by default.
    """

    length: float = 2 * math.pi

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "length", real("length", self.length, above=0))

    @property
    def volume(self) -> float:
        with np.errstate(over="ignore", under="ignore"):
            return float(np.float64(self.length) ** self.dim)

    @property
    def euler(self) -> int | None:
        return 0

    @property
    def period(self) -> float | None:
        return self.length

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return rng.uniform(0.0, self.length, (size, self.dim))

    def wrap(self, x: FloatArray) -> FloatArray:
        found = np.mod(x, self.length)
        found[found == self.length] = 0.0  # mod of a tiny negative number rounds to the length
        return found

    def distance(self, x: FloatArray, y: FloatArray) -> FloatArray:
        gap = np.mod(x - y + self.length / 2, self.length) - self.length / 2
        found: FloatArray = np.linalg.norm(gap, axis=1)
        return found

    def in_units(self, exponent: int) -> Domain | None:
        length = scaled_exactly(self.length, -exponent)
        return None if length is None else Torus(self.dim, float(length))


@dataclass(frozen=True)
class Sphere(Domain):
    """The sphere S^dim of radius ``radius`` in R^(dim+1).

    Parameters
    ----------
    dim : int
        Dimension of the sphere, one less than that of the space around it.
    radius : float
    """

    radius: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "radius", real("radius", self.radius, above=0))

    @property
    def ambient(self) -> int:
        return self.dim + 1

    @property
    def volume(self) -> float:
        n = self.dim + 1
        log = n / 2 * math.log(math.pi) - math.lgamma(n / 2) + self.dim * math.log(self.radius)
        return float(2 * np.exp(log))

    @property
    def euler(self) -> int | None:
        return 2 if self.dim % 2 == 0 else 0

    @property
    def flat(self) -> bool:
        return False

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return self.wrap(rng.standard_normal((size, self.ambient)))

    def wrap(self, x: FloatArray) -> FloatArray:
        found: FloatArray = x * (self.radius / np.linalg.norm(x, axis=1, keepdims=True))
        return found

    def contains(self, x: FloatArray) -> NDArray[np.bool_]:
        return np.asarray(np.abs(np.linalg.norm(x, axis=1) - self.radius) <= 1e-9 * self.radius)

    def tangent(self, x: FloatArray, v: FloatArray) -> FloatArray:
        along = np.einsum("mi,mi->m", x, v) / self.radius**2
        found: FloatArray = v - along[:, None] * x
        return found

    def _mirror(self, x: FloatArray) -> FloatArray:
        """Unit normals of the mirrors that take x to the first axis: shape (m, ambient)."""
        unit = x / self.radius
        sign = np.where(unit[:, 0] < 0, -1.0, 1.0)
        mirror = unit.copy()
        mirror[:, 0] += sign
        mirror /= np.linalg.norm(mirror, axis=1, keepdims=True)
        return mirror

    def basis(self, x: FloatArray) -> FloatArray:
        """Columns 1… of the Householder reflection that takes x to the first axis."""
        return self.frame(x, np.arange(self.dim))

    def frame(self, x: FloatArray, columns: NDArray[np.int64]) -> FloatArray:
        mirror = self._mirror(x)
        found = -2 * mirror[:, :, None] * mirror[:, None, 1 + columns]
        found[:, 1 + columns, np.arange(len(columns))] += 1.0
        return found


@dataclass(frozen=True)
class Euclidean(Domain):
    """All of R^dim; searches start in a ball of radius ``reach`` about the origin.

    Parameters
    ----------
    dim : int
    reach : float
    """

    reach: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reach", real("reach", self.reach, above=0))

    @property
    def volume(self) -> float:
        return math.inf

    @property
    def euler(self) -> int | None:
        return None

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        direction = rng.standard_normal((size, self.dim))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        found: FloatArray = direction * self.reach * rng.random((size, 1)) ** (1 / self.dim)
        return found

    def in_units(self, exponent: int) -> Domain | None:
        reach = scaled_exactly(self.reach, -exponent)
        return None if reach is None else Euclidean(self.dim, float(reach))


def scaled_exactly(numbers: ArrayLike, exponent: int) -> FloatArray | None:
    """Numbers times ``2**exponent``; None where one would be rounded or overflow."""
    given = np.asarray(numbers, dtype=float)
    with np.errstate(over="ignore", under="ignore"):
        found = np.ldexp(given, exponent)
        exact = np.array_equal(np.ldexp(found, -exponent), given)
    return np.asarray(found) if exact and np.isfinite(found).all() else None


def _ends(name: str, value: ArrayLike, dim: int) -> float | tuple[float, ...]:
    if np.ndim(value) == 0:
        return real(name, value)
    ends = tuple(real(name, v) for v in np.asarray(value).tolist())
    if len(ends) != dim:
        raise ValueError(f"{name} must be one number or {dim} of them, got {len(ends)}")
    return ends
