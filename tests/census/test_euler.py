"""The Euler audit: it holds where nothing is missing, and fails where a point was taken away."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial import polynomial as poly

from critpoints.census import census
from critpoints.census.euler import audited, interior_sum
from critpoints.census.faces import Restricted, faces, inward
from critpoints.census.subdivision import subdivide
from critpoints.domains import Box, Euclidean, Torus
from critpoints.errors import ContradictionError
from critpoints.landscapes import (
    InvertedWells,
    MonkeySaddle,
    Quadratic,
    StyblinskiTang,
    TorusPolynomial,
    check_derivatives,
    from_callables,
)
from critpoints.landscapes.sphere import SpherePolynomial
from critpoints.landscapes.trigonometric import TrigonometricSum


def waves(dim, rng, on=None):
    """A sum of six random waves in a box, of a few critical points."""
    box = on or Box(dim, -1.0, 1.5)
    return TrigonometricSum(box, 2 * rng.normal(size=(6, dim)), *rng.normal(size=(2, 6)))


def polynomial(rng):
    """A random polynomial of degree 4 in each of two coordinates, on a box."""
    weights = rng.normal(size=(5, 5))

    def term(x, first, second):
        slope = poly.polyder(poly.polyder(weights, first, axis=0), second, axis=1)
        return poly.polyval2d(x[:, 0], x[:, 1], slope)

    return from_callables(
        lambda x: term(x, 0, 0),
        lambda x: np.stack([term(x, 1, 0), term(x, 0, 1)], axis=1),
        lambda x: np.stack(
            [
                np.stack([term(x, 2, 0), term(x, 1, 1)], axis=1),
                np.stack([term(x, 1, 1), term(x, 0, 2)], axis=1),
            ],
            axis=1,
        ),
        domain=Box(2, -1.0, 1.5),
    )


@pytest.mark.parametrize(
    ("dim", "draws", "method"),
    [(1, 100, "auto"), (2, 30, "auto"), (3, 2, "auto"), (1, 30, "multistart")],
)
def test_sum_is_one_on_boxes(dim, draws, method):
    passed = sum(
        census(waves(dim, np.random.default_rng(seed)), method=method).audit is True
        for seed in range(draws)
    )
    assert passed == draws


def test_sum_is_one_for_polynomials():
    for seed in range(8):
        found = census(polynomial(np.random.default_rng(100 + seed)))
        assert found.method == "multistart"
        assert found.audit


def test_closed_domains():
    torus = census(TorusPolynomial(2, 3).sample(np.random.default_rng(2)))
    assert (torus.euler, torus.euler_expected, torus.audit) == (0, 0, True)
    for n, expected in ((3, 2), (4, 0)):
        form = np.random.default_rng(n).standard_normal((n, n, n))
        sphere = census(SpherePolynomial(form))
        assert (sphere.euler, sphere.euler_expected) == (expected, expected)


def test_all_of_space_where_the_landscape_says_so():
    rng = np.random.default_rng(4)
    bowl = TrigonometricSum(
        Euclidean(2, reach=4.0), rng.normal(size=(6, 2)), *rng.normal(size=(2, 6)), 1.0
    )
    found = census(bowl)
    assert len(found) > 1
    assert found.audit
    unknown = census(replace(bowl, curvature=0.0), starts=512)
    assert unknown.audit is None
    assert "not known" in unknown.audit_note


@pytest.mark.parametrize("landscape", [InvertedWells(2), StyblinskiTang(3), Quadratic(2)])
def test_known_functions_on_boxes(landscape):
    assert census(landscape).audit


def test_a_planted_gap_is_found_out():
    """Negative control: whichever point is taken away, the audit fails."""
    for landscape in (
        waves(2, np.random.default_rng(3)),
        TorusPolynomial(2, 2).sample(np.random.default_rng(0)),
    ):
        whole = subdivide(landscape)
        assert audited(whole, subdivide).audit
        assert len(whole) > 1
        for gone in range(len(whole)):
            keep = np.arange(len(whole)) != gone
            part = replace(
                whole,
                **{
                    name: getattr(whole, name)[keep]
                    for name in ("points", "values", "eigenvalues", "degenerate", "residuals",
                                 "certified")
                },
            )  # fmt: skip
            with pytest.raises(ContradictionError, match="complete by its proof"):
                audited(part, subdivide)
            searched = replace(part, complete=False, method="multistart")
            assert audited(searched, subdivide).audit is False


def test_a_forgotten_boundary_is_found_out():
    """Negative control: the interior alone does not sum to 1."""
    sums = [interior_sum(subdivide(waves(2, np.random.default_rng(s)))) for s in range(20)]
    assert sum(s == 1 for s in sums) < 15


def test_faces_of_a_box():
    for dim in (1, 2, 3, 4):
        found = list(faces(Box(dim)))
        assert len(found) == 3**dim - 1
        assert sum(len(fixed) == dim for fixed in found) == 2**dim
    box = Box(3, (0.0, 1.0, 2.0), (5.0, 6.0, 7.0))
    assert inward(box, {0: 0.0, 2: 7.0}).tolist() == [1.0, -1.0]


def test_restriction_to_a_face():
    rng = np.random.default_rng(3)
    whole = waves(3, rng, Box(3, (0.0, 1.0, 2.0), (1.0, 3.0, 5.0)))
    face = Restricted(whole, {1: 3.0})
    assert face.domain == Box(2, (0.0, 2.0), (1.0, 5.0))
    check_derivatives(face, rng)
    x = face.domain.sample(rng, 5)
    inserted = np.insert(x, 1, 3.0, axis=1)
    assert np.array_equal(face.value(x), whole.value(inserted))
    radius = np.full_like(x, 0.1)
    wide = whole.third_bound(inserted, np.insert(radius, 1, 0.0, axis=1))
    assert np.array_equal(face.third_bound(x, radius), wide[:, [0, 2]][:, :, [0, 2]][..., [0, 2]])
    assert face.rounding() == whole.rounding()
    assert Restricted(polynomial(rng), {0: 1.0}).third_bound(x[:, :1], radius[:, :1]) is None


def test_faces_exist_on_boxes_only():
    with pytest.raises(TypeError, match="only a function on a box"):
        Restricted(TorusPolynomial(2, 2).sample(np.random.default_rng(0)), {0: 0.0}).domain  # noqa: B018


def test_no_verdict_where_it_does_not_apply():
    corner = Box(2, 0.0, 1.0)
    bowl = from_callables(
        lambda x: (x**2).sum(axis=1) / 2,
        lambda x: x,
        lambda x: np.broadcast_to(np.eye(2), (len(x), 2, 2)),
        domain=corner,
    )
    touching = census(bowl)
    assert touching.audit is None
    assert touching.audit_note
    monkey = census(MonkeySaddle(2))
    assert monkey.degenerate.all()
    assert monkey.audit is None
    high = census(InvertedWells(5), method="multistart", starts=512)
    assert high.audit is None
    assert "faces" in high.audit_note


def test_a_degenerate_point_leaves_the_sum_but_no_verdict():
    cubic = from_callables(
        lambda x: x[:, 0] ** 3 / 3,
        lambda x: x**2,
        lambda x: 2 * x[:, :, None],
        domain=Box(1, -1.0, 1.5),
    )
    found = census(cubic)
    assert (found.euler, found.euler_expected, found.audit) == (1, 1, None)
    assert "degenerate" in found.audit_note


def test_undecided_faces_give_no_verdict():
    whole = subdivide(waves(2, np.random.default_rng(0)))
    found = audited(whole, lambda f: subdivide(f, max_cells=1))
    assert found.audit is None
    assert "boundary" in found.audit_note


def test_the_audit_can_be_left_out():
    found = census(waves(2, np.random.default_rng(0)), audit=False)
    assert found.euler is None
    assert found.complete
    assert census(TrigonometricSum(Torus(1), [[1.0]], [1.0], [0.0]), audit=False).complete
