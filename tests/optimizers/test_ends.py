"""How runs end where a Hessian says little: on manifolds of minima, inflections and tails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from critpoints.curvature import curvature
from critpoints.domains import Euclidean
from critpoints.landscapes import from_callables
from critpoints.optimizers import (
    HeavyBall,
    Newton,
    Outcome,
    Result,
    optimizer,
    run,
)
from critpoints.protocols import Landscape

RULES = ("gd:lr=.1", "momentum:lr=.05", "adam:lr=.01", "newton", "saddle-free:lr=.5", "lbfgs",
         "trust-region", "cubic", "newton-cg")  # fmt: skip
Function = Callable[[np.ndarray], np.ndarray]


def ended(name: str, landscape: Landscape, x0: Any, **more: Any) -> Result:
    return run(optimizer(name), landscape, x0, rng=np.random.default_rng(4), **more)


def line(value: Function, first: Function, second: Function, **kept: Any) -> Landscape:
    """f(x₁) + x₂²/2, f by its value and two derivatives."""
    return from_callables(
        lambda x: value(x[:, 0]) + x[:, 1] ** 2 / 2,
        lambda x: np.stack([first(x[:, 0]), x[:, 1]], axis=1),
        lambda x: np.stack([second(x[:, 0]), np.ones(len(x))], axis=1)[:, :, None] * np.eye(2),
        domain=Euclidean(2, 2.0), **kept,
    )  # fmt: skip


def power(q: int) -> Landscape:
    return line(
        lambda x: x**q / q, lambda x: x ** (q - 1), lambda x: (q - 1) * x ** (q - 2) + 0 * x
    )


def product() -> Landscape:
    """(w₀w₁ − 1)²/2: minima of value 0 on a hyperbola, a saddle at 0."""
    return from_callables(
        lambda w: (w[:, 0] * w[:, 1] - 1) ** 2 / 2,
        lambda w: (w[:, :1] * w[:, 1:] - 1) * w[:, ::-1],
        lambda w: np.stack(
            [w[:, 1] ** 2, 2 * w[:, 0] * w[:, 1] - 1, 2 * w[:, 0] * w[:, 1] - 1, w[:, 0] ** 2], 1
        ).reshape(-1, 2, 2),
        domain=Euclidean(2, 3.0),
    )


def exponential() -> Landscape:
    return line(lambda x: np.exp(-x), lambda x: -np.exp(-x), lambda x: np.exp(-x))


def hyperbolic() -> Landscape:
    """1/√(1 + x²): its curvature decays, but never changes sign."""
    return line(
        lambda x: (1 + x**2) ** -0.5,
        lambda x: -x * (1 + x**2) ** -1.5,
        lambda x: (2 * x**2 - 1) * (1 + x**2) ** -2.5,
    )


def separable() -> Landscape:
    """Cross-entropy of 20 points that a plane through 0 separates: its infimum is at infinity."""
    a = np.random.default_rng(1).normal(size=(20, 3))
    a[:, 0] = np.abs(a[:, 0]) + 0.3
    return from_callables(
        lambda x: np.logaddexp(0, -x @ a.T).sum(axis=1),
        lambda x: -(expit(-x @ a.T) @ a),
        lambda x: np.einsum("mi,ij,ik->mjk", expit(-x @ a.T) * expit(x @ a.T), a, a),
        domain=Euclidean(3),
    )


@pytest.mark.parametrize("name", RULES)
def test_minima_that_fill_a_curve_are_degenerate(name: str) -> None:
    """All but those that Newton's method leads to the saddle at 0."""
    start = np.random.default_rng(0).normal(0, 1, (50, 2))
    found = ended(name, product(), start)
    at_rest = found.outcome != Outcome.OUT_OF_BUDGET
    if name == "newton":
        beside = np.abs(found.x).max(axis=1) < 1e-3
        assert set(found.outcome[beside]) == {Outcome.SADDLE}
        at_rest &= ~beside
        found.index[beside] = -1
    assert at_rest.sum() >= 20
    assert set(found.outcome[at_rest]) == {Outcome.CONVERGED}
    assert (found.index == -1).all()


def test_the_saddle_beside_the_curve_is_still_one() -> None:
    """The control: what can be told is told, on the very same function."""
    start = np.random.default_rng(0).normal(0, 1e-2, (50, 2))
    found = run(Newton(), product(), start, rng=np.random.default_rng(0))
    assert found.counts == {"saddle": 50}
    assert (found.index == 1).all()


@pytest.mark.parametrize("q", [3, 4, 5, 6])
@pytest.mark.parametrize("name", ["gd:lr=.1", "newton", "saddle-free", "adam:lr=.01", "cubic"])
def test_powers_are_degenerate(name: str, q: int) -> None:
    x0 = [[0.5, 0.3], [0.9, -0.2]]
    found = ended(name, power(q), x0, steps=60_000)
    assert not {Outcome.MINIMUM, Outcome.SADDLE, Outcome.TAIL} & set(found.outcome)
    if name in ("newton", "saddle-free"):
        assert found.counts == {"converged": 2}
        np.testing.assert_allclose(found.x, 0, atol=1e-2)


@pytest.mark.parametrize("name", ["gd:lr=.1", "newton", "saddle-free", "adam:lr=.01", "cubic"])
def test_the_square_is_a_minimum(name: str) -> None:
    """The control, and so is a cubic tilt that leaves a curvature of 1e-3."""
    tilted = line(
        lambda x: x**3 / 3 + 5e-4 * x**2,
        lambda x: x**2 + 1e-3 * x,
        lambda x: 2 * x + 1e-3,
    )
    for bowl in (power(2), tilted):
        found = ended(name, bowl, [[0.5, 0.3], [0.9, -0.2]], steps=300_000)
        assert found.counts == {"minimum": 2}, bowl


@pytest.mark.parametrize("make", [exponential, hyperbolic, separable])
@pytest.mark.parametrize(
    "name", ["newton", "saddle-free", "lbfgs", "trust-region", "cubic", "adam:lr=1", "gd:lr=10"]
)
def test_a_tail_is_no_minimum(make: Callable[[], Landscape], name: str) -> None:
    landscape = make()
    x0 = np.full((3, landscape.dim), 0.3)
    x0[:, 0] = (0.9, 1.2, 1.5)
    found = ended(name, landscape, x0, steps=2000)
    assert not {Outcome.MINIMUM, Outcome.SADDLE} & set(found.outcome)
    if name in ("newton", "saddle-free", "trust-region"):
        assert found.counts == {"tail": 3}


def test_far_out_on_a_tail() -> None:
    """|x| = 80, where gradient and Hessian are 1e-35; and where both are exactly zero."""
    slope = line(
        lambda x: np.logaddexp(0, -x), lambda x: -expit(-x), lambda x: expit(x) * expit(-x)
    )
    x0 = [[1.0, 0.1], [80.0, 0.1], [800.0, 0.0]]
    found = ended("adam:lr=.3", slope, x0, steps=20_000)
    assert not {Outcome.MINIMUM, Outcome.SADDLE} & set(found.outcome)
    assert found.outcome[2] == Outcome.NEVER_LEAVES
    found = ended("newton", slope, x0[:1])
    assert found.counts == {"tail": 1}


def test_a_plain_with_a_minimum_is_no_tail() -> None:
    """The control: a flat well far from the start, to which Newton's steps shrink."""
    well = line(lambda x: -np.exp(-(x**2) / 2), lambda x: x * np.exp(-(x**2) / 2),
                lambda x: (1 - x**2) * np.exp(-(x**2) / 2))  # fmt: skip
    found = ended("gd:lr=.5", well, [[2.5, 0.1], [-3.0, 0.2]])
    assert found.counts == {"minimum": 2}
    np.testing.assert_allclose(found.x, 0, atol=1e-6)


def test_a_steep_wall_is_not_what_small_means() -> None:
    """A gradient of 1 is 1e-12 of that on the wall, and no critical point: runs go on."""
    walled = line(
        lambda x: x**2 / 2 - x**4 / 4 + x**14 / 14,
        lambda x: x - x**3 + x**13,
        lambda x: 1 - 3 * x**2 + 13 * x**12,
    )
    steep = 8.0
    x0 = [[steep, 0.1]]
    assert abs(walled.gradient(np.array(x0))).max() > 1e11
    found = run(HeavyBall(0.05, clip=1.0), walled, x0, rng=np.random.default_rng(0), steps=5000)
    assert found.counts == {"minimum": 1}
    np.testing.assert_allclose(found.x, 0, atol=1e-6)


def test_a_saddle_that_is_passed_slowly_is_left() -> None:
    """Coming down a wall of 1e6 a run passes within 0.01 of a saddle, and goes on."""
    saddle = line(lambda x: x**6 / 6 - x**2 / 2, lambda x: x**5 - x, lambda x: 5 * x**4 - 1)
    tall = from_callables(
        lambda x: saddle.value(x) + x[:, 1] ** 8 / 8,
        lambda x: saddle.gradient(x) + np.stack([0 * x[:, 1], x[:, 1] ** 7], axis=1),
        lambda x: saddle.hessian(x) + (7 * x[:, 1] ** 6)[:, None, None] * np.diag([0.0, 1.0]),
        domain=Euclidean(2),
    )
    found = ended("gd:lr=.1,clip=1", tall, [[1e-6, 20.0]])
    assert found.counts == {"minimum": 1}
    on_axis = ended("gd:lr=.1,clip=1", tall, [[0.0, 20.0]])  # the control
    assert on_axis.counts == {"saddle": 1}


def test_doubt_is_of_the_size_of_what_is_not_known() -> None:
    """Eigenvalues told from zero, and not, at points at known distances from x³ and x²."""
    x = np.array([[1e-3, 0.0], [1e-6, 0.0], [0.0, 0.0]])
    for landscape, degenerate in ((power(3), True), (power(2), False)):
        seen = curvature(landscape, x, landscape.gradient(x))
        assert seen.degenerate.tolist() == [degenerate] * 3
        assert (seen.negative == 0).all()
    here = curvature(power(4), x[:1], power(4).gradient(x[:1]))
    np.testing.assert_allclose(here.newton, [[-1e-3 / 3, 0]], rtol=1e-12)
    assert (here.values[0, 0] <= here.doubt[0, 0]) & (here.values[0, 1] > here.doubt[0, 1])
