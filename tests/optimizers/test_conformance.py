"""Registered optimizers and variants of each, against the protocol; and some that must fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from critpoints import refs
from critpoints.optimizers import OPTIMIZERS, optimizer
from critpoints.protocols import Landscape, Optimizer, State
from critpoints.validation import real
from tests.conformance.optimizers import check_optimizer

VARIANTS = [
    "gd:lr=0.1,clip=1.0",
    "sgd:sigma=0.1/0.2/0.3",
    "momentum:lr=0.1,clip=0.5,momentum=0.5",
    "adam:bias_correction=false",
    "amsgrad:bias_correction=false",
    "adam:sigma=0.1",
    "newton:lr=0.5,damping=0.1",
    "lbfgs:memory=2",
    "newton-cg:iterations=2",
]


@pytest.mark.parametrize("reference", [*OPTIMIZERS, *(v for v in VARIANTS if "/" not in v)])
def test_conforms(reference: str) -> None:
    check_optimizer(lambda: optimizer(reference))


@pytest.mark.parametrize("reference", [*OPTIMIZERS, *VARIANTS])
def test_references_round_trip(reference: str) -> None:
    built = optimizer(reference)
    assert refs.describe(built, OPTIMIZERS).lower() == reference
    assert optimizer(refs.describe(built, OPTIMIZERS)) == built
    assert built.name == reference.partition(":")[0]


@dataclass(frozen=True)
class Honest(Optimizer):
    """The least a user writes: the controls below differ from it in one point each."""

    lr: float = 0.01
    beta: float = 0.9

    name, version = "control", 1
    slots = ("m",)

    def __post_init__(self) -> None:
        real("lr", self.lr, above=0)
        real("beta", self.beta, at_least=0, below=1)

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        m = self.beta * state.slots["m"] + (1 - self.beta) * state.gradient
        return state.moved(landscape, -self.lr * np.sign(m), m=m)


class Careless(Honest):
    """Writes into the state that it is given."""

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        state.slots["m"][...] += state.gradient
        return state.moved(landscape, -self.lr * np.sign(state.slots["m"]))


class Gregarious(Honest):
    """Runs share a step length."""

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        return state.moved(landscape, -self.lr * state.gradient / np.abs(state.gradient).max())


class Forgetful(Honest):
    """Draws from a generator of its own."""

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        noise = np.random.default_rng().standard_normal(state.x.shape)
        return state.moved(landscape, -self.lr * (state.gradient + noise))


class Hasty(Honest):
    """Its quick way is another rule."""

    def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        return state.moved(landscape, -self.lr * state.gradient)


class Stale(Honest):
    """Keeps the gradient of the point before."""

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        new = state.moved(landscape, -self.lr * state.gradient)
        return State(new.x, state.gradient.copy(), new.step, new.gradients, new.products, new.slots)


@dataclass(frozen=True)
class Lax(Honest):
    """Accepts anything."""

    def __post_init__(self) -> None:
        pass


def test_a_user_class_with_only_step_conforms() -> None:
    check_optimizer(Honest)


CONTROLS = [
    (Careless, "the generator given|step has changed its argument"),
    (Gregarious, "runs know of each other"),
    (Forgetful, "not the only source of randomness"),
    (Hasty, "advance is not step"),
    (Stale, "gradient is not that at x"),
]


@pytest.mark.parametrize(("control", "why"), CONTROLS)
def test_controls_are_refused(control: type[Optimizer], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check_optimizer(control)


def test_hyper_parameters_must_be_checked() -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check_optimizer(Lax)


def test_references_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="did you mean momentum"):
        optimizer("momentun")
    with pytest.raises(ValueError, match="lr must be a finite number > 0"):
        optimizer("gd:lr=0")
    with pytest.raises(ValueError, match="has no key 'rate'"):
        optimizer("gd:rate=1")
    with pytest.raises(TypeError, match="not an Optimizer"):
        optimizer("fractions:Fraction")
