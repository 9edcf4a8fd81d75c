"""Euler sums only where their premises hold: poles, cusps, cones and kinks are found, smooth
functions however steep are not taken for one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from critpoints.census import census
from critpoints.census.euler import audited
from critpoints.census.premises import jumps, obstacle
from critpoints.census.subdivision import subdivide
from critpoints.domains import Box, Sphere, Torus
from critpoints.landscapes import (
    DoubleWell,
    Octopus,
    RayleighQuotient,
    SphericalSpin,
    TorusPolynomial,
    from_callables,
    from_jax,
)
from critpoints.protocols import Landscape

jnp = pytest.importorskip("jax.numpy")
HERE2, HERE3 = np.array([0.3, -0.2]), np.array([0.3, -0.2, 0.45])
RNG = np.random.default_rng(0)
NET = (RNG.normal(size=(8, 2)), RNG.normal(size=8), RNG.normal(size=8))


def norm(x):
    return jnp.sqrt(x @ x)


VOID: dict[str, tuple[Callable, int]] = {
    "pole": (lambda x: 1 / norm(x - HERE2) + x @ x, 2),
    "pole in space": (lambda x: 1 / norm(x - HERE3) + x @ x, 3),
    "weak pole": (lambda x: 1e-4 / norm(x - HERE2) + x @ x, 2),
    "pole to the other side": (lambda x: -1e-2 / norm(x - HERE3) ** 2 + x @ x, 3),
    "two poles": (lambda x: 1 / norm(x - HERE2) - 1 / norm(x + HERE2) + x @ x, 2),
    "logarithm": (lambda x: -1e-3 * jnp.log(norm(x - HERE2)) + x @ x, 2),
    "pole on a line": (lambda x: 1 / norm(x[:2] - HERE2) + x @ x, 3),
    "pole on a face": (lambda x: 1 / (x[0] + 1) + x @ x, 2),
    "Lennard-Jones": (lambda x: (x[0] - 0.3) ** -12.0 - (x[0] - 0.3) ** -6.0, 1),
    "tangent": (lambda x: jnp.tan(3 * x[0]) + x[1] ** 2, 2),
    "cone": (lambda x: norm(x - HERE3) + x @ x, 3),
    "cusp": (lambda x: jnp.sqrt(jnp.abs(x[0] - 0.1)) + x @ x, 2),
    "power 3/2": (lambda x: jnp.abs(x[0] - 0.1) ** 1.5 + x @ x, 2),
    "kink": (lambda x: jnp.abs(x[0] - 0.1) + x @ x, 2),
    "maximum of two": (lambda x: jnp.maximum(x[0] * x[1], x @ x - 0.3), 2),
    "rectified network": (lambda x: NET[2] @ jnp.maximum(NET[0] @ x + NET[1], 0) + x @ x, 2),
}
SMOOTH: dict[str, tuple[Callable, int]] = {
    "bowl": (lambda x: x @ x, 2),
    "constant": (lambda x: 0 * x[0] + 1.0, 2),
    "slope": (lambda x: x[0], 2),
    "steep exponential": (lambda x: jnp.exp(20 * x[0]) + x @ x, 2),
    "high power": (lambda x: x[0] ** 100 + x @ x, 2),
    "narrow peak": (lambda x: jnp.exp(-1e6 * ((x - HERE2) @ (x - HERE2))) + x @ x, 2),
    "softened pole": (lambda x: 1 / jnp.sqrt((x - HERE2) @ (x - HERE2) + 1e-6) + x @ x, 2),
    "Rosenbrock": (lambda x: 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2, 2),
    "network": (lambda x: NET[2] @ jnp.tanh(10 * (NET[0] @ x + NET[1])), 2),
    "steep step": (lambda x: jnp.tanh(1000 * x[0]) + x[1] ** 2, 2),
    "short waves": (lambda x: jnp.cos(100 * x).sum(), 3),
    "third derivative jumps": (lambda x: jnp.abs(x[0] - 0.1) ** 3 + x[1] ** 2, 2),
}


def made(f: Callable, dim: int, scale: float) -> Landscape:
    return from_jax(lambda x: scale * f(x), dim, Box(dim, -1.0, 1.2), check=False)


@pytest.mark.parametrize("name", VOID)
@pytest.mark.parametrize("scale", [1.0, 1e-30])
def test_what_voids_a_sum_is_found(name: str, scale: float) -> None:
    landscape = made(*VOID[name], scale)
    for seed in range(2):
        assert obstacle(landscape, seed)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("scale", [1.0, 1e-30])
def test_a_smooth_function_is_not_called_singular(name: str, scale: float) -> None:
    """The control: however steep, narrow or large."""
    landscape = made(*SMOOTH[name], scale)
    for seed in range(3):
        assert obstacle(landscape, seed) == ""


@pytest.mark.parametrize(
    "landscape", [Octopus(3), Octopus(6), RayleighQuotient(4), RayleighQuotient(60)], ids=str
)
def test_families_without_proven_bounds_are_smooth(landscape: Landscape) -> None:
    assert obstacle(landscape) == ""


def test_proven_bounds_need_no_search() -> None:
    calls = []

    class Counted(DoubleWell):
        def hessian(self, x: np.ndarray) -> np.ndarray:
            calls.append(len(x))
            return super().hessian(x)

    assert obstacle(Counted(2)) == ""
    assert obstacle(SphericalSpin(3).sample(np.random.default_rng(0))) == ""
    assert not calls


def test_the_place_is_named() -> None:
    said = obstacle(made(*VOID["pole"], 1.0))
    place = [float(t) for t in said.split("[")[1].split("]")[0].split()]
    assert "unbounded or undefined near x" in said
    assert np.allclose(place, HERE2, atol=1e-3)
    assert "gradient jumps near x = " in obstacle(made(*VOID["kink"], 1.0))


def test_poles_on_a_torus_and_on_a_sphere() -> None:
    pole = np.array([0.6, 0.0, 0.8])

    def parts(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rest = 1 - x @ pole
        return rest, np.broadcast_to(pole, x.shape) / rest[:, None] ** 2

    def hessian(x: np.ndarray) -> np.ndarray:
        rest, slope = parts(x)
        project = np.eye(3) - x[:, :, None] * x[:, None, :]
        along = project @ pole
        curved = 2 * along[:, :, None] * along[:, None, :] / rest[:, None, None] ** 3
        return curved - np.einsum("mi,mi->m", x, slope)[:, None, None] * project

    ball = from_callables(
        lambda x: 1 / parts(x)[0], lambda x: Sphere(2).tangent(x, parts(x)[1]), hessian,
        domain=Sphere(2),
    )  # fmt: skip
    assert obstacle(ball)
    found = census(ball, starts=512)
    assert found.counts.tolist() == [1, 0, 0]
    assert found.audit is None
    ring = from_jax(lambda x: 1 / (2 - jnp.cos(x - HERE2).sum()), 2, Torus(2), check=False)
    assert obstacle(ring)
    assert obstacle(from_jax(lambda x: 1 / (2.001 - jnp.cos(x - HERE2).sum()), 2, Torus(2))) == ""


def test_a_pole_gives_no_verdict_and_the_census_is_kept() -> None:
    """x² + y² + 1/|x - p|: the sum on a box is 1 less 1 for the pole, and nothing is missing."""
    found = census(made(*VOID["pole"], 1.0))
    assert found.audit is None
    assert found.euler is None
    assert found.audit_note.startswith("not applicable: the function or a derivative is unbounded")
    assert found.audit_rounds == 0
    assert len(found) >= 1
    smooth = census(made(*SMOOTH["bowl"], 1.0))
    assert smooth.audit is True


def test_a_face_that_raises_or_is_infinite_gives_a_note() -> None:
    python = from_callables(
        lambda q: float(q[0]) - math.log(q[0]),
        lambda q: [1 - 1 / float(q[0])],
        lambda q: [[1 / float(q[0]) ** 2]],
        domain=Box(1, 0.0, 3.0),
        batched=False,
    )
    found = census(python)
    assert found.counts.tolist() == [1, 0]
    assert found.audit is None
    assert found.audit_note.startswith("not applicable:")
    assert found.boundary_minima is not None


def test_a_critical_point_where_the_hessian_jumps() -> None:
    """x|x| + y²: the gradient is continuous, and vanishes at 0, which is no minimum."""
    f = from_callables(
        lambda x: x[:, 0] * np.abs(x[:, 0]) + x[:, 1] ** 2,
        lambda x: 2 * np.stack([np.abs(x[:, 0]), x[:, 1]], axis=1),
        lambda x: 2 * np.stack([np.sign(x[:, :1]) * [1.0, 0.0], 0 * x + [0.0, 1.0]], axis=1),
        domain=Box(2, -1.0, 1.2),
        check=False,
    )
    assert jumps(f, np.array([[0.0, 0.0], [0.5, 0.0]])).tolist() == [True, False]
    well = DoubleWell(2)
    assert not jumps(well, well.known().points).any()


def test_repeats_are_said_to_be_repeats() -> None:
    found = subdivide(TorusPolynomial(2, 2).sample(np.random.default_rng(0)))
    keep = np.r_[0, np.arange(len(found))]
    names = ("points", "values", "eigenvalues", "degenerate", "residuals", "certified")
    parts = {name: getattr(found, name)[keep] for name in names}
    twice = audited(replace(found, **parts, distinct=False, complete=False), subdivide)
    assert twice.audit is None
    assert twice.euler is None
    assert "listed twice" in twice.audit_note
