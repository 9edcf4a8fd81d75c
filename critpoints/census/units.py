"""A function in units in which its size and that of its domain are near 1.

Proofs multiply and square derivatives, which numbers of size 1e-160 or 1e160 do not survive. Units
are powers of two, so that going over to them and back is exact; what underflows all the same is
less than :data:`UNDERFLOW`, which every bound has room for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from critpoints.domains import Box, Domain, Euclidean, Torus
from critpoints.protocols import FloatArray, Landscape

UNDERFLOW = 2.0**-1000
"""More than the error of 2^70 results below the normal numbers, of at most 2^-1075 each."""

UNDERFLOWN = 2.0**-1035
"""Numbers below this have at most 39 binary digits left."""

_SUBNORMAL = 2.0**-1050  # more than 2^24 errors of results below the normal numbers
_NEAR = 16  # sizes from 2^-16 to 2^16 need no other units
_SAMPLE = 64


@dataclass(frozen=True)
class Unit:
    """A function of a size near 1, and how to get back from it.

    Attributes
    ----------
    landscape : Landscape
        :math:`g(y) = 2^{-h} f(2^l y)`.
    length, height : int
        l and h.
    """

    landscape: Landscape
    length: int
    height: int

    def back(self, numbers: FloatArray, order: int) -> FloatArray:
        """Derivatives of an order of g as those of f."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.ldexp(numbers, self.height - order * self.length))

    def points(self, y: FloatArray) -> FloatArray:
        """Points of f, as 2^l y; lengths as well."""
        return np.asarray(np.ldexp(y, self.length))

    def inside(self, x: FloatArray) -> FloatArray:
        """Points of g, as 2^-l x."""
        return np.asarray(np.ldexp(x, -self.length))


def unit(landscape: Landscape) -> Unit:
    """The function in units of its own size; itself where it is near 1."""
    known = landscape.normalised()
    if known is not None:
        return Unit(*known) if _far(*known[1:]) else Unit(landscape, 0, 0)
    length, height = _exponents(landscape)
    if not _far(length, height):
        return Unit(landscape, 0, 0)
    if landscape.domain.in_units(length) is None:
        length = 0
    return Unit(Rescaled(landscape, length, height), length, height)


def legible(landscape: Landscape) -> Unit:
    """The function in units of its own size for a search: NaN where underflow has left no digits.

    Of a function with tails these are the units of its steepest part.
    """
    known = landscape.normalised()
    if known is not None and _far(*known[1:]):
        return Unit(*known)
    length, height = _exponents(landscape, np.max)
    if not _far(length, height):
        return Unit(landscape, 0, 0)
    if landscape.domain.in_units(length) is None:
        height, length = height - length, 0
    return Unit(Legible(landscape, length, height), length, height)


def _far(length: int, height: int) -> bool:
    return max(abs(length), abs(height)) > _NEAR


def _exponents(
    landscape: Landscape, typical: Callable[[FloatArray], float] = np.median
) -> tuple[int, int]:
    """Powers of two next to the size of the domain, and to the function's variation over it."""
    length = int(np.frexp(_size(landscape.domain))[1])
    x = landscape.domain.sample(np.random.default_rng(0), _SAMPLE)
    with np.errstate(all="ignore"):
        slopes = np.abs(landscape.gradient(x)).max(axis=1)
    slopes = slopes[np.isfinite(slopes) & (slopes > 0)]
    if not len(slopes):
        return length, 0
    return length, length + int(np.frexp(typical(slopes))[1])


def _size(domain: Domain) -> float:
    if isinstance(domain, Box):
        low, high = domain.ends
        return float((high - low).max())
    if isinstance(domain, Torus):
        return domain.length
    return domain.reach if isinstance(domain, Euclidean) else 1.0


@dataclass(frozen=True, eq=False)
class Rescaled(Landscape):
    r"""A function in other units, :math:`g(y) = 2^{-h} f(2^l y)`: arguments and results scaled.

    Parameters
    ----------
    whole : Landscape
        f, on a domain that is exact in the new units.
    length, height : int
        l and h.
    """

    whole: Landscape
    length: int
    height: int
    dim: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", self.whole.dim)

    @cached_property
    def domain(self) -> Domain:
        found = self.whole.domain.in_units(self.length) if self.length else self.whole.domain
        if found is None:
            raise ValueError(f"length must leave {self.whole.domain} exact, got {self.length}")
        return found

    @property
    def euler(self) -> int | None:
        """That of the function."""
        return self.whole.euler

    @property
    def bounds_proven(self) -> bool:
        """Whether those of the function are."""
        return self.whole.bounds_proven

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return self._down(self.whole.value(self._up(x)), 0)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return self._down(self.whole.gradient(self._up(x)), 1)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        return self._down(self.whole.hessian(self._up(x)), 2)

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian."""
        gradient, hessian = self.whole.derivatives(self._up(x))
        return self._down(gradient, 1), self._down(hessian, 2)

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray | None:
        """Bounds of the third derivatives; one that underflows would be 0."""
        bound = self.whole.third_bound(self._up(center), self._up(radius))
        return None if bound is None else self._down(np.asarray(bound) + _SUBNORMAL, 3) + UNDERFLOW

    def expansion(
        self, center: FloatArray, radius: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Gradient and Hessian, and how far they carry."""
        found = self.whole.expansion(self._up(center), self._up(radius))
        gradient, hessian = map(self._down, found[:2], (1, 2))
        bend, rest = (self._down(b + _SUBNORMAL, k) for b, k in zip(found[2:], (2, 1), strict=True))
        return gradient, hessian, bend + UNDERFLOW, rest + UNDERFLOW

    def rounding(self) -> tuple[float, float] | None:
        """Rounding errors, with what underflows on the way."""
        known = self.whole.rounding()
        if known is None:
            return None
        first, second = map(self._down, np.array(known) + _SUBNORMAL, (1, 2))
        return float(first) + UNDERFLOW, float(second) + UNDERFLOW

    def images(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """Where symmetries of the function take points."""
        return tuple(np.ldexp(y, -self.length) for y in self.whole.images(self._up(x)))

    def _up(self, x: FloatArray) -> FloatArray:
        return np.asarray(np.ldexp(x, self.length))

    def _down(self, derivative: FloatArray, order: int) -> FloatArray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.ldexp(derivative, order * self.length - self.height))


class Legible(Rescaled):
    """A function in other units, NaN where its derivatives have lost their digits to underflow."""

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian."""
        gradient, hessian = self.whole.derivatives(self._up(x))
        curved = np.abs(hessian).max(axis=(1, 2))
        with np.errstate(over="ignore", under="ignore"):
            steep = np.fmax(np.abs(gradient).max(axis=1), np.ldexp(curved, self.length))
            # What gradient and Hessian are where both are typical of this place.
            smaller = np.minimum(steep, np.ldexp(steep, -self.length))
        lost = ((steep > 0) | (curved > 0)) & (smaller < UNDERFLOWN)
        gradient, hessian = self._down(gradient, 1), self._down(hessian, 2)
        gradient[lost], hessian[lost] = np.nan, np.nan
        return gradient, hessian
