"""Newton's method without a Hessian: products only, and negative curvature used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.optimizers.backtrack import backtrack
from critpoints.optimizers.krylov import conjugate_gradients, dot, lowest
from critpoints.protocols import FloatArray, IntArray, Landscape, Optimizer, State
from critpoints.validation import integer, real


@dataclass(frozen=True)
class NewtonCG(Optimizer):
    r"""Newton steps by conjugate gradients; where a direction d curves down, a step along it.

    The step of negative curvature is ``±max(|dᵀHd|, |g·d|) d``, d of unit length and downhill: the
    second length (not in the papers) keeps it from stalling where the curvature fades and the
    slope does not. Where ‖g‖ is below ``threshold`` the lowest curvature is sought by Lanczos from
    a random start, which leaves a strict saddle even from g = 0. Steps are halved until f
    decreases by ``10⁻⁴α|g·p|`` (Newton) or by α³‖p‖³/60 (curvature); values are not counted.

    Parameters
    ----------
    threshold : float
        1e-5 by default, as ``gtol`` of SciPy's BFGS and conjugate gradients.
    iterations : int
        Most products a solve; 0 (default) stands for the dimension, after which both are exact.

    References
    ----------
    Royer, O'Neill & Wright (2020), Math. Program. 180, 451, arXiv:1803.02924. Royer & Wright
    (2018), SIAM J. Optim. 28, 1448. Martens (2010), ICML.
    """

    threshold: float = 1e-5
    iterations: int = 0

    name: ClassVar[str] = "newton-cg"
    version: ClassVar[int] = 1
    order: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", real("threshold", self.threshold, at_least=0))
        object.__setattr__(self, "iterations", integer("iterations", self.iterations, low=0))

    @property
    def restless(self) -> bool:
        """Always: negative curvature is enough to move."""
        return True

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""

        def product(runs: IntArray, v: FloatArray) -> FloatArray:
            return landscape.hvp(state.x[runs], v)

        g, most = state.gradient, min(self.iterations or landscape.dim, landscape.dim)
        p, bend, negative, products = conjugate_gradients(product, g, most)
        flat = np.flatnonzero(np.linalg.norm(g, axis=1) <= self.threshold)
        if flat.size:
            start = rng.standard_normal((flat.size, g.shape[1]))
            start = landscape.domain.tangent(state.x[flat], start)
            value, vector = lowest(lambda runs, v: product(flat[runs], v), start, most)
            products[flat] += most
            down = flat[value < -1e-8]
            negative[down], bend[down] = True, value[value < -1e-8]
            p[down] = vector[value < -1e-8] * rng.choice([-1.0, 1.0], (down.size, 1))
        p[negative] = _downhill(p[negative], g[negative], bend[negative])
        newton = np.where(negative, 0.0, -1e-4 * dot(g, p))
        curved = np.where(negative, np.linalg.norm(p, axis=1) ** 3 / 60, 0.0)
        alpha = backtrack(landscape, state.x, p, newton, curved)
        after = state.moved(landscape, alpha[:, None] * p)
        return State(
            after.x,
            after.gradient,
            after.step,
            after.gradients,
            state.products + products,
            state.slots,
        )


def _downhill(d: FloatArray, g: FloatArray, bend: FloatArray) -> FloatArray:
    """Steps along unit directions of negative curvature, turned where these point uphill."""
    slope = dot(d, g)
    length = np.maximum(np.abs(bend), np.abs(slope))
    found: FloatArray = d * np.where(slope > 0, -length, length)[:, None]
    return found
