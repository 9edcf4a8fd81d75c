"""A random field without coupling between the axes: the generic case of independent axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from critpoints.domains import Torus
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.protocols import RandomField
from critpoints.validation import integer


@dataclass(frozen=True)
class SeparableField(RandomField):
    r"""A sum of independent random functions of one coordinate, on the torus of period 2π.

    .. math:: f(x) = \sum_i g_i(x_i),\quad
        g_i(t) = \frac1{\sqrt n}\sum_{k=1}^n a_{ik}\cos kt + b_{ik}\sin kt

    with independent standard normals a, b. On a circle as many critical points are minima as
    maxima, and those of f are the products, so exactly :math:`2^{-d}` of them are minima.

    Parameters
    ----------
    dim : int
    degree : int
        n; each axis has between 2 and 2n critical points.
    """

    dim: int
    degree: int = 3

    population = "critical points of a separable random function"
    name = "separable"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "degree", integer("degree", self.degree, low=1))

    @property
    def domain(self) -> Torus:
        return Torus(self.dim)

    def sample(self, rng: np.random.Generator) -> TrigonometricSum:
        """Draw the coefficients."""
        waves = np.kron(np.eye(self.dim), np.arange(1.0, self.degree + 1)[:, None])
        cosine, sine = rng.standard_normal((2, len(waves))) / math.sqrt(self.degree)
        return TrigonometricSum(self.domain, waves, cosine, sine)
