"""A neural network's Hessian as a sum of free random matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.ensembles.dense import goe
from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class NetworkHessian(Ensemble):
    r"""Gauss-Newton part plus noise of the size of the loss: :math:`JJ^T/m + W`.

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

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        columns = int(np.ceil(self.dim / self.ratio))
        jacobian = rng.standard_normal((size, self.dim, columns))
        gauss_newton = jacobian @ jacobian.transpose(0, 2, 1) / columns
        noise = np.sqrt(4 * self.energy / self.dim) * goe(rng, size, self.dim)
        matrices: FloatArray = (gauss_newton + gauss_newton.transpose(0, 2, 1)) / 2 + noise
        return matrices
