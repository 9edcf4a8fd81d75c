"""The pivot recursion: closed forms, identities, an independent integral, asymptotics, controls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gammainc, gammaln

from critpoints.errors import AccuracyError
from critpoints.theory import _signed, pfaffian, pivots

Array = NDArray[np.float64]

CLOSED = [
    1 / 2,
    (2 - math.sqrt(2)) / 4,
    (math.pi - 2 * math.sqrt(2)) / (4 * math.pi),
    1 / 4 - math.sqrt(2) / 16 - 1 / (2 * math.pi),
    (3 * math.pi - 8 - math.sqrt(2)) / (24 * math.pi),
]


def normal(x: Array) -> Array:
    return np.asarray(np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


def two_by_two(beta: float, x: float, weighted: bool) -> Array:
    """The index law of [[a, b], [b, c]] - x by integrating over a and c; b^2 in closed form."""
    node, weight = np.polynomial.legendre.leggauss(32)
    edges = np.linspace(0, 3.4, 18)
    half = np.diff(edges)[:, None] / 2
    t, dt = (edges[:-1, None] + half * (1 + node)).ravel(), (half * weight).ravel()
    a, da = t**8, dt * 8 * t**7
    da = da * np.ones_like(a)
    s, product = beta / 2, np.outer(a, a)
    # E[(ac - g) 1{g < ac}] and E|ac - g|, g ~ Gamma(s)
    below = gammainc(s, product)
    mean = product * below - s * gammainc(s + 1, product)
    law = np.zeros(3)
    for i in (1, -1):
        for j in (1, -1):
            density = np.outer(normal(i * a + x) * da, normal(j * a + x) * da)
            if i == j:
                law[1 - i] += np.sum(density * (mean if weighted else below))
                law[1] += np.sum(density * (mean - product + s if weighted else 1 - below))
            else:
                law[1] += np.sum(density * (product + s if weighted else 1.0))
    return law


def test_closed_forms() -> None:
    found = pivots.log_minimum(5)
    np.testing.assert_allclose(found.value, CLOSED, rtol=2e-13)
    assert found.accuracy == 1e-11
    assert found.accuracy_kind == "relative"
    assert found.method == "pivot recursion"


def test_tabulated_probabilities() -> None:
    log = pivots.log_minimum(40).log
    assert math.exp(log[3]) == pytest.approx(0.00245670926, rel=2e-9)
    assert math.exp(log[4]) == pytest.approx(1.40114685e-4, rel=4e-9)
    assert math.exp(log[7]) == pytest.approx(9.694546749e-10, rel=1e-10)
    assert math.exp(log[9]) == pytest.approx(2.265653158e-14, rel=3e-10)
    assert log[19] / math.log(10) == pytest.approx(-51.1080237, abs=5e-8)
    assert log[39] / math.log(10) == pytest.approx(-197.5906404, abs=5e-8)


def test_weighted_figures() -> None:
    assert np.exp(pivots.log_index_law(4).log) == pytest.approx(
        [0.0024567, math.sqrt(2) / 8, 0.6415332, math.sqrt(2) / 8, 0.0024567], abs=5e-8
    )
    for n, expected in ((2, 0.113270), (3, 0.014298)):
        law = pivots.log_index_law(n, weighted=True).value
        assert law[0] / law.sum() == pytest.approx(expected, abs=5e-7)


def test_all_orders_asymptotics() -> None:
    """Borot, Eynard, Majumdar & Nadal 2011: what is left is O(1/n)."""
    n = np.array([3, 10, 100, 1000])
    log = pivots.log_minimum(1000).log[n - 1]
    formula = (
        -math.log(3) / 4 * n**2
        + math.log(2 * math.sqrt(3) - 3) / 2 * n
        - np.log(n) / 24
        - 0.01722317
    )
    defect = np.abs(log - formula)
    assert defect[0] < 0.007
    assert defect[1] < 0.002
    assert (defect * n < 0.025).all()


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0, 3.0, 4.0, 10.0])
@pytest.mark.parametrize("x", [-1.5, 0.0, 0.8])
@pytest.mark.parametrize("weighted", [False, True])
def test_two_by_two(beta: float, x: float, weighted: bool) -> None:
    expected = two_by_two(beta, x, weighted)
    law = pivots.log_index_law(2, beta=beta, shift=x, weighted=weighted)
    np.testing.assert_allclose(law.value, expected, rtol=1e-11)
    minimum = pivots.log_minimum(2, beta=beta, shift=x, weighted=weighted)
    assert minimum.value[1] == pytest.approx(expected[0], rel=1e-11)


@pytest.mark.parametrize("beta", [1, 2])
@pytest.mark.parametrize(("n", "x"), [(5, 0.4), (14, -2.0)])
@pytest.mark.parametrize("weighted", [False, True])
def test_engines_agree(beta: int, n: int, x: float, weighted: bool) -> None:
    recursion = pivots.log_index_law(n, beta=beta, shift=x, weighted=weighted).value
    bulk = pfaffian.index_law(n, beta=beta, shift=x, weighted=weighted).value
    np.testing.assert_allclose(recursion, bulk, rtol=1e-11, atol=1e-13 * bulk.sum())


def test_engines_agree_at_forty() -> None:
    recursion = pivots.log_index_law(40).value
    np.testing.assert_allclose(recursion, pfaffian.index_law(40).value, rtol=0, atol=1e-13)


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0, 4.0])
def test_mass_symmetry_and_minimum(beta: float) -> None:
    law = pivots.log_index_law(9, beta=beta)
    assert law.value.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(law.log, law.log[::-1], rtol=0, atol=1e-11)
    assert law.log[0] == pytest.approx(pivots.log_minimum(9, beta=beta).log[-1], abs=1e-11)


def test_reflection_of_the_shift() -> None:
    here = pivots.log_index_law(7, shift=1.3, weighted=True).log
    there = pivots.log_index_law(7, shift=-1.3, weighted=True).log
    np.testing.assert_allclose(here, there[::-1], rtol=0, atol=1e-11)


def test_no_index_is_lost_to_underflow() -> None:
    """At n = 60 the extreme indices have probability exp(-1012)."""
    law = pivots.log_index_law(60).log
    assert law[0] == pytest.approx(pivots.log_minimum(60).log[-1], abs=1e-11)
    assert np.isfinite(law).all()
    assert (np.diff(law, 2) < 0).all()


def test_every_ordered_eigenvalue_has_a_density_of_mass_one() -> None:
    r"""D_k(x; N) = sqrt(2) Gamma((N+1)/2) e^{x^2/2} q_{k+1}(x), integrated over x."""
    n, x = 4, np.linspace(-9, 9, 46)
    log = np.array([pivots.log_index_law(n, shift=float(s), weighted=True).log for s in x])
    constant = math.log(2) / 2 + gammaln((n + 1) / 2)
    mass = np.exp(log - x[:, None] ** 2 / 2 - constant).sum(axis=0) * (x[1] - x[0])
    np.testing.assert_allclose(mass, 1, rtol=1e-10)


def test_smallest_eigenvalue_has_a_density_of_mass_one() -> None:
    """The same for k = 0 and every size up to 60 at once, through the vectorised form."""
    n = np.arange(1, 61)
    x = np.linspace(-19, 5, 101)
    log = pivots.log_minimum(60, shift=x, weighted=True).log
    constant = math.log(2) / 2 + gammaln((n + 1) / 2)
    mass = np.exp(log - x[:, None] ** 2 / 2 - constant).sum(axis=0) * (x[1] - x[0])
    np.testing.assert_allclose(mass, 1, rtol=1e-10)


@pytest.mark.parametrize(
    ("d", "expected"),
    [
        (1, 0.5),
        (2, 0.25),
        (3, (29 - 6 * math.sqrt(6)) / 116),
        (4, 0.0598857780),
        (5, 0.0286711436),
        (8, 0.00293138393),
        (10, 6.12035682e-4),
        (20, 1.72755591e-7),
        (40, 5.79707912e-15),
    ],
)
def test_minima_of_isotropic_fields(d: int, expected: float) -> None:
    """f_0(d): D_0 against N(0, 1/2), the sum over k from the Pfaffian."""
    x = np.linspace(-10, 10, 101)
    minimum = pivots.log_minimum(d, shift=x, weighted=True).log[:, -1]
    total = np.log(pfaffian.index_law(d, shift=x, weighted=True).value.sum(axis=1))
    f0 = np.exp(minimum - x * x - total.max()).sum() / np.exp(total - x * x - total.max()).sum()
    assert f0 == pytest.approx(expected, rel=6e-9 if d > 3 else 1e-11)


def test_vector_of_shifts_is_the_scalars() -> None:
    x = np.array([-7.0, -1.0, 0.0, 2.5])
    together = pivots.log_minimum(12, shift=x, weighted=True).log
    assert together.shape == (4, 12)
    for row, shift in zip(together, x, strict=True):
        alone = pivots.log_minimum(12, shift=float(shift), weighted=True).log
        np.testing.assert_allclose(row, alone, rtol=0, atol=1e-11)


@pytest.mark.parametrize("beta", [0.25, 0.7, math.pi])
def test_beta_that_leaves_a_singularity_states_less(beta: float) -> None:
    assert pivots.log_minimum(30, beta=beta).accuracy == 1e-10
    assert pivots.log_index_law(5, beta=beta).value.sum() == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("width", [0.4, 0.2])
def test_a_narrow_range_is_caught_at_any_resolution(width: float) -> None:
    with pytest.raises(AccuracyError, match="widening and refining"):
        pivots.log_minimum(400, _rule=pivots.Rule(base=9, slope=0, width=width))


def test_coarse_panels_are_caught() -> None:
    with pytest.raises(AccuracyError, match="widening and refining"):
        pivots.log_minimum(20, _rule=pivots.Rule(width=1.5, order=8))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "rule",
    [
        _signed.Rule(tail=0.999),
        _signed.Rule(base=3),
        _signed.Rule(order=5),
        _signed.Rule(noise=6),
        _signed.Rule(ratio=20),
    ],
)
def test_bad_rules_of_the_signed_recursion_are_caught(rule: _signed.Rule, weighted: bool) -> None:
    with pytest.raises(AccuracyError, match="pivot recursion"):
        pivots.log_index_law(24, weighted=weighted, _rule=rule)


def test_lost_mass_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two evaluations that agree on the wrong mass."""
    lost = np.log(np.array([0.5, 0.5 - 1e-9]))
    monkeypatch.setattr(_signed, "log_laws", lambda *_: [lost])
    with pytest.raises(AccuracyError, match=r"mass is off by 1\.0e-09"):
        pivots.log_index_law(1)


def test_shifts_out_of_reach_are_errors() -> None:
    with pytest.raises(AccuracyError, match="pivot recursion"):
        pivots.log_minimum(10, shift=1e3)
    with pytest.raises(AccuracyError, match="pivot recursion"):
        pivots.log_index_law(3, shift=80.0)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="n must be at least 1"):
        pivots.log_minimum(0)
    with pytest.raises(ValueError, match="beta must be a finite number"):
        pivots.log_index_law(3, beta=0.0)
    with pytest.raises(ValueError, match="shift must be"):
        pivots.log_minimum(3, shift=math.nan)
    with pytest.raises(ValueError, match="shift must be"):
        pivots.log_minimum(3, shift=[[0.0]])
