"""What the loop asks about a state: converged, and to what; diverged; spent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.optimizers.result import Outcome
from critpoints.optimizers.spectral import EPS, eigen
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape, State


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


def squares(rows: FloatArray) -> FloatArray:
    """Squared lengths: (m, n) -> (m,)."""
    found: FloatArray = np.vecdot(rows, rows)
    return found


def strayed(state: State, slopes: FloatArray, bound: float) -> IntArray:
    """``NON_FINITE``, ``DIVERGED`` or ``RUNNING``, from the squares ``slopes`` of the gradients.

    Squares that overflow are looked at again.
    """
    outcome = np.zeros(len(state), dtype=np.int64)
    if np.vdot(state.x, state.x) <= bound**2 and np.isfinite(slopes).all():
        return outcome  # all runs together lie within the bound
    far, odd = ~(squares(state.x) <= bound**2), ~np.isfinite(slopes)
    outcome[far] = Outcome.DIVERGED
    rows = np.flatnonzero(far | odd)
    finite = np.isfinite(state.x[rows]).all(axis=1) & np.isfinite(state.gradient[rows]).all(axis=1)
    outcome[rows[~finite]] = Outcome.NON_FINITE
    return outcome


def small_gradient(state: State, slopes: FloatArray, tol: float) -> BoolArray:
    """Where ‖g‖ ≤ tol; with tol = 0 where g = 0 exactly."""
    small = np.asarray(slopes <= tol**2)
    if tol == 0 and small.any():  # squares of tiny numbers are zero
        small &= ~state.gradient.any(axis=1)
    return small


def kind(landscape: Landscape, x: FloatArray) -> tuple[IntArray, IntArray]:
    """Outcome and index at points of small gradient: minimum, saddle, or cannot say (index -1).

    These looks at the Hessian are the observer's, not the optimizer's: they are not counted.
    """
    outcome = np.full(len(x), int(Outcome.CONVERGED), dtype=np.int64)
    if not (landscape.second_order and len(x)):
        return outcome, np.full(len(x), -1, dtype=np.int64)
    values, _ = eigen(landscape, x)
    zero = values.shape[1] * EPS * np.abs(values).max(axis=1)
    negative = (values < -zero[:, None]).sum(axis=1)
    outcome[negative > 0] = Outcome.SADDLE
    minimum = values[:, 0] > zero
    outcome[minimum] = Outcome.MINIMUM
    return outcome, np.where((negative > 0) | minimum, negative, -1)
