"""What the first-order rules share: rate, gradient noise, clipping, and the step itself."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from critpoints.domains import Domain
from critpoints.lengths import shortened
from critpoints.protocols import FloatArray, Landscape, Optimizer, State
from critpoints.validation import real

Rate = float | Callable[[int], float]
"""A learning rate, or a schedule: a function of the number of steps taken before."""


def checked_rate(value: Any) -> Rate:
    """A positive number or a callable.

    Raises
    ------
    TypeError, ValueError
        If it is neither.
    """
    return value if callable(value) else real("lr", value, above=0)


def rate_at(lr: Rate, step: int) -> float:
    """The learning rate of a step, counted from 0.

    Raises
    ------
    ValueError
        If a schedule says what is no rate; 0 is one, for schedules that end there.
    """
    return real(f"lr({step})", float(lr(step)), at_least=0) if callable(lr) else lr


def covariance_sigma(covariance: ArrayLike) -> tuple[float, ...]:
    r"""``sigma`` for gradient noise of a given covariance C: its root :math:`S=S^T=C^{1/2}`.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric, positive semidefinite; eigenvalues that are negative by rounding count as 0.

    Raises
    ------
    ValueError
        If it is not.

    Examples
    --------
    >>> [round(s, 12) for s in covariance_sigma([[5, 4], [4, 5]])]
    [2.0, 1.0, 1.0, 2.0]
    """
    c = np.asarray(covariance, dtype=np.float64)
    if c.ndim != 2 or c.shape[0] != c.shape[1] or not np.isfinite(c).all():
        raise ValueError(f"covariance must be a square matrix of finite numbers, got {c.tolist()}")
    values, vectors = np.linalg.eigh(c)
    rounding = len(c) * np.finfo(float).eps * np.abs(values).max(initial=0.0)
    if np.abs(c - c.T).max(initial=0.0) > rounding or (values < -rounding).any():
        raise ValueError(
            f"covariance must be symmetric and positive semidefinite, got {c.tolist()}"
        )
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return tuple(root.ravel().tolist())


def _checked_sigma(value: Any, *, matrix: bool = True) -> tuple[float, ...]:
    """Standard deviations, or entries of a matrix if their number may be that of one."""
    given = value if isinstance(value, tuple) else (value,)
    entries = matrix and len(given) > 1 and math.isqrt(len(given)) ** 2 == len(given)
    return tuple(real("sigma", s, at_least=None if entries else 0) for s in given)


@cache
def _plain(domain: type[Domain]) -> bool:
    """Whether a displacement is just added, as on a box and in all of space."""
    return all(
        getattr(domain, name) is getattr(Domain, name) for name in ("retract", "tangent", "wrap")
    )


@dataclass(frozen=True)
class FirstOrder(Optimizer):
    """A rule that turns a gradient g into a displacement, θ ← θ + displacement.

    Parameters
    ----------
    lr : float or callable
        Learning rate ε, or a schedule ``step -> ε``.
    clip : float, optional
        Gradients longer than this are shortened to it, g ← g·clip/‖g‖ (Pascanu, Mikolov & Bengio
        2013, ICML, Algorithm 1).
    sigma : tuple of float
        Gaussian gradient noise N(0, SSᵀ): one standard deviation for all coordinates, one for
        each (a diagonal S), or the entries of S row by row; :func:`covariance_sigma` makes them.

    Notes
    -----
    Noise is added first, then the gradient is clipped; :class:`~critpoints.optimizers.Clipped`
    clips any other rule. On a curved domain the displacement is
    made tangent, and so are the ``carried`` slots at the new point: to first order their parallel
    transport (Absil, Mahony & Sepulchre 2008, section 8.1).
    """

    lr: Rate = 0.01
    clip: float | None = field(default=None, kw_only=True)
    sigma: tuple[float, ...] = field(default=(0.0,), kw_only=True)

    # The arrays of a long run are kept: new ones of a megabyte cost the loop more than the sums.
    carried: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "lr", checked_rate(self.lr))
        if self.clip is not None:
            object.__setattr__(self, "clip", real("clip", self.clip, above=0))
        object.__setattr__(self, "sigma", _checked_sigma(self.sigma))

    @property
    def restless(self) -> bool:
        """Whether there is gradient noise."""
        return any(self.sigma)

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """As every optimizer; ``sigma`` must fit the landscape."""
        ambient = landscape.domain.ambient
        if len(self.sigma) not in {1, ambient, ambient**2}:
            raise ValueError(
                f"sigma must have 1, {ambient} or {ambient**2} values, got {len(self.sigma)}"
            )
        if len(self.sigma) == ambient:
            _checked_sigma(self.sigma, matrix=False)
        return super().init(landscape, x)

    @abstractmethod
    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """The displacement from ``state.gradient``; may overwrite it and the slots."""

    def _noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
        """Rows Sξ, ξ standard normal: shape (runs, ambient)."""
        noise = rng.standard_normal(shape)
        if len(self.sigma) in {1, shape[1]}:
            noise *= self.sigma
            return noise
        return np.asarray(noise @ np.reshape(self.sigma, (shape[1], shape[1])).T)

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""
        return self.advance(landscape, state.copy(), rng)

    def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later, in the arrays of ``state``."""
        domain, gradient = landscape.domain, state.gradient
        if self.restless:
            gradient += self._noise(gradient.shape, rng)
        if self.clip is not None:
            gradient[...] = shortened(gradient, self.clip)
        move = self.displacement(state, rate_at(self.lr, state.step), rng)
        if _plain(type(domain)):
            x = np.add(state.x, move, out=state.x)
        else:
            x = domain.retract(state.x, domain.tangent(state.x, move))
        np.copyto(gradient, landscape.gradient(x))
        if not domain.flat:
            for name in self.carried:
                np.copyto(state.slots[name], domain.tangent(x, state.slots[name]))
        np.add(state.gradients, 1, out=state.gradients)
        return State(x, gradient, state.step + 1, state.gradients, state.products, state.slots)
