"""Hessians of a smooth isotropic Gaussian field, at its critical points or at a fixed point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.ensembles.dense import goi, goi_from, triangle_size
from critpoints.ensembles.hermite import Hermite
from critpoints.ensembles.shifted import ShiftedGaussian
from critpoints.ensembles.spectrum import goi_weights
from critpoints.protocols import BoolArray, Ensemble, FloatArray, IntArray
from critpoints.validation import choice, integer

FIELD_VARIANCE = 0.5
"""The Hessian of every smooth isotropic Gaussian field is GOI(1/2), up to scale."""


@dataclass(frozen=True)
class IsotropicField(Ensemble):
    r"""Isotropic Gaussian fields: at critical points, or at a fixed point.

    With covariance :math:`\rho(|x-y|^2)` the Hessian is :math:`\sqrt{8\rho''}` GOI(½).
    It is independent of the gradient, so matrices are drawn alike for both populations; at
    ``critical`` points each counts with weight :math:`|\det H|` (Kac-Rice), at a ``fixed`` point
    with weight one. The index does not feel the scale. For the critical points there is a second
    route, the spectrum identity: with :math:`\lambda_1 < \dots < \lambda_{d+1}` the spectrum of
    a GOE matrix of one more dimension,

    .. math:: f_k \propto E\,e^{-\lambda_{k+1}^2/2}, \qquad k = 0, \dots, d.

    Parameters
    ----------
    dim : int
    at : {"critical", "fixed"}

    References
    ----------
    Fyodorov (2004), PRL 92, 240601; Auffinger, Ben Arous & Černý (2013), CPAM 66, 165 (Lemma
    3.3); Cheng & Schwartzman (2018), Bernoulli 24, 3422.
    """

    dim: int
    at: str = "critical"

    name = "isotropic"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        choice("at", self.at, ("critical", "fixed"))

    @property
    def population(self) -> str:
        """Critical points, or a fixed point, of an isotropic Gaussian field."""
        where = "critical points" if self.kac_rice else "a fixed point"
        return f"{where} of an isotropic Gaussian field"

    @property
    def kac_rice(self) -> bool:
        """Whether ``at="critical"``."""
        return self.at == "critical"

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Hessians in units of :math:`\\sqrt{8\\rho''}`: shape (size, dim, dim)."""
        return goi(rng, size, self.dim, FIELD_VARIANCE)

    @property
    def normals(self) -> int:
        """A triangle of entries and the shift."""
        return triangle_size(self.dim) + 1

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals: shape (size, dim, dim)."""
        return goi_from(z, self.dim, FIELD_VARIANCE)

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """Index of the matrices drawn, before any weight."""
        return self._matrices.sample_index(rng, size)

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """Positive definiteness of the matrices drawn, before any weight."""
        return self._matrices.sample_minimum(rng, size)

    def index_weights(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Spectrum identity at critical points: log-weight :math:`-\\lambda_{k+1}^2/2` of bin k."""
        if not self.kac_rice:
            return super().index_weights(rng, size)
        return goi_weights(rng, size, self.dim, FIELD_VARIANCE)

    @property
    def hermite(self) -> Hermite:
        """Tridiagonal form and shift of the matrices drawn, before any weight."""
        return Hermite(1.0, 0.0, FIELD_VARIANCE)

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Gaussian integrals of determinants."""
        return "isotropic", {"at": self.at}

    @property
    def _matrices(self) -> ShiftedGaussian:
        return ShiftedGaussian(self.dim, FIELD_VARIANCE)
