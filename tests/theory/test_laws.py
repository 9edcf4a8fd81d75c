"""The door: every name, its shape, its mass, its figures, its refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from critpoints import theory
from critpoints.errors import RangeWarning
from critpoints.theory import confined, laws, pfaffian

ROOT2 = math.sqrt(2)
ALL: list[tuple[str, dict[str, Any]]] = [
    ("independent", {}),
    ("independent", {"minimum": 0.5, "maximum": 0.5, "inflection": 0.0}),
    ("gaussian", {}),
    ("gaussian", {"beta": 2}),
    ("gaussian", {"beta": 2.5}),
    ("wishart", {}),
    ("goi", {"variance": 0.3}),
    ("goi", {"variance": 0}),
    ("isotropic", {}),
    ("isotropic", {"at": "fixed"}),
    ("spin-glass", {"p": 4}),
    ("confined", {"mass": 0.5}),
]


@pytest.mark.parametrize(("name", "parameters"), ALL)
@pytest.mark.parametrize("dim", [1, 2, 9])
def test_every_law_has_its_shape_its_mass_and_its_minimum(
    name: str, parameters: dict[str, Any], dim: int
) -> None:
    law = laws.index_law(name, dim, **parameters)
    one = laws.minimum(name, dim, **parameters)
    assert law.log.shape == (dim + 2,)
    assert one.log.shape == (1,)
    assert np.exp(law.log).sum() == pytest.approx(1, abs=1e-12)
    assert law.log[0] == pytest.approx(one.log[0], abs=1e-9)
    assert one.accuracy_kind == "relative"
    if name != "independent":
        assert law.log[-1] == -math.inf


@pytest.mark.parametrize(("name", "parameters"), ALL)
def test_many_dimensions_agree_with_one_at_a_time(name: str, parameters: dict[str, Any]) -> None:
    dims = [7, 2]
    for dim, found in zip(dims, laws.minima(name, dims, **parameters), strict=True):
        single = laws.minimum(name, dim, **parameters)
        assert found.log[0] == pytest.approx(single.log[0], abs=1e-9)
    assert laws.minima(name, [], **parameters) == []


def test_gaussian_figures() -> None:
    closed = [
        0.5,
        (2 - ROOT2) / 4,
        (math.pi - 2 * ROOT2) / (4 * math.pi),
        0.25 - ROOT2 / 16 - 1 / (2 * math.pi),
        (3 * math.pi - 8 - ROOT2) / (24 * math.pi),
    ]
    found = [math.exp(one.log[0]) for one in laws.minima("gaussian", [1, 2, 3, 4, 5, 8, 10])]
    assert found[:5] == pytest.approx(closed, rel=1e-11)
    assert found[5:] == pytest.approx([9.694546749e-10, 2.265653158e-14], rel=1e-9)
    deep = [one.log[0] / math.log(10) for one in laws.minima("gaussian", [20, 40])]
    assert deep == pytest.approx([-51.1080237, -197.5906404], abs=1e-7)
    law = np.exp(laws.index_law("gaussian", 4).log[:-1])
    expected = [0.0024567, ROOT2 / 8, 0.6415332, ROOT2 / 8, 0.0024567]
    assert law == pytest.approx(expected, abs=5e-8)


def test_three_populations_have_three_answers_in_two_dimensions() -> None:
    found = [
        math.exp(laws.minimum(name, 2, **parameters).log[0])
        for name, parameters in (
            ("gaussian", {}),
            ("isotropic", {"at": "fixed"}),
            ("isotropic", {}),
        )
    ]
    assert found == pytest.approx([0.1464466, 0.2113249, 0.25], abs=1e-7)


@pytest.mark.parametrize(("beta", "dim"), [(1, 30), (1, 100), (2, 40), (4, 24)])
def test_gaussian_laws_have_relative_accuracy_at_every_index(beta: int, dim: int) -> None:
    law = laws.index_law("gaussian", dim, beta=beta)
    assert (law.accuracy_kind, law.drowned.any()) == ("relative", False)
    assert law.log[0] == pytest.approx(laws.minimum("gaussian", dim, beta=beta).log[0], abs=1e-11)
    assert law.log[:-1] == pytest.approx(law.log[-2::-1], abs=1e-11)
    assert np.isfinite(law.log[:-1]).all()
    assert np.exp(law.log).sum() == pytest.approx(1, abs=1e-12)


def test_the_known_tail_of_the_goe() -> None:
    """Index 1 in 30 dimensions, which absolute accuracy calls zero."""
    law, bulk = laws.index_law("gaussian", 30), pfaffian.index_law(30)
    assert law.log[1] / math.log(10) == pytest.approx(-95.69934, abs=1e-5)
    assert bulk.log[1] < math.log(1e-13)
    assert np.exp(law.log[:-1]) == pytest.approx(np.exp(bulk.log), abs=1e-13)


def test_one_pass_serves_many_dimensions() -> None:
    for dim, law in zip([7, 30, 3], laws.index_laws("gaussian", [7, 30, 3]), strict=True):
        assert law.log == pytest.approx(laws.index_law("gaussian", dim).log, abs=1e-11)
    assert laws.index_laws("isotropic", []) == []


INTEGRATED: list[tuple[str, dict[str, Any], int]] = [
    ("confined", {"mass": 2.0}, 6),
    ("confined", {"mass": 3.0}, 4),
    ("goi", {"variance": 0.01}, 12),
]


@pytest.mark.parametrize(("name", "parameters", "dim"), INTEGRATED)
def test_tails_of_integrated_laws_are_relative(
    name: str, parameters: dict[str, Any], dim: int
) -> None:
    """They agree with the bulk where that resolves them, with the half-line recursion at an end."""
    law = laws.index_law(name, dim, **parameters)
    assert law.accuracy_kind == "relative"
    assert np.isfinite(law.log[:-1]).all()
    assert law.log[0] == pytest.approx(laws.minimum(name, dim, **parameters).log[0], abs=1e-9)
    assert np.exp(law.log).sum() == pytest.approx(1, abs=1e-11)


def test_the_far_end_of_a_confined_field_is_that_of_its_maxima() -> None:
    """Another recursion, on the half-line, of what is e^-44 as likely as anything."""
    law = laws.index_law("confined", 8, mass=2.0)
    maxima = confined.log_maxima(8, 2.0).log[0] - confined.log_total(8, 2.0)
    assert law.log[8] == pytest.approx(maxima, abs=1e-9)
    assert law.log[8] < -44


def test_a_shift_that_hardly_varies_leaves_the_tail_of_the_goe() -> None:
    law, goe = laws.index_law("goi", 12, variance=1e-7), laws.index_law("gaussian", 12)
    assert law.accuracy_kind == "relative"
    assert law.log[:-1] == pytest.approx(goe.log[:-1], abs=1e-4)


def test_a_tail_that_is_not_resolved_is_bounded_and_not_zero() -> None:
    law = laws.index_law("goi", 24, variance=0.05)
    exact_there = laws.index_law("gaussian", 24).log  # variance 0 has thinner tails yet
    assert law.accuracy_kind == "absolute"
    assert law.drowned[1:4].all()
    assert not law.drowned[[0, 12, 24, 25]].any()  # the ends, the bulk, and what is impossible
    assert (law.log[law.drowned] == -math.inf).all()
    assert law.log_bound < math.log(1e-12)
    assert (exact_there[law.drowned] < law.log_bound).all()


def test_no_probability_exceeds_one() -> None:
    for mass in np.arange(2.0, 6.0, 0.25):
        assert all(one.log[0] <= 0 for one in laws.minima("confined", [1, 2, 5], mass=float(mass)))
    for name, parameters in ALL:
        assert (laws.index_law(name, 3, **parameters).log <= 0).all()


def test_laws_of_fields_hold_up_to_a_hundred_dimensions() -> None:
    """Mass, mirror symmetry and the Euler sum; the ends agree with the relative engine."""
    law = laws.index_law("spin-glass", 70, p=3)
    sign = (-1.0) ** np.arange(71)
    assert np.exp(law.log).sum() == pytest.approx(1, abs=1e-11)
    assert abs(np.exp(law.log[:-1]) @ sign) < 1e-9


def test_counts_sum_to_what_a_function_must_have() -> None:
    sphere = laws.count("spin-glass", 4, p=3)
    confined = laws.count("confined", 4, mass=0.3)
    assert sphere is not None
    assert confined is not None
    sign = (-1.0) ** np.arange(6)
    assert np.sum(np.exp(sphere.log) * sign) == pytest.approx(2, abs=1e-10)
    assert np.sum(np.exp(confined.log) * sign) == pytest.approx(1, abs=1e-9)
    law = laws.index_law("confined", 4, mass=0.3)
    assert np.exp(law.log) == pytest.approx(np.exp(confined.log) / np.exp(confined.log).sum())


@pytest.mark.parametrize("name", ["independent", "gaussian", "wishart", "isotropic"])
def test_no_count_where_there_is_no_function(name: str) -> None:
    assert laws.count(name, 3) is None


def test_asymptotics_stand_beside_the_exact_value_or_are_absent() -> None:
    for name, dim in (("gaussian", 20), ("isotropic", 30)):
        near = laws.asymptotic(name, dim)
        assert near is not None
        assert near == pytest.approx(laws.minimum(name, dim).log[0], abs=0.01)
    assert laws.asymptotic("gaussian", 1) is None
    assert laws.asymptotic("gaussian", 10, beta=2) is None
    leading = laws.asymptotic("gaussian", 40, beta=2)
    assert leading == pytest.approx(laws.minimum("gaussian", 40, beta=2).log[0], rel=0.05)
    assert laws.asymptotic("isotropic", 40, at="fixed") is None
    assert laws.asymptotic("independent", 3) is None


def test_beyond_the_verified_range_there_is_a_warning() -> None:
    with pytest.warns(RangeWarning, match="index law of goi is verified up to dim = 100, got"):
        laws.index_law("goi", 101, variance=0)
    with pytest.warns(RangeWarning, match="minimum of goi is verified up to dim = 200, got"):
        laws.minima("goi", [201], variance=0)
    with pytest.warns(RangeWarning, match="index law of gaussian is verified up to dim = 100"):
        laws.index_law("gaussian", 101)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"unknown population 'isotropc': did you mean isotropic"):
        laws.index_law("isotropc", 3)
    with pytest.raises(ValueError, match="gaussian has no parameter 'beat': did you mean beta"):
        laws.minimum("gaussian", 3, beat=1)
    with pytest.raises(ValueError, match="confined needs a value for mass"):
        laws.count("confined", 3)
    with pytest.raises(ValueError, match="beta must be a finite number > 0"):
        laws.index_law("gaussian", 3, beta=0)
    with pytest.raises(ValueError, match="variance must be a finite number >= 0"):
        laws.minimum("goi", 3, variance=-1)
    with pytest.raises(ValueError, match="unknown at 'critcal'"):
        laws.index_law("isotropic", 3, at="critcal")
    with pytest.raises(ValueError, match="dim must be at least 1"):
        laws.minima("isotropic", [3, 0])
    with pytest.raises(ValueError, match="p must be at least 2"):
        laws.index_law("spin-glass", 3, p=1)
    with pytest.raises(ValueError, match="mass must be"):
        laws.index_law("confined", 3, mass=0)


def test_the_package_serves_its_names_on_first_use() -> None:
    assert theory.index_law is laws.index_law
    assert theory.Matern(3.0).nu == 3.0
    assert set(theory.__all__) <= set(dir(theory))
    assert all(getattr(theory, name) is not None for name in theory.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        theory.nothing  # noqa: B018
