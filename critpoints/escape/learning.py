"""Saddles of learning tasks: factorisation, autoencoder, phase retrieval, tensors."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from critpoints.escape.landscapes import OrthogonalTensor, PhaseRetrieval
from critpoints.escape.problem import DOWN, Problem, Saddle
from critpoints.landscapes import Autoencoder, Factorisation, KnownLandscape
from critpoints.optimizers.exits import Drop
from critpoints.validation import integer


@dataclass(frozen=True)
class KnownProblem(Problem):
    """A saddle of a function whose critical points are known, by its index.

    Out nine tenths of the way down to the next lower critical value.

    Parameters
    ----------
    dim : int
    width : float
    index : int
        Negative curvatures at the saddle; if several points have so many, the highest.
    """

    index: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "index", integer("index", self.index, low=1, high=self.dim))
        counts = self.landscape().known_counts()
        if not counts[self.index]:
            there = [str(k) for k, count in enumerate(counts) if count and k]
            raise ValueError(f"index must be {' or '.join(there)}, got {self.index}")

    @abstractmethod
    def landscape(self) -> KnownLandscape:
        """The function."""

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The highest one of that index."""
        landscape = self.landscape()
        known = landscape.known()
        chosen = max(np.flatnonzero(known.index == self.index), key=lambda k: known.values[k])
        here = float(known.values[chosen])
        rounding = 1e-9 * float(np.ptp(known.values))
        below = known.values[known.values < here - rounding].max()
        return Saddle(landscape, known.points[chosen], Drop(DOWN * (here - float(below)), here))


@dataclass(frozen=True)
class FactorisationProblem(KnownProblem):
    """A saddle of the best approximation of rank one: the wrong eigenvector, or 0.

    Parameters
    ----------
    dim : int
    width : float
    index : int
        With index k the (k + 1)-th eigenvector, or, if it is the number of positive eigenvalues,
        the origin.
    spectrum : tuple of float
        As in :class:`~critpoints.landscapes.Factorisation`.
    """

    spectrum: tuple[float, ...] = ()

    population = "runs from a saddle of a matrix factorisation"
    name = "factorisation"
    version = 2

    def landscape(self) -> Factorisation:
        """Rank one, symmetric."""
        return Factorisation(self.dim, self.spectrum)


@dataclass(frozen=True)
class AutoencoderProblem(KnownProblem):
    """A saddle of a linear autoencoder: some principal axes wrong or missing.

    Parameters
    ----------
    dim : int
        Number of parameters, a multiple of 2·hidden.
    width : float
    index : int
    hidden, spectrum
        As in :class:`~critpoints.landscapes.Autoencoder`.
    """

    hidden: int = 1
    spectrum: tuple[float, ...] = ()

    population = "runs from a saddle of a linear autoencoder"
    name = "autoencoder"
    version = 2

    def landscape(self) -> Autoencoder:
        """Two linear layers."""
        return Autoencoder(self.dim, self.hidden, self.spectrum)


@dataclass(frozen=True)
class PhaseProblem(Problem):
    """Phase retrieval from a saddle orthogonal to the signal: out nine tenths of the way down.

    Parameters
    ----------
    dim : int
        At least 2.
    width : float
    """

    population = "runs from a saddle of phase retrieval"
    name = "phase-retrieval"
    version = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        PhaseRetrieval(self.dim)  # refuses one dimension

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """e₂/√3: all the others are its images."""
        point = np.zeros(self.dim)
        point[1] = 1 / math.sqrt(3)
        return Saddle(PhaseRetrieval(self.dim), point, Drop(DOWN * 2 / 3, 2 / 3))


@dataclass(frozen=True)
class TensorProblem(Problem):
    """A mixture of index + 1 components of a tensor: out nine tenths of the way to one less.

    Parameters
    ----------
    dim : int
        Dimension of the sphere; there are dim + 1 components.
    width : float
    index : int
    """

    index: int = 1

    population = "runs from a saddle of a tensor decomposition"
    name = "tensor"
    version = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "index", integer("index", self.index, low=1, high=self.dim))

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """Equal coordinates, then zeros."""
        mixed = self.index + 1
        point = np.zeros(self.dim + 1)
        point[:mixed] = 1 / math.sqrt(mixed)
        gap = 1 / self.index - 1 / mixed
        return Saddle(OrthogonalTensor(self.dim), point, Drop(DOWN * gap, -1 / mixed))
