"""A neural network's Hessian as a sum of free random matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.ensembles.dense import goe, triangle_size, unfold
from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class NetworkHessian(Ensemble):
    r"""A model of a network's Hessian: Gauss-Newton part plus noise of the size of the loss.

    The law of :math:`JJ^T/m + W`.
    J is :math:`d \times m` standard normal with :math:`m = \lceil d/\varphi \rceil`; W is a
    Wigner matrix whose semicircle has variance :math:`2\varepsilon` (entries of variance
    :math:`2\varepsilon/d` off the diagonal). As d grows, the index is 0 up to a critical energy
    and then a fraction of d.

    Parameters
    ----------
    dim : int
        Number of parameters.
    ratio : float
        Parameters over data, :math:`\varphi`.
    energy : float
        Loss :math:`\varepsilon`, non-negative.

    References
    ----------
    Pennington & Bahri (2017), Geometry of neural network loss surfaces via random matrix theory,
    ICML, PMLR 70, 2798.
    """

    dim: int
    ratio: float = 0.25
    energy: float = 0.05

    population = "network Hessians at given energy (Pennington-Bahri model)"
    name = "network"
    version = 1

    def __post_init__(self) -> None:
        integer("dim", self.dim, low=1)
        real("ratio", self.ratio, above=0)
        real("energy", self.energy, at_least=0)

    @property
    def columns(self) -> int:
        """Number of data m."""
        return int(np.ceil(self.dim / self.ratio))

    @property
    def normals(self) -> int:
        """The entries of J, then a triangle of those of W."""
        return self.dim * self.columns + triangle_size(self.dim)

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        jacobian = rng.standard_normal((size, self.dim, self.columns))
        return self._matrices(jacobian, goe(rng, size, self.dim))

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals: shape (size, dim, dim)."""
        jacobian, noise = np.split(z, [self.dim * self.columns], axis=1)
        return self._matrices(
            jacobian.reshape(len(z), self.dim, self.columns), unfold(noise, self.dim)
        )

    def _matrices(self, jacobian: FloatArray, noise: FloatArray) -> FloatArray:
        gauss_newton = jacobian @ jacobian.transpose(0, 2, 1) / self.columns
        scale = np.sqrt(4 * self.energy / self.dim)
        matrices: FloatArray = (gauss_newton + gauss_newton.transpose(0, 2, 1)) / 2 + scale * noise
        return matrices
