"""What every optimizer must satisfy. Import it to test your own::

from tests.conformance.optimizers import check_optimizer

def test_mine():
    check_optimizer(MyOptimizer)                     # a class, or
    check_optimizer(lambda: MyOptimizer(lr=0.3))     # anything that builds one
"""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from critpoints.domains import Domain, Euclidean, Sphere, Torus
from critpoints.optimizers import Outcome, run
from critpoints.protocols import Landscape, Optimizer, State

Factory = Callable[[], Optimizer]
REFUSED = {
    "lr": (0.0, -1.0, math.nan, math.inf, "fast"),
    "momentum": (1.0, -0.1, math.nan),
    "beta": (1.0, -0.1, math.nan),
    "beta1": (1.0, -0.1, math.nan),
    "beta2": (1.0, -0.1, math.nan),
    "clip": (0.0, -1.0, math.nan),
    "sigma": (-1.0, math.nan),
    "eps": (-1.0, math.nan),
}


@dataclass(frozen=True)
class Quadratic(Landscape):
    """f = ½ Σ h_i x_i²."""

    curvatures: tuple[float, ...] = (-0.5, 1.0, 2.0)

    @property
    def dim(self) -> int:
        return len(self.curvatures)

    @property
    def domain(self) -> Domain:
        return Euclidean(self.dim)

    def value(self, x: np.ndarray) -> np.ndarray:
        return (x * x * self.curvatures).sum(axis=1) / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return x * np.asarray(self.curvatures)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.diag(self.curvatures), (len(x), self.dim, self.dim))


@dataclass(frozen=True)
class Well(Quadratic):
    """Two minima at (±1, 0, …), a saddle between: f = x₁⁴/4 − x₁²/2 + ½ Σ h_i x_i², i > 1."""

    def value(self, x: np.ndarray) -> np.ndarray:
        return (
            x[:, 0] ** 4 / 4 - x[:, 0] ** 2 / 2 + (x * x * self.curvatures)[:, 1:].sum(axis=1) / 2
        )

    def gradient(self, x: np.ndarray) -> np.ndarray:
        g = super().gradient(x)
        g[:, 0] = x[:, 0] ** 3 - x[:, 0]
        return g

    def hessian(self, x: np.ndarray) -> np.ndarray:
        h = super().hessian(x).copy()
        h[:, 0, 0] = 3 * x[:, 0] ** 2 - 1
        return h


@dataclass(frozen=True)
class Blind(Landscape):
    """A landscape without second derivatives."""

    dim: int = 3

    @property
    def domain(self) -> Domain:
        return Euclidean(self.dim)

    def value(self, x: np.ndarray) -> np.ndarray:
        return (x * x).sum(axis=1) / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return x  # not a copy: no rule may write into it


@dataclass(frozen=True)
class Rayleigh(Landscape):
    """½ xᵀAx on the unit sphere, A = diag(1, 2, …): critical points are ± the axes."""

    dim: int = 3

    @property
    def domain(self) -> Domain:
        return Sphere(self.dim)

    @property
    def axes(self) -> np.ndarray:
        return np.arange(1.0, self.dim + 2)

    def value(self, x: np.ndarray) -> np.ndarray:
        return (self.axes * x * x).sum(axis=1) / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.domain.tangent(x, self.axes * x)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        project = np.eye(self.dim + 1) - x[:, :, None] * x[:, None, :]
        curved = np.diag(self.axes) - 2 * self.value(x)[:, None, None] * np.eye(self.dim + 1)
        return project @ curved @ project


@dataclass(frozen=True)
class Waves(Landscape):
    """Σ cos x_i on the torus."""

    dim: int = 3

    @property
    def domain(self) -> Domain:
        return Torus(self.dim)

    def value(self, x: np.ndarray) -> np.ndarray:
        return np.cos(x).sum(axis=1)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return -np.sin(x)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return -np.cos(x)[:, :, None] * np.eye(self.dim)


class Cliff(Well):
    """Not a number beyond |x₁| = 10⁶."""

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x[:, :1]) > 1e6, np.nan, super().gradient(x))


def check_optimizer(factory: Factory, seed: int = 1, steps: int = 5) -> None:
    """Hold what ``factory()`` builds to the protocol; raises AssertionError if it fails."""
    optimizer = factory()
    check_value(optimizer, factory())
    check_refusals(optimizer)
    check_init(optimizer, seed)
    for landscape in (Quadratic(), Well(), Waves(), Rayleigh()):
        check_step(optimizer, landscape, seed, steps)
        check_domain(optimizer, landscape, seed, steps)
        if deterministic(optimizer, landscape, seed, steps):
            check_runs_apart(optimizer, landscape, seed, steps)
    check_run(optimizer, seed)


def start(landscape: Landscape, seed: int, runs: int = 6) -> np.ndarray:
    """Points of no special kind."""
    return landscape.domain.sample(np.random.default_rng([seed, 7]), runs)


def path(
    optimizer: Optimizer, landscape: Landscape, x: np.ndarray, steps: int, seed: int
) -> list[State]:
    """The states of the first steps."""
    rng, states = np.random.default_rng(seed), [optimizer.init(landscape, x)]
    for _ in range(steps):
        states.append(optimizer.step(landscape, states[-1], rng))
    return states


def content(state: State) -> dict[str, np.ndarray]:
    """All arrays of a state; scratch is nobody's business."""
    slots = {f"slot {k}": np.asarray(v) for k, v in state.slots.items() if k != "scratch"}
    counts = {"gradients": state.gradients, "products": state.products}
    return {"x": state.x, "gradient": state.gradient, **counts, **slots}


def assert_same(one: State, other: State, why: str, rtol: float = 0.0) -> None:
    """Equal step counts and arrays."""
    assert one.step == other.step, why
    first, second = content(one), content(other)
    assert first.keys() == second.keys(), why
    for name, array in first.items():
        scale = float(np.abs(array[np.isfinite(array)]).max(initial=1.0))
        close = np.allclose(array, second[name], rtol=rtol, atol=rtol * scale, equal_nan=True)
        assert close, f"{why}: {name}"


def check_value(optimizer: Optimizer, twin: Optimizer) -> None:
    """A frozen dataclass with a name: equal when built alike, hashable, picklable."""
    assert dataclasses.is_dataclass(optimizer)
    assert optimizer == twin
    assert hash(optimizer) == hash(twin)
    assert pickle.loads(pickle.dumps(optimizer)) == optimizer  # noqa: S301 - our own bytes
    assert isinstance(optimizer.name, str)
    assert isinstance(optimizer.version, int)
    assert optimizer.order in {1, 2}
    with pytest.raises(dataclasses.FrozenInstanceError):
        optimizer.lr = 99


def check_refusals(optimizer: Optimizer) -> None:
    """Hyper-parameters that mean nothing are refused, and the message names them."""
    for field in dataclasses.fields(optimizer):
        for value in REFUSED.get(field.name, (math.nan,)):
            with pytest.raises((ValueError, TypeError), match=field.name):
                dataclasses.replace(optimizer, **{field.name: value})


def check_init(optimizer: Optimizer, seed: int) -> None:
    """The first state; starts that do not fit are refused."""
    landscape = Well()
    x = start(landscape, seed)
    state = optimizer.init(landscape, x)
    assert np.array_equal(state.x, x)
    assert not np.shares_memory(state.x, x)
    assert np.array_equal(state.gradient, landscape.gradient(x))
    assert state.step == 0
    assert (state.gradients == 1).all()
    assert (state.products == 0).all()
    for name, slot in state.slots.items():
        assert len(slot) == len(x), f"slot {name} has first axis {len(slot)}, not runs"
    for bad in (x[0], x[:, :2]):
        with pytest.raises(ValueError, match="x must have shape"):
            optimizer.init(landscape, bad)
    if optimizer.order > 1:
        with pytest.raises(TypeError, match="second derivatives"):
            optimizer.init(Blind(), x)


def check_step(optimizer: Optimizer, landscape: Landscape, seed: int, steps: int) -> None:
    """A step leaves its argument alone, repeats, counts, and is what ``advance`` does."""
    unseen = np.random.get_state()[1].copy()  # noqa: NPY002 - that nobody touches it
    states = path(optimizer, landscape, start(landscape, seed), steps, seed)
    again = path(optimizer, landscape, start(landscape, seed), steps, seed)
    rng = np.random.default_rng([seed, 8])
    for before, after, twin in zip(states, states[1:], again[1:], strict=False):
        assert_same(after, twin, "the generator given is not the only source of randomness")
        assert after.step == before.step + 1
        assert (after.gradients >= before.gradients).all()
        assert (after.products >= before.products).all()
        if optimizer.order == 1:
            assert (after.products == 0).all()
        gradient = landscape.gradient(after.x)
        assert np.allclose(after.gradient, gradient, atol=1e-12), "gradient is not that at x"
        kept, seeds = before.copy(), rng.integers(2**32)
        moved = optimizer.step(landscape, before, np.random.default_rng(seeds))
        assert_same(before, kept, "step has changed its argument")
        quick = optimizer.advance(landscape, before.copy(), np.random.default_rng(seeds))
        assert_same(moved, quick, "advance is not step", rtol=1e-12)
    assert np.array_equal(np.random.get_state()[1], unseen), "global generator"  # noqa: NPY002


def check_domain(optimizer: Optimizer, landscape: Landscape, seed: int, steps: int) -> None:
    """Points stay in the domain."""
    states = path(optimizer, landscape, start(landscape, seed), steps, seed)
    for x in (states[-1].x, optimizer.iterate(landscape, states[-1])):
        assert x.shape == states[-1].x.shape
        assert landscape.domain.contains(x).all()
        assert np.allclose(landscape.domain.wrap(x), x)
    begin = optimizer.iterate(landscape, states[0])
    assert np.allclose(begin, states[0].x), "the first iterate is not the start"


def deterministic(optimizer: Optimizer, landscape: Landscape, seed: int, steps: int) -> bool:
    """Whether other random numbers change nothing."""
    x = start(landscape, seed)
    one, other = (path(optimizer, landscape, x, steps, s)[-1] for s in (seed, seed + 1))
    return np.array_equal(one.x, other.x)


def check_runs_apart(optimizer: Optimizer, landscape: Landscape, seed: int, steps: int) -> None:
    """All runs at once are the runs one by one, and some of them are some of them."""
    x, rng = start(landscape, seed), np.random.default_rng(seed)
    states = path(optimizer, landscape, x, steps, seed)
    for i in range(len(x)):
        alone = path(optimizer, landscape, x[i : i + 1], steps, seed)[-1]
        assert_same(states[-1].take(np.array([i])), alone, "runs know of each other", rtol=1e-9)
    mask = np.arange(len(x)) % 2 == 0
    some = optimizer.step(landscape, states[-2].take(mask), rng)
    assert_same(some, states[-1].take(mask), "a state taken apart goes elsewhere", rtol=1e-9)


def check_run(optimizer: Optimizer, seed: int) -> None:
    """In the loop: repeatable, one run's trouble is its own, and a bowl has no saddle."""

    def result(landscape: Landscape, x: np.ndarray, steps: int, **more: Any) -> Any:
        rng = np.random.default_rng(seed)
        return run(optimizer, landscape, x, rng=rng, steps=steps, **more)

    x = start(Well(), seed)
    first, second = (result(Well(), x, 20) for _ in range(2))
    assert np.array_equal(first.x, second.x)
    assert np.array_equal(first.outcome, second.outcome)
    x[0, 0] = 2e6
    broken = result(Cliff(), x, 20)
    assert broken.outcome[0] == Outcome.NON_FINITE
    assert (broken.outcome[1:] != Outcome.NON_FINITE).all()
    bowl = result(Quadratic((0.5, 1.0, 2.0)), start(Quadratic(), seed), 300)
    assert (bowl.outcome != Outcome.SADDLE).all()
