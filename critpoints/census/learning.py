"""Trainings of a network, and searches for its critical points, as rows of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints.census.trajectories import search
from critpoints.estimate import Estimate
from critpoints.landscapes.training import OPTIMIZERS, train
from critpoints.rule import Rule
from critpoints.runs import Runs, ratio
from critpoints.tally import Tally
from critpoints.validation import choice, integer, real

POINT_COLUMNS = (
    "step", "start_loss", "loss", "test_loss", "test_error", "gradient_norm", "flatness",
    "index", "zero_modes", "lowest", "small", "accepted",
)  # fmt: skip
"""What is kept of a search; the last two are 1 or 0."""
TRAINING_COLUMNS = ("start_loss", "loss", "test_loss", "test_error", "gradient_norm")
"""What is kept of a training: the loss of the start, and what the end is like."""


@dataclass(frozen=True)
class NetworkPoints(Runs):
    """One search for a critical point from a random record of a training of its own.

    Searches are independent: no two share a training. A search that ends nowhere has its row too.

    Attributes
    ----------
    optimizer, rate, steps, records
        Of the training, see :func:`critpoints.landscapes.training.train`.
    noise : float
        Standard deviation added to each coordinate of the record.
    searches : int
        Iterations of a search at most.
    zero : float
        Eigenvalues up to this share of a typical Hessian's norm count as zero.
    """

    optimizer: str = "momentum"
    rate: float = 0.1
    steps: int = 100
    records: int = 50
    noise: float = 0.1
    searches: int = 60
    zero: float = 1e-8

    name: ClassVar[str] = "network points"

    def __post_init__(self) -> None:
        choice("optimizer", self.optimizer, OPTIMIZERS)
        real("rate", self.rate, above=0)
        integer("records", self.records, low=1, high=integer("steps", self.steps, low=1))
        real("noise", self.noise, at_least=0)
        integer("searches", self.searches, low=1)
        real("zero", self.zero, at_least=0, below=1)

    @property
    def method(self) -> str:
        """How a row is computed."""
        return "Newton-MR from training"

    def columns(self, dim: int) -> tuple[str, ...]:
        """As :data:`POINT_COLUMNS`."""
        return POINT_COLUMNS

    def batch_size(self, dim: int) -> int:
        """Searches that are worked on together."""
        return 8

    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """A row a search: shape (size, 12).

        Raises
        ------
        ValueError
            If the network has kinks.
        """
        if not source.smooth:
            raise ValueError(
                f"activation must be smooth, got {source.activation}: a Hessian is no guide there"
            )
        seeds = rng.integers(2**32, size=size).tolist()
        path = train(
            source, self.optimizer, seeds=seeds, steps=self.steps, rate=self.rate,
            records=self.records,
        )  # fmt: skip
        record = rng.integers(len(path.steps), size=size)
        begin = path.points[np.arange(size), record]
        begin = begin + self.noise * rng.standard_normal(begin.shape)
        found = search(source, begin, steps=self.searches)
        zero = self.zero * found.typical
        columns = (
            path.steps[record], source.value(begin), source.value(found.points),
            source.test_loss(found.points), source.test_error(found.points),
            found.gradient_norms, found.flatness, (found.eigenvalues < -zero).sum(axis=1),
            (np.abs(found.eigenvalues) <= zero).sum(axis=1), found.eigenvalues[:, 0],
            found.small, found.accepted,
        )  # fmt: skip
        return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The share of searches whose end is accepted."""
        return [_share(tally.data[:, -1], rule, self.method)]


@dataclass(frozen=True)
class Trainings(Runs):
    """One training of a network from a start of its own, all samples at every step.

    Attributes
    ----------
    optimizer, rate, steps
        See :func:`critpoints.landscapes.training.train`.
    """

    optimizer: str = "nesterov"
    rate: float = 0.3
    steps: int = 1000

    name: ClassVar[str] = "trainings"

    def __post_init__(self) -> None:
        choice("optimizer", self.optimizer, OPTIMIZERS)
        real("rate", self.rate, above=0)
        integer("steps", self.steps, low=1)

    @property
    def method(self) -> str:
        """How a row is computed."""
        return f"{self.optimizer}, rate {self.rate:g}, {self.steps} steps"

    def columns(self, dim: int) -> tuple[str, ...]:
        """As :data:`TRAINING_COLUMNS`."""
        return TRAINING_COLUMNS

    def batch_size(self, dim: int) -> int:
        """Runs that are trained together."""
        return 25

    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """A row a training: shape (size, 5)."""
        seeds = rng.integers(2**32, size=size).tolist()
        path = train(
            source, self.optimizer, seeds=seeds, steps=self.steps, rate=self.rate, records=1
        )
        end = path.final
        columns = (
            path.losses[:, 0], path.losses[:, -1], source.test_loss(end), source.test_error(end),
            np.linalg.norm(source.gradient(end), axis=1),
        )  # fmt: skip
        return np.stack(columns, axis=1)

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The share of trainings that ended at a finite loss."""
        return [_share(np.isfinite(tally.data[:, 1]).astype(float), rule, self.method)]


def _share(hits: NDArray[np.float64], rule: Rule, method: str) -> Estimate:
    return ratio(hits, np.ones(len(hits)), rule.level, method)
