"""Landscapes of escape problems: the protocol, and the critical points their docstrings claim."""

from __future__ import annotations

import numpy as np
import pytest

from critpoints.curvature import eigen
from critpoints.escape.landscapes import (
    Brink,
    CurvedValley,
    FreeQuadratic,
    OrthogonalTensor,
    PhaseRetrieval,
    WalledSaddle,
)
from critpoints.protocols import Landscape
from tests.conformance.landscapes import check_landscape

LAWS = [
    (FreeQuadratic, (1, 2, 3)),
    (lambda d: WalledSaddle(d, 1, 0.7), (1, 2, 3)),
    (Brink, (1, 2, 3)),
    (lambda d: Brink(d, 100.0, 0.12, 1000.0), (1, 2, 3)),
    (CurvedValley, (2, 3)),
    (PhaseRetrieval, (2, 3)),
    (OrthogonalTensor, (1, 2, 4)),
]


@pytest.mark.parametrize(("factory", "dims"), LAWS)
def test_conformance(factory, dims) -> None:
    check_landscape(factory, dims)


def spectrum(landscape: Landscape, point: list[float]) -> np.ndarray:
    """Curvatures at a point that must be critical."""
    x = np.array([point])
    np.testing.assert_allclose(landscape.gradient(x), 0, atol=1e-12)
    return eigen(landscape, x)[0][0]


CLAIMS = [
    (WalledSaddle(3, 2, 0.7), [0.0, 0, 0], [-0.7, -0.7, 1], 0.0),
    (WalledSaddle(3, 2, 0.7), [0.7**0.5, -(0.7**0.5), 0], [1, 1.4, 1.4], -2 * 0.7**2 / 4),
    (CurvedValley(3, 50.0), [0.0, 0, 0], [-1, 1, 50], 0.0),
    (PhaseRetrieval(3), [1.0, 0, 0], [2, 2, 6], 0.0),
    (PhaseRetrieval(3), [0.0, 0, 0], [-3, -1, -1], 3 / 4),
    (PhaseRetrieval(3), [0.0, 3**-0.5, 0], [-2, 0, 2], 2 / 3),
    (OrthogonalTensor(2), [0.5**0.5, -(0.5**0.5), 0], [-4, 2], -1 / 2),
    (OrthogonalTensor(2), [1.0, 0, 0], [4, 4], -1.0),
]


@pytest.mark.parametrize(("landscape", "point", "curvatures", "value"), CLAIMS)
def test_critical_points(landscape, point, curvatures, value) -> None:
    np.testing.assert_allclose(spectrum(landscape, point), curvatures, atol=1e-12)
    assert landscape.value(np.array([point]))[0] == pytest.approx(value, abs=1e-12)


def test_the_plain_is_nearly_flat_and_its_brink_steep() -> None:
    tau, depth = 0.15, 2.0
    brink = Brink(2, depth, tau)
    sigma = 1 / (1 + np.exp(1 / tau))
    curvature = spectrum(brink, [0.0, 0.0])[0]
    assert curvature == pytest.approx(-2 * depth * sigma * (1 - sigma) / tau)
    assert abs(curvature) < 0.04
    assert brink.gradient(np.array([[1.0, 0.0]]))[0, 0] == pytest.approx(-depth / (2 * tau))


def test_valley_floor_ends_in_two_stiff_minima() -> None:
    values = spectrum(CurvedValley(2, 100.0), [-1.0, 1.0])
    assert values[0] > 0
    assert values[1] == pytest.approx(500, rel=0.01)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: WalledSaddle(2, 3), "index"),
        (lambda: WalledSaddle(2, curvature=0.0), "curvature"),
        (lambda: Brink(2, softness=-1.0), "softness"),
        (lambda: Brink(2, wall=-1.0), "wall"),
        (lambda: CurvedValley(1), "dim"),
        (lambda: CurvedValley(2, float("inf")), "condition"),
        (lambda: PhaseRetrieval(1), "dim"),
        (lambda: OrthogonalTensor(0), "dim"),
    ],
)
def test_bad_parameters(make, what) -> None:
    with pytest.raises(ValueError, match=what):
        make()
