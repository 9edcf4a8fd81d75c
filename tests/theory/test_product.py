"""Product laws against their closed forms, enumeration and the functions they describe."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from critpoints.theory import product


def test_thirds_and_halves_are_logarithms_at_any_depth() -> None:
    assert product.log_thirds(2) == pytest.approx(math.log(1 / 9), rel=1e-15)
    assert product.log_thirds(2000) == pytest.approx(-2000 * math.log(3), rel=1e-15)
    assert product.log_halves(10) == pytest.approx(math.log(2.0**-10), rel=1e-15)


def test_seed_model_is_a_special_case_of_independent_axes() -> None:
    for dim in (1, 3, 40):
        assert product.log_minimum(dim) == pytest.approx(product.log_thirds(dim), rel=1e-14)
        assert product.log_index_law(dim)[0] == pytest.approx(product.log_thirds(dim), rel=1e-12)


def test_index_law_agrees_with_enumeration_of_the_axes() -> None:
    p = (0.5, 0.2, 0.3)
    dim = 4
    expected = np.zeros(dim + 2)
    for axes in itertools.product(range(3), repeat=dim):
        weight = math.prod(p[a] for a in axes)
        expected[dim + 1 if 2 in axes else axes.count(1)] += weight
    law = np.exp(product.log_index_law(dim, minimum=p[0], maximum=p[1], inflection=p[2]))
    assert law == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("p", [(1 / 3, 1 / 3, 1 / 3), (0.5, 0.5, 0), (1, 0, 0), (0, 0, 1)])
def test_index_law_has_mass_one(p: tuple[float, float, float]) -> None:
    law = product.log_index_law(7, minimum=p[0], maximum=p[1], inflection=p[2])
    assert law.shape == (9,)
    assert np.exp(law).sum() == pytest.approx(1, abs=1e-13)


def test_rare_inflections_keep_their_relative_accuracy() -> None:
    law = product.log_index_law(10, minimum=0.5, maximum=0.5 - 1e-18, inflection=1e-18)
    assert law[-1] == pytest.approx(math.log(1e-17), rel=1e-12)


def test_number_of_minima_is_binomial() -> None:
    law = np.exp(product.log_minima_count(81, 3))
    j = np.arange(82)
    assert law.sum() == pytest.approx(1, abs=1e-12)
    assert (j * law).sum() == pytest.approx(3, rel=1e-12)
    assert law[0] == pytest.approx((26 / 27) ** 81, rel=1e-12)


def test_separable_fractions() -> None:
    assert product.log_separable(3, 2) == pytest.approx(3 * math.log(2 / 3), rel=1e-14)
    assert product.log_separable(2, 11) == pytest.approx(2 * math.log(11 / 21), rel=1e-14)
    x = np.linspace(-5.12, 5.12, 100_000)
    slope = 2 * x + 20 * math.pi * np.sin(2 * math.pi * x)
    turns = np.sign(slope[1:]) - np.sign(slope[:-1])
    minima, maxima = int((turns > 0).sum()), int((turns < 0).sum())
    assert (minima, maxima) == (11, 10)


def test_a_morse_function_reaches_the_fraction_of_the_seed_model() -> None:
    """x^2/2 - x^4/4 has the minimum 0 and the maxima -1 and 1 on each axis."""
    assert product.log_minimum(5, minimum=1 / 3, maximum=2 / 3, inflection=0) == pytest.approx(
        product.log_thirds(5), rel=1e-14
    )


@pytest.mark.parametrize(
    "p", [(0.5, 0.5, 0.5), (-0.1, 0.6, 0.5), (1.1, -0.1, 0), (math.nan, 0.5, 0.5)]
)
def test_probabilities_that_are_none_are_refused(p: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"must be|inflection"):
        product.log_index_law(2, minimum=p[0], maximum=p[1], inflection=p[2])


def test_bad_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="dim must be at least 1"):
        product.log_thirds(0)
    with pytest.raises(ValueError, match="minima must be at least 1"):
        product.log_separable(2, 0)
    with pytest.raises(ValueError, match="points must be at least 0"):
        product.log_minima_count(-1, 2)
