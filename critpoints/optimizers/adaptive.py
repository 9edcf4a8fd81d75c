"""Rates a coordinate from accumulated squares: AdaGrad and RMSProp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.lengths import add_squares
from critpoints.optimizers.first_order import FirstOrder, Rate
from critpoints.protocols import FloatArray, State
from critpoints.validation import real


def over(numerator: FloatArray, roots: FloatArray, eps: float, out: FloatArray) -> FloatArray:
    """``numerator / (roots + eps)``, and 0 where that is 0/0 (eps = 0, no gradient ever)."""
    divisor = np.add(roots, eps, out=out)
    if eps == 0:
        divisor[divisor == 0] = np.inf
    return np.divide(numerator, divisor, out=divisor)


@dataclass(frozen=True)
class AdaGrad(FirstOrder):
    """Squares summed: a ← a + g⊙g, θ ← θ − ε/(√a + σ) ⊙ g.

    The slot ``root`` holds √a, which no gradient makes overflow or vanish. With eps = 0 the path
    does not depend on the scale of the function; constant gradients then move it by about 2ε√t in
    t steps.

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as in PyTorch.
    eps : float
        σ, outside the root; 1e-7 by default (Goodfellow, Bengio & Courville 2016, Algorithm 8.4).
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Duchi, Hazan & Singer (2011), JMLR 12, 2121.
    """

    eps: float = 1e-7

    name: ClassVar[str] = "adagrad"
    version: ClassVar[int] = 2
    slots: ClassVar[tuple[str, ...]] = ("root", "scratch")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "eps", real("eps", self.eps, at_least=0))

    @property
    def shares(self) -> tuple[float, float]:
        """Of a and of g⊙g in the new a."""
        return 1.0, 1.0

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−ε/(√a + σ) ⊙ g."""
        root, scratch = state.slots["root"], state.slots["scratch"]
        add_squares(root, state.gradient, *self.shares, scratch)
        move = over(state.gradient, root, self.eps, out=scratch)
        move *= -lr
        return move


@dataclass(frozen=True)
class RMSProp(AdaGrad):
    """Squares averaged: a ← βa + (1−β)g⊙g, θ ← θ − ε/(√a + σ) ⊙ g.

    With eps = 0 the first step is ε/√(1−β) along every axis.

    Parameters
    ----------
    lr : float or callable
        0.001 by default, as ``beta`` (Tieleman & Hinton).
    beta : float
        β in [0, 1), 0.9 by default.
    eps : float
        σ, outside the root; 1e-8 by default, as in PyTorch.
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Tieleman & Hinton (2012), Coursera: Neural Networks for Machine Learning, lecture 6.5.
    """

    lr: Rate = 0.001
    eps: float = 1e-8
    beta: float = 0.9

    name: ClassVar[str] = "rmsprop"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "beta", real("beta", self.beta, at_least=0, below=1))

    @property
    def shares(self) -> tuple[float, float]:
        """β and 1 − β."""
        return self.beta, 1 - self.beta
