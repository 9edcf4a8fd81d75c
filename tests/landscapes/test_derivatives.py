"""The check of derivatives: at any scale, far from the origin, with noise, in many dimensions."""

# ruff: noqa: ARG001, ARG005 - a function keeps the signature that is asked for

from __future__ import annotations

import math
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.polynomial import polynomial as poly

from critpoints.census import census
from critpoints.domains import Box, Domain, Euclidean, Sphere, Torus
from critpoints.errors import EvaluationError
from critpoints.landscapes import check_derivatives, from_callables, from_jax
from critpoints.landscapes.differences import differences, noise
from critpoints.protocols import Landscape

EYE = np.eye(2)


def cosines(
    scale: float = 1.0, length: float = 1.0, slope: float = 1.0, bend: float = 1.0
) -> Landscape:
    """s Σ cos(x/L), its gradient and Hessian off by factors."""
    k = 1 / length
    return from_callables(
        lambda x: scale * np.cos(k * x).sum(axis=1),
        lambda x: -slope * (scale * k) * np.sin(k * x),
        lambda x: -bend * (scale * k * k) * np.cos(k * x)[:, :, None] * EYE,
        domain=Box(2, -2.0 * length, 2.5 * length),
    )


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1e-10, 1.0, 1e100, 1e200])
@pytest.mark.parametrize("length", [1e-50, 1.0, 1e50])
def test_scales_of_function_and_domain(scale: float, length: float) -> None:
    cosines(scale, length)
    for factor in (-1.0, 1.0001, 0.0):
        with pytest.raises(ValueError, match="gradient is not the derivative of value"):
            cosines(scale, length, slope=factor)
        with pytest.raises(ValueError, match="hessian is not the derivative of gradient"):
            cosines(scale, length, bend=factor)


def test_axes_of_different_lengths() -> None:
    k = np.array([1e-6, 1.0, 1e6])
    for factor in (1.0, 1.001):

        def made(factor: float = factor) -> Landscape:
            return from_callables(
                lambda x: np.sin(k * x).sum(axis=1),
                lambda x: factor * k * np.cos(k * x),
                domain=Box(3, tuple(-1 / k), tuple(2 / k)),
            )

        if factor == 1:
            made()
        else:
            with pytest.raises(ValueError, match="component 2 is given as"):
                made()


@pytest.mark.parametrize("origin", [0.0, 1e3, 1e6, 1e9, 1e11])
def test_far_from_the_origin(origin: float) -> None:
    """x - o is exact; the step of a difference is the one made, not the one meant."""
    k = 2 * np.pi

    def made(factor: float) -> Landscape:
        return from_callables(
            lambda x: np.cos(k * (x - origin)).sum(axis=1),
            lambda x: -factor * k * np.sin(k * (x - origin)),
            lambda x: -(k**2) * np.cos(k * (x - origin))[:, :, None] * EYE,
            domain=Box(2, origin - 0.6, origin + 0.65),
        )

    assert made(1.0).dim == 2
    with pytest.raises(ValueError, match="gradient is not the derivative"):
        made(1.001)


def expanded(degree: int, factor: float, seed: int) -> Landscape:
    """(x-1)…(x-n) in powers of x: values of 1 are sums of terms of 1e13 and more."""
    powers = poly.polyfromroots(np.arange(1, degree + 1))
    first, second = poly.polyder(powers), poly.polyder(powers, 2)
    return from_callables(
        lambda x: poly.polyval(x[:, 0], powers),
        lambda x: factor * poly.polyval(x, first),
        lambda x: poly.polyval(x, second)[:, :, None],
        domain=Box(1, 0.5, degree + 0.5),
        rng=np.random.default_rng(seed),
    )


@pytest.mark.parametrize("degree", [10, 15, 20])
def test_an_ill_conditioned_gradient_that_is_right(degree: int) -> None:
    refused = 0
    for seed in range(30):
        assert expanded(degree, 1.0, seed).dim == 1
        try:
            expanded(degree, 1.001, seed)
        except ValueError as error:
            assert "is not the derivative" in str(error)  # noqa: PT017
            refused += 1
        with pytest.raises(ValueError, match="is not the derivative"):
            expanded(degree, -1.0, seed)
    assert refused >= 20  # at some points the noise hides a part in a thousand


def test_noise_is_measured() -> None:
    rng = np.random.default_rng(0)
    box, x = Box(2, -2.0, 2.0), rng.uniform(-1, 1, (6, 2))

    def smooth(y: np.ndarray) -> np.ndarray:
        return np.cos(y).sum(axis=1)

    def rough(y: np.ndarray) -> np.ndarray:
        return smooth(y) + 1e-6 * np.modf(1e14 * np.sin(1e3 * y).sum(axis=1))[0]

    assert (noise(smooth, box, x, rng) < 2e-14).all()
    found = noise(rough, box, x, rng)
    assert ((found > 1e-6) & (found < 3e-5)).all()
    assert (noise(lambda y: 1e-200 * rough(y), box, x, rng) < 3e-205).all()


def test_errors_of_differences_are_bounds() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (50, 2))
    way = np.tile([1.0, 0.0], (50, 1))
    for k in (1.0, 30.0, 1e3):

        def wave(y: np.ndarray, k: float = k) -> np.ndarray:
            return np.sin(k * y[:, 0])

        error = noise(wave, Box(2, -2.0, 2.0), x, rng)
        slopes, doubts = differences(wave, Box(2, -2.0, 2.0), x, way, error)
        best = doubts.argmin(axis=0)
        off = np.abs(slopes[best, range(50)] - k * np.cos(k * x[:, 0]))
        assert (off <= doubts.min(axis=0)).mean() > 0.95
        assert (doubts.min(axis=0) < 1e-5 * k).all()


def test_a_message_gives_both_numbers_and_the_error_and_blames_neither() -> None:
    with pytest.raises(ValueError, match=r"given as .*, but differences give .* ± ") as caught:
        cosines(slope=1.5)
    assert "should be" not in str(caught.value)
    with pytest.raises(
        ValueError, match=r"x = \[1000000000\.\d{4,}|x = \[1\.0000000\d+e\+09"
    ) as far:
        from_callables(
            lambda x: ((x - 1e9) ** 2).sum(axis=1), lambda x: 3 * (x - 1e9),
            domain=Box(1, 1e9, 1e9 + 1),
        )  # fmt: skip
    assert "differences give" in str(far.value)


def test_the_check_can_be_left_out() -> None:
    def wrong(check: bool) -> Landscape:
        return from_callables(
            lambda x: (x**2).sum(axis=1),
            lambda x: 3 * x,
            lambda x: np.tile(3 * EYE, (len(x), 1, 1)),
            domain=Box(2, -1.0, 1.2),
            check=check,
        )

    with pytest.raises(ValueError, match="gradient"):
        wrong(check=True)
    found = census(wrong(check=False), check=False)
    assert found.counts.tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="gradient"):
        census(wrong(check=False))
    for call in (
        lambda: census(wrong(check=False), check=0),  # type: ignore[arg-type]
        lambda: wrong(check=None),  # type: ignore[arg-type]
        lambda: from_jax(lambda x: x @ x, 2, check="no"),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="check must be True or False"):
            call()


def test_functions_in_jax_are_checked_too() -> None:
    jnp = pytest.importorskip("jax.numpy")

    def steep(x):
        return jnp.sin(1.2 * x).sum()

    with pytest.raises(ValueError, match="domain must be a period of the function"):
        from_jax(steep, 2, Torus(2))
    assert from_jax(steep, 2, Torus(2), check=False).dim == 2
    assert from_jax(lambda x: jnp.sin(2 * x).sum(), 2, Torus(2)).dim == 2


@pytest.mark.parametrize("length", [1e-9, 2 * np.pi, 1e9])
@pytest.mark.parametrize("scale", [1e-20, 1.0])
def test_a_torus_whose_length_is_no_period(length: float, scale: float) -> None:
    k = 2 * np.pi / length

    def made(waves: float, offset: float = 0.0) -> Landscape:
        w = waves * k
        return from_callables(
            lambda x: scale * (np.sin(w * x).sum(axis=1) + offset),
            lambda x: scale * w * np.cos(w * x),
            lambda x: -scale * w**2 * np.sin(w * x)[:, :, None] * EYE,
            domain=Torus(2, length),
        )

    for whole in (1, 2, 7):
        made(whole)
        made(whole, offset=1e6)
    for broken in (1.2, 0.5, 1.001, 2.5):
        with pytest.raises(ValueError, match="domain must be a period of the function, but"):
            made(broken)


def test_a_jump_behind_a_wrapped_coordinate_is_found() -> None:
    """The same numbers at 0 and L, since the function wraps: but not just before L."""
    with pytest.raises(ValueError, match="across the seam"):
        from_callables(
            lambda x: (np.mod(x, 1.0) ** 2).sum(axis=1), lambda x: 2 * np.mod(x, 1.0),
            domain=Torus(2, 1.0),
        )  # fmt: skip
    with pytest.raises(ValueError, match=r"gradient is .* across the seam"):  # a kink
        from_callables(
            lambda x: ((np.mod(x, 1.0) - 0.5) ** 2).sum(axis=1),
            lambda x: 2 * np.mod(x, 1.0) - 1,
            domain=Torus(2, 1.0),
        )


@pytest.mark.parametrize("domain", [Box(2000, -1.0, 1.0), Euclidean(2000), Sphere(2000)], ids=str)
def test_memory_grows_with_the_dimension_only(domain: Domain) -> None:
    """A matrix of 2000 × 2000 takes 32 MB; products and gradients need none."""

    def hvp(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        flat = 3 * x**2 * v
        if domain.flat:
            return flat
        height = np.einsum("mi,mi->m", x, x**3)[:, None]
        return domain.tangent(x, flat) - height * v

    def wrong(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return 1.01 * hvp(x, v)

    def skew(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return hvp(x, v) + domain.tangent(x, np.roll(v, 1, axis=1))

    def made(product) -> Landscape:
        return from_callables(
            lambda x: (x**4).sum(axis=1) / 4, lambda x: domain.tangent(x, x**3),
            hvp=product, domain=domain,
        )  # fmt: skip

    for product in (None, hvp):
        tracemalloc.start()
        made(product)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 30e6
    with pytest.raises(ValueError, match="hessian is not the derivative of gradient"):
        made(wrong)
    with pytest.raises(ValueError, match="hvp is not symmetric"):
        made(skew)


def failing(x: np.ndarray) -> float:
    if x[0] > 0.5:
        raise KeyError("no such thing")
    return float(x @ x)


def test_what_a_function_raises_is_quoted_with_its_point() -> None:
    domain = Box(2, 0.0, 1.0)
    good = {"grad": lambda x: 2 * x, "domain": domain, "batched": False}
    with pytest.raises(EvaluationError, match=r"value raised KeyError: .* at x = \[0\.") as caught:
        from_callables(failing, **good)
    assert isinstance(caught.value.__cause__, KeyError)
    for name, says in (("grad", "gradient"), ("hess", "hessian"), ("third_bound", "third_bound")):
        given = {
            "f": lambda x: float(x @ x), "hess": lambda x: 2 * EYE, "check": False, **good,
            name: lambda *x: 1 // 0,
        }  # fmt: skip
        landscape = from_callables(**given)
        method = getattr(landscape, says)
        x = np.full((3, 2), 0.25)
        with pytest.raises(
            ValueError, match=rf"{says} raised ZeroDivisionError: .* x = \[0.25 0.25"
        ):
            method(x, x) if name == "third_bound" else method(x)


def test_the_point_of_a_batch_is_found() -> None:
    def batch(x: np.ndarray) -> np.ndarray:
        if (x[:, 0] > 2).any():
            raise OSError("gone")
        return x.sum(axis=1)

    def size(x: np.ndarray) -> np.ndarray:
        if len(x) > 1:
            raise OSError("too many")
        return x.sum(axis=1)

    x = np.array([[0.0], [1.0], [3.0], [4.0]])
    made = [
        from_callables(f, np.ones_like, domain=Euclidean(1), check=False) for f in (batch, size)
    ]
    with pytest.raises(EvaluationError, match=r"value raised OSError: gone, at x = \[3.\]"):
        made[0].value(x)
    with pytest.raises(EvaluationError, match=r"for 4 points at once, the first at x = \[0.\]"):
        made[1].value(x)


def test_interrupts_are_not_quoted() -> None:
    def stop(x: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        from_callables(stop, lambda x: x, domain=Box(1))


def test_warnings_are_no_part_of_the_check() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_derivatives(cosines(), np.random.default_rng(0), points=20)
    assert math.isfinite(cosines().value(np.zeros((1, 2)))[0])
