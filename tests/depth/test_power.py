"""Powers of one matrix: closed forms against autodiff, backpropagation and mpmath."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from critpoints.depth.power import diagonal, layered, power, records, spectral, squaring
from critpoints.depth.wide import Wide
from critpoints.errors import AccuracyError

jax = pytest.importorskip("jax")

TURN = np.array([[0.8, -0.7], [0.6, 0.5]])
JORDAN = np.array([[0.9, 1.0], [0.0, 0.9]])
SKEWED = np.array([[0.5, 30.0, 1.0], [0.01, 0.7, 0.0], [0.2, 0.1, -0.4]])
SYMMETRIC = np.array([[0.3, 0.8, 0.1], [0.8, -0.2, 0.4], [0.1, 0.4, 0.5]])
DIAGONAL = np.diag([1.0, 2.0, -0.5, 0.0])
MATRICES = [TURN, JORDAN, SKEWED, SYMMETRIC, DIAGONAL]


def inputs(dim: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.standard_normal(dim), rng.standard_normal(dim)


def defect(found: Wide, expected: Wide) -> float:
    """Largest difference relative to the largest entry, at any size of the numbers."""
    top = int(max(found.exponent.max(), expected.exponent.max()))
    a, b = (Wide(w.mantissa, np.maximum(w.exponent - top, -2000)).value for w in (found, expected))
    return float(np.abs(a - b).max())


def autodiff(w: np.ndarray, x: np.ndarray, n: int, c: np.ndarray) -> tuple[Any, Any]:
    with jax.enable_x64(True):

        def y(weights: Any) -> Any:
            hidden = jax.numpy.asarray(x)
            for _ in range(n):
                hidden = weights @ hidden
            return hidden @ c

        value, gradient = jax.value_and_grad(y)(jax.numpy.asarray(w))
        return np.asarray(value), np.asarray(gradient)


@pytest.mark.parametrize("n", [1, 2, 9, 60])
@pytest.mark.parametrize("w", MATRICES)
def test_closed_forms_and_backpropagation_against_autodiff(w: np.ndarray, n: int) -> None:
    x, c = inputs(len(w))
    value, gradient = autodiff(w, x, n, c)
    assert value.dtype == np.float64
    for form in (power, squaring, layered):
        found = form(w, x, n, c)
        assert defect(found.y, Wide.of(value)) < 1e-12
        assert defect(found.gradient, Wide.of(gradient)) < 1e-12
    wrong = power(w, x, n + 1, c)
    assert defect(wrong.gradient, Wide.of(gradient)) > 1e-3


@pytest.mark.parametrize("n", [0, 1, 7, 1000])
@pytest.mark.parametrize("w", [TURN, SKEWED, SYMMETRIC, DIAGONAL])
def test_the_spectral_form_agrees_with_the_layers(w: np.ndarray, n: int) -> None:
    x, c = inputs(len(w))
    found, expected = spectral(w, x, n, c), layered(w, x, n, c)
    bound = 1e-12 * np.linalg.cond(np.linalg.eig(w)[1]) ** 2
    for name in ("hidden", "gradient"):
        assert defect(getattr(found, name), getattr(expected, name)) < bound


@pytest.mark.parametrize("w", [np.diag([1.3, -1.2, 0.2]), JORDAN, TURN, SYMMETRIC, SKEWED])
def test_ten_thousand_layers(w: np.ndarray) -> None:
    x, c = inputs(len(w))
    found, squared = power(w, x, 10_000, c), squaring(w, x, 10_000, c)
    expected = layered(w, x, 10_000, c)
    assert np.isfinite(found.y.log)
    for other in (squared, expected):
        assert defect(found.gradient, other.gradient) < 1e-12
        assert np.allclose(found.gradient.log, other.gradient.log, rtol=1e-12, atol=0)


@pytest.mark.parametrize("a", [0.9, 1.7, -1.0001, 1e-300, 3e307])
def test_a_million_layers_against_mpmath(a: float) -> None:
    n = 10**6
    found = diagonal([a, 1.25], [0.7, 1.0], n)
    with mpmath.workdps(40):
        for number, exact in [
            (found.hidden[0], mpmath.mpf(a) ** n * mpmath.mpf(0.7)),
            (found.gradient[0, 0], n * mpmath.mpf(a) ** (n - 1) * mpmath.mpf(0.7)),
            (found.gradient[1, 0], (mpmath.mpf(1.25) ** n - mpmath.mpf(a) ** n)
             / (mpmath.mpf(1.25) - mpmath.mpf(a)) * mpmath.mpf(0.7)),
        ]:  # fmt: skip
            got = mpmath.ldexp(mpmath.mpf(float(number.mantissa)), int(number.exponent))
            assert abs(got / exact - 1) < 2e-12


@pytest.mark.parametrize("gap", [0.0, 1e-16, 1e-12, 1e-6, 0.5, 1.9, 2.0 - 1e-12, 2.0])
def test_divided_differences_do_not_cancel(gap: float) -> None:
    a, b = 1.1, 1.1 * (1 - gap)
    for n in (1, 2, 31, 10_000):
        number = diagonal([a, b], [1.0, 1.0], n).gradient[0, 1]
        with mpmath.workdps(60):
            p, q = mpmath.mpf(a), mpmath.mpf(b)
            exact = (p**n - q**n) / (p - q) if p != q else n * p ** (n - 1)
            got = mpmath.ldexp(mpmath.mpf(float(number.mantissa)), int(number.exponent))
            assert abs(got - exact) <= 1e-12 * abs(exact)


def test_the_example_that_explodes() -> None:
    rows = records(1, 2, range(1, 61), x=(3.0, 5.0))
    for row in rows:
        n = row["n"]
        assert row["y"] == 3 + 5 * 2.0**n
        assert row["dy_da"] == 3 * n
        assert row["dy_db"] == 5 * n * 2.0 ** (n - 1)
        assert row["log10_y"] == pytest.approx(np.log10(row["y"]), rel=1e-14)
    (far,) = records(1, 2, [10_000])
    assert far["y"] == np.inf
    assert far["dy_db"] == np.inf
    assert far["log10_y"] == pytest.approx(10_000 * np.log10(2), rel=1e-14)
    assert far["dy_da"] == 10_000


def test_the_example_that_vanishes() -> None:
    (row,) = records(0.5, 0.9, [60])
    assert row["y"] == pytest.approx(0.5**60 + 0.9**60, rel=1e-14)
    assert row["dy_da"] == pytest.approx(60 * 0.5**59, rel=1e-14)
    assert row["dy_db"] == pytest.approx(60 * 0.9**59, rel=1e-14)
    (far,) = records(0.5, 0.9, [10**6])
    assert far["y"] == far["dy_da"] == far["dy_db"] == 0
    assert far["log10_dy_db"] == pytest.approx(6 + 999_999 * np.log10(0.9), rel=1e-13)


def test_zeros_are_exact() -> None:
    (row,) = records(0, 0, [3])
    assert (row["y"], row["log10_y"], row["dy_da"]) == (0, -np.inf, 0)
    assert records(0, 0, [1])[0]["dy_da"] == 1
    assert records(0, 0, [0])[0]["y"] == 2
    cancelled = power(np.diag([1.5, -1.5]), [1.0, 1.0], 101).y
    assert cancelled.sign == 0
    assert cancelled.log == -np.inf
    nilpotent = power([[0.0, 1.0], [0.0, 0.0]], [1.0, 1.0], 5)
    assert np.all(nilpotent.hidden.sign == 0)


def test_signs_and_complex_conjugate_eigenvalues() -> None:
    quarter = power([[0.0, 3.0], [-3.0, 0.0]], [1.0, 0.0], 4_002).y
    assert quarter.sign == -1
    assert quarter.log == pytest.approx(4_002 * np.log(3), rel=1e-15)


def test_wide_arithmetic() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, 3, 3))
    for found, expected in [
        (Wide.of(a) @ Wide.of(b), a @ b),
        (Wide.of(a) + Wide.of(b), a + b),
        (Wide.of(a) * Wide.of(b), a * b),
        (Wide.of(a) ** 3, a**3),
        (Wide.of(a).T, a.T),
    ]:
        assert np.allclose(found.value, expected, rtol=1e-14, atol=1e-15)
    huge = Wide.of(3.0, 10**9)
    assert ((huge * Wide.of(1.0, -(10**9))) + Wide.of(1.0)).value == 4.0
    assert (huge + Wide.of(1.0)).log == huge.log
    assert (Wide.of(0.0) ** np.array([0, 1, 5000])).value.tolist() == [1, 0, 0]
    assert Wide.of([5e-324]).value[0] == 5e-324


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power([[1.0, 2.0]], [1.0], 1), r"w must be a square matrix, got shape \(1, 2\)"),
        (lambda: power(np.eye(2), [1.0], 1), r"x must have shape \(2,\), got shape \(1,\)"),
        (lambda: power(np.eye(2), [1.0, np.inf], 1), "x must have finite entries only, got inf"),
        (lambda: power(np.eye(2), [1.0, 1.0], -1), "n must be an integer in 0.*got -1"),
        (lambda: power(np.eye(2), [1.0, 1.0], 1, [1.0]), "readout must have shape"),
        (lambda: records(np.nan, 1, [1]), "a must be a finite number"),
        (lambda: diagonal([1.0, np.nan], [1.0, 1.0], 1), "entries must have finite entries only"),
    ],
)
def test_bad_input(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
    with pytest.raises(TypeError, match="n must be an integer, got"):
        power(np.eye(2), [1.0, 1.0], 2.5)


def test_the_spectral_form_refuses_a_defective_matrix() -> None:
    with pytest.raises(AccuracyError, match="eigenvectors of condition number"):
        spectral(JORDAN, [1.0, 1.0], 5)
