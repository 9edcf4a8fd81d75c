"""Damped Newton on the gradient, all runs at once.

A run looks for a zero of the gradient, of any index. It first takes full steps, capped in length:
a start thrown far away lands in another basin, which is cheaper than descending to a place where
‖∇f‖ has a minimum above zero (on random trigonometric polynomials of dimension 3 this halves the
evaluations a converged run). What has not converged then is damped by a line search on ‖∇f‖², so
that it converges or stalls. A stalled run has ∇²f ∇f ≈ 0 with ∇f ≠ 0: the point is
gradient-flat, not critical (Frye et al. 2021), and is rejected.

References
----------
Frye, Simon, Wadia, Ligeralde, DeWeese & Bouchard (2021), Neural Computation 33, arXiv:2003.10397.
Nocedal & Wright (2006), Numerical Optimization, 2nd ed., §11.2 (merit function, line search).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from critpoints.domains import Box, Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

CONVERGED, FLAT, LOST = 1, 2, 3
"""How a run ended: at a critical point, at a gradient-flat one, or nowhere."""

_EPS = float(np.finfo(float).eps)
_FREE = 12  # full steps before the line search sets in
_STEPS = 50
_ARMIJO = 1e-4  # Nocedal & Wright, §3.1
_SHORTEST = 1e-3  # a line search that wants less than this share of a step has stalled
NEAR = 1e-3
"""Longest last step of a run to a degenerate point, in lengths over which f bends."""
_CAP = 16.0  # longest step in units of |gradient| / |Hessian|; 4 to 64 measured alike
_BLOCK = 2_000_000  # numbers that a block of Hessians may hold


@dataclass(frozen=True)
class Scale:
    """Typical sizes, so that tolerances have units.

    Attributes
    ----------
    gradient, hessian : float
        Medians of their norms over the starts.
    length : float
        Of the domain.
    floor : float
        A gradient norm that rounding alone explains.
    """

    gradient: float
    hessian: float
    length: float
    floor: float

    @property
    def bend(self) -> float:
        """Length over which the gradient changes by its own size, at most that of the domain."""
        if not (self.gradient > 0 and self.hessian > 0):
            return self.length
        return min(self.gradient / self.hessian, self.length)

    @property
    def cap(self) -> float:
        """Longest step of a run."""
        return min(_CAP * self.bend, self.length)


@dataclass(frozen=True)
class Runs:
    """Where runs ended: points (m, ambient), last Newton steps' lengths (m,), outcomes (m,)."""

    points: FloatArray
    steps: FloatArray
    outcome: IntArray


def scale_of(landscape: Landscape, starts: FloatArray) -> Scale:
    """Measure the typical sizes at some points."""
    with np.errstate(all="ignore"):
        gradients, hessians = landscape.derivatives(starts)
    gradient = _typical(np.linalg.norm(gradients, axis=1))
    hessian = _typical(np.linalg.norm(hessians, axis=(1, 2)))
    length = length_of(landscape.domain)
    errors = landscape.rounding()
    known = errors[0] * landscape.dim**0.5 if errors else 0.0
    return Scale(gradient, hessian, length, max(known, 16 * _EPS * (gradient + hessian * length)))


def _typical(norms: FloatArray) -> float:
    """The median, the largest where most are zero (a plateau); where f is defined at all."""
    norms = norms[np.isfinite(norms)]
    if not len(norms):
        raise ValueError("gradient and hessian must be finite, but are at no start")
    return float(np.median(norms)) or float(norms.max())


def length_of(domain: Domain) -> float:
    """Period, longest side, radius or reach."""
    if isinstance(domain, Box):
        low, high = domain.ends
        return float((high - low).max())
    for name in ("period", "radius", "reach"):
        if getattr(domain, name, None):
            return float(getattr(domain, name))
    return 1.0


def search(landscape: Landscape, starts: FloatArray, scale: Scale, tolerance: float) -> Runs:
    """Run from every start.

    A run converges when ‖∇f‖ ≤ ``tolerance`` × typical and the Newton step is below 1e-7 of the
    length over which f bends, which rules out a gradient-flat point with a small gradient; or
    when ‖∇f‖ is down to rounding and the step below 1e-3 of that length (a degenerate point,
    which Newton's method approaches only linearly). The second condition keeps out tails, where
    f flattens for ever.
    """
    rows = _rows(starts.shape[1])
    parts = [
        _Search(landscape, starts[k : k + rows], scale, tolerance).run()
        for k in range(0, len(starts), rows)
    ]
    return Runs(
        np.concatenate([p.points for p in parts]),
        np.concatenate([p.steps for p in parts]),
        np.concatenate([p.outcome for p in parts]),
    )


def _rows(ambient: int) -> int:
    """Runs of a block."""
    return int(np.clip(_BLOCK // ambient**2, 64, 4096))


def bytes_of_a_search(ambient: int) -> int:
    """Hessians of a block of runs, on the tangent spaces too, with copies that solving makes."""
    return 8 * 8 * _rows(ambient) * ambient**2


class Local:
    """Gradient and Hessian in orthonormal coordinates of the tangent spaces at some points."""

    def __init__(self, landscape: Landscape, points: FloatArray) -> None:
        with np.errstate(all="ignore"):  # what is not finite is looked at by the caller
            gradient, hessian = landscape.derivatives(points)
        domain = landscape.domain
        self.points = points
        self.basis = None if domain.flat else domain.basis(points)
        if self.basis is not None:
            gradient = np.einsum("mai,ma->mi", self.basis, gradient)
            hessian = np.swapaxes(self.basis, 1, 2) @ hessian @ self.basis
        self.gradient = gradient
        self.hessian = (hessian + np.swapaxes(hessian, 1, 2)) / 2
        self.finite = np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2))

    def vector(self, step: FloatArray) -> FloatArray:
        """Tangent vectors from their coordinates."""
        if self.basis is None:
            return step
        return np.asarray(np.einsum("mai,mi->ma", self.basis, step))


def newton_step(
    gradient: FloatArray, hessian: FloatArray, cap: float
) -> tuple[FloatArray, FloatArray]:
    r"""Newton steps, components along soft directions shortened to ``cap``, and their decrease.

    In eigenvectors the step is :math:`p_i = -s_i c_i/\lambda_i` with the largest
    :math:`s_i \le 1` such that :math:`|p_i| \le` cap: the minimum-residual step of a Hessian
    whose soft part is truncated. Always a descent direction of :math:`\|\nabla f\|^2/2`, of slope
    :math:`-\sum_i s_i c_i^2`, which is the second result.
    """
    step = _solve(hessian, gradient)
    decrease = np.einsum("mi,mi->m", gradient, gradient)
    with np.errstate(invalid="ignore", over="ignore"):
        long = ~(np.linalg.norm(step, axis=1) <= cap)
    if long.any():
        step[long], decrease[long] = _truncated(gradient[long], hessian[long], cap)
    return step, decrease


def _solve(hessian: FloatArray, gradient: FloatArray) -> FloatArray:
    try:
        found = -np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:  # one singular matrix stops the batch
        return np.full_like(gradient, np.nan)
    return np.asarray(found)


def _truncated(
    gradient: FloatArray, hessian: FloatArray, cap: float
) -> tuple[FloatArray, FloatArray]:
    eigenvalues, vectors = np.linalg.eigh(hessian)
    along = np.einsum("mij,mi->mj", vectors, gradient)
    size, wanted = np.abs(eigenvalues) * cap, np.abs(along)
    share = np.where(wanted > size, size / np.where(wanted > 0, wanted, 1.0), 1.0)
    safe = np.where(eigenvalues == 0, 1.0, eigenvalues)
    step = np.where(eigenvalues == 0, 0.0, -share * along / safe)
    norm = np.linalg.norm(step, axis=1)
    shorter = np.minimum(1.0, cap / np.where(norm > 0, norm, 1.0))
    moved = np.einsum("mij,mj->mi", vectors, step) * shorter[:, None]
    return moved, shorter * np.einsum("mj,mj->m", share, along**2)


class _Search:
    """Runs under way. Each has its own step length: one evaluation a run an iteration."""

    def __init__(
        self, landscape: Landscape, starts: FloatArray, scale: Scale, tolerance: float
    ) -> None:
        self.landscape, self.scale, self.tolerance = landscape, scale, tolerance
        self.result = Runs(
            starts.copy(), np.full(len(starts), np.inf), np.full(len(starts), LOST, np.int64)
        )
        self.run_of = np.arange(len(starts))
        self.share = np.ones(len(starts))
        self.x = starts
        self.merit = np.full(len(starts), np.inf)
        self.decrease = np.zeros(len(starts))
        self.step = np.zeros_like(starts)  # as an ambient vector
        self.length = np.full(len(starts), np.inf)

    def run(self) -> Runs:
        for iteration in self._iterations():
            self._advance(damped=iteration > _FREE)
            self._retire()
        return self.result

    def _iterations(self) -> Iterator[int]:
        for iteration in range(_STEPS):
            if len(self.run_of):
                yield iteration

    def _advance(self, damped: bool) -> None:
        """Evaluate every run's trial point; move there, or shorten the step."""
        trial = move(self.landscape.domain, self.x, self.share[:, None] * self.step)
        here = Local(self.landscape, trial)
        merit = np.where(here.finite, np.einsum("mi,mi->m", here.gradient, here.gradient), np.inf)
        wanted = self.merit - 2 * _ARMIJO * self.share * self.decrease
        good = here.finite & ((merit <= wanted) | (not damped))
        self._shorten(merit, good)
        if not good.any():
            return
        step, decrease = newton_step(here.gradient[good], here.hessian[good], self.scale.cap)
        whole = np.zeros_like(here.gradient)
        whole[good] = step
        self.x = np.where(good[:, None], trial, self.x)
        self.step = np.where(good[:, None], here.vector(whole), self.step)
        self.merit = np.where(good, merit, self.merit)
        self.length[good] = np.linalg.norm(step, axis=1)
        self.decrease[good] = decrease

    def _shorten(self, merit: FloatArray, good: BoolArray) -> None:
        """Minimise the parabola through slope and both values, within [0.1, 0.5] of the step."""
        fall = self.decrease * self.share
        with np.errstate(all="ignore"):
            best = fall / (merit - self.merit + 2 * fall)
        best = np.where(np.isfinite(best), best, 0.0)
        self.share = np.where(good, 1.0, self.share * np.clip(best, 0.1, 0.5))

    def _retire(self) -> None:
        """Note down runs that ended."""
        size, scale = np.sqrt(self.merit), self.scale
        small = (size <= self.tolerance * scale.gradient) & (self.length <= 1e-7 * scale.bend)
        small &= self.decrease >= self.merit / 2  # the gradient is not where the Hessian is blind
        exact = (size <= scale.floor) & np.isfinite(self.length)
        converged = small | (exact & (self.length <= NEAR * scale.bend))
        flat = (self.share < _SHORTEST) | (self.decrease <= 1e-6 * self.merit)
        flat &= np.isfinite(self.merit) & ~converged
        tail = exact & ~converged & ~flat
        lost = ~np.isfinite(self.merit) & (self.share < _SHORTEST)
        ended = np.flatnonzero(converged | flat | tail | lost)
        if not len(ended):
            return
        runs, outcome = self.run_of[ended], np.full(len(ended), LOST)
        outcome[flat[ended]], outcome[converged[ended]] = FLAT, CONVERGED
        end = move(self.landscape.domain, self.x[ended], self.step[ended])  # a step for nothing
        self.result.points[runs] = np.where(converged[ended, None], end, self.x[ended])
        self.result.steps[runs], self.result.outcome[runs] = self.length[ended], outcome
        for name in ("run_of", "share", "x", "merit", "decrease", "step", "length"):
            setattr(self, name, np.delete(getattr(self, name), ended, axis=0))


def move(domain: Domain, x: FloatArray, step: FloatArray) -> FloatArray:
    """Follow a tangent vector; walls of a box reflect."""
    reached = domain.retract(x, step)
    if not isinstance(domain, Box):
        return reached
    low, high = domain.ends
    folded = np.mod(reached - low, 2 * (high - low))
    mirrored = np.clip(low + np.minimum(folded, 2 * (high - low) - folded), low, high)
    return np.where((reached >= low) & (reached <= high), reached, mirrored)
