"""Saddles of a real network's loss, found where training passes by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from critpoints.census.trajectories import search
from critpoints.escape.problem import Problem, Saddle, value_at
from critpoints.landscapes.networks import Network
from critpoints.landscapes.training import train
from critpoints.optimizers.exits import Drop
from critpoints.protocols import FloatArray
from critpoints.validation import integer, real

_TRAININGS, _DRAWS = 4, 10
_STEPS, _RECORDS, _RATE, _NOISE, _ITERATIONS = 100, 50, 0.1, 0.1, 60


@dataclass(frozen=True)
class NetworkProblem(Problem):
    """An accepted saddle of a network of tanh units on digits, squared loss: one found at random.

    Searches start from random records of 4 trainings with momentum. A saddle is drawn from the
    ends that :func:`critpoints.census.trajectories.search` accepts, among those with a curvature
    clearly below zero. Runs are out ``drop`` × f below it. The 8 runs of a batch share a saddle,
    and intervals count saddles.

    Parameters
    ----------
    dim : int, optional
        Number of parameters, which follows from the rest.
    width : float
        Of the starts.
    units, inputs, samples : int
        Hidden units, inputs and training samples.
    decay : float
        Weight decay.
    drop : float
        Share of the loss at the saddle. Small, for some saddles lie little above the minima.
    """

    dim: int = None  # type: ignore[assignment]  # an int once constructed
    units: int = 3
    inputs: int = 6
    samples: int = 100
    decay: float = 0.02
    drop: float = 3e-4

    population = "runs from saddles of a network on digits"
    name = "network-saddle"
    version = 1
    random: ClassVar[bool] = True
    batch: ClassVar[int] = 8

    def __post_init__(self) -> None:
        for key in ("units", "inputs", "samples"):
            object.__setattr__(self, key, integer(key, getattr(self, key), low=1))
        object.__setattr__(self, "decay", real("decay", self.decay, at_least=0))
        object.__setattr__(self, "drop", real("drop", self.drop, above=0))
        dim = self.network.dim
        if self.dim is not None and self.dim != dim:
            raise ValueError(f"dim must be {dim}, the number of parameters, got {self.dim}")
        object.__setattr__(self, "dim", dim)
        super().__post_init__()

    @property
    def network(self) -> Network:
        """The function."""
        return _network(self.units, self.inputs, self.samples, self.decay)

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """Draw one.

        Raises
        ------
        ValueError
            If 40 searches find none.
        """
        point = np.array(_found(self.network, int(rng.integers(2**63))))
        value = value_at(self.network, point)
        return Saddle(self.network, point, Drop(self.drop * value, value))


@lru_cache(maxsize=8)
def _network(units: int, inputs: int, samples: int, decay: float) -> Network:
    return Network(
        data="digits", width=(units,), loss="squared", inputs=inputs, samples=samples, decay=decay
    )


@lru_cache(maxsize=256)
def _found(network: Network, seed: int) -> tuple[float, ...]:
    """One saddle; every optimizer asks for the same again."""
    rng = np.random.default_rng(seed)
    for _ in range(_DRAWS):
        points = _candidates(network, rng)
        if len(points):
            return tuple(points[rng.integers(len(points))].tolist())
    raise ValueError(f"no saddle found by {_DRAWS * _TRAININGS} searches of {network!r}")


def _candidates(network: Network, rng: np.random.Generator) -> FloatArray:
    seeds = rng.integers(2**32, size=_TRAININGS).tolist()
    path = train(network, "momentum", seeds=seeds, steps=_STEPS, rate=_RATE, records=_RECORDS)
    record = rng.integers(len(path.steps), size=_TRAININGS)
    begin = path.points[np.arange(_TRAININGS), record]
    found = search(network, begin + _NOISE * rng.standard_normal(begin.shape), steps=_ITERATIONS)
    below = found.eigenvalues[:, 0] < -1e-6 * found.typical
    return np.asarray(found.points[found.accepted & below])
