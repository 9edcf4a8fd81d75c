"""A census does not depend on the units of the function or of its domain."""

import numpy as np
import pytest

from critpoints.census import census
from critpoints.census.cost import predicted_cells
from critpoints.census.kantorovich import certify
from critpoints.census.subdivision import subdivide
from critpoints.census.units import Rescaled, unit
from critpoints.domains import Box, Euclidean, Sphere, Torus
from critpoints.landscapes import Factorisation, Quadratic, TorusPolynomial, from_callables
from critpoints.landscapes.trigonometric import TrigonometricSum

BASE = TorusPolynomial(2, 2).sample(np.random.default_rng(0))


def scaled(length: float, height: float) -> TrigonometricSum:
    k = 2 * np.pi / length
    return TrigonometricSum(
        Torus(2, length), BASE.waves * k, BASE.cosine * height, BASE.sine * height
    )


def well(length: float, height: float) -> object:
    """A user's Σ s (t⁴/4 - t²/2), t = x / L, with bounds of its own."""
    s, size = height, length

    def third(center, radius):
        found = np.zeros((len(center), 2, 2, 2))
        i = np.arange(2)
        found[:, i, i, i] = 6 * s / size**3 * (np.abs(center) + radius) / size
        return found

    return from_callables(
        lambda x: s * ((x / size) ** 4 / 4 - (x / size) ** 2 / 2).sum(axis=1),
        lambda x: s / size * ((x / size) ** 3 - x / size),
        lambda x: s / size**2 * (3 * (x / size) ** 2 - 1)[:, :, None] * np.eye(2),
        domain=Box(2, -1.7 * length, 1.6 * length),
        third_bound=third,
        rounding=(1e-14 * s / size, 1e-13 * s / size / size),
    )


@pytest.mark.parametrize("size", [1e-220, 1e-210, 1e-160, 1e-20, 1e20, 1e150])
def test_factorisation_of_any_size(size: float) -> None:
    found = census(Factorisation(2, (size, 2 * size)))
    assert found.complete
    assert found.counts.tolist() == [2, 2, 1]
    roots = np.sqrt([size, 2 * size])
    assert np.allclose(np.abs(found.points).max(axis=0), roots, rtol=1e-12, atol=0)


@pytest.mark.parametrize("length", [1e-150, 1e-83, 1e83, 1e150])
@pytest.mark.parametrize("height", [1e-5, 1.0, 1e5])
def test_a_torus_of_any_length(length: float, height: float) -> None:
    found, base = census(scaled(length, height)), census(BASE)
    assert found.complete
    assert found.counts.tolist() == base.counts.tolist()
    assert np.allclose(found.points / length, base.points / (2 * np.pi), rtol=1e-9)
    assert np.allclose(found.values, height * base.values, rtol=1e-9)


@pytest.mark.parametrize(("length", "height"), [(1e-60, 1.0), (1e60, 1e-100), (1.0, 1e250)])
def test_functions_of_a_users_own(length: float, height: float) -> None:
    found = subdivide(well(length, height))
    assert found.complete
    assert found.counts.tolist() == [4, 4, 1]
    assert np.allclose(np.unique(found.points.round(int(-np.log10(length)) + 6)) / length,
                       [-1, 0, 1], atol=1e-5)  # fmt: skip


def test_what_underflows_is_undecided() -> None:
    """Gradients below the smallest number are not zeros: nothing is proven of them."""
    size = 1e-160  # x² underflows
    tiny = from_callables(
        lambda x: (x**2).sum(axis=1) * size * 1e-160,
        lambda x: 2 * x * size * 1e-160,
        lambda x: np.broadcast_to(2e-320 * np.eye(2), (len(x), 2, 2)),
        domain=Box(2, -1.0, 1.3),
        third_bound=lambda c, _: np.zeros((len(c), 2, 2, 2)),
        rounding=(0.0, 0.0),
        check=False,
    )
    found = subdivide(tiny)
    assert not found.complete
    assert not found.certified.any()
    mixed = census(Factorisation(2, (1.0, 1e-220)), method="subdivision")
    assert not mixed.complete


def test_rescaling_is_exact() -> None:
    f = Quadratic(2, (3e-200, -1e-200))
    small = unit(f)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 2))
    y = small.inside(x)
    assert isinstance(small.landscape, Rescaled)
    assert np.abs(small.landscape.gradient(y)).max() > 0.1
    assert np.array_equal(small.points(y), x)
    assert np.array_equal(small.back(small.landscape.value(y), 0), f.value(x))
    assert np.array_equal(small.back(small.landscape.gradient(y), 1), f.gradient(x))
    assert np.array_equal(small.back(small.landscape.hessian(y), 2), f.hessian(x))
    first, second = small.landscape.rounding()
    assert 0 < first < 1e-14
    assert 0 < second < 1e-14
    near = Quadratic(2)
    assert unit(near).landscape is near


def test_the_formula_itself_is_rescaled_where_it_can_be() -> None:
    f = Factorisation(2, (1e-220, 2e-220))
    assert np.abs(f.gradient(f.known().points[1:] * 1.1)).max() < 1e-320  # underflows
    small = unit(f)
    assert isinstance(small.landscape, Factorisation)
    assert np.abs(small.landscape.gradient(small.inside(f.known().points[1:] * 1.1))).max() > 1e-2
    wave = scaled(1e200, 1e-3)
    g = unit(wave)
    x = wave.domain.sample(np.random.default_rng(1), 4)
    assert np.allclose(g.back(g.landscape.value(g.inside(x)), 0), wave.value(x), rtol=1e-9)


def test_a_subclass_is_not_taken_for_its_base() -> None:
    class Shifted(TrigonometricSum):
        def gradient(self, x):
            return super().gradient(x) + 1.0

    f = Shifted(Torus(2, 1e83), BASE.waves * (2 * np.pi / 1e83), BASE.cosine, BASE.sine)
    assert f.normalised() is None
    assert isinstance(unit(f).landscape, Rescaled)


def test_prediction_and_certificates_have_no_units_either() -> None:
    cells = [predicted_cells(scaled(length, 1.0)) for length in (2 * np.pi, 1e83, 1e-83)]
    assert max(cells) < 1.5 * min(cells)
    for length in (1e-83, 1.0, 1e83):
        f = scaled(length, 1e-30)
        points = subdivide(f).points
        proof = certify(f, points)
        assert proof.proven.all()
        assert (proof.error < 1e-9 * length).all()


@pytest.mark.parametrize(
    "domain", [Box(2, (-3.0, 2.0), (5.0, 7.0)), Torus(2, 3.0), Euclidean(2, 5.0)]
)
def test_domains_in_other_units(domain) -> None:
    assert domain.in_units(5).in_units(-5) == domain
    assert domain.in_units(2000) is None
    assert Sphere(2).in_units(1) is None


@pytest.mark.parametrize("size", [1e-220, 1.0, 1e150])
def test_the_audit_has_no_units(size: float) -> None:
    found = census(Factorisation(2, (size, 2 * size)))
    assert found.audit is True
    assert len(found.boundary_minima) == 0
    down = census(Quadratic(2, (size, -size)))
    assert down.audit is True
    assert np.allclose(down.boundary_minima.points, [[0, -1], [0, 1]])
    assert np.allclose(down.boundary_minima.values, -size / 2, rtol=1e-12, atol=0)


@pytest.mark.parametrize("domain", [Box(4), Torus(4), Euclidean(4), Sphere(4, 2.0)], ids=str)
def test_frames_are_columns_of_bases(domain) -> None:
    x = domain.sample(np.random.default_rng(0), 5)
    columns = np.array([3, 1])
    assert np.array_equal(domain.frame(x, columns), domain.basis(x)[:, :, columns])
    gram = np.einsum("mai,maj->mij", domain.frame(x, columns), domain.frame(x, columns))
    assert np.allclose(gram, np.eye(2))
