"""Asymptotic formulas against exact values, inside and outside their stated ranges."""

from __future__ import annotations

import math

import pytest

from critpoints.errors import RangeWarning
from critpoints.theory import asymptotic

LN10 = math.log(10)


@pytest.mark.parametrize(
    ("n", "exact", "tolerance"),
    [
        (3, math.log((math.pi - 2 * math.sqrt(2)) / (4 * math.pi)), 0.007),
        (8, math.log(9.694546749e-10), 0.0025),
        (10, math.log(2.265653158e-14), 0.0017),
        (20, -51.1080237 * LN10, 0.001),
        (40, -197.5906404 * LN10, 0.0005),
    ],
)
def test_expansion_of_the_gaussian_minimum(n: int, exact: float, tolerance: float) -> None:
    assert abs(asymptotic.log_minimum_gaussian(n) - exact) < tolerance


def test_leading_order_is_quadratic_and_linear_in_beta() -> None:
    assert asymptotic.log_minimum_leading(100) == pytest.approx(-2746.530721670, rel=1e-12)
    assert asymptotic.log_minimum_leading(100, 4) == 4 * asymptotic.log_minimum_leading(100)
    relative = asymptotic.log_minimum_leading(40) / (-197.5906404 * LN10)
    assert abs(relative - 1) < 0.05
    assert abs(asymptotic.log_minimum_leading(40) - asymptotic.log_minimum_gaussian(40)) > 10


@pytest.mark.parametrize(
    ("d", "exact", "tolerance"),
    [(10, 6.12035682e-4, 0.01), (20, 1.72755591e-7, 0.005), (40, 5.79707912e-15, 0.005)],
)
def test_expansion_of_the_isotropic_minimum(d: int, exact: float, tolerance: float) -> None:
    assert abs(asymptotic.log_minimum_isotropic(d) - math.log(exact)) < tolerance


def test_index_variance_at_four() -> None:
    p0, p1 = 0.00245670926, math.sqrt(2) / 8
    exact = 2 * (4 * p0 + p1)
    assert exact - asymptotic.index_variance(4) == pytest.approx(-0.0128, abs=5e-5)


@pytest.mark.parametrize(
    ("formula", "low"),
    [
        (asymptotic.log_minimum_leading, asymptotic.LEADING_FROM),
        (asymptotic.log_minimum_gaussian, asymptotic.GAUSSIAN_FROM),
        (asymptotic.index_variance, asymptotic.VARIANCE_FROM),
        (asymptotic.log_minimum_isotropic, asymptotic.ISOTROPIC_FROM),
    ],
)
def test_outside_its_range_a_formula_warns(formula, low: int) -> None:  # type: ignore[no-untyped-def]
    formula(low)
    with pytest.warns(RangeWarning, match=f">= {low}"):
        formula(low - 1)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="n must be at least 1"):
        asymptotic.log_minimum_gaussian(0)
    with pytest.raises(ValueError, match="beta must be a finite number > 0"):
        asymptotic.log_minimum_leading(40, 0)
