"""The one loop that drives every optimizer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from critpoints.optimizers import exits
from critpoints.optimizers.exits import Exit
from critpoints.optimizers.judge import Limits, kind, small_gradient, spent, squares, strayed
from critpoints.optimizers.result import Ended, Outcome, Result, Verdict, assembled
from critpoints.protocols import FloatArray, IntArray, Landscape, Optimizer
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
        Budgets a run: steps, gradients (the first included), and Hessian-vector products, of
        which a Hessian counts ``landscape.dim``. A run ends at the first step after which one
        is used up. Values of the function are not counted.
    stop : Exit or sequence of Exit
        See :mod:`critpoints.optimizers.exits`.
    tol : float
        A run has converged if ‖g‖ ≤ tol after two steps in a row. 1e-8 is the root of the rounding
        unit, at which changes of f drown in rounding (Gill, Murray & Wright 1981, section 8.2).
        With 0 only a gradient that is exactly zero counts: for starts very near a saddle. At
        anything but a minimum a ``restless`` optimizer goes on.
    bound : float
        A run with ‖x‖ > bound has diverged. 1e12 by default: far out for any function of order 1.
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
        self.small = np.zeros(len(x), dtype=np.bool_)
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
        levels = [event.level(self.landscape, self.state) for event in self.events]
        return np.array(levels).reshape(len(levels), len(self.state))

    def _record(self) -> None:
        if self.record_every and self.state.step % self.record_every == 0:
            self.path.append((self.state.step, self.live, self.state.x.copy()))

    def _at_start(self) -> Verdict:
        """Outside already, at rest for ever, or off we go."""
        slopes = squares(self.state.gradient)
        verdict = Verdict.at(0, self._ends(slopes))
        self.small = small_gradient(self.state, slopes, self.limits.tol)
        if not self.optimizer.restless:
            rows = np.flatnonzero(small_gradient(self.state, slopes, 0.0))
            found, index = kind(self.landscape, self.state.x[rows])
            found[found != Outcome.MINIMUM] = Outcome.NEVER_LEAVES
            verdict.outcome[rows], verdict.index[rows] = found, index
        share, which = exits.first(self.events, np.zeros_like(self.levels), self.levels)
        return verdict.escaped(0, np.where(np.isnan(share), share, 0.0), which)

    def _after_step(self) -> Verdict | None:
        """Later lines overrule earlier ones; an exit overrules all but overflow.

        None where there is nothing to judge, as after most steps.
        """
        state, still, slopes = self.state, self.small, squares(self.state.gradient)
        self.small = small_gradient(state, slopes, self.limits.tol)
        ends, rest = self._ends(slopes), self.small & still
        if not (self.events or ends.any() or rest.any()):
            return None
        verdict, rows = Verdict.at(state.step, ends), np.flatnonzero(rest)
        if rows.size:
            found, index = kind(self.landscape, state.x[rows])
            if state.step == 1:  # small before the first step too: a saddle to within rounding
                found[found != Outcome.MINIMUM] = Outcome.NEVER_LEAVES
            final = (found == Outcome.MINIMUM) | (not self.optimizer.restless)
            verdict.outcome[rows[final]] = found[final]
            verdict.index[rows[final]] = index[final]
        if not self.events:
            return verdict
        before, self.levels = self.levels, self._levels()
        share, which = exits.first(self.events, before, self.levels)
        return verdict.escaped(state.step - 1, share, which)

    def _ends(self, slopes: FloatArray) -> IntArray:
        """Budgets, divergence and overflow; 0 for a run that goes on."""
        gone = strayed(self.state, slopes, self.limits.bound)
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
        self.ended.append(Ended(self.live[over], self.state.take(over), verdict.take(over)))
        self.state, self.live = self.state.take(~over), self.live[~over]
        self.small, self.levels = self.small[~over], self.levels[:, ~over]
