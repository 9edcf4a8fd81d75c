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
    r"""Sample covariances :math:`XX^T/m`, X a :math:`d \times m` standard normal matrix.

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

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        columns = math.ceil(self.aspect * self.dim)
        factor = rng.standard_normal((size, self.dim, columns))
        product = factor @ factor.transpose(0, 2, 1) / columns
        return (product + product.transpose(0, 2, 1)) / 2

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Index 0."""
        return "wishart", {}
