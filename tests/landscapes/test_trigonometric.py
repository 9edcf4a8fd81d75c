"""Trigonometric sums: derivatives, rigorous bounds, and the law of random polynomials."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from critpoints.domains import Box, Euclidean, Sphere, Torus
from critpoints.landscapes.trigonometric import TorusPolynomial, TrigonometricSum
from critpoints.protocols import Landscape

STEP = 1e-5


def scattered(rng: np.random.Generator, dim: int, curvature: float = 0.7) -> TrigonometricSum:
    """A sum whose wave vectors share no component, in a parabola, on a box."""
    waves = rng.normal(0.0, 2.0, (9, dim))
    cosine, sine = rng.standard_normal((2, 9))
    return TrigonometricSum(Box(dim, -3.0, 2.0), waves, cosine, sine, curvature)


def cases() -> list[TrigonometricSum]:
    rng = np.random.default_rng(1)
    fields = [TorusPolynomial(d, n).sample(rng) for d, n in ((1, 6), (2, 4), (3, 2), (4, 1))]
    return [*fields, *(scattered(rng, d) for d in (1, 2, 3))]


def complex_value(f: TrigonometricSum, x: np.ndarray) -> np.ndarray:
    """The definition, at complex points."""
    phase = x @ f.waves.T
    return f.curvature / 2 * (x * x).sum(axis=1) + np.cos(phase) @ f.cosine + np.sin(phase) @ f.sine


def differences(f: TrigonometricSum, x: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Central differences of the Hessian."""
    return (f.hessian(x + STEP * e) - f.hessian(x - STEP * e)) / (2 * STEP)


@pytest.mark.parametrize("f", cases())
def test_derivatives(f: TrigonometricSum) -> None:
    rng = np.random.default_rng(2)
    x, v = f.domain.sample(rng, 40), rng.standard_normal((40, f.dim))
    value, gradient, hessian = f.value(x), f.gradient(x), f.hessian(x)
    assert np.allclose(value, complex_value(f, x), rtol=0, atol=1e-12)
    for i, e in enumerate(np.eye(f.dim)):
        slope = complex_value(f, x + 1e-30j * e).imag / 1e-30
        assert np.allclose(gradient[:, i], slope, rtol=0, atol=1e-11)
        bend = (f.gradient(x + STEP * e) - f.gradient(x - STEP * e)) / (2 * STEP)
        assert np.allclose(hessian[:, i], bend, rtol=0, atol=1e-6)
    assert np.array_equal(hessian, np.swapaxes(hessian, 1, 2))
    assert np.allclose(f.hvp(x, v), np.einsum("mij,mj->mi", hessian, v), rtol=0, atol=1e-11)
    both = f.derivatives(x)
    assert np.allclose(both[0], gradient, rtol=0, atol=1e-12)
    assert np.allclose(both[1], hessian, rtol=0, atol=1e-12)


@pytest.mark.parametrize("f", cases())
@pytest.mark.parametrize("size", [0.0, 0.02, 0.3, 3.0])
def test_third_bound_bounds(f: TrigonometricSum, size: float) -> None:
    rng = np.random.default_rng(3)
    center = f.domain.sample(rng, 30)
    radius = size * rng.random((30, f.dim))
    bound = f.third_bound(center, radius)
    tightest = np.zeros_like(bound)
    for _ in range(10):
        corner = np.sign(rng.standard_normal(radius.shape))
        x = center + radius * corner * rng.random((30, 1)) ** 0.2
        third = np.stack([differences(f, x, e) for e in np.eye(f.dim)], axis=1)
        assert (np.abs(third) <= bound + 1e-5).all()
        tightest = np.maximum(tightest, np.abs(third))
    if size == 0:  # and not idly: at a point the bound is the value
        assert np.allclose(tightest, bound, rtol=0, atol=1e-5)


@pytest.mark.parametrize("f", cases())
@pytest.mark.parametrize("size", [0.02, 0.3, 3.0])
def test_expansion_bounds_over_boxes(f: TrigonometricSum, size: float) -> None:
    """At corners and inside; tighter than what the bound of third derivatives alone gives."""
    rng = np.random.default_rng(7)
    center = f.domain.sample(rng, 40)
    radius = size * (0.1 + rng.random((40, f.dim)))
    gradient, hessian, bend, remainder = f.expansion(center, radius)
    used = 0.0
    for fill in (1.0, 1.0, 1.0, 0.8, 0.3):
        step = fill * radius * np.sign(rng.standard_normal(radius.shape))
        there = f.derivatives(center + step)
        assert (np.abs(there[1] - hessian) <= bend + 1e-12).all()
        missed = np.abs(there[0] - gradient - np.einsum("mij,mj->mi", hessian, step))
        assert (missed <= remainder + 1e-12).all()
        used = max(used, (missed / remainder).max())
    assert used > 0.25 or size == 3.0
    plain = Landscape.expansion(f, center, radius)
    for mine, other in zip((gradient, hessian, bend), plain[:3], strict=True):
        assert np.allclose(mine, other, rtol=1e-9, atol=1e-12)
    assert (remainder <= plain[3] * (1 + 1e-9)).all()
    assert remainder.sum() < plain[3].sum() or size == 3.0


def test_expansion_of_one_wave_is_sharp() -> None:
    """sin x about π/2: a slope of -δ misses δ³/6, all of it from the fourth derivative."""
    f = TrigonometricSum(Torus(1), [[1.0]], [0.0], [1.0])
    center, step = np.array([[math.pi / 2]]), np.array([[0.05]])
    gradient, hessian, _, remainder = f.expansion(center, step)
    missed = abs(f.gradient(center + step) - gradient - hessian[:, 0] * step).item()
    assert missed <= remainder.item() <= 1.001 * missed


def test_rounding_bounds_the_error() -> None:
    """Against 40 digits, with the wave vectors that a torus means, and not by a factor of 1e4."""
    f = TorusPolynomial(2, 5).sample(np.random.default_rng(4))
    x = np.random.default_rng(5).uniform(-6, 12, (6, 2))
    gradient, hessian = f.derivatives(x)
    worst = np.zeros(2)
    with mpmath.workdps(40):
        unit = 2 * mpmath.pi / mpmath.mpf(f.domain.length)
        lattice = np.round(f.waves).astype(int)
        for n in range(len(x)):
            first, second = [mpmath.mpf(0)] * 2, [[mpmath.mpf(0)] * 2 for _ in range(2)]
            for k, a, b in zip(lattice.tolist(), f.cosine.tolist(), f.sine.tolist(), strict=True):
                phase = unit * sum(k[i] * mpmath.mpf(float(x[n, i])) for i in range(2))
                wave = -a * mpmath.sin(phase) + b * mpmath.cos(phase)
                bend = -a * mpmath.cos(phase) - b * mpmath.sin(phase)
                for i in range(2):
                    first[i] += unit * k[i] * wave
                    for j in range(2):
                        second[i][j] += unit**2 * k[i] * k[j] * bend
            for i in range(2):
                worst[0] = max(worst[0], abs(float(first[i] - float(gradient[n, i]))))
                worst[1] = max(
                    worst[1], *(abs(float(second[i][j] - float(hessian[n, i, j]))) for j in (0, 1))
                )
    bound = f.rounding()
    assert bound is not None
    assert (worst <= bound).all()
    assert (worst >= np.array(bound) / 1e4).all()


def test_all_of_space_has_no_rounding_bound() -> None:
    f = TrigonometricSum(Euclidean(2), [[1.0, 0.0]], [1.0], [0.5], 0.3)
    assert f.rounding() is None
    assert f.euler == 1
    assert np.isfinite(f.third_bound(np.zeros((1, 2)), np.ones((1, 2)))).all()
    assert TrigonometricSum(Euclidean(2), [[1.0, 0.0]], [1.0], [0.5]).euler is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Torus(2), [[0.5, 0.0]], [1.0], [0.0]), "integer multiples"),
        ((Torus(2), [[1.0, 0.0]], [1.0], [0.0], 1.0), "curvature must be 0"),
        ((Torus(2), [[1.0]], [1.0], [0.0]), r"waves must have shape \(M, 2\)"),
        ((Box(1), [[1.0]], [1.0, 2.0], [0.0]), r"cosine must have shape \(1,\)"),
        ((Box(1), [[1.0]], [1.0], [np.nan]), "sine must be finite"),
        ((Box(1), [[np.inf]], [1.0], [0.0]), "waves must be finite"),
        ((Torus(1), [[np.inf]], [1.0], [0.0]), "integer multiples"),
        ((Sphere(2), [[1.0, 0.0]], [1.0], [0.0]), "on must be a torus"),
    ],
)
def test_bad_sums(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrigonometricSum(*arguments)


def test_on_must_be_a_domain() -> None:
    with pytest.raises(TypeError, match="on must be a domain"):
        TrigonometricSum("torus", [[1.0]], [1.0], [0.0])


@pytest.mark.parametrize("spectrum", ["gaussian", "power", "flat"])
@pytest.mark.parametrize(("dim", "degree"), [(1, 5), (2, 3), (3, 1)])
def test_waves(dim: int, degree: int, spectrum: str) -> None:
    law = TorusPolynomial(dim, degree, spectrum)
    waves = law.waves
    assert len(waves) == ((2 * degree + 1) ** dim - 1) // 2
    both = {tuple(k) for k in np.concatenate([waves, -waves]).tolist()}
    assert len(both) == 2 * len(waves)
    assert (0.0,) * dim not in both
    assert np.isclose(law.variances.sum(), 1)
    assert (law.variances > 0).all()


def test_flat_moments_are_exact() -> None:
    """Sums of squares by hand: E k_1² = n(n+1)/3 over the cube, 0 included."""
    second, fourth = TorusPolynomial(2, 3, "flat").moments()
    everything = Fraction(49, 48)  # the cube has one vector more, which adds nothing
    squares = Fraction(3 * 4, 3)
    assert np.allclose(second, float(squares * everything) * np.eye(2), rtol=1e-13, atol=1e-13)
    assert np.isclose(fourth[0, 0, 1, 1], float(squares**2 * everything), rtol=1e-13)
    assert np.isclose(fourth[0, 0, 0, 0], float(Fraction(2 * (1 + 16 + 81), 7) * everything))
    assert np.isclose(fourth[0, 1, 0, 1], fourth[0, 0, 1, 1], rtol=1e-13)


def empirical(law: TorusPolynomial, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gradients and Hessians at one point."""
    rng = np.random.default_rng(seed)
    point = np.array([[0.3, 1.9]])
    pairs = [law.sample(rng).derivatives(point) for _ in range(draws)]
    return np.concatenate([g for g, _ in pairs]), np.concatenate([h for _, h in pairs])


def scores(law: TorusPolynomial, seed: int) -> np.ndarray:
    """z-scores of second moments of drawn derivatives against the law's."""
    gradient, hessian = empirical(law, 1500, seed)
    second, fourth = law.moments()
    pairs = [(0, 0), (0, 1), (1, 1)]
    samples = [gradient[:, i] * gradient[:, j] - second[i, j] for i, j in pairs]
    samples += [hessian[:, *p] * hessian[:, *q] - fourth[*p, *q] for p in pairs for q in pairs]
    return np.array([s.mean() / (s.std() / len(s) ** 0.5) for s in samples])


@pytest.mark.parametrize("spectrum", ["gaussian", "power", "flat"])
def test_moments_of_the_law(spectrum: str) -> None:
    assert np.abs(scores(TorusPolynomial(2, 3, spectrum), 6)).max() < 4


def test_moments_are_told_apart() -> None:
    """Negative control: draws of another degree do not have these moments."""
    gradient, _ = empirical(TorusPolynomial(2, 4), 1500, 6)
    second, _ = TorusPolynomial(2, 3).moments()
    sample = gradient[:, 0] ** 2 - second[0, 0]
    assert abs(sample.mean() / (sample.std() / len(sample) ** 0.5)) > 4


def test_gaussian_spectrum_is_nearly_isotropic() -> None:
    """E f_11² = 3 E f_12² for an isotropic field; the flat law is far from it."""
    ratio = {}
    for spectrum in ("gaussian", "flat"):
        _, fourth = TorusPolynomial(3, 6, spectrum).moments()
        ratio[spectrum] = fourth[0, 0, 0, 0] / fourth[0, 1, 0, 1]
    assert abs(ratio["gaussian"] - 3) < 0.7
    assert ratio["flat"] < 2


def test_same_stream_same_polynomial() -> None:
    law = TorusPolynomial(2)
    one, two, other = (law.sample(np.random.default_rng(seed)) for seed in (9, 9, 10))
    assert np.array_equal(one.cosine, two.cosine)
    assert np.array_equal(one.sine, two.sine)
    assert not np.isclose(one.cosine, other.cosine).any()
    assert not np.isclose(one.cosine, one.sine).any()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [((0,), ValueError), ((2, 0), ValueError), ((2, 4, "pink"), ValueError),
     ((2.5,), TypeError), ((12, 9), ValueError)],
)  # fmt: skip
def test_bad_laws(arguments: tuple, error: type[Exception]) -> None:
    with pytest.raises(error):
        TorusPolynomial(*arguments)
