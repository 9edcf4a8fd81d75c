"""What theory says of quadratics: growth, escape times, scales, stability."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from critpoints.optimizers import (
    AdaGrad,
    Adam,
    AMSGrad,
    Distance,
    GradientDescent,
    HeavyBall,
    Nesterov,
    Newton,
    Outcome,
    Result,
    RMSProp,
    SaddleFree,
    run,
)
from critpoints.protocols import Landscape, Optimizer, State
from tests.conformance.optimizers import Quadratic, path


def escape(
    rule: Optimizer, curvature: float, x0: np.ndarray, radius: float, steps: int = 20_000
) -> Result:
    exit_ = Distance(radius, np.zeros(x0.shape[1]))
    hill = Quadratic((curvature,) * x0.shape[1])
    return run(rule, hill, x0, rng=np.random.default_rng(0), steps=steps, stop=exit_, tol=0.0)


def growth(rule: Optimizer, curvature: float, steps: int = 400) -> float:
    """Factor a step, late in a run."""
    states = path(rule, Quadratic((curvature,)), np.array([[1e-60]]), steps, 0)
    return float(states[-1].x[0, 0] / states[-2].x[0, 0])


def root(linear: float, constant: float) -> float:
    """The larger root of z² − linear·z + constant."""
    return (linear + math.sqrt(linear**2 - 4 * constant)) / 2


LR, GAMMA, BETA = 0.1, 0.7, 0.9
ROOTS = [
    (GradientDescent(LR), 1 + LR * GAMMA, 1.07),
    (HeavyBall(LR, momentum=BETA), root(1 + BETA + LR * GAMMA, BETA), 1.25),
    (
        Nesterov(LR, momentum=BETA),
        root((1 + BETA) * (1 + LR * GAMMA), BETA * (1 + LR * GAMMA)),
        1.281589,
    ),
    (SaddleFree(lr=LR), 1 + LR, 1.1),
]


@pytest.mark.parametrize(("rule", "exact", "figure"), ROOTS)
def test_growth_along_a_direction_down(rule: Optimizer, exact: float, figure: float) -> None:
    assert exact == pytest.approx(figure, abs=5e-7)
    assert growth(rule, -GAMMA) == pytest.approx(figure, abs=5e-7)


@pytest.mark.parametrize(("rule", "exact", "figure"), ROOTS)
def test_escape_takes_the_logarithm_over_that_of_the_root(
    rule: Optimizer, exact: float, figure: float
) -> None:
    assert growth(rule, -GAMMA) == pytest.approx(exact, rel=1e-10)
    near, nearer = (escape(rule, -GAMMA, np.array([[s]]), 1.0).time[0] for s in (1e-20, 1e-40))
    assert (nearer - near) * math.log(figure) == pytest.approx(20 * math.log(10), rel=1e-6)


def test_escape_times_of_gradient_descent_from_a_normal_start() -> None:
    scale, radius, runs = 1e-6, 1.0, 20_000
    x0 = scale * np.random.default_rng(21).standard_normal((runs, 1))
    result = escape(GradientDescent(LR), -GAMMA, x0, radius)
    assert result.counts == {"escaped": runs}
    rate = math.log1p(LR * GAMMA)
    mean = (math.log(radius / scale) + (np.euler_gamma + math.log(2)) / 2) / rate
    variance = math.pi**2 / 8 / rate**2
    error = math.sqrt(variance / runs)
    assert abs(result.time.mean() - mean) < 4 * error
    spread = np.var((result.time - mean) ** 2)  # of the squares that the variance averages
    z = (np.mean((result.time - mean) ** 2) - variance) / math.sqrt(spread / runs)
    assert abs(z) < 4
    # The controls: whole steps are half a step late and 1/12 wider; a wrong constant is seen.
    whole = np.ceil(result.time)
    assert abs(whole.mean() - mean) > 4 * error
    assert abs(whole.mean() - mean - 0.5) < 4 * error
    late = whole - result.time  # uniform, nearly: times are spread over many steps
    assert abs(late.mean() - 0.5) < 4 * math.sqrt(1 / 12 / runs)
    assert abs(np.mean((late - 0.5) ** 2) - 1 / 12) < 4 * math.sqrt(1 / 180 / runs)
    without = math.log(radius / scale) / rate
    assert abs(result.time.mean() - without) > 4 * error


def test_saddle_free_newton_doubles_the_unstable_component_each_step() -> None:
    """Whatever the curvatures, while the stable components vanish; the control is Newton's."""
    x = np.array([[1.0, 0.01, -0.003]])
    for scale in (1e-6, 1.0, 1e6):
        hill = Quadratic((scale, -scale, -0.02 * scale))
        states = path(SaddleFree(), hill, x, 20, 0)
        for before, after in itertools.pairwise(states):
            np.testing.assert_allclose(after.x[0, 1:], 2 * before.x[0, 1:], rtol=1e-12)
        assert abs(states[1].x[0, 0]) < 1e-15
        assert np.abs(path(Newton(), hill, x, 1, 0)[-1].x).max() < 1e-15


def test_momentum_leaves_faster() -> None:
    """At one learning rate, and the faster the larger the momentum (O'Neill & Wright 2019)."""
    start = np.array([[1e-6]])
    plain = escape(GradientDescent(LR), -GAMMA, start, 1.0).time[0]
    for rule in (HeavyBall, Nesterov):
        times = [escape(rule(LR, momentum=b), -GAMMA, start, 1.0).time[0] for b in (0.0, 0.5, 0.9)]
        assert times[0] == pytest.approx(plain, rel=1e-12)
        assert times[0] > 1.5 * times[1] > 2 * times[2]


SCALE_FREE = [
    AdaGrad(0.01, eps=0.0),
    RMSProp(0.01, eps=0.0),
    Adam(0.01, eps=0.0),
    AMSGrad(0.01, eps=0.0),
]


@pytest.mark.parametrize("rule", SCALE_FREE)
def test_adaptive_rules_do_not_see_the_scale_of_the_function(rule: Optimizer) -> None:
    x = np.array([[1e-3, 0.5]])
    one, other = (path(rule, Quadratic((-h, 2 * h)), x, 100, 0)[-1].x for h in (1.0, 1e4))
    np.testing.assert_allclose(one, other, rtol=1e-9)
    plain = [path(GradientDescent(1e-5), Quadratic((-h, 2 * h)), x, 100, 0)[-1].x for h in (1, 10)]
    assert not np.allclose(plain[0], plain[1], rtol=1e-9)  # the control


@pytest.mark.parametrize("rule", SCALE_FREE)
def test_nor_how_near_the_start_is(rule: Optimizer) -> None:
    times = escape(rule, -1.0, np.array([[1e-8], [1e-10], [1e-12]]), 0.5).time
    np.testing.assert_allclose(times, times[0], rtol=1e-4)
    plain = escape(GradientDescent(0.1), -1.0, np.array([[1e-8], [1e-12]]), 0.5).time
    assert plain[1] > plain[0] + 50  # the control


def test_adagrad_takes_the_radius_squared_over_eight_squared_rates() -> None:
    found = escape(AdaGrad(0.01, eps=0.0), -1.0, np.array([[1e-9]]), 1.0)
    asymptotic = 1.0 / (8 * 0.01**2)
    assert asymptotic == pytest.approx(1250)
    assert math.ceil(found.time[0]) == 1263


def test_first_steps_of_rmsprop_and_adam() -> None:
    x = np.array([[1e-5, -3.0]])
    for rule, size in (
        (RMSProp(0.01, beta=0.9, eps=0.0), 0.01 / math.sqrt(0.1)),
        (Adam(0.01, eps=0.0), 0.01),
        (AdaGrad(0.01, eps=0.0), 0.01),
    ):
        moved = path(rule, Quadratic((-1.0, 2.0)), x, 1, 0)[-1].x - x
        np.testing.assert_allclose(moved, [[size, size]], rtol=1e-9)


EDGES = [
    (GradientDescent, {}, 2 / 3.0),
    (HeavyBall, {"momentum": BETA}, 2 * (1 + BETA) / 3.0),
    (Nesterov, {"momentum": BETA}, 2 * (1 + BETA) / ((1 + 2 * BETA) * 3.0)),
]


@pytest.mark.parametrize(("rule", "more", "edge"), EDGES)
def test_edges_of_stability(rule: type, more: dict[str, float], edge: float) -> None:
    for factor, outcome in ((0.99, Outcome.MINIMUM), (1.01, Outcome.DIVERGED)):
        result = run(
            rule(factor * edge, **more),
            Quadratic((1.0, 3.0)),
            np.ones((1, 2)),
            rng=np.random.default_rng(0),
            steps=20_000,
        )
        assert result.outcome[0] == outcome, factor


def test_nesterov_is_timed_at_its_iterates() -> None:
    r"""θ is later than the look-ahead point by ln(1 + β(1 − 1/z))/ln z steps, .69 here."""
    rate, momentum, gamma = 0.1, 0.9, 1.0
    z = root((1 + momentum) * (1 + rate * gamma), momentum * (1 + rate * gamma))
    late = math.log(1 + momentum * (1 - 1 / z)) / math.log(z)
    assert late == pytest.approx(0.69, abs=0.005)
    rule = Nesterov(rate, momentum=momentum)

    class Ahead(Nesterov):
        def iterate(self, landscape: Landscape, state: State) -> np.ndarray:
            return state.x

    x0 = np.array([[1e-12], [1e-9]])
    at, ahead = (escape(one, -gamma, x0, 1.0).time for one in (rule, Ahead(rate)))
    np.testing.assert_allclose(at - ahead, late, rtol=1e-6)


@pytest.mark.parametrize("rule", [GradientDescent(LR), HeavyBall(LR), Nesterov(LR)])
def test_the_first_step_of_all_is_that_of_descent(rule: Optimizer) -> None:
    """θ₁ = θ₀ − εg₀: a method without a velocity yet cannot be ahead of gradient descent."""
    hill, x0 = Quadratic((-GAMMA,)), np.array([[1e-3]])
    found = run(rule, hill, x0, rng=np.random.default_rng(0), steps=1, record_every=1)
    np.testing.assert_allclose(found.path[:, 0, 0], [1e-3, 1e-3 * (1 + LR * GAMMA)], rtol=1e-15)
    np.testing.assert_allclose(found.x[0], found.path[1, 0])
