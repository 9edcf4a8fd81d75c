"""Multistart against functions whose critical points are known, and against subdivision."""

import importlib
from dataclasses import dataclass

import numpy as np
import pytest

from critpoints.census import census, finders
from critpoints.census.euler import Audit
from critpoints.census.kantorovich import certify
from critpoints.census.subdivision import subdivide
from critpoints.domains import Box, Euclidean, Sphere, Torus
from critpoints.landscapes import (
    Autoencoder,
    InvertedWells,
    RayleighQuotient,
    SphericalSpin,
    StyblinskiTang,
    TorusPolynomial,
    from_callables,
)
from critpoints.landscapes.sphere import SphereLagrangian, SpherePolynomial, symmetric_part
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.protocols import Landscape

multistart = importlib.import_module("critpoints.census.multistart").multistart


def function_on(domain, f, grad, hess, **bounds):
    return from_callables(f, grad, hess, domain=domain, **bounds)


def gaps(domain, found, known):
    """Distance from each found point to the nearest known one."""
    rows = [domain.distance(np.broadcast_to(x, known.shape), known).min() for x in found]
    return np.array(rows)


def one_axis(domain, derivatives):
    """A function of one variable from f, f', f'', f''' as callables."""
    f, first, second, third = derivatives
    return function_on(
        domain,
        lambda x: f(x[:, 0]),
        first,
        lambda x: second(x)[:, :, None],
        third_bound=lambda c, r: third(np.abs(c) + r)[:, :, None, None],
    )


def quadratic_gradient(offset):
    """f' = x² + offset: two points, a degenerate one, or none at all."""
    return one_axis(
        Box(1, -1.0, 1.5),
        (
            lambda x: x**3 / 3 + offset * x,
            lambda x: x**2 + offset,
            lambda x: 2 * x,
            lambda x: 2 + 0 * x,
        ),
    )


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_quadratic_form_on_the_sphere(n):
    form = np.random.default_rng(n).standard_normal((n, n))
    landscape = SpherePolynomial(form)
    found = multistart(landscape)
    _, vectors = np.linalg.eigh((form + form.T) / 2)
    assert found.counts.tolist() == [2] * n
    assert gaps(Sphere(n - 1), found.points, np.vstack([vectors.T, -vectors.T])).max() < 1e-13
    assert found.distinct
    assert not found.complete
    assert found.certified.all()


@pytest.mark.parametrize(
    "landscape", [InvertedWells(1), InvertedWells(3), StyblinskiTang(3), RayleighQuotient(4)]
)
def test_known_points_and_no_others(landscape):
    found, known = multistart(landscape), landscape.known()
    assert found.counts.tolist() == landscape.known_counts()
    assert gaps(landscape.domain, found.points, known.points).max() < 1e-12
    assert (np.diff(found.values) >= 0).all()
    assert not found.degenerate.any()


def test_separable_waves_on_a_torus():
    landscape = TrigonometricSum(Torus(3), np.diag([1.0, 2.0, 3.0]), [1.0, 0.7, 0.4], [0.0] * 3)
    found = multistart(landscape)
    assert found.counts.tolist() == [6, 18, 18, 6]
    assert found.certified.all()


@pytest.mark.parametrize(("dim", "degree", "draws"), [(1, 6, 8), (2, 3, 6), (3, 2, 2)])
def test_same_points_as_subdivision(dim, degree, draws):
    for seed in range(draws):
        landscape = TorusPolynomial(dim, degree).sample(np.random.default_rng(seed))
        searched, proven = multistart(landscape, seed=seed), subdivide(landscape)
        assert proven.complete
        assert searched.counts.tolist() == proven.counts.tolist()
        assert gaps(Torus(dim), searched.points, proven.points).max() < 1e-11
        assert searched.certified.all()


def test_gradient_flat_points_are_rejected_and_counted():
    found = multistart(quadratic_gradient(0.01))
    assert len(found) == 0
    assert found.rejected > 0.5 * found.starts
    assert found.unseen == (0.0, np.inf)
    control = multistart(quadratic_gradient(-0.01))
    assert np.allclose(np.sort(control.points[:, 0]), [-0.1, 0.1], atol=1e-12)
    assert control.rejected == 0


@pytest.mark.parametrize("offset", [1e-6, 1e-10])
def test_a_small_gradient_alone_is_not_enough(offset):
    """‖∇f‖ has a minimum near 0 that is far below its usual size, but no zero."""
    assert len(multistart(quadratic_gradient(offset))) == 0
    assert len(multistart(quadratic_gradient(-offset))) == 2


def test_gradient_flat_in_one_of_two_directions():
    landscape = function_on(
        Box(2, -1.0, 1.0),
        lambda x: x[:, 0] ** 2 / 2 + 1e-9 * x[:, 1],
        lambda x: np.stack([x[:, 0], np.full(len(x), 1e-9)], axis=1),
        lambda x: np.broadcast_to(np.diag([1.0, 0.0]), (len(x), 2, 2)),
    )
    found = multistart(landscape, starts=256)
    assert len(found) == 0
    assert found.rejected == 256


def test_tails_hold_no_points():
    bump = function_on(
        Euclidean(2, reach=3.0),
        lambda x: -np.exp(-(x**2).sum(axis=1) / 2),
        lambda x: x * np.exp(-(x**2).sum(axis=1) / 2)[:, None],
        lambda x: (
            (np.eye(2) - x[:, :, None] * x[:, None, :])
            * np.exp(-(x**2).sum(axis=1) / 2)[:, None, None]
        ),
    )
    found = multistart(bump)
    assert found.counts.tolist() == [1, 0, 0]
    assert np.abs(found.points).max() < 1e-12


def test_degenerate_points_are_flagged_and_not_certified():
    quartic = one_axis(
        Box(1, -1.0, 1.5),
        (lambda x: x**4, lambda x: 4 * x**3, lambda x: 12 * x**2, lambda x: 24 * x),
    )
    monkey = function_on(
        Box(2, -1.0, 1.5),
        lambda x: x[:, 0] ** 3 - 3 * x[:, 0] * x[:, 1] ** 2,
        lambda x: np.stack([3 * x[:, 0] ** 2 - 3 * x[:, 1] ** 2, -6 * x[:, 0] * x[:, 1]], axis=1),
        lambda x: (
            6 * np.stack([np.stack([x[:, 0], -x[:, 1]], 1), np.stack([-x[:, 1], -x[:, 0]], 1)], 1)
        ),
        third_bound=lambda c, _: np.full((len(c), 2, 2, 2), 6.0),
        rounding=(1e-14, 1e-14),
    )
    for landscape in (quartic, monkey):
        found = multistart(landscape)
        assert len(found) == 1
        assert found.degenerate.all()
        assert not found.certified.any()
        assert found.counts.sum() == 0
        assert found.index.tolist() == [landscape.dim + 1]
        assert np.abs(found.points).max() < 1e-3


def test_a_soft_but_simple_point_is_not_called_degenerate():
    soft = one_axis(
        Box(1, -1.0, 1.5),
        (
            lambda x: x**4 / 4 + 1e-4 * x**2 / 2,
            lambda x: x**3 + 1e-4 * x,
            lambda x: 3 * x**2 + 1e-4,
            lambda x: 6 * x,
        ),
    )
    found = multistart(soft)
    assert found.counts.tolist() == [1, 0]


@dataclass(frozen=True, eq=False)
class Rescaled(Landscape):
    """size · f(x / length)."""

    inner: Landscape
    size: float
    length: float

    @property
    def dim(self):
        return self.inner.dim

    @property
    def domain(self):
        return Torus(self.dim, self.inner.domain.length * self.length)

    def value(self, x):
        return self.size * self.inner.value(x / self.length)

    def gradient(self, x):
        return self.size / self.length * self.inner.gradient(x / self.length)

    def hessian(self, x):
        return self.size / self.length**2 * self.inner.hessian(x / self.length)


@pytest.mark.parametrize("size", [1e-8, 1e8])
@pytest.mark.parametrize("length", [1e-5, 1e5])
def test_units_do_not_matter(size, length):
    inner = TorusPolynomial(2, 2).sample(np.random.default_rng(5))
    plain, scaled = multistart(inner), multistart(Rescaled(inner, size, length))
    assert scaled.counts.tolist() == plain.counts.tolist()
    assert gaps(inner.domain, scaled.points / length, plain.points).max() < 1e-10


def test_certificates_hold_only_where_a_point_is():
    landscape = TorusPolynomial(2, 3).sample(np.random.default_rng(1))
    points = multistart(landscape).points
    exact = certify(landscape, points)
    assert exact.proven.all()
    assert exact.error.max() < 1e-10
    for i in range(len(points)):
        others = np.delete(points, i, axis=0)
        assert gaps(landscape.domain, points[i : i + 1], others)[0] > exact.alone[i] > 0
    rng = np.random.default_rng(0)
    proven = 0
    for size in (1e-8, 1e-4, 1e-2, 1e-1, 1.0):
        for _ in range(20):
            moved = landscape.domain.wrap(points + size * rng.standard_normal(points.shape))
            claim = certify(landscape, moved)
            distance = gaps(landscape.domain, moved, points)
            assert (distance[claim.proven] <= claim.error[claim.proven]).all()
            proven += claim.proven.sum()
    assert 0 < proven < 100 * len(points)


def spin(dim, seed, p=3):
    return SphericalSpin(dim, p).sample(np.random.default_rng(seed))


@dataclass(frozen=True, eq=False)
class Lopsided(SpherePolynomial):
    """A polynomial of which no symmetry is known."""

    def images(self, x):
        return ()


@pytest.fixture
def starts_alone(monkeypatch):
    """Searches without walks and deflation, which leave few points for an audit to miss."""
    monkeypatch.setattr(finders, "around", lambda *_: 0)
    monkeypatch.setattr(finders, "from_starts", lambda *_: None)


@pytest.mark.parametrize("seed", range(4))
def test_images_of_points_are_points(seed):
    landscape = spin(3, seed)
    few = 8
    alone = multistart(Lopsided(landscape.tensor), seed=seed, starts=few)
    pairs = multistart(landscape, seed=seed, starts=few)
    whole = multistart(landscape, seed=seed)
    assert pairs.counts.tolist() == pairs.counts[::-1].tolist()
    assert len(alone) <= len(pairs) <= len(whole)
    assert gaps(landscape.domain, -pairs.points, pairs.points).max() < 1e-12
    assert whole.unseen[1] < 1


@pytest.mark.usefixtures("starts_alone")
def test_images_find_what_starts_do_not():
    """Negative control of the same: without them points are alone."""
    pairs = [multistart(spin(3, seed), starts=8) for seed in range(4)]
    alone = [multistart(Lopsided(spin(3, seed).tensor), starts=8) for seed in range(4)]
    assert all(np.array_equal(found.counts, found.counts[::-1]) for found in pairs)
    assert not all(np.array_equal(found.counts, found.counts[::-1]) for found in alone)


@pytest.mark.parametrize("seed", range(4))
def test_a_search_can_begin_at_points(seed):
    """Newton's method from exact points, where its steps are rounding, converges to them."""
    landscape = TorusPolynomial(2, 4).sample(np.random.default_rng(seed))
    proven = subdivide(landscape).points
    found = multistart(landscape, starts=1, points=proven)
    assert gaps(landscape.domain, proven, found.points).max() < 1e-12
    beside = multistart(landscape, starts=1, points=landscape.domain.wrap(proven + 0.01))
    assert gaps(landscape.domain, beside.points, proven).max() < 1e-12


def test_images_that_are_no_points_are_not_believed():
    @dataclass(frozen=True, eq=False)
    class Wrong(SpherePolynomial):
        def images(self, x):
            return (np.roll(x, 1, axis=1),)

    landscape = spin(2, 0)
    found, plain = (multistart(kind(landscape.tensor)) for kind in (Wrong, Lopsided))
    assert gaps(landscape.domain, found.points, plain.points).max() < 1e-12
    assert len(found) == len(plain)


@pytest.mark.parametrize("seed", [49, 59, 129])
@pytest.mark.usefixtures("starts_alone")
def test_a_search_whose_sum_is_wrong_goes_on(seed):
    landscape = Lopsided(spin(5, seed).tensor)
    audit = Audit(landscape, multistart)
    alone = multistart(landscape, seed=seed, unseen_mass=0.2)
    pushed = multistart(landscape, seed=seed, unseen_mass=0.2, audit=audit)
    assert audit(alone).audit is False
    assert alone.audit_rounds == 0
    assert pushed.audit
    assert pushed.audit_rounds >= 1
    assert pushed.starts >= 2 * alone.starts
    assert len(pushed) == len(alone) + 1
    asked = census(landscape, seed=seed, unseen_mass=0.2)
    assert (asked.audit, asked.audit_rounds) == (True, pushed.audit_rounds)
    assert census(landscape, seed=seed, unseen_mass=0.2, audit=False).audit_rounds == 0


def test_a_sum_that_is_right_asks_for_no_round():
    assert census(Lopsided(spin(5, 38).tensor), seed=38).audit_rounds == 0


def test_a_sum_that_stays_wrong_uses_up_the_starts():
    @dataclass(frozen=True, eq=False)
    class Misjudged(SpherePolynomial):
        @property
        def euler(self):
            return 1

    misjudged = Misjudged(spin(2, 0).tensor)
    found = census(misjudged, starts=3000, unseen_mass=0.05)
    assert found.audit is False
    assert found.starts == 3000
    assert found.audit_rounds >= 3  # each doubles the starts, the last one makes what are left
    usual = census(misjudged, starts=3000)
    assert usual.audit is False
    assert (usual.starts, usual.audit_rounds) == (3000, 0)  # one confirmation needs them all


@pytest.mark.parametrize(("dim", "p"), [(1, 3), (2, 2), (3, 3), (2, 4), (5, 3)])
def test_certificates_on_the_sphere_hold_only_where_a_point_is(dim, p):
    landscape = spin(dim, 1, p)
    points = census(landscape).points
    exact = certify(landscape, points)
    assert exact.proven.all()
    assert exact.error.max() < 1e-9
    assert exact.index.tolist() == census(landscape).index.tolist()
    for i in range(len(points)):
        others = np.delete(points, i, axis=0)
        assert gaps(landscape.domain, points[i : i + 1], others)[0] > exact.alone[i] > 0
    rng = np.random.default_rng(0)
    proven = 0
    for size in (1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0):
        for _ in range(10):
            moved = landscape.domain.wrap(points + size * rng.standard_normal(points.shape))
            claim = certify(landscape, moved)
            distance = gaps(landscape.domain, moved, points)
            assert (distance[claim.proven] <= claim.error[claim.proven]).all()
            proven += claim.proven.sum()
    assert 0 < proven < 70 * len(points)


def test_a_wrong_bound_proves_what_is_not_so(monkeypatch):
    """Negative control: bounds a thousand times too small leave a point alone that is not."""
    landscape = spin(3, 1)
    points = census(landscape).points
    nearest = [
        gaps(landscape.domain, points[i : i + 1], np.delete(points, i, axis=0))[0]
        for i in range(len(points))
    ]
    moved = landscape.domain.wrap(points + 0.1 * np.roll(points, 1, axis=1))
    assert (certify(landscape, points).alone < nearest).all()
    assert not certify(landscape, moved).proven.any()
    right = SphereLagrangian.third_bound
    monkeypatch.setattr(SphereLagrangian, "third_bound", lambda *given: right(*given) / 1000)
    assert (certify(landscape, points).alone > nearest).any()
    assert certify(landscape, moved).proven.any()


def test_degenerate_points_of_the_sphere_are_refused():
    """x₀³: two poles, and a whole equator of degenerate points; 0 is degenerate everywhere."""
    tensor = np.zeros((3, 3, 3))
    nothing, tensor[0, 0, 0] = SpherePolynomial(tensor), 1.0
    landscape = SpherePolynomial(tensor)
    angle = np.linspace(0, 2 * np.pi, 9)
    equator = np.column_stack([0 * angle, np.cos(angle), np.sin(angle)])
    poles = np.array([[-1.0, 0, 0], [1.0, 0, 0]])
    assert certify(landscape, poles).proven.all()
    assert certify(landscape, poles).index.tolist() == [0, 2]
    for tilt in (0.0, 1e-12, 1e-8, 1e-4, 1e-2):
        near = landscape.domain.wrap(equator + tilt * poles[0])
        assert not certify(landscape, near).proven.any()
    assert not certify(nothing, poles).proven.any()
    found = multistart(landscape, starts=1024)
    assert found.degenerate.any()
    assert not found.certified[found.degenerate].any()
    assert found.certified[~found.degenerate].all()


def test_a_sphere_without_a_lagrangian_proves_nothing():
    assert not multistart(RayleighQuotient(3)).certified.any()


@pytest.mark.parametrize(("dim", "p"), [(1, 2), (3, 3), (9, 3), (3, 4), (40, 3)])
def test_rounding_on_the_sphere_is_bounded(dim, p):
    """Against extended precision and the exactly symmetric part of the tensor."""
    scaled, above = spin(dim, 0, p).lagrangian(Sphere(dim).sample(np.random.default_rng(1), 20))
    assert np.abs(above[:, -1]).max() <= 1
    tensor, x = symmetric_part(scaled.tensor.astype(np.longdouble)), above.astype(np.longdouble)
    point, multiplier = x[:, :-1], x[:, -1:]
    plane = tensor[None]
    for _ in range(p - 2):
        plane = np.einsum("mi,mi...->m...", point, np.repeat(plane, 20 // len(plane), axis=0))
    plane = np.repeat(plane, 20 // len(plane), axis=0)
    slope = p * np.einsum("mij,mj->mi", plane, point) - multiplier * point
    plane = p * (p - 1) * plane - multiplier[:, :, None] * np.eye(dim + 1)
    gradient, hessian = scaled.derivatives(above)
    errors = np.abs(gradient[:, :-1] - slope).max(), np.abs(hessian[:, :-1, :-1] - plane).max()
    for error, bound in zip(errors, scaled.rounding(), strict=True):
        assert error < bound
        assert bound < 1e-12


def test_no_certificate_for_what_does_not_exist():
    landscape = function_on(
        Box(1, -1.0, 1.0),
        lambda x: x[:, 0] ** 3 / 3 + 1e-12 * x[:, 0],
        lambda x: x**2 + 1e-12,
        lambda x: 2 * x[:, :, None],
        third_bound=lambda c, _: np.full((len(c), 1, 1, 1), 2.0),
        rounding=(1e-16, 1e-16),
    )
    x = np.concatenate([np.geomspace(1e-12, 0.9, 400), -np.geomspace(1e-12, 0.9, 400)])
    assert not certify(landscape, x[:, None]).proven.any()


def test_points_outside_the_box_are_dropped():
    inside, outside = (
        multistart(TrigonometricSum(Box(1, 0.5, high), [[1.0]], [1.0], [0.0]))
        for high in (4.0, 3.0)
    )
    assert inside.points[:, 0] == pytest.approx([np.pi], abs=1e-14)
    assert len(outside) == 0


def test_seeds_decide_and_starts_can_be_given():
    landscape = TorusPolynomial(2, 4).sample(np.random.default_rng(0))
    first, again = multistart(landscape, seed=3), multistart(landscape, seed=3)
    assert np.array_equal(first.points, again.points)
    assert first.starts == again.starts
    few = multistart(landscape, seed=3, starts=20)
    assert few.starts == 20
    assert len(few) < len(first)
    assert few.unseen[1] > len(first) - len(few)
    assert few.unseen_mass == 1.0  # nothing was left to confirm the list
    helped = multistart(landscape, seed=3, starts=20, points=first.points)
    assert len(helped) == len(first)
    assert helped.starts == 20


def test_a_constant_function_ends_soon():
    flat = function_on(
        Torus(2),
        lambda x: np.zeros(len(x)),
        np.zeros_like,
        lambda x: np.zeros((len(x), 2, 2)),
    )
    found = multistart(flat)
    assert found.degenerate.all()
    assert found.starts < 20_000


@pytest.mark.parametrize("dim", [2, 4, 6])
def test_an_isolated_saddle_beside_manifolds(dim):
    """Nothing but the origin is isolated; it has n negative eigenvalues out of 2n."""
    found = multistart(Autoencoder(dim))
    assert found.counts.tolist() == [int(k == dim // 2) for k in range(dim + 1)]
    assert np.abs(found.points[~found.degenerate]).max() < 1e-12
    norms = np.linalg.norm(found.points[found.degenerate], axis=1)
    assert norms.min() > 1  # the manifolds keep away from it
    assert found.starts < 20_000
    assert found.unseen[1] < 1


def test_many_degenerate_points_that_repeat_are_no_manifold():
    """Twelve isolated degenerate points of cos³, each to be found four times."""
    f = function_on(
        Torus(2),
        lambda x: (np.cos(x) ** 3).sum(axis=1),
        lambda x: -3 * np.cos(x) ** 2 * np.sin(x),
        lambda x: (6 * np.cos(x) * np.sin(x) ** 2 - 3 * np.cos(x) ** 3)[:, :, None] * np.eye(2),
    )
    found = multistart(f)
    assert found.counts.tolist() == [1, 2, 1]
    assert found.degenerate.sum() == 12


@dataclass(frozen=True, eq=False)
class Entropy(Landscape):
    """Σ x ln x, which is NaN where a coordinate is negative: one minimum, at 1/e."""

    dim: int = 2
    holes: bool = True

    @property
    def domain(self):
        return Box(self.dim, -0.2 if self.holes else -2.0, 1.0 if self.holes else -1.0)

    def value(self, x):
        return (x * np.log(x)).sum(axis=1)

    def gradient(self, x):
        return np.log(x) + 1

    def hessian(self, x):
        return (1 / x)[:, :, None] * np.eye(self.dim)


def test_holes_in_the_domain():
    found = multistart(Entropy())
    assert found.counts.tolist() == [1, 0, 0]
    assert found.points == pytest.approx(np.full((1, 2), np.exp(-1)), abs=1e-14)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="but are at no start"):
        multistart(Entropy(holes=False))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"starts": 0}, "starts must be"),
        ({"starts": -5}, "starts must be"),
        ({"seed": -1}, "seed must be"),
        ({"unseen_mass": 0.0}, "unseen_mass must be"),
        ({"unseen_mass": 1.0}, "unseen_mass must be"),
        ({"level": 1.0}, "level must be"),
        ({"points": np.zeros((2, 3))}, "points must have shape"),
        ({"points": np.full((2, 2), np.nan)}, "points must lie in the domain"),
    ],
)
def test_bad_arguments(change, fault):
    with pytest.raises(ValueError, match=fault):
        multistart(TorusPolynomial(2, 2).sample(np.random.default_rng(0)), **change)
