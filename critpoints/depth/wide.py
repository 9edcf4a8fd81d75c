"""Floats whose exponent has no bound: :math:`2^{10000}` is one, and so is its gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from critpoints.protocols import FloatArray, IntArray

_CHUNK = 1000  # a mantissa in [√½, √2) to this power is still a float
_BLOCK = 2**21  # products held at a time
_NONE = -(2**60)  # exponent of an exact zero: below every other, yet two of them add up


@dataclass(frozen=True, eq=False)
class Wide:
    r"""An array of numbers :math:`m\,2^e`, m a double and e a 64-bit integer.

    Sums, products and powers round as doubles do, at every size: nothing overflows, nothing
    underflows, and a zero is an exact zero.

    Attributes
    ----------
    mantissa : ndarray of float64
        0, or of magnitude in [½, 1).
    exponent : ndarray of int64, same shape
    """

    mantissa: FloatArray
    exponent: IntArray

    @classmethod
    def of(cls, values: ArrayLike, exponent: IntArray | int = 0) -> Wide:
        """The numbers ``values * 2**exponent``, in normal form."""
        mantissa, own = np.frexp(np.asarray(values, dtype=float))
        shifted = np.where(mantissa == 0, _NONE, own + np.asarray(exponent, dtype=np.int64))
        return cls(np.asarray(mantissa), np.asarray(shifted, dtype=np.int64))

    @classmethod
    def stack(cls, parts: list[Wide]) -> Wide:
        """Join along a new first axis."""
        return cls(np.stack([p.mantissa for p in parts]), np.stack([p.exponent for p in parts]))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.mantissa.shape

    @property
    def sign(self) -> FloatArray:
        """-1, 0 or 1."""
        return np.sign(self.mantissa)

    @property
    def log(self) -> FloatArray:
        """Natural logarithm of the magnitude, -inf for zero."""
        with np.errstate(divide="ignore"):
            own = np.log(np.abs(self.mantissa))
        return np.asarray(np.where(self.mantissa == 0, -np.inf, own + self.exponent * math.log(2)))

    @property
    def log10(self) -> FloatArray:
        """Decimal logarithm of the magnitude, -inf for zero."""
        return np.asarray(self.log / math.log(10))

    @property
    def value(self) -> FloatArray:
        """The numbers as doubles: ±inf where they are too large, 0 where too small."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.ldexp(self.mantissa, np.clip(self.exponent, -5000, 5000)))

    @property
    def T(self) -> Wide:
        """Transpose."""
        return Wide(self.mantissa.T, self.exponent.T)

    def __getitem__(self, key: Any) -> Wide:
        return Wide(np.asarray(self.mantissa[key]), np.asarray(self.exponent[key]))

    def __mul__(self, other: Wide) -> Wide:
        return Wide.of(self.mantissa * other.mantissa, self.exponent + other.exponent)

    def __add__(self, other: Wide) -> Wide:
        mantissas = np.broadcast_arrays(self.mantissa, other.mantissa)
        exponents = np.broadcast_arrays(self.exponent, other.exponent)
        return Wide(np.stack(mantissas), np.stack(exponents)).sum(axis=0)

    def __matmul__(self, other: Wide) -> Wide:
        """Product of a matrix (m, k) with a matrix (k, n) or a vector (k,)."""
        if len(other.shape) == 1:
            return (self @ other[:, None])[:, 0]
        rows = max(1, _BLOCK // max(1, other.mantissa.size))
        starts = range(0, self.shape[0], rows)
        parts = [(self[i : i + rows, :, None] * other).sum(axis=1) for i in starts]
        return Wide(
            np.concatenate([p.mantissa for p in parts]), np.concatenate([p.exponent for p in parts])
        )

    def __pow__(self, n: ArrayLike) -> Wide:
        """Powers with exponents >= 0, relative error about ``1 + n / 1000`` roundings; 0^0 = 1."""
        power = np.asarray(n, dtype=np.int64)
        small = np.abs(self.mantissa) < math.sqrt(0.5)
        m = np.where(small, 2 * self.mantissa, self.mantissa)
        e = np.where(self.mantissa == 0, 0, self.exponent - small)
        many, rest = np.divmod(power, _CHUNK)
        found = Wide.of(m**rest, e * power)
        return found * Wide.of(m**_CHUNK) ** many if np.any(many) else found

    def sum(self, axis: int) -> Wide:
        """Sum along one axis."""
        top = self.exponent.max(axis=axis, keepdims=True)
        aligned = np.ldexp(self.mantissa, np.maximum(self.exponent - top, -2000))
        return Wide.of(aligned.sum(axis=axis), np.squeeze(top, axis))
