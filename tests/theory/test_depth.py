"""Exact laws of random products against quadrature, identities and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from critpoints.theory import depth


@pytest.mark.parametrize("dim", [1, 2, 5, 16])
def test_exponents_are_mean_logs_of_chi(dim: int) -> None:
    for k, exponent in enumerate(depth.exponents(dim, 1.7), start=1):
        chi = stats.chi(dim - k + 1)
        value, _ = quad(lambda x, c=chi: math.log(x) * c.pdf(x), 0, np.inf)
        assert exponent == pytest.approx(value + math.log(1.7 / dim**0.5), abs=1e-7)


def test_known_figures() -> None:
    """d = 1: ln|N(0,1)| has mean -(γ + ln 2)/2 and variance π²/8."""
    assert depth.exponents(1)[0] == pytest.approx(-(np.euler_gamma + math.log(2)) / 2, abs=1e-15)
    law = depth.log_norm(1, 3)
    assert law.variance == pytest.approx(3 * math.pi**2 / 8, rel=1e-14)
    assert depth.exponent_variances(1, 3)[0] == pytest.approx(law.variance / 9, rel=1e-14)
    assert depth.exponents(2)[0] == pytest.approx(-np.euler_gamma / 2, abs=1e-15)


@pytest.mark.parametrize("dim", [1, 3, 40, 2000])
def test_sum_of_exponents_is_the_log_determinant(dim: int) -> None:
    """E ln|det W|, from the moments of the determinant of a Wishart matrix."""
    step = 1e-5
    half = np.arange(1, dim + 1) / 2
    slope = sum(math.lgamma(h + step) - math.lgamma(h - step) for h in half) / (2 * step)
    expected = (slope + dim * math.log(2 / dim)) / 2
    assert depth.exponents(dim).sum() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_orthogonal_products_neither_grow_nor_shrink() -> None:
    assert np.all(depth.exponents(7, product="orthogonal") == 0)
    assert depth.exponents(3, 2.0, product="orthogonal")[2] == math.log(2)


def test_the_first_exponent_is_the_rate_of_the_norm() -> None:
    for dim in (1, 2, 9, 300):
        law = depth.log_norm(dim, 50, 1.3)
        assert law.mean / 50 == pytest.approx(depth.exponents(dim, 1.3)[0], abs=1e-14)
        assert law.variance / 50**2 == pytest.approx(depth.exponent_variances(dim, 50)[0])


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_relu_law_by_enumeration_of_active_sets(dim: int) -> None:
    """All 2^d - 1 living sets of units, each with its own chi-squared, by quadrature."""
    first = second = 0.0
    for pattern in range(1, 2**dim):
        chi = stats.chi(pattern.bit_count(), scale=(2 / dim) ** 0.5)
        first += quad(lambda x, c=chi: math.log(x) * c.pdf(x), 0, np.inf)[0]
        second += quad(lambda x, c=chi: math.log(x) ** 2 * c.pdf(x), 0, np.inf)[0]
    mean, square = first / (2**dim - 1), second / (2**dim - 1)
    law = depth.log_norm(dim, 10, activation="relu")
    assert law.mean == pytest.approx(10 * mean, abs=1e-5)
    assert law.variance == pytest.approx(10 * (square - mean**2), rel=1e-5)


def test_a_wide_relu_layer_approaches_the_moments() -> None:
    """ln of a nearly lognormal norm: mean -5/(4d) and variance 5/(4d) a layer."""
    for dim in (10**3, 10**4):
        law = depth.log_norm(dim, 1, activation="relu")
        assert law.mean == pytest.approx(-1.25 / dim, rel=10 / dim)
        assert law.variance == pytest.approx(1.25 / dim, rel=20 / dim)


@pytest.mark.parametrize("dim", [1, 2, 5, 30])
@pytest.mark.parametrize("activation", depth.ACTIVATIONS)
def test_moment_ratio_by_summation(dim: int, activation: str) -> None:
    if activation == "linear":
        units, weight = np.array([dim]), np.ones(1)
    else:
        units = np.arange(dim + 1)
        weight = stats.binom(dim, 0.5).pmf(units)
    ratio = weight @ (units**2 + 2 * units) / (weight @ units) ** 2
    found = depth.log_moment_ratio(dim, 3, activation=activation)
    assert found == pytest.approx(3 * math.log(ratio), abs=1e-13)
    assert depth.log_second_moment(dim, 3, activation=activation) == 0


def test_moment_ratio_by_simulation_where_it_can_be_sampled() -> None:
    """d = 32, n = 4: rejects the linear ratio."""
    rng = np.random.default_rng(3)
    h = np.ones((20_000, 32)) / 32**0.5
    for _ in range(4):
        z = np.linalg.norm(h, axis=1)[:, None] * rng.standard_normal(h.shape)
        h = np.maximum(z, 0) * (2 / 32) ** 0.5
    square = (h**2).sum(axis=1)
    influence = square**2 - 2 * square * np.mean(square**2) / square.mean()
    ratio = np.mean(square**2) / square.mean() ** 2
    error = influence.std() / square.mean() ** 2 / len(h) ** 0.5
    assert abs(ratio - math.exp(depth.log_moment_ratio(32, 4, activation="relu"))) < 4 * error
    assert abs(ratio - math.exp(depth.log_moment_ratio(32, 4))) > 4 * error


def test_death_of_relu_networks() -> None:
    assert depth.dead(1, 1) == 0.5
    assert depth.dead(3, 2) == pytest.approx(1 - (7 / 8) ** 2, rel=1e-15)
    assert depth.dead(100, 1000) == pytest.approx(1000 * 2.0**-100, rel=1e-12)
    assert depth.log_alive(2, 10_000) == pytest.approx(10_000 * math.log(0.75), rel=1e-14)
    assert depth.dead(5, 0) == 0


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="dim must be at least 1, got 0"):
        depth.exponents(0)
    with pytest.raises(ValueError, match="sigma must be a finite number > 0, got -1"):
        depth.log_norm(2, 3, -1)
    with pytest.raises(ValueError, match="n must be at least 0, got -1"):
        depth.dead(2, -1)
    with pytest.raises(ValueError, match="unknown activation 'tanh'"):
        depth.log_norm(2, 3, activation="tanh")
    with pytest.raises(ValueError, match="unknown product 'he'"):
        depth.exponents(2, product="he")
