"""The certified census against known points, dense searches, and functions that must defeat it."""

from __future__ import annotations

import itertools
import math
import pickle
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from critpoints.census.door import census
from critpoints.census.result import Census
from critpoints.census.subdivision import subdivide
from critpoints.domains import Box, Domain, Euclidean, Torus
from critpoints.errors import ContradictionError
from critpoints.landscapes import from_callables
from critpoints.landscapes.trigonometric import TorusPolynomial, TrigonometricSum
from critpoints.protocols import Landscape

TWO_PI = 2 * math.pi


@dataclass(frozen=True)
class Along(Landscape):
    """Sum over the axes of one function g of one variable: g', g'' and a bound of g''' over |x|."""

    dim: int
    on: Domain
    first: Callable[[np.ndarray], np.ndarray]
    second: Callable[[np.ndarray], np.ndarray]
    third: Callable[[np.ndarray], np.ndarray]

    @property
    def domain(self) -> Domain:
        return self.on

    def value(self, x: np.ndarray) -> np.ndarray:
        return x.sum(axis=1)  # only orders the points

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.first(x)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self.second(x)[:, :, None] * np.eye(self.dim)

    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        bound = np.zeros((len(center),) + (self.dim,) * 3)
        axes = np.arange(self.dim)
        bound[:, axes, axes, axes] = self.third(np.abs(center) + radius)
        return bound


def double_well(dim: int, on: Domain | None = None) -> Along:
    """Σ x²/2 − x⁴/4: points at every combination of -1, 0, 1; only 0 is a minimum."""
    on = Box(dim, -2.0, 2.5) if on is None else on
    return Along(dim, on, lambda x: x - x**3, lambda x: 1 - 3 * x**2, lambda s: 6 * s)


def power(dim: int, p: int, on: Domain | None = None) -> Along:
    """Σ x^p / p: one degenerate point, at 0."""
    on = Box(dim, -1.1, 1.0) if on is None else on
    return Along(
        dim, on, lambda x: x ** (p - 1), lambda x: (p - 1) * x ** (p - 2),
        lambda s: (p - 1) * (p - 2) * s ** (p - 3),
    )  # fmt: skip


def cosines(dim: int, on: Domain) -> TrigonometricSum:
    """Σ cos x_i: points where every coordinate is a multiple of π."""
    return TrigonometricSum(on, np.eye(dim), np.ones(dim), np.zeros(dim))


def proven(census: Census) -> bool:
    return bool(
        census.complete and census.distinct and census.certified.all()
        and not census.degenerate.any() and census.undecided == 0
        and census.undecided_volume == 0
    )  # fmt: skip


def same_points(one: np.ndarray, two: np.ndarray, on: Domain, within: float = 1e-6) -> bool:
    if len(one) != len(two):
        return False
    gap = np.array([on.distance(np.broadcast_to(x, two.shape), two).min() for x in one])
    return bool((gap < within).all())


@pytest.mark.parametrize(
    ("dim", "degree", "spectrum", "draws"),
    [(1, 8, "flat", 80), (1, 12, "gaussian", 40), (2, 3, "flat", 30), (2, 4, "gaussian", 20),
     (2, 3, "power", 20), (3, 1, "flat", 12), (3, 2, "gaussian", 2), (4, 1, "gaussian", 1)],
)  # fmt: skip
def test_euler_characteristic_of_the_torus(
    dim: int, degree: int, spectrum: str, draws: int
) -> None:
    law = TorusPolynomial(dim, degree, spectrum)
    for seed in range(draws):
        census = subdivide(law.sample(np.random.default_rng(seed)))
        assert proven(census)
        assert census.euler == 0
        assert census.audit is True
        assert census.counts[0] >= 1
        assert census.counts[dim] >= 1
        assert census.residuals.max() < 1e-10
        assert (np.diff(census.values) >= 0).all()
        assert ((census.points >= 0) & (census.points < TWO_PI)).all()


@pytest.mark.parametrize("seed", range(10))
def test_against_sign_changes(seed: int) -> None:
    """In one dimension every zero of f' between 20,000 grid points changes its sign."""
    f = TorusPolynomial(1, 10).sample(np.random.default_rng(seed))
    census = subdivide(f)
    grid = np.linspace(0, TWO_PI, 20_001)[:-1, None] + 1e-5
    slope = f.gradient(grid)[:, 0]
    rises = (slope < 0) & (np.roll(slope, -1) > 0)
    falls = (slope > 0) & (np.roll(slope, -1) < 0)
    assert census.counts.tolist() == [rises.sum(), falls.sum()]
    crossings = grid[rises | falls] + TWO_PI / 40_000
    assert same_points(crossings, census.points, f.domain, 2e-4)


def dense_search(f: Landscape, side: int) -> np.ndarray:
    """Newton's method from every point of a grid, repeats dropped."""
    grid = np.indices((side,) * f.dim).reshape(f.dim, -1).T * (TWO_PI / side)
    x = grid
    for _ in range(60):
        step = np.linalg.solve(f.hessian(x), f.gradient(x)[:, :, None])[:, :, 0]
        size = np.linalg.norm(step, axis=1, keepdims=True)
        x = x - step * np.minimum(1, 0.3 / np.maximum(size, 1e-300))
    x = f.domain.wrap(x[np.linalg.norm(f.gradient(x), axis=1) < 1e-10])
    kept: list[np.ndarray] = []
    for y in x:
        if not kept or f.domain.distance(np.array(kept), y[None]).min() > 1e-6:
            kept.append(y)
    return np.array(kept)


@pytest.mark.parametrize(
    ("dim", "degree", "side", "seed"), [(2, 3, 50, 1), (2, 4, 60, 2), (3, 1, 12, 3)]
)
def test_against_a_dense_search(dim: int, degree: int, side: int, seed: int) -> None:
    f = TorusPolynomial(dim, degree, "flat").sample(np.random.default_rng(seed))
    census = subdivide(f)
    assert same_points(dense_search(f, side), census.points, f.domain)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_all_points_of_the_double_well(dim: int) -> None:
    census = subdivide(double_well(dim))
    assert proven(census)
    assert census.counts.tolist() == [math.comb(dim, k) * 2**k for k in range(dim + 1)]
    known = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=dim)))
    assert same_points(known, census.points, Box(dim, -2.0, 2.0), 1e-9)
    assert census.euler is None
    assert census.audit is None


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("shift", [0.0, math.pi / 2, 0.1])
def test_points_on_faces_and_corners_of_cells(dim: int, shift: float) -> None:
    """Halves and quarters of the torus: zeros on faces, edges and the seam, each found once."""
    c, s = math.cos(shift), math.sin(shift)
    f = TrigonometricSum(Torus(dim), np.eye(dim), np.full(dim, c), np.full(dim, s))
    census = subdivide(f)
    assert proven(census)
    assert census.counts.tolist() == [math.comb(dim, k) for k in range(dim + 1)]
    known = np.array(list(itertools.product((shift, shift + math.pi), repeat=dim)))
    assert same_points(known, census.points, f.domain, 1e-9)


def test_a_coupled_point_on_a_corner_of_cells() -> None:
    """The same with a Hessian that is not diagonal: waves (1, 1) and (1, -1)."""
    f = TrigonometricSum(Torus(2), [[1, 1], [1, -1]], [1.0, 0.6], [0.0, 0.0])
    census = subdivide(f)
    assert proven(census)
    assert census.counts.tolist() == [2, 4, 2]
    known = np.array(list(itertools.product((0, math.pi), repeat=2)))
    known = np.concatenate([known, known + math.pi / 2])
    assert same_points(known, census.points, f.domain, 1e-9)


def test_points_just_inside_and_outside_of_a_box() -> None:
    for low, points in ((math.pi - 1e-9, 2), (math.pi + 1e-9, 1)):
        census = subdivide(cosines(1, Box(1, low, 7.0)))
        assert proven(census)
        assert len(census) == points


def test_a_point_on_the_face_of_a_box_is_undecided() -> None:
    box = Box(2, 0.0, 4.0)
    census = subdivide(cosines(2, box))
    assert census.distinct
    assert not census.complete
    assert len(census) == 4
    inside = census.points.min(axis=1) > 1
    assert np.array_equal(census.certified, inside)
    assert census.undecided == 3
    assert census.undecided_volume == 0.0
    assert not census.degenerate.any()
    assert box.contains(census.points).all()


@pytest.mark.parametrize("f", [power(1, 3), power(1, 4), power(2, 3), power(2, 4), power(3, 4)])
def test_degenerate_points_are_not_certified(f: Along) -> None:
    census = subdivide(f)
    assert not census.complete
    assert census.undecided > 0
    assert 0 < census.undecided_volume < 1e-3
    assert not census.certified.any()
    assert census.degenerate.tolist() == [True]
    assert np.abs(census.points).max() < 1e-4
    assert census.counts.sum() == 0


@pytest.mark.parametrize("p", [40, 60, 100])
def test_a_hessian_too_small_to_invert_excludes_nothing(p: int) -> None:
    """x^(p-2) underflows about 0, so that its inverse is infinite and the Newton step no number."""
    census = subdivide(power(2, p))
    assert not census.complete
    assert census.undecided > 0
    assert not census.certified.any()
    inside = np.abs(census.points[census.degenerate]) < 1
    assert inside.all()


def inertia(matrix: np.ndarray) -> int:
    """Negative pivots in rational arithmetic: the exact index."""
    rest = [[Fraction(x) for x in row] for row in matrix.tolist()]
    negative = 0
    while rest:
        (pivot, *row), *below = rest
        negative += pivot < 0
        rest = [
            [x - line[0] / pivot * r for x, r in zip(line[1:], row, strict=True)] for line in below
        ]
    return negative


def test_an_index_hidden_by_rounding_is_not_certified() -> None:
    """Quadratics scaled from 1 to 1e-24: eigenvalues come out with the wrong sign in some."""
    rng = np.random.default_rng(0)
    certified = wrong = 0
    for _ in range(120):
        scale = 10 ** rng.uniform(-12, 0, 3)
        form = rng.standard_normal((3, 3)) * np.outer(scale, scale)
        form = np.tril(form) + np.tril(form, -1).T
        f = from_callables(
            lambda x, a=form: np.einsum("mi,ij,mj->m", x, a, x) / 2,
            lambda x, a=form: x @ a,
            lambda x, a=form: np.broadcast_to(a, (len(x), 3, 3)),
            domain=Box(3, -1.0, 1.3),
            third_bound=lambda c, _: np.zeros((len(c), 3, 3, 3)),
            rounding=(1e-30, 1e-30),
        )
        census = subdivide(f)
        computed = (census.eigenvalues < 0).sum(axis=1)
        exact = inertia(form)
        assert (computed[census.certified] == exact).all()
        assert len(census) == 1
        assert census.complete == census.certified.all()
        certified += census.certified.sum()
        wrong += (computed != exact).sum()
    assert certified > 50
    assert wrong > 0  # the control: signs alone would have been believed


def test_a_degenerate_point_among_others() -> None:
    """cos x + cos 2x / 4 has g'' = 0 at π: one minimum is degenerate, the rest is certified."""
    waves = [[1, 0], [2, 0], [0, 1]]
    f = TrigonometricSum(Torus(2), waves, [1.0, 0.25, 1.0], np.zeros(3))
    census = subdivide(f)
    assert not census.complete
    assert (~census.certified).sum() == census.degenerate.sum() == 2
    assert np.abs(census.points[census.degenerate][:, 0] - math.pi).max() < 1e-3
    assert census.certified.sum() == 2
    assert census.distinct


def test_a_line_of_critical_points_ends_at_the_bound() -> None:
    f = TrigonometricSum(Torus(2), [[1.0, 1.0]], [1.0], [0.0])
    census = subdivide(f, max_cells=20_000)
    assert not census.complete
    assert census.undecided > 100
    assert 0 < census.undecided_volume < 0.1
    assert not census.certified.any()


@pytest.mark.parametrize("limit", [{"max_cells": 1}, {"max_cells": 2000}, {"memory": 20_000.0}])
def test_bounds_stop_honestly(limit: dict) -> None:
    f = TorusPolynomial(2, 4, "flat").sample(np.random.default_rng(1))
    census, whole = subdivide(f, **limit), subdivide(f)
    assert proven(whole)
    assert not census.complete
    assert census.undecided > 0
    assert 0 < census.undecided_volume <= 1
    assert census.certified.all()
    assert len(census) < len(whole)
    if limit == {"max_cells": 1}:
        assert len(census) == 0
        assert math.isclose(census.undecided_volume, 1, rel_tol=1e-9)
    for x in census.points:
        assert whole.landscape.domain.distance(whole.points, x[None]).min() < 1e-9


def test_memory_is_bounded_and_what_is_left_is_stated() -> None:
    """A surface of critical points, and more points than fit; 10 MB are more than a batch takes."""
    surface = TrigonometricSum(Torus(3), np.ones((1, 3)), [1.0], [0.0])
    many = TrigonometricSum(Torus(2), 100 * np.eye(2), np.ones(2), np.full(2, 0.3))
    for f in (surface, many):
        tracemalloc.start()
        census = subdivide(f, memory=1e7)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1e7
        assert not census.complete
        assert 0 < census.undecided_volume <= 1
        assert census.undecided > 1000


@dataclass(frozen=True)
class TooSmooth(Landscape):
    """A function that claims third derivatives a hundred times smaller than they are."""

    f: TrigonometricSum

    @property
    def dim(self) -> int:
        return self.f.dim

    @property
    def domain(self) -> Domain:
        return self.f.domain

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.f.value(x)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.f.gradient(x)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self.f.hessian(x)

    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return self.f.third_bound(center, radius) / 100


def test_a_wrong_bound_is_refused() -> None:
    """Held against differences of the Hessian; the control is the same function's right bound."""
    for seed in range(10):
        f = TorusPolynomial(2, 3, "flat").sample(np.random.default_rng(seed))
        with pytest.raises(ValueError, match=r"third_bound must bound .* component \(\d, \d, \d\)"):
            subdivide(TooSmooth(f))
        assert subdivide(Stated(f)).assumption.startswith("the bounds of the third derivatives")


@dataclass(frozen=True)
class Stated(TooSmooth):
    """The same with its right bounds."""

    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return self.f.third_bound(center, radius)


@dataclass(frozen=True)
class Hidden(Stated):
    """Right bounds, but an Euler sum that is not that of the function."""

    @property
    def euler(self) -> int:
        return 3


def test_a_proof_and_a_wrong_sum_are_never_returned_together() -> None:
    f = TorusPolynomial(2, 3, "flat").sample(np.random.default_rng(0))
    for search in (subdivide, census, lambda g: census(g, method="subdivision")):
        assert search(Stated(f)).complete
        with pytest.raises(ContradictionError, match="Euler sum is 0 instead of 3") as caught:
            search(Hidden(f))
        found = caught.value.census
        assert found.complete
        assert found.audit is False
        copy = pickle.loads(pickle.dumps(ContradictionError("why", 3)))  # noqa: S301 - its own
        assert (str(copy), copy.census) == ("why", 3)
    assert not census(Hidden(f), method="multistart", starts=256).complete


@dataclass(frozen=True)
class Unbounded(TooSmooth):
    """A function whose bounds or rounding errors are no numbers, or infinite."""

    bound: float = 1.0
    error: float = 0.0

    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return self.f.third_bound(center, radius) * self.bound

    def rounding(self) -> tuple[float, float]:
        return self.error, self.error


@pytest.mark.parametrize(
    "nothing", [{"bound": math.nan}, {"bound": math.inf}, {"error": math.nan}, {"error": math.inf}]
)
def test_bounds_that_bound_nothing_prove_nothing(nothing: dict[str, float]) -> None:
    f = TorusPolynomial(2, 1, "flat").sample(np.random.default_rng(0))
    found = subdivide(Unbounded(f, **nothing), max_cells=2000)
    assert not found.complete
    assert found.undecided > 0
    assert not found.certified.any()
    assert subdivide(Unbounded(f, error=1e-14)).complete


def test_a_missing_point_is_caught() -> None:
    """Negative control: without any one of its points the sum is not 0."""
    census = subdivide(TorusPolynomial(2, 3).sample(np.random.default_rng(3)))
    signs = (-1) ** census.index
    assert signs.sum() == census.euler_expected == 0
    assert all(np.delete(signs, i).sum() != 0 for i in range(len(census)))


def test_without_a_bound_of_rounding_sizes_are_sampled() -> None:
    """The double well has no ``rounding``; a rounding too large leaves everything undecided."""

    class Rough(TrigonometricSum):
        def rounding(self) -> tuple[float, float]:
            return 10.0, 10.0

    assert double_well(2).rounding() is None
    assert subdivide(double_well(2)).assumption.startswith(
        "the bounds of the third derivatives hold, and rounding errors of gradient and Hessian are"
    )
    assert subdivide(cosines(1, Torus(1))).assumption == ""
    f = cosines(2, Torus(2))
    census = subdivide(Rough(f.on, f.waves, f.cosine, f.sine))
    assert not census.complete
    assert not census.certified.any()
    assert census.undecided_volume > 0.9


def test_what_cannot_be_searched_is_refused() -> None:
    wave = ([[1.0, 0.0]], [1.0], [0.0])
    with pytest.raises(ValueError, match="box or a torus"):
        subdivide(TrigonometricSum(Euclidean(2), *wave))

    class Bare(TrigonometricSum):
        def third_bound(self, center: np.ndarray, radius: np.ndarray) -> None:
            return None

    with pytest.raises(ValueError, match="third_bound"):
        subdivide(Bare(Torus(2), *wave))
    broken = Along(1, Box(1), lambda x: np.log(0 * x - 1), lambda x: x, lambda s: 9 + s)
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="finite"):
        subdivide(broken)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("max_cells", 0, ValueError), ("max_cells", 1.5, TypeError), ("memory", -1.0, ValueError),
     ("tolerance", 0.0, ValueError), ("tolerance", 2.0, ValueError)],
)  # fmt: skip
def test_bad_settings(name: str, value: float, error: type[Exception]) -> None:
    with pytest.raises(error, match=name):
        subdivide(cosines(1, Torus(1)), **{name: value})
