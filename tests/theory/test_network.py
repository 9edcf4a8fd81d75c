"""The free convolution against quadrature, published thresholds and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from critpoints.theory import network


def test_critical_energy_at_one_quarter() -> None:
    assert network.critical_energy(0.25) == pytest.approx(0.04350953, abs=5e-9)
    assert network.critical_energy(1.0) == 0
    assert network.critical_energy(3.0) == 0


@pytest.mark.parametrize("ratio", [0.05, 0.25, 0.7])
def test_the_left_edge_touches_zero_at_the_critical_energy(ratio: float) -> None:
    left, _ = network.edges(network.critical_energy(ratio), ratio)
    assert abs(left) < 1e-7
    assert network.index_fraction(0.999 * network.critical_energy(ratio), ratio) == 0
    assert network.index_fraction(1.001 * network.critical_energy(ratio), ratio) > 0


@pytest.mark.parametrize(("x", "figure"), [(1.003, 0.0747), (1.3, 0.0604), (2.0, 0.0415)])
def test_index_fraction_over_the_power_law(x: float, figure: float) -> None:
    fraction = network.index_fraction(x * network.critical_energy(0.25), 0.25)
    assert fraction / (x - 1) ** 1.5 == pytest.approx(figure, abs=5e-5)


@pytest.mark.parametrize(
    ("energy", "ratio"), [(0.1, 0.25), (0.5, 0.8), (0.2, 1.0), (0.3, 2.5), (0.01, 4.0)]
)
def test_closed_form_agrees_with_the_integrated_density(energy: float, ratio: float) -> None:
    left, right = network.edges(energy, ratio)

    def rho(x: float) -> float:
        return float(network.density(x, energy, ratio))

    negative = quad(rho, left, 0, epsabs=1e-9, limit=200)[0]
    positive = quad(rho, 0, right, epsabs=1e-9, limit=200)[0]
    assert negative == pytest.approx(network.index_fraction(energy, ratio), abs=1e-7)
    assert negative + positive == pytest.approx(1, abs=1e-7)


def test_simulated_hessian_has_that_index() -> None:
    """One matrix of size 400: the index fraction fluctuates by less than 0.005."""
    n, ratio, energy = 400, 0.25, 0.2
    rng = np.random.default_rng(1)
    jacobian = rng.standard_normal((n, int(n / ratio)))
    square = rng.standard_normal((n, n))
    wigner = (square + square.T) * np.sqrt(energy / n)
    hessian = jacobian @ jacobian.T / jacobian.shape[1] + wigner
    found = np.mean(np.linalg.eigvalsh(hessian) < 0)
    assert abs(found - network.index_fraction(energy, ratio)) < 0.005
    assert abs(found - network.index_fraction(2 * energy, ratio)) > 0.02


def test_arrays_keep_their_shape() -> None:
    energies = np.linspace(0, 1, 6).reshape(2, 3)
    assert network.index_fraction(energies, 0.5).shape == (2, 3)
    assert network.density(np.zeros((4, 1)), 0.1, 0.5).shape == (4, 1)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="energy must be finite"):
        network.index_fraction(-0.1, 0.5)
    with pytest.raises(ValueError, match="ratio must be a finite number > 0"):
        network.index_fraction(0.1, 0.0)
    with pytest.raises(ValueError, match="energy must be a finite number > 0"):
        network.density(0.0, 0.0, 0.5)
