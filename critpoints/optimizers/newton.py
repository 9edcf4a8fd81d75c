"""Newton's method, which saddles attract, and its saddle-free form, which they repel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.optimizers.first_order import Rate, checked_rate, rate_at
from critpoints.optimizers.spectral import Spectral, quotient
from critpoints.protocols import FloatArray
from critpoints.validation import real


@dataclass(frozen=True)
class Newton(Spectral):
    """Newton's method, θ ← θ − ε(H + δI)⁻¹g: converges to critical points of any index.

    Directions in which H + δI is singular are left alone (pseudo-inverse).

    Parameters
    ----------
    lr : float or callable
        ε; 1 by default, the pure method (Nocedal & Wright 2006, section 3.3).
    damping : float
        δ ≥ 0; none by default.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, 2nd ed., section 3.3.
    """

    lr: Rate = 1.0
    damping: float = 0.0

    name: ClassVar[str] = "newton"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", checked_rate(self.lr))
        object.__setattr__(self, "damping", real("damping", self.damping, at_least=0))

    def coordinates(self, values: FloatArray, slopes: FloatArray, step: int) -> FloatArray:
        """−ε c/(λ + δ)."""
        divisors = self.curvature(values) + self.damping
        return -rate_at(self.lr, step) * quotient(slopes, divisors)

    def curvature(self, values: FloatArray) -> FloatArray:
        """The eigenvalues to divide by."""
        return values


@dataclass(frozen=True)
class SaddleFree(Newton):
    """Saddle-free Newton, ``θ ← θ − ε(|H| + δI)⁻¹g``, H with absolute eigenvalues.

    On a quadratic the unstable components grow by 1 + ε a step, whatever their curvature, while
    the stable ones shrink by 1 − ε.

    Parameters
    ----------
    lr : float or callable
        ε; 1 by default.
    damping : float
        δ ≥ 0; none by default (Dauphin et al. tune it in each step).

    References
    ----------
    Dauphin, Pascanu, Gulcehre, Cho, Ganguli & Bengio (2014), NeurIPS, arXiv:1406.2572.
    """

    name: ClassVar[str] = "saddle-free"

    def curvature(self, values: FloatArray) -> FloatArray:
        """Absolute eigenvalues."""
        return np.abs(values)
