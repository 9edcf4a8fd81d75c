"""Adam and two of its variants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.lengths import add_squares
from critpoints.optimizers.adaptive import over
from critpoints.optimizers.first_order import FirstOrder, Rate
from critpoints.protocols import FloatArray, State
from critpoints.validation import real


@dataclass(frozen=True)
class Adam(FirstOrder):
    r"""Averages of gradient and squares: m ← β₁m + (1−β₁)g, a ← β₂a + (1−β₂)g⊙g.

    θ ← θ − ε m̂/(√â + σ), with :math:`\hat m = m/(1-β_1^t)`, :math:`\hat a = a/(1-β_2^t)` in step
    t = 1, 2, …; without bias correction m̂ = m and â = a. With correction and eps = 0 the first
    step is ε along every axis.

    Parameters
    ----------
    lr : float or callable
        0.001 by default; this and the next three as in Kingma & Ba, Algorithm 1.
    beta1, beta2 : float
        In [0, 1); 0.9 and 0.999 by default.
    eps : float
        σ, outside the root; 1e-8 by default.
    bias_correction : bool
        On by default.
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Kingma & Ba (2015), ICLR, arXiv:1412.6980.
    """

    lr: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    bias_correction: bool = True

    name: ClassVar[str] = "adam"
    version: ClassVar[int] = 2
    slots: ClassVar[tuple[str, ...]] = ("m", "root", "scratch")
    carried: ClassVar[tuple[str, ...]] = ("m",)

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("beta1", "beta2"):
            object.__setattr__(self, key, real(key, getattr(self, key), at_least=0, below=1))
        object.__setattr__(self, "eps", real("eps", self.eps, at_least=0))
        if not isinstance(self.bias_correction, bool):
            raise TypeError(f"bias_correction must be true or false, got {self.bias_correction!r}")

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−ε m̂/(√â + σ); the scales are numbers, and multiplied last."""
        first, second = self.scales(state.step + 1)
        m, root = self.averages(state)
        move = over(m, root, self.eps / second, state.slots["scratch"])
        move *= -lr * first / second
        return move

    def scales(self, t: int) -> tuple[float, float]:
        """By which the slots are to be multiplied to make m̂ and √â."""
        betas = (self.beta1, self.beta2)
        first, second = ((1 - b) / (1 - b**t if self.bias_correction else 1.0) for b in betas)
        return first, math.sqrt(second)

    def averages(self, state: State) -> tuple[FloatArray, FloatArray]:
        """The slots ``m`` and ``root``, updated in place: m/(1−β₁) and √(a/(1−β₂))."""
        g, m, root = state.gradient, state.slots["m"], state.slots["root"]
        add_squares(root, g, self.beta2, 1.0, state.slots["scratch"])
        m *= self.beta1
        m += g
        return m, root


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay: its displacement less ελθ.

    Parameters
    ----------
    weight_decay : float
        λ, 0.01 by default, as in PyTorch.
    lr, beta1, beta2, eps, bias_correction, clip, sigma
        As in :class:`Adam`.

    References
    ----------
    Loshchilov & Hutter (2019), ICLR, arXiv:1711.05101, Algorithm 2 (with the decay scaled by ε,
    as in PyTorch and optax).
    """

    weight_decay: float = 0.01

    name: ClassVar[str] = "adamw"

    def __post_init__(self) -> None:
        super().__post_init__()
        decay = real("weight_decay", self.weight_decay, at_least=0)
        object.__setattr__(self, "weight_decay", decay)

    @property
    def restless(self) -> bool:
        """With noise, or with decay, which moves any point but the origin."""
        return super().restless or self.weight_decay > 0

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """That of Adam, less ελθ."""
        move = super().displacement(state, lr, rng)
        move -= np.multiply(state.x, lr * self.weight_decay, out=state.gradient)
        return move


@dataclass(frozen=True)
class AMSGrad(Adam):
    """Adam with the largest â so far in place of â: the rate of a coordinate never grows.

    With bias correction the maximum is over the corrected â, as in optax; without it this is
    Algorithm 2 of Reddi et al. but for eps.

    Parameters
    ----------
    lr, beta1, beta2, eps, bias_correction, clip, sigma
        As in :class:`Adam`.

    References
    ----------
    Reddi, Kale & Kumar (2018), ICLR, arXiv:1904.09237.
    """

    name: ClassVar[str] = "amsgrad"
    slots: ClassVar[tuple[str, ...]] = ("m", "root", "scratch", "largest")

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−ε m̂/(√max â + σ)."""
        first, second = self.scales(state.step + 1)
        m, root = self.averages(state)
        largest, scratch = state.slots["largest"], state.slots["scratch"]
        np.maximum(largest, np.multiply(root, second, out=scratch), out=largest)
        move = over(m, largest, self.eps, scratch)
        move *= -lr * first
        return move
