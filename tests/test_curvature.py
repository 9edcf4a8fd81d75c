"""Which eigenvalues can be told from zero: at exact points, near them, on a sphere, with noise."""

from __future__ import annotations

import numpy as np
import pytest

from critpoints.curvature import curvature, gradient_rounding
from critpoints.domains import Euclidean
from critpoints.landscapes import from_callables
from critpoints.protocols import Landscape
from tests.conformance.optimizers import Quadratic, Rayleigh, Waves, Well


def at(landscape: Landscape, x: list[list[float]]):
    points = np.array(x)
    return curvature(landscape, points, landscape.gradient(points))


def test_points_that_are_simple_beyond_doubt() -> None:
    seen = at(Well(), [[0, 0, 0], [1, 0, 0], [1 + 1e-6, 1e-7, 0]])
    assert seen.negative.tolist() == [1, 0, 0]
    assert not seen.degenerate.any()
    np.testing.assert_allclose(seen.values[0], [-1, 1, 2])
    np.testing.assert_allclose(seen.newton[2], [-1e-6, -1e-7, 0], rtol=1e-5)
    assert seen.error[2] == pytest.approx(1e-5, rel=0.01)


def test_far_from_a_critical_point_all_is_in_doubt() -> None:
    """Ten Newton steps from (.7, 0, 0) the curvature 3x² − 1 is anything."""
    seen = at(Well(), [[0.7, 0, 0], [0.5, 0, 0]])
    assert seen.degenerate.all()
    assert (seen.negative == 0).all()


def test_a_flat_direction_is_in_doubt_and_no_other() -> None:
    seen = at(Quadratic((0.0, 1.0, -2.0)), [[5.0, 1e-3, 1e-3]])
    assert seen.degenerate[0]
    assert seen.negative[0] == 1
    tiny = at(Quadratic((1e-17, 1.0, -2.0)), [[5.0, 0.0, 0.0]])
    assert tiny.degenerate[0]
    small = at(Quadratic((1e-12, 1.0, -2.0)), [[5.0, 0.0, 0.0]])  # the control: constant, and told
    assert not small.degenerate[0]


def test_on_a_sphere_the_tangent_space_counts() -> None:
    poles = np.eye(4)
    seen = curvature(Rayleigh(), poles, Rayleigh().gradient(poles))
    assert seen.negative.tolist() == [0, 1, 2, 3]
    assert not seen.degenerate.any()
    np.testing.assert_allclose(seen.values[0], [1, 2, 3])


def test_the_rounding_of_a_gradient_is_that_of_the_coordinates() -> None:
    x = np.array([[np.pi, 0.0, 0.0], [1e6 * np.pi, 0.0, 0.0], [0.0, 0.0, 0.0]])
    found = gradient_rounding(Waves(), x, Waves().gradient(x))
    assert (np.abs(Waves().gradient(x)).max(axis=1) <= found).all()
    np.testing.assert_allclose(found, [4 * np.pi * 2.2e-16, 4e6 * np.pi * 2.2e-16, 0], rtol=0.5)


def test_what_a_landscape_states_of_its_rounding_counts() -> None:
    """A Hessian in single precision: 1e-8 beside 1 is noise, 1e-5 is not."""

    class Single(Quadratic):
        def rounding(self) -> tuple[float, float]:
            return 1e-7, 1e-7

    for small, degenerate in ((1e-8, True), (1e-5, False)):
        landscape = Single((small, 1.0, 2.0))
        assert at(landscape, [[0.0, 0.0, 0.0]]).degenerate[0] == degenerate
    assert not at(Quadratic((1e-8, 1.0, 2.0)), [[0.0, 0.0, 0.0]]).degenerate[0]  # the control


def test_a_hessian_that_is_no_number_is_in_doubt() -> None:
    broken = from_callables(
        lambda x: x[:, 0] ** 2 + x[:, 1] ** 2, lambda x: 2 * x,
        lambda x: np.where(x[:, :1, None] > 1, np.nan, 2.0) * np.eye(2), domain=Euclidean(2),
    )  # fmt: skip
    seen = at(broken, [[0.01, 0.0], [2.0, 0.0]])
    assert seen.degenerate.tolist() == [False, True]
    assert seen.negative.tolist() == [0, 0]
