"""The Gaussian ensembles: invariant random matrices, and their tridiagonal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints import inertia
from critpoints.ensembles.dense import goe, triangle_size, unfold
from critpoints.ensembles.hermite import Hermite
from critpoints.ensembles.tails import TAILS
from critpoints.protocols import BoolArray, Ensemble, FloatArray, IntArray
from critpoints.validation import integer, real

Draw = Callable[[int, int], FloatArray]


@dataclass(frozen=True)
class GaussianEnsemble(Ensemble):
    r"""The Gaussian ensembles: beta 1, 2, 4 are GOE, GUE, GSE; any other is tridiagonal.

    The density is proportional to :math:`e^{-\operatorname{tr} M^2/2}`.
    :math:`\beta = 1, 2, 4` are GOE (real), GUE (complex) and GSE; the diagonal is
    :math:`N(0, 1)`, every real component off it :math:`N(0, 1/2)`, the spectrum's edge
    :math:`\sqrt{2\beta d}`. Any :math:`\beta > 0` exists as the tridiagonal matrix with diagonal
    :math:`a_i \sim N(0, 1)` and squared off-diagonals :math:`b_i^2 \sim \Gamma(\beta i/2, 1)`,
    which has the same eigenvalues for :math:`\beta = 1, 2, 4`.

    Parameters
    ----------
    dim : int
    beta : float
        Dyson index, positive.

    References
    ----------
    Dumitriu & Edelman (2002), J. Math. Phys. 43, 5830.
    """

    dim: int
    beta: float = 1.0

    population = "random matrices"
    name = "gaussian"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "beta", real("beta", self.beta, above=0))

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Dense for beta 1 and 2 (complex Hermitian), or tridiagonal: shape (size, dim, dim)."""
        if self.beta == 1:
            return goe(rng, size, self.dim)
        if self.beta == 2:
            shape = (size, self.dim, self.dim)
            entries = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
            return (entries + entries.conj().transpose(0, 2, 1)) / 2
        return self._tridiagonal(rng, size)

    @property
    def normals(self) -> int | None:
        """A triangle of entries for beta 1, two full squares for beta 2, or None."""
        return {1.0: triangle_size(self.dim), 2.0: 2 * self.dim**2}.get(self.beta)

    def from_normals(self, z: FloatArray) -> NDArray[Any]:
        """Dense matrices as a map of normals: shape (size, dim, dim).

        Raises
        ------
        TypeError
            If beta is neither 1 nor 2.
        """
        if self.beta == 1:
            return unfold(z, self.dim)
        if self.beta != 2:
            return super().from_normals(z)
        real_part, imaginary = z.reshape(-1, 2, self.dim, self.dim).swapaxes(0, 1)
        entries = real_part + 1j * imaginary
        return (entries + entries.conj().transpose(0, 2, 1)) / 2

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """Signs of the pivots of the tridiagonal form, streamed: O(dim) a sample."""
        return inertia.streamed_index(*hermite_rows(rng, self.beta), self.dim, size)

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """A sample is dropped at its first negative pivot: O(1) expected rows, whatever dim."""
        return inertia.sieve(*hermite_rows(rng, self.beta), self.dim, size)

    @property
    def hermite(self) -> Hermite:
        """Its tridiagonal form."""
        return Hermite(self.beta)

    def sample_row(self, rng: np.random.Generator, i: int, size: int) -> FloatArray:
        """Row i of a real matrix of equal spectrum: dense for beta 1, or tridiagonal."""
        if self.beta == 1:
            row = rng.standard_normal((size, i + 1))
            row[:, :i] *= np.sqrt(0.5)
            return row
        diagonal, squared = hermite_rows(rng, self.beta)
        row = np.zeros((size, i + 1))
        row[:, i] = diagonal(i, size)
        if i:
            row[:, i - 1] = np.sqrt(squared(i, size))
        return row

    def diagonal_above(
        self, rng: np.random.Generator, low: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Log-probability that a diagonal entry exceeds ``low``, and draws of one that does."""
        return TAILS["gaussian"](rng, low, 0.0)

    def exact_law(self) -> tuple[str, dict[str, Any]]:
        """The recursion of the pivots."""
        return "gaussian", {"beta": self.beta}

    def _tridiagonal(self, rng: np.random.Generator, size: int) -> FloatArray:
        diagonal, squared = hermite_rows(rng, self.beta)
        matrices = np.zeros((size, self.dim, self.dim))
        for i in range(self.dim):
            matrices[:, i, i] = diagonal(i, size)
            if i:
                matrices[:, i, i - 1] = matrices[:, i - 1, i] = np.sqrt(squared(i, size))
        return matrices


def hermite_rows(rng: np.random.Generator, beta: float) -> tuple[Draw, Draw]:
    """Draws of row i of the tridiagonal form: its diagonal and its squared coupling to row i-1."""

    def diagonal(_: int, size: int) -> FloatArray:
        return rng.standard_normal(size)

    def squared(i: int, size: int) -> FloatArray:
        if beta * i == 1:  # Gamma(1/2, 1) is half a squared normal, at a fifth of the cost
            return 0.5 * np.square(rng.standard_normal(size))
        return rng.standard_gamma(beta * i / 2, size)

    return diagonal, squared
