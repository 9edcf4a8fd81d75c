"""A function of one's own: what is right is taken as it is, what is wrong is named."""

# ruff: noqa: ARG005 - a function keeps the signature that is asked for

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from critpoints.domains import Box, Domain, Euclidean, Sphere, Torus
from critpoints.landscapes import Octopus, SphericalSpin, check_derivatives, from_callables
from critpoints.protocols import Landscape

MATRIX = np.array([[2.0, 0.5, 0.0], [0.5, -1.0, 0.3], [0.0, 0.3, 4.0]])


def quadratic(**changes: Any) -> Landscape:
    functions: dict[str, Any] = {
        "f": lambda x: np.einsum("mi,ij,mj->m", x, MATRIX, x) / 2,
        "grad": lambda x: x @ MATRIX,
        "hess": lambda x: np.tile(MATRIX, (len(x), 1, 1)),
        "domain": Box(3, -1.0, 1.0),
    }
    return from_callables(**{**functions, **changes})


def test_functions_of_batches() -> None:
    f = quadratic()
    x = np.random.default_rng(0).uniform(-1, 1, (5, 3))
    assert f.dim == 3
    assert f.second_order
    assert np.allclose(f.gradient(x), x @ MATRIX)
    assert np.allclose(f.hvp(x, x), x @ MATRIX)
    assert f.third_bound(x, x) is None
    assert f.rounding() is None
    assert f.euler == 1


def test_functions_of_one_point() -> None:
    whole = quadratic()
    single = from_callables(
        lambda x: x @ MATRIX @ x / 2,
        lambda x: MATRIX @ x,
        lambda x: MATRIX,
        domain=Box(3, -1.0, 1.0),
        hvp=lambda x, v: MATRIX @ v,
        third_bound=lambda c, r: np.zeros((3, 3, 3)),
        batched=False,
    )
    for m in (0, 1, 6):
        x = np.random.default_rng(m).uniform(-1, 1, (m, 3))
        for name in ("value", "gradient", "hessian"):
            found = getattr(single, name)(x)
            assert found.shape == getattr(whole, name)(x).shape
            assert np.allclose(found, getattr(whole, name)(x))
        assert np.allclose(single.hvp(x, x), whole.hvp(x, x))
    assert single.third_bound(np.zeros((4, 3)), np.ones(3)).shape == (4, 3, 3, 3)


def test_products_make_a_hessian_and_none_is_none() -> None:
    products = quadratic(hess=None, hvp=lambda x, v: v @ MATRIX)
    assert products.second_order
    assert np.allclose(products.hessian(np.zeros((2, 3))), MATRIX)
    first = quadratic(hess=None)
    assert not first.second_order
    for call in (first.hessian, lambda x: first.hvp(x, x)):
        with pytest.raises(TypeError, match="hess or hvp must be given"):
            call(np.zeros((1, 3)))


def test_what_is_stated_is_kept() -> None:
    f = quadratic(
        domain=Euclidean(3, 2.0), euler=-1, rounding=(1e-14, 1e-15), third_bound=lambda c, r: 0 * c
    )
    assert f.euler == -1
    assert f.rounding() == (1e-14, 1e-15)
    assert quadratic(domain=Euclidean(3)).euler is None


def test_integers_will_do() -> None:
    f = from_callables(
        lambda x: np.zeros(len(x), dtype=int), lambda x: np.zeros(x.shape, int), domain=Torus(2)
    )
    assert f.value(np.zeros((1, 2))).dtype == np.float64


WRONG = {
    "gradient": (
        {"grad": lambda x: x @ MATRIX + [0, 0, 0.01]},
        ValueError,
        r"gradient is not the derivative of value: at x = \[.*\] component 2 is given as "
        r"-?\d.*, but differences give -?\d.* ± \d",
    ),
    "hessian": (
        {"hess": lambda x: np.tile(MATRIX + 0.001 * np.eye(3), (len(x), 1, 1))},
        ValueError,
        r"hessian is not the derivative of gradient: at x = .* component \((.), \1\) is given as",
    ),
    "symmetry": (
        {"hess": lambda x: np.tile(np.triu(MATRIX), (len(x), 1, 1))},
        ValueError,
        r"hessian is not symmetric: at x = .* component \(0, 1\) is 0.5 one way and 0 the other",
    ),
    "product": (
        {"hvp": lambda x, v: v @ MATRIX + 0.01 * v},
        ValueError,
        "hvp is not hessian times vector",
    ),
    "column": (
        {"f": lambda x: np.einsum("mi,ij,mj->m", x, MATRIX, x)[:, None] / 2},
        ValueError,
        r"value of 1 points must have shape \(1,\), got \(1, 1\)",
    ),
    "one point": (
        {"f": lambda x: float((x @ MATRIX @ x.T).ravel()[0])},
        ValueError,
        r"value of 1 points must have shape \(1,\), got \(\); .* needs batched=False",
    ),
    "flat": ({"grad": lambda x: (x @ MATRIX)[0]}, ValueError, r"gradient of 1 points must have"),
    "square": ({"hess": lambda x: MATRIX}, ValueError, r"hessian of 4 points must have shape"),
    "nan": (
        {"f": lambda x: np.where(x[:, 0] < 2, np.nan, 0.0)},
        ValueError,
        r"value must be finite, got nan at x = \[",
    ),
    "infinite": (
        {"grad": lambda x: x / 0.0 if len(x) > 9 else x + np.inf},
        ValueError,
        r"gradient must be finite, got \[.*inf.*\] at x = \[",
    ),
    "complex": (
        {"f": lambda x: (x**2).sum(axis=1) + 0j},
        TypeError,
        "value must return real numbers, got complex128",
    ),
    "text": ({"f": lambda x: "no"}, TypeError, "value must return real numbers, got <U2"),
    "single": (
        {"grad": lambda x: (x @ MATRIX).astype(np.float32)},
        TypeError,
        "gradient must return double precision, got float32",
    ),
    "no function": ({"grad": 3}, TypeError, "grad must be a function, got 3"),
    "no f": ({"f": None}, TypeError, "f must be a function, got None"),
    "no domain": ({"domain": 3}, TypeError, "domain must be a domain, got 3"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_named(case: str) -> None:
    changes, error, why = WRONG[case]
    with pytest.raises(error, match=why):
        quadratic(**changes)


def test_a_bound_must_be_one() -> None:
    f = quadratic(third_bound=lambda c, r: -np.ones((len(c), 3, 3, 3)))
    with pytest.raises(ValueError, match="third_bound must not be negative or NaN"):
        f.third_bound(np.zeros((1, 3)), np.ones((1, 3)))


def test_the_gradient_named_is_the_gradient_given() -> None:
    with pytest.raises(ValueError, match="component 1") as caught:
        from_callables(
            lambda x: (x**2).sum(axis=1),
            lambda x: 2 * x + [0, 0.5],
            domain=Box(2),
            rng=np.random.default_rng(3),
        )
    found = re.search(
        r"component 1 is given as (.*), but differences give (.*) ±", str(caught.value)
    )
    stated, should = (float(number) for number in found.groups())
    assert stated - should == pytest.approx(0.5)


@pytest.mark.parametrize(
    "domain",
    [Box(2, -1e-4, 1e-4), Box(2, 1e3, 2e3), Torus(2, 0.01), Euclidean(2, 1e-3), Sphere(2, 5.0)],
    ids=str,
)
def test_every_domain_at_its_own_scale(domain: Domain) -> None:
    """Waves of the length of the domain, and the same with a gradient half a percent off."""
    spread = domain.sample(np.random.default_rng(0), 100).std()
    k = 2 * np.pi / getattr(domain, "length", 10 * spread)

    def grad(x: np.ndarray, factor: float = 1.0) -> np.ndarray:
        slope = np.zeros_like(x)
        slope[:, 0] = -factor * k * np.sin(k * x[:, 0])
        return domain.tangent(x, slope)

    from_callables(lambda x: np.cos(k * x[:, 0]), grad, domain=domain)
    with pytest.raises(ValueError, match="gradient is not the derivative"):
        from_callables(lambda x: np.cos(k * x[:, 0]), lambda x: grad(x, 1.005), domain=domain)


@pytest.mark.parametrize("wavenumber", [1.0, 1e3, 1e5])
def test_short_waves(wavenumber: float) -> None:
    k = wavenumber
    for factor in (1.0, 1.01):

        def made(factor: float = factor) -> Landscape:
            return from_callables(
                lambda x: np.cos(k * x).sum(axis=1),
                lambda x: -k * np.sin(k * x),
                lambda x: -factor * (k**2 * np.cos(k * x))[:, :, None] * np.eye(2),
                domain=Box(2),
            )

        if factor == 1:
            assert made().dim == 2
        else:
            with pytest.raises(ValueError, match="hessian is not the derivative"):
                made()


def test_many_dimensions_are_checked_along_some() -> None:
    calls = []

    def grad(x: np.ndarray) -> np.ndarray:
        calls.append(len(x))
        return x.copy()

    def hess(x: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(400), (len(x), 1, 1))

    from_callables(lambda x: (x**2).sum(axis=1) / 2, grad, hess, domain=Euclidean(400))
    assert len(calls) < 400
    wrong = np.diag(np.where(np.arange(400) > 300, 1.01, 1.0))
    with pytest.raises(
        ValueError, match=r"\((3\d\d), \1\) is given as 1.01, but differences give 1 ±"
    ):
        from_callables(
            lambda x: (x**2).sum(axis=1) / 2,
            grad,
            lambda x: np.tile(wrong, (len(x), 1, 1)),
            domain=Euclidean(400),
        )


def test_nothing_is_asked_outside_a_box() -> None:
    def f(x: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="raise", divide="raise"):
            return np.log(x).sum(axis=1)

    from_callables(f, lambda x: 1 / x, domain=Box(2, 0.0, 1.0), rng=np.random.default_rng(0))


def test_any_landscape_can_be_checked() -> None:
    rng = np.random.default_rng(0)
    check_derivatives(SphericalSpin(3).sample(rng), rng, points=50)

    class Crooked(Octopus):
        def hessian(self, x: np.ndarray) -> np.ndarray:
            return 1.001 * super().hessian(x)

    with pytest.raises(ValueError, match="hessian is not the derivative of gradient"):
        check_derivatives(Crooked(3), rng)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"rounding": 3}, TypeError, "rounding must be two numbers"),
        ({"rounding": (np.nan, 0.0)}, ValueError, "rounding must be a finite number"),
        ({"rounding": (-1.0, 0.0)}, ValueError, "rounding must be a finite number"),
        ({"euler": "a"}, TypeError, "euler must be an integer"),
        ({"rng": 3}, TypeError, "rng must be a numpy.random.Generator"),
        ({"batched": "no"}, TypeError, "batched must be True or False"),
    ],
)
def test_settings_that_would_spoil_a_proof_are_refused(given, error, says):
    with pytest.raises(error, match=says):
        from_callables(lambda x: x[:, 0] ** 2, lambda x: 2 * x, domain=Torus(1), **given)


@pytest.mark.parametrize(
    ("bound", "error", "says"),
    [
        (lambda c, _: np.zeros((len(c), 2, 2)), ValueError, "must fit the shape"),
        (lambda c, _: np.full((len(c), 2, 2, 2), 1j), TypeError, "real numbers, got complex"),
        (lambda c, _: None, TypeError, "real numbers, got object"),
        (lambda c, _: np.full((len(c), 2, 2, 2), np.nan), ValueError, "negative or NaN"),
    ],
)
def test_bounds_of_a_wrong_form_are_refused(bound, error, says):
    well = from_callables(
        lambda x: (x**2).sum(axis=1), lambda x: 2 * x, domain=Box(2), third_bound=bound
    )
    with pytest.raises(error, match=says):
        well.third_bound(np.zeros((3, 2)), np.ones((3, 2)))
