"""Limited-memory BFGS, all runs in one two-loop recursion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from critpoints.curvature import EPS
from critpoints.lengths import lengths
from critpoints.optimizers.backtrack import backtrack
from critpoints.optimizers.first_order import Rate, checked_rate, rate_at
from critpoints.optimizers.krylov import dot
from critpoints.protocols import FloatArray, Landscape, Optimizer, State
from critpoints.validation import integer, real


@dataclass(frozen=True)
class LBFGS(Optimizer):
    r"""θ ← θ − αHg, H an inverse Hessian from the last ``memory`` pairs (s, y).

    s is a displacement and y the change of the gradient along it. Pairs with s·y ≤ 0 (negative
    curvature) count for nothing, so that H stays positive definite. α is halved from ``lr`` until
    f has decreased by 10⁻⁴ α g·Hg (Nocedal & Wright 2006, section 3.1); values are not counted.
    The first step has the length ``first``, whatever the size of the gradient; the curvature seen
    in it scales the next.

    Parameters
    ----------
    lr : float or callable
        The first α tried; 1 by default (Nocedal & Wright 2006, section 7.2).
    memory : int
        10 by default: between 3 and 20 is usual (the same section).
    first : float
        Length of the first trial step, in units of x; 0.01 by default, as the rates of rules whose
        step has the length of the rate.

    References
    ----------
    Nocedal (1980), Math. Comput. 35, 773. Liu & Nocedal (1989), Math. Program. 45, 503.
    """

    lr: Rate = 1.0
    memory: int = 10
    first: float = 0.01

    name: ClassVar[str] = "lbfgs"
    version: ClassVar[int] = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", checked_rate(self.lr))
        object.__setattr__(self, "memory", integer("memory", self.memory, low=1))
        object.__setattr__(self, "first", real("first", self.first, above=0))

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """With no pairs: s, y (runs, memory, ambient), 1/(s·y) and the scale of H."""
        state = super().init(landscape, x)
        runs, ambient = state.x.shape
        pairs = np.zeros((runs, self.memory, ambient))
        size = lengths(state.gradient)[:, None]
        scale = np.divide(self.first, size, out=np.zeros_like(size), where=size > 0)
        slots = {
            "s": pairs,
            "y": pairs.copy(),
            "rho": np.zeros((runs, self.memory)),
            "scale": scale,
        }
        return State(state.x, state.gradient, 0, state.gradients, state.products, slots)

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""
        domain, g = landscape.domain, state.gradient
        rate = rate_at(self.lr, state.step)
        move = -rate * domain.tangent(state.x, self._scaled(state))
        slope = -dot(g, move)
        uphill = slope <= 0  # transported pairs may fail on a curved domain
        move[uphill] = -rate * state.slots["scale"][uphill] * g[uphill]
        alpha = backtrack(landscape, state.x, move, 1e-4 * -dot(g, move))
        move *= alpha[:, None]
        after = state.moved(landscape, move)
        return self._remember(landscape, state, after, move)

    def _scaled(self, state: State) -> FloatArray:
        """Hg (Nocedal & Wright 2006, Algorithm 7.4)."""
        s, y, rho = (state.slots[name] for name in ("s", "y", "rho"))
        places = [k % self.memory for k in range(max(0, state.step - self.memory), state.step)]
        q, weights = state.gradient.copy(), {}
        for k in reversed(places):
            weights[k] = rho[:, k] * dot(s[:, k], q)
            q -= weights[k][:, None] * y[:, k]
        q *= state.slots["scale"]
        for k in places:
            q += (weights[k] - rho[:, k] * dot(y[:, k], q))[:, None] * s[:, k]
        return q

    def _remember(
        self, landscape: Landscape, before: State, after: State, move: FloatArray
    ) -> State:
        """``after`` with the newest pair in the place of the oldest."""
        slots = {name: slot.copy() for name, slot in before.slots.items()}
        s = landscape.domain.tangent(after.x, move)
        y = after.gradient - landscape.domain.tangent(after.x, before.gradient)
        curvature, size = dot(s, y), lengths(y)
        good = curvature > EPS * lengths(s) * size
        place = before.step % self.memory
        slots["s"][:, place], slots["y"][:, place] = s, y
        slots["rho"][:, place] = np.divide(1.0, curvature, out=np.zeros(len(s)), where=good)
        slots["scale"][good, 0] = curvature[good] / size[good] / size[good]
        return State(after.x, after.gradient, after.step, after.gradients, after.products, slots)
