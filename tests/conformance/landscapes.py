"""What every landscape must satisfy. Import it to test your own::

from tests.conformance.landscapes import check_landscape

def test_mine():
    check_landscape(MyLandscape)                        # a class, or
    check_landscape(lambda dim: MyLandscape(dim, 0.3))  # anything that takes a dimension
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from critpoints.domains import Box
from critpoints.landscapes.derivatives import check_derivatives
from critpoints.protocols import Landscape, RandomField

Law = Landscape | RandomField
Factory = Callable[[int], Law]
METHODS = ("value", "gradient", "hessian")


def check_landscape(
    factory: Factory, dims: Iterable[int] = (1, 2, 3), points: int = 20, seed: int = 1
) -> None:
    """Hold the laws ``factory(dim)``, and a function drawn from each, to the protocol.

    Raises AssertionError if one fails.
    """
    for dim in dims:
        law = factory(dim)
        check_value(law, factory(dim))
        check_repeatable(law, seed)
        landscape = law.sample(np.random.default_rng(seed))
        assert law.dim == landscape.dim == landscape.domain.dim == dim
        rng = np.random.default_rng([seed, 1])
        check_domain(landscape, rng, points)
        check_shapes(landscape, rng)
        check_batches(landscape, rng)
        check_calculus(landscape, rng, points)
        check_pickle(landscape, rng)
        check_third_bound(landscape, rng, points)
        check_rounding(landscape, rng)
        check_images(landscape, rng)
        check_lagrangian(landscape, rng, points)


def check_value(law: Law, twin: Law) -> None:
    """A frozen dataclass with an identity: equal when built alike, hashable, picklable."""
    assert dataclasses.is_dataclass(law)
    assert next(iter(dataclasses.fields(law))).name == "dim"
    assert law == twin
    assert hash(law) == hash(twin)
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301 - our own bytes
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.dim = 99
    assert isinstance(law.population, str)
    assert law.population
    assert (law.name is None) == (law.version is None)


def check_repeatable(law: Law, seed: int) -> None:
    """The generator given is the only source of randomness, and is one."""
    first, second = (law.sample(np.random.default_rng(seed)) for _ in range(2))
    x = first.domain.sample(np.random.default_rng(seed), 5)
    assert first.domain == second.domain, "sample is not repeatable"
    assert np.array_equal(first.value(x), second.value(x)), "sample is not repeatable"
    if isinstance(law, RandomField):
        other = law.sample(np.random.default_rng([seed, 2]))
        assert not np.array_equal(first.value(x), other.value(x)), "sample is not random"


def check_domain(landscape: Landscape, rng: np.random.Generator, points: int) -> None:
    """Starts lie in the domain, bases are tangent, and short steps stay on the domain."""
    domain = landscape.domain
    x = domain.sample(rng, points)
    assert x.shape == (points, domain.ambient)
    assert domain.contains(x).all(), "a start lies outside the domain"
    basis = domain.basis(x)
    gram = np.einsum("mai,maj->mij", basis, basis)
    assert np.allclose(gram, np.eye(domain.dim), atol=1e-12)
    if isinstance(domain, Box):  # a box does not hold back; steps from its middle stay inside
        low, high = domain.ends
        x = (low + high) / 2 + (x - (low + high) / 2) / 2
    reach = 0.1 * (min(high - low) if isinstance(domain, Box) else 1.0)
    step = reach * np.einsum("mai,mi->ma", basis, rng.uniform(-1, 1, (points, domain.dim)))
    moved = domain.retract(x, step)
    assert moved.shape == x.shape
    assert domain.contains(moved).all(), "retract leaves the domain"


def check_shapes(landscape: Landscape, rng: np.random.Generator) -> None:
    """Shapes, float64 and finiteness for no point, one and many; the points stay as they were."""
    n = landscape.domain.ambient
    shapes = {"value": (), "gradient": (n,), "hessian": (n, n), "hvp": (n,)}
    for size in (0, 1, 7):
        x = landscape.domain.sample(rng, size)
        kept = x.copy()
        outputs = {name: getattr(landscape, name)(x) for name in METHODS if has(landscape, name)}
        if landscape.second_order:
            outputs["hvp"] = landscape.hvp(x, np.ones_like(x))
        for name, found in outputs.items():
            assert found.shape == (size, *shapes[name]), f"shape of {name}"
            assert found.dtype == np.float64, f"type of {name}"
            assert np.isfinite(found).all(), f"{name} is not finite"
        assert np.array_equal(x, kept), "the points given were changed"


def check_batches(landscape: Landscape, rng: np.random.Generator) -> None:
    """A batch is its points, one by one, up to rounding; shared work changes nothing."""
    x = landscape.domain.sample(rng, 6)
    for name in METHODS:
        if not has(landscape, name):
            continue
        whole = getattr(landscape, name)(x)
        single = np.concatenate([getattr(landscape, name)(row[None]) for row in x])
        close(whole, single, f"batches of {name}")
    if landscape.second_order:
        gradient, hessian = landscape.derivatives(x)
        close(gradient, landscape.gradient(x), "derivatives, gradient")
        close(hessian, landscape.hessian(x), "derivatives, hessian")


def check_calculus(landscape: Landscape, rng: np.random.Generator, points: int) -> None:
    """Gradient, Hessian and products against finite differences, symmetric and tangent."""
    try:
        check_derivatives(landscape, rng, points)
    except (ValueError, TypeError) as error:
        raise AssertionError(str(error)) from error


def check_pickle(landscape: Landscape, rng: np.random.Generator) -> None:
    """A function drawn travels between processes."""
    x = landscape.domain.sample(rng, 3)
    twin = pickle.loads(pickle.dumps(landscape))  # noqa: S301 - our own bytes
    assert np.array_equal(twin.value(x), landscape.value(x))


def check_third_bound(landscape: Landscape, rng: np.random.Generator, boxes: int) -> None:
    """Third derivatives, by differences of Hessians, stay below their bound on random boxes."""
    domain, dim = landscape.domain, landscape.dim
    center = domain.sample(rng, boxes)
    size = np.exp(rng.uniform(np.log(1e-3), 0.0, (boxes, 1)))
    radius = np.broadcast_to(size, center.shape) * rng.uniform(0.5, 1.0, center.shape)
    bound = landscape.third_bound(center, radius)
    if bound is None:
        return
    assert domain.flat, "third derivatives are those of a flat domain"
    whole = np.broadcast_to(bound, (boxes, dim, dim, dim))
    assert (whole >= 0).all()
    h = 1e-5
    for _ in range(8):
        x = center + radius * rng.choice([-1.0, 1.0, 0.0, 0.5], center.shape)
        third = np.stack(
            [
                (landscape.hessian(x + h * e) - landscape.hessian(x - h * e)) / (2 * h)
                for e in np.eye(dim)
            ],
            axis=-1,
        )
        noise = 1e-6 * (1 + np.abs(third).max()) + 1e-10 * np.abs(landscape.hessian(x)).max()
        assert (np.abs(third) <= whole + noise).all(), "third_bound is exceeded"


def check_rounding(landscape: Landscape, rng: np.random.Generator) -> None:
    """Positive, and small beside the derivatives themselves."""
    found = landscape.rounding()
    if found is None:
        return
    x = landscape.domain.sample(rng, 50)
    for error, derivative in zip(found, landscape.derivatives(x), strict=True):
        assert isinstance(error, float)
        assert 0 < error < 1e-6 * max(1.0, float(np.abs(derivative).max())), "rounding"


def has(landscape: Landscape, method: str) -> bool:
    """Whether there is such a method; only the Hessian is optional."""
    return method != "hessian" or landscape.second_order


def close(found: np.ndarray, wanted: np.ndarray, what: str) -> None:
    """Equal to 1e-10 of the largest number."""
    scale = float(np.abs(wanted).max(initial=1e-300))
    assert np.allclose(found, wanted, rtol=0, atol=1e-10 * scale), what


def check_images(landscape: Landscape, rng: np.random.Generator) -> None:
    """A symmetry keeps the sizes of derivatives: what is critical stays so."""
    x = landscape.domain.sample(rng, 5)
    for image in landscape.images(x):
        assert landscape.domain.contains(image).all(), "an image lies outside the domain"
        for name in ("gradient", "hessian"):
            here, there = getattr(landscape, name)(x), getattr(landscape, name)(image)
            sizes = [np.linalg.norm(a.reshape(len(x), -1), axis=1) for a in (here, there)]
            close(*sizes, f"{name} at images")


def check_lagrangian(landscape: Landscape, rng: np.random.Generator, points: int) -> None:
    """It is a landscape itself; on the tangent space its derivatives are in fixed proportion.

    On the sphere at (x, x . g): its gradient is the tangent one, its Hessian between tangent
    vectors the Riemannian one, both times one scale.
    """
    domain = landscape.domain
    x = domain.sample(rng, points)
    lifted = None if domain.flat else landscape.lagrangian(x)
    if lifted is None:
        return
    flat, above = lifted
    assert flat.domain.flat
    assert above.shape == (points, 2 * domain.ambient - domain.dim)
    assert np.array_equal(above[:, : domain.ambient], x)
    check_calculus(flat, rng, points)
    check_third_bound(flat, rng, points)
    check_rounding(flat, rng)
    n, basis = domain.ambient, domain.basis(x)
    whole, part = landscape.derivatives(x), flat.derivatives(above)
    scale = np.linalg.norm(part[0]) / np.linalg.norm(whole[0])
    close(part[0][:, :n] / scale, whole[0], "gradient of the Lagrangian")
    between = [np.swapaxes(basis, 1, 2) @ h @ basis for h in (part[1][:, :n, :n], whole[1])]
    close(between[0] / scale, between[1], "Hessian of the Lagrangian")
