"""Searches find what is there in any units and in a box of any size, and state nothing false."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from critpoints.domains import Box, Euclidean
from critpoints.landscapes import from_callables
from tests.verify import scales

multistart = importlib.import_module("critpoints.census.multistart").multistart


def plain(shape, domain):
    return from_callables(shape.value, shape.gradient, shape.hessian, domain=domain)


def needle(dim, width=0.1):
    """|x|²/2 - 2 exp(-|x - 0.6|²/(2 width²)): a minimum and a saddle beside the bowl's."""
    inside = 1 / width**2

    def well(x):
        return np.exp(-((x - 0.6) ** 2).sum(axis=1) * inside / 2)

    return from_callables(
        lambda x: (x**2).sum(axis=1) / 2 - 2 * well(x),
        lambda x: x + 2 * inside * well(x)[:, None] * (x - 0.6),
        lambda x: (
            np.eye(dim) * (1 + 2 * inside * well(x))[:, None, None]
            - 2 * inside**2 * well(x)[:, None, None] * (x - 0.6)[:, :, None] * (x - 0.6)[:, None, :]
        ),
        domain=Box(dim, -1.0, 1.0),
    )


def test_the_camel_in_a_wide_box():
    camel = scales.camel()
    landscape = plain(camel, Box(2, -100.0, 100.0))
    for seed in range(20):
        found = multistart(landscape, seed=seed)
        assert found.counts.tolist() == [6, 7, 2]
        gap = np.linalg.norm(found.points[:, None] - camel.points, axis=2)
        assert gap.min(axis=0).max() < 1e-12


def test_himmelblau_on_all_of_space():
    """Four minima, four saddles, a maximum, outside the ball of the first starts."""
    landscape = plain(scales.himmelblau(), Euclidean(2))
    assert np.linalg.norm(scales.himmelblau().points, axis=1).max() > Euclidean(2).reach
    for seed in range(20):
        assert multistart(landscape, seed=seed).counts.tolist() == [4, 4, 1]


@pytest.mark.parametrize("dim", [2, 3])
def test_a_needle_in_few_dimensions_is_found(dim):
    seen = [multistart(needle(dim), seed=seed).counts[0] == 2 for seed in range(20)]
    assert sum(seen) >= 19


@pytest.mark.parametrize("dim", [4, 6, 10, 20])
def test_a_needle_is_found_or_below_the_bound(dim):
    """No false statement: what is not found is met by hardly any start."""
    landscape = needle(dim)
    found = multistart(landscape, seed=1)
    assert found.unseen_mass < 2e-3
    if found.counts[0] == 2:
        return
    tip = np.full(dim, 0.6)
    starts = landscape.domain.sample(np.random.default_rng(2), 20_000)
    ends = multistart(landscape, seed=1, starts=1, points=starts[:2000])
    assert len(ends) == len(found)  # no start of two thousand others meets it
    near = (np.linalg.norm(starts - tip, axis=1) < 0.1).mean()
    assert near < 3 * found.unseen_mass
    assert multistart(landscape, starts=1, points=tip[None]).counts[0] >= 1  # it is there


def test_ever_faster_waves():
    """e^{1/x} cos(1/x): six points on [0.05, 1], values over eight decades."""

    def value(x):
        return (np.exp(1 / x) * np.cos(1 / x))[:, 0]

    def gradient(x):
        u = 1 / x
        return -(u**2) * np.exp(u) * (np.cos(u) - np.sin(u))

    def hessian(x):
        u = 1 / x
        first, second = np.cos(u) - np.sin(u), -2 * np.sin(u)
        return (np.exp(u) * (2 * u**3 * first + u**4 * second))[:, :, None]

    landscape = from_callables(value, gradient, hessian, domain=Box(1, 0.05, 1.0))
    known = np.sort(1 / (np.pi / 4 + np.pi * np.arange(1, 7)))
    known = known[known > 0.05]
    for seed in range(5):
        found = multistart(landscape, seed=seed)
        assert np.sort(found.points[:, 0]) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("steepness", [10.0, 100.0, 300.0])
def test_steep_walls(steepness):
    """cosh between walls over 10 to 300 e-foldings: one minimum."""
    k = steepness
    landscape = from_callables(
        lambda x: np.cosh(k * x).sum(axis=1),
        lambda x: k * np.sinh(k * x),
        lambda x: k**2 * np.cosh(k * x)[:, :, None] * np.eye(2),
        domain=Box(2, -1.0, 1.3),
        check=False,
    )
    found = multistart(landscape)
    assert found.counts.tolist() == [1, 0, 0]
    assert np.abs(found.points).max() < 1e-14


@pytest.mark.parametrize("shape", [scales.camel(), scales.himmelblau(), scales.rosenbrock()])
def test_boxes_of_three_sizes_hold_the_same_points(shape):
    """A wider box around a function does not change what is found in the inner one."""
    inner, *wider = (
        multistart(plain(shape, Box(2, -1.1 * side, side))) for side in (6.0, 60.0, 600.0)
    )
    assert len(inner) == len(shape.points)
    for found in wider:
        gap = np.linalg.norm(found.points[:, None] - inner.points, axis=2)
        assert gap.min(axis=1).max() < 1e-12
        assert sorted(gap.argmin(axis=1)) == list(range(len(inner)))
        assert found.index.tolist() == inner.index[gap.argmin(axis=1)].tolist()


def test_no_phantom_minima():
    """a x + sin x: pairs of points that all but merge for a < 1, none for a > 1."""
    for slope, points in ((0.999, 6), (1.001, 0)):
        landscape = from_callables(
            lambda x, a=slope: a * x[:, 0] + np.sin(x[:, 0]),
            lambda x, a=slope: a + np.cos(x),
            lambda x: -np.sin(x)[:, :, None],
            domain=Box(1, -8.0, 12.0),
        )
        for seed in range(20):
            assert len(multistart(landscape, seed=seed, starts=4000)) == points


FAST = [*range(50), 59, 138, 234, 1124]


def test_nothing_false_at_any_scale():
    """Amplitudes 10^±300, lengths 10^±90, places and values off by up to 10^12."""
    records = [scales.record(number) for number in FAST]
    assert [r[:2] for r in records if r[6]] == []
    whole = [r[1] == "whole" for r in records if scales.case(r[0]).normal]
    assert np.mean(whole) > 0.9
    assert any(not scales.case(number).normal for number in range(200))


def test_what_is_false_would_be_seen():
    """Negative control: other points, other indices, a mass that is too small, each is called."""
    given = next(scales.case(k) for k in range(200) if scales.case(k).shape.name == "camel")
    found = scales.searched(given)
    assert scales.falsehoods(given, found) == []
    moved = replace(found, points=found.points + 1e-3 * given.length)
    assert "no critical point" in scales.falsehoods(given, moved)
    turned = replace(found, eigenvalues=-found.eigenvalues)
    assert "wrong index" in scales.falsehoods(given, turned)
    assert "complete" in scales.falsehoods(given, replace(found, complete=True))
    twice = {
        name: np.concatenate([getattr(found, name)] * 2)
        for name in ("points", "values", "eigenvalues", "degenerate", "residuals", "certified")
    }
    assert "listed twice" in scales.falsehoods(given, replace(found, **twice, manifold_dim=()))
    fewer = {name: getattr(found, name)[1:] for name in twice}
    short = replace(found, **fewer, manifold_dim=found.manifold_dim[1:])
    assert "mass" in scales.falsehoods(given, short)
    assert binom.sf(0, scales.FRESH, found.unseen_mass) > 1e-6
