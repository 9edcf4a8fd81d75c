"""Damped Newton on the gradient, all runs at once.

A run looks for a zero of the gradient, of any index. It first takes full steps, capped in length:
a start thrown far away lands in another basin, which is cheaper than descending to a place where
‖∇f‖ has a minimum above zero (on random trigonometric polynomials of dimension 3 this halves the
evaluations per converged run). What has not converged then is damped by a line search on ‖∇f‖², so
that it converges or stalls. A stalled run has ∇²f ∇f ≈ 0 with ∇f ≠ 0: the point is
gradient-flat, not critical (Frye et al. 2021), and is rejected.

Everything is judged by what the run itself has met, so that neither the units of f and x nor the
rest of the domain matter. With s the length of a full Newton step and θ its ratio to the one
before, a run has converged when

- θ ≤ 1/4 and then θ ≤ 2·10⁻⁴: steps of a quadratically convergent run (Deuflhard's monotonicity
  test). The Hessian then changes by its own size over s/(2θ²), and s is below 10⁻⁷ of that length;
- steps that were contracting have come down to the spacing of floating-point numbers at x;
- steps that had contracted a thousandfold grow again, or have been about that short from the start,
  while ‖∇f‖ is down to its own rounding, as probed next to the point
  (:mod:`~critpoints.census.noise`).

Steps that contract linearly (a degenerate point) are extrapolated to 1/(1 − θ) times their length;
steps that do not contract (a wall or a tail) are doubled for as long as ‖∇f‖ decreases. Where
gradient and Hessian vanish together without steps having contracted, underflow has wiped out the
function: there is nothing to be learned, and the run is lost.

References
----------
Deuflhard (2011), Newton Methods for Nonlinear Problems, §2.1 and §3.3.
Frye, Simon, Wadia, Ligeralde, DeWeese & Bouchard (2021), Neural Computation 33, arXiv:2003.10397.
Nocedal & Wright (2006), Numerical Optimization, 2nd ed., §11.2 (merit function, line search).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from critpoints.census.deflation import Deflation
from critpoints.census.local import Local, length_of, move, norms
from critpoints.census.noise import rounding_level
from critpoints.census.sinks import Sinks
from critpoints.census.step import newton_step
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

CONVERGED, FLAT, LOST = 1, 2, 3
"""How a run ended: at a critical point, at a gradient-flat one, or nowhere."""

_EPS = float(np.finfo(float).eps)
_FREE = 12  # full steps before the line search sets in
_STEPS = 24
_ARMIJO = 1e-4  # Nocedal & Wright, §3.1
_SHORTEST = 1e-3  # a line search that wants less than this share of a step has stalled
_CAP = 16.0  # longest step in units of |gradient| / |Hessian|; 4 to 64 measured alike
_BLOCK = 2_000_000  # numbers that a block of Hessians may hold
_FINAL = 2e-4  # θ of a last step: s is then 1e-7 of the length over which the Hessian changes
_QUADRATIC = 0.25  # θ of the step before it
_CONTRACTING = 0.95
_HOMED = 1e-4  # of the longest step: where a run is all but at a point
_FELL = 1e-3  # a run whose steps have fallen so far has been somewhere
_ROUNDED = 4 * _EPS
_SPACING = 32 * _EPS  # a step of this share of |x| moves by rounding only


@dataclass(frozen=True)
class Runs:
    """Where runs ended.

    Attributes
    ----------
    points : ndarray, shape (m, ambient)
    steps : ndarray, shape (m,)
        Lengths of the last Newton steps.
    bends : ndarray, shape (m,)
        Length over which the Hessian changes by its own size, ``inf`` if the run could not tell.
    spans : ndarray, shape (m,)
        Longest full Newton steps, where these are more than rounding, else ``inf``.
    outcome : ndarray of int, shape (m,)
    """

    points: FloatArray
    steps: FloatArray
    bends: FloatArray
    spans: FloatArray
    outcome: IntArray


def search(
    landscape: Landscape,
    starts: FloatArray,
    sinks: Sinks | None = None,
    deflation: Deflation | None = None,
) -> Runs:
    """Run from every start, away from the points of ``deflation``.

    Parameters
    ----------
    landscape : Landscape
    starts : ndarray, shape (m, ambient)
    sinks : Sinks, optional
        A run that is contracting and about to step next to one of these has found it.
    deflation : Deflation, optional
        Steps are then those of the deflated gradient as long as they are free ones.
    """
    rows = _rows(starts.shape[1])
    parts = [
        _Search(landscape, starts[k : k + rows], sinks, deflation).run()
        for k in range(0, max(len(starts), 1), rows)
    ]
    names = ("points", "steps", "bends", "spans", "outcome")
    return Runs(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def _rows(ambient: int) -> int:
    """Runs per block."""
    return int(np.clip(_BLOCK // ambient**2, 64, 4096))


def bytes_of_a_search(ambient: int) -> int:
    """Hessians of a block of runs, on the tangent spaces too, with copies that solving makes."""
    return 8 * 8 * _rows(ambient) * ambient**2


class _Search:
    """Runs under way. Each has its own step length: one evaluation per run and iteration."""

    _STATE = (
        "run_of", "x", "step", "share", "slope", "fall", "cap", "length", "whole", "ratio",
        "before", "boost", "widest", "longest", "shortest", "best", "smallest",
    )  # fmt: skip

    def __init__(
        self, landscape: Landscape, starts: FloatArray, sinks: Sinks | None,
        deflation: Deflation | None,
    ) -> None:  # fmt: skip
        self.landscape, self.sinks, self.deflation = landscape, sinks, deflation
        self.limit = length_of(landscape.domain)
        runs = len(starts)
        lengths = [np.full(runs, np.inf) for _ in range(3)]
        self.result = Runs(starts.copy(), lengths[0], lengths[1], lengths[2], np.full(runs, LOST))
        self.run_of = np.arange(runs)
        self.x, self.best = starts.copy(), starts.copy()
        self.step = np.zeros_like(starts)  # as an ambient vector
        self.share, self.boost = np.ones(runs), np.ones(runs)
        self.slope, self.smallest = np.full(runs, np.inf), np.full(runs, np.inf)  # of |∇f|
        self.fall, self.cap = np.zeros(runs), np.zeros(runs)
        self.whole = np.zeros(runs, dtype=np.bool_)
        # Length of the step under way, its ratio to the one before, and the ratio before that.
        self.length, self.ratio, self.before = (np.full(runs, np.inf) for _ in range(3))
        # Longest full step; longest and shortest since steps last seemed to contract in vain.
        self.widest, self.longest = np.zeros(runs), np.zeros(runs)
        self.shortest = np.full(runs, np.inf)

    def run(self) -> Runs:
        for iteration in self._iterations():
            self._advance(damped=iteration > _FREE)
            self._retire()
        settled = self._settle(np.flatnonzero(self._fell & np.isfinite(self.smallest)))
        rest = np.flatnonzero(~settled & np.isfinite(self.smallest))
        self._note(rest, self.best[rest], self.length[rest], np.inf, LOST)
        return self.result

    def _iterations(self) -> Iterator[int]:
        for iteration in range(_STEPS):
            if len(self.run_of):
                yield iteration

    def _advance(self, damped: bool) -> None:
        """Evaluate every run's trial point; move there, or shorten the step."""
        trial = move(self.landscape.domain, self.x, self.share[:, None] * self.step)
        here = Local(self.landscape, trial)
        slope = np.where(here.finite, here.slope, np.inf)
        long = self.share > 1
        wanted = 1 - 2 * _ARMIJO * np.minimum(self.share, 1.0) * self.fall
        with np.errstate(invalid="ignore"):
            change = np.where(np.isfinite(self.slope), slope / self.slope, 0.0) ** 2
        good = np.isfinite(slope) & ((change <= wanted) | ~(long | damped))
        self._shorten(change, good)
        if good.any():
            self._accept(trial, here, slope, np.flatnonzero(good), damped)

    def _accept(
        self, trial: FloatArray, here: Local, slope: FloatArray, rows: IntArray, damped: bool
    ) -> None:
        gradient, hessian = here.gradient[rows], here.hessian[rows]
        with np.errstate(all="ignore"):
            bend = slope[rows] / here.size[rows]
        bend = np.where(np.isfinite(bend), bend, 0.0)
        spacing = _ROUNDED * np.abs(trial[rows]).max(axis=1)
        cap = np.minimum(np.maximum(self.cap[rows], _CAP * bend), self.limit)
        step, fall, whole = newton_step(gradient, hessian, cap, spacing)
        length = norms(step)
        plain = self.whole[rows] & whole & (self.share[rows] == 1)
        with np.errstate(all="ignore"):
            ratio = np.where(plain, length / self.length[rows], np.inf)
        ratio = np.where(np.isnan(ratio), 0.0, ratio)  # from a step of no length to another
        ambient = here.vector(step, rows)
        if self.deflation and not damped:
            ambient = self.deflation.applied(trial[rows], ambient, cap)
        near = length <= _HOMED * self.widest[rows]
        self.share[rows], self.boost[rows] = _lengthened(
            ratio, self.ratio[rows], self.boost[rows], whole, near
        )
        self.x[rows], self.step[rows], self.slope[rows] = trial[rows], ambient, slope[rows]
        self.cap[rows], self.fall[rows], self.whole[rows] = cap, fall, whole
        self.before[rows], self.ratio[rows], self.length[rows] = self.ratio[rows], ratio, length
        full = rows[whole]
        self.widest[full] = np.maximum(self.widest[full], length[whole])
        self.longest[full] = np.maximum(self.longest[full], length[whole])
        self.shortest[full] = np.minimum(self.shortest[full], length[whole])
        lower = rows[slope[rows] < self.smallest[rows]]
        self.best[lower], self.smallest[lower] = trial[lower], slope[lower]

    def _shorten(self, change: FloatArray, good: BoolArray) -> None:
        """Minimise the parabola through slope and both values of ‖∇f‖², within [0.1, 0.5]."""
        fall = self.fall * self.share
        with np.errstate(all="ignore"):
            best = fall / (change - 1 + 2 * fall)
        best = np.where(np.isfinite(best), best, 0.0)
        shorter = np.where(self.share > 1, 1.0, self.share * np.clip(best, 0.1, 0.5))
        self.share = np.where(good, self.share, shorter)
        self.boost = np.where(good, self.boost, 1.0)

    @property
    def _fell(self) -> BoolArray:
        """Runs whose steps were once a thousand times shorter than the longest before."""
        return np.asarray(self.shortest <= _FELL * self.longest)

    def _retire(self) -> None:
        """Note down runs that ended."""
        contracting = (self.ratio <= _CONTRACTING) | (self.before <= _CONTRACTING)
        simple = (self.ratio <= _FINAL) & (self.before <= _QUADRATIC)
        spacing = _SPACING * np.abs(self.x).max(axis=1)
        resolved = self.whole & (self.length <= spacing) & contracting
        zero = self.slope == 0
        met = resolved | (zero & (contracting | self.whole | self._fell))
        flat = (self.share < _SHORTEST) | (self.fall <= 1e-6)
        flat &= np.isfinite(self.slope) & ~simple & ~met
        dead = zero & ~simple & ~met
        lost = dead | (~np.isfinite(self.slope) & (self.share < _SHORTEST))
        flat &= ~lost
        still = self.whole & (self.widest <= spacing / _FELL)  # from the start: begun at a point
        noisy = (self._fell & (self.ratio > 1)) | still
        noisy &= ~(simple | met | lost) & np.isfinite(self.slope)
        noisy |= flat & self._fell
        settled = self._settle(np.flatnonzero(noisy))
        restart = noisy & ~settled
        self.longest = np.where(restart, np.where(self.whole, self.length, 0.0), self.longest)
        self.shortest = np.where(restart, np.inf, self.shortest)
        caught = self._caught(np.flatnonzero((self.ratio <= _QUADRATIC) & ~(simple | met)))
        ended = simple | met | flat | lost | settled | caught
        if not ended.any():
            return
        rows = np.flatnonzero(simple | met)
        end = move(self.landscape.domain, self.x[rows], self.step[rows])  # a step for nothing
        end = np.where(np.isfinite(end), end, self.x[rows])
        with np.errstate(all="ignore"):
            length = np.where(self.ratio[rows] > 0, self.length[rows] / self.ratio[rows], np.inf)
            bend = np.minimum(length / (2 * self.before[rows] ** 2), self.limit)
        bend = np.where(simple[rows], bend, np.inf)
        self._note(rows, end, self.length[rows], bend, CONVERGED)
        rows = np.flatnonzero(flat & ~settled)
        self._note(rows, self.x[rows], self.length[rows], np.inf, FLAT)
        for name in self._STATE:
            setattr(self, name, getattr(self, name)[~ended])

    def _caught(self, rows: IntArray) -> BoolArray:
        """End runs that are about to step next to a point that is known: (m,)."""
        caught = np.zeros(len(self.run_of), dtype=np.bool_)
        if self.sinks is None or not len(rows):
            return caught
        sink = self.sinks.reached(move(self.landscape.domain, self.x[rows], self.step[rows]))
        rows, sink = rows[sink >= 0], sink[sink >= 0]
        caught[rows] = True
        self._note(rows, self.sinks.points[sink], np.zeros(len(rows)), np.inf, CONVERGED)
        return caught

    def _span(self, rows: IntArray) -> FloatArray:
        """Longest steps, if much longer than numbers are apart, or ``inf``."""
        longest = self.widest[rows]
        least = _SPACING * np.abs(self.x[rows]).max(axis=1) / _FELL
        return np.where(longest > least, np.minimum(longest, self.limit), np.inf)

    def _settle(self, rows: IntArray) -> BoolArray:
        """End runs whose gradient is down to rounding at the best point they have seen: (m,)."""
        settled = np.zeros(len(self.run_of), dtype=np.bool_)
        if not len(rows):
            return settled
        best, size = self.best[rows], self.smallest[rows]
        bend = self._span(rows)
        bend = np.where(np.isfinite(bend), bend, 0.0)
        rows = rows[size <= rounding_level(self.landscape, best, bend)]
        settled[rows] = True
        self._note(rows, self.best[rows], self.shortest[rows], np.inf, CONVERGED)
        return settled

    def _note(
        self, rows: IntArray, x: FloatArray, steps: FloatArray, bends: FloatArray | float,
        outcome: int,
    ) -> None:  # fmt: skip
        runs = self.run_of[rows]
        self.result.spans[runs] = self._span(rows)
        self.result.points[runs], self.result.steps[runs] = x, steps
        self.result.bends[runs] = bends
        self.result.outcome[runs] = outcome


def _lengthened(
    ratio: FloatArray, before: FloatArray, boost: FloatArray, whole: BoolArray, near: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Shares of the next step to take, and how far steps that do not contract are lengthened.

    A function that grows like a power far out looks like a degenerate point in the middle: a tenth
    of the way to there is left, unless a run is already ``near``.
    """
    with np.errstate(invalid="ignore"):
        steady = whole & (np.abs(ratio - before) <= 0.1 * ratio) & np.isfinite(before)
    linear = steady & (ratio > 0.3) & (ratio < 0.9)
    marching = steady & (ratio >= 0.9) & (ratio <= 1.2)
    boost = np.where(marching, np.minimum(2 * boost, 2.0**20), boost)
    boost = np.where((ratio < 0.5) | ~whole, 1.0, boost)
    whole_way = 1 / (1 - np.where(linear, ratio, 0.0))
    share = np.where(linear, np.where(near, 1.0, 0.9) * whole_way, 1.0)
    return np.where(marching, boost, share), boost
