"""Newton's method without a Hessian: products only, and negative curvature used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from critpoints.curvature import EPS
from critpoints.lengths import lengths
from critpoints.optimizers.backtrack import backtrack
from critpoints.optimizers.krylov import conjugate_gradients, dot, lowest
from critpoints.protocols import FloatArray, IntArray, Landscape, Optimizer, State
from critpoints.validation import integer, real

_ZERO = 1e-8  # of ‖H‖, the root of rounding: curvatures up to this are none
_DECREASE = 1e-4


@dataclass(frozen=True)
class NewtonCG(Optimizer):
    r"""Newton steps by conjugate gradients; where a direction d curves down, a step along it.

    The step of negative curvature is ±length·d, d of unit length and downhill. Where ‖g‖ is below
    ``threshold`` times the largest met, slot ``largest``, or Newton's step within the rounding of
    x, the lowest curvature is sought by Lanczos from a random start, which leaves a strict saddle
    even from g = 0. Steps p are halved until f
    decreases by ``10⁻⁴α|g·p|`` (Newton) or by ``10⁻⁴α²|pᵀHp|/2`` (curvature; Goldfarb 1980);
    values are not counted. Nothing but ``length`` has a unit, so that the path does not depend on
    that of f.

    Parameters
    ----------
    threshold : float
        Share of the largest gradient, 1e-5 by default: as ``gtol`` of SciPy's BFGS for a function
        of order 1.
    iterations : int
        Most products a solve; 0 (default) stands for the dimension, after which both are exact.
    length : float
        First trial length along negative curvature, in units of x; 1 by default, as the first
        radius of :class:`~critpoints.optimizers.TrustRegion`.

    References
    ----------
    Royer, O'Neill & Wright (2020), Math. Program. 180, 451, arXiv:1803.02924. Royer & Wright
    (2018), SIAM J. Optim. 28, 1448. Goldfarb (1980), Math. Program. 18, 31. Martens (2010), ICML.
    """

    threshold: float = 1e-5
    iterations: int = 0
    length: float = 1.0

    name: ClassVar[str] = "newton-cg"
    version: ClassVar[int] = 2
    order: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", real("threshold", self.threshold, at_least=0))
        object.__setattr__(self, "iterations", integer("iterations", self.iterations, low=0))
        object.__setattr__(self, "length", real("length", self.length, above=0))

    @property
    def restless(self) -> bool:
        """Always: negative curvature is enough to move."""
        return True

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """With the slot ``largest``: the largest gradient met, (runs,)."""
        state = super().init(landscape, x)
        return replace(state, slots={"largest": lengths(state.gradient)})

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""

        def product(runs: IntArray, v: FloatArray) -> FloatArray:
            return landscape.hvp(state.x[runs], v)

        g, most = state.gradient, min(self.iterations or landscape.dim, landscape.dim)
        size, largest = lengths(g), state.slots["largest"]
        share = np.divide(size, largest, out=np.zeros_like(size), where=largest > 0)
        p, bend, down, products = conjugate_gradients(product, g, most, np.minimum(0.5, share))
        still = ~down & (lengths(p) <= 4 * EPS * lengths(state.x))
        flat = np.flatnonzero((share <= self.threshold) | still)
        if flat.size:
            start = rng.standard_normal((flat.size, g.shape[1]))
            start = landscape.domain.tangent(state.x[flat], start)
            value, vector, norm = lowest(lambda runs, v: product(flat[runs], v), start, most)
            products[flat] += most
            below = value < -_ZERO * norm
            rows = flat[below]
            down[rows], bend[rows] = True, value[below]
            p[rows] = vector[below] * rng.choice([-1.0, 1.0], (rows.size, 1))
        p[down] *= np.where(dot(p[down], g[down]) > 0, -self.length, self.length)[:, None]
        linear = np.where(down, 0.0, -_DECREASE * dot(g, p))
        curved = np.where(down, _DECREASE / 2 * np.abs(bend) * self.length**2, 0.0)
        alpha = backtrack(landscape, state.x, p, linear, curved)
        after = state.moved(landscape, alpha[:, None] * p)
        return State(
            after.x,
            after.gradient,
            after.step,
            after.gradients,
            state.products + products,
            {"largest": np.maximum(largest, lengths(after.gradient))},
        )
