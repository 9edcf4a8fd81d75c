"""Tallies add, agree, and survive the way through bytes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from critpoints.errors import StoreError
from critpoints.tally import Counts, Moments, Tally, Values, from_bytes, total

SHAPES = st.integers(1, 6)
LOGS = st.one_of(st.just(-math.inf), st.floats(-1e4, 1e4))
TALLIES = st.one_of(
    arrays.arrays("<i8", SHAPES, elements=st.integers(0, 2**60)).map(Counts),
    arrays.arrays("<f8", SHAPES, elements=LOGS).map(Moments),
    arrays.arrays("<f8", st.tuples(st.integers(0, 4), SHAPES)).map(Values),
)


@given(TALLIES)
def test_bytes_round_trip(tally: Tally) -> None:
    back = from_bytes(tally.kind, tally.data.shape, tally.to_bytes())
    assert type(back) is type(tally)
    assert back.to_bytes() == tally.to_bytes()
    assert back.checksum() == tally.checksum()
    assert back.agrees(tally)


@given(arrays.arrays("<i8", (3, 4), elements=st.integers(0, 2**50)))
def test_counts_add(rows: np.ndarray) -> None:
    joined = total(Counts(row) for row in rows)
    assert joined.data.tolist() == rows.sum(axis=0).tolist()
    assert total(Counts(row) for row in rows[::-1]).agrees(joined)


@given(arrays.arrays("<f8", (3, 4), elements=LOGS))
def test_moments_add_logarithms(rows: np.ndarray) -> None:
    joined = total(Moments(row) for row in rows)
    assert joined.data == pytest.approx(np.logaddexp.reduce(rows, axis=0), abs=1e-9)
    assert total(Moments(row) for row in rows[::-1]).agrees(joined)


def test_moments_beyond_the_largest_float() -> None:
    assert (Moments([5000.0]) + Moments([5000.0])).data[0] == pytest.approx(5000 + math.log(2))


def test_values_keep_their_order() -> None:
    joined = Values([[1.0, 2.0]]) + Values([[3.0, 4.0], [5.0, 6.0]])
    assert joined.data.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_counting() -> None:
    assert Counts.of([0, 2, 2, 1, 2], 5).data.tolist() == [1, 1, 3, 0, 0]
    assert Counts.of([], 3).data.tolist() == [0, 0, 0]


def test_a_tally_is_frozen_and_its_own() -> None:
    mine = np.zeros(3, dtype="<i8")
    tally = Counts(mine)
    mine[0] = 7  # the caller's array stays the caller's
    assert tally.data.tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="read-only"):
        tally.data[0] = 1
    with pytest.raises(AttributeError):
        tally.data = mine


def test_only_like_is_added_to_like() -> None:
    for first, second in [
        (Counts([1]), Moments([1.0])),
        (Counts([1]), Counts([1, 2])),
        (Values([[1.0]]), Values([[1.0, 2.0]])),
    ]:
        with pytest.raises(TypeError, match="cannot add"):
            first + second


def test_agreement_is_exact_for_counts_and_close_for_sums() -> None:
    assert not Counts([10**12]).agrees(Counts([10**12 + 1]))
    assert Moments([0.0]).agrees(Moments([1e-10]))
    assert not Moments([0.0]).agrees(Moments([1e-8]))
    assert Values([[1e9]]).agrees(Values([[1e9 * (1 + 1e-10)]]))
    assert not Values([[1e9]]).agrees(Values([[1e9 * (1 + 1e-8)]]))
    assert not Counts([1]).agrees(Moments([1.0]))


@pytest.mark.parametrize(
    ("kind", "shape", "payload"),
    [
        ("pickle", (1,), bytes(8)),
        ("counts", (2,), bytes(8)),
        ("counts", (1,), bytes(7)),
        ("values", (-1, -1), bytes(8)),
        ("moments", (0,), bytes(8)),
    ],
)
def test_what_cannot_be_a_tally_is_refused(
    kind: str, shape: tuple[int, ...], payload: bytes
) -> None:
    with pytest.raises((StoreError, ValueError)):
        from_bytes(kind, shape, payload)
