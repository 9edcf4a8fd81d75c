"""Searches in any units: functions whose points are known, at sizes and places drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from critpoints.census import Census, census
from critpoints.domains import Box, Domain, Euclidean, Torus
from critpoints.landscapes import from_callables
from critpoints.protocols import Landscape

from .fresh import ends_elsewhere

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

SEED = 20_260_100
LEVEL = 1 - 1e-5
"""Of the bounds, so that not one of thousands may fail."""
MASS = 0.02
FRESH = 2000
_EPS = float(np.finfo(float).eps)
_NORMAL = 1e-290  # derivatives in a range down from its inverse are normal numbers


@dataclass(frozen=True)
class Shape:
    """A function of y and its critical points: all of them, or those of one period.

    Attributes
    ----------
    points : ndarray, shape (k, dim)
        The nondegenerate ones.
    index : ndarray of int, shape (k,)
    reach : float
        All lie within ``[-reach, reach]`` on every axis.
    periodic : bool
        With period 2π.
    flat : callable, optional
        Distances from the degenerate points, if there are any: (m, dim) -> (m,).
    """

    name: str
    value: Function
    gradient: Function
    hessian: Function
    points: Array
    reach: float
    periodic: bool = False
    flat: Function | None = None

    @property
    def dim(self) -> int:
        """Of y."""
        return int(self.points.shape[1])

    @property
    def index(self) -> NDArray[np.int64]:
        """Negative eigenvalues at the points."""
        return np.asarray((np.linalg.eigvalsh(self.hessian(self.points)) < 0).sum(axis=1))


def separable(
    name: str, dim: int, f: Function, first: Function, second: Function, roots: Any, reach: float,
    **kind: Any,
) -> Shape:  # fmt: skip
    """Σ f(y_i), of which f′ has the given simple roots."""
    axis = np.asarray(roots, dtype=float)
    grid = np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    return Shape(
        f"{name}-{dim}", lambda y: f(y).sum(axis=1), first,
        lambda y: second(y)[:, :, None] * np.eye(dim), grid, reach, **kind,
    )  # fmt: skip


def polynomial(name: str, dim: int, coefficients: list[float], reach: float, **kind: Any) -> Shape:
    """Σ p(y_i) of a polynomial given by its coefficients, the constant first."""
    p = Polynomial(coefficients)
    slope, bend = p.deriv(), p.deriv(2)
    roots = np.array([r.real for r in slope.roots() if abs(r.imag) < 1e-12])
    simple = roots[np.abs(bend(roots)) > 1e-3]
    simple = simple - slope(simple) / bend(simple)
    return separable(name, dim, p, slope, bend, simple, reach, **kind)


def _stacked(rows: list[list[Array]]) -> Array:
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def polished(shape: Shape) -> Shape:
    """The same with its points after Newton steps; they must have been near enough."""
    y = shape.points
    for _ in range(8):
        y = y - np.linalg.solve(shape.hessian(y), shape.gradient(y)[:, :, None])[:, :, 0]
    assert np.abs(y - shape.points).max() < 1e-3
    return Shape(shape.name, shape.value, shape.gradient, shape.hessian, y, shape.reach)


def camel() -> Shape:
    """Six-hump camel: 6 minima, 7 saddles, 2 maxima, by eliminating the first coordinate."""
    y = Polynomial([0, 1])
    x = 8 * y - 16 * y**3
    roots = (8 * x - 8.4 * x**3 + 2 * x**5 + y).roots()
    second = np.array([r.real for r in roots if abs(r.imag) < 1e-8])
    return polished(Shape(
        "camel",
        lambda p: (4 - 2.1 * p[:, 0] ** 2 + p[:, 0] ** 4 / 3) * p[:, 0] ** 2
        + p[:, 0] * p[:, 1] + (4 * p[:, 1] ** 2 - 4) * p[:, 1] ** 2,
        lambda p: np.stack([8 * p[:, 0] - 8.4 * p[:, 0] ** 3 + 2 * p[:, 0] ** 5 + p[:, 1],
                            p[:, 0] - 8 * p[:, 1] + 16 * p[:, 1] ** 3], axis=1),
        lambda p: _stacked([[8 - 25.2 * p[:, 0] ** 2 + 10 * p[:, 0] ** 4, 1 + 0 * p[:, 0]],
                            [1 + 0 * p[:, 0], 48 * p[:, 1] ** 2 - 8]]),
        np.stack([x(second), second], axis=1), 2.0,
    ))  # fmt: skip


def himmelblau() -> Shape:
    """4 minima, 4 saddles, a maximum."""
    known = [
        (3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126),
        (-0.270845, -0.923039), (0.086678, 2.884255), (3.385154, 0.073852),
        (-3.073026, -0.081353), (-0.127961, -1.953715),
    ]  # fmt: skip

    def parts(p: Array) -> tuple[Array, Array, Array, Array]:
        x, y = p.T
        return x, y, x**2 + y - 11, x + y**2 - 7

    def gradient(p: Array) -> Array:
        x, y, a, b = parts(p)
        return np.stack([4 * x * a + 2 * b, 2 * a + 4 * y * b], axis=1)

    def hessian(p: Array) -> Array:
        x, y, a, b = parts(p)
        return _stacked([[4 * a + 8 * x**2 + 2, 4 * x + 4 * y],
                         [4 * x + 4 * y, 2 + 4 * b + 8 * y**2]])  # fmt: skip

    return polished(Shape(
        "himmelblau", lambda p: parts(p)[2] ** 2 + parts(p)[3] ** 2, gradient, hessian,
        np.array(known), 5.0,
    ))  # fmt: skip


def rosenbrock() -> Shape:
    """One minimum, in a valley."""

    def gradient(p: Array) -> Array:
        x, y = p.T
        return np.stack([2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=1)

    def hessian(p: Array) -> Array:
        x, y = p.T
        return _stacked([[2 - 400 * y + 1200 * x**2, -400 * x], [-400 * x, 200 + 0 * x]])

    return Shape(
        "rosenbrock", lambda p: (1 - p[:, 0]) ** 2 + 100 * (p[:, 1] - p[:, 0] ** 2) ** 2,
        gradient, hessian, np.ones((1, 2)), 2.0,
    )  # fmt: skip


def product(dim: int) -> Shape:
    """Π cos y_i: extrema where all are ±1; in the plane saddles where all are 0, else lines."""

    def others(y: Array, *left: int) -> Array:
        c = np.cos(y)
        c[:, list(left)] = 1.0
        return c.prod(axis=1)

    def gradient(y: Array) -> Array:
        return np.stack([-np.sin(y[:, i]) * others(y, i) for i in range(dim)], axis=1)

    def hessian(y: Array) -> Array:
        s, f = np.sin(y), np.cos(y).prod(axis=1)
        return _stacked([
            [-f if i == j else s[:, i] * s[:, j] * others(y, i, j) for j in range(dim)]
            for i in range(dim)
        ])  # fmt: skip

    def lines(y: Array) -> Array:
        """Two cosines are zero."""
        gap = np.sort(np.abs((y + np.pi) % np.pi - np.pi / 2), axis=1)
        return np.hypot(gap[:, 0], gap[:, 1])

    grid = [np.stack(np.meshgrid(*[a] * dim, indexing="ij"), -1).reshape(-1, dim)
            for a in ([0.0, np.pi], [np.pi / 2, 3 * np.pi / 2])]  # fmt: skip
    points = np.vstack(grid) if dim == 2 else grid[0]
    return Shape(
        f"product-{dim}", lambda y: np.cos(y).prod(axis=1), gradient, hessian, points, 2 * np.pi,
        True, lines if dim > 2 else None,
    )  # fmt: skip


def bumps(dim: int, apart: float) -> Shape:
    """Two Gaussian wells, or one if they are 0 apart: tails underflow."""
    centre = np.zeros((2, dim))
    centre[:, 0] = -apart, apart

    def parts(y: Array) -> tuple[Array, Array]:
        gap = y[:, None] - centre
        return np.exp(-np.einsum("mki,mki->mk", gap, gap) / 2), gap

    def hessian(y: Array) -> Array:
        e, gap = parts(y)
        outer = np.einsum("mk,mki,mkj->mij", e, gap, gap)
        return np.asarray(e.sum(axis=1)[:, None, None] * np.eye(dim) - outer)

    def gradient(y: Array) -> Array:
        return np.asarray(np.einsum("mk,mki->mi", *parts(y)))

    def slope(t: float) -> float:
        return float(gradient(np.eye(1, dim) * t)[0, 0])

    side = brentq(slope, apart / 2, apart + 0.5, xtol=1e-15) if apart else 0.0
    axis = [-side, 0.0, side] if apart else [0.0]
    points = np.zeros((len(axis), dim))
    points[:, 0] = axis
    return Shape(
        f"bumps-{dim}-{apart:g}", lambda y: -parts(y)[0].sum(axis=1), gradient, hessian, points,
        apart + 3,
    )  # fmt: skip


@cache
def shapes() -> list[Shape]:
    """All of them."""
    found = [camel(), himmelblau(), rosenbrock(), product(2), product(3)]
    for dim in (1, 2, 3):
        found += [
            separable("cosines", dim, np.cos, lambda y: -np.sin(y), lambda y: -np.cos(y),
                      [0, np.pi], 2 * np.pi, periodic=True),
            polynomial("wells", dim, [0, 0, -0.5, 0, 0.25], 2.0),
            polynomial("styblinski", dim, [0, 2.5, -8, 0, 0.5], 5.0),
            polynomial("nothing", dim, [0, 1e-2, 0, 1 / 3], 1.0),
            polynomial("slope", dim, [0, 1.0], 1.0),
            polynomial("quartic", dim, [0, 0, 0, 0, 1.0], 1.0,
                       flat=lambda y: np.linalg.norm(y, axis=1)),
            separable("walls", dim, lambda y: np.cosh(8 * y), lambda y: 8 * np.sinh(8 * y),
                      lambda y: 64 * np.cosh(8 * y), [0.0], 3.0),
            separable("decay", dim, lambda y: np.exp(-y), lambda y: -np.exp(-y),
                      lambda y: np.exp(-y), [], 4.0),
            bumps(dim, 0.0), bumps(dim, 2.0),
        ]  # fmt: skip
    return found


@dataclass(frozen=True)
class Case:
    """A shape in units of its own: ``amplitude · g((x - place) / length) + lift``."""

    number: int
    shape: Shape
    domain: Domain
    amplitude: float
    length: float
    place: Array
    lift: float

    @property
    def normal(self) -> bool:
        """Whether the value and both derivatives are normal numbers, with room for factors."""
        with np.errstate(all="ignore"):
            sizes = self.amplitude / self.length ** np.arange(3.0)
        return bool(((sizes > _NORMAL) & (sizes < 1 / _NORMAL)).all())

    @property
    def spacing(self) -> float:
        """Of the floating-point numbers at the place, in lengths."""
        return float(_EPS * np.abs(self.place).max() / self.length)

    def inner(self, x: Array) -> Array:
        """y of x."""
        return np.asarray((x - self.place) / self.length)

    @property
    def landscape(self) -> Landscape:
        """As a user would state it."""
        slope = self.amplitude / self.length

        def value(x: Array) -> Array:
            return self.amplitude * self.shape.value(self.inner(x)) + self.lift

        def gradient(x: Array) -> Array:
            return slope * self.shape.gradient(self.inner(x))

        def hessian(x: Array) -> Array:
            return slope * self.shape.hessian(self.inner(x)) / self.length

        return from_callables(value, gradient, hessian, domain=self.domain, check=False)

    def gaps(self, x: Array) -> Array:
        """Distances in y between points found and points known: (m, k)."""
        gap = self.inner(x)[:, None, :] - self.shape.points
        if self.shape.periodic:
            gap -= 2 * np.pi * np.round(gap / (2 * np.pi))
        return np.asarray(np.linalg.norm(gap, axis=2))

    @property
    def inside(self) -> Array:
        """Known points in the domain, in y; all translates of a periodic function in a box."""
        known = self.shape.points
        if self.shape.periodic and isinstance(self.domain, Box):
            turns = np.arange(-3, 4) * 2 * np.pi
            shifts = np.stack(np.meshgrid(*[turns] * self.shape.dim), -1).reshape(
                -1, self.shape.dim
            )
            known = (known[:, None] + shifts).reshape(-1, self.shape.dim)
        if not isinstance(self.domain, Box):
            return known
        low, high = (self.inner(end[None]) for end in self.domain.ends)
        return np.asarray(known[((known > low) & (known < high)).all(axis=1)])

    def whole(self, found: Census) -> bool:
        """Whether every known point of the domain is listed."""
        return int((~found.degenerate).sum()) == len(self.inside)


def _all_tame(*sizes: float) -> bool:
    return all(1e-280 < size < 1e280 for size in sizes)


def case(number: int) -> Case:
    """The function of a number: a shape, its domain, its size and its place."""
    rng = np.random.default_rng([SEED, number])
    shape = shapes()[number % len(shapes())]
    amplitude, length = 10 ** rng.uniform(-300, 300), 10 ** rng.uniform(-90, 90)
    tame = rng.random() < 0.85
    while tame and not _all_tame(amplitude, amplitude / length**2):
        amplitude, length = 10 ** rng.uniform(-300, 300), 10 ** rng.uniform(-90, 90)
    lift = amplitude * 10 ** rng.uniform(0, 12) if rng.random() < 0.3 else 0.0
    lift = lift if np.isfinite(lift) else 0.0
    kinds = [Box, Euclidean, Torus] if shape.periodic else [Box, Euclidean]
    kind = kinds[rng.integers(len(kinds))]
    if shape.periodic and kind is Euclidean:  # infinitely many points
        kind = Torus
    if kind is Torus:
        place = length * rng.uniform(0, 2 * np.pi, shape.dim)
        return Case(number, shape, Torus(shape.dim, 2 * np.pi * length), amplitude, length, place,
                    lift)  # fmt: skip
    if kind is Euclidean:
        place = length * rng.uniform(-1, 1, shape.dim) * shape.reach / 4
        reach = length * shape.reach * rng.uniform(1.5, 4.0)
        return Case(number, shape, Euclidean(shape.dim, reach), amplitude, length, place, lift)
    place = np.zeros(shape.dim)
    if rng.random() < 0.5:
        place = length * 10 ** rng.uniform(0, 12) * rng.uniform(-1, 1, shape.dim)
    wide = shape.reach * (1.0 if shape.periodic else 10 ** rng.uniform(0, 1.5))
    low = place - length * wide * rng.uniform(0.7, 1.1, shape.dim)
    high = place + length * wide * rng.uniform(0.7, 1.1, shape.dim)
    return Case(number, shape, Box(shape.dim, tuple(low), tuple(high)), amplitude, length, place,
                lift)  # fmt: skip


def searched(given: Case) -> Census | None:
    """The census of a function; None if it is refused, as it may be if numbers are not normal."""
    with np.errstate(all="ignore"):
        try:
            return census(
                given.landscape, seed=given.number, starts=4000, unseen_mass=MASS, level=LEVEL,
                audit=given.shape.dim < 3, check=False,
            )  # fmt: skip
        except ValueError:
            if given.normal:
                raise
            return None


def falsehoods(given: Case, found: Census) -> list[str]:
    """What a census says that is not so."""
    wrong = ["complete"] if found.complete else []
    listed = np.flatnonzero(~found.degenerate)
    blur = 64 * given.spacing
    if given.shape.points.size and len(listed):
        gap = given.gaps(found.points[listed])
        near = gap.argmin(axis=1)
        here = gap.min(axis=1) <= 1e-6 + blur
        wrong += ["no critical point"] * int((~here).sum())
        wrong += ["wrong index"] * int((given.shape.index[near] != found.index[listed])[here].sum())
        wrong += _twice(given, found.points[listed])
    else:
        wrong += ["no critical point"] * len(listed)
    wrong += _false_degenerate(given, found)
    wrong += _false_sum(given, found)
    return wrong + _false_mass(given, found)


def _twice(given: Case, points: Array) -> list[str]:
    y = given.inner(points)
    gap = y[:, None] - y
    if isinstance(given.domain, Torus):
        gap -= 2 * np.pi * np.round(gap / (2 * np.pi))
    close = np.linalg.norm(gap, axis=2) <= 1e-6 + 64 * given.spacing
    return ["listed twice"] * int((close.sum() - len(y)) // 2)


def _false_degenerate(given: Case, found: Census) -> list[str]:
    """Degenerate points must lie near those of the function, unless x itself is too coarse."""
    points = found.points[found.degenerate]
    if given.spacing > 1e-10 or not len(points):
        return []
    if given.shape.flat is None:
        return ["no degenerate point"] * len(points)
    return ["no degenerate point"] * int((given.shape.flat(given.inner(points)) > 0.02).sum())


def _false_sum(given: Case, found: Census) -> list[str]:
    """The audit compares the sum of what is listed with that of what there is."""
    if found.audit is None or given.shape.flat is not None:
        return []
    signs = (-1.0) ** np.arange(given.shape.dim + 1)
    inside = given.inside
    hessians = (
        given.shape.hessian(inside) if len(inside) else np.empty((0,) + (given.shape.dim,) * 2)
    )
    truth = ((-1.0) ** (np.linalg.eigvalsh(hessians) < 0).sum(axis=1)).sum()
    return [] if found.audit == (found.counts @ signs == truth) else ["audit"]


def _false_mass(given: Case, found: Census) -> list[str]:
    quiet = given.whole(found) and not found.nowhere
    if found.unseen_mass == 1 or quiet or given.shape.flat is not None:
        return []
    count = ends_elsewhere(found, FRESH, given.number)
    return ["mass"] if binom.sf(count - 1, FRESH, found.unseen_mass) < 1e-6 else []


def record(number: int) -> list[Any]:
    """Number, status, points and degenerate points listed, starts, mass, and what is false."""
    given = case(number)
    found = searched(given)
    if found is None:
        return [number, "refused", 0, 0, 0, 1.0, []]
    status = "whole" if given.whole(found) else "part"
    mass = float(f"{found.unseen_mass:.12g}")
    return [number, status, int(found.counts.sum()), int(found.degenerate.sum()), found.starts,
            mass, falsehoods(given, found)]  # fmt: skip
