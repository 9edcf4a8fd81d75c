"""How runs ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints.lengths import lengths
from critpoints.protocols import BoolArray, FloatArray, IntArray, State


class Outcome(IntEnum):
    """How a run ended.

    ``ESCAPED``: an exit's threshold was reached. ``MINIMUM``, ``SADDLE``: a small gradient twice
    in a row, and all eigenvalues of the Hessian positive beyond doubt, or one negative beyond
    doubt. ``CONVERGED``: the same, at a point whose kind cannot be told: its Hessian is degenerate,
    or there is none. ``TAIL``: the same, where f flattens towards infinity and has no critical
    point. ``DIVERGED``: farther out than ``bound``. ``NON_FINITE``: overflow, or the function is
    not defined there. ``OUT_OF_BUDGET``: steps, gradients or products spent. ``NEVER_LEAVES``:
    started on a critical point, exactly or to within the rounding of its coordinates, that is not
    known to be a minimum, by a method that stays there.
    """

    RUNNING = 0
    ESCAPED = 1
    MINIMUM = 2
    SADDLE = 3
    CONVERGED = 4
    DIVERGED = 5
    NON_FINITE = 6
    OUT_OF_BUDGET = 7
    NEVER_LEAVES = 8
    TAIL = 9


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the loop has made of its live runs: columns of the :class:`Result`."""

    outcome: IntArray
    time: FloatArray
    exit: IntArray
    index: IntArray

    @classmethod
    def at(cls, step: int, outcome: IntArray) -> Verdict:
        """Outcomes after ``step`` steps, with no exit and no index."""
        none = np.full(len(outcome), -1, dtype=np.int64)
        return cls(outcome, np.full(len(outcome), float(step)), none, none.copy())

    def escaped(self, step: int, share: FloatArray, which: IntArray) -> Verdict:
        """Escapes where ``share`` is a number, at time ``step + share``."""
        out = ~np.isnan(share) & (self.outcome != Outcome.NON_FINITE)
        return Verdict(
            np.where(out, int(Outcome.ESCAPED), self.outcome),
            np.where(out, step + share, self.time),
            np.where(out, which, self.exit),
            np.where(out, -1, self.index),
        )

    def take(self, which: BoolArray) -> Verdict:
        """Some of the runs."""
        return Verdict(self.outcome[which], self.time[which], self.exit[which], self.index[which])


@dataclass(frozen=True, eq=False)
class Ended:
    """Runs that ended at the same step."""

    runs: IntArray
    state: State
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Result:
    """What became of a batch of runs.

    Attributes
    ----------
    outcome : ndarray of int, shape (runs,)
        Values of :class:`Outcome`.
    time : ndarray, shape (runs,)
        In steps; for an escape the crossing, interpolated between two steps.
    exit : ndarray of int, shape (runs,)
        Which exit was reached first, -1 for none.
    index : ndarray of int, shape (runs,)
        Eigenvalues that are negative beyond doubt at the minimum or saddle where a run came to
        rest, else -1.
    x : ndarray, shape (runs, ambient)
        Where it ended: the rule's iterate.
    gradient_norm : ndarray, shape (runs,)
    steps, gradients, products : ndarray of int, shape (runs,)
        What was used.
    path : ndarray, shape (records, runs, ambient)
        Points at the steps ``path_steps``, NaN after a run's end; empty if none were asked for.
    path_steps : ndarray of int, shape (records,)
    """

    outcome: IntArray
    time: FloatArray
    exit: IntArray
    index: IntArray
    x: FloatArray
    gradient_norm: FloatArray
    steps: IntArray
    gradients: IntArray
    products: IntArray
    path: FloatArray
    path_steps: IntArray

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def counts(self) -> dict[str, int]:
        """Runs by outcome, in lower case; outcomes that did not occur are left out."""
        found = {o.name.lower(): int((self.outcome == o).sum()) for o in Outcome}
        return {name: count for name, count in found.items() if count}


def assembled(
    runs: int, ended: Sequence[Ended], path: Sequence[tuple[int, IntArray, FloatArray]]
) -> Result:
    """All runs in their order; ``path`` lists step, runs and their points."""
    order = np.argsort(np.concatenate([e.runs for e in ended]))

    def column(pick: Callable[[Ended], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([pick(e) for e in ended])[order]

    x = column(lambda e: e.state.x)
    records = np.full((len(path), runs, x.shape[1]), np.nan)
    for k, (_, live, points) in enumerate(path):
        records[k, live] = points
    return Result(
        outcome=column(lambda e: e.verdict.outcome),
        time=column(lambda e: e.verdict.time),
        exit=column(lambda e: e.verdict.exit),
        index=column(lambda e: e.verdict.index),
        x=x,
        gradient_norm=column(lambda e: lengths(e.state.gradient)),
        steps=column(lambda e: np.full(len(e.runs), e.state.step)),
        gradients=column(lambda e: e.state.gradients),
        products=column(lambda e: e.state.products),
        path=records,
        path_steps=np.array([step for step, _, _ in path], dtype=np.int64),
    )
