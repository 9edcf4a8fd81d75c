"""The confined field: published count, Euler sum, trivialisation, simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.theory import confined


def counts(dim: int, mass: float) -> np.ndarray:
    return np.exp(confined.log_counts(dim, mass).log)


def test_one_dimension() -> None:
    assert math.exp(confined.log_total(1, 0.3)) == pytest.approx(4.675515259, abs=5e-10)


@pytest.mark.parametrize(("dim", "mass"), [(1, 0.3), (2, 0.3), (5, 0.5), (10, 0.9), (10, 2.0)])
def test_alternating_sum_is_one_and_the_sum_is_the_total(dim: int, mass: float) -> None:
    law = counts(dim, mass)
    euler = np.sum(law * (-1.0) ** np.arange(dim + 1))
    assert euler == pytest.approx(1, abs=1e-12 * law.sum())
    assert law.sum() == pytest.approx(math.exp(confined.log_total(dim, mass)), rel=1e-11)


@pytest.mark.parametrize(("dim", "mass"), [(3, 0.4), (8, 0.7), (8, 1.5)])
def test_extrema_agree_with_the_other_engine(dim: int, mass: float) -> None:
    law = counts(dim, mass)
    error = 1e-12 * law.sum()
    assert math.exp(confined.log_minima(dim, mass).log[0]) == pytest.approx(law[0], abs=error)
    assert math.exp(confined.log_maxima(dim, mass).log[0]) == pytest.approx(law[-1], abs=error)
    assert law[0] > 2 * law[-1]


def test_spectral_formula_by_simulation() -> None:
    """The sum over the spectrum of GOE_{N+1}; the index is the number of eigenvalues above."""
    dim, mass, size = 2, 0.6, 200_000
    square = np.random.default_rng(11).standard_normal((size, dim + 1, dim + 1))
    spectra = np.linalg.eigvalsh((square + square.transpose(0, 2, 1)) / 2)
    constant = (2 / (dim * mass**2)) ** (dim / 2) * math.sqrt(2 / math.pi)
    constant *= math.gamma((dim + 1) / 2)
    terms = constant * np.exp(spectra**2 / 2 - (spectra - mass * math.sqrt(dim / 2)) ** 2)
    error = terms.std(axis=0, ddof=1) / math.sqrt(size)
    law = counts(dim, mass)
    assert np.all(np.abs(terms.mean(axis=0) - law[::-1]) < 4 * error)
    assert np.any(np.abs(terms.mean(axis=0) - law) > 4 * error)


def test_topology_becomes_trivial_above_the_transition() -> None:
    assert math.exp(confined.log_total(100, 2.0)) == pytest.approx(1, abs=1e-6)
    assert math.exp(confined.log_total(100, 0.5)) > 1e12
    assert confined.total_complexity(1.5) == 0
    assert confined.minima_complexity(1.5) == 0


@pytest.mark.parametrize("mass", [0.2, 0.5, 0.8])
def test_complexities_are_the_growth_rates(mass: float) -> None:
    total = confined.log_total(200, mass) - confined.log_total(100, mass) - math.log(2) / 2
    assert total / 100 == pytest.approx(confined.total_complexity(mass), abs=3e-4)
    assert confined.minima_complexity(mass) < confined.total_complexity(mass)


def test_growth_rate_of_the_minima_is_approached_like_a_power_of_two_thirds() -> None:
    """The next term of the logarithm is of order N^(1/3): the gap shrinks by 2^(-2/3) = 0.63."""
    mass = 0.8
    logs = [confined.log_minima(dim, mass).log[0] for dim in (10, 20, 40)]
    gaps = np.diff(logs) / [10, 20] - confined.minima_complexity(mass)
    assert 0 < gaps[1] < 0.02
    assert 0.6 < gaps[1] / gaps[0] < 0.7


def test_bad_input() -> None:
    for function in (confined.log_counts, confined.log_total, confined.log_minima):
        with pytest.raises(ValueError, match="mass must be a finite number > 0"):
            function(3, 0.0)
        with pytest.raises(ValueError, match="dim must be at least 1"):
            function(0, 1.0)
    with pytest.raises(ValueError, match="mass must be"):
        confined.total_complexity(-1.0)
