"""Hessians at the critical points of a random field in a parabolic well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.ensembles.dense import goi, goi_from, triangle_size
from critpoints.ensembles.hermite import Hermite
from critpoints.ensembles.spectrum import spectrum, with_degenerate
from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer, real

FIELD_VARIANCE = 0.5


@dataclass(frozen=True)
class ConfinedField(Ensemble):
    r"""Critical points of an isotropic field in a parabolic well.

    The function is :math:`\mu|x|^2/2 + V(x)`, the covariance of V :math:`N f(r^2/2N)`.
    The Hessian is, up to scale, :math:`m\sqrt{d/2}\,I + \mathrm{GOI}(1/2)` with
    :math:`m = \mu/\sqrt{f''(0)}`, weighted by :math:`|\det H|`. Above m = 1 the landscape is
    trivial: one minimum is left. By the spectrum of a GOE matrix of dimension d + 1,

    .. math:: f_k \propto E \exp\left[\lambda_j^2/2 - (\lambda_j - m\sqrt{d/2})^2\right],

    k the number of eigenvalues above :math:`\lambda_j`.

    Parameters
    ----------
    dim : int
    mass : float
        m, positive.

    References
    ----------
    Fyodorov (2004), PRL 92, 240601; Fyodorov & Nadal (2012), PRL 109, 167203.
    """

    dim: int
    mass: float = 0.5

    population = "critical points of a confined isotropic field"
    kac_rice = True
    name = "confined"
    version = 1

    def __post_init__(self) -> None:
        integer("dim", self.dim, low=1)
        real("mass", self.mass, above=0)

    @property
    def shift(self) -> float:
        """Curvature of the well in units of the field's."""
        return float(self.mass * np.sqrt(self.dim / 2))

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Hessians before any weight: shape (size, dim, dim)."""
        return goi(rng, size, self.dim, FIELD_VARIANCE) + self.shift * np.eye(self.dim)

    @property
    def normals(self) -> int:
        """A triangle of entries and the shift."""
        return triangle_size(self.dim) + 1

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals: shape (size, dim, dim)."""
        return goi_from(z, self.dim, FIELD_VARIANCE) + self.shift * np.eye(self.dim)

    def index_weights(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Spectrum identity: shape (size, dim + 2)."""
        values = spectrum(rng, size, self.dim + 1)[:, ::-1]
        return with_degenerate(values**2 / 2 - (values - self.shift) ** 2)

    @property
    def hermite(self) -> Hermite:
        """Tridiagonal form and shift of the matrices drawn, before any weight."""
        return Hermite(1.0, self.shift, FIELD_VARIANCE)

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Gaussian integrals of determinants."""
        return "confined", {"mass": self.mass}
