"""The spectrum identity with a tilt against exact fractions of minima."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.ensembles import (
    ConfinedField,
    GaussianEnsemble,
    IsotropicField,
    ShiftedGaussian,
    SpinGlass,
)
from critpoints.errors import UnreliableEstimateError
from critpoints.estimators import Weighted
from critpoints.estimators.tilted import Tilted, log_constant, normaliser, tiltable
from critpoints.protocols import Ensemble
from critpoints.rule import Rule
from critpoints.tally import Values
from critpoints.theory import laws

RUNS = 24
RULE = Rule(samples=RUNS)


def log_exact(ensemble: Ensemble) -> float:
    name, parameters = ensemble.exact_law()
    return float(laws.minimum(name, ensemble.dim, **parameters).log[0])


def drawn(estimator: Tilted, ensemble: Ensemble, seed: int, runs: int = RUNS) -> np.ndarray:
    return estimator.rows(ensemble, np.random.default_rng(seed), runs)


def z_score(log_estimates: np.ndarray, log_truth: float) -> float:
    ratio = np.exp(log_estimates - log_truth)
    return float((ratio.mean() - 1) / (ratio.std(ddof=1) / math.sqrt(ratio.size)))


@pytest.mark.parametrize(
    "ensemble",
    [
        *(IsotropicField(dim) for dim in (1, 2, 4, 10, 20, 40)),
        SpinGlass(10, 3),
        SpinGlass(20, 5),
        SpinGlass(6, 2),
        ConfinedField(4, 0.5),
        ConfinedField(20, 0.3),
    ],
)
def test_exact_fractions_of_minima(ensemble):
    rows = drawn(Tilted(particles=1024), ensemble, 2)
    truth = log_exact(ensemble)
    assert abs(z_score(rows[:, 0], truth)) < 4
    assert rows[:, 0].std() < 0.2
    assert abs(z_score(rows[:, 0], truth + 0.3)) > 4
    assert Tilted().estimate(Values(rows), RULE)[0].status == "ok"


def test_the_tilt_reaches_what_plain_spectra_refuse():
    ensemble, rule = IsotropicField(40), Rule(samples=4096)
    plain = Weighted()
    tally = plain.tally(ensemble, np.random.default_rng(0), 4096)
    with pytest.raises(UnreliableEstimateError):
        plain.estimate(tally, rule)
    found = Tilted().estimate(Values(drawn(Tilted(), ensemble, 0)), RULE)[0]
    assert found.rel_error < 0.1
    assert found.low < 5.79707912e-15 < found.high


def test_plain_spectra_and_the_tilt_agree():
    ensemble = IsotropicField(5)
    plain = Weighted().tally(ensemble, np.random.default_rng(0), 2**15)
    identity = Weighted().estimate(plain, Rule(samples=2**15))[0]
    tilted = Tilted().estimate(Values(drawn(Tilted(), ensemble, 1)), RULE)[0]
    error = math.hypot(identity.rel_error, tilted.rel_error) / 1.96
    assert abs(identity.log_value - tilted.log_value) < 4 * error


def test_a_mean_of_few_spectra_is_not_biased():
    ensemble = IsotropicField(4)
    rows = drawn(Tilted(particles=64, spectra=16), ensemble, 3, 600)
    assert abs(z_score(rows[:, 0], log_exact(ensemble))) < 4


def test_stated_variance_is_the_variance_between_replicates():
    rows = drawn(Tilted(particles=128, spectra=64), IsotropicField(12), 5, 150)
    between, stated = rows[:, 0].var(ddof=1), np.log1p(rows[:, 1]).mean()
    assert 0.5 < between / stated < 1.6


def test_the_constant_of_the_identity():
    """E|det| over GOI(c) matrices, plain, against spectra of one more dimension."""
    ensemble, size = IsotropicField(3), 2**16
    rng = np.random.default_rng(0)
    values = np.abs(np.linalg.det(ensemble.sample(rng, size)))
    weights = np.exp(ensemble.index_weights(rng, size)).sum(axis=1)
    ratio = values.mean() / weights.mean()
    error = ratio * math.hypot(
        values.std() / values.mean() / math.sqrt(size),
        weights.std() / weights.mean() / math.sqrt(size),
    )
    constant = math.exp(log_constant(ensemble.hermite, 3))
    assert abs(ratio - constant) < 4 * error
    assert abs(ratio - math.sqrt(2) * constant) > 4 * error


def test_only_weighted_populations_are_tilted():
    for ensemble in (GaussianEnsemble(3), ShiftedGaussian(3), IsotropicField(3, "fixed")):
        assert tiltable(ensemble) is None
        with pytest.raises(ValueError, match="tilted"):
            Tilted().replicate(ensemble, np.random.default_rng(0))
    with pytest.raises(ValueError, match="spectra"):
        Tilted(spectra=1)
    with pytest.raises(ValueError, match="'index'"):
        Tilted("index")


STEEP = [(1.5, 6), (2.0, 8), (2.5, 8), (3.0, 6)]


@pytest.mark.parametrize(("mass", "dim"), STEEP)
def test_steep_wells_are_not_biased(mass: float, dim: int) -> None:
    """Where the weights of the identity have heavy tails, determinants stand for their sum."""
    truth = laws.minimum("confined", dim, mass=mass).log[0]
    rows = Tilted(particles=512).rows(ConfinedField(dim, mass), np.random.default_rng(0), 160)
    ratio = np.exp(rows[:, 0] - truth)
    assert abs(ratio.mean() - 1) < 4 * ratio.std(ddof=1) / math.sqrt(len(ratio))


def test_the_weights_of_the_identity_would_be_biased_there(monkeypatch) -> None:
    """Negative control."""
    identity = Weighted("index", "identity")
    monkeypatch.setattr("critpoints.estimators.tilted.normaliser", lambda *_: identity)
    truth = laws.minimum("confined", 8, mass=2.5).log[0]
    rows = Tilted(particles=512).rows(ConfinedField(8, 2.5), np.random.default_rng(0), 160)
    assert np.exp(rows[:, 0] - truth).mean() > 2


def test_the_lighter_route_is_the_normaliser() -> None:
    def route(ensemble) -> str:
        return normaliser(ensemble, ensemble.hermite).route

    assert [route(ConfinedField(8, m)) for m in (0.5, 1.0, 2.0, 3.0)] == 2 * ["identity"] + 2 * [
        "determinant"
    ]
    assert route(IsotropicField(8)) == "identity"
