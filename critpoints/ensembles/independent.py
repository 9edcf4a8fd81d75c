"""The lecture model: every axis decides for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.protocols import BoolArray, Ensemble, FloatArray, IntArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class IndependentAxes(Ensemble):
    r"""Diagonal Hessians whose axes are independently minimum, maximum or inflection.

    An axis is a minimum with probability :math:`p`, a maximum with probability :math:`q` and an
    inflection (curvature exactly zero: a degenerate Hessian) with the rest, so
    :math:`P(\min) = p^d`. One third each, the default, gives :math:`3^{-d}`; inflections are not
    generic, and without them (``minimum=.5, maximum=.5``) it is :math:`2^{-d}`. Curvatures have
    the size of a standard half-normal.

    Parameters
    ----------
    dim : int
    minimum, maximum : float
        Probabilities of an axis; what they leave to one is that of an inflection.

    Raises
    ------
    ValueError
        If a probability is outside [0, 1] or they add up to more than one.
    """

    dim: int
    minimum: float = 1 / 3
    maximum: float = 1 / 3

    population = "critical points of independent axes"
    name = "independent"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "minimum", real("minimum", self.minimum, at_least=0, at_most=1))
        object.__setattr__(self, "maximum", real("maximum", self.maximum, at_least=0, at_most=1))
        if self.minimum + self.maximum > 1 + 1e-12:
            raise ValueError(
                f"minimum and maximum must add up to at most 1, got {self.minimum} + {self.maximum}"
            )

    @property
    def inflection(self) -> float:
        """Probability that an axis is an inflection."""
        rest = 1 - self.minimum - self.maximum
        return rest if rest > 1e-12 else 0.0

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Diagonal matrices: shape (size, dim, dim)."""
        uniform = rng.random((size, self.dim))
        sign = np.where(uniform < self.minimum, 1.0, -1.0)
        sign[uniform >= 1 - self.inflection] = 0.0
        matrices = np.zeros((size, self.dim, self.dim))
        axes = np.arange(self.dim)
        matrices[:, axes, axes] = sign * np.abs(rng.standard_normal((size, self.dim)))
        return matrices

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """The kinds of the axes are multinomial; any inflection makes the point degenerate."""
        kinds = [self.minimum, self.maximum, self.inflection]
        _, maxima, inflections = rng.multinomial(self.dim, np.array(kinds) / sum(kinds), size).T
        return np.where(inflections > 0, self.dim + 1, maxima).astype(np.int64)

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """An axis is drawn only for the samples whose axes so far are minima."""
        alive = np.arange(size)
        for _ in range(self.dim):
            alive = alive[rng.random(alive.size) < self.minimum]
        result = np.zeros(size, dtype=np.bool_)
        result[alive] = True
        return result

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Multinomial."""
        kinds = {"minimum": self.minimum, "maximum": self.maximum, "inflection": self.inflection}
        return "independent", kinds
