"""Checks at the door name the argument, its value and what is allowed."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from critpoints.validation import choice, integer, nearest, real


@pytest.mark.parametrize("value", [3, np.int32(3), np.uint8(3)])
def test_integers_of_any_kind(value: object) -> None:
    found = integer("n", value, low=1, high=3)
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize("value", [True, np.True_, 2.0, 2.5, "2", None, np.array([2]), 2j])
def test_what_is_no_integer(value: object) -> None:
    with pytest.raises(TypeError, match="n must be an integer, got"):
        integer("n", value)


@pytest.mark.parametrize(
    ("low", "high", "allowed"),
    [(1, None, "at least 1"), (None, -1, "at most -1"), (1, 5, "an integer in 1..5")],
)
def test_integer_ranges(low: int | None, high: int | None, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"n must be {allowed}, got 0"):
        integer("n", 0, low, high)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), Fraction(1, 2), np.int64(1)])
def test_reals_of_any_kind(value: object) -> None:
    found = real("x", value, above=0, at_most=1)
    assert type(found) is float
    assert found == float(value)


@pytest.mark.parametrize(
    "value", [0, 1.0000001, math.nan, math.inf, -math.inf, 10**400, -(10**400)]
)
def test_reals_out_of_range(value: float) -> None:
    with pytest.raises(ValueError, match="x must be a finite number > 0 and <= 1, got"):
        real("x", value, above=0, at_most=1)


@pytest.mark.parametrize("value", [True, "1", None, 1j, np.array([1.0])])
def test_what_is_no_real(value: object) -> None:
    with pytest.raises(TypeError, match="x must be a real number, got"):
        real("x", value)


@pytest.mark.parametrize("bounds", [{"at_least": 1}, {"below": 0}, {"above": 0.5, "below": 1}])
def test_each_bound_is_held(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="x must be a finite number"):
        real("x", 0.0 if "below" in bounds and len(bounds) == 1 else 0.5, **bounds)


def test_choices() -> None:
    assert choice("at", "fixed", ("critical", "fixed")) == "fixed"
    with pytest.raises(ValueError, match="unknown at 'fixd': did you mean fixed"):
        choice("at", "fixd", ("critical", "fixed"))
    with pytest.raises(TypeError, match="at must be one of critical, fixed, got 3"):
        choice("at", 3, ("critical", "fixed"))
    assert nearest("x", []) == ": there is none to choose from"
