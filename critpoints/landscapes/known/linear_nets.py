"""Linear networks: every critical value is known, the points are degenerate along orbits."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from critpoints.domains import Euclidean
from critpoints.landscapes.known.base import KnownLandscape, KnownPoints, distinct_spectrum
from critpoints.protocols import FloatArray
from critpoints.validation import integer


class LinearNet(KnownLandscape):
    r"""The squared loss of a linear network; data and targets diagonal and square.

    .. math:: f(W_1,\dots,W_L) = \frac12\|W_L\cdots W_1X - Y\|_F^2

    A point is :math:`W_1` (hidden × n), the square layers between, and :math:`W_L` (n × hidden),
    row by row. At every critical point :math:`W_L\cdots W_1X` is Y restricted to a set I of
    r ≤ hidden axes. Let :math:`s_i` be the diagonal of Y. At the points listed the axes of I are
    fitted by a weight each layer and all other weights are 0; there the Hessian has

    .. math:: \#\{i\in I, j\notin I: s_j>s_i\} + [L=2]\,(h-r)(n-r)

    negative eigenvalues and :math:`r^2+2r(n-r)+[L=2]\,2(h-r)(n-r)` in all that are not 0.
    """

    hidden: int

    @property
    @abstractmethod
    def layers(self) -> int:
        """L."""

    @property
    @abstractmethod
    def inputs(self) -> FloatArray:
        """Diagonal of X."""

    @property
    @abstractmethod
    def targets(self) -> FloatArray:
        """Diagonal of Y."""

    @property
    def width(self) -> int:
        """n, the number of inputs and of outputs."""
        return (self.dim - (self.layers - 2) * self.hidden**2) // (2 * self.hidden)

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, 2.0)

    @property
    def euler(self) -> int | None:
        """None: the critical points are not isolated."""
        return None

    def unpack(self, x: FloatArray) -> list[FloatArray]:
        """The layers of points: (m, dim) -> shapes (m, out, in), first layer first."""
        n, h = self.width, self.hidden
        shapes = [(h, n), *[(h, h)] * (self.layers - 2), (n, h)]
        ends = np.cumsum([a * b for a, b in shapes])[:-1]
        parts = np.split(x, ends, axis=1)
        return [p.reshape(len(x), *shape) for p, shape in zip(parts, shapes, strict=True)]

    def _passes(self, weights: list[FloatArray]) -> tuple[list[FloatArray], list[FloatArray]]:
        """Below and above each layer: W_{l-1}…W_1 X and W_L…W_{l+1}; one more of the first."""
        below = [np.broadcast_to(np.diag(self.inputs), (len(weights[0]), self.width, self.width))]
        for w in weights:
            below.append(w @ below[-1])
        above = [np.broadcast_to(np.eye(self.width), (len(weights[0]), self.width, self.width))]
        for w in reversed(weights[1:]):
            above.insert(0, above[0] @ w)
        return below, above

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        residual = self._passes(self.unpack(x))[0][-1] - np.diag(self.targets)
        return np.asarray((residual**2).sum(axis=(1, 2)) / 2)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients, by back propagation: (m, dim) -> (m, dim)."""
        below, above = self._passes(self.unpack(x))
        residual = below[-1] - np.diag(self.targets)
        parts = [_t(u) @ residual @ _t(b) for u, b in zip(above, below[:-1], strict=True)]
        return _packed(parts)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors, the passes differentiated: (m, dim), (m, dim) -> (m, dim)."""
        weights, moved = self.unpack(x), self.unpack(v)
        below, above = self._passes(weights)
        d_below = [np.zeros_like(below[0])]
        for w, dw, b in zip(weights, moved, below[:-1], strict=True):
            d_below.append(dw @ b + w @ d_below[-1])
        d_above = [np.zeros_like(above[-1])]
        for w, dw, u in zip(weights[:0:-1], moved[:0:-1], above[:0:-1], strict=True):
            d_above.insert(0, u @ dw + d_above[0] @ w)
        residual = below[-1] - np.diag(self.targets)
        parts = [
            (_t(du) @ residual + _t(u) @ d_below[-1]) @ _t(b) + _t(u) @ residual @ _t(db)
            for u, du, b, db in zip(above, d_above, below[:-1], d_below[:-1], strict=True)
        ]
        return _packed(parts)

    def _index(self, inversions: int, rank: int) -> int:
        spare = (self.hidden - rank) * (self.width - rank) if self.layers == 2 else 0
        return inversions + spare

    def _nullity(self, rank: int) -> int:
        rest = self.width - rank
        spare = 2 * (self.hidden - rank) * rest if self.layers == 2 else 0
        return self.dim - rank**2 - 2 * rank * rest - spare

    def known_counts(self) -> list[int]:
        """Sets I of each index, from Gaussian binomial coefficients."""
        found = [0] * (self.dim + 1)
        for rank in range(min(self.hidden, self.width) + 1):
            for inversions, count in enumerate(gaussian_binomial(self.width, rank)):
                found[self._index(inversions, rank)] += count
        return found

    def _known(self) -> KnownPoints:
        sets = [
            axes
            for rank in range(min(self.hidden, self.width) + 1)
            for axes in itertools.combinations(range(self.width), rank)
        ]
        points = np.concatenate([self._fitted(axes) for axes in sets])
        index = [self._index(_inversions(self.targets, axes), len(axes)) for axes in sets]
        nullity = [self._nullity(len(axes)) for axes in sets]
        return KnownPoints.of(self, points, np.array(index), np.array(nullity))

    def _fitted(self, axes: tuple[int, ...]) -> FloatArray:
        """The point that fits the axes and nothing else: shape (1, dim)."""
        x = np.zeros((1, self.dim))
        layers = self.unpack(x)  # views
        for unit, i in enumerate(axes):
            weight = (self.targets[i] / self.inputs[i]) ** (1 / self.layers)
            layers[0][0, unit, i] = layers[-1][0, i, unit] = weight
            for layer in layers[1:-1]:
                layer[0, unit, unit] = weight
        return x


@dataclass(frozen=True)
class Autoencoder(LinearNet):
    r"""The linear autoencoder, whose minima are principal components.

    .. math:: f(A, B) = \frac12\mathrm{tr}[(I-AB)\Sigma(I-AB)^T]

    Σ is diagonal with distinct positive λ, A is n × p and B is p × n. For each set I of r ≤ p
    eigenvectors there is one manifold of critical points, the orbit of GL(p), with value
    :math:`\frac12\sum_{j\notin I}\lambda_j`, index :math:`\#\{i\in I, j\notin I:
    \lambda_j>\lambda_i\} + (p-r)(n-r)` and :math:`p^2-(p-r)^2` zero eigenvalues. All minima are
    global.

    Parameters
    ----------
    dim : int
        Number of parameters, 2·n·p; see :meth:`of_size`.
    hidden : int
        p.
    spectrum : tuple of float
        λ; n, …, 2, 1 by default.

    Raises
    ------
    ValueError
        If dim is not a multiple of 2·hidden.

    References
    ----------
    Baldi & Hornik (1989), Neural Networks 2, 53.
    """

    dim: int
    hidden: int = 1
    spectrum: tuple[float, ...] = ()

    population = "critical manifolds of a linear autoencoder"
    name = "autoencoder"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "hidden", integer("hidden", self.hidden, low=1))
        if self.dim % (2 * self.hidden):
            raise ValueError(
                f"dim must be 2 * n * hidden, a multiple of {2 * self.hidden}, got {self.dim}"
            )
        distinct_spectrum("spectrum", self.spectrum, self.width, positive=True)

    @classmethod
    def of_size(cls, n: int, hidden: int = 1, spectrum: tuple[float, ...] = ()) -> Autoencoder:
        """The autoencoder of n inputs."""
        return cls(2 * integer("n", n, low=1) * hidden, hidden, spectrum)

    @property
    def layers(self) -> int:
        return 2

    @cached_property
    def inputs(self) -> FloatArray:
        spectrum = distinct_spectrum("spectrum", self.spectrum, self.width, positive=True)
        return np.sqrt(spectrum)

    @cached_property
    def targets(self) -> FloatArray:
        return self.inputs


@dataclass(frozen=True)
class DeepLinear(LinearNet):
    r"""A deep linear network on whitened data.

    .. math:: f(W_1,\dots,W_L) = \frac12\|W_L\cdots W_1 - Y\|_F^2

    Y is n × n, diagonal with distinct positive entries s. The critical values are
    :math:`\frac12\sum_{j\notin I}s_j^2` over sets I of at most ``hidden`` axes, and all minima are
    global. The points listed are balanced (every layer has the same weights); for L ≥ 3 other
    critical points of the same value may have another index, and at 0 the Hessian is 0.

    Parameters
    ----------
    dim : int
        Number of parameters, 2·n·hidden + (depth - 2)·hidden²; see :meth:`of_size`.
    hidden : int
    depth : int
        L, at least 2.
    spectrum : tuple of float
        s; n, …, 2, 1 by default.

    References
    ----------
    Kawaguchi (2016), NIPS 29. Achour, Malgouyres & Gerchinovitz (2024), JMLR 25, 242.
    """

    dim: int
    hidden: int = 1
    depth: int = 3
    spectrum: tuple[float, ...] = ()

    population = "critical manifolds of a deep linear network"
    name = "deep-linear"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        h = integer("hidden", self.hidden, low=1)
        depth = integer("depth", self.depth, low=2)
        outer = self.dim - (depth - 2) * h**2
        if outer <= 0 or outer % (2 * h):
            raise ValueError(
                f"dim must be 2 * n * {h} + {(depth - 2) * h**2} for a positive integer n "
                f"(hidden={h}, depth={depth}), got {self.dim}"
            )
        distinct_spectrum("spectrum", self.spectrum, self.width, positive=True)

    @classmethod
    def of_size(
        cls, n: int, hidden: int = 1, depth: int = 3, spectrum: tuple[float, ...] = ()
    ) -> DeepLinear:
        """The network of n inputs and outputs."""
        parameters = 2 * integer("n", n, low=1) * hidden + (depth - 2) * hidden**2
        return cls(parameters, hidden, depth, spectrum)

    @property
    def layers(self) -> int:
        return self.depth

    @cached_property
    def inputs(self) -> FloatArray:
        return np.ones(self.width)

    @cached_property
    def targets(self) -> FloatArray:
        return np.array(distinct_spectrum("spectrum", self.spectrum, self.width, positive=True))


def gaussian_binomial(n: int, r: int) -> list[int]:
    """Coefficients of the Gaussian binomial: subsets of size r of n by their inversions."""
    rows: list[list[int]] = [[1]] + [[] for _ in range(r)]
    for _ in range(n):
        for k in range(r, 0, -1):  # [m, k] = [m-1, k-1] + q^k [m-1, k]
            shifted = [0] * k + rows[k] if rows[k] else []
            rows[k] = [a + b for a, b in itertools.zip_longest(rows[k - 1], shifted, fillvalue=0)]
    return rows[r] if math.comb(n, r) else []


def _inversions(values: FloatArray, axes: tuple[int, ...]) -> int:
    """Pairs of an axis inside and a larger one outside."""
    inside = np.isin(np.arange(len(values)), axes)
    return int((values[~inside] > values[inside][:, None]).sum())


def _t(matrices: FloatArray) -> FloatArray:
    return matrices.swapaxes(1, 2)


def _packed(parts: list[FloatArray]) -> FloatArray:
    return np.concatenate([p.reshape(len(p), p.shape[1] * p.shape[2]) for p in parts], axis=1)
