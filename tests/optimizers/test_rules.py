"""Every rule against a few steps of its published equation, worked out one coordinate at a time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from critpoints.domains import Domain
from critpoints.optimizers import (
    LBFGS,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Clipped,
    Cubic,
    GradientDescent,
    HeavyBall,
    Langevin,
    Nesterov,
    Newton,
    NewtonCG,
    Perturbed,
    RMSProp,
    SaddleFree,
    StochasticGradientDescent,
    TrustRegion,
    covariance_sigma,
)
from critpoints.optimizers.secular import minimiser
from critpoints.protocols import Landscape, Optimizer, State
from tests.conformance.optimizers import Quadratic, Rayleigh, Well, check_optimizer, path

H = (-0.5, 2.0)
SADDLE = Quadratic(H)
START = (0.3, -0.7)


def run_steps(
    optimizer: Optimizer, steps: int = 7, start: tuple[float, ...] = START
) -> list[State]:
    return path(optimizer, SADDLE, np.array([start]), steps, 0)


def assert_path(optimizer: Optimizer, rule: Any, steps: int = 7) -> None:
    """``rule(h, x0)`` yields the coordinate's points, in floats."""
    found = np.array([s.x[0] for s in run_steps(optimizer, steps)])
    wanted = np.array([rule(h, x, steps) for h, x in zip(H, START, strict=True)]).T
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_gradient_descent() -> None:
    assert_path(
        GradientDescent(0.1), lambda h, x, n: [x * (1 - 0.1 * h) ** t for t in range(n + 1)]
    )


def test_heavy_ball() -> None:
    def rule(h: float, x: float, n: int) -> list[float]:
        v, points = 0.0, [x]
        for _ in range(n):
            v = 0.8 * v - 0.1 * h * x
            x = x + v
            points.append(x)
        return points

    assert_path(HeavyBall(0.1, momentum=0.8), rule)


def test_nesterov_takes_its_gradient_ahead() -> None:
    def rule(h: float, x: float, n: int) -> list[float]:
        v, points = 0.0, [x]
        for _ in range(n):
            v = 0.8 * v - 0.1 * h * (x + 0.8 * v)
            x = x + v
            points.append(x)
        return points

    states = run_steps(Nesterov(0.1, momentum=0.8))
    found = np.array([(s.x - 0.8 * s.slots["v"])[0] for s in states])
    wanted = np.array([rule(h, x, 7) for h, x in zip(H, START, strict=True)]).T
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def squares_rule(beta: float | None, lr: float, eps: float) -> Any:
    def rule(h: float, x: float, n: int) -> list[float]:
        a, points = 0.0, [x]
        for _ in range(n):
            g = h * x
            a = a + g * g if beta is None else beta * a + (1 - beta) * g * g
            x = x - lr / (math.sqrt(a) + eps) * g
            points.append(x)
        return points

    return rule


@pytest.mark.parametrize("eps", [0.0, 1e-3])
def test_adagrad_and_rmsprop(eps: float) -> None:
    assert_path(AdaGrad(0.05, eps=eps), squares_rule(None, 0.05, eps))
    assert_path(RMSProp(0.05, beta=0.9, eps=eps), squares_rule(0.9, 0.05, eps))


def adam_rule(correct: bool, decay: float = 0.0, largest: bool = False) -> Any:
    lr, b1, b2, eps = 0.05, 0.8, 0.95, 1e-3

    def rule(h: float, x: float, n: int) -> list[float]:
        m = a = top = 0.0
        points = [x]
        for t in range(1, n + 1):
            g = h * x
            m, a = b1 * m + (1 - b1) * g, b2 * a + (1 - b2) * g * g
            m_hat = m / (1 - b1**t) if correct else m
            a_hat = a / (1 - b2**t) if correct else a
            top = max(top, a_hat)
            x = x - lr * (m_hat / (math.sqrt(top if largest else a_hat) + eps) + decay * x)
            points.append(x)
        return points

    return rule


@pytest.mark.parametrize("correct", [True, False])
def test_adam_and_variants(correct: bool) -> None:
    given: dict[str, Any] = {
        "lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 1e-3, "bias_correction": correct,
    }  # fmt: skip
    assert_path(Adam(**given), adam_rule(correct))
    assert_path(AdamW(**given, weight_decay=0.3), adam_rule(correct, 0.3))
    assert_path(AMSGrad(**given), adam_rule(correct, largest=True), 30)


def test_schedules_count_steps_from_zero() -> None:
    states = run_steps(GradientDescent(lambda t: 0.1 / (t + 1)), 3)
    factor = math.prod(1 + 0.5 * 0.1 / (t + 1) for t in range(3))
    assert states[-1].x[0, 0] == pytest.approx(0.3 * factor, rel=1e-14)


@pytest.mark.parametrize("rule", [GradientDescent, SaddleFree, LBFGS])
def test_a_schedule_that_says_no_rate_is_refused(rule: Any) -> None:
    for wrong in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"lr\(1\) must be a finite number >= 0, got"):
            run_steps(rule(lambda t, wrong=wrong: wrong if t else 0.1), 2)
    still = run_steps(rule(lambda t: 0.0 if t else 0.1), 2)  # the control
    assert np.array_equal(still[1].x, still[2].x)


def test_clipping_shortens_only_long_gradients() -> None:
    x = np.array([[3.0, 2.0], [0.1, 0.1]])
    state = path(GradientDescent(0.1, clip=1.0), SADDLE, x, 1, 0)[-1]
    g = SADDLE.gradient(x)
    np.testing.assert_allclose(state.x[0], x[0] - 0.1 * g[0] / np.linalg.norm(g[0]), rtol=1e-14)
    np.testing.assert_allclose(state.x[1], x[1] - 0.1 * g[1], rtol=1e-14)


FIRST_ORDER = [GradientDescent, HeavyBall, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AMSGrad]


@pytest.mark.parametrize("rule", FIRST_ORDER)
def test_the_wrapper_clips_as_the_rule_does(rule: Any) -> None:
    x = np.array([[3.0, 2.0], [0.1, 0.1]])
    own, wrapped = (
        path(one, SADDLE, x, 20, 0)[-1] for one in (rule(0.1, clip=1.0), Clipped(rule(0.1), 1.0))
    )
    assert np.array_equal(own.x, wrapped.x)
    assert not np.array_equal(path(rule(0.1), SADDLE, x, 20, 0)[-1].x, own.x)  # the control


@dataclass(frozen=True)
class NamedClipped(Clipped):
    """With a name, as the suite asks for."""

    name, version = "clipped", 1


def test_the_wrapper_obeys_the_protocol() -> None:
    check_optimizer(lambda: NamedClipped(HeavyBall(0.1), 0.5))
    assert Clipped(Langevin(), 1.0).restless
    for wrong in (Newton(), "gd"):
        with pytest.raises(TypeError, match="rule must be an Optimizer of order 1"):
            Clipped(wrong, 1.0)  # type: ignore[arg-type]


def test_adagrad_without_eps_rests_where_no_gradient_ever_was() -> None:
    state = run_steps(AdaGrad(0.1, eps=0.0), start=(0.0, 1.0))[-1]
    assert state.x[0, 0] == 0.0
    assert np.isfinite(state.x).all()


def z_of_variance(draws: np.ndarray, variance: float) -> float:
    """z-score of a sample variance about a mean of zero, for normal draws."""
    return float((np.mean(draws**2) / variance - 1) * math.sqrt(draws.size / 2))


def test_gradient_noise_has_the_covariance_given() -> None:
    rule = StochasticGradientDescent(0.1, sigma=(2.0, 0.5))
    x = np.zeros((40_000, 2))
    moved = path(rule, SADDLE, x, 1, 11)[-1].x
    for k, sigma in enumerate((2.0, 0.5)):
        assert abs(z_of_variance(moved[:, k], (0.1 * sigma) ** 2)) < 4
        assert abs(z_of_variance(moved[:, k], (0.105 * sigma) ** 2)) > 4  # the control


def test_gradient_noise_of_a_full_covariance() -> None:
    covariance = np.array([[4.0, 1.5], [1.5, 1.0]])
    rule = StochasticGradientDescent(0.1, sigma=covariance_sigma(covariance))
    moved = path(rule, SADDLE, np.zeros((40_000, 2)), 1, 15)[-1].x / 0.1
    for a, wrong in (((1.0, 0.0), 4.4), ((0.0, 1.0), 1.1), ((1.0, 1.0), 5.0), ((1.0, -1.0), 5.0)):
        along = moved @ a  # without its off-diagonal both last variances would be 5
        assert abs(z_of_variance(along, float(a @ covariance @ np.array(a)))) < 4
        assert abs(z_of_variance(along, wrong)) > 4  # the control
    factor = StochasticGradientDescent(0.1, sigma=(2.0, 0.0, 0.75, 0.5))  # S need not be symmetric
    first, second = (path(factor, SADDLE, np.zeros((9, 2)), 1, 15)[-1].x / -0.1).T
    xi = np.random.default_rng(15).standard_normal((9, 2))
    np.testing.assert_allclose(first, 2 * xi[:, 0])
    np.testing.assert_allclose(second, 0.75 * xi[:, 0] + 0.5 * xi[:, 1])


def test_covariances_that_are_none_are_refused() -> None:
    np.testing.assert_allclose(covariance_sigma([[1.0, 1.0], [1.0, 1.0]]), [0.5**0.5] * 4)
    for wrong in ([1.0, 2.0], [[1.0, 0.0]], [[1.0, 0.5], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]],
                  [[math.nan]]):  # fmt: skip
        with pytest.raises(ValueError, match="covariance must be"):
            covariance_sigma(wrong)
    with pytest.raises(ValueError, match="sigma must be a finite number >= 0"):
        StochasticGradientDescent(0.1, sigma=(1.0, -1.0))
    rule = StochasticGradientDescent(0.1, sigma=(1.0, 0.0, 0.0, -1.0))
    rule.init(SADDLE, np.zeros((1, 2)))  # a matrix in two dimensions, deviations in four
    with pytest.raises(ValueError, match="sigma must be a finite number >= 0"):
        rule.init(Quadratic((1.0,) * 4), np.zeros((1, 4)))


def test_langevin_noise_and_its_stationary_law() -> None:
    rule = Langevin(0.1, temperature=0.5)
    bowl = Quadratic((1.0,))
    moved = path(rule, bowl, np.zeros((40_000, 1)), 1, 12)[-1].x
    assert abs(z_of_variance(moved[:, 0], 2 * 0.1 * 0.5)) < 4
    settled = path(rule, bowl, np.zeros((40_000, 1)), 200, 13)[-1].x
    exact = 2 * 0.1 * 0.5 / (1 - 0.9**2)  # of x ← 0.9 x + √(2εT) ξ
    assert abs(z_of_variance(settled[:, 0], exact)) < 4
    assert abs(z_of_variance(settled[:, 0], 0.5)) > 4  # T itself, only as ε → 0


def test_perturbed_jumps_uniformly_in_a_ball_and_then_waits() -> None:
    rule = Perturbed(0.1, threshold=0.01, radius=0.2, wait=3)
    x = np.zeros((20_000, 2))
    states = path(rule, Quadratic((1.0, 1.0)), x, 5, 14)
    jump = states[1].x / 0.9
    share = (np.linalg.norm(jump, axis=1) / 0.2) ** 2  # uniform on (0, 1) in the plane
    assert share.max() <= 1 + 1e-12
    assert abs((share.mean() - 0.5) * math.sqrt(12 * share.size)) < 4
    assert abs((np.sqrt(share).mean() - 0.5) * math.sqrt(12 * share.size)) > 4  # the control
    np.testing.assert_allclose(states[4].x, jump * 0.9**4, rtol=1e-12)
    assert (states[1].gradients == 3).all()
    assert (states[4].gradients == 6).all()


def test_newton_goes_to_the_saddle_and_saddle_free_newton_away() -> None:
    saddle, x = Quadratic((1.0, -1.0)), np.array([[1.0, 0.01]])
    np.testing.assert_allclose(path(Newton(), saddle, x, 1, 0)[-1].x, [[0, 0]], atol=1e-17)
    np.testing.assert_allclose(path(SaddleFree(), saddle, x, 1, 0)[-1].x, [[0, 0.02]], atol=1e-17)
    damped = path(SaddleFree(damping=1.0), saddle, x, 1, 0)[-1].x
    np.testing.assert_allclose(damped, [[0.5, 0.015]], rtol=1e-14)


def test_newton_leaves_flat_directions_alone() -> None:
    x = np.array([[1.0, 1.0]])
    np.testing.assert_allclose(path(Newton(), Quadratic((1.0, 0.0)), x, 1, 0)[-1].x, [[0, 1]])


def test_lbfgs_takes_the_secant_step_in_one_dimension() -> None:
    """The first pair makes the second step Newton's."""
    states = path(LBFGS(), Quadratic((3.0,)), np.array([[0.4]]), 2, 0)
    assert abs(states[1].x[0, 0]) > 1e-3
    assert abs(states[2].x[0, 0]) < 1e-14


def dense_two_loop(g: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Hg with H from the BFGS formula for the inverse, a matrix at a time."""
    s, y = pairs[-1]
    h = (s @ y) / (y @ y) * np.eye(len(g))
    for s, y in pairs:
        v = np.eye(len(g)) - np.outer(y, s) / (s @ y)
        h = v.T @ h @ v + np.outer(s, s) / (s @ y)
    return h @ g


def test_lbfgs_direction_is_that_of_the_dense_formula() -> None:
    bowl = Quadratic((1.0, 3.0, 10.0))
    states = path(LBFGS(memory=3), bowl, np.array([[1.0, -2.0, 0.5]]), 6, 0)
    moves = [(b.x - a.x)[0] for a, b in itertools.pairwise(states)]
    changes = [(b.gradient - a.gradient)[0] for a, b in itertools.pairwise(states)]
    for t in range(3, 6):
        pairs = list(zip(moves[t - 3 : t], changes[t - 3 : t], strict=True))
        direction = -dense_two_loop(states[t].gradient[0], pairs)
        shares = moves[t] / direction  # the same backtracked α in every coordinate
        np.testing.assert_allclose(shares, shares[0], rtol=1e-6)


CASES = [(-1.0, 0.5, 2.0), (0.3, 0.5, 2.0), (-2.0, -2.0, 1.0)]


@pytest.mark.parametrize("values", CASES)
@pytest.mark.parametrize("slopes", [(0.2, -0.1, 0.5), (0.0, 0.3, -0.2), (0.0, 0.0, 0.0)])
def test_model_steps_are_global_minimisers(
    values: tuple[float, ...], slopes: tuple[float, ...]
) -> None:
    """Against the optimality conditions, which are necessary and sufficient (hard case too)."""
    lam, c = np.array([values]), np.array([slopes])
    size = np.linalg.norm(c)
    ball = minimiser(lam, c, lambda _: np.full((1, 1), 0.7), np.full((1, 1), size / 0.7))[0]
    assert np.linalg.norm(ball) <= 0.7 * (1 + 1e-12)
    assert_optimal(lam[0], c[0], ball, np.linalg.norm(ball) >= 0.7 * (1 - 1e-9))
    cubic = minimiser(lam, c, lambda mu: mu / 1.5, np.full((1, 1), math.sqrt(1.5 * size)))[0]
    shift = 1.5 * np.linalg.norm(cubic)
    np.testing.assert_allclose((lam[0] + shift) * cubic, -c[0], atol=1e-9)
    assert shift >= -lam.min() - 1e-9


def assert_optimal(lam: np.ndarray, c: np.ndarray, p: np.ndarray, edge: bool) -> None:
    """(Λ + μ)p = −c with Λ + μ ≥ 0, μ ≥ 0, and μ = 0 inside the ball."""
    mu = -(p @ (lam * p + c)) / (p @ p) if edge else 0.0
    np.testing.assert_allclose((lam + mu) * p, -c, atol=1e-9)
    assert mu >= -1e-12
    assert lam.min() + mu >= -1e-9


@pytest.mark.parametrize("rule", [HeavyBall(0.05), Nesterov(0.05), Adam(0.05)])
def test_momentum_stays_tangent_on_the_sphere(rule: Optimizer) -> None:
    landscape = Rayleigh()
    x = landscape.domain.sample(np.random.default_rng(3), 5)
    for state in path(rule, landscape, x, 20, 0)[1:]:
        slot = state.slots["m" if "m" in state.slots else "v"]
        np.testing.assert_allclose(np.einsum("ma,ma->m", slot, state.x), 0, atol=1e-14)
        np.testing.assert_allclose(np.linalg.norm(state.x, axis=1), 1, rtol=1e-14)


def test_newton_on_the_sphere_converges_to_eigenvectors() -> None:
    landscape = Rayleigh()
    x = np.array([[0.98, 0.1, 0.1, 0.1]])
    last = path(Newton(), landscape, x / np.linalg.norm(x), 5, 0)[-1]
    np.testing.assert_allclose(np.abs(last.x), [[1, 0, 0, 0]], atol=1e-14)


def test_a_gradient_that_is_the_landscapes_own_array_survives() -> None:
    class Slope(Landscape):
        dim = 2
        shared = np.array([[1.0, 2.0]])

        @property
        def domain(self) -> Domain:
            return SADDLE.domain

        def value(self, x: np.ndarray) -> np.ndarray:
            return x @ self.shared[0]

        def gradient(self, x: np.ndarray) -> np.ndarray:
            return self.shared

    state = path(GradientDescent(0.1), Slope(), np.zeros((1, 2)), 3, 0)[-1]
    np.testing.assert_allclose(state.x, [[-0.3, -0.6]])
    assert np.array_equal(Slope.shared, [[1.0, 2.0]])


def test_convergence_near_a_minimum_is_quadratic() -> None:
    well = Well()
    x = np.array([[1.2, 0.1, -0.05]])
    for rule in (Newton(), SaddleFree(), TrustRegion(), Cubic(), NewtonCG()):
        norms = [float(np.linalg.norm(s.gradient)) for s in path(rule, well, x, 9, 0)]
        pairs = [(a, b) for a, b in itertools.pairwise(norms) if 1e-7 < a < 1e-2]
        assert pairs, rule
        assert all(b <= 10 * a * a for a, b in pairs), (rule, norms)
        assert norms[-1] < 1e-13, (rule, norms)
    slow = [float(np.linalg.norm(s.gradient)) for s in path(GradientDescent(0.1), well, x, 200, 0)]
    pairs = [(a, b) for a, b in itertools.pairwise(slow) if 1e-7 < a < 1e-2]
    assert not all(b <= 10 * a * a for a, b in pairs)  # the control
