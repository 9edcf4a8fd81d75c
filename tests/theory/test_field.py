"""Isotropic fields: closed forms, identities, an independent simulation, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln, kv

from critpoints.errors import AccuracyError
from critpoints.theory import covariance, field, kac_rice, quadrature
from critpoints.theory.covariance import Matern, PlaneWave, RationalQuadratic, SquaredExponential

ROOT6 = math.sqrt(6)
FRACTIONS = {
    1: 0.5,
    2: 0.25,
    3: (29 - 6 * ROOT6) / 116,
    4: 0.0598857780,
    5: 0.0286711436,
    8: 0.00293138393,
    10: 6.12035682e-4,
    20: 1.72755591e-7,
    40: 5.79707912e-15,
}
LAW = {dim: np.exp(field.log_index_law(dim).log) for dim in (1, 2, 3, 4, 7, 10, 20)}


def spectra(n: int, size: int, seed: int) -> np.ndarray:
    square = np.random.default_rng(seed).standard_normal((size, n, n))
    return np.linalg.eigvalsh((square + square.transpose(0, 2, 1)) / 2)


def z_score(sample: np.ndarray, expected: float) -> float:
    return float((sample.mean() - expected) / (sample.std(ddof=1) / math.sqrt(sample.size)))


def test_fractions_of_minima_to_the_digits_known() -> None:
    found = np.exp(field.log_minimum(list(FRACTIONS)).log)
    assert found == pytest.approx(list(FRACTIONS.values()), rel=3e-9)
    assert found[2] == pytest.approx((29 - 6 * ROOT6) / 116, rel=1e-11)


def test_whole_law_in_four_dimensions() -> None:
    assert LAW[4][:3] == pytest.approx([0.0598858, 0.25, 0.3802284], abs=5e-8)


@pytest.mark.parametrize("dim", LAW)
def test_law_is_symmetric_has_mass_one_and_the_euler_sum(dim: int) -> None:
    law = LAW[dim]
    assert law.sum() == pytest.approx(1, abs=1e-12)
    assert law == pytest.approx(law[::-1], abs=1e-12)
    assert abs(np.sum(law * (-1.0) ** np.arange(dim + 1))) < 1e-12


@pytest.mark.parametrize("variance", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_two_engines_agree(variance: float, weighted: bool) -> None:
    bulk = field.log_index_law(6, variance=variance, weighted=weighted)
    tail = field.log_minimum([6], variance=variance, weighted=weighted)
    assert math.exp(bulk.log[0]) == pytest.approx(math.exp(tail.log[0]), abs=1e-12)


def test_fixed_point_in_two_dimensions() -> None:
    expected = (1 - 1 / math.sqrt(3)) / 2
    assert math.exp(field.log_minimum([2], weighted=False).log[0]) == pytest.approx(expected)
    assert np.exp(field.log_index_law(2, weighted=False).log)[2] == pytest.approx(expected)


def test_variance_zero_is_the_gaussian_ensemble() -> None:
    law = np.exp(field.log_index_law(2, variance=0.0, weighted=False).log)
    assert law[0] == pytest.approx((2 - math.sqrt(2)) / 4, rel=1e-12)
    weighted = math.exp(field.log_minimum([2], variance=0.0).log[0])
    assert weighted == pytest.approx(0.113270, abs=1e-6)


def test_tail_keeps_ten_digits_in_one_pass_or_alone() -> None:
    together = field.log_minimum([20, 40]).log
    assert together[1] == pytest.approx(field.log_minimum([40]).log[0], abs=1e-10)
    assert together[0] != pytest.approx(together[1], abs=1)


def test_a_truncated_integral_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refining the grid cannot see it; the mass, known from the spectral density, does."""
    monkeypatch.setattr(kac_rice, "_extent", lambda *_: (-5.0, 5.0))
    with pytest.raises(AccuracyError, match="its mass misses 1"):
        field.log_index_law(4)


def test_a_grid_that_cannot_settle_is_caught() -> None:
    def step(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) < 0.7, 1.0, 0.0)[:, None]

    with pytest.raises(AccuracyError, match="grid refinement stopped"):
        quadrature.grid(step, -1.0, 1.0, 0.3, 1e-13)
    with pytest.raises(AccuracyError, match="panel refinement did not settle"):
        quadrature.gauss(step, -1.0, 1.0, 0.3, 1e-13)
    with pytest.raises(AccuracyError, match="does not fall off"):
        quadrature.climb(lambda x: np.zeros((x.size, 1)), 0.0, 0.5, 1e-13)


def test_law_agrees_with_simulated_weighted_hessians() -> None:
    dim, rng = 3, np.random.default_rng(5)
    shift = rng.normal(0, math.sqrt(0.5), (100_000, 1))
    values = spectra(dim, 100_000, 6) + shift
    weight = np.abs(values.prod(axis=1))
    index = (values < 0).sum(axis=1)
    for k in range(dim + 1):
        residual = weight * ((index == k) - LAW[3][k])
        assert abs(z_score(residual, 0.0)) < 4
        wrong = weight * ((index == k) - math.exp(field.log_index_law(3, weighted=False).log[k]))
        assert abs(z_score(wrong, 0.0)) > 4


@pytest.mark.parametrize(("dim", "height", "kappa"), [(3, -1.0, 1.0), (4, -1.2, 0.7)])
def test_law_at_a_height_agrees_with_simulation(dim: int, height: float, kappa: float) -> None:
    rng = np.random.default_rng(8)
    noise = rng.normal(0, math.sqrt((1 - kappa**2) / 2), (60_000, 1)) if kappa < 1 else 0.0
    values = spectra(dim, 60_000, 9) - kappa * height / math.sqrt(2) + noise
    weight, index = np.abs(values.prod(axis=1)), (values < 0).sum(axis=1)
    law = np.exp(field.log_index_law_at_height(dim, height, kappa).log)
    other = np.exp(field.log_index_law_at_height(dim, -height, kappa).log)
    assert other == pytest.approx(law[::-1], abs=1e-12)
    for k in range(dim):
        assert abs(z_score(weight * ((index == k) - law[k]), 0.0)) < 4
    assert abs(z_score(weight * ((index == 0) - other[0]), 0.0)) > 4


@pytest.mark.parametrize("u", [-1.2, -0.4, 0.7])
def test_plane_waves_in_two_dimensions_have_a_closed_form(u: float) -> None:
    """Trace -2u fixed, eigenvalues -u +- r with r^2 exponential: E|u^2 - r^2| on either side."""
    saddle = math.exp(-u * u)
    extreme = u * u - 1 + saddle
    expected = np.array([extreme if u < 0 else 0, saddle, extreme if u > 0 else 0])
    law = np.exp(field.log_index_law_at_height(2, u, math.sqrt(2)).log)
    assert law == pytest.approx(expected / expected.sum(), abs=1e-8)


@pytest.mark.parametrize(("dim", "height", "kappa"), [(2, -0.7, 1.2), (4, -1.0, math.sqrt(1.5))])
def test_law_at_a_height_beyond_kappa_one(dim: int, height: float, kappa: float) -> None:
    square = np.random.default_rng(21).standard_normal((60_000, dim, dim))
    hessian = (square + square.transpose(0, 2, 1)) / 2
    trace = np.trace(hessian, axis1=1, axis2=2) / dim
    shrink = math.sqrt(max(1 + dim * (1 - kappa**2) / 2, 0)) - 1
    shift = shrink * trace - kappa * height / math.sqrt(2)
    values = np.linalg.eigvalsh(hessian) + shift[:, None]
    weight, index = np.abs(values.prod(axis=1)), (values < 0).sum(axis=1)
    law = np.exp(field.log_index_law_at_height(dim, height, kappa).log)
    wrong = np.exp(field.log_index_law_at_height(dim, height, 1.0).log)
    for k in range(2):
        assert abs(z_score(weight * ((index == k) - law[k]), 0.0)) < 4
        assert abs(z_score(weight * ((index == k) - wrong[k]), 0.0)) > 4


def test_laws_on_both_sides_of_kappa_one_join() -> None:
    laws = [np.exp(field.log_index_law_at_height(6, -1.0, 1 + h).log) for h in (-1e-4, 0, 1e-4)]
    assert (laws[0] + laws[2]) / 2 == pytest.approx(laws[1], abs=1e-7)
    assert np.abs(laws[0] - laws[1]).max() > 1e-6


def test_one_dimension_beyond_kappa_one() -> None:
    """kappa^2 = 3 is a sine wave: every critical point below zero is a minimum."""
    assert np.exp(field.log_index_law_at_height(1, -0.5, math.sqrt(3)).log).tolist() == [1, 0]
    near = np.exp(field.log_index_law_at_height(1, -0.5, 1 + 1e-9).log)
    at = np.exp(field.log_index_law_at_height(1, -0.5, 1.0).log)
    assert near == pytest.approx(at, abs=1e-8)


def test_heights_average_to_the_law_at_all_critical_points() -> None:
    u, weight = np.polynomial.hermite_e.hermegauss(60)
    rows = [kac_rice.log_index_measure(3, 0.6 * x / math.sqrt(2), 0.32).log for x in u]
    total = weight @ np.exp(rows)
    assert total / total.sum() == pytest.approx(LAW[3], abs=1e-10)


def test_mean_index_fraction_at_a_height() -> None:
    dim = 30
    for height in (-5.0, 3.0):
        law = np.exp(field.log_index_law_at_height(dim, height, 1.0).log)
        exact = law @ np.arange(dim + 1) / dim
        assert abs(exact - field.index_fraction_at_height(height, dim, 1.0)) < 0.01
    assert field.index_fraction_at_height([-1e3, 0, 1e3], dim, 0.5) == pytest.approx([0, 0.5, 1])


def test_densities_of_critical_points() -> None:
    unit = SquaredExponential()
    assert math.exp(field.log_total_density(2, unit)) == pytest.approx(0.36755, abs=5e-6)
    assert math.exp(field.log_total_density(3, unit)) == pytest.approx(0.28274, abs=5e-6)
    wave = math.exp(field.log_total_density(2, PlaneWave(3.0)))
    assert wave == pytest.approx(9 / (2 * math.sqrt(3) * math.pi), rel=1e-12)
    rice = math.exp(field.log_total_density(1, PlaneWave(3.0)))
    assert rice == pytest.approx(3 / math.pi, rel=1e-12)
    by_index = np.exp(field.log_density(3, unit).log)
    assert by_index == pytest.approx(LAW[3] * by_index.sum(), rel=1e-10)
    assert by_index.sum() == pytest.approx(math.exp(field.log_total_density(3, unit)), rel=1e-12)


@pytest.mark.parametrize(
    ("dim", "figure"),
    [(1, math.sqrt(1.5)), (2, math.sqrt(8 / 3)), (3, 29 / (6 * ROOT6)), (4, 25 * ROOT6 / 27)],
)
def test_spectral_sums(dim: int, figure: float) -> None:
    constant = 0.5 * math.log(2 / math.pi) + gammaln((dim + 1) / 2)
    assert math.exp(kac_rice.log_total(dim, 0.0, 0.5) - constant) == pytest.approx(
        figure, rel=1e-12
    )


def correlation(law: covariance.Covariance, r: np.ndarray) -> np.ndarray:
    if isinstance(law, Matern):
        s = math.sqrt(2 * law.nu) * r / law.length
        return 2 ** (1 - law.nu) / math.gamma(law.nu) * s**law.nu * kv(law.nu, s)
    if isinstance(law, RationalQuadratic):
        return (1 + r**2 / (2 * law.alpha * law.length**2)) ** -law.alpha
    return np.exp(-(r**2) / (2 * law.length**2))


@pytest.mark.parametrize(
    "law", [SquaredExponential(1.3), Matern(4.5, 0.8), RationalQuadratic(2.0, 1.1)]
)
def test_derivatives_of_the_covariances(law: covariance.Covariance) -> None:
    s = np.linspace(0.002, 0.02, 10)
    fit = np.polynomial.polynomial.polyfit(s, correlation(law, np.sqrt(s)), 3)
    first, second = law.derivatives(2)
    assert fit[1] == pytest.approx(first, rel=1e-3)
    assert 2 * fit[2] == pytest.approx(second, rel=2e-2)


def test_kappa() -> None:
    assert covariance.kappa(SquaredExponential(2.0), 5) == pytest.approx(1)
    assert covariance.kappa(Matern(3.0), 5) == pytest.approx(math.sqrt(0.5))
    assert covariance.kappa(PlaneWave(2.0), 4) == pytest.approx(math.sqrt(1.5))


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="nu must be > 2"):
        Matern(2.0)
    with pytest.raises(ValueError, match="length must be a finite number > 0"):
        SquaredExponential(0.0)
    with pytest.raises(ValueError, match="alpha must be"):
        RationalQuadratic(-1.0)
    with pytest.raises(ValueError, match="wavenumber must be"):
        PlaneWave(math.inf)
    with pytest.raises(ValueError, match=r"1 \+ 2/d = 1.5"):
        field.log_index_law_at_height(4, 0.0, 1.3)
    with pytest.raises(ValueError, match="variance must be a finite number >= 0"):
        field.log_index_law(4, variance=-0.1)
    with pytest.raises(ValueError, match="height must be a finite number"):
        field.log_index_law_at_height(4, math.nan, 1.0)
    with pytest.raises(ValueError, match="dim must be at least 1"):
        field.log_minimum([0])
