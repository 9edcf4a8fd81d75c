"""Functions whose critical points are known: that they are, that no other is, and how many."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from critpoints import refs
from critpoints.landscapes import (
    LANDSCAPES,
    Autoencoder,
    DeepLinear,
    DoubleWell,
    Factorisation,
    InvertedWells,
    KnownLandscape,
    MonkeySaddle,
    Octopus,
    Quadratic,
    Rastrigin,
    RayleighQuotient,
    StyblinskiTang,
)
from critpoints.landscapes.known.linear_nets import gaussian_binomial

SMALL: list[KnownLandscape] = [
    InvertedWells(3),
    DoubleWell(3),
    DoubleWell(2, 0.3),
    StyblinskiTang(3),
    Rastrigin(2),
    RayleighQuotient(4),
    RayleighQuotient(2, (3.0, -1.0, 0.5)),
    Factorisation(4),
    Factorisation(4, (2.0, -1.0, 0.5, -3.0)),
    Autoencoder.of_size(5),
    Autoencoder.of_size(4, 2),
    Autoencoder.of_size(2, 3),
    Autoencoder.of_size(3, 2, (0.3, 5.0, 1.0)),
    DeepLinear.of_size(4, 2),
    DeepLinear.of_size(3, 2, 4),
    DeepLinear.of_size(3, 2, 2, (0.3, 5.0, 1.0)),
    DeepLinear.of_size(2, 3),
    Quadratic(4, index=3, curvature=0.2),
    Quadratic(3, (-0.7, 1.0, 1.0)),
    MonkeySaddle(4),
    Octopus(1),
    Octopus(4),
    Octopus(3, tau=0.5, L=1.0, gamma=3.0),
]


def spectrum(landscape: KnownLandscape, points: np.ndarray) -> np.ndarray:
    """Eigenvalues of the Hessian on the tangent space: shape (m, dim)."""
    basis = landscape.domain.basis(points)
    return np.linalg.eigvalsh(basis.swapaxes(1, 2) @ landscape.hessian(points) @ basis)


@pytest.mark.parametrize("landscape", SMALL, ids=str)
def test_known_points_are_critical_and_of_the_index_stated(landscape: KnownLandscape) -> None:
    known = landscape.known()
    assert np.allclose(landscape.gradient(known.points), 0, atol=1e-11)
    values = spectrum(landscape, known.points)
    small = np.abs(values) < 1e-8
    assert np.array_equal((~small & (values < 0)).sum(axis=1), known.index)
    assert np.array_equal(small.sum(axis=1), known.nullity)
    assert np.array_equal(landscape.value(known.points), known.values)
    assert len(np.unique(known.points.round(9), axis=0)) == len(known)
    tally = np.bincount(known.index, minlength=landscape.dim + 1)
    assert landscape.known_counts() == tally.tolist()
    if not math.isinf(landscape.domain.volume):
        assert landscape.domain.contains(known.points).all()


@pytest.mark.parametrize("landscape", SMALL, ids=str)
def test_points_beside_them_are_refused(landscape: KnownLandscape) -> None:
    """The control: the same test at points that are not critical."""
    known = landscape.known().points
    rng = np.random.default_rng(3)
    off = landscape.domain.retract(
        known, landscape.domain.tangent(known, rng.uniform(0.05, 0.1, known.shape))
    )
    assert np.abs(landscape.gradient(off)).max() > 1e-4


@pytest.mark.parametrize(
    "landscape",
    [
        InvertedWells(2),
        DoubleWell(2, 0.3),
        StyblinskiTang(2),
        Rastrigin(1),
        RayleighQuotient(2),
        Factorisation(3, (2.0, -1.0, 0.5)),
        Octopus(2, tau=1.0),
        Octopus(3, tau=1.0, L=1.0, gamma=3.0),
    ],
    ids=str,
)
def test_newton_from_everywhere_finds_no_other(landscape: KnownLandscape) -> None:
    rng = np.random.default_rng(0)
    x = landscape.domain.sample(rng, 3000)
    for _ in range(100):
        basis = landscape.domain.basis(x)
        gradient, hessian = landscape.derivatives(x)
        reduced = basis.swapaxes(1, 2) @ hessian @ basis + 1e-14 * np.eye(landscape.dim)
        slope = np.einsum("mai,ma->mi", basis, gradient)
        step = -np.linalg.solve(reduced, slope[..., None])
        step /= np.maximum(1.0, np.linalg.norm(step, axis=1, keepdims=True) / 0.3)
        x = landscape.domain.retract(x, (basis @ step)[..., 0])
    inside = landscape.domain.contains(x)
    found = x[inside & (np.abs(landscape.gradient(x)).max(axis=1) < 1e-10)]
    known = landscape.known().points
    gaps = np.linalg.norm(found[:, None] - known, axis=2)
    assert (gaps.min(axis=1) < 1e-6).all()
    assert len(np.unique(gaps.argmin(axis=1))) == len(known)


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_fractions_of_minima(dim: int) -> None:
    fractions = {
        InvertedWells: 1 / 3,
        DoubleWell: 2 / 3,
        StyblinskiTang: 2 / 3,
        Rastrigin: 11 / 21,
    }
    for family, fraction in fractions.items():
        counts = family(dim).known_counts()
        assert counts[0] / sum(counts) == pytest.approx(fraction**dim)


def test_huge_sets_are_counted_and_not_listed() -> None:
    counts = Rastrigin(100).known_counts()
    assert counts[0] == 11**100
    assert sum(counts) == 21**100
    assert sum(Octopus(500).known_counts()) == 2**501 - 1
    net = Autoencoder.of_size(100, 20)
    assert sum(net.known_counts()) == sum(math.comb(100, r) for r in range(21))
    for landscape in (Rastrigin(100), Octopus(500), net):
        with pytest.raises(ValueError, match=r"limit is 1000000, but there are .* critical points"):
            landscape.known()
    with pytest.raises(ValueError, match="limit is 3, but there are 9"):
        InvertedWells(2).known(limit=3)


def test_values_of_the_autoencoder_and_of_deep_nets() -> None:
    spectrum_ = (4.0, 2.5, 1.0)
    known = Autoencoder.of_size(3, 2, spectrum_).known()
    lost = [
        sum(spectrum_) - sum(kept)
        for r in range(3)
        for kept in itertools.combinations(spectrum_, r)
    ]
    assert np.allclose(known.values, np.array(lost) / 2)
    assert known.values[known.index == 0] == pytest.approx([0.5])  # no bad minimum
    deep = DeepLinear.of_size(3, 2, 4, spectrum_).known()
    squares = np.square(spectrum_)
    assert min(deep.values) == pytest.approx(0.5)
    assert deep.values[0] == pytest.approx(squares.sum() / 2)
    assert deep.nullity[0] == DeepLinear.of_size(3, 2, 4).dim


def test_the_critical_set_of_the_autoencoder_is_an_orbit() -> None:
    """B -> CB, A -> A/C keeps a critical point critical, its value and its index."""
    net = Autoencoder.of_size(4, 2)
    rng = np.random.default_rng(5)
    known = net.known()
    b, a = net.unpack(known.points)
    change = rng.standard_normal((2, 2))
    moved = np.concatenate(
        [(change @ b).reshape(len(b), -1), (a @ np.linalg.inv(change)).reshape(len(a), -1)], axis=1
    )
    assert np.allclose(net.value(moved), known.values)
    assert np.allclose(net.gradient(moved), 0, atol=1e-12)
    assert np.array_equal((spectrum(net, moved) < -1e-9).sum(axis=1), known.index)


def test_gaussian_binomials_count_inversions() -> None:
    for n, r in itertools.product(range(6), range(6)):
        counts = [0] * (r * (n - r) + 1 if r <= n else 0)
        for inside in itertools.combinations(range(n), r):
            outside = set(range(n)) - set(inside)
            counts[sum(j > i for i in inside for j in outside)] += 1
        assert gaussian_binomial(n, r) == counts


def test_the_octopus_is_that_of_the_paper_inside_its_tubes() -> None:
    """Equations of section 4: three saddles in a row, x_1 turned, x_2 between tau and 2 tau."""
    tau, steep, gamma = math.e, 1.5, 1.0
    f = Octopus(3, tau, steep, gamma)
    x = np.array([[4.3 * tau, 1.6 * tau, 0.2 * tau], [3.0 * tau, 0.4 * tau, -0.9 * tau]])

    def quartic(t: float) -> float:
        u = t - tau
        first = (-14 * steep + 10 * gamma) / (3 * tau) * u**3
        return -gamma * t**2 + first + (5 * steep - 3 * gamma) / (2 * tau**2) * u**4

    def coupling(t: float) -> float:
        u = t - 2 * tau
        ends = 10 * u**3 / tau**3 + 15 * u**4 / tau**4 + 6 * u**5 / tau**5
        return -gamma - (steep + gamma) * ends

    nu = 4 * steep * tau**2 - quartic(2 * tau)
    assert f.nu == pytest.approx(nu)
    between = quartic(x[0, 1]) + coupling(x[0, 1]) * x[0, 2] ** 2
    paper = [
        steep * (x[0, 0] - 4 * tau) ** 2 + between - nu,
        steep * (x[1, 0] - 4 * tau) ** 2 - gamma * x[1, 1] ** 2 + steep * x[1, 2] ** 2 - nu,
    ]
    assert f.value(x) == pytest.approx(paper)


@pytest.mark.parametrize("kink", [1.0, 2.0])
def test_the_octopus_is_twice_differentiable_at_its_joints(kink: float) -> None:
    f = Octopus(3, tau=1.0, L=2.0)
    rng = np.random.default_rng(2)
    for axis in range(3):
        x = rng.uniform(0.2, 2.8, (50, 3))
        below, above = x.copy(), x.copy()
        below[:, axis], above[:, axis] = kink - 1e-9, kink + 1e-9
        for method in (f.value, f.gradient, f.hessian):
            assert np.allclose(method(below), method(above), atol=1e-5)


@pytest.mark.parametrize(
    "landscape",
    [InvertedWells(3), DoubleWell(2, 0.3), StyblinskiTang(2), Rastrigin(2), Factorisation(3),
     Quadratic(3), MonkeySaddle(3)],
    ids=str,
)  # fmt: skip
def test_rounding_bounds_hold_against_extended_precision(landscape: KnownLandscape) -> None:
    low, high = landscape.domain.ends
    rng = np.random.default_rng(1)
    x = rng.uniform(2 * low - high, 2 * high - low, (2000, landscape.dim))
    bounds = landscape.rounding()
    worst = [
        float(np.abs(exact(landscape, name, x) - getattr(landscape, name)(x)).max())
        for name in ("gradient", "hessian")
    ]
    assert all(w <= b for w, b in zip(worst, bounds, strict=True))
    assert bounds[0] < 1e-10 * max(1.0, np.abs(landscape.gradient(x)).max())


def exact(landscape: KnownLandscape, name: str, x: np.ndarray) -> np.ndarray:
    """The same derivative in 64 bits of mantissa."""
    if not isinstance(landscape, Rastrigin):
        return getattr(landscape, name)(x.astype(np.longdouble))
    turn = 2 * np.arccos(np.longdouble(-1))
    wide = x.astype(np.longdouble)
    if name == "gradient":
        return 2 * wide + 10 * turn * np.sin(turn * wide)
    return (2 + 10 * turn**2 * np.cos(turn * wide))[:, :, None] * np.eye(landscape.dim)


BAD = [
    ("double-well:tilt=.4", 2, "tilt must be a finite number >= -0.38 and <= 0.38"),
    ("quadratic:spectrum=1/2", 3, "spectrum must be 3 nonzero numbers"),
    ("quadratic:spectrum=1/0", 2, "spectrum must be 2 nonzero numbers"),
    ("quadratic:spectrum=1/2,index=2", 2, "either spectrum, or index and curvature"),
    ("quadratic:index=4", 3, "index must be an integer in 0..3, got 4"),
    ("monkey", 1, "dim must be at least 2, got 1"),
    ("rayleigh:spectrum=1/2", 2, "spectrum must be 3 distinct nonzero numbers"),
    ("rayleigh:spectrum=1/1/2", 2, "spectrum must be 3 distinct nonzero numbers"),
    ("factorisation:spectrum=1/0", 2, "spectrum must be 2 distinct nonzero numbers"),
    ("autoencoder:hidden=2", 6, r"dim must be 2 \* n \* hidden, a multiple of 4, got 6"),
    ("autoencoder:spectrum=1/-1", 4, "spectrum must be a finite number > 0, got -1"),
    ("deep-linear:hidden=2", 10, r"dim must be 2 \* n \* 2 \+ 4 for a positive integer n"),
    ("deep-linear:hidden=2", 4, r"dim must be 2 \* n \* 2 \+ 4 for a positive integer n"),
    ("deep-linear:depth=1", 4, "depth must be at least 2, got 1"),
    ("octopus:tau=0", 2, "tau must be a finite number > 0"),
    ("rastrigin", 0, "dim must be at least 1, got 0"),
]


@pytest.mark.parametrize(("text", "dim", "why"), BAD)
def test_mistakes_are_named(text: str, dim: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        refs.parse(text, LANDSCAPES, "landscape")(dim)
