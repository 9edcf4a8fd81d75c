"""What an ensemble must be. Read this first; then write your own in 20 lines.

A user writes one method, ``sample``. Everything else is derived from it and may be overridden by
an equal law that is faster. ``tests/conformance`` holds every ensemble to this contract.

Examples
--------
>>> from dataclasses import dataclass
>>> import numpy as np
>>> from critpoints import Ensemble
>>> @dataclass(frozen=True)
... class Stiff(Ensemble):
...     '''Diagonal matrices with one soft direction.'''
...     dim: int
...     population = "stiff toy"
...     name, version = "stiff", 1
...     def sample(self, rng, size):
...         h = np.zeros((size, self.dim, self.dim))
...         h[:, range(self.dim), range(self.dim)] = 1.0
...         h[:, 0, 0] = rng.standard_normal(size)
...         return h
>>> Stiff(3).sample_index(np.random.default_rng(0), 4).shape
(4,)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints import inertia

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Ensemble(ABC):
    """The law of a random real symmetric (or complex Hermitian) matrix: a Hessian.

    Subclasses are frozen dataclasses whose first field is ``dim``.

    Attributes
    ----------
    dim : int
        Dimension of the Hessian.
    population : str
        Whose Hessians these are; the same matrix law gives different answers for different
        populations, so every result states it.
    name, version : str and int, or None
        Together with the fields they are the identity of the law. Raise ``version`` when the
        stream of numbers drawn changes. Without them results are kept in memory only.
    kac_rice : bool
        True if the population is the critical points of a field: each sample then counts with
        weight ``|det H|`` (Kac-Rice).
    """

    dim: int
    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None

    @property
    def population(self) -> str:
        """Whose Hessians these are; a class attribute serves as well."""
        return "user-defined"

    @property
    def kac_rice(self) -> bool:
        """Whether a sample counts with weight ``|det H|``; a class attribute serves as well."""
        return False

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Draw ``size`` independent matrices: shape (size, dim, dim)."""

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """Draw indices, ``dim + 1`` for a degenerate matrix: shape (size,)."""
        return inertia.index(self.checked_sample(rng, size))

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """Draw the events "all eigenvalues are positive": shape (size,)."""
        return inertia.is_minimum(self.checked_sample(rng, size))

    def index_weights(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draw log-weights of each bin (0..dim, degenerate last): shape (size, dim + 2).

        The population's index law is ``E exp(w_k) / sum_j E exp(w_j)``. By default a sample puts
        its whole weight, 1 or ``|det H|``, on its own index.
        """
        bins, log_det = inertia.index_and_log_det(self.checked_sample(rng, size))
        weights = np.full((size, self.dim + 2), -np.inf)
        weights[np.arange(size), bins] = log_det if self.kac_rice else 0.0
        return weights

    def exact_law(self) -> tuple[str, dict[str, Any]] | None:
        """Name and parameters under which ``critpoints.theory`` knows this law, or None."""
        return None

    def checked_sample(self, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """``sample``, refused with :class:`~critpoints.errors.InvalidBatchError` if malformed."""
        return inertia.checked(self.sample(rng, size), self.dim, size)

    def overrides(self, method: str) -> bool:
        """Whether this law has its own, faster version of a derived method."""
        return getattr(type(self), method) is not getattr(Ensemble, method)
