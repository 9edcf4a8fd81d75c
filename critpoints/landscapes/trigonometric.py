"""Finite sums of plane waves, and random trigonometric polynomials on the torus."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from critpoints.domains import Box, Domain, Euclidean, Torus, scaled_exactly
from critpoints.protocols import FloatArray, Landscape, RandomField
from critpoints.validation import choice, integer, real

_UNIT = 2.0**-53  # unit roundoff
_UNDERFLOW = 2.0**-1022  # more than 2^50 errors of results below the normal numbers
_BLOCK = 2**15  # waves times points evaluated at once; twice as many take twice as long each

ComplexArray = NDArray[np.complex128]
_Factor = tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, eq=False)
class TrigonometricSum(Landscape):
    r"""A finite sum of waves, in a parabola if wanted.

    .. math:: f(x) = \tfrac\mu2 |x|^2 + \sum_m a_m \cos(k_m \cdot x) + b_m \sin(k_m \cdot x)

    Parameters
    ----------
    on : Domain
        A torus, a box, or all of space.
    waves : array_like, shape (M, dim)
        Wave vectors :math:`k_m`. On a torus of length L integer multiples of 2π/L; they are
        replaced by the exact multiples.
    cosine, sine : array_like, shape (M,)
        Amplitudes a and b.
    curvature : float
        μ; 0 on a torus.

    Raises
    ------
    ValueError
        If a shape does not fit, a number is not finite, or the function is not periodic on the
        torus.
    """

    on: Domain
    waves: FloatArray
    cosine: FloatArray
    sine: FloatArray
    curvature: float = 0.0
    dim: int = field(init=False)

    bounds_proven = True

    def __post_init__(self) -> None:
        if not isinstance(self.on, Domain):
            raise TypeError(f"on must be a domain, got {self.on!r}")
        if not self.on.flat:
            raise ValueError(f"on must be a torus, a box or all of space, got {self.on}")
        object.__setattr__(self, "dim", self.on.dim)
        waves = np.array(self.waves, dtype=float)
        if waves.ndim != 2 or waves.shape[1] != self.dim or not len(waves):
            raise ValueError(f"waves must have shape (M, {self.dim}), got {waves.shape}")
        curvature = real("curvature", self.curvature)
        object.__setattr__(self, "curvature", curvature)
        if isinstance(self.on, Torus):
            waves = _on_lattice(waves, self.on.length)
            if curvature:
                raise ValueError(f"curvature must be 0 on a torus, got {curvature}")
        self._freeze("waves", waves)
        for name in ("cosine", "sine"):
            amplitude = np.array(getattr(self, name), dtype=float)
            if amplitude.shape != waves.shape[:1]:
                raise ValueError(f"{name} must have shape {waves.shape[:1]}, got {amplitude.shape}")
            self._freeze(name, amplitude)

    def _freeze(self, name: str, values: FloatArray) -> None:
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite, got {values}")
        values.flags.writeable = False
        object.__setattr__(self, name, values)

    @property
    def domain(self) -> Domain:
        return self.on

    @property
    def euler(self) -> int | None:
        """On all of space 1 where a positive curvature makes the function grow."""
        return 1 if self.curvature > 0 and isinstance(self.on, Euclidean) else self.on.euler

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        found: FloatArray = self._sum(x, self._table(0))[:, 0]
        if self.curvature:
            found = found + self.curvature / 2 * np.einsum("mi,mi->m", x, x)
        return found

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return self.curvature * x + self._sum(x, self._table(1))

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        return self._unfold_hessian(self._sum(x, self._table(2)))

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian from one evaluation of the waves."""
        both = self._sum(x, self._first_and_second)
        return self.curvature * x + both[:, : self.dim], self._unfold_hessian(both[:, self.dim :])

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors, without Hessians: (m, dim), (m, dim) -> (m, dim)."""
        phase = x @ self.waves.T
        along = (np.cos(phase) * self.cosine + np.sin(phase) * self.sine) * (v @ self.waves.T)
        found: FloatArray = self.curvature * v - along @ self.waves
        return found

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray:
        r"""Bounds of the third derivatives over boxes: shape (m, dim, dim, dim).

        The smaller of the global :math:`\sum_m \sqrt{a_m^2+b_m^2}\,|k_i k_j k_l|` and the value at
        the centre plus radius times the global bound of the fourth derivatives.
        """
        third = np.abs(self._sum(center, self._table(3)))
        return self._unfold_third(self._third_within(third, radius, 1.0))

    def expansion(
        self, center: FloatArray, radius: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        r"""Gradient and Hessian, with bounds over boxes, from one evaluation of the waves.

        On the way from the centre the third derivatives grow in proportion to the distance, so
        that in the remainder :math:`\int_0^1 (1-t)\,\partial^3 f(c+t\delta)\,\delta\delta\,dt` of
        the gradient the fourth derivatives have a weight of 1/6 instead of 1/2.
        """
        all_three = self._sum(center, self._up_to_third)
        second = self.dim + self.dim * (self.dim + 1) // 2
        gradient = self.curvature * center + all_three[:, : self.dim]
        hessian = self._unfold_hessian(all_three[:, self.dim : second])
        third = np.abs(all_three[:, second:])
        most, mean = (self._third_within(third, radius, share) for share in (1.0, 1 / 3))
        column = radius[:, None, :, None]
        bend = np.matmul(self._unfold_third(most), column)[..., 0]
        mean_bend = np.matmul(self._unfold_third(mean), column)[..., 0]
        return gradient, hessian, bend, np.matmul(mean_bend, radius[:, :, None])[..., 0] / 2

    def _third_within(self, third: FloatArray, radius: FloatArray, share: float) -> FloatArray:
        """Bounds of the distinct third derivatives: at the centre, plus a share of their growth."""
        everywhere, drift, roundoff = self._third_sizes
        local = third + (share * np.abs(radius)) @ drift + roundoff
        return np.asarray(np.minimum(local, everywhere) * (1 + 1e-12))

    def _unfold_third(self, distinct: FloatArray) -> FloatArray:
        place, shape = _unfolding(self.dim, 3).ravel(), (len(distinct),) + (self.dim,) * 3
        return distinct.take(place, axis=1).reshape(shape)

    @cached_property
    def _third_sizes(self) -> tuple[FloatArray, FloatArray, float]:
        """Global bounds of the distinct third and fourth derivatives, and rounding."""
        amplitude, sizes = np.hypot(self.cosine, self.sine), np.abs(self.waves)
        grown = self._monomials(sizes, 3)
        drift = np.einsum("m,mp,ml->lp", amplitude, grown, sizes)
        return amplitude @ grown, drift, self._roundoff(3)

    def rounding(self) -> tuple[float, float] | None:
        r"""Bounds of the rounding error of any component of gradient and Hessian.

        Valid for points within one width of the domain; None on all of space, where phases have
        no bound. A component of order p is a sum of 2M products: with unit roundoff u,
        :math:`\gamma_n = nu/(1-nu)` and X the largest coordinate its error is at most

        .. math:: \max_{|i|=p} \sum_m (|a_m|+|b_m|) |k_m^{i}|
            \,[1.01(\gamma_{d+6}\, |k_m|_1 X + 15du) + \gamma_{2M+p+3}] + \mu X \gamma_4 + e .

        The bracket holds the phase (products, sums, and the rounding of the wave vectors
        themselves on a torus, so that the function bounded is exactly periodic), d cosines and
        sines of 4 ulp and the d products of factors, each within √5 u (Brent, Percival and
        Zimmermann 2007), and the sum (Higham 2002, section 3.1). For products that underflow
        :math:`e = 2^{-1022} (1 + \sum_m |a_m|+|b_m|)(1 + \max|k|)^p (1 + X)`.
        """
        if isinstance(self.on, Euclidean):
            return None
        return self._roundoff(1), self._roundoff(2)

    def _roundoff(self, order: int) -> float:
        reach = self._reach
        sizes = np.abs(self.waves)
        phase = _gamma(self.dim + 6) * reach * sizes.sum(axis=1)
        each = np.minimum(1.01 * (phase + 15 * self.dim * _UNIT), 2.0) + _gamma(
            2 * len(self.waves) + order + 3
        )
        amplitude = np.abs(self.cosine) + np.abs(self.sine)
        waves = (amplitude * each) @ self._monomials(sizes, order)
        parabola = {1: abs(self.curvature) * reach, 2: abs(self.curvature)}.get(order, 0.0)
        underflow = _UNDERFLOW * (1 + amplitude.sum()) * (1 + sizes.max()) ** order * (1 + reach)
        return float(waves.max() * (1 + 1e-9) + parabola * _gamma(4) + underflow)

    def normalised(self) -> tuple[TrigonometricSum, int, int] | None:
        """Wave vectors in units of the domain, amplitudes in units of the largest."""
        if type(self) is not TrigonometricSum:  # a subclass may be another function
            return None
        size = {Torus: "length", Euclidean: "reach"}.get(type(self.on))
        width = np.diff(self.on.ends, axis=0).max() if isinstance(self.on, Box) else 0.0
        length = math.frexp(getattr(self.on, size) if size else width)[1]
        largest = np.maximum(np.abs(self.cosine), np.abs(self.sine)).max()
        height = math.frexp(max(largest, abs(float(np.ldexp(self.curvature, 2 * length)))))[1]
        domain = self.on.in_units(length)
        waves = scaled_exactly(self.waves, length)
        cosine, sine = (scaled_exactly(a, -height) for a in (self.cosine, self.sine))
        curvature = scaled_exactly(self.curvature, 2 * length - height)
        if domain is None or waves is None or cosine is None or sine is None or curvature is None:
            return None
        scaled = TrigonometricSum(domain, waves, cosine, sine, float(curvature))
        return scaled, length, height

    @cached_property
    def _reach(self) -> float:
        """Largest coordinate within one width of the domain; no bound to speak of elsewhere."""
        if isinstance(self.on, Torus):
            return 2 * self.on.length
        if isinstance(self.on, Box):
            low, high = self.on.ends
            return float((np.maximum(np.abs(low), np.abs(high)) + (high - low)).max())
        return 1e100  # not infinity, so that a wave of zero stays without error

    def _sum(self, x: FloatArray, table: ComplexArray) -> FloatArray:
        """Real parts of sums of waves, a row of ``table`` each: shape (m, rows)."""
        block = max(_BLOCK // len(self.waves), 16)
        parts = [
            (table @ self._waves_at(x[start : start + block])).real.T
            for start in range(0, len(x), block)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(table)))

    def _waves_at(self, x: FloatArray) -> ComplexArray:
        r"""Waves :math:`e^{ik\cdot x}`: shape (M, m)."""
        if self._factors is None:
            return _exponential(self.waves @ x.T)
        waves = np.ones((1, len(x)), dtype=complex)
        for axis, (components, prefix, component) in enumerate(self._factors):
            factor = _exponential(components[:, None] * x[:, axis])
            waves = waves[prefix] * factor[component]
        return waves

    @cached_property
    def _factors(self) -> list[_Factor] | None:
        """How waves are products of waves along single axes, if that saves cosines.

        For each axis the distinct components, and for each distinct wave vector cut off after
        this axis the places of its two factors: the vector cut off before, and the component.
        """
        factors, prefix = [], np.zeros(len(self.waves), dtype=np.intp)
        for axis in range(self.dim):
            components, component = np.unique(self.waves[:, axis], return_inverse=True)
            last = axis == self.dim - 1
            pairs = np.stack([prefix, component], axis=1)
            if not last:
                pairs, prefix = np.unique(pairs, axis=0, return_inverse=True)
            factors.append((components, pairs[:, 0], pairs[:, 1]))
        return factors if sum(len(f[0]) for f in factors) < len(self.waves) / 2 else None

    def _table(self, order: int) -> ComplexArray:
        """Amplitudes of the waves in each distinct derivative of an order: (distinct, M)."""
        amplitude = (self.cosine - 1j * self.sine) * 1j**order
        found: ComplexArray = amplitude * self._monomials(self.waves, order).T
        return found

    @cached_property
    def _first_and_second(self) -> ComplexArray:
        return np.concatenate([self._table(1), self._table(2)])

    @cached_property
    def _up_to_third(self) -> ComplexArray:
        return np.concatenate([self._first_and_second, self._table(3)])

    def _monomials(self, waves: FloatArray, order: int) -> FloatArray:
        """Products of ``order`` components, one of each kind: shape (M, distinct)."""
        return np.asarray(waves[:, _multi_indices(self.dim, order)].prod(axis=2))

    def _unfold_hessian(self, distinct: FloatArray) -> FloatArray:
        found = distinct[:, _unfolding(self.dim, 2)]
        if self.curvature:
            found[:, np.arange(self.dim), np.arange(self.dim)] += self.curvature
        return found


@dataclass(frozen=True)
class TorusPolynomial(RandomField):
    r"""Random real trigonometric polynomials on the torus of period 2π.

    .. math:: f(x) = \sum_k a_k \cos(k \cdot x) + b_k \sin(k \cdot x), \qquad
        a_k, b_k \sim N(0, s_k^2), \quad \sum_k s_k^2 = 1

    over lattice vectors k with components in -n…n, one of each pair ±k, 0 left out. The field is
    stationary and Gaussian with variance 1.

    Parameters
    ----------
    dim : int
    degree : int
        n.
    spectrum : {"gaussian", "power", "flat"}
        Weights :math:`s_k^2` in proportion to :math:`\exp(-2|k|^2/n^2)`, to
        :math:`|k|^{-d-5}`, or equal. The first is a squared exponential field of correlation
        length 2/n cut at two standard deviations of its spectrum, and so nearly isotropic; the
        second has the tail of a Matérn field of smoothness 5/2; the third is far from isotropic.
    """

    dim: int
    degree: int = 4
    spectrum: str = "gaussian"

    population = "critical points of a random trigonometric polynomial"
    name = "torus"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "degree", integer("degree", self.degree, low=1))
        choice("spectrum", self.spectrum, ("gaussian", "power", "flat"))
        count = ((2 * self.degree + 1) ** self.dim - 1) // 2
        if count > 10**6:
            raise ValueError(
                f"degree {self.degree} in dimension {self.dim} has 10^{math.log10(count):.4g} "
                "waves, at most 10^6 fit"
            )

    @property
    def domain(self) -> Torus:
        return Torus(self.dim)

    @cached_property
    def waves(self) -> FloatArray:
        """Lattice vectors whose first nonzero component is positive: shape (M, dim)."""
        grid = np.indices((2 * self.degree + 1,) * self.dim).reshape(self.dim, -1).T - self.degree
        # In lexicographic order the vectors after 0 are those that begin with a positive number.
        return grid[len(grid) // 2 + 1 :].astype(float)

    @cached_property
    def variances(self) -> FloatArray:
        """Weights s² of the waves, of sum 1: shape (M,)."""
        squared = (self.waves**2).sum(axis=1)
        weights = {
            "gaussian": lambda: np.exp(-2 * (squared - 1) / self.degree**2),
            "power": lambda: squared ** (-(self.dim + 5) / 2),
            "flat": lambda: np.ones_like(squared),
        }[self.spectrum]()
        return np.asarray(weights / weights.sum())

    def moments(self) -> tuple[FloatArray, FloatArray]:
        r"""Second and fourth spectral moments of the law: shapes (d, d) and (d, d, d, d).

        :math:`E\,\partial_i f\,\partial_j f = \sum_k s_k^2 k_i k_j` and
        :math:`E\,\partial_{ij} f\,\partial_{kl} f = \sum_k s_k^2 k_i k_j k_k k_l`. Gradient and
        Hessian at one point are independent, so the Kac-Rice formula needs nothing else.
        """
        weighted = self.variances[:, None] * self.waves
        pairs = np.einsum("mi,mj->mij", self.waves, self.waves)
        fourth = np.einsum("m,mij,mkl->ijkl", self.variances, pairs, pairs)
        return weighted.T @ self.waves, fourth

    def sample(self, rng: np.random.Generator) -> TrigonometricSum:
        """Draw one polynomial."""
        waves = self.waves
        cosine, sine = rng.standard_normal((2, len(waves))) * np.sqrt(self.variances)
        return TrigonometricSum(self.domain, waves, cosine, sine)


def _on_lattice(waves: FloatArray, length: float) -> FloatArray:
    """Wave vectors as exact multiples of 2π / length, refused if they are none."""
    multiple = waves * (length / (2 * np.pi))
    nearest = np.round(multiple)
    if not np.isfinite(waves).all() or np.abs(multiple - nearest).max() > 1e-9:
        raise ValueError(
            f"waves must be integer multiples of 2π/{length:g} on a torus, got {waves}"
        )
    return nearest * (2 * np.pi / length)


def _exponential(phase: FloatArray) -> ComplexArray:
    """exp(i phase), by cosine and sine."""
    found = np.empty(phase.shape, dtype=complex)
    np.cos(phase, out=found.real)
    np.sin(phase, out=found.imag)
    return found


def _gamma(n: int) -> float:
    """Relative error of n roundings."""
    return n * _UNIT / (1 - n * _UNIT)


def _multi_indices(dim: int, order: int) -> NDArray[np.intp]:
    """Ascending index tuples, one for each distinct derivative: shape (distinct, order)."""
    return np.array(list(itertools.combinations_with_replacement(range(dim), order)), dtype=np.intp)


@cache
def _unfolding(dim: int, order: int) -> NDArray[np.intp]:
    """Place of each component of a symmetric tensor among the distinct ones."""
    distinct = [tuple(i) for i in _multi_indices(dim, order).tolist()]
    place = {index: i for i, index in enumerate(distinct)}
    found = [place[tuple(sorted(i))] for i in itertools.product(range(dim), repeat=order)]
    return np.array(found, dtype=np.intp).reshape((dim,) * order)
