"""Multilevel splitting: a rare event as the last of a chain of events that are not rare."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from critpoints.estimators.base import power_of_two, power_of_two_above
from critpoints.estimators.genealogy import Genealogy
from critpoints.estimators.levels import (
    ACCEPTANCE,
    SHARE,
    Schedule,
    Target,
    Walkers,
    schedule,
    systematic,
)
from critpoints.estimators.replicates import MARGIN, Replicate, Replicates
from critpoints.protocols import Ensemble, FloatArray
from critpoints.validation import integer, real

MIN_MOVES = 64
"""Shortest chain; at the first levels a few moves forget everything."""
MAX_MEMORY = 0.9
"""Chains that keep more of the normals they start from count as stuck; by default they keep .6."""
LOST_MOVES = 512
"""Where the pilot did not arrive the replicates go no further than that: a bound is all they give,
and the moves to a level grow without limit as levels close on an impossible event."""
COPIES = 12
"""Arrays of the size of the matrices that walk, measured with tracemalloc."""


@dataclass(frozen=True)
class Splitting(Replicates):
    r"""Probability that at most k eigenvalues are negative, however rare.

    .. math:: P(\lambda_{k+1} > 0) = \prod_j P(\lambda_{k+1} > \ell_j \mid
              \lambda_{k+1} > \ell_{j-1}), \qquad \ell_1 < \dots < \ell_J = 0.

    Every factor is the share of visits of Markov chains above :math:`\ell_{j-1}` that were above
    :math:`\ell_j`; the next chains start from those visits. All states of few long chains are
    used, not the last of many short ones: there the error of a level, seen between chains, holds
    the correlation within them. The levels come from a pilot run of its own stream, so that the
    product is unbiased. All replicates of a batch walk together. For Kac-Rice weights the chains
    walk in the weighted law from the start, which they enter from resampled draws: what bias that
    leaves they forget in the first level.

    Parameters
    ----------
    event : {"minima"}
    negatives : int
        k, the number of negative eigenvalues allowed.
    chains : int
        Chains a level and replicate.
    refresh : float
        Length of a chain in units of the time in which free normals forget where they were:
        with steps s and acceptance a that takes :math:`2/(a s^2)` moves. Chains that are too
        short do not mix: all that is left descends from a few families, or replicates scatter by
        more than they state. The estimate is then refused, as it is where a replicate's chains
        keep more than :data:`MAX_MEMORY` of their start (refresh below 0.1), however many there
        are.

    Raises
    ------
    ValueError
        If the ensemble is not a map of normals, or k is not below its dimension.

    References
    ----------
    Kahn & Harris (1951), NBS Appl. Math. Ser. 12, 27; Au & Beck (2001), Prob. Eng. Mech. 16, 263;
    Cérou, Del Moral, Furon & Guyader (2012), Stat. Comput. 22, 795 (fixed levels are unbiased);
    Dau & Chopin (2022), JRSS B 84, 114 (all states of the chains).
    """

    negatives: int = 0
    chains: int = 64
    refresh: float = 0.5

    name: ClassVar[str] = "splitting"
    version: ClassVar[int] = 2
    """Of the stored rows: 2 since their errors are those of families."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.event != "minima":
            raise ValueError(f"splitting estimates the event 'minima', got {self.event!r}")
        integer("negatives", self.negatives, low=0)
        integer("chains", self.chains, low=2)
        real("refresh", self.refresh, above=0)

    def settings(self) -> dict[str, Any]:
        """The fields, and the version of what is stored."""
        return {**super().settings(), "version": self.version}

    def stream_settings(self) -> dict[str, Any]:
        """The fields: the draws have not changed with the version."""
        return super().settings()

    def replicate(self, ensemble: Ensemble, rng: np.random.Generator) -> Replicate:
        """One replicate by itself."""
        return Replicate(*self.rows(ensemble, rng, 1)[0].tolist())

    def rows(self, ensemble: Ensemble, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Replicates that walk together: shape (size, 4)."""
        target = self._target(ensemble)
        plan = schedule(target)
        rates = 2 / (ACCEPTANCE * np.square([1.0, *plan.steps]))
        moves = np.maximum(MIN_MOVES, np.ceil(self.refresh * rates)).astype(int)
        if not plan.arrived:
            levels = plan.levels[: max(1, int((moves.cumsum() <= LOST_MOVES).sum()))]
            plan = Schedule(levels, plan.steps[: len(levels)])
        return _run(target, plan, moves.tolist(), rng, (size, self.chains))

    def batch_size(self, dim: int) -> int:
        """As many as keep numpy busy: 8 replicates, fewer of large matrices."""
        return power_of_two(2**12 // dim**2, 1, 8)

    def memory(self, ensemble: Ensemble, size: int) -> int:
        """Bytes of the visits above a level, and of the matrices that walk.

        A chain makes about d^3/4 moves, measured on GOE; under weights all first draws are kept.
        """
        moves = SHARE * max(MIN_MOVES, self.refresh * ensemble.dim**3 / 2)
        kept = max(moves, MIN_MOVES) if ensemble.kac_rice else moves
        numbers = kept * (ensemble.normals or 0) + COPIES * ensemble.dim**2
        return int(8 * size * self.chains * numbers)

    def larger(self, factor: float) -> Self:
        """Up to four times the chains, each of at least the usual length and twice the present."""
        chains = power_of_two_above(self.chains * min(factor, MARGIN))
        return replace(self, chains=chains, refresh=max(Splitting.refresh, 2 * self.refresh))

    def _target(self, ensemble: Ensemble) -> Target:
        if ensemble.normals is None or not ensemble.overrides("from_normals"):
            raise ValueError(
                "splitting needs an ensemble with from_normals and normals (matrices as a map of "
                f"standard normals), which {ensemble!r} has not"
            )
        integer("negatives", self.negatives, low=0, high=ensemble.dim - 1)
        return Target(ensemble, self.negatives)


@dataclass
class _Progress:
    """What is known of each replicate so far: arrays of shape (replicates,)."""

    log_p: FloatArray
    log_variance: FloatArray = field(init=False)
    effective: FloatArray = field(init=False)
    dead: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.log_variance = np.zeros(len(self.log_p))
        self.effective = np.full(len(self.log_p), np.inf)
        self.dead = np.zeros(len(self.log_p), dtype=np.bool_)

    def level(self, share: FloatArray, variance: FloatArray, effective: FloatArray) -> None:
        """Take in a level: its share, that one's variance, and how many chains it rests on."""
        self.dead |= share == 0
        alive = ~self.dead
        self.log_p[alive] += np.log(share[alive])
        self.log_variance[alive] += np.log1p(variance[alive] / share[alive] ** 2)
        self.effective[alive] = np.minimum(self.effective, effective)[alive]

    def rows(self, arrived: bool) -> NDArray[np.float64]:
        """The columns of a replicate."""
        log_p = np.where(self.dead | (not arrived), -np.inf, self.log_p)
        variance = np.expm1(np.minimum(self.log_variance, 700.0))
        return np.stack([log_p, variance, self.effective, self.log_p], axis=1)


def _run(
    target: Target,
    plan: Schedule,
    moves: list[int],
    rng: np.random.Generator,
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """All levels of a batch of (replicates, chains); ``moves`` a level."""
    size, chains = shape
    progress, tree = _Progress(np.zeros(size)), Genealogy()
    pool = _Pool.empty()
    for j, level in enumerate(plan.levels):
        last = j == len(plan.levels) - 1
        if j == 0:
            pool = _first(target, level, moves[0], shape, rng, progress)
        else:
            starts, owner, parent = pool.chosen(chains, rng)
            if not owner.size:
                break
            pool = _Pool.empty()  # two pools at once would double the memory
            tree.descend(parent)
            below = plan.levels[j - 1], plan.steps[j - 1]
            pool, share, kept = _walk(
                target, starts, owner, below, level, moves[j], rng, keep=not last
            )
            memory = np.bincount(owner, kept, size) / chains
            progress.level(*_judged(share, owner, tree, memory, chains))
            tree.walked(memory)
    return progress.rows(plan.arrived)


@dataclass
class _Pool:
    """Visits above a level: states (in parts), replicate and chain of each, and weights."""

    parts: list[FloatArray]
    owner: NDArray[np.intp]
    chain: NDArray[np.intp]
    weight: FloatArray

    @classmethod
    def empty(cls) -> _Pool:
        """No visit."""
        none = np.zeros(0, dtype=np.intp)
        return cls([], none, none, np.zeros(0))

    def chosen(
        self, chains: int, rng: np.random.Generator
    ) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]:
        """Where the next chains start: states, replicate of each, and the chain it comes from."""
        order = np.lexsort((self.chain, self.owner))
        picks = []
        for replicate in np.unique(self.owner):
            own = order[self.owner[order] == replicate]
            picks.append(own[systematic(self.weight[own], chains, rng)])
        pick = np.concatenate(picks) if picks else np.zeros(0, dtype=np.intp)
        return self._states(pick), self.owner[pick], self.chain[pick]

    def _states(self, pick: NDArray[np.intp]) -> FloatArray:
        """Rows of the parts as if they were one array, which would take as much memory again."""
        ends = np.cumsum([len(part) for part in self.parts])
        part = np.searchsorted(ends, pick, side="right")
        return np.array([self.parts[k][row - ends[k]] for k, row in zip(part, pick, strict=True)])


def _first(
    target: Target,
    level: float,
    draws: int,
    shape: tuple[int, int],
    rng: np.random.Generator,
    progress: _Progress,
) -> _Pool:
    """Independent samples, ``draws`` times as many as there are chains.

    Those of a weighted law all pass; they start chains in proportion to their weights.
    """
    size, chains = shape
    states, log_weights, hits = [], [], []
    for _ in range(draws):
        z = rng.standard_normal((size * chains, target.ensemble.normals or 0))
        matrices = target.matrices(z)
        hit = target.above(matrices, level)
        states.append(z[hit])
        hits.append(hit.reshape(size, chains))
        log_weights.append(target.log_weight(matrices).reshape(size, chains))
    hit, weight = np.stack(hits), np.stack(log_weights)
    weight = np.exp(weight - weight.max(axis=(0, 2), keepdims=True))
    number = draws * chains
    share = hit.mean(axis=(0, 2))
    progress.level(share, share * (1 - share) / number, np.where(share > 0, share, 1.0) * number)
    draw, owner, chain = np.nonzero(hit)
    return _Pool(states, owner, np.arange(owner.size), weight[draw, owner, chain])


def _walk(
    target: Target,
    starts: FloatArray,
    owner: NDArray[np.intp],
    below: tuple[float, float],
    level: float,
    moves: int,
    rng: np.random.Generator,
    *,
    keep: bool,
) -> tuple[_Pool, FloatArray, FloatArray]:
    """Chains above one level: their visits above the next, and each chain's share and memory."""
    walkers = Walkers(target, starts)
    above = target.above(walkers.matrices, level)
    count, accepted = np.zeros(len(starts)), np.zeros(len(starts))
    states, chains = [], []
    for _ in range(moves):
        moved, matrices = walkers.move(*below, rng)
        above[moved] = target.above(matrices, level)
        accepted[moved] += 1
        count += above
        if keep:
            chains.append(np.flatnonzero(above))
            states.append(walkers.z[chains[-1]])
    share, memory = count / moves, np.exp(accepted * math.log1p(-(below[1] ** 2)) / 2)
    if not keep:
        return _Pool.empty(), share, memory
    chain = np.concatenate(chains)
    return _Pool(states, owner[chain], chain, np.ones(chain.size)), share, memory


def _judged(
    share: FloatArray,
    owner: NDArray[np.intp],
    tree: Genealogy,
    memory: FloatArray,
    chains: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Share of visits of each replicate, its variance, and the chains that it rests on.

    Chains are kin; those of a replicate that hardly moves count for nothing.
    """
    size = memory.size
    mean = np.bincount(owner, share, size) / chains
    variance = tree.correlated(owner, share - mean[owner], size) / chains**2
    effective = np.square(mean * chains) / tree.correlated(owner, share, size).clip(min=1e-300)
    return mean, variance, np.where((mean > 0) & (memory <= MAX_MEMORY), effective, 0.0)
