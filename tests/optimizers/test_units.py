"""Nothing depends on the unit of f, or of x: the same paths, bit by bit, and the same ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from critpoints.curvature import curvature
from critpoints.domains import Euclidean
from critpoints.lengths import add_squares, lengths, shortened
from critpoints.optimizers import (
    LBFGS,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Clipped,
    Cubic,
    Distance,
    Drop,
    GradientDescent,
    HeavyBall,
    Langevin,
    Nesterov,
    Newton,
    NewtonCG,
    Perturbed,
    Result,
    RMSProp,
    SaddleFree,
    StochasticGradientDescent,
    TrustRegion,
    run,
)
from critpoints.protocols import Landscape, Optimizer
from tests.conformance.optimizers import Well


@dataclass(frozen=True)
class Scaled(Landscape):
    """s f(x/u): values in units of 1/s, coordinates in units of 1/u."""

    inner: Landscape
    s: float = 1.0
    u: float = 1.0

    @property
    def dim(self) -> int:
        return self.inner.dim

    @property
    def domain(self) -> Euclidean:
        return Euclidean(self.dim, self.u)

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.s * self.inner.value(x / self.u)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.s / self.u * self.inner.gradient(x / self.u)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self.s / self.u**2 * self.inner.hessian(x / self.u)


INNER = Well((-1.0, 1.0, 3.0))
UNDERFLOW = 1e-200  # bit by bit, but for gradients whose unit takes them below the smallest float
START = 1e-3 * np.random.default_rng(5).normal(size=(12, 3))

RULES: dict[str, Callable[[float, float], Optimizer]] = {
    "gd": lambda s, u: GradientDescent(0.1 * u * u / s),
    "clipped": lambda s, u: Clipped(GradientDescent(0.1 * u * u / s), 0.1 * s / u),
    "sgd": lambda s, u: StochasticGradientDescent(0.01 * u * u / s, sigma=(0.01 * s / u,)),
    "momentum": lambda s, u: HeavyBall(0.05 * u * u / s),
    "nesterov": lambda s, u: Nesterov(0.05 * u * u / s),
    "adagrad": lambda s, u: AdaGrad(0.1 * u, eps=1e-7 * s / u),
    "rmsprop": lambda s, u: RMSProp(0.01 * u, eps=1e-8 * s / u),
    "adam": lambda s, u: Adam(0.01 * u, eps=1e-8 * s / u),
    "adam without eps": lambda _, u: Adam(0.01 * u, eps=0.0),
    "adamw": lambda s, u: AdamW(0.01 * u, eps=1e-8 * s / u, weight_decay=0.01 / u),
    "amsgrad": lambda s, u: AMSGrad(0.01 * u, eps=1e-8 * s / u),
    "perturbed": lambda s, u: Perturbed(
        0.1 * u * u / s, threshold=0.01 * s / u, radius=0.01 * u, wait=10
    ),
    "langevin": lambda s, u: Langevin(0.01 * u * u / s, temperature=0.01 * s),
    "newton": lambda _, __: Newton(),
    "saddle-free": lambda s, u: SaddleFree(0.5, damping=0.1 * s / u**2),
    "cubic": lambda s, u: Cubic(s / u**3),
    "trust-region": lambda _, u: TrustRegion(u, max_radius=1000 * u),
    "lbfgs": lambda _, u: LBFGS(first=0.01 * u),
    "newton-cg": lambda _, u: NewtonCG(length=u),
}


def driven(name: str, s: float = 1.0, u: float = 1.0, **more: object) -> Result:
    return run(
        RULES[name](s, u), Scaled(INNER, s, u), u * START, rng=np.random.default_rng(6),
        steps=400, record_every=1, **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("power", [-300, -60, -30, 30, 60, 300])
@pytest.mark.parametrize("name", RULES)
def test_the_unit_of_f_changes_nothing(name: str, power: int) -> None:
    s, one = 2.0**power, driven(name)
    other = driven(name, s)
    assert one.outcome.tolist() == other.outcome.tolist()
    assert one.steps.tolist() == other.steps.tolist()
    if name == "adamw":  # its decay is in units of the rate, which has none of f
        return
    np.testing.assert_allclose(other.path, one.path, rtol=0, atol=UNDERFLOW)


@pytest.mark.parametrize("power", [-660, 660])
@pytest.mark.parametrize("name", sorted(set(RULES) - {"adamw"}))
def test_values_whose_squares_are_no_floats_change_nothing(name: str, power: int) -> None:
    """1e±199: roots of sums of squares, and eigenvalues, are then computed another way."""
    one, other = driven(name), driven(name, 2.0**power)
    assert one.outcome.tolist() == other.outcome.tolist()
    both = np.isfinite(one.path[:15]) & np.isfinite(other.path[:15])
    np.testing.assert_allclose(other.path[:15][both], one.path[:15][both], rtol=0, atol=1e-9)


@pytest.mark.parametrize("power", [-40, 40])
@pytest.mark.parametrize("name", sorted(set(RULES) - {"adamw", "cubic"}))
def test_the_unit_of_x_changes_nothing(name: str, power: int) -> None:
    """Cubic regularisation takes min(σ, ‖g‖) of two numbers of different units (Cartis et al.)."""
    u, one = 2.0**power, driven(name)
    other = driven(name, u=u)
    assert one.outcome.tolist() == other.outcome.tolist()
    np.testing.assert_allclose(other.path / u, one.path, rtol=0, atol=UNDERFLOW)


@pytest.mark.parametrize("name", ["gd", "adam", "newton", "newton-cg", "lbfgs"])
def test_any_scale_ends_alike(name: str) -> None:
    """Factors that are no powers of two: rounding differs, ends do not."""
    one = driven(name, stop=(Distance(0.9, np.zeros(3)), Drop(0.2)))
    for s in (1e-9, 3e7):
        other = driven(name, s, stop=(Distance(0.9, np.zeros(3)), Drop(0.2 * s)))
        assert one.outcome.tolist() == other.outcome.tolist()
        np.testing.assert_allclose(one.time, other.time, rtol=1e-6)


def test_a_tolerance_in_units_of_f_would_be_noticed() -> None:
    """The control: with a rate that does not scale, or parameters that do not, paths differ."""
    one, s = driven("gd"), 2.0**-30
    still = run(GradientDescent(0.1), Scaled(INNER, s), START, rng=np.random.default_rng(6),
                steps=400)  # fmt: skip
    assert one.outcome.tolist() != still.outcome.tolist()


def test_doubt_scales_with_f() -> None:
    x = np.array([[1e-6, 1e-9, 0.0], [1.0, 0.0, 1e-7]])
    parts = []
    for s in (2.0**-80, 1.0, 2.0**80):
        landscape = Scaled(INNER, s)
        seen = curvature(landscape, x, landscape.gradient(x))
        parts.append((seen.values / s, seen.doubt / s, seen.newton, seen.degenerate))
    for part in parts[1:]:
        for one, other in zip(parts[0], part, strict=True):
            np.testing.assert_array_equal(one, other)


EXTREMES = (1e-300, 1e-200, 1e-150, 1e-10, 1.0, 1e10, 1e150, 1e155, 1e200, 1e300)


@dataclass(frozen=True)
class Slope(Landscape):
    """g·x₁: the same gradient everywhere."""

    g: float

    @property
    def dim(self) -> int:
        return 2

    @property
    def domain(self) -> Euclidean:
        return Euclidean(2)

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.g * x[:, 0]

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.stack([np.full(len(x), self.g), np.zeros(len(x))], axis=1)


@pytest.mark.parametrize("g", EXTREMES)
@pytest.mark.parametrize("rule", [AdaGrad, RMSProp, Adam, AMSGrad])
def test_adaptive_rates_do_not_depend_on_the_size_of_the_gradient(g: float, rule: type) -> None:
    one, other = (
        run(rule(0.1, eps=0.0), Slope(h), [[0.0, 0.0]], rng=np.random.default_rng(0), steps=20,
            record_every=1).path
        for h in (1.0, g)
    )  # fmt: skip
    np.testing.assert_allclose(other, one, rtol=1e-12)
    assert one[1, 0, 0] < -0.09


@pytest.mark.parametrize("g", EXTREMES)
def test_clipping_gives_the_limit(g: float) -> None:
    for rule in (GradientDescent(0.1, clip=g / 10), Clipped(GradientDescent(0.1), g / 10)):
        end = run(rule, Slope(g), [[0.0, 0.0]], rng=np.random.default_rng(0), steps=1, tol=0.0)
        np.testing.assert_allclose(end.x, [[-g / 100, 0.0]], rtol=1e-14)


def test_lengths_of_any_size() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
    np.testing.assert_array_equal(lengths(rows), [5.0, 0.0, np.nan, np.inf])
    for size in EXTREMES:
        np.testing.assert_allclose(lengths(size * rows[:2]), [5 * size, 0.0], rtol=1e-14)
    odd = np.array([[0.1, 0.7, 0.3]])
    for power in (-1000, -600, 600, 1000):
        assert lengths(np.ldexp(odd, power)) == np.ldexp(lengths(odd), power)


def test_shortened_rows_point_as_they_did() -> None:
    rows = np.array([[3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0], [1.7e308, 1.7e308]])
    found = shortened(rows, 1.0)
    np.testing.assert_allclose(found[0], [0.6, 0.8], rtol=1e-15)
    np.testing.assert_array_equal(found[1:3], rows[1:3])
    np.testing.assert_allclose(found[3], [0.5**0.5] * 2, rtol=1e-15)


def test_roots_of_sums_of_squares() -> None:
    roots, g = np.array([[3.0, 0.0, 3e200, 3e-200]]), np.array([[4.0, 0.0, 4e200, 4e-200]])
    add_squares(roots, g, 1.0, 1.0, np.empty_like(roots))
    np.testing.assert_allclose(roots, [[5.0, 0.0, 5e200, 5e-200]], rtol=1e-15)
