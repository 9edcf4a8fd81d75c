"""Descent with a velocity: the heavy ball and Nesterov's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.optimizers.first_order import FirstOrder
from critpoints.protocols import FloatArray, Landscape, State
from critpoints.validation import real


@dataclass(frozen=True)
class HeavyBall(FirstOrder):
    r"""Momentum: v ← αv − εg, θ ← θ + v.

    Along curvature −γ deviations grow by the larger root of
    :math:`z^2 - (1+α+εγ)z + α = 0`; stable for ε < 2(1 + α)/L.

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as in Keras' SGD.
    momentum : float
        α in [0, 1). 0.9 by default: common values are .5, .9 and .99 (Goodfellow, Bengio &
        Courville 2016, section 8.3.2).
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Polyak (1964), USSR Comput. Math. Math. Phys. 4(5), 1.
    """

    momentum: float = 0.9

    name: ClassVar[str] = "momentum"
    version: ClassVar[int] = 1
    slots: ClassVar[tuple[str, ...]] = ("v",)
    carried: ClassVar[tuple[str, ...]] = ("v",)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "momentum", real("momentum", self.momentum, at_least=0, below=1))

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """The new velocity."""
        return self.velocity(state, lr)

    def velocity(self, state: State, lr: float) -> FloatArray:
        """v ← αv − εg in place; the gradient becomes −εg."""
        v: FloatArray = state.slots["v"]
        state.gradient[...] *= -lr
        v *= self.momentum
        v += state.gradient
        return v


@dataclass(frozen=True)
class Nesterov(HeavyBall):
    r"""Nesterov momentum: g at θ + αv, v ← αv − εg, θ ← θ + v.

    The state holds the point y = θ + αv at which the gradient is taken, so that every rule has
    its gradient where it stands: v ← αv − εg(y), y ← y − εg(y) + αv (Bengio, Boulanger-Lewandowski
    & Pascanu 2013, arXiv:1212.0901, section 3.5). Exits are timed, and paths and ends recorded, at
    θ = y − αv like those of the other rules.

    Along curvature −γ deviations grow by the larger root of
    :math:`z^2 - (1+α)(1+εγ)z + α(1+εγ) = 0`; stable for ε < 2(1 + α)/((1 + 2α)L).

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as in Keras' SGD.
    momentum : float
        α in [0, 1), 0.9 by default as for the heavy ball.
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Nesterov (1983), Soviet Math. Dokl. 27, 372. Sutskever, Martens, Dahl & Hinton (2013), ICML.
    """

    name: ClassVar[str] = "nesterov"
    version: ClassVar[int] = 2

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−εg + αv, with the new v."""
        v, move = self.velocity(state, lr), state.gradient
        move += self.momentum * v
        return move

    def iterate(self, landscape: Landscape, state: State) -> FloatArray:
        """θ = y − αv."""
        back: FloatArray = -self.momentum * state.slots["v"]
        return landscape.domain.retract(state.x, landscape.domain.tangent(state.x, back))
