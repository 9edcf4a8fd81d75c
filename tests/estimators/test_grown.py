"""Grown matrices against exact laws and enumeration; the untwisted control must be refused."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from critpoints import inertia
from critpoints.ensembles import GaussianEnsemble, IsotropicField, ShiftedGaussian, Wigner, Wishart
from critpoints.ensembles.tails import TAILS
from critpoints.errors import InvalidBatchError, UnreliableEstimateError
from critpoints.estimators.grown import Grown
from critpoints.estimators.particles import Particles
from critpoints.estimators.tilted import Tilted
from critpoints.estimators.twist import balance, fitted
from critpoints.protocols import Ensemble
from critpoints.rule import Rule
from critpoints.tally import Values
from critpoints.theory import laws

RUNS = 16
RULE = Rule(samples=RUNS)


def log_exact(ensemble: Ensemble) -> float:
    name, parameters = ensemble.exact_law()
    return float(laws.minimum(name, ensemble.dim, **parameters).log[0])


def drawn(estimator: Grown, ensemble: Ensemble, seed: int, runs: int = RUNS) -> np.ndarray:
    return estimator.rows(ensemble, np.random.default_rng(seed), runs)


def z_score(log_estimates: np.ndarray, log_truth: float) -> float:
    ratio = np.exp(log_estimates - log_truth)
    return float((ratio.mean() - 1) / (ratio.std(ddof=1) / math.sqrt(ratio.size)))


@pytest.mark.parametrize("dim", [2, 4, 8, 12, 20, 40])
def test_goe_agrees_with_the_exact_law(dim):
    ensemble = GaussianEnsemble(dim)
    rows = drawn(Grown(particles=512), ensemble, dim, 24)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4
    assert rows[:, 0].std() < 0.15
    assert abs(z_score(rows[:, 0], log_exact(ensemble) + 0.3)) > 4


@pytest.mark.parametrize("beta", [0.5, 2.0, 4.0])
def test_other_beta(beta):
    ensemble = GaussianEnsemble(15, beta)
    rows = drawn(Grown(particles=512), ensemble, 3, 24)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4


@pytest.mark.parametrize(
    "ensemble",
    [
        ShiftedGaussian(1, 2.0),
        ShiftedGaussian(5, 0.5),
        ShiftedGaussian(20, 0.5),
        ShiftedGaussian(20, 2.0),
        ShiftedGaussian(10, 0.01),
        ShiftedGaussian(10, 0.0),
        IsotropicField(12, "fixed"),
    ],
)
def test_a_shift_is_a_coordinate_of_the_particle(ensemble):
    rows = drawn(Grown(particles=1024), ensemble, 4, 24)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4
    assert rows[:, 0].std() < 0.2


def test_one_dimension_is_exact():
    rows = drawn(Grown(particles=64), GaussianEnsemble(1), 0, 8)
    np.testing.assert_allclose(rows[:, 0], math.log(0.5), rtol=1e-14)
    found = Grown().estimate(Values(rows), Rule(samples=8))[0]
    assert found.status == "ok"
    assert found.value == pytest.approx(0.5)


def test_unbiased_with_a_handful_of_particles():
    ensemble = GaussianEnsemble(6)
    rows = drawn(Grown(particles=4), ensemble, 8, 800)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4
    # the logarithm of an unbiased estimate is biased: the same test must see it
    log_bias = rows[:, 0] - log_exact(ensemble)
    assert log_bias.mean() / (log_bias.std(ddof=1) / math.sqrt(800)) < -4


def test_unbiased_whatever_the_twist(monkeypatch):
    ensemble = GaussianEnsemble(6)
    twist = fitted(ensemble.hermite, 6, 0)
    monkeypatch.setattr(twist, "power", 0.6 * twist.power)
    monkeypatch.setattr(twist, "rate", twist.rate + 0.3)
    rows = drawn(Grown(particles=256), ensemble, 8, 200)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4


def test_stated_variance_is_the_variance_between_replicates():
    rows = drawn(Grown(particles=64), GaussianEnsemble(15), 5, 250)
    between, stated = rows[:, 0].var(ddof=1), np.log1p(rows[:, 1]).mean()
    assert 0.5 < between / stated < 1.5


def test_coverage():
    ensemble, level, reps = GaussianEnsemble(6), 0.95, 200
    truth = log_exact(ensemble)
    rows = drawn(Grown(particles=48), ensemble, 9, reps * RUNS)
    found = [Grown().estimate(Values(part), RULE)[0] for part in rows.reshape(reps, RUNS, -1)]
    hits = sum(e.log_low <= truth <= e.log_high for e in found)
    spread = math.sqrt(reps * level * (1 - level))
    assert abs(hits - reps * level) < 4 * spread
    narrow = sum(abs(e.log_value - truth) <= (e.log_high - e.log_value) / 2 for e in found)
    assert narrow < reps * level - 4 * spread


@pytest.mark.parametrize("dim", [30, 40])
@pytest.mark.parametrize("particles", [1000, 5000])
def test_the_untwisted_filter_is_refused(dim, particles):
    control = Grown(particles=particles, twist="none")
    rows = drawn(control, GaussianEnsemble(dim), 6, 8)
    assert not np.isnan(rows).any()
    with pytest.raises(UnreliableEstimateError) as refused:
        control.estimate(Values(rows), Rule(samples=8))
    assert refused.value.estimate.status == "unreliable"


def test_the_untwisted_filter_is_right_where_it_is_not_refused():
    ensemble = GaussianEnsemble(7)
    control = Grown(particles=4000, twist="none")
    rows = drawn(control, ensemble, 6)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4
    assert control.estimate(Values(rows), RULE)[0].status == "ok"


def test_healthy_runs_are_not_refused():
    for dim in (4, 12, 30):
        for seed in range(2):
            rows = drawn(Grown(particles=512), GaussianEnsemble(dim), seed)
            assert Grown().estimate(Values(rows), RULE)[0].status == "ok"


def enumerated(dim: int) -> float:
    """P(H > 0) of Rademacher Wigner matrices: all sign patterns."""
    row, column = np.tril_indices(dim)
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=row.size)))
    signs[:, row != column] /= math.sqrt(2)
    matrices = np.zeros((len(signs), dim, dim))
    matrices[:, row, column] = matrices[:, column, row] = signs
    return float(inertia.is_minimum(matrices).mean())


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_rademacher_matrices_are_enumerated(dim):
    ensemble, truth = Wigner(dim, "rademacher"), enumerated(dim)
    assert truth == 2.0 ** (-1 - dim * (dim - 1) / 2)  # all triangles must close
    hits = ensemble.sample_minimum(np.random.default_rng(1), 2**17).sum()
    assert abs(hits - 2**17 * truth) < 4 * math.sqrt(2**17 * truth * (1 - truth))
    rows = drawn(Grown(particles=512), ensemble, 2, 32)
    if dim == 2:  # every particle has the same weight
        assert np.exp(rows[:, 0]) == pytest.approx(truth, rel=1e-12)
    else:
        assert abs(z_score(rows[:, 0], math.log(truth))) < 4


@pytest.mark.parametrize("entries", ["gaussian", "uniform", "laplace", "student"])
def test_wigner_grown_and_plain_agree(entries):
    ensemble, size = Wigner(4, entries), 2**17
    rng = np.random.default_rng(7)
    plain = Ensemble.sample_minimum(ensemble, rng, size).mean()
    sieve = ensemble.sample_minimum(rng, size).mean()
    error = math.sqrt(plain / size)
    assert abs(plain - sieve) < 4 * math.sqrt(2) * error
    rows = np.exp(drawn(Grown(particles=1024), ensemble, 8, 32)[:, 0])
    assert abs(rows.mean() - plain) < 4 * math.hypot(error, rows.std() / math.sqrt(32))
    assert abs(rows.mean() - 1.3 * plain) > 4 * math.hypot(error, rows.std() / math.sqrt(32))


@pytest.mark.parametrize("beta", [1.0, 2.0, 4.0])
def test_rows_and_pivots_agree(beta):
    ensemble = GaussianEnsemble(3, beta)
    rows = drawn(Grown(particles=2048, route="rows"), ensemble, 3, 32)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4


def test_the_sieve_of_rows_is_flat_in_the_dimension():
    class Counted:
        rows = 0

        def __call__(self, rng, i, size):
            self.rows += size
            return Wigner(60).sample_row(rng, i, size)

    from critpoints.ensembles.rows import positive

    size = 2**15
    for dim in (10, 60):
        counted = Counted()
        positive(np.random.default_rng(0), counted, dim, size)
        assert abs(counted.rows / size - 1.667) < 0.02


@pytest.mark.parametrize(
    ("estimator", "ensemble"),
    [
        (Grown(), GaussianEnsemble(30)),
        (Grown(), Wigner(8, "uniform")),
        (Tilted(), IsotropicField(30)),
    ],
    ids=repr,
)
def test_memory_is_as_said(estimator, ensemble):
    estimator.rows(ensemble, np.random.default_rng(0), 1)
    tracemalloc.start()
    estimator.rows(ensemble, np.random.default_rng(0), 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 2 < estimator.memory(ensemble, 1) < 2 * peak


@dataclass(frozen=True)
class Doomed(Ensemble):
    """The third pivot is never positive."""

    dim: int

    def sample(self, rng, size):
        raise NotImplementedError

    def sample_row(self, rng, i, size):
        row = np.zeros((size, i + 1))
        row[:, i] = -1.0 if i == 2 else rng.choice([1.0, -1.0], size)
        return row


def test_a_filter_that_dies_gives_a_bound():
    estimator = Grown(particles=256)
    found = estimator.estimate(Values(drawn(estimator, Doomed(5), 1)), RULE)[0]
    assert found.status == "bound"
    assert found.log_value == -math.inf
    assert 0.2 < found.high < 0.35


@pytest.mark.parametrize("entries", sorted(TAILS))
def test_tails(entries):
    rng, df, size = np.random.default_rng(3), 5.0, 4000
    draws = Wigner(1, entries, df).sample(rng, 2**18).ravel()
    for low in (-1.2, -0.4, 0.7):
        log_tail, above = TAILS[entries](rng, np.full(size, low), df)
        share = (draws > low).mean()
        error = math.sqrt(share * (1 - share) / 2**18)
        assert abs(math.exp(log_tail[0]) - share) < 4 * error + 1e-12
        assert (above > low).all()
        kept = draws[draws > low]
        assert stats.ks_2samp(above, kept).pvalue > 1e-4
        if entries != "rademacher":
            assert stats.ks_2samp(above + 0.2, kept).pvalue < 1e-4


def test_balance_solves_its_equation():
    rng = np.random.default_rng(0)
    x, rate = rng.gamma(2.0, size=500), rng.gamma(1.0, size=500)
    shift = 4 * rng.standard_normal(500)
    u, y = balance(x, shift, 3.0, 2.5, rate)
    t = y + u - shift
    np.testing.assert_allclose(u * (x + t), 3.0, rtol=1e-5)
    np.testing.assert_allclose(y * (rate + t), 2.5, rtol=1e-5)


def test_the_twist_has_the_slope_of_the_eigenvalue_gas():
    power = fitted(GaussianEnsemble(60).hermite, 60, 0).power
    i = np.arange(1, 61)
    np.testing.assert_allclose(power[20:50] / i[20:50], (1 + math.sqrt(3)) / 6, rtol=0.05)


def test_resampling_keeps_the_mean_weight():
    cloud = Particles(1000)
    weights = np.random.default_rng(0).exponential(size=1000) ** 4
    cloud.weigh(np.log(weights))
    before = cloud.log_estimate
    kept = cloud.resample(np.random.default_rng(1))
    assert kept is not None
    assert cloud.log_estimate == pytest.approx(before)
    assert np.corrcoef(np.bincount(kept, minlength=1000), weights)[0, 1] > 0.9
    assert cloud.resample(np.random.default_rng(1)) is None


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"particles": 1}, "particles must be"),
        ({"route": "columns"}, "route"),
        ({"twist": "some"}, "twist"),
        ({"event": "index"}, "'index'"),
    ],
)
def test_bad_settings_are_named(keys, match):
    with pytest.raises(ValueError, match=match):
        Grown(**keys)


def test_what_cannot_be_grown_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="tilted"):
        Grown().replicate(IsotropicField(3), rng)
    with pytest.raises(TypeError, match="sample_row"):
        Grown().replicate(Wishart(3), rng)

    class Ragged(Doomed):
        def sample_row(self, rng, i, size):
            return np.ones((size, 1))

    with pytest.raises(InvalidBatchError, match="sample_row"):
        Grown().replicate(Ragged(3), rng)


def test_a_stream_decides_the_rows():
    a, b = (drawn(Grown(particles=64), ShiftedGaussian(5, 0.5), 1, 3) for _ in range(2))
    np.testing.assert_array_equal(a, b)


@dataclass(frozen=True)
class Chain(Ensemble):
    """[[1, 1], [1, 1]] bordered by nothing: singular, in the arithmetic of ``kind``."""

    dim: int
    kind: type = np.float32
    population = "singular matrices"

    def sample(self, rng, size):
        raise NotImplementedError

    def sample_row(self, rng, i, size):
        """Rows of s sᵀ + a multiple of the identity off the first two axes, s = (1/3, ..., 1/3)."""
        row = np.full((size, i + 1), 1 / 9, dtype=self.kind)
        if i >= 2:
            row[:, i] += self.kind(1)
        return row


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_singular_rows_are_no_minima(kind):
    found = Grown(particles=8, route="rows").replicate(Chain(4, kind), np.random.default_rng(0))
    assert found.log_estimate == -np.inf
