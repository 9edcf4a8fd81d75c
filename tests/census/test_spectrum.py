"""Spectra from products against dense ones, on matrices that are known and on a network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from critpoints.census.spectrum import (
    Density,
    extreme_eigenvalues,
    large_index,
    spectral_density,
)
from critpoints.domains import Domain, Euclidean, Sphere
from critpoints.errors import UnreliableEstimateError
from critpoints.landscapes.networks import Network
from critpoints.protocols import Landscape

NETWORK = Network(data="teacher", inputs=6, width=(8,), samples=60)


@dataclass(frozen=True, eq=False)
class Quadric(Landscape):
    """Half a quadratic form, by its products alone."""

    matrix: np.ndarray
    where: Domain | None = None

    @property
    def dim(self) -> int:
        return len(self.matrix)

    @property
    def domain(self) -> Domain:
        return self.where or Euclidean(self.dim)

    def value(self, x: np.ndarray) -> np.ndarray:
        return 0.5 * np.einsum("mi,mi->m", x, self.gradient(x))

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return x @ self.matrix

    def hvp(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return v @ self.matrix


def quadric(values: np.ndarray, seed: int = 0) -> Quadric:
    """A form of given eigenvalues in a random position."""
    normals = np.random.default_rng(seed).standard_normal((len(values),) * 2)
    axes = np.linalg.qr(normals)[0]
    matrix = (axes * values) @ axes.T
    return Quadric((matrix + matrix.T) / 2)


SPREAD = np.sort(np.random.default_rng(5).standard_normal(120) ** 3)


def share_of(values: np.ndarray, low: float, high: float) -> float:
    return float(((values > low) & (values < high)).mean())


def test_index_and_ends_of_a_network() -> None:
    rng = np.random.default_rng(1)
    x = NETWORK.initial(rng, 1)[0] + 0.3 * rng.standard_normal(NETWORK.dim)
    dense = np.linalg.eigvalsh(NETWORK.hessian(x[None])[0])
    zero = 1e-8 * float(np.abs(dense).max())
    assert large_index(NETWORK, x, zero) == (dense < -zero).sum() > 8
    assert np.allclose(extreme_eigenvalues(NETWORK, x), dense[[0, 1, 2, -3, -2, -1]], atol=1e-10)
    exact = spectral_density(NETWORK, x, rng, probes=200, steps=NETWORK.dim)
    middle, low, high = exact.index_fraction(level=0.9999)
    assert low < (dense < -zero).mean() < high
    assert high - low < 0.25
    assert low < middle < high


@pytest.mark.parametrize("negative", [0, 3, 40, 119, 120])
def test_index_of_forms(negative: int) -> None:
    values = np.linspace(0.5, 2.0, 120)
    values[:negative] *= -1
    form = quadric(values)
    assert large_index(form, np.zeros(120)) == negative
    assert extreme_eigenvalues(form, np.zeros(120), 2, "largest")[-1] == pytest.approx(values.max())


MULTIPLE = {
    "two values": np.repeat([-1.0, 1.0], [20, 100]),
    "three values": np.repeat([-1.0, 0.0, 1.0], [30, 50, 40]),
    "zero modes": np.concatenate([[-5.0, -1, -1, -1], np.zeros(60), np.linspace(0.5, 2, 56)]),
    "one negative, tiny": np.concatenate([[-1e-5], np.zeros(60), np.linspace(0.5, 20, 59)]),
    "all alike": -np.ones(120),
    "none": np.zeros(120),
}


@pytest.mark.parametrize("values", MULTIPLE.values(), ids=MULTIPLE)
def test_multiple_eigenvalues_are_counted_as_often_as_they_occur(values: np.ndarray) -> None:
    """A recursion from one vector sees one copy; symmetries of networks make many."""
    for seed in range(3):
        form, origin = quadric(values, seed), np.zeros(120)
        assert large_index(form, origin, 1e-7) == (values < 0).sum()
        for which, wanted in (
            ("smallest", np.sort(values)[:50]),
            ("largest", np.sort(values)[-50:]),
            ("both", np.sort(values)[np.r_[:25, 95:120]]),
        ):
            found = extreme_eigenvalues(form, origin, 50, which)
            assert np.allclose(found, wanted, atol=1e-8)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_forms_too_small_for_a_recursion(dim: int) -> None:
    values = np.arange(dim) - 1.5
    form = quadric(values)
    assert large_index(form, np.zeros(dim)) == (values < 0).sum()
    assert extreme_eigenvalues(form, np.zeros(dim), 1, "smallest")[0] == pytest.approx(-1.5)


def test_index_beyond_the_limit_is_refused_with_what_is_known() -> None:
    with pytest.raises(UnreliableEstimateError, match="at least 10") as refused:
        large_index(quadric(-np.ones(120)), np.zeros(120), limit=10)
    assert refused.value.estimate == 10


def test_full_recursion_is_the_measure_itself() -> None:
    """With dim steps nodes are the eigenvalues, so that only chance is left."""
    values = np.linspace(-1.0, 2.0, 30)
    found = spectral_density(quadric(values), np.zeros(30), np.random.default_rng(2), steps=30)
    assert np.allclose(found.nodes, values, atol=1e-10)
    assert np.allclose(found.weights.sum(axis=1), 1, atol=1e-10)


def moments_z(found: Density, values: np.ndarray) -> np.ndarray:
    pairs = [(found.moment(p), (values**p).mean()) for p in (2, 3, 4)]
    return np.array([(mean - truth) / error for (mean, error), truth in pairs])


def test_moments_are_unbiased_whatever_the_steps() -> None:
    found = spectral_density(
        quadric(SPREAD), np.zeros(120), np.random.default_rng(3), probes=100, steps=4
    )
    assert np.abs(moments_z(found, SPREAD)).max() < 4
    even = replace(found, weights=np.full_like(found.weights, 1 / 4))  # control
    assert np.abs(moments_z(even, SPREAD)).max() > 4


@pytest.mark.parametrize("steps", [4, 10, 40, 120])
def test_intervals_hold_the_share(steps: int) -> None:
    rng = np.random.default_rng(4)
    found = spectral_density(quadric(SPREAD), np.zeros(120), rng, probes=64, steps=steps)
    for low, high in ((-np.inf, -0.1), (-0.1, 0.1), (0.5, np.inf)):
        truth = share_of(SPREAD, low, high)
        middle, least, most = found.share(low, high, level=0.9999)
        assert least <= truth <= most
        assert least <= middle <= most


def test_chance_alone_would_be_too_narrow() -> None:
    """Control: without the quadrature's own error the interval misses the truth."""
    rng = np.random.default_rng(4)
    found = spectral_density(quadric(SPREAD), np.zeros(120), rng, probes=64, steps=4)
    chance_only = replace(found, dim=4)  # as if the recursion were complete
    truth = share_of(SPREAD, -0.1, 0.1)
    _, low, high = chance_only.share(-0.1, 0.1, level=0.9999)
    assert not low <= truth <= high


def test_zero_modes_are_counted_apart() -> None:
    values = np.concatenate([np.zeros(30), np.linspace(-1, -0.5, 10), np.linspace(0.5, 2, 60)])
    found = spectral_density(
        quadric(values), np.zeros(100), np.random.default_rng(6), probes=200, steps=90
    )
    for (middle, low, high), truth in ((found.zero_fraction(), 0.3), (found.index_fraction(), 0.1)):
        assert low < truth < high
        assert middle == pytest.approx(truth, abs=0.03)


def test_smooth_density_integrates_to_one() -> None:
    found = spectral_density(quadric(SPREAD), np.zeros(120), np.random.default_rng(7))
    grid = np.linspace(SPREAD[0] - 2, SPREAD[-1] + 2, 4000)
    assert np.trapezoid(found.smooth(grid, 0.2), grid) == pytest.approx(1, abs=1e-3)


def test_memory_bounds_what_is_worked_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    form, origin = quadric(SPREAD), np.zeros(120)

    def density(steps: int) -> Density:
        return spectral_density(form, origin, np.random.default_rng(8), probes=5, steps=steps)

    whole = density(10)
    monkeypatch.setattr("critpoints.census.spectrum._MEMORY", 2 * 8 * 10 * 120)
    assert np.allclose(density(10).nodes, whole.nodes, rtol=0, atol=1e-12)
    with pytest.raises(MemoryError, match=r"21 vectors of 120 parameters need 20,160 bytes"):
        density(21)
    with pytest.raises(UnreliableEstimateError, match="at least 20"):
        large_index(quadric(-np.ones(120)), origin)


def test_refuses() -> None:
    form = quadric(SPREAD)
    with pytest.raises(ValueError, match="x must be one finite point"):
        large_index(form, np.zeros(3))
    with pytest.raises(ValueError, match="domain must be flat"):
        extreme_eigenvalues(Quadric(np.eye(3), Sphere(2)), np.zeros(3))
    with pytest.raises(ValueError, match="did you mean smallest"):
        extreme_eigenvalues(form, np.zeros(120), 2, "smalest")
    with pytest.raises(ValueError, match="probes must be at least 2"):
        spectral_density(form, np.zeros(120), np.random.default_rng(0), probes=1)
