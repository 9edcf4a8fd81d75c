"""Random fields: their covariances against theory, their counts against Kac-Rice."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.special import gamma, jv, kv

from critpoints import refs
from critpoints.census import census
from critpoints.domains import Box, Euclidean
from critpoints.landscapes import (
    LANDSCAPES,
    ConfinedField,
    FourierField,
    SeparableField,
    SphericalSpin,
)
from critpoints.landscapes.fields import GaussianWaves
from critpoints.landscapes.sphere import SpherePolynomial
from critpoints.protocols import Landscape, RandomField
from critpoints.theory import confined, covariance, spin_glass
from critpoints.theory import field as field_theory

NU, ALPHA, LENGTH, WAVE = 6.0, 1.5, 0.8, 2.0  # Matérn: 8th spectral moments for standard errors
LAWS: dict[str, covariance.Covariance] = {
    "squared-exponential": covariance.SquaredExponential(LENGTH),
    "matern": covariance.Matern(NU, LENGTH),
    "rational-quadratic": covariance.RationalQuadratic(ALPHA, LENGTH),
    "plane-wave": covariance.PlaneWave(WAVE),
}


def field(dim: int, name: str, modes: int = 4) -> FourierField:
    return FourierField(dim, name, modes, LENGTH, NU, ALPHA, WAVE)


def rho(name: str, dim: int, r: float) -> float:
    s = math.sqrt(2 * NU) * r / LENGTH
    return {
        "squared-exponential": lambda: math.exp(-(r**2) / (2 * LENGTH**2)),
        "matern": lambda: 2 ** (1 - NU) * s**NU * kv(NU, s) / gamma(NU),
        "rational-quadratic": lambda: (1 + r**2 / (2 * ALPHA * LENGTH**2)) ** -ALPHA,
        "plane-wave": lambda: (
            gamma(dim / 2) * (2 / (WAVE * r)) ** (dim / 2 - 1) * jv(dim / 2 - 1, WAVE * r)
        ),
    }[name]()


def z_scores(samples: np.ndarray, wanted: np.ndarray | float) -> np.ndarray:
    """Of the mean over the first axis; 0 where a sample never varies and is right."""
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    gap = samples.mean(axis=0) - wanted
    return gap / np.maximum(error, 1e-12)


@cache
def jets(law: RandomField, draws: int, seed: int) -> tuple[np.ndarray, ...]:
    """Value, gradient and Hessian at one point of many functions."""
    rng = np.random.default_rng(seed)
    point = np.full((1, law.dim), 0.7)
    found = []
    for _ in range(draws):
        f = law.sample(rng)
        found.append((f.value(point), *f.derivatives(point)))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


def moment_scores(law: RandomField, wanted: covariance.Covariance, seed: int) -> np.ndarray:
    """z-scores of all second moments of value, gradient and Hessian against ρ' and ρ''."""
    dim = law.dim
    first, second = wanted.derivatives(dim)
    value, slope, bend = jets(law, 2500, seed)
    one = np.eye(dim)
    pairs = [np.einsum(p, one, one) for p in ("ij,kl->ijkl", "ik,jl->ijkl", "il,jk->ijkl")]
    scores = [
        z_scores(value**2, 1.0),
        z_scores(value, 0.0),
        z_scores(value[:, None] * slope, 0.0),
        z_scores(slope[:, :, None] * slope[:, None, :], -2 * first * one),
        z_scores(value[:, None, None] * bend, 2 * first * one),
        z_scores(slope[:, :, None, None] * bend[:, None], 0.0),
        z_scores(bend[:, :, :, None, None] * bend[:, None, None], 4 * second * sum(pairs)),
    ]
    return np.concatenate([np.ravel(s) for s in scores])


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_derivatives_at_the_origin_are_those_of_theory(name: str, dim: int) -> None:
    assert field(dim, name).derivatives() == pytest.approx(LAWS[name].derivatives(dim))


@pytest.mark.parametrize("name", LAWS)
def test_moments_at_a_point_are_those_of_theory(name: str) -> None:
    assert np.abs(moment_scores(field(2, name), LAWS[name], seed=11)).max() < 4


def test_another_covariance_is_refused() -> None:
    wrong = covariance.SquaredExponential(1.2 * LENGTH)
    assert np.abs(moment_scores(field(2, "squared-exponential"), wrong, seed=11)).max() > 4
    matern = covariance.Matern(NU, LENGTH)
    assert np.abs(moment_scores(field(2, "squared-exponential"), matern, seed=11)).max() > 4


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("dim", [1, 3])
def test_waves_are_drawn_from_the_spectrum(name: str, dim: int) -> None:
    """E cos(k . r) is the covariance, at every distance."""
    waves = field(dim, name, 40_000).given_waves(np.random.default_rng(4)).waves
    for r in (0.3, 1.0, 2.5):
        step = r * np.ones(dim) / math.sqrt(dim)
        assert abs(z_scores(np.cos(waves @ step), rho(name, dim, r))) < 4
        if r < 2:  # beyond, some covariances have all but vanished
            assert abs(z_scores(np.cos(waves @ (1.1 * step)), rho(name, dim, r))) > 4


def test_given_waves_the_amplitudes_alone_are_drawn() -> None:
    law = field(2, "squared-exponential", 5).given_waves(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    first, other = law.sample(rng), law.sample(rng)
    assert np.array_equal(first.waves, other.waves)
    assert not np.array_equal(first.cosine, other.cosine)
    second, fourth = law.moments()
    value, slope, bend = jets(law, 2500, 3)
    squares = slope[:, :, None] * slope[:, None, :]
    bends = bend[:, :, :, None, None] * bend[:, None, None]
    assert np.abs(z_scores(squares, second)).max() < 4
    assert np.abs(z_scores(value[:, None, None] * bend, -second)).max() < 4
    assert np.abs(z_scores(bends, fourth)).max() < 4
    assert abs(z_scores(value**4, 3.0)) < 4  # Gaussian, and not a mixture
    expected = LAWS["squared-exponential"].derivatives(2)[0] * -2
    assert np.abs(z_scores(squares, expected * np.eye(2))).max() > 4  # five waves are not the law


def test_plane_waves_solve_their_equation() -> None:
    f = field(3, "plane-wave").sample(np.random.default_rng(0))
    x = f.domain.sample(np.random.default_rng(1), 20)
    trace = np.einsum("mii->m", f.hessian(x))
    assert np.allclose(trace, -(WAVE**2) * f.value(x), atol=1e-12)


def zeros(f: Landscape, grid: np.ndarray) -> int:
    """Sign changes of a one-dimensional gradient on a grid."""
    sign = np.sign(f.gradient(grid[:, None])[:, 0])
    return int((sign[1:] != sign[:-1]).sum())


def test_counts_on_a_line_are_those_of_rice_given_the_waves() -> None:
    law = FourierField(1, modes=3, side=6.0).given_waves(np.random.default_rng(2))
    rng = np.random.default_rng(3)
    grid = np.linspace(0, 6, 600)
    counts = np.array([zeros(law.sample(rng), grid) for _ in range(1500)])
    second, fourth = (float(m.item()) for m in law.moments())
    assert abs(z_scores(counts, 6 * math.sqrt(fourth / second) / math.pi)) < 4
    assert abs(z_scores(counts, 6 * math.sqrt(3) / math.pi)) > 4  # the law before the waves


def test_a_confined_field_in_one_dimension() -> None:
    """E# of Kac-Rice given the waves, and of theory with many; the gradient points outwards."""
    law = ConfinedField(1, modes=100, mass=0.3)
    rng = np.random.default_rng(5)
    counts = []
    for _ in range(300):
        f = law.sample(rng)
        low, high = (float(e.item()) for e in f.domain.ends)
        assert f.gradient(np.array([[low], [high]]))[:, 0] @ [-1, 1] > 0
        assert f.euler == 1
        counts.append(zeros(f, np.linspace(-16, 16, 800)))  # 4.8 standard deviations of |x|
    assert abs(z_scores(np.array(counts), math.exp(confined.log_total(1, 0.3)))) < 4
    assert abs(z_scores(np.array(counts), math.exp(confined.log_total(1, 0.35)))) > 4
    assert (np.array(counts) % 2 == 1).all()


def test_counts_in_the_plane_are_those_of_theory() -> None:
    """Every critical point of each function, proven to be all; 64 waves are Gaussian enough."""
    rng = np.random.default_rng(1)

    def counts(law: RandomField) -> np.ndarray:
        found = [census(law.sample(rng), audit=False) for _ in range(50)]
        assert all(c.complete for c in found)
        return np.array([len(c) for c in found])

    density = [field_theory.log_total_density(2, covariance.SquaredExponential(s)) for s in (1, 2)]
    in_box, in_well = counts(FourierField(2, modes=64)), counts(ConfinedField(2, modes=64))
    assert abs(z_scores(in_box, 25 * math.exp(density[0]))) < 4
    assert abs(z_scores(in_box, 25 * math.exp(density[1]))) > 4
    assert abs(z_scores(in_well, math.exp(confined.log_total(2, 0.5)))) < 4
    assert abs(z_scores(in_well, math.exp(confined.log_total(2, 1.0)))) > 4


def test_the_scale_of_a_confined_field() -> None:
    """E (d_i V)^2 = -f'(0) and E (d_i d_i V)^2 = 3 f''(0) / N, f(q) = rho(2q)."""
    law = ConfinedField(4, "matern", 50_000, LENGTH, NU, mass=0.7)
    given = law.given_waves(np.random.default_rng(1))
    first, second = LAWS["matern"].derivatives(4)
    assert law.curvature == pytest.approx(0.7 * math.sqrt(4 * second))
    squares = given.deviation**2 * given.waves**2
    assert np.abs(z_scores(squares, -2 * first)).max() < 4
    assert np.abs(z_scores(squares * given.waves**2, 3 * 4 * second / 4)).max() < 4
    assert given.moments()[0] == pytest.approx(np.diag(squares.mean(axis=0)), abs=0.03)


def test_no_critical_point_lies_outside_the_box_of_a_confined_field() -> None:
    f = ConfinedField(2, modes=4, mass=2.0).sample(np.random.default_rng(0))
    _, high = f.domain.ends
    rng = np.random.default_rng(1)
    x = rng.uniform(-3, 3, (2000, 2)) * high
    outside = ~f.domain.contains(x)
    pull = np.abs(x) - high > 0
    assert (f.gradient(x) * np.sign(x) > 0)[pull].all()
    assert outside.sum() > 1000


@pytest.mark.parametrize("p", [2, 3, 4])
def test_covariance_of_the_spin_model(p: int) -> None:
    law = SphericalSpin(3, p)
    rng = np.random.default_rng(p)
    x = np.array([[1.0, 0, 0, 0], [0.6, 0.8, 0, 0], [0.0, 1, 0, 0]])
    values = np.array([law.sample(rng).value(x) for _ in range(4000)])
    wanted = (x @ x.T) ** p / 4
    assert np.abs(z_scores(values[:, :, None] * values[:, None], wanted)).max() < 4
    assert np.abs(z_scores(values[:, :, None] * values[:, None], 1.25 * wanted)).max() > 4


def test_contraction_of_the_spin_model() -> None:
    """Against the definition, term by term."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    for p, terms in ((2, "ij,mi,mj->m"), (3, "ijk,mi,mj,mk->m"), (4, "ijkl,mi,mj,mk,ml->m")):
        tensor = rng.standard_normal((3,) * p)
        wanted = np.einsum(terms, tensor, *[x] * p)
        assert np.allclose(SpherePolynomial(tensor).value(x), wanted, atol=1e-13)


def test_two_spins_are_a_rayleigh_quotient() -> None:
    f = SphericalSpin(4, 2).sample(np.random.default_rng(1))
    values, vectors = np.linalg.eigh(f.tensor)
    x = vectors.T
    assert np.allclose(f.value(x), values)
    assert np.allclose(f.gradient(x), 0, atol=1e-13)
    basis = f.domain.basis(x)
    curvature = np.linalg.eigvalsh(basis.swapaxes(1, 2) @ f.hessian(x) @ basis)
    assert np.array_equal((curvature < 0).sum(axis=1), np.arange(5))


@pytest.mark.parametrize("p", [3, 4])
def test_counts_of_the_spin_model_on_a_circle(p: int) -> None:
    rng = np.random.default_rng(7)
    angle = np.linspace(0, 2 * math.pi, 721)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    counts = []
    for _ in range(800):
        slope = SphericalSpin(1, p).sample(rng).gradient(circle)
        along = np.sign(slope[:, 1] * circle[:, 0] - slope[:, 0] * circle[:, 1])
        counts.append((along[1:] != along[:-1]).sum())
    assert abs(z_scores(np.array(counts), math.exp(spin_glass.log_total(1, p)))) < 4
    assert abs(z_scores(np.array(counts), math.exp(spin_glass.log_total(1, p + 1)))) > 4


def test_separable_fields_have_as_many_minima_as_maxima_on_each_axis() -> None:
    f = SeparableField(3, 4).sample(np.random.default_rng(0))
    x = f.domain.sample(np.random.default_rng(1), 5)
    assert np.allclose(f.hessian(x), np.einsum("mii->mi", f.hessian(x))[:, :, None] * np.eye(3))
    line = np.linspace(0, 2 * math.pi, 2000)
    sign = np.sign(f.gradient(np.stack([line] * 3, axis=1)))
    rise = ((sign[1:] > 0) & (sign[:-1] < 0)).sum(axis=0)
    fall = ((sign[1:] < 0) & (sign[:-1] > 0)).sum(axis=0)
    assert np.array_equal(rise, fall)
    assert len({int(n) for n in rise}) > 1  # the axes are independent
    assert (rise >= 1).all()


def test_variance_of_a_separable_field() -> None:
    value, *_ = jets(SeparableField(3), 2000, 0)
    assert abs(z_scores(value**2, 3.0)) < 4
    assert abs(z_scores(value**2, 3.6)) > 4


BAD = [
    ("fourier:covariance=matern,nu=2", 2, "nu must be a finite number > 2"),
    ("fourier:covariance=matrn", 2, "unknown covariance 'matrn': did you mean matern"),
    ("fourier:modes=0", 2, "modes must be at least 1, got 0"),
    ("fourier:side=-1", 2, "side must be a finite number > 0"),
    ("fourier:length=0", 2, "length must be a finite number > 0"),
    ("confined-field:mass=0", 2, "mass must be a finite number > 0"),
    ("spin:p=5", 2, r"p must be an integer in 2..4, got 5"),
    ("spin:p=4", 100, "dim 100 needs a tensor of 101.4 numbers, at most 100000000 fit"),
    ("separable:degree=0", 2, "degree must be at least 1"),
]


@pytest.mark.parametrize(("text", "dim", "why"), BAD)
def test_mistakes_are_named(text: str, dim: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        refs.parse(text, LANDSCAPES, "landscape")(dim)


def test_mistakes_of_realisations_are_named() -> None:
    with pytest.raises(ValueError, match="curvature must be > 0 on all of space"):
        GaussianWaves(Euclidean(2), np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"waves must have shape \(M, 2\), got \(3,\)"):
        GaussianWaves(Box(2), np.ones(3))
    for bad in (np.ones((2, 3)), np.ones(3), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="tensor must"):
            SpherePolynomial(bad)


def test_a_fixed_set_of_waves_is_shared_and_the_law_of_its_moments() -> None:
    law = FourierField(2, modes=16, waves=3)
    one, two = (law.sample(np.random.default_rng(k)) for k in (0, 1))
    assert np.array_equal(one.waves, two.waves)
    assert not np.array_equal(one.cosine, two.cosine)
    assert np.array_equal(law.fixed_waves().waves, one.waves)
    other = FourierField(2, modes=16, waves=4).sample(np.random.default_rng(0))
    assert not np.array_equal(one.waves, other.waves)
    with pytest.raises(ValueError, match="waves must be at least 1"):
        FourierField(2).fixed_waves()
