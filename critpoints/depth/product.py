r"""Random deep networks: how signal and gradient grow through n independent layers.

Plain layers are :math:`h_\ell = \varphi(W_\ell h_{\ell-1})`, residual ones
:math:`h_\ell = h_{\ell-1} + s\,W_\ell\,\varphi(h_{\ell-1})`. Signal and gradient are divided by
their norms at every layer and the logarithms kept, so no depth overflows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from critpoints.depth.lyapunov import exponents
from critpoints.depth.weights import WEIGHTS, Weights, apply
from critpoints.protocols import FloatArray, IntArray
from critpoints.validation import choice, integer, real

ACTIVATIONS = ("linear", "relu", "tanh")
COLUMNS = ("log_signal", "log_gradient", "alive")
"""What the columns of :meth:`RandomProduct.sample_logs` are."""

_FLOATS = 2**22  # kept for the way back at a time
_MEMORY = 2**31  # bytes that one network may keep for the way back
_BASES = 2**16  # floats of the bases worked on at a time: they stay in the cache
_SMALL = -20.0  # below e^-20, tanh is the identity to the last digit


Jacobians = Iterator[tuple[FloatArray, IntArray]]


class _Layer(NamedTuple):
    """What the way back needs: W met u as z, its matrix if it was drawn, and the slope."""

    u: FloatArray
    z: FloatArray
    kept: FloatArray | None
    slope: FloatArray


@dataclass(frozen=True)
class RandomProduct:
    r"""The law of signal and gradient of a random network of n layers of width d.

    .. math:: h_\ell = \varphi(W_\ell h_{\ell-1}), \qquad
              h_\ell = h_{\ell-1} + s W_\ell \varphi(h_{\ell-1})\ \text{(residual)},

    with h_0 uniform on the unit sphere. The gradient is that of :math:`c \cdot h_n` with respect
    to h_0, c uniform on the unit sphere, hence of norm 1 before the last layer.

    Parameters
    ----------
    dim : int
        Width d, at least 1.
    n : int
        Layers, at least 1.
    product : {"ginibre", "orthogonal", "he", "spectral"}
        Law of the weights: entries N(0, σ²/d); Haar times σ; entries N(0, 2σ²/d); Ginibre divided
        by its spectral norm, times σ.
    sigma : float
        σ in [1e-50, 1e50].
    activation : {"linear", "relu", "tanh"}
        φ.
    residual : float, optional
        Scale s in [1e-50, 1e50] of the branch of residual layers; None for plain ones.
    clip : float, optional
        Largest norm > 0 of the gradient after each layer on the way back (a longer one is
        shortened to it); None for no clipping.

    Notes
    -----
    A plain ReLU layer dies, all units at zero, with probability 2^-d: condition on ``alive`` and
    report how many are not.

    References
    ----------
    Newman (1986), Commun. Math. Phys. 103, 121; He et al. (2015), ICCV; Saxe, McClelland &
    Ganguli (2014), ICLR; Hanin (2018), NeurIPS; Pascanu, Mikolov & Bengio (2013), ICML
    (clipping).
    """

    dim: int
    n: int
    product: str = "ginibre"
    sigma: float = 1.0
    activation: str = "linear"
    residual: float | None = None
    clip: float | None = None

    population = "random networks"
    name = "product"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "n", integer("n", self.n, low=1))
        choice("product", self.product, WEIGHTS)
        choice("activation", self.activation, ACTIVATIONS)
        object.__setattr__(self, "sigma", _scale("sigma", self.sigma))
        if self.residual is not None:
            object.__setattr__(self, "residual", _scale("residual", self.residual))
        if self.clip is not None:
            object.__setattr__(self, "clip", real("clip", self.clip, above=0))

    @property
    def weights(self) -> Weights:
        """Law of one layer's matrix."""
        return WEIGHTS[self.product](self.dim, self.sigma)

    def sample_logs(self, rng: np.random.Generator, size: int) -> FloatArray:
        r"""Draw networks: :math:`\ln|h_n|`, :math:`\ln|\nabla_{h_0}|`, alive (:data:`COLUMNS`).

        Signal and gradient of a row belong to one network. A dead one has -inf, -inf, 0.

        Returns
        -------
        ndarray, shape (size, 3)

        Raises
        ------
        MemoryError
            If what one network keeps for the way back would fill more than 2 GiB: spectrally
            normalised layers of great width, which alone must be kept whole.
        """
        size = integer("size", size, low=0)
        matrices = self.dim**2 if self.product == "spectral" else 0
        one = self.n * (3 * self.dim + matrices)
        if 8 * one > _MEMORY:
            raise MemoryError(
                f"{self.n} layers of width {self.dim} need {8 * one:,} bytes a network, above the "
                f"limit of {_MEMORY:,}: use fewer or narrower layers"
            )
        parts = [self._logs(rng, count) for count in _chunks(size, max(1, _FLOATS // one))]
        return np.concatenate([np.empty((0, len(COLUMNS))), *parts])

    def sample_exponents(self, rng: np.random.Generator, size: int) -> FloatArray:
        r"""Draw finite-time Lyapunov exponents of the Jacobian :math:`\partial h_n/\partial h_0`.

        As :func:`critpoints.depth.lyapunov.exponents` defines them: in the order of the
        directions, not sorted. With plain ReLU layers the Jacobian loses rank and the last
        exponents are -inf.

        Returns
        -------
        ndarray, shape (size, dim)
        """
        size = integer("size", size, low=0)
        parts = [
            exponents(self._jacobians(rng, count), self.dim, count)
            for count in _chunks(size, max(1, _BASES // self.dim**2))
        ]
        return np.concatenate([np.empty((0, self.dim)), *parts])

    def _logs(self, rng: np.random.Generator, size: int) -> FloatArray:
        weights = self.weights
        h, log_h, layers = _directions(rng, size, self.dim), np.zeros(size), []
        for _ in range(self.n):
            h, layer = self._forward(weights, rng, h, log_h)
            h, log_h = _renormalised(h, log_h)
            layers.append(layer)
        g, log_g = _directions(rng, size, self.dim), np.zeros(size)
        for layer in reversed(layers):
            g, log_g = _renormalised(self._backward(weights, rng, g, layer), log_g)
            log_g = log_g if self.clip is None else np.minimum(log_g, math.log(self.clip))
        alive = np.isfinite(log_h)
        return np.column_stack([log_h, np.where(alive, log_g, -np.inf), alive])

    def _forward(
        self, weights: Weights, rng: np.random.Generator, h: FloatArray, log_h: FloatArray
    ) -> tuple[FloatArray, _Layer]:
        if self.residual is None:
            z, kept = weights.forward(rng, h)
            out, slope = _activated(self.activation, z, log_h)
            return out, _Layer(h, z, kept, slope)
        u, slope = _activated(self.activation, h, log_h)
        z, kept = weights.forward(rng, u)
        return h + self.residual * z, _Layer(u, z, kept, slope)

    def _backward(
        self, weights: Weights, rng: np.random.Generator, g: FloatArray, layer: _Layer
    ) -> FloatArray:
        u, z, kept, slope = layer
        if self.residual is None:
            return weights.backward(rng, u, z, g * slope, kept)
        return np.asarray(g + self.residual * (slope * weights.backward(rng, u, z, g, kept)))

    def _jacobians(self, rng: np.random.Generator, size: int) -> Jacobians:
        """Layers' Jacobians, each network along its own signal, and the rank of their product."""
        if self.activation == "linear":
            yield from self._linear(rng, size)
            return
        h, log_h = _directions(rng, size, self.dim), np.zeros(size)
        rank = np.full(size, self.dim)
        for _ in range(self.n):
            w = self.weights.matrices(rng, size)
            if self.residual is None:
                out, slope = _activated(self.activation, apply(w, h), log_h)
                jacobian = slope[:, :, None] * w
                rank = np.minimum(rank, np.count_nonzero(slope, axis=1))
            else:
                u, slope = _activated(self.activation, h, log_h)
                out = h + self.residual * apply(w, u)
                jacobian = np.eye(self.dim) + self.residual * (w * slope[:, None, :])
            h, log_h = _renormalised(out, log_h)
            yield jacobian, rank

    def _linear(self, rng: np.random.Generator, size: int) -> Jacobians:
        """The same where no signal is needed."""
        rank = np.full(size, self.dim)
        for _ in range(self.n):
            w = self.weights.matrices(rng, size)
            yield w if self.residual is None else np.eye(self.dim) + self.residual * w, rank


def _scale(name: str, value: float) -> float:
    """A factor whose square, times another's, is still a float."""
    return real(name, value, at_least=1e-50, at_most=1e50)


def _chunks(size: int, most: int) -> Iterator[int]:
    for start in range(0, size, most):
        yield min(most, size - start)


def _directions(rng: np.random.Generator, size: int, dim: int) -> FloatArray:
    return _renormalised(rng.standard_normal((size, dim)), np.zeros(size))[0]


def _renormalised(h: FloatArray, log_h: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Unit vectors and the log norms they stand for; zero stays zero, with logarithm -inf."""
    norm = np.sqrt(np.einsum("si,si->s", h, h))
    with np.errstate(divide="ignore"):
        return h / np.where(norm > 0, norm, 1.0)[:, None], log_h + np.log(norm)


def _activated(kind: str, z: FloatArray, log_scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    r"""Activation and slope at :math:`e^{\text{scale}} z`, the activation divided by the scale."""
    if kind == "linear":
        return z, np.ones_like(z)
    if kind == "relu":
        return np.maximum(z, 0.0), (z > 0).astype(float)
    small = (log_scale < _SMALL)[:, None]
    scale = np.exp(np.where(small, 0.0, log_scale[:, None]))
    fade = np.exp(-2 * np.abs(scale * z))
    slope = 4 * fade / (1 + fade) ** 2  # 1 - tanh² would cancel
    return np.where(small, z, np.tanh(scale * z) / scale), np.where(small, 1.0, slope)
