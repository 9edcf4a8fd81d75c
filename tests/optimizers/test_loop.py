"""The loop: how runs end, what they cost, and what is kept of them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from critpoints.domains import Box, Domain, Euclidean
from critpoints.landscapes import from_callables
from critpoints.optimizers import (
    OPTIMIZERS,
    Cubic,
    Distance,
    Drop,
    GradientDescent,
    HeavyBall,
    Langevin,
    Newton,
    NewtonCG,
    Outcome,
    Perturbed,
    Result,
    SaddleFree,
    StochasticGradientDescent,
    TrustRegion,
    optimizer,
    run,
)
from critpoints.optimizers.exits import crossing
from critpoints.protocols import Landscape, Optimizer, State
from tests.conformance.optimizers import Blind, Quadratic, Rayleigh, Waves, Well

SADDLE = np.zeros(3)


def ended(rule: Optimizer, landscape: Landscape, x0: Any, **more: Any) -> Result:
    return run(rule, landscape, x0, rng=np.random.default_rng(4), **more)


def test_minima_and_saddles_are_told_apart() -> None:
    x0 = [[0.9, 0.1, 0.1], [-1.2, 0.0, 0.3], [0.1, 0.2, -0.1]]
    found = ended(Newton(), Well(), x0)
    assert found.outcome.tolist() == [Outcome.MINIMUM, Outcome.MINIMUM, Outcome.SADDLE]
    assert found.index.tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.x, [[1, 0, 0], [-1, 0, 0], [0, 0, 0]], atol=1e-8)
    assert (found.gradient_norm <= 1e-8).all()


def test_without_a_hessian_a_run_has_just_converged() -> None:
    found = ended(GradientDescent(0.5), Blind(), np.ones((2, 3)))
    assert found.counts == {"converged": 2}
    assert found.index.tolist() == [-1, -1]


def test_a_degenerate_point_is_neither_minimum_nor_saddle() -> None:
    found = ended(GradientDescent(0.5), Quadratic((0.0, 1.0)), [[1.0, 1.0]])
    assert found.counts == {"converged": 1}


def test_a_ball_rolling_through_the_bottom_has_not_converged() -> None:
    """With curvature 1 and lr 1 the first step of the heavy ball ends exactly at the minimum."""
    found = ended(HeavyBall(1.0, momentum=0.5), Quadratic((1.0,)), [[1.0]], record_every=1)
    assert found.path[1, 0, 0] == 0.0
    assert found.steps[0] > 10
    assert found.counts == {"minimum": 1}


RESTLESS = {"sgd", "adamw", "perturbed", "langevin", "cubic", "trust-region", "newton-cg"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_exactly_on_a_saddle(name: str) -> None:
    rule = optimizer(name)
    found = ended(rule, Well((-1.0, 1.0, 1.0)), np.zeros((3, 3)), steps=2000)
    if name in RESTLESS:
        assert (found.outcome != Outcome.NEVER_LEAVES).all()
    else:
        assert found.counts == {"never_leaves": 3}
        assert (found.steps == 0).all()
    assert rule.restless == (name in RESTLESS)


def test_on_a_saddle_that_rounding_has_moved() -> None:
    """At π, whose sine is 1e-16, a start is on the saddle; 1e-17 from the origin it is a start."""
    waves = [[math.pi, 0.0, 0.0], [math.pi] * 3, [math.pi + 1e-7, 0.0, 0.0]]
    for rule in (GradientDescent(0.5), Newton()):
        kinds = [Outcome.NEVER_LEAVES, Outcome.MINIMUM]
        found = ended(rule, Waves(), waves)
        assert found.outcome[:2].tolist() == kinds
        assert found.index[:2].tolist() == [2, 0]
        assert found.steps[:2].tolist() == [0, 0]
        assert found.outcome[2] == Outcome.SADDLE  # the other components are exactly zero
    x0 = [[1e-17, 0.0, 0.0], [0.0, 0.0, 1e-17], [0.0, 1e-7, 0.0], [1.0 + 1e-16, 0.0, 1e-17]]
    assert ended(GradientDescent(0.5), Well(), x0).index.tolist() == [0, 1, 1, 0]
    assert ended(Newton(), Well(), x0).index.tolist() == [1, 1, 1, 0]
    for rule in (Cubic(), NewtonCG()):  # the control
        assert ended(rule, Waves(), waves).counts == {"minimum": 3}
        assert ended(rule, Well(), x0).counts == {"minimum": 4}


LEAVING = [
    Perturbed(0.1, wait=10),
    Langevin(0.01, temperature=0.01),
    StochasticGradientDescent(0.05, sigma=(0.1,)),
    Cubic(),
    TrustRegion(),
    NewtonCG(),
]


@pytest.mark.parametrize("rule", LEAVING)
def test_strict_saddles_are_left_from_exactly_on_them(rule: Optimizer) -> None:
    leaves = Distance(0.5, SADDLE, np.eye(3)[:, :1])
    found = ended(rule, Well(), np.zeros((8, 3)), stop=leaves, steps=5000)
    assert found.counts == {"escaped": 8}


@pytest.mark.parametrize("rule", [Cubic(), TrustRegion(), NewtonCG(), SaddleFree()])
def test_second_order_rules_end_in_a_minimum(rule: Optimizer) -> None:
    x0 = np.random.default_rng(8).normal(size=(50, 3))
    found = ended(rule, Well(), x0, steps=200)
    assert found.counts == {"minimum": 50}
    assert (found.steps < 40).all()


def test_newton_is_attracted_by_the_saddle_where_others_leave() -> None:
    x0 = 0.1 * np.random.default_rng(8).normal(size=(50, 3))
    assert ended(Newton(), Well(), x0).counts == {"saddle": 50}
    assert ended(GradientDescent(0.1), Well(), x0).counts == {"minimum": 50}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_bowl_has_no_saddle(name: str) -> None:
    x0 = np.random.default_rng(9).normal(size=(20, 3))
    found = ended(optimizer(name), Quadratic((0.1, 1.0, 3.0)), x0, steps=500)
    assert set(found.counts) <= {"minimum", "out_of_budget"}


def test_a_bowl_that_rounding_bends_down_has_no_saddle() -> None:
    """Curvatures down to 1e-18 in oblique directions: computed eigenvalues may be negative."""
    rng, below = np.random.default_rng(10), 0
    for _ in range(10):
        turned = np.linalg.qr(rng.normal(size=(6, 6)))[0]
        h = (turned * 10.0 ** np.array([0, -2, -16, -17, -18, -18])) @ turned.T
        h = (h + h.T) / 2
        below += int((np.linalg.eigvalsh(h) < 0).any())
        bowl = from_callables(
            lambda x, h=h: ((x @ h) * x).sum(axis=1) / 2,
            lambda x, h=h: x @ h,
            lambda x, h=h: np.broadcast_to(h, (len(x), 6, 6)),
            domain=Euclidean(6),
        )
        for name in ("gd:lr=1", "momentum:lr=.5", "newton", "saddle-free", "lbfgs"):
            found = ended(optimizer(name), bowl, rng.normal(size=(5, 6)), steps=3000)
            assert found.counts == {"converged": 5}
        restless = ended(NewtonCG(), bowl, rng.normal(size=(5, 6)), steps=100)
        assert set(restless.counts) <= {"converged", "out_of_budget"}
    assert below > 5  # without the tolerance for rounding these would be saddles


def test_second_derivatives_are_asked_for_before_any_work() -> None:
    class Silent(Blind):
        def gradient(self, x: np.ndarray) -> np.ndarray:
            raise RuntimeError

    for name in ("newton", "saddle-free", "cubic", "trust-region", "newton-cg"):
        with pytest.raises(TypeError, match=f"{name} needs second derivatives, and Silent has"):
            ended(optimizer(name), Silent(), np.ones((1, 3)))


def test_divergence_and_overflow_are_one_runs_own() -> None:
    x0 = np.array([[1e-3, 1.0, 1.0], [1e200, 1.0, 1.0], [0.5, 0.5, 0.5], [1e3, 0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ended(GradientDescent(0.1), Well(), x0, bound=1e6)
    assert found.outcome.tolist() == [
        Outcome.MINIMUM,
        Outcome.NON_FINITE,  # the cube of 1e200 in the first gradient
        Outcome.MINIMUM,
        Outcome.DIVERGED,
    ]
    for i in (0, 2):
        alone = ended(GradientDescent(0.1), Well(), x0[i : i + 1])
        assert alone.time[0] == found.time[i]
        np.testing.assert_allclose(alone.x[0], found.x[i], rtol=1e-12)


def test_large_but_finite_is_not_an_overflow() -> None:
    """Squares of 1e200 are infinite, the point is not: far out is measured from the start."""
    found = ended(GradientDescent(1e200), Quadratic((1.0,)), [[1.0]], steps=3)
    assert found.counts == {"diverged": 1}
    found = ended(GradientDescent(0.5), Quadratic((1.0,)), [[1e200]])
    assert found.counts == {"minimum": 1}


def test_budgets() -> None:
    x0 = np.ones((2, 3))
    saddle = Quadratic((-0.01, 1.0, 2.0))
    found = ended(GradientDescent(0.01), saddle, x0, steps=7)
    assert found.counts == {"out_of_budget": 2}
    assert found.steps.tolist() == [7, 7]
    assert found.gradients.tolist() == [8, 8]
    assert found.products.tolist() == [0, 0]
    found = ended(GradientDescent(0.01), saddle, x0, gradients=5)
    assert found.gradients.tolist() == [5, 5]
    found = ended(Cubic(), saddle, x0, products=10)
    assert found.products.tolist() == [12, 12]  # a Hessian in three dimensions counts three
    assert ended(GradientDescent(0.01), saddle, x0, steps=0).steps.tolist() == [0, 0]


def test_products_are_those_that_were_made() -> None:
    @dataclass(frozen=True)
    class Counting(Well):
        calls = np.zeros(1, dtype=int)

        def hvp(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
            self.calls[0] += len(x)
            return super().hvp(x, v)

    found = ended(NewtonCG(), Counting(), np.zeros((4, 3)), steps=6, tol=0.0)
    assert found.products.sum() == Counting.calls[0] > 0


def test_rejected_steps_cost_no_gradient() -> None:
    found = ended(TrustRegion(radius=100.0), Well(), [[0.3, 0.0, 0.0]], tol=1e-8)
    assert found.counts == {"minimum": 1}
    assert found.gradients[0] < found.steps[0] + 1


def test_finished_runs_leave_the_batch() -> None:
    sizes: list[int] = []

    @dataclass(frozen=True)
    class Watched(GradientDescent):
        def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
            sizes.append(len(state))
            return super().advance(landscape, state, rng)

    x0 = [[1.0, 0.0, 1e-9], [1.0, 0.0, 0.1], [0.0, 0.0, 0.0]]
    found = ended(Watched(0.1), Well(), x0)
    assert sizes[0] == 2  # the last never leaves
    assert sizes[-1] == 1
    assert sum(sizes) == found.steps.sum()


def test_crossings_are_placed_between_steps() -> None:
    rate = math.log1p(0.05)
    hill, x0 = Quadratic((-0.5,)), np.array([[0.01], [0.013], [2.0]])
    found = ended(GradientDescent(0.1), hill, x0, stop=Distance(1.0, [0.0]))
    assert found.counts == {"escaped": 3}
    exact = np.log(1 / x0[:2, 0]) / rate
    np.testing.assert_allclose(found.time[:2], exact, rtol=1e-10)
    assert found.time[2] == 0.0
    assert found.steps.tolist() == [*np.ceil(exact), 0]
    value = ended(GradientDescent(0.1), hill, x0[:2], stop=Drop(0.25))  # ½·½x² = ¼ at x = 1
    np.testing.assert_allclose(value.time, exact, rtol=1e-10)


@pytest.mark.parametrize("rate", [1e5, 1e160, 1e300])
def test_crossings_of_giant_steps(rate: float) -> None:
    """Lengths count, whose squares may overflow."""
    hill, x0 = Quadratic((-1.0, -1.0)), np.array([[0.003, 0.004]])
    found = ended(GradientDescent(rate), hill, x0, stop=Distance(1.0, [0.0, 0.0]))
    assert found.counts == {"escaped": 1}
    assert found.time[0] == pytest.approx(math.log(200) / math.log1p(rate), rel=1e-9)


def test_crossing_is_linear_from_a_level_that_has_no_logarithm() -> None:
    before, after = np.array([-1.0, 0.0, 0.1, 0.5]), np.array([1.0, 1.0, 0.2, np.nan])
    share = crossing(before, after, 0.5)
    np.testing.assert_allclose(share, [0.75, 0.5, np.nan, np.nan])


def test_the_first_of_several_exits_counts() -> None:
    hill = Quadratic((-0.5,))
    exits = [Distance(1.0, [0.0]), Distance(0.99, [0.0])]
    found = ended(GradientDescent(0.1), hill, [[0.01]], stop=exits)
    assert found.exit.tolist() == [1]
    assert found.time[0] == pytest.approx(math.log(99) / math.log1p(0.05))
    assert ended(GradientDescent(0.1), Well(), [[0.5, 0, 0]]).exit.tolist() == [-1]


def test_distance_counts_only_the_subspace_and_the_nearest_image() -> None:
    saddle = Quadratic((-0.5, 1.0, 1.0))
    leaves = Distance(1.0, SADDLE, np.eye(3)[:, :1])
    found = ended(GradientDescent(0.1), saddle, [[0.5, 30.0, 30.0]], stop=leaves)
    assert found.counts == {"escaped": 1}
    assert found.time[0] > 5
    far = 2 * math.pi - 0.1  # 0.1 from the maximum at the origin
    found = ended(GradientDescent(0.1), Waves(), [[far] * 3], stop=Distance(1.0, SADDLE))
    assert found.time[0] > 5


def test_an_exit_on_the_sphere() -> None:
    landscape = Rayleigh()
    x0 = landscape.domain.wrap(np.array([[0.01, 0.0, 1.0, 0.02]]))
    leaves = Distance(0.5, [0.0, 0, 1, 0], np.eye(4)[:, :2])
    found = ended(GradientDescent(0.1), landscape, x0, stop=leaves)
    assert found.counts == {"escaped": 1}
    np.testing.assert_allclose(np.linalg.norm(found.x), 1, rtol=1e-12)


def test_paths_are_thinned() -> None:
    x0 = [[0.9, 0.1, 0.1], [3.0, 0.0, 0.0]]
    leaves = Distance(2.0, SADDLE)
    found = ended(GradientDescent(0.1), Well(), x0, stop=leaves, steps=25, record_every=10)
    assert found.path_steps.tolist() == [0, 10, 20]
    assert found.path.shape == (3, 2, 3)
    np.testing.assert_array_equal(found.path[0], x0)
    assert np.isfinite(found.path[:, 0]).all()
    assert np.isnan(found.path[1:, 1]).all()
    states = ended(GradientDescent(0.1), Well(), x0[:1], steps=20)
    np.testing.assert_array_equal(found.path[2, 0], states.x[0])
    assert ended(GradientDescent(0.1), Well(), x0).path.shape == (0, 2, 3)


class Fixed(Well):
    """On a box."""

    @property
    def domain(self) -> Domain:
        return Box(3, -1.0, 1.0)


REFUSED = [
    ({"x0": np.zeros(3)}, "x0 must have shape"),
    ({"x0": np.zeros((2, 4))}, "x0 must have shape"),
    ({"x0": np.zeros((0, 3))}, "x0 must have shape"),
    ({"x0": np.full((1, 3), np.nan)}, "x0 must be finite"),
    ({"x0": np.full((1, 3), 2.0)}, "x0 must be finite and in the domain"),
    ({"steps": -1}, "steps must be"),
    ({"gradients": 0}, "gradients must be"),
    ({"products": 0}, "products must be"),
    ({"tol": -1.0}, "tol must be"),
    ({"bound": math.nan}, "bound must be"),
    ({"record_every": 0}, "record_every must be"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ended(GradientDescent(), Fixed(), **{"x0": np.zeros((1, 3)), **arguments})


@pytest.mark.parametrize("shape", [(2, 1), (3,), (1, 3), ()])
def test_a_displacement_is_never_broadcast(shape: tuple[int, ...]) -> None:
    state = GradientDescent(0.1).init(Quadratic(), np.ones((2, 3)))
    assert len(state.moved(Quadratic(), np.zeros((2, 3)))) == 2
    with pytest.raises(ValueError, match=r"displacement must have the shape of x, \(2, 3\), got"):
        state.moved(Quadratic(), np.zeros(shape))


def test_bad_exits_and_noise_are_refused() -> None:
    with pytest.raises(ValueError, match="radius must be"):
        Distance(0.0, SADDLE)
    with pytest.raises(ValueError, match="basis must have shape"):
        Distance(1.0, SADDLE, np.eye(2))
    with pytest.raises(ValueError, match="centre must be one point"):
        Distance(1.0, np.zeros((1, 3)))
    with pytest.raises(ValueError, match="drop must be"):
        Drop(-1.0)
    with pytest.raises(ValueError, match="sigma must have 1, 3 or 9 values"):
        ended(StochasticGradientDescent(sigma=(1.0, 2.0)), Well(), np.ones((1, 3)))


def test_the_callers_array_is_left_alone() -> None:
    x0 = np.ones((2, 3))
    ended(GradientDescent(0.1), Well(), x0, steps=3)
    assert (x0 == 1).all()


def test_a_rule_of_twenty_lines_runs() -> None:
    @dataclass(frozen=True)
    class SignDescent(Optimizer):
        lr: float = 0.01

        def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
            return state.moved(landscape, -self.lr * np.sign(state.gradient))

    found = ended(SignDescent(), Well(), [[0.5, 0.0, 0.0]], steps=20)
    np.testing.assert_allclose(found.x, [[0.7, 0.0, 0.0]], atol=1e-12)
