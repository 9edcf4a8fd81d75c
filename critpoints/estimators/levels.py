"""Nested events for splitting, and the pilot run that places them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints import inertia
from critpoints.protocols import Ensemble, FloatArray
from critpoints.seeding import stream

SHARE = 0.1
"""Probability of a level given the one before (Au & Beck 2001); variance per work is flat here."""
ACCEPTANCE = 0.25
"""Share of moves that should stay inside the level: near 0.234 (Roberts, Gelman & Gilks 1997)."""
PILOT_CHAINS = 64
PILOT_MOVES = 16
MAX_LEVELS = 500
"""A pilot that has not arrived by then (at 1e-500) stops."""
MIN_STEP = 0.01
"""Nor does one go on whose steps have become smaller: levels that approach an impossible event for
ever shrink about a point. Steps on GOE are .05 in d = 20."""


@dataclass(frozen=True)
class Target:
    r"""Matrices :math:`H(z)` of normals z, and the events :math:`\lambda_{k+1}(H) > \ell`.

    With k = ``negatives``, level 0 is the event of at most k negative eigenvalues. For a
    Kac-Rice population everything is weighted by :math:`|\det H|`.
    """

    ensemble: Ensemble
    negatives: int = 0

    def matrices(self, z: FloatArray) -> NDArray[Any]:
        """The ensemble's own map, refused if it is malformed: shape (size, dim, dim)."""
        return inertia.checked(self.ensemble.from_normals(z), self.ensemble.dim, len(z))

    def log_weight(self, matrices: NDArray[Any]) -> FloatArray:
        """Logarithm of the weight: shape (size,)."""
        if not self.ensemble.kac_rice:
            return np.zeros(len(matrices))
        return inertia.index_and_log_det(matrices)[1]

    def score(self, matrices: NDArray[Any]) -> FloatArray:
        """The eigenvalue that decides: shape (size,)."""
        values: FloatArray = np.linalg.eigvalsh(inertia.doubled(matrices))[:, self.negatives]
        return values

    def above(self, matrices: NDArray[Any], level: float) -> NDArray[np.bool_]:
        """Whether the score exceeds the level, from pivots: a fifth of the cost."""
        if level == -np.inf:
            return np.ones(len(matrices), dtype=np.bool_)
        shifted = matrices.copy()
        axes = np.arange(matrices.shape[1])
        shifted[:, axes, axes] -= level
        found: NDArray[np.bool_] = inertia.index(shifted) <= self.negatives
        return found


@dataclass(frozen=True)
class Schedule:
    """Levels from the lowest up, and the size of the moves above each.

    The last level is 0 if the pilot arrived; else it is as far as it came, and bounds the event.
    The first is ``-inf`` where there are weights: all matrices.
    """

    levels: tuple[float, ...]
    steps: tuple[float, ...]

    @property
    def arrived(self) -> bool:
        """Whether the last level is the event."""
        return bool(self.levels) and self.levels[-1] == 0.0


class Walkers:
    r"""Markov chains on one level; they leave the normal law, weighted and cut there, as it is.

    The proposal is :math:`z \gets \sqrt{1-s^2}\,z + s z'`, reversible for the normal law (Neal
    1999), accepted if it is above the level, with probability
    :math:`\min(1, |\det H'|/|\det H|)` where that is the weight.
    """

    def __init__(self, target: Target, z: FloatArray) -> None:
        self.target, self.z = target, z.copy()
        self.matrices = target.matrices(self.z)
        self._log_weight = target.log_weight(self.matrices)

    def move(
        self, level: float, step: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Propose once; returns which chains moved, and their matrices."""
        proposal = rng.standard_normal(self.z.shape)
        proposal *= step
        proposal += np.sqrt(1 - step**2) * self.z
        matrices = self.target.matrices(proposal)
        moved = np.flatnonzero(self.target.above(matrices, level))
        if self.target.ensemble.kac_rice:
            log_weight = self.target.log_weight(matrices[moved])
            odds = np.exp(np.minimum(log_weight - self._log_weight[moved], 0.0))
            kept = rng.random(moved.size) < odds
            moved = moved[kept]
            self._log_weight[moved] = log_weight[kept]
        self.z[moved] = proposal[moved]
        return moved, matrices[moved]


def schedule(target: Target) -> Schedule:
    """Levels and steps from a pilot run on a stream of its own.

    A pure function of the target, independent of every replicate: given the schedule, the
    replicates are exactly unbiased, which levels chosen from the replicate itself would spoil.
    """
    try:
        hash(target)
    except TypeError:
        return _pilot(target)
    return _remembered(target)


def _pilot(target: Target) -> Schedule:
    rng = stream("pilot of splitting", target.ensemble.dim, target.negatives)
    moves = max(PILOT_MOVES, 2 * target.ensemble.dim)
    z, score = _start(target, PILOT_CHAINS * moves, rng)
    levels: list[float] = []
    steps: list[float] = []
    step = 0.5
    while len(levels) < MAX_LEVELS:
        weighted = target.ensemble.kac_rice and not levels
        level = -np.inf if weighted else min(float(np.quantile(score, 1 - SHARE)), 0.0)
        alive = np.flatnonzero(score > level)
        if not alive.size or (levels and level <= levels[-1]):
            break
        levels.append(level)
        if level == 0.0:
            break
        chosen = alive[np.arange(PILOT_CHAINS) * alive.size // PILOT_CHAINS]
        z, score, step = _adapted(target, z[chosen], score[chosen], level, step, moves, rng)
        steps.append(step)
        if step < MIN_STEP:
            break
    return Schedule(tuple(levels), tuple(steps))


_remembered = lru_cache(maxsize=64)(_pilot)


def _start(target: Target, size: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Normals, resampled if they are weighted, and their scores."""
    z = rng.standard_normal((size, target.ensemble.normals or 0))
    matrices = target.matrices(z)
    log_weight = target.log_weight(matrices)
    chosen = systematic(np.exp(log_weight - log_weight.max()), size, rng)
    return z[chosen], target.score(matrices)[chosen]


def _adapted(
    target: Target,
    z: FloatArray,
    score: FloatArray,
    level: float,
    step: float,
    moves: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray, float]:
    """All states of the chains, their scores, and the step size that suits the level."""
    walkers = Walkers(target, z)
    states, scores = [], []
    for _ in range(moves):
        moved, matrices = walkers.move(level, step, rng)
        score = score.copy()
        score[moved] = target.score(matrices)
        states.append(walkers.z.copy())
        scores.append(score)
        step = min(0.99, step * float(np.exp(0.3 * (moved.size / len(z) - ACCEPTANCE))))
    return np.concatenate(states), np.concatenate(scores), step


def systematic(weights: FloatArray, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Positions drawn in proportion to weights, evenly: each as often as expected, ±1."""
    ends = np.cumsum(weights)
    ticks = (np.arange(size) + rng.random()) / size * ends[-1]
    found: NDArray[np.intp] = np.searchsorted(ends, ticks, side="right")
    return found.clip(max=len(weights) - 1)
