"""Rows of a store as tallies: every one is checked, and nothing in it is ever run."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from critpoints.errors import StoreError
from critpoints.tally import Tally, all_from_bytes

_DAMAGE = (TypeError, ValueError, OverflowError, RecursionError)
Batch = tuple[int, Tally, float]
"""Number, tally, and the seconds that it took."""


def read(digest: str, rows: Sequence[Sequence[Any]]) -> list[Batch]:
    """Rows (number, kind, shape, payload, checksum, seconds) as batches, in their order.

    Raises
    ------
    StoreError
        If a row is malformed, or its checksum does not fit its content; it names the batch.
    """
    found: list[Batch] = []
    for (kind, text), alike in groupby(rows, key=lambda row: row[1:3]):
        group = list(alike)
        try:
            tallies = all_from_bytes(kind, _shape(text), [row[3] for row in group])
        except _DAMAGE as error:
            for row in group if len(group) > 1 else ():
                read(digest, [row])  # raises, and names the row
            raise StoreError(f"batch {group[0][0]} of {digest[:12]} is damaged: {error}") from error
        _check(digest, f"{kind}:{_shape(text)}:".encode(), group)
        found += [(row[0], tally, row[5]) for row, tally in zip(group, tallies, strict=True)]
    return found


def _check(digest: str, head: bytes, rows: Sequence[Sequence[Any]]) -> None:
    """The checksum of :func:`~critpoints.tally.checksum`, and a sensible time."""
    for number, _, _, payload, said, seconds in rows:
        if hashlib.sha256(head + payload).digest() != said:
            raise StoreError(
                f"batch {number} of {digest[:12]} is damaged: its checksum does not fit"
            )
        if type(number) is not int or type(seconds) is not float or not 0 <= seconds < math.inf:
            raise StoreError(f"batch {number} of {digest[:12]} is damaged: it took {seconds!r} s")


@lru_cache
def _shape(text: str) -> tuple[int, ...]:
    shape = tuple(int(n) for n in json.loads(text))
    if not shape or min(shape) < 0:
        raise ValueError(f"{text!r} is no shape")
    return shape
