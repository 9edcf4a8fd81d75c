"""Minima on the boundary of a box, and points next to its walls."""

import numpy as np
import pytest

from critpoints.census import census
from critpoints.census.walls import beyond
from critpoints.domains import Box
from critpoints.landscapes import DoubleWell, InvertedWells, TorusPolynomial, from_callables
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.protocols import Landscape


def saddle() -> Landscape:
    """x² - y² + y/4 on [-1, 1]²: minima of the function held in the box at (0, ±1)."""
    return from_callables(
        lambda x: x[:, 0] ** 2 - x[:, 1] ** 2 + x[:, 1] / 4,
        lambda x: x * [2.0, -2.0] + [0.0, 0.25],
        lambda x: np.tile(np.diag([2.0, -2.0]), (len(x), 1, 1)),
        domain=Box(2, -1.0, 1.0),
    )


def test_minima_on_edges() -> None:
    found = census(saddle())
    assert found.counts.tolist() == [0, 1, 0]
    assert found.audit
    low = found.boundary_minima
    assert np.allclose(low.points, [[0, -1], [0, 1]], atol=1e-9)
    assert np.allclose(low.values, [-1.25, -0.75])
    assert low.sides.tolist() == [[0, -1], [0, 1]]
    assert [r["sides"] for r in low.records()] == [[0, -1], [0, 1]]


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_minima_in_corners(dim: int) -> None:
    """Hills fall towards the walls: on [-2, 2]^d each axis has its ends and 0, a third of all."""
    found = census(InvertedWells(dim))
    assert len(found.boundary_minima) == 3**dim - 1
    assert (np.abs(found.boundary_minima.sides).sum(axis=1) >= 1).all()
    places = np.where(found.boundary_minima.sides, 2.0 * found.boundary_minima.sides, 0.0)
    assert np.allclose(found.boundary_minima.points, places, atol=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_none_where_the_function_grows_outward(dim: int) -> None:
    assert len(census(DoubleWell(dim)).boundary_minima) == 0


def test_against_a_dense_grid() -> None:
    """Lowest of its neighbours on a grid of the square: interior minima and those on the edge."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        f = TrigonometricSum(
            Box(2, -1.0, 1.5), 2 * rng.normal(size=(6, 2)), *rng.normal(size=(2, 6))
        )
        found = census(f)
        axis = np.linspace(-1.0, 1.5, 401)
        x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        values = np.pad(f.value(x).reshape(401, 401), 1, constant_values=np.inf)
        lowest = np.ones((401, 401), dtype=bool)
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                if i or j:
                    lowest &= values[1:-1, 1:-1] < np.roll(values, (i, j), (0, 1))[1:-1, 1:-1]
        edge = lowest.copy()
        edge[1:-1, 1:-1] = False
        assert lowest[1:-1, 1:-1].sum() == found.counts[0]
        assert edge.sum() == len(found.boundary_minima)


def test_where_there_is_no_boundary_or_it_is_not_searched() -> None:
    assert census(TorusPolynomial(2, 1).sample(np.random.default_rng(0))).boundary_minima is None
    assert census(saddle(), audit=False).boundary_minima is None
    assert census(InvertedWells(5), method="multistart", starts=256).boundary_minima is None


def bowl(place: float) -> Landscape:
    """A bowl in a square, its minimum at (place, place)."""
    form = np.array([[1.0, 0.3], [0.3, 1.0]])
    return from_callables(
        lambda x: np.einsum("mi,ij,mj->m", x - place, form, x - place) / 2,
        lambda x: (x - place) @ form,
        lambda x: np.tile(form, (len(x), 1, 1)),
        domain=Box(2, 0.0, 1.0),
    )


@pytest.mark.parametrize("out", [1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 1e-3])
def test_a_point_outside_the_box_is_not_listed_inside(out: float) -> None:
    for side in (-out, 1 + out):
        found = census(bowl(side), starts=512)
        assert len(found) == 0
        assert found.audit is not False
    for side in (out, 1 - out):  # the control
        found = census(bowl(side), starts=512)
        assert len(found) == 1
        assert np.allclose(found.points, side, rtol=0, atol=1e-15)
        assert found.audit is not False


def test_newton_steps_tell_the_side() -> None:
    x = np.array([[1 - 1e-10, 0.5], [1 - 1e-10, 1 - 1e-10], [0.5, 0.5]])
    assert beyond(bowl(1 + 1e-10), x[1:2]).tolist() == [True]
    assert beyond(bowl(1 - 1e-10), x[1:2]).tolist() == [False]
    assert not beyond(bowl(2.0), x).any()  # far away: no more than a wall on the way
    assert not beyond(TorusPolynomial(2, 1).sample(np.random.default_rng(0)), x).any()
