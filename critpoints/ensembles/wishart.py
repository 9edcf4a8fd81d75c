"""Positive definite matrices: the control whose every critical point is a minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class Wishart(Ensemble):
    r"""Sample covariances of Gaussian data: all minima where there are samples enough.

    The law of :math:`XX^T/m`, X a :math:`d \times m` standard normal matrix.
    With :math:`m \ge d` the index is 0 almost surely: the Hessian of a least-squares loss, and
    the control of every estimator.

    Parameters
    ----------
    dim : int
    aspect : float
        :math:`m = \lceil \text{aspect} \cdot d \rceil`; at least 1.

    References
    ----------
    Wishart (1928), Biometrika 20A, 32.
    """

    dim: int
    aspect: float = 2.0

    population = "random matrices"
    name = "wishart"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "aspect", real("aspect", self.aspect, at_least=1))

    @property
    def normals(self) -> int:
        """The entries of X."""
        return self.dim * math.ceil(self.aspect * self.dim)

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        return self.from_normals(rng.standard_normal((size, self.normals)))

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of X, row by row: shape (size, dim, dim)."""
        factor = z.reshape(len(z), self.dim, -1)
        product = factor @ factor.transpose(0, 2, 1) / factor.shape[2]
        return (product + product.transpose(0, 2, 1)) / 2

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Index 0."""
        return "wishart", {}
