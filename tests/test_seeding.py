"""Streams are addresses: a function of where, never of when."""

from __future__ import annotations

import numpy as np
import pytest

from critpoints.seeding import stream
from tests.conformance.agreement import P_LIMIT, p_exact

FIRST = (7594334219555256524, 2199753722438449825, 3706888318857777033, 5913532143224898009)


def numbers(*address: object) -> tuple[int, ...]:
    return tuple(stream(*address).integers(0, 2**63, 4).tolist())


def test_an_address_gives_the_same_numbers_in_any_order() -> None:
    forward = [numbers("root", k) for k in range(20)]
    assert [numbers("root", k) for k in reversed(range(20))] == forward[::-1]
    first, second = stream("root", 0), stream("root", 1)
    mixed = [(first.random(), second.random()) for _ in range(5)]
    again = stream("root", 1).random(5)
    assert [b for _, b in mixed] == again.tolist()


def test_addresses_are_distinct() -> None:
    addresses = [(root, *rest) for root in ("", "a", "b") for rest in ((), (0,), (1,), (0, 0))]
    addresses += [("a", k) for k in range(2, 2000)] + [("a", 0, k) for k in range(1, 50)]
    assert len({numbers(*address) for address in addresses}) == len(addresses)


def test_streams_of_consecutive_batches_are_uncorrelated() -> None:
    draws = np.array([stream("root", k).random(2000) for k in range(50)])
    correlations = np.corrcoef(draws)[np.triu_indices(50, 1)] * 2000**0.5
    assert np.abs(correlations).max() < 5  # 1225 standard normals: P(max > 5) < 1e-3
    counts = np.bincount((draws[:, 0] * 5).astype(int), minlength=5)
    assert p_exact(counts, np.full(5, 0.2)) > P_LIMIT
    twice = np.corrcoef(stream("root", 1).random(2000), stream("root", 1).random(2000))
    assert twice[0, 1] * 2000**0.5 > 5  # control


def test_the_first_numbers_never_change() -> None:
    """Stored tallies are recomputed from these streams."""
    assert numbers("critpoints", 7) == FIRST


def test_no_state_is_taken_from_or_left_in_numpy() -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    numbers("root", 1)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("address", [-1, 1.5])
def test_bad_addresses_are_refused(address: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        stream("root", address)
