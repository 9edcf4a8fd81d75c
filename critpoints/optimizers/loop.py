"""The one loop that drives every optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from critpoints.lengths import lengths
from critpoints.optimizers import exits
from critpoints.optimizers.exits import Exit
from critpoints.optimizers.judge import Limits, Rest, kinds, left_by, reaches, spent, strayed
from critpoints.optimizers.result import Ended, Outcome, Result, Verdict, assembled
from critpoints.protocols import FloatArray, IntArray, Landscape, Optimizer, State
from critpoints.validation import integer, real


def run(
    optimizer: Optimizer,
    landscape: Landscape,
    x0: ArrayLike,
    *,
    rng: np.random.Generator,
    steps: int = 10_000,
    gradients: int | None = None,
    products: int | None = None,
    stop: Exit | Sequence[Exit] = (),
    tol: float = 1e-8,
    bound: float = 1e12,
    record_every: int | None = None,
) -> Result:
    """Drive all runs until each has ended; those that have leave the batch.

    Parameters
    ----------
    optimizer : Optimizer
    landscape : Landscape
    x0 : array_like, shape (runs, ambient)
        Starting points, in the domain.
    rng : numpy.random.Generator
    steps, gradients, products : int, optional
        Budgets per run: steps, gradients (the first included), and Hessian-vector products, of
        which a Hessian counts ``landscape.dim``. A run ends at the first step after which one
        is used up. Values of the function are not counted.
    stop : Exit or sequence of Exit
        See :mod:`critpoints.optimizers.exits`.
    tol : float
        A gradient is small if ‖g‖ ≤ tol times the largest that the run has met (or, once that
        proves to be from elsewhere, the Hessian's norm times the distance from the start), or
        within the rounding of the coordinates; a run whose gradient is small twice in a row is at
        rest. 1e-8 is the root of the rounding unit, at which changes of f drown in rounding (Gill,
        Murray & Wright 1981, section 8.2). With 0 only a gradient that is exactly zero counts.
        At a saddle a ``restless`` optimizer goes on, by noise (order 1) at anything but a minimum.
    bound : float
        A run has diverged if ‖x‖ is more than ``bound`` times that of its start, or the ``reach``
        of Euclidean space (the corner of a box), whichever is larger. 1e12 by default.
    record_every : int, optional
        Keep every so-manieth point of each path, the start included.

    Returns
    -------
    Result

    Raises
    ------
    TypeError
        If the optimizer needs second derivatives that the landscape has not.
    ValueError
        If ``x0`` is malformed or outside the domain, or a limit is out of range.
    """
    limits = Limits(
        integer("steps", steps, low=0),
        None if gradients is None else integer("gradients", gradients, low=1),
        None if products is None else integer("products", products, low=1),
        real("tol", tol, at_least=0),
        real("bound", bound, above=0),
    )
    if record_every is not None:
        record_every = integer("record_every", record_every, low=1)
    events = (stop,) if isinstance(stop, Exit) else tuple(stop)
    start = _checked_start(landscape, x0)
    with np.errstate(all="ignore"):  # one run's overflow is that run's outcome
        return _Loop(optimizer, landscape, events, limits, record_every, start).drive(rng)


def _checked_start(landscape: Landscape, x0: ArrayLike) -> FloatArray:
    x = np.array(x0, dtype=np.float64)
    ambient = landscape.domain.ambient
    if x.ndim != 2 or x.shape[1] != ambient or not len(x):
        raise ValueError(f"x0 must have shape (runs, {ambient}), got {x.shape}")
    if not (np.isfinite(x).all() and landscape.domain.contains(landscape.domain.wrap(x)).all()):
        raise ValueError("x0 must be finite and in the domain")
    return landscape.domain.wrap(x)


class _Loop:
    """The runs still going, and what is known of those that have ended."""

    def __init__(
        self,
        optimizer: Optimizer,
        landscape: Landscape,
        events: Sequence[Exit],
        limits: Limits,
        record_every: int | None,
        x: FloatArray,
    ) -> None:
        self.optimizer, self.landscape = optimizer, landscape
        self.events, self.limits, self.record_every = events, limits, record_every
        self.state = optimizer.init(landscape, x)
        self.live = np.arange(len(x))
        self.reach = reaches(landscape.domain, self.state.x, limits.bound)
        self.slopes = lengths(self.state.gradient)
        self.rest = Rest.at(landscape, self.state, self.slopes, limits.tol)
        self.small = self.rest.small(self.slopes)
        self.levels = self._levels()
        self.ended: list[Ended] = []
        self.path: list[tuple[int, IntArray, FloatArray]] = []

    def drive(self, rng: np.random.Generator) -> Result:
        """Until no run is left."""
        runs = len(self.live)
        self._record()
        self._close(self._at_start())
        while self.live.size:
            self.state = self.optimizer.advance(self.landscape, self.state, rng)
            self._record()
            self._close(self._after_step())
        return assembled(runs, self.ended, self.path)

    def _levels(self) -> FloatArray:
        """Shape (events, runs)."""
        levels = [event.level(self.landscape, self._iterate()) for event in self.events]
        return np.array(levels).reshape(len(levels), len(self.state))

    def _iterate(self) -> State:
        """The state with the points that the rule is at, where it takes its gradients elsewhere."""
        x = self.optimizer.iterate(self.landscape, self.state)
        return self.state if x is self.state.x else replace(self.state, x=x)

    def _record(self) -> None:
        if self.record_every and self.state.step % self.record_every == 0:
            self.path.append((self.state.step, self.live, self._iterate().x.copy()))

    def _at_start(self) -> Verdict:
        """Outside already, at rest for ever, or off we go."""
        verdict = Verdict.at(0, self._ends())
        if not self.optimizer.restless:
            rows = np.flatnonzero(self.slopes <= self.rest.floor)
            found, index = self._kinds(rows)
            found[found != Outcome.MINIMUM] = Outcome.NEVER_LEAVES
            verdict.outcome[rows], verdict.index[rows] = found, index
        share, which = exits.first(self.events, np.zeros_like(self.levels), self.levels)
        return verdict.escaped(0, np.where(np.isnan(share), share, 0.0), which)

    def _after_step(self) -> Verdict | None:
        """Later lines overrule earlier ones; an exit overrules all but overflow.

        None where there is nothing to judge, as after most steps.
        """
        state, still = self.state, self.small
        self.slopes = lengths(state.gradient)
        self.small = self.rest.small(self.slopes)
        ends, resting = self._ends(), self.small & still
        if not (self.events or ends.any() or resting.any()):
            return None
        verdict, rows = Verdict.at(state.step, ends), np.flatnonzero(resting)
        if rows.size:
            found, index = self._kinds(rows)
            final = found != Outcome.RUNNING
            verdict.outcome[rows[final]] = found[final]
            verdict.index[rows[final]] = index[final]
        if not self.events:
            return verdict
        before, self.levels = self.levels, self._levels()
        share, which = exits.first(self.events, before, self.levels)
        return verdict.escaped(state.step - 1, share, which)

    def _kinds(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """How these runs end where they are, 0 for those that go on."""
        rest = self.rest.take(rows)
        found, index = kinds(
            self.landscape, self.state.take(rows), rest, self.slopes[rows], left_by(self.optimizer)
        )
        self.rest.reference[rows], self.rest.floor[rows] = rest.reference, rest.floor
        return found, index

    def _ends(self) -> IntArray:
        """Budgets, divergence and overflow; 0 for a run that goes on."""
        gone = strayed(self.state, self.slopes, self.reach)
        over = spent(self.state, self.limits) & (gone == 0)
        gone[over] = Outcome.OUT_OF_BUDGET
        return gone

    def _close(self, verdict: Verdict | None) -> None:
        """Take the runs that have ended out of the batch."""
        if verdict is None:
            return
        over = verdict.outcome != Outcome.RUNNING
        if not over.any():
            return
        self.ended.append(Ended(self.live[over], self._iterate().take(over), verdict.take(over)))
        self.state, self.live = self.state.take(~over), self.live[~over]
        self.small, self.levels = self.small[~over], self.levels[:, ~over]
        self.reach, self.rest = self.reach[~over], self.rest.take(~over)
