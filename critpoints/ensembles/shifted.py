"""GOE plus a random multiple of the identity: the Hessian of an isotropic field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from critpoints import inertia
from critpoints.ensembles.dense import goi, goi_from, triangle_size
from critpoints.ensembles.gaussian import hermite_rows
from critpoints.ensembles.hermite import Hermite
from critpoints.protocols import BoolArray, Ensemble, FloatArray, IntArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class ShiftedGaussian(Ensemble):
    r"""GOI(c): a GOE matrix plus a random multiple of the identity.

    The law of :math:`M + \xi I` with M a GOE matrix and an independent
    :math:`\xi \sim N(0, c)`. Every Gaussian law of
    symmetric matrices that rotations leave alone is of this form, up to scale. The shift moves
    all eigenvalues together, so minima are far more common than in the GOE.

    Parameters
    ----------
    dim : int
    variance : float
        c, non-negative; ½ is the Hessian of an isotropic Gaussian field at a fixed point.

    References
    ----------
    Cheng & Schwartzman (2018), Bernoulli 24, 3422.
    """

    dim: int
    variance: float = 0.5

    population = "random matrices"
    name = "goi"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "variance", real("variance", self.variance, at_least=0))

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        return goi(rng, size, self.dim, self.variance)

    @property
    def normals(self) -> int:
        """A triangle of entries and the shift."""
        return triangle_size(self.dim) + 1

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals: shape (size, dim, dim)."""
        return goi_from(z, self.dim, self.variance)

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """Signs of the pivots of the tridiagonal form of M, shifted."""
        diagonal, squared = hermite_rows(rng, 1.0)
        shift = np.empty(0)

        def shifted(i: int, m: int) -> FloatArray:
            nonlocal shift
            if i == 0:
                shift = np.sqrt(self.variance) * rng.standard_normal(m)
            return diagonal(i, m) + shift

        return inertia.streamed_index(shifted, squared, self.dim, size)

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """The shift is drawn first; then a sample is dropped at its first negative pivot."""
        shift = np.sqrt(self.variance) * rng.standard_normal(size)
        return inertia.sieve(*hermite_rows(rng, 1.0), self.dim, size, shift)

    @property
    def hermite(self) -> Hermite:
        """The tridiagonal form of M, and the shift."""
        return Hermite(1.0, 0.0, self.variance)

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """A Gaussian integral over the shift."""
        return "goi", {"variance": self.variance}
