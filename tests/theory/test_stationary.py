"""Stationary fields: isotropic ones give the known laws, separable ones products."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from critpoints.theory import field, stationary
from critpoints.theory.covariance import PlaneWave, SquaredExponential

Array = np.ndarray


def isotropic(dim: int, first: float, second: float) -> tuple[Array, Array]:
    """Moments for rho'(0) = first and rho''(0) = second, rho a function of r^2."""
    eye = np.eye(dim)
    fourth = np.zeros((dim,) * 4)
    for i, j, k, m in product(range(dim), repeat=4):
        pairs = eye[i, j] * eye[k, m] + eye[i, k] * eye[j, m] + eye[i, m] * eye[j, k]
        fourth[i, j, k, m] = 4 * second * pairs
    return -2 * first * eye, fourth


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
@pytest.mark.parametrize("covariance", [SquaredExponential(), PlaneWave(2.0)])
def test_isotropic_fields(dim: int, covariance: SquaredExponential | PlaneWave) -> None:
    if dim == 1 and isinstance(covariance, PlaneWave):
        return_to_one_frequency()
        return
    found = stationary.log_density(*isotropic(dim, *covariance.derivatives(dim)))
    expected = field.log_density(dim, covariance).value
    assert found.accuracy < 0.02
    assert found.value == pytest.approx(expected, rel=max(found.accuracy, 1e-8))


def return_to_one_frequency() -> None:
    assert stationary.log_density([[2.0]], [[[[8.0]]]]).value.sum() == pytest.approx(2 / math.pi)


def test_axes_of_different_scale_in_the_plane() -> None:
    """A change of coordinates by diag(a, b) multiplies the density by ab."""
    second, fourth = isotropic(2, -0.5, 0.25)
    scale = np.diag([3.0, 0.2])
    stretched = np.einsum("ia,jb,kc,md,abcd->ijkm", scale, scale, scale, scale, fourth)
    found = stationary.log_density(scale @ second @ scale, stretched)
    assert found.value == pytest.approx(0.6 * stationary.log_density(second, fourth).value)


def test_the_quadrature_agrees_with_the_net_and_a_wrong_moment_does_not() -> None:
    _, fourth = isotropic(2, -0.5, 0.25)
    pairs = [(0, 0), (0, 1), (1, 1)]
    entries = np.array([[fourth[i, j, k, m] for k, m in pairs] for i, j in pairs])
    exact, net = stationary._plane(entries), stationary._sobol(entries, 2)
    assert net.value == pytest.approx(exact.value, rel=net.accuracy)
    wrong = stationary._sobol(entries * 1.1, 2)
    assert wrong.value != pytest.approx(exact.value, rel=net.accuracy)


def test_independent_axes() -> None:
    """f(x) + g(y) + h(z): no correlation, E|det| is a product, and all octants are alike."""
    fourth = np.zeros((3,) * 4)
    for i, value in enumerate((1.0, 2.0, 5.0)):
        fourth[i, i, i, i] = value
    found = stationary.log_density(np.eye(3), fourth)
    total = math.prod(math.sqrt(v) / math.pi for v in (1.0, 2.0, 5.0))
    law = np.array([1, 3, 3, 1]) / 8
    assert found.value == pytest.approx(total * law, rel=max(found.accuracy, 1e-3))


@pytest.mark.parametrize(
    ("second", "fourth", "message"),
    [
        (np.eye(2), np.zeros((2, 2)), "shapes"),
        (np.zeros((1, 1)), np.ones((1, 1, 1, 1)), "second must be positive"),
        (np.eye(1), -np.ones((1, 1, 1, 1)), "fourth must be positive"),
    ],
)
def test_bad_input(second: Array, fourth: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stationary.log_density(second, fourth)
