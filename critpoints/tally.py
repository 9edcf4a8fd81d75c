"""What crosses from sampling to statistics: small, frozen, addable summaries of a batch."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Self

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

    def __post_init__(self) -> None:
        data = np.array(self.data, dtype=self.dtype, order="C")
        data.setflags(write=False)
        object.__setattr__(self, "data", data)

    def __add__(self, other: Self) -> Self:
        self._require_alike(other)
        return type(self)(self.data + other.data)

    def _require_alike(self, other: Tally) -> None:
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

    def checksum(self) -> str:
        """SHA-256 of kind, shape and content."""
        head = f"{self.kind}:{self.data.shape}:".encode()
        return hashlib.sha256(head + self.to_bytes()).hexdigest()


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

    def __add__(self, other: Self) -> Self:
        self._require_alike(other)
        return type(self)(np.logaddexp(self.data, other.data))

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

    def __add__(self, other: Self) -> Self:
        self._require_alike(other)
        return type(self)(np.concatenate([self.data, other.data]))


_KINDS: dict[str, type[Tally]] = {kind.kind: kind for kind in (Counts, Moments, Values)}


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
    data = np.frombuffer(payload, dtype=cls.dtype)
    return cls(data.reshape(shape))


def total(tallies: Iterable[Tally]) -> Tally:
    """Fold tallies from left to right: floating-point addition is not associative."""
    return reduce(lambda a, b: a + b, tallies)
