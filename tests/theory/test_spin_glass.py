"""The spherical p-spin: published energies, exact counts, simulation, Euler characteristic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.theory import spin_glass


def counts(dim: int, p: int, energy: float = math.inf) -> np.ndarray:
    return np.exp(spin_glass.log_counts(dim, p, energy=energy).log)


def test_energies_at_p_three() -> None:
    found = [spin_glass.ground_energy(3, k) for k in range(3)]
    assert found == pytest.approx([1.656998, 1.652873, 1.650253], abs=5e-7)
    assert spin_glass.threshold_energy(3) == pytest.approx(1.632993, abs=5e-7)
    assert spin_glass.ground_energy(3, 400) > spin_glass.threshold_energy(3)


def test_complexity_vanishes_at_the_ground_state_and_is_flat_above_the_threshold() -> None:
    for p, k in ((3, 0), (4, 2), (10, 1)):
        energy = -spin_glass.ground_energy(p, k)
        assert abs(spin_glass.complexity(energy, p, k)) < 1e-12
        assert spin_glass.complexity(0.0, p, k) == spin_glass.complexity(
            -spin_glass.threshold_energy(p), p, k
        )
    assert spin_glass.rate(-spin_glass.threshold_energy(5), 5) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    ("sphere", "total", "minima"),
    [
        (2, 2 * math.sqrt(7), math.sqrt(7)),
        (3, 10.5524, 3.13809),
        (4, 18.7902, 3.57952),
        (10, 286.916, 6.08039),
    ],
)
def test_exact_counts(sphere: int, total: float, minima: float) -> None:
    law = counts(sphere - 1, 3)
    assert law.sum() == pytest.approx(total, rel=5e-6)
    assert law[0] == pytest.approx(minima, rel=2e-6)
    assert math.exp(spin_glass.log_total(sphere - 1, 3)) == pytest.approx(law.sum(), rel=1e-11)
    relative = math.exp(spin_glass.log_minima([sphere - 1], 3).log[0])
    assert relative == pytest.approx(law[0], rel=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 5, 8])
@pytest.mark.parametrize("p", [2, 3, 6])
def test_alternating_sum_is_the_euler_characteristic_of_the_sphere(dim: int, p: int) -> None:
    law = counts(dim, p)
    euler = np.sum(law * (-1.0) ** np.arange(dim + 1))
    assert euler == pytest.approx(1 + (-1) ** dim, abs=1e-11 * law.sum())
    assert law == pytest.approx(law[::-1], rel=1e-9)


def test_quadratic_form_has_two_critical_points_of_each_index() -> None:
    assert counts(6, 2) == pytest.approx(np.full(7, 2.0), rel=1e-11)


def test_counts_agree_with_an_average_over_spectra_below_an_energy_or_not() -> None:
    n, p, size = 4, 3, 100_000
    square = np.random.default_rng(3).standard_normal((size, n, n))
    spectra = np.linalg.eigvalsh((square + square.transpose(0, 2, 1)) / 2)
    energy = -0.9
    scale = math.sqrt(n * p / (2 * (p - 1)))
    terms = 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * np.exp(-(p - 2) / (2 * p) * spectra**2)
    for law, kept in (
        (counts(n - 1, p), terms),
        (counts(n - 1, p, energy), terms * (spectra <= scale * energy)),
    ):
        error = kept.std(axis=0, ddof=1) / math.sqrt(size)
        assert np.all(np.abs(kept.mean(axis=0) - law)[:3] < 4 * error[:3])
        assert np.any(np.abs(1.02 * kept.mean(axis=0) - law) > 4 * error)


def test_counts_below_an_energy() -> None:
    assert counts(4, 3, 30.0) == pytest.approx(counts(4, 3), rel=1e-10)
    low, half = counts(4, 3, -1.5), counts(4, 3, 0.0)
    assert half.sum() == pytest.approx(counts(4, 3).sum() / 2, rel=1e-11)
    assert low[0] / low.sum() > half[0] / half.sum()
    total = math.exp(spin_glass.log_total(4, 3, energy=-1.5))
    assert low.sum() == pytest.approx(total, rel=1e-11)
    assert counts(4, 3, -1e3).sum() == 0


def test_counts_grow_with_the_complexity() -> None:
    step = spin_glass.log_total(200, 3) - spin_glass.log_total(100, 3)
    assert step / 100 == pytest.approx(spin_glass.total_complexity(3), rel=0.02)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="p must be at least 2"):
        spin_glass.log_counts(3, 1)
    with pytest.raises(TypeError, match="p must be an integer"):
        spin_glass.log_counts(3, 2.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="p must be at least 3"):
        spin_glass.ground_energy(2)
    with pytest.raises(ValueError, match="index must be at least 0"):
        spin_glass.complexity(-1.7, 3, -1)
    with pytest.raises(ValueError, match="u must be a finite number <="):
        spin_glass.rate(-1.0, 3)
    with pytest.raises(ValueError, match="energy must be"):
        spin_glass.log_counts(3, 3, energy=math.nan)
