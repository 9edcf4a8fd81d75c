"""Gradient clipping around any rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from critpoints.lengths import shortened
from critpoints.protocols import FloatArray, Landscape, Optimizer, State
from critpoints.validation import real


@dataclass(frozen=True)
class Clipped(Optimizer):
    """A rule that sees gradients no longer than a limit: g ← g·limit/‖g‖ before every step.

    For a rule of one's own or of optax; the first-order rules here have a ``clip`` of their own,
    which does the same. It has no name: results are kept in memory only.

    Parameters
    ----------
    rule : Optimizer
        One that takes its step from the gradient where it stands.
    limit : float

    Raises
    ------
    TypeError
        If ``rule`` is no optimizer, or one that asks for second derivatives.

    References
    ----------
    Pascanu, Mikolov & Bengio (2013), ICML, Algorithm 1.

    Examples
    --------
    >>> from critpoints.optimizers import Clipped, HeavyBall
    >>> Clipped(HeavyBall(0.1), limit=1.0).limit
    1.0
    """

    rule: Optimizer
    limit: float

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Optimizer) or self.rule.order > 1:
            raise TypeError(f"rule must be an Optimizer of order 1, got {self.rule!r}")
        object.__setattr__(self, "limit", real("limit", self.limit, above=0))

    @property
    def restless(self) -> bool:
        """As the rule."""
        return self.rule.restless

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """As the rule."""
        return self.rule.init(landscape, x)

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The rule's, from the clipped gradient."""
        return self.rule.step(landscape, self._clipped(state), rng)

    def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """As ``step``, in the arrays of ``state``."""
        return self.rule.advance(landscape, self._clipped(state), rng)

    def iterate(self, landscape: Landscape, state: State) -> FloatArray:
        """As the rule."""
        return self.rule.iterate(landscape, state)

    def _clipped(self, state: State) -> State:
        return replace(state, gradient=shortened(state.gradient, self.limit))
