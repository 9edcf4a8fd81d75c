"""Saddles made to measure, each with one difficulty of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from critpoints.escape.landscapes import Brink, CurvedValley, FreeQuadratic, WalledSaddle
from critpoints.escape.problem import DOWN, Problem, Saddle, leaving, value_at
from critpoints.landscapes import MonkeySaddle, Octopus
from critpoints.optimizers.exits import Drop
from critpoints.validation import real


@dataclass(frozen=True)
class QuadraticProblem(Problem):
    r"""A quadratic saddle: out at ``radius`` along the negative eigenspace.

    Parameters
    ----------
    dim : int
    width : float
    spectrum : tuple of float
        All curvatures; or say it by ``index`` and ``curvature``.
    index : int
        How many curvatures are ``-curvature``; the others are 1.
    curvature : float
        γ > 0.
    radius : float
    """

    spectrum: tuple[float, ...] = ()
    index: int = 1
    curvature: float = 1.0
    radius: float = 1.0

    population = "runs from a quadratic saddle"
    name = "quadratic"
    version = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        own = self._landscape()
        for key in ("spectrum", "index", "curvature"):
            object.__setattr__(self, key, getattr(own, key))
        object.__setattr__(self, "radius", real("radius", self.radius, above=0))
        if not (own.curvatures < 0).any():
            raise ValueError(
                "spectrum must have a negative curvature, or index be at least 1, "
                f"got {own.curvatures.tolist()}"
            )

    def _landscape(self) -> FreeQuadratic:
        return FreeQuadratic(self.dim, self.spectrum, self.index, self.curvature)

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        landscape, origin = self._landscape(), np.zeros(self.dim)
        return Saddle(landscape, origin, leaving(landscape, origin, self.radius))

    def exact_law(self) -> dict[str, Any] | None:
        """Negative curvatures, width and radius."""
        curvatures = self._landscape().curvatures
        down = tuple((-curvatures[curvatures < 0]).tolist())
        return {"curvatures": down, "width": self.width, "radius": self.radius}


@dataclass(frozen=True)
class QuarticProblem(Problem):
    """A strict saddle between quartic walls: out at nine tenths of the depth γ²/4 of a well.

    Parameters
    ----------
    dim : int
    width : float
    index : int
        Directions down.
    curvature : float
        γ > 0.
    """

    index: int = 1
    curvature: float = 1.0

    population = "runs from a strict saddle between walls"
    name = "quartic"
    version = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        own = self._landscape()
        for key in ("index", "curvature"):
            object.__setattr__(self, key, getattr(own, key))

    def _landscape(self) -> WalledSaddle:
        return WalledSaddle(self.dim, self.index, self.curvature)

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        return Saddle(self._landscape(), np.zeros(self.dim), Drop(DOWN * self.curvature**2 / 4))


@dataclass(frozen=True)
class MonkeyProblem(Problem):
    """The monkey saddle, whose Hessian has no negative curvature: out at ``drop`` below it.

    Parameters
    ----------
    dim : int
        At least 2.
    width : float
    drop : float
    """

    width: float = 0.1
    drop: float = 0.1

    population = "runs from the monkey saddle"
    name = "monkey"
    version = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        MonkeySaddle(self.dim)  # refuses one dimension
        object.__setattr__(self, "drop", real("drop", self.drop, above=0))

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        return Saddle(MonkeySaddle(self.dim), np.zeros(self.dim), Drop(self.drop))


@dataclass(frozen=True)
class PlateauProblem(Problem):
    r"""A plain of small slope, which breaks off at distance 1: out nine tenths of the way down.

    Parameters
    ----------
    dim : int
    width : float
    softness : float
        τ; the plain's curvature is about :math:`-2e^{-1/\tau}/\tau`.
    """

    width: float = 0.1
    softness: float = 0.15

    population = "runs from a plateau"
    name = "plateau"
    version = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "softness", real("softness", self.softness, above=0, below=1))

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        landscape, origin = Brink(self.dim, 1.0, self.softness), np.zeros(self.dim)
        return Saddle(landscape, origin, Drop(DOWN * landscape.drop, value_at(landscape, origin)))


@dataclass(frozen=True)
class CliffProblem(Problem):
    """A plain that ends in a cliff before a steep wall: out nine tenths of the way down.

    Gradients on the cliff are about depth/(2·softness): unclipped, a first-order step lands
    beyond the wall and the next one farther still.

    Parameters
    ----------
    dim : int
    width : float
    depth, softness : float
        D and τ of :class:`~critpoints.escape.landscapes.Brink`, whose wall is 10 D.
    """

    width: float = 0.1
    depth: float = 100.0
    softness: float = 0.12

    population = "runs from above a cliff"
    name = "cliff"
    version = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("depth", "softness"):
            object.__setattr__(self, key, real(key, getattr(self, key), above=0))

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        landscape = Brink(self.dim, self.depth, self.softness, 10 * self.depth)
        origin = np.zeros(self.dim)
        return Saddle(landscape, origin, Drop(DOWN * landscape.drop, value_at(landscape, origin)))


@dataclass(frozen=True)
class OctopusProblem(Problem):
    """A row of saddles, as many as dimensions, from the first: out when past all of them.

    That is, nine tenths of a stage below the last saddle. Plain gradient descent takes a time
    exponential in their number (Du et al. 2017).

    Parameters
    ----------
    dim : int
    width : float
    tau, L, gamma : float
        As in :class:`~critpoints.landscapes.Octopus`.
    """

    width: float = 0.1
    tau: float = math.e
    L: float = 2.0
    gamma: float = 1.0

    population = "runs past the saddles of the octopus"
    name = "octopus"
    version = 2
    tol: ClassVar[float] = 0.0  # coordinates that wait for their saddle shrink, and grow again

    def __post_init__(self) -> None:
        super().__post_init__()
        own = self._landscape()
        for key in ("tau", "L", "gamma"):
            object.__setattr__(self, key, getattr(own, key))

    def _landscape(self) -> Octopus:
        return Octopus(self.dim, self.tau, self.L, self.gamma)

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The first, at the origin."""
        landscape = self._landscape()
        return Saddle(landscape, np.zeros(self.dim), Drop((self.dim - 1 + DOWN) * landscape.nu))


@dataclass(frozen=True)
class ValleyProblem(Problem):
    """A saddle in a narrow curved valley: out nine tenths of the way to its minima.

    Parameters
    ----------
    dim : int
        At least 2.
    width : float
    condition : float
        Curvature of the walls over that of the floor.
    """

    condition: float = 100.0

    population = "runs from a saddle in a narrow valley"
    name = "valley"
    version = 2
    depth: ClassVar[float] = 1 / 4

    def __post_init__(self) -> None:
        super().__post_init__()
        own = CurvedValley(self.dim, self.condition)
        object.__setattr__(self, "condition", own.condition)

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The origin."""
        landscape = CurvedValley(self.dim, self.condition)
        return Saddle(landscape, np.zeros(self.dim), Drop(DOWN * self.depth))
