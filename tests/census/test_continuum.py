"""Degenerate points: manifolds with their dimension, isolated points, and none where none are."""

import importlib
import math

import numpy as np
import pytest

from critpoints.census import continuum
from critpoints.domains import Box, Euclidean, Torus
from critpoints.landscapes import from_callables
from critpoints.landscapes.known import Autoencoder, DeepLinear

multistart = importlib.import_module("critpoints.census.multistart").multistart


def manifolds(found):
    """Dimensions and values of what is not isolated."""
    rows = found.manifold_dim != 0
    values = found.values[rows].round(9) + 0.0
    return sorted(zip(found.manifold_dim[rows].tolist(), values.tolist(), strict=True))


def rotors(size, pairs):
    """The XY model: -Σ cos(x_i - x_j) over some pairs."""
    edges = np.zeros((len(pairs), size))
    for k, (i, j) in enumerate(pairs):
        edges[k, [i, j]] = 1.0, -1.0
    return from_callables(
        lambda x: -np.cos(x @ edges.T).sum(axis=1),
        lambda x: np.sin(x @ edges.T) @ edges,
        lambda x: np.einsum("mk,ki,kj->mij", np.cos(x @ edges.T), edges, edges),
        domain=Torus(size),
    )


def hat(box):
    """(|x|² - 1)²: a circle of minima about a maximum."""
    return from_callables(
        lambda x: ((x**2).sum(axis=1) - 1) ** 2,
        lambda x: 4 * ((x**2).sum(axis=1) - 1)[:, None] * x,
        lambda x: (
            4 * ((x**2).sum(axis=1) - 1)[:, None, None] * np.eye(2)
            + 8 * x[:, :, None] * x[:, None, :]
        ),
        domain=box,
    )


def test_a_circle_of_minima():
    for side in (2.0, 20.0):
        found = multistart(hat(Box(2, -side, 1.2 * side)))
        assert found.counts.tolist() == [0, 0, 1]
        assert manifolds(found) == [(1, 0.0)]
        assert found.unseen_mass < 2e-3
        assert found.unseen[1] < 1


def test_three_rotors():
    found = multistart(rotors(3, [(0, 1), (1, 2), (2, 0)]))
    assert found.counts.sum() == 0
    assert manifolds(found) == [(1, -3.0), (1, 1.0), (1, 1.0), (1, 1.0), (1, 1.5), (1, 1.5)]


def test_four_rotors_all_to_all():
    """Circles, and where the magnetisation is 0 three tori that cross, joined there or not."""
    found = multistart(rotors(4, [(i, j) for i in range(4) for j in range(i)]))
    assert found.counts.sum() == 0
    circles = [row for row in manifolds(found) if row[0] == 1]
    assert circles == [(1, -6.0), (1, 0.0), (1, 0.0), (1, 0.0), (1, 0.0)]
    tori = [row for row in manifolds(found) if row[0] != 1]
    assert set(tori) == {(2, 2.0)}
    assert len(tori) <= 3


@pytest.mark.parametrize("seed", range(2))
def test_twisted_states_of_a_ring_have_no_index(seed):
    """Every state of a ring can be rotated: no point is isolated, whatever rounding says."""
    found = multistart(rotors(4, [(i, (i + 1) % 4) for i in range(4)]), starts=600, seed=seed)
    assert len(found)
    assert found.counts.sum() == 0
    assert (found.index == 5).all()


@pytest.mark.parametrize("domain", [Box(2, -1.0, 1.5), Euclidean(2)])
def test_axes_that_cross(domain):
    """x² y²: both axes, one manifold."""
    found = multistart(
        from_callables(
            lambda x: x[:, 0] ** 2 * x[:, 1] ** 2,
            lambda x: 2 * np.stack([x[:, 0] * x[:, 1] ** 2, x[:, 1] * x[:, 0] ** 2], axis=1),
            lambda x: np.stack(
                [
                    np.stack([2 * x[:, 1] ** 2, 4 * x[:, 0] * x[:, 1]], axis=1),
                    np.stack([4 * x[:, 0] * x[:, 1], 2 * x[:, 0] ** 2], axis=1),
                ],
                axis=1,
            ),
            domain=domain,
        )
    )
    assert found.counts.sum() == 0
    assert manifolds(found) == [(1, 0.0)]


def test_a_fourfold_point_in_expanded_powers_is_one_point():
    """(x - 1)⁴ by its coefficients: rounding makes the gradient 0 at many numbers near 1."""
    found = multistart(
        from_callables(
            lambda x: (x**4 - 4 * x**3 + 6 * x**2 - 4 * x + 1).sum(axis=1),
            lambda x: 4 * x**3 - 12 * x**2 + 12 * x - 4,
            lambda x: (12 * x**2 - 24 * x + 12)[:, :, None] * np.eye(2),
            domain=Box(2, -1.0, 3.0),
        )
    )
    assert len(found) == 1
    assert found.degenerate.tolist() == [True]
    assert found.manifold_dim.tolist() == [0]
    assert np.abs(found.points - 1).max() < 1e-3


def test_a_simple_point_is_no_manifold():
    """Negative control: the same, less a parabola that makes it simple."""
    found = multistart(
        from_callables(
            lambda x: (x**4 - 1e-3 * x**2).sum(axis=1),
            lambda x: 4 * x**3 - 2e-3 * x,
            lambda x: (12 * x**2 - 2e-3)[:, :, None] * np.eye(2),
            domain=Box(2, -1.0, 1.2),
        )
    )
    assert found.counts.tolist() == [4, 4, 1]
    assert not found.degenerate.any()
    assert (found.manifold_dim == 0).all()


def test_linear_networks():
    deep = multistart(DeepLinear(3))
    assert deep.counts.sum() == 0
    assert manifolds(deep) == [(1, 0.5), *[(2, 0.0)] * 4]
    coder = multistart(Autoencoder(4))
    assert coder.counts.tolist() == [0, 0, 1, 0, 0]
    assert {dim for dim, _ in manifolds(coder)} == {1}


def test_a_continuum_that_cannot_be_told_leaves_no_estimate(monkeypatch):
    """The circle once more, by a search that cannot follow it from one point to another."""
    assert multistart(hat(Box(2, -2.0, 2.5)), starts=600).unseen[1] < math.inf
    monkeypatch.setattr(
        continuum, "connected", lambda _, some, __: np.zeros(len(some.points), bool)
    )
    monkeypatch.setattr(
        continuum, "dimensions", lambda _, found: np.full(len(found.points), np.nan)
    )
    found = multistart(hat(Box(2, -2.0, 2.5)), starts=600)
    assert (found.degenerate & (found.manifold_dim == 0)).sum() >= 16
    assert found.unseen == (0.0, math.inf)
