"""What crosses from sampling to statistics: small, frozen, addable summaries of a batch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints.errors import StoreError


@dataclass(frozen=True, eq=False)
class Tally:
    """A batch reduced to one array; adding two tallies joins their batches.

    Matrices and realisations die in the worker that made them; only tallies travel and are
    stored.
    """

    data: NDArray[Any]

    dtype: ClassVar[str]
    kind: ClassVar[str]
    plus: ClassVar[np.ufunc] = np.add

    def __post_init__(self) -> None:
        data = np.array(self.data, dtype=self.dtype, order="C")
        data.setflags(write=False)
        object.__setattr__(self, "data", data)

    def __add__(self, other: Self) -> Self:
        return self.join([other])

    def join(self, others: Sequence[Tally]) -> Self:
        """This tally and ``others``, added from left to right."""
        self._require_alike(others)
        rows = type(self).plus.accumulate([self.data, *(t.data for t in others)], axis=0)
        return type(self)(rows[-1])

    def _require_alike(self, others: Sequence[Tally]) -> None:
        for other in others:
            if type(other) is not type(self) or other.data.shape[-1:] != self.data.shape[-1:]:
                raise TypeError(f"cannot add {other!r} to {self!r}")

    def agrees(self, other: Tally) -> bool:
        """Whether two runs of one batch gave the same, up to 1e-9 relative."""
        return (
            type(other) is type(self)
            and other.data.shape == self.data.shape
            and bool(np.allclose(self.data, other.data, rtol=1e-9, atol=0.0, equal_nan=True))
        )

    def to_bytes(self) -> bytes:
        """Little-endian bytes of ``data``, row-major."""
        return self.data.tobytes()

    def checksum(self) -> bytes:
        """SHA-256 of kind, shape and content."""
        return checksum(self.kind, self.data.shape, self.to_bytes())


class Counts(Tally):
    """How many samples fell into each bin: int64, shape (bins,)."""

    dtype = "<i8"
    kind = "counts"

    def agrees(self, other: Tally) -> bool:
        """Counts must be equal."""
        return type(other) is Counts and np.array_equal(self.data, other.data)

    @classmethod
    def of(cls, bins: ArrayLike, length: int) -> Counts:
        """Count integers in ``0..length-1``."""
        return cls(np.bincount(np.asarray(bins, dtype=np.int64), minlength=length))


class Moments(Tally):
    """Natural logarithms of sums of non-negative terms: float64, shape (sums,).

    Logarithms, because a sum of ``|det H|`` in 300 dimensions is not a float; they add by
    ``log(e^a + e^b)``.
    """

    dtype = "<f8"
    kind = "moments"
    plus = np.logaddexp

    def agrees(self, other: Tally) -> bool:
        """Sums must agree to 1e-9, relatively: their logarithms absolutely."""
        return (
            type(other) is Moments
            and other.data.shape == self.data.shape
            and bool(np.allclose(self.data, other.data, rtol=0.0, atol=1e-9))
        )


class Values(Tally):
    """One row an independent run, kept raw and in batch order: float64, shape (runs, columns)."""

    dtype = "<f8"
    kind = "values"

    def join(self, others: Sequence[Tally]) -> Self:
        """The rows of all."""
        self._require_alike(others)
        return type(self)(np.concatenate([self.data, *(t.data for t in others)]))


_KINDS: dict[str, type[Tally]] = {kind.kind: kind for kind in (Counts, Moments, Values)}


def checksum(kind: str, shape: tuple[int, ...], payload: bytes) -> bytes:
    """SHA-256 of kind, shape and content."""
    return hashlib.sha256(f"{kind}:{shape}:".encode() + payload).digest()


def from_bytes(kind: str, shape: tuple[int, ...], payload: bytes) -> Tally:
    """Read back what ``to_bytes`` wrote; never unpickles.

    Raises
    ------
    StoreError
        If the kind is unknown or the payload has not the length that the shape says.
    """
    if kind not in _KINDS:
        raise StoreError(f"unknown kind of tally {kind!r}: allowed are {', '.join(_KINDS)}")
    cls = _KINDS[kind]
    if len(payload) != 8 * math.prod(shape):
        raise StoreError(f"a {kind} tally of shape {shape} cannot hold {len(payload)} bytes")
    found = object.__new__(cls)  # the bytes are read-only already: nothing to copy or freeze
    object.__setattr__(found, "data", np.frombuffer(payload, dtype=cls.dtype).reshape(shape))
    return found


def all_from_bytes(kind: str, shape: tuple[int, ...], payloads: Sequence[bytes]) -> list[Tally]:
    """:func:`from_bytes` for many tallies of one kind and shape, five times as fast.

    Raises
    ------
    StoreError
        If a payload does not fit.
    """
    cls = type(from_bytes(kind, shape, payloads[0]))
    for payload in payloads:
        if len(payload) != len(payloads[0]):
            from_bytes(kind, shape, payload)
    data = np.frombuffer(b"".join(payloads), dtype=cls.dtype).reshape(len(payloads), *shape)
    found = []
    for row in data:
        tally = object.__new__(cls)
        object.__setattr__(tally, "data", row)
        found.append(tally)
    return found


def total(tallies: Iterable[Tally]) -> Tally:
    """Fold tallies from left to right: floating-point addition is not associative."""
    first, *others = tallies
    return first.join(others)


class Prefix(Sequence[Tally]):
    """Tallies of batches 0, 1, … and their totals, so that nobody folds them twice.

    The total after every power of two batches is kept, because precision is judged there.
    """

    def __init__(self, tallies: Iterable[Tally] = ()) -> None:
        self._tallies: list[Tally] = []
        self._totals: dict[int, Tally] = {}
        self._folded = 0
        self._total: Tally | None = None
        self.extend(tallies)

    def extend(self, tallies: Iterable[Tally]) -> None:
        """Take in the next batches."""
        self._tallies.extend(tallies)

    @property
    def total(self) -> Tally:
        """The sum of all."""
        return self.total_of(len(self))

    def total_of(self, batches: int) -> Tally:
        """The sum of the first ``batches``, at least one."""
        if batches in self._totals:
            return self._totals[batches]
        if batches < self._folded:
            return total(self._tallies[:batches])
        if self._total is None:
            self._fold_to(1)
        while self._folded < batches:
            self._fold_to(min(2 * _floor_power(self._folded), batches))
        if self._total is None:
            raise ValueError("a prefix without batches has no total")
        return self._total

    def _fold_to(self, batches: int) -> None:
        more = self._tallies[self._folded : batches]
        self._total = total(more) if self._total is None else self._total.join(more)
        self._folded = batches
        if batches == _floor_power(batches):
            self._totals[batches] = self._total

    def __len__(self) -> int:
        return len(self._tallies)

    def __iter__(self) -> Iterator[Tally]:
        return iter(self._tallies)

    @overload
    def __getitem__(self, place: int) -> Tally: ...

    @overload
    def __getitem__(self, place: slice) -> list[Tally]: ...

    def __getitem__(self, place: int | slice) -> Tally | list[Tally]:
        return self._tallies[place]


def _floor_power(n: int) -> int:
    """The largest power of two up to ``n``, at least 1."""
    return 1 << max(n, 1).bit_length() - 1
