"""Descent that is pushed off saddles: occasional perturbations, and Langevin noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.lengths import lengths
from critpoints.optimizers.gradient import GradientDescent
from critpoints.protocols import FloatArray, Landscape, State
from critpoints.validation import integer, real


@dataclass(frozen=True)
class Perturbed(GradientDescent):
    r"""Gradient descent that jumps where the gradient is small.

    If ‖g‖ ≤ threshold and the last jump lies more than ``wait`` steps back: θ ← θ + ξ, ξ uniform
    in the ball of radius ``radius``; then θ ← θ − εg. Leaves strict saddles in a number of steps
    polylogarithmic in d. Where the published algorithm would return (no descent within ``wait``
    steps after a jump), the loop's own limits decide.

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as for :class:`GradientDescent`.
    threshold : float
        0.01 by default: no published value, as it sets the accuracy asked for.
    radius : float
        0.01 by default: Jin et al. take radius = threshold / L, here with L = 1.
    wait : int
        100 by default, 1/ε: the time in which curvature −1 grows by e (Jin et al. take it
        proportional to 1/(ε√(ρ·accuracy))).
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Jin, Ge, Netrapalli, Kakade & Jordan (2017), ICML, arXiv:1703.00887, Algorithm 2.
    """

    threshold: float = 0.01
    radius: float = 0.01
    wait: int = 100

    name: ClassVar[str] = "perturbed"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "threshold", real("threshold", self.threshold, at_least=0))
        object.__setattr__(self, "radius", real("radius", self.radius, above=0))
        object.__setattr__(self, "wait", integer("wait", self.wait, low=0))

    @property
    def restless(self) -> bool:
        """Always."""
        return True

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """With the slot ``jumped``: the step of the last jump."""
        state = super().init(landscape, x)
        jumped = np.full(len(state), -self.wait - 1)
        return State(
            state.x, state.gradient, 0, state.gradients, state.products, {"jumped": jumped}
        )

    def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """Jump where due (one more gradient there), then descend."""
        domain, jumped = landscape.domain, state.slots["jumped"]
        small = lengths(state.gradient) <= self.threshold
        due = np.flatnonzero(small & (state.step - jumped > self.wait))
        if due.size:
            x = state.x[due]
            push = domain.tangent(x, _in_ball(rng, due.size, domain.ambient) * self.radius)
            state.x[due] = domain.retract(x, push)
            state.gradient[due] = landscape.gradient(state.x[due])
            state.gradients[due] += 1
            jumped[due] = state.step
        return super().advance(landscape, state, rng)


@dataclass(frozen=True)
class Langevin(GradientDescent):
    r"""Unadjusted Langevin: θ ← θ − εg + √(2εT) ξ, ξ standard normal.

    For small ε its stationary law is :math:`e^{-f/T}`.

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as for :class:`GradientDescent`.
    temperature : float
        T; 1 by default, the law :math:`e^{-f}` of Roberts & Tweedie.
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Roberts & Tweedie (1996), Bernoulli 2, 341. Welling & Teh (2011), ICML.
    """

    temperature: float = 1.0

    name: ClassVar[str] = "langevin"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "temperature", real("temperature", self.temperature, above=0))

    @property
    def restless(self) -> bool:
        """Always."""
        return True

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−εg + √(2εT) ξ."""
        move = super().displacement(state, lr, rng)
        noise = rng.standard_normal(move.shape)
        noise *= math.sqrt(2 * lr * self.temperature)
        move += noise
        return move


def _in_ball(rng: np.random.Generator, size: int, dim: int) -> FloatArray:
    """Points uniform in the unit ball: shape (size, dim)."""
    direction = rng.standard_normal((size, dim))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    found: FloatArray = direction * rng.random((size, 1)) ** (1 / dim)
    return found
