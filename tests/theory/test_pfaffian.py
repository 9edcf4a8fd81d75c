"""Pfaffian and determinant: closed forms, a multiprecision reference, identities, simulation."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammaln

from critpoints.errors import AccuracyError
from critpoints.theory import pfaffian, pivots

Array = NDArray[np.float64]


def multiprecision_law(n: int, weighted: bool) -> list[mpmath.mpf]:
    """D_k(0; n) of GOE from monomials and 60 digits; polar coordinates give the integrals."""
    mp = mpmath.mp.clone()
    mp.dps = 60

    def half(j: int) -> mpmath.mpf:
        return mp.mpf(2) ** (mp.mpf(j - 1) / 2) * mp.gamma(mp.mpf(j + 1) / 2)

    def angle(j: int, k: int) -> mpmath.mpf:
        return mp.betainc(mp.mpf(k + 1) / 2, mp.mpf(j + 1) / 2, 0, mp.mpf(1) / 2) / 2

    def quadrant(j: int, k: int) -> mpmath.mpf:
        radial = mp.mpf(2) ** (mp.mpf(j + k) / 2) * mp.gamma(mp.mpf(j + k) / 2 + 1)
        return radial * (angle(k, j) - angle(j, k))

    def generating(w: int) -> list[mpmath.mpc]:
        size = n + n % 2
        skew = [[quadrant(j + w, k + w) for k in range(n)] for j in range(n)]
        line = [half(j + w) for j in range(n)]
        values = []
        for r in range(n + 1):
            z = mp.expjpi(mp.mpf(2 * r) / (n + 1))
            a = mp.matrix(size, size)
            for j in range(n):
                for k in range(n):
                    sides = 1 - (-1) ** (j + k) * z * z
                    cross = z * ((-1) ** j - (-1) ** k) * line[j] * line[k]
                    a[j, k] = sides * skew[j][k] + cross
                if n % 2:
                    a[j, n] = (1 + (-1) ** j * z) * line[j]
                    a[n, j] = -a[j, n]
            values.append(eliminated(a))
        return values

    def eliminated(a: mpmath.matrix) -> mpmath.mpc:
        result = mp.mpc(1)
        for k in range(0, a.rows, 2):
            p = max(range(k + 1, a.rows), key=lambda i: abs(a[k, i]))
            if p != k + 1:
                swapped(a, k + 1, p)
                result = -result
            result *= a[k, k + 1]
            for i in range(k + 2, a.rows):
                for j in range(k + 2, a.rows):
                    a[i, j] -= (a[k, i] * a[k + 1, j] - a[k + 1, i] * a[k, j]) / a[k, k + 1]
        return result

    def swapped(a: mpmath.matrix, p: int, q: int) -> None:
        for i in range(a.rows):
            a[i, p], a[i, q] = a[i, q], a[i, p]
        for i in range(a.rows):
            a[p, i], a[q, i] = a[q, i], a[p, i]

    total = generating(0)[0].real
    found = generating(int(weighted))
    law = []
    for k in range(n + 1):
        terms = (g * mp.expjpi(-mp.mpf(2 * r * k) / (n + 1)) for r, g in enumerate(found))
        law.append(mp.fsum(terms).real / (n + 1) / total)
    return law


@pytest.mark.parametrize(("n", "weighted"), [(3, False), (5, True), (8, False), (12, True)])
def test_multiprecision_reference(n: int, weighted: bool) -> None:
    """Absolute accuracy of the Pfaffian, and relative accuracy of the recursion in the tails."""
    expected = np.array([float(p) for p in multiprecision_law(n, weighted)])
    bulk = pfaffian.index_law(n, weighted=weighted)
    assert np.abs(bulk.value - expected).max() < 1e-14 * expected.sum()
    law = pivots.log_index_law(n, weighted=weighted)
    np.testing.assert_allclose(law.value, expected, rtol=1e-12)


def test_closed_forms() -> None:
    root = math.sqrt(2)
    assert pfaffian.index_law(1).value == pytest.approx([0.5, 0.5], abs=1e-14)
    assert pfaffian.index_law(2).value[0] == pytest.approx((2 - root) / 4, abs=1e-15)
    assert pfaffian.index_law(3).value[0] == pytest.approx(0.25 - root / (2 * math.pi), abs=1e-15)
    four = pfaffian.index_law(4).value
    assert four[0] == pytest.approx(0.25 - root / 16 - 1 / (2 * math.pi), abs=1e-15)
    assert four[1] == pytest.approx(root / 8, abs=1e-15)
    assert four[2] == pytest.approx(0.6415332, abs=5e-8)


def test_weighted_figures() -> None:
    for n, expected in ((2, 0.113270), (3, 0.014298)):
        law = pfaffian.index_law(n, weighted=True).value
        assert law[0] / law.sum() == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize("beta", [1, 2])
@pytest.mark.parametrize("n", [1, 7, 40, 100])
def test_mass_and_symmetry(beta: int, n: int) -> None:
    law = pfaffian.index_law(n, beta=beta)
    assert law.value.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(law.value, law.value[::-1], rtol=0, atol=1e-14)
    assert law.accuracy <= 1e-12
    assert law.accuracy_kind == "absolute"


def test_tails_are_noise_within_the_stated_accuracy() -> None:
    law = pfaffian.index_law(20)
    assert abs(law.value[0]) < law.accuracy
    assert law.method == "Pfaffian"
    np.testing.assert_allclose(np.exp(law.log), np.maximum(law.value, 0), rtol=1e-13, atol=0)


@pytest.mark.parametrize(("n", "defect"), [(4, -0.0128), (10, -0.0052), (32, -0.0016)])
def test_variance_of_the_index(n: int, defect: float) -> None:
    """Majumdar, Nadal, Scardicchio & Vivo 2009."""
    law, k = pfaffian.index_law(n).value, np.arange(n + 1)
    variance = (law * k**2).sum() - (law * k).sum() ** 2
    constant = np.euler_gamma + 1 + 3 * math.log(2) - math.pi**2 / 8
    assert variance - (math.log(n) + constant) / math.pi**2 == pytest.approx(defect, abs=5e-5)


@pytest.mark.parametrize("n", [1, 2, 5, 12, 25])
def test_every_ordered_eigenvalue_has_a_density_of_mass_one(n: int) -> None:
    r"""D_k(x; N) = sqrt(2) Gamma((N+1)/2) e^{x^2/2} q_{k+1}(x), integrated over x."""
    reach = math.sqrt(2 * n + 2) + 7
    x = np.linspace(-reach, reach, 241)
    value = pfaffian.index_law(n, shift=x, weighted=True)
    constant = math.log(2) / 2 + gammaln((n + 1) / 2)
    density = value.value * np.exp(-(x[:, None] ** 2) / 2 - constant)
    np.testing.assert_allclose(density.sum(axis=0) * (x[1] - x[0]), 1, rtol=0, atol=2e-11)


def test_isotropic_field_in_four_dimensions() -> None:
    x = np.linspace(-9, 9, 181)
    value = pfaffian.index_law(4, shift=x, weighted=True).value
    law = (value * np.exp(-x * x)[:, None]).sum(axis=0)
    law /= law.sum()
    assert law[0] == pytest.approx(0.0598857780, abs=5e-11)
    assert law == pytest.approx([0.0598858, 0.25, 0.3802284, 0.25, 0.0598858], abs=5e-8)
    assert (law * (-1.0) ** np.arange(5)).sum() == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("beta", [1, 2])
def test_against_simulation(beta: int) -> None:
    """D_k(x; 4), k > 0, at x = 0.6 from 200,000 matrices, |z| < 4; a wrong shift is rejected."""
    rng = np.random.default_rng(20261123)
    a = rng.standard_normal((200_000, 4, 4))
    h = (a + a.transpose(0, 2, 1)) / 2 + 0j
    if beta == 2:
        b = rng.standard_normal(a.shape)
        h += 1j * (b - b.transpose(0, 2, 1)) / 2
    spectrum = np.linalg.eigvalsh(h if beta == 2 else h.real) - 0.6
    index, weight = (spectrum < 0).sum(axis=1), np.abs(spectrum.prod(axis=1))
    terms = weight * (index == np.arange(1, 5)[:, None])  # too few matrices have index 0
    error = terms.std(axis=1) / math.sqrt(len(a))

    def score(x: float) -> Array:
        exact = pfaffian.index_law(4, beta=beta, shift=x, weighted=True).value[1:]
        return np.asarray(np.abs(terms.mean(axis=1) - exact) / error)

    assert (score(0.6) < 4).all()
    assert (score(0.55) > 4).any()


def test_vector_of_shifts_is_the_scalars() -> None:
    x = np.array([-30.0, -2.0, 0.0, 5.0])
    together = pfaffian.index_law(9, shift=x, weighted=True)
    assert together.log.shape == together.value.shape == (4, 10)
    for row, shift in zip(together.value, x, strict=True):
        alone = pfaffian.index_law(9, shift=float(shift), weighted=True).value
        np.testing.assert_allclose(row, alone, rtol=0, atol=1e-13 * alone.sum())


def test_far_shifts_have_one_index() -> None:
    law = pfaffian.index_law(6, shift=np.array([-50.0, 50.0])).value
    np.testing.assert_allclose(law, np.eye(7)[[0, 6]], rtol=0, atol=1e-13)


def test_nothing_overflows() -> None:
    law = pfaffian.index_law(100, shift=30.0, weighted=True)
    assert law.log[-1] > 250
    assert np.isfinite(law.value).all()


@pytest.mark.parametrize("rule", [pfaffian.Rule(margin=2.0), pfaffian.Rule(phase=80.0)])
def test_narrow_range_and_coarse_panels_are_caught(rule: pfaffian.Rule) -> None:
    with pytest.raises(AccuracyError, match="orthonormal only to"):
        pfaffian.index_law(12, _rule=rule)


def test_a_wrong_constant_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pfaffian, "_log_constant", lambda _: 0.0)
    with pytest.raises(AccuracyError, match="index law of size 3"):
        pfaffian.index_law(3)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="n must be at least 1"):
        pfaffian.index_law(0)
    with pytest.raises(ValueError, match=r"beta must be an integer in 1\.\.2"):
        pfaffian.index_law(3, beta=4)
    with pytest.raises(ValueError, match="shift must be"):
        pfaffian.index_law(3, shift=math.inf)
