r"""What the loop asks about a state: at rest, and where; diverged; spent.

A run is *at rest* when its gradient is small after two steps in a row. Small is relative: at most
``tol`` times the reference of the run, or within the rounding of its coordinates. The reference is
the largest gradient that the run has met; but a steep wall that it came down says nothing of the
floor. So before a run ends there is a look at the Hessian: at a distance D from the start its
gradient must also be at most ``tol`` ‖H‖ D, and Newton's step at most a thousandth of D. If they
are not, or if where the run is going cannot be told, the reference becomes the local one and the
run goes on.

Where eigenvalues can be told from zero (:mod:`critpoints.curvature`) their signs decide. Otherwise
the observer follows Newton's steps: if they shrink towards a point that is degenerate, that is
where the run is going; if the gradient falls from step to step while the steps do not become
shorter, f has a *tail* there, whose critical point is at infinity. Near :math:`x^q` steps shrink
by (q − 2)/(q − 1); along :math:`e^{-x}` they are all 1, along 1/x they grow.

These looks are the observer's, not the optimizer's: they are not counted.

References
----------
Frye, Simon, Wadia, Ligeralde, DeWeese & Bouchard (2021), Neural Computation 33, arXiv:2003.10397
(gradient-flat points).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from critpoints.curvature import Curvature, curvature, gradient_rounding, newton_step
from critpoints.domains import Box, Domain, Euclidean
from critpoints.lengths import lengths
from critpoints.optimizers.result import Outcome
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape, Optimizer, State

_STEPS = 8  # Newton's steps of the observer
_FEWEST = 3  # of them that a tail must show
_RATIO = 0.92  # of a step to the one before, below which they shrink: at x^q up to q = 13
_NEAR = 1e-3  # longest Newton step to the point that a run has come to, in distances travelled


@dataclass(frozen=True)
class Limits:
    """Where runs end other than at an exit; the arguments of :func:`~.loop.run`."""

    steps: int
    gradients: int | None
    products: int | None
    tol: float
    bound: float


def spent(state: State, limits: Limits) -> BoolArray:
    """Which runs have used up a budget."""
    over = np.full(len(state), state.step >= limits.steps)
    if limits.gradients is not None:
        over |= state.gradients >= limits.gradients
    if limits.products is not None:
        over |= state.products >= limits.products
    return over


def reaches(domain: Domain, x: FloatArray, bound: float) -> FloatArray:
    """How far out runs that start at ``x`` may go: ``bound`` times their distance or the domain's.

    Whichever is larger: ‖x‖, or the ``reach`` of Euclidean space, the corner of a box.
    """
    own = 0.0
    if isinstance(domain, Euclidean):
        own = domain.reach
    elif isinstance(domain, Box):
        own = float(np.abs(domain.ends).max())
    return np.asarray(bound * np.maximum(lengths(x), own or 1.0))


def strayed(state: State, slopes: FloatArray, reach: FloatArray) -> IntArray:
    """``NON_FINITE``, ``DIVERGED`` or ``RUNNING``, from the lengths ``slopes`` of the gradients."""
    outcome = np.zeros(len(state), dtype=np.int64)
    near = np.vdot(state.x, state.x) <= np.square(reach.min(initial=np.inf))
    if near and np.isfinite(slopes).all():
        return outcome  # all runs together lie within the bound
    far, odd = ~(lengths(state.x) <= reach), ~np.isfinite(slopes)
    outcome[far] = Outcome.DIVERGED
    rows = np.flatnonzero(far | odd)
    finite = np.isfinite(state.x[rows]).all(axis=1) & np.isfinite(state.gradient[rows]).all(axis=1)
    outcome[rows[~finite]] = Outcome.NON_FINITE
    return outcome


@dataclass(frozen=True, eq=False)
class Rest:
    """What counts as a small gradient, run by run.

    Attributes
    ----------
    tol : float
        Share of the reference.
    start : ndarray, shape (runs, ambient)
    reference : ndarray, shape (runs,)
        The largest gradient met, or the local one once that was found to be from elsewhere.
    floor : ndarray, shape (runs,)
        Gradients up to this may be rounding.
    """

    tol: float
    start: FloatArray
    reference: FloatArray
    floor: FloatArray

    @classmethod
    def at(cls, landscape: Landscape, state: State, slopes: FloatArray, tol: float) -> Rest:
        """At the start. With ``tol`` 0 only a gradient of exactly zero is small."""
        with np.errstate(all="ignore"):
            floor = gradient_rounding(landscape, state.x, state.gradient)
        return cls(tol, state.x.copy(), slopes.copy(), floor if tol else np.zeros(len(state)))

    def small(self, slopes: FloatArray) -> BoolArray:
        """Where the gradient is small; larger ones than before become the reference."""
        np.fmax(self.reference, slopes, out=self.reference)
        return np.asarray(slopes <= np.maximum(self.tol * self.reference, self.floor))

    def take(self, which: BoolArray | IntArray) -> Rest:
        """Some of the runs."""
        return Rest(self.tol, self.start[which], self.reference[which], self.floor[which])


def left_by(optimizer: Optimizer) -> tuple[Outcome, ...]:
    """Outcomes at which a rule does not stay: saddles, by curvature; all but minima, by noise."""
    if not optimizer.restless:
        return ()
    noisy = (Outcome.CONVERGED, Outcome.TAIL) if optimizer.order == 1 else ()
    return (Outcome.SADDLE, *noisy)


def kinds(
    landscape: Landscape, state: State, rest: Rest, slopes: FloatArray, left: Sequence[Outcome]
) -> tuple[IntArray, IntArray]:
    """Outcome, 0 for runs that go on, and index (-1: unknown) at points of small gradient.

    References of runs that go on become local. All arguments are of these runs alone, but for
    ``left``, the outcomes at which the rule does not stay.
    """
    index = np.full(len(state), -1, dtype=np.int64)
    if not len(state) or not landscape.second_order:
        ends = Outcome.RUNNING if Outcome.CONVERGED in left else Outcome.CONVERGED
        return np.full(len(state), int(ends), dtype=np.int64), index
    here = curvature(landscape, state.x, state.gradient)
    exact = (slopes <= here.rounding) if rest.tol else slopes == 0
    travelled = landscape.domain.distance(state.x, rest.start)
    outcome = _told(here)
    local = here.norm * travelled
    early = (outcome > 0) & ~exact & (slopes > rest.tol * local)
    # Along a soft direction a gradient is small far from the point that it leads to.
    ahead = lengths(here.newton)
    far = (outcome > 0) & ~exact & ~early & (ahead > _NEAR * travelled)
    outcome[early | far] = Outcome.RUNNING
    rows = np.flatnonzero((outcome == 0) & ~early & ~far)
    outcome[rows] = _untold(landscape, state.x[rows], state.gradient[rows], travelled[rows])
    lost = exact & (outcome == 0)
    outcome[lost] = Outcome.CONVERGED  # there is nothing more to be learned
    outcome[np.isin(outcome, left)] = Outcome.RUNNING
    on = outcome == 0
    reference = np.where(early, np.minimum(local, rest.reference), slopes)
    if rest.tol and far.any():  # looked at again when the step ahead may be short enough
        share = _NEAR * travelled[far] / ahead[far]
        reference[far] = slopes[far] * np.maximum(share, _NEAR) / rest.tol
    rest.reference[on] = reference[on]
    rest.floor[on] = here.rounding[on] if rest.tol else 0.0
    known = (outcome == Outcome.MINIMUM) | (outcome == Outcome.SADDLE)
    return outcome, np.where(known, here.negative, index)


def _told(here: Curvature) -> IntArray:
    """Minimum or saddle where the eigenvalues say so, else 0."""
    outcome = np.zeros(len(here.values), dtype=np.int64)
    outcome[~here.degenerate] = Outcome.MINIMUM
    outcome[here.negative > 0] = Outcome.SADDLE
    return outcome


def _untold(
    landscape: Landscape, x: FloatArray, gradient: FloatArray, travelled: FloatArray
) -> IntArray:
    """Where Newton's steps lead: a degenerate point, a tail, or 0, nowhere yet."""
    outcome = np.zeros(len(x), dtype=np.int64)
    if not len(x):
        return outcome
    steps, made, falls = _followed(landscape, x, gradient)
    sizes = np.array([lengths(step) for step in steps])
    first, last = sizes[0], sizes[made - 1, np.arange(len(x))]
    on = np.arange(_STEPS)[:, None] < made
    ahead = (~on | (np.einsum("sma,ma->sm", steps, steps[0]) > 0)).all(axis=0)
    tail = falls & ahead & (made >= _FEWEST) & (last >= _RATIO ** (made - 1) * first)
    arrives = (sizes[-1] < _RATIO ** (_STEPS - 1) * first) | (first == 0)
    outcome[arrives] = Outcome.CONVERGED
    outcome[first > _NEAR * travelled] = Outcome.RUNNING
    outcome[tail] = Outcome.TAIL
    return outcome


def _followed(
    landscape: Landscape, x: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, IntArray, BoolArray]:
    """Newton's steps one after another: (steps, m, ambient).

    Beside them (m,) how many there are before a curvature fades into rounding, and where each of
    these lowered ‖g‖.
    """
    domain, size = landscape.domain, lengths(gradient)
    made, falls = np.ones(len(x), dtype=np.int64), np.ones(len(x), dtype=np.bool_)
    with np.errstate(all="ignore"):
        step, ways = newton_step(landscape, x, gradient)
        steps = [step]
        for k in range(1, _STEPS):
            x = domain.retract(x, domain.tangent(x, steps[-1]))
            gradient = landscape.gradient(x)
            before, size = size, lengths(gradient)
            step, left = newton_step(landscape, x, gradient)
            on = (made == k) & (left >= ways)
            falls &= ~on | (size < before)
            made += on
            steps.append(step)
    return np.array(steps), made, falls
