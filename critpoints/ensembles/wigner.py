"""Symmetric matrices with independent entries of any law: is the answer universal?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from critpoints.ensembles import dense, rows
from critpoints.ensembles.hermite import Hermite
from critpoints.ensembles.tails import TAILS
from critpoints.protocols import BoolArray, Ensemble, FloatArray
from critpoints.validation import choice, integer, real

Draw = Callable[[np.random.Generator, tuple[int, ...], float], NDArray[np.floating[Any]]]

ENTRIES: dict[str, Draw] = {
    "gaussian": lambda rng, shape, _: rng.standard_normal(shape),
    "rademacher": lambda rng, shape, _: 2.0 * rng.integers(0, 2, shape) - 1.0,
    "uniform": lambda rng, shape, _: rng.uniform(-(3**0.5), 3**0.5, shape),
    "laplace": lambda rng, shape, _: rng.laplace(0.0, 0.5**0.5, shape),
    "student": lambda rng, shape, df: rng.standard_t(df, shape) * ((df - 2) / df) ** 0.5,
}
"""Laws of mean zero and variance one."""

QUANTILES: dict[str, Callable[[FloatArray, float], FloatArray]] = {
    "gaussian": lambda z, _: z,
    "rademacher": lambda z, _: np.where(z < 0, -1.0, 1.0),
    "uniform": lambda z, _: 3**0.5 * special.erf(z / 2**0.5),
    # from the tail that z is in, where neither overflows nor loses digits
    "laplace": lambda z, _: -np.sign(z) * 0.5**0.5 * (special.log_ndtr(-abs(z)) + np.log(2)),
    "student": lambda z, df: (
        -np.sign(z) * special.stdtrit(df, special.ndtr(-abs(z))) * ((df - 2) / df) ** 0.5
    ),
}
r"""The same laws as increasing maps of a standard normal, :math:`F^{-1}(\Phi(z))`."""


@dataclass(frozen=True)
class Wigner(Ensemble):
    r"""Symmetric matrices with independent entries of any of several laws.

    :math:`\xi_{ii}` on the diagonal, :math:`\xi_{ij}/\sqrt2` off it.
    Every :math:`\xi` has mean zero and variance one, so the second moments are those of the GOE,
    which ``gaussian`` entries are exactly. Rademacher matrices are discrete, yet never singular:
    :math:`\det(\sqrt2 M) = (\sqrt2)^{d \bmod 2} (a + b\sqrt2)` with integers a, b and a odd.

    Parameters
    ----------
    dim : int
    entries : {"gaussian", "rademacher", "uniform", "laplace", "student"}
    df : float
        Degrees of freedom of Student entries, above 2 so that the variance exists.

    References
    ----------
    Wigner (1955), Ann. Math. 62, 548.
    """

    dim: int
    entries: str = "gaussian"
    df: float = 5.0

    population = "random matrices"
    name = "wigner"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        choice("entries", self.entries, ENTRIES)
        object.__setattr__(self, "df", real("df", self.df, above=2))

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Dense symmetric matrices: shape (size, dim, dim)."""
        entries = ENTRIES[self.entries]
        return dense.wigner(lambda shape: entries(rng, shape, self.df), size, self.dim)

    @property
    def normals(self) -> int:
        """A triangle of entries."""
        return dense.triangle_size(self.dim)

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of normals, every entry by its quantiles: shape (size, dim, dim)."""
        return dense.unfold(QUANTILES[self.entries](z, self.df), self.dim)

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """Grown a row at a time, given up at the first bad pivot: O(1) expected rows."""
        return rows.positive(rng, self.sample_row, self.dim, size)

    def sample_row(self, rng: np.random.Generator, i: int, size: int) -> FloatArray:
        """Entries (i, 0..i): shape (size, i + 1)."""
        row = np.array(ENTRIES[self.entries](rng, (size, i + 1), self.df), dtype=np.float64)
        row[:, :i] *= 0.5**0.5
        return row

    @property
    def hermite(self) -> Hermite | None:
        """The tridiagonal form of the GOE for Gaussian entries; None otherwise."""
        return Hermite() if self.entries == "gaussian" else None

    def diagonal_above(
        self, rng: np.random.Generator, low: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Log-probability that a diagonal entry exceeds ``low``, and draws of one that does.

        Where that is impossible the logarithm is ``-inf`` and the draw is ``low``.
        """
        return TAILS[self.entries](rng, low, self.df)

    def exact_law(self) -> tuple[str, dict[str, Any]] | None:
        """That of the GOE for Gaussian entries; None otherwise."""
        return ("gaussian", {"beta": 1.0}) if self.entries == "gaussian" else None
