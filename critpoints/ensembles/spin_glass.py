"""Hessians at the critical points of the spherical pure p-spin model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints.ensembles.dense import goi, goi_from, triangle_size
from critpoints.ensembles.hermite import Hermite
from critpoints.ensembles.spectrum import goi_weights
from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer


@dataclass(frozen=True)
class SpinGlass(Ensemble):
    r"""Critical points of the spherical pure p-spin energy.

    The function is :math:`\sum J_{i_1\dots i_p} x_{i_1}\cdots x_{i_p}` on the unit sphere.
    The Hessian on :math:`S^d` (``dim`` is d, the sphere lies in :math:`R^{d+1}`) is, up to scale,
    GOI(c) with :math:`c = p/(2(p-1))`, weighted by :math:`|\det H|`. The critical points are the
    eigenvectors of a random symmetric tensor; for p = 2 every index is equally likely.

    Parameters
    ----------
    dim : int
        Dimension of the sphere.
    p : int
        Order of the interaction, at least 2.

    References
    ----------
    Auffinger, Ben Arous & Černý (2013), CPAM 66, 165.
    """

    dim: int
    p: int = 3

    population = "critical points of the spherical pure p-spin"
    kac_rice = True
    name = "spin-glass"
    version = 1

    def __post_init__(self) -> None:
        integer("dim", self.dim, low=1)
        integer("p", self.p, low=2)

    @property
    def variance(self) -> float:
        """Variance c of the shift."""
        return self.p / (2 * (self.p - 1))

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Hessians before any weight: shape (size, dim, dim)."""
        return goi(rng, size, self.dim, self.variance)

    @property
    def normals(self) -> int:
        """A triangle of entries and the shift."""
        return triangle_size(self.dim) + 1

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals: shape (size, dim, dim)."""
        return goi_from(z, self.dim, self.variance)

    def index_weights(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Spectrum identity: shape (size, dim + 2)."""
        return goi_weights(rng, size, self.dim, self.variance)

    @property
    def hermite(self) -> Hermite:
        """Tridiagonal form and shift of the matrices drawn, before any weight."""
        return Hermite(1.0, 0.0, self.variance)

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """Gaussian integrals of determinants."""
        return "spin-glass", {"p": self.p}
