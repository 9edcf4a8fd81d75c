"""Steps of a quadratic model that are taken only if the function agrees with it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.curvature import EPS
from critpoints.lengths import lengths
from critpoints.optimizers.backtrack import slack
from critpoints.optimizers.secular import minimiser
from critpoints.optimizers.spectral import frame
from critpoints.protocols import FloatArray, Landscape, Optimizer, State
from critpoints.validation import real


@dataclass(frozen=True)
class Guarded(Optimizer):
    r"""Model steps with a size that adapts: slot ``size``, shape (runs, 1).

    With :math:`\rho` = (actual decrease)/(decrease of the model) a step is taken if ρ ≥ 0.1. Both
    decreases are raised by :func:`~.backtrack.slack`, below which values are rounding (Conn, Gould
    & Toint 2000, section 17.4.2). A step costs a Hessian, and a gradient if taken;
    values are not counted.
    """

    order: ClassVar[int] = 2

    @property
    def restless(self) -> bool:
        """Always: negative curvature is enough to move."""
        return True

    @abstractmethod
    def model_step(self, values: FloatArray, slopes: FloatArray, size: FloatArray) -> FloatArray:
        """Eigencoordinates of the model's minimiser."""

    @abstractmethod
    def resized(
        self, size: FloatArray, rho: FloatArray, length: FloatArray, slope: FloatArray
    ) -> FloatArray:
        """The next size from ρ, the step's length and the gradient's: all (runs, 1)."""

    @property
    @abstractmethod
    def start(self) -> float:
        """The first size."""

    def regulariser(self, size: FloatArray, length: FloatArray) -> FloatArray | float:
        """What the model adds to the quadratic."""
        return 0.0

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """With the first size."""
        state = super().init(landscape, x)
        size = np.full((len(state), 1), self.start)
        return State(state.x, state.gradient, 0, state.gradients, state.products, {"size": size})

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later; runs whose step is refused stay where they are."""
        size, seen = state.slots["size"], frame(landscape, state)
        p = self.model_step(seen.values, seen.slopes, size)
        length = lengths(p)[:, None]
        quadratic = ((seen.slopes + seen.values * p / 2) * p).sum(axis=1, keepdims=True)
        promised = -quadratic - self.regulariser(size, length)
        x = landscape.domain.retract(state.x, seen.vector(p))
        before, after = landscape.value(state.x)[:, None], landscape.value(x)[:, None]
        equal = slack(landscape, state.x, before[:, 0])[:, None]
        rho = (before - after + equal) / (promised + equal)
        taken = np.flatnonzero(rho[:, 0] >= 0.1)
        slope = lengths(state.gradient)[:, None]
        after_state = state.copy()
        after_state.x[taken] = x[taken]
        if taken.size:
            after_state.gradient[taken] = landscape.gradient(x[taken])
        after_state.gradients[taken] += 1
        return State(
            after_state.x,
            after_state.gradient,
            state.step + 1,
            after_state.gradients,
            state.products + landscape.dim,
            {"size": self.resized(size, rho, length, slope)},
        )


@dataclass(frozen=True)
class TrustRegion(Guarded):
    r"""Minimise the quadratic model in a ball: ‖p‖ ≤ Δ, exactly, from the Hessian's spectrum.

    Δ is quartered if ρ < ¼ and doubled if ρ > ¾ at the ball's edge.

    Parameters
    ----------
    radius : float
        The first Δ; 1 by default, as in SciPy's ``trust-exact``.
    max_radius : float
        The largest Δ; 1000 by default, as there.

    References
    ----------
    Moré & Sorensen (1983), SIAM J. Sci. Stat. Comput. 4, 553. Nocedal & Wright (2006), Numerical
    Optimization, Algorithm 4.1.
    """

    radius: float = 1.0
    max_radius: float = 1000.0

    name: ClassVar[str] = "trust-region"
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", real("radius", self.radius, above=0))
        largest = real("max_radius", self.max_radius, at_least=self.radius)
        object.__setattr__(self, "max_radius", largest)

    @property
    def start(self) -> float:
        """``radius``."""
        return self.radius

    def model_step(self, values: FloatArray, slopes: FloatArray, size: FloatArray) -> FloatArray:
        """‖p‖ = Δ, or the Newton step inside: ‖p‖ ≤ ‖c‖/s bounds the shift s above −λ₁."""
        largest = lengths(slopes)[:, None] / size
        return minimiser(values, slopes, lambda _: size, largest)

    def resized(
        self, size: FloatArray, rho: FloatArray, length: FloatArray, slope: FloatArray
    ) -> FloatArray:
        """Δ/4, Δ or 2Δ; a step that is no number counts as a bad one."""
        edge = length >= size * (1 - 1e-6)
        grown = np.where((rho > 0.75) & edge, np.minimum(2 * size, self.max_radius), size)
        return np.where(rho >= 0.25, grown, size / 4)


@dataclass(frozen=True)
class Cubic(Guarded):
    r"""Cubic regularisation: minimise gᵀp + ½pᵀHp + (σ/3)‖p‖³ exactly, from the spectrum.

    σ becomes min(σ, ‖g‖) if ρ > 0.9 and doubles if ρ < 0.1: near a minimum the steps become
    Newton's.

    Parameters
    ----------
    penalty : float
        The first σ; 1 by default, as in Cartis, Gould & Toint, section 7.

    References
    ----------
    Nesterov & Polyak (2006), Math. Program. 108, 177. Cartis, Gould & Toint (2011), Math. Program.
    127, 245 (ARC).
    """

    penalty: float = 1.0

    name: ClassVar[str] = "cubic"
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "penalty", real("penalty", self.penalty, above=0))

    @property
    def start(self) -> float:
        """``penalty``."""
        return self.penalty

    def model_step(self, values: FloatArray, slopes: FloatArray, size: FloatArray) -> FloatArray:
        """‖p‖ = μ/σ; with ‖p‖ ≤ ‖c‖/s that bounds the shift by s² ≤ σ‖c‖."""
        largest = np.sqrt(size) * np.sqrt(lengths(slopes)[:, None])
        return minimiser(values, slopes, lambda shift: shift / size, largest)

    def regulariser(self, size: FloatArray, length: FloatArray) -> FloatArray:
        """σ‖p‖³/3."""
        return size * length**3 / 3

    def resized(
        self, size: FloatArray, rho: FloatArray, length: FloatArray, slope: FloatArray
    ) -> FloatArray:
        """min(σ, ‖g‖) (not below ε times the first), σ or 2σ."""
        small = np.maximum(np.minimum(size, slope), EPS * self.penalty)
        return np.where(rho > 0.9, small, np.where(rho >= 0.1, size, 2 * size))
