r"""Minimum-residual Newton with Levenberg damping: zeros of a gradient, singular Hessians too.

Networks have singular Hessians at their critical points (symmetries, saturated units), where plain
Newton steps are noise and a stall of :math:`\|\nabla f\|` is easily taken for a zero. Each step is
damped in the eigenvectors of the Hessian, with :math:`c` the gradient along them:

- ``newton-mr``: :math:`p = -\lambda c / (\lambda^2 + \mu^2)`, least residual
  :math:`\|Hp + g\|`, to critical points of any index;
- ``gradient-norm``: :math:`p = -\lambda c / (\lambda_{\max}^2 + \mu^2)`, plain descent on
  :math:`\tfrac12\|\nabla f\|^2`, likewise but slow;
- ``saddle-free``: :math:`p = -c / (|\lambda| + \mu)`, down from saddles, to minima.

The damping :math:`\mu \to 0` with the gradient, so that the first converges quadratically even to
points that are not isolated.

References
----------
Roosta, Liu, Xu & Mahoney (2018), Newton-MR, arXiv:1810.00303. Yamashita & Fukushima (2001),
Computing Suppl. 15, 239, and Fan & Yuan (2005), Computing 74, 23 (damping by the residual).
Dauphin et al. (2014), NeurIPS 27 (saddle-free Newton).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from critpoints.census.scale import Scale
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

_ARMIJO = 1e-4  # Nocedal & Wright (2006), §3.1
_GOOD, _BAD, _FACTOR = 0.75, 0.25, 4.0  # ibid., algorithm 4.1
_LEAST, _FIRST, _MOST = 1e-20, 1e-2, 1e12  # damping in units of hessian² / gradient
_STALLED = 1e-13  # of the merit: a smaller decrease is below rounding
_ROUNDING = 1e-12  # eigenvalues below this share of the largest are noise


@dataclass(frozen=True)
class Rule:
    """A step from eigenvalues, gradient along their vectors and damping, and what it decreases."""

    step: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    of_value: bool = False


def _largest(eigenvalues: FloatArray) -> FloatArray:
    found: FloatArray = np.abs(eigenvalues).max(axis=1, keepdims=True)
    return found


RULES = {
    "newton-mr": Rule(lambda h, c, mu: -h * c / (h**2 + mu**2)),
    "gradient-norm": Rule(lambda h, c, mu: -h * c / (_largest(h) ** 2 + mu**2)),
    "saddle-free": Rule(lambda h, c, mu: -c / (np.abs(h) + mu), of_value=True),
}


@dataclass(frozen=True)
class Ends:
    """Where runs ended: points (m, dim), gradients (m, dim), accepted steps (m,)."""

    points: FloatArray
    gradients: FloatArray
    accepted: IntArray


def descend(landscape: Landscape, starts: FloatArray, rule: Rule, scale: Scale, steps: int) -> Ends:
    """Run from every start until the gradient is down to rounding or nothing decreases.

    One gradient a run an iteration, one Hessian with its eigenvectors an accepted step.
    """
    state = _State(landscape, starts, rule, scale)
    for _ in range(steps):
        if not state.active.any():
            break
        state.advance()
    return Ends(state.x, state.gradient, state.accepted)


class _State:
    """Runs under way; those that ended are no longer ``active``."""

    def __init__(self, landscape: Landscape, starts: FloatArray, rule: Rule, scale: Scale) -> None:
        self.landscape, self.rule, self.scale = landscape, rule, scale
        self.x = np.array(starts, dtype=np.float64)
        runs, dim = self.x.shape
        self.gradient = np.full((runs, dim), np.inf)
        self.merit = np.full(runs, np.inf)
        self.eigenvalues = np.zeros((runs, dim))
        self.vectors = np.zeros((runs, dim, dim))
        unit = max(scale.hessian, 1e-300) ** 2 / max(scale.gradient, 1e-300)
        self.unit, self.damping = unit, np.full(runs, _FIRST * unit)
        self.accepted: IntArray = np.zeros(runs, dtype=np.int64)
        self.active: BoolArray = np.asarray(np.isfinite(self.x).all(axis=1), dtype=np.bool_)
        gradient = self._gradient(self.x)
        self._arrive(self.active, self.x, gradient, self._merit(self.x, gradient))

    def _gradient(self, x: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):  # what is not finite is never accepted
            return self.landscape.gradient(x)

    def _merit(self, x: FloatArray, gradient: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            if self.rule.of_value:
                return self.landscape.value(x)
            return np.asarray(0.5 * np.einsum("mi,mi->m", gradient, gradient))

    def advance(self) -> None:
        """Try one step of every active run; keep it or raise its damping."""
        run = np.flatnonzero(self.active)
        step, predicted = self._steps(run)
        trial = self.x[run] + step
        gradient = self._gradient(trial)
        merit = self._merit(trial, gradient)
        with np.errstate(all="ignore"):
            ratio = (self.merit[run] - merit) / predicted
        good = np.isfinite(gradient).all(axis=1) & (ratio > _ARMIJO)
        self.damping[run[~good | (ratio < _BAD)]] *= _FACTOR
        self.damping[run[good & (ratio > _GOOD)]] /= _FACTOR
        np.maximum(self.damping, _LEAST * self.unit, out=self.damping)
        moved = np.zeros_like(self.active)
        moved[run[good]] = True
        self._arrive(moved, trial[good], gradient[good], merit[good])
        self.accepted[moved] += 1
        still = predicted <= _STALLED * np.abs(self.merit[run])
        self.active[run[still]] = False
        self.active &= self.damping <= _MOST * self.unit

    def _steps(self, run: IntArray) -> tuple[FloatArray, FloatArray]:
        """Steps, and how much the merit falls if f is quadratic."""
        values, vectors, gradient = self.eigenvalues[run], self.vectors[run], self.gradient[run]
        along = np.einsum("mij,mi->mj", vectors, gradient)
        residual = np.linalg.norm(gradient, axis=1)
        size = np.sqrt(self.damping[run] * residual) + _ROUNDING * _largest(values)[:, 0]
        step = self.rule.step(values, along, np.maximum(size, 1e-300)[:, None])
        if self.rule.of_value:
            fall = -(along * step + 0.5 * np.abs(values) * step**2)
        else:
            fall = 0.5 * (along**2 - (along + values * step) ** 2)
        return np.asarray(np.einsum("mij,mj->mi", vectors, step)), np.asarray(fall.sum(axis=1))

    def _arrive(
        self, moved: BoolArray, x: FloatArray, gradient: FloatArray, merit: FloatArray
    ) -> None:
        """Take up new points; a run whose gradient is down to rounding has ended."""
        if not moved.any():
            return
        self.x[moved], self.gradient[moved], self.merit[moved] = x, gradient, merit
        ended = np.linalg.norm(self.gradient, axis=1) <= self.scale.floor
        self.active &= ~ended & np.isfinite(self.merit)
        going = moved & self.active
        if going.any():
            hessian = self.landscape.hessian(self.x[going])
            whole = np.isfinite(hessian).all(axis=(1, 2))
            self.active[np.flatnonzero(going)[~whole]] = False
            place = np.flatnonzero(going)[whole]
            self.eigenvalues[place], self.vectors[place] = np.linalg.eigh(hessian[whole])
