"""Where estimates meet exact values: z, the ratio to 3^-d, and the fitted base."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from critpoints.ensembles import (
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    ShiftedGaussian,
    Wishart,
)
from critpoints.estimate import Estimate
from critpoints.estimators import Proportion, Weighted
from critpoints.protocols import Ensemble
from critpoints.rule import Rule
from critpoints.study.collect import Outcome, collect
from critpoints.study.frame import describe_bases, fit_bases, frame, records, z_score
from critpoints.study.spec import Spec
from critpoints.tally import Counts
from critpoints.theory import laws

LEVEL = 0.95
SAMPLES = 20_000
MINIMA = Proportion("minima")


def outcome(ensemble: Ensemble, hits: int, samples: int = SAMPLES) -> Outcome:
    """As if ``hits`` had been counted: no sampling."""
    rule = Rule(None, samples, None, LEVEL)
    estimates = MINIMA.estimate(Counts([samples - hits, hits]), rule)
    return Outcome(Spec(ensemble, MINIMA), tuple(estimates), Counts([0, 0]), (), True)


def synthetic(
    law: Callable[[int], float], rng: np.random.Generator, dims: range = range(1, 6)
) -> pd.DataFrame:
    """Sweep of the lecture model's rows whose hits follow ``law``."""
    return frame(outcome(IndependentAxes(d), int(rng.binomial(SAMPLES, law(d)))) for d in dims)


def third(dim: int) -> float:
    return 3.0**-dim


def test_a_record_has_the_fields_of_the_grammar() -> None:
    (record,) = records([outcome(IndependentAxes(2), 2200)])
    assert record["object"] == "independent"
    assert record["population"] == "critical points of independent axes"
    assert (record["dim"], record["event"], record["status"]) == (2, "minima", "ok")
    assert (record["samples"], record["hits"], record["seed"]) == (SAMPLES, 2200, 0)
    assert record["digest"] == Spec(IndependentAxes(2), MINIMA).digest
    assert record["estimate"] == pytest.approx(0.11)
    assert record["low"] < record["estimate"] < record["high"]
    for name in ("estimate", "low", "high", "exact", "model_third"):
        assert record[f"log10_{name}"] == pytest.approx(math.log10(record[name]))
    assert record["exact"] == pytest.approx(1 / 9)
    assert record["model_third"] == pytest.approx(1 / 9)


def test_z_and_the_ratio_by_hand() -> None:
    (record,) = records([outcome(GaussianEnsemble(2), 3000)])
    exact = (2 - math.sqrt(2)) / 4
    z = (3000 - SAMPLES * exact) / math.sqrt(SAMPLES * exact * (1 - exact))
    assert record["exact"] == pytest.approx(exact)
    assert record["z"] == pytest.approx(z)
    z_third = (3000 - SAMPLES / 9) / math.sqrt(SAMPLES * 8 / 81)
    assert record["z_third"] == pytest.approx(z_third)
    assert record["log10_ratio_third"] == pytest.approx(math.log10(0.15 * 9))


def test_z_is_standard_normal_where_the_reference_is_true() -> None:
    rng = np.random.default_rng(1)
    hits = rng.binomial(SAMPLES, 0.05, 2000)
    rule = Rule(None, SAMPLES, None, LEVEL)
    estimates = [MINIMA.estimate(Counts([SAMPLES - k, k]), rule)[0] for k in hits]
    z = np.array([z_score(e, math.log(0.05)) for e in estimates])
    assert abs(z.mean()) < 4 / math.sqrt(2000)
    assert abs(z.std() - 1) < 4 / math.sqrt(4000)
    wrong = np.array([z_score(e, math.log(0.055)) for e in estimates])
    assert wrong.mean() < -2  # control


def weighted(value: float, low: float, high: float) -> Estimate:
    logs = [math.log(x) for x in (value, low, high)]
    return Estimate(*logs, LEVEL, "identity", "delta method", "ok", 1000, effective=500.0)


def test_z_of_a_weighted_estimate_is_on_the_logarithm() -> None:
    estimate = weighted(0.1, 0.08, 0.125)
    assert z_score(estimate, math.log(0.125)) == pytest.approx(-1.959964)
    assert z_score(estimate, math.log(0.08)) == pytest.approx(1.959964)
    assert z_score(estimate, math.log(0.1)) == pytest.approx(0, abs=1e-12)


def test_what_is_impossible_and_was_seen_has_infinite_z() -> None:
    (seen,) = records([outcome(IndependentAxes(2, 0.0, 0.5), 3)])
    assert seen["z"] == math.inf
    (unseen,) = records([outcome(IndependentAxes(2, 0.0, 0.5), 0)])
    assert unseen["z"] is None
    assert unseen["status"] == "bound"
    assert unseen["log10_estimate"] == -math.inf


def test_certainty_agrees_with_certainty() -> None:
    (record,) = records([outcome(Wishart(3), SAMPLES)])
    assert (record["estimate"], record["exact"], record["z"]) == (1.0, 1.0, 0.0)


def test_exact_values_are_joined_bin_by_bin() -> None:
    specs = [
        Spec(GaussianEnsemble(3), Proportion("index"), batch=1000),
        Spec(IsotropicField(2), Weighted("index"), batch=1000),
    ]
    table = frame(collect(specs, Rule(None, 20_000, None)))
    for _, law in table.groupby("object"):
        assert law["exact"].sum() == pytest.approx(1)
        assert list(law["index"]) == [*range(len(law) - 1), "degenerate"]
        nondegenerate = law[law["index"] != "degenerate"]
        assert (nondegenerate["z"].astype(float).abs() < 4).all()


def test_the_base_of_the_lecture_model_is_three() -> None:
    """Its interval covers 3 in no fewer of 200 sweeps than it says, up to 4 standard errors."""
    rng = np.random.default_rng(2)
    runs = 200
    covered = 0
    for _ in range(runs):
        fits = fit_bases(synthetic(third, rng))
        fit = fits[fits["power"] == "d"].iloc[0]
        assert fit["base"] == pytest.approx(3, rel=0.15)
        covered += fit["low"] <= 3 <= fit["high"]
    assert covered / runs > LEVEL - 4 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def test_control_another_base_is_told_from_three() -> None:
    fits = fit_bases(synthetic(lambda d: 2.5**-d, np.random.default_rng(3)))
    fit = fits[fits["power"] == "d"].iloc[0]
    assert fit["low"] <= 2.5 <= fit["high"] < 3


def test_a_bent_law_is_noted_and_its_interval_widened() -> None:
    table = synthetic(lambda d: 1.7 ** -(d**2), np.random.default_rng(4), range(1, 5))
    fits = fit_bases(table).set_index("power")
    assert "bend away" in fits.loc["d", "note"]
    assert fits.loc["d", "chi2_reduced"] > 4
    assert "bend away" not in fits.loc["d2", "note"]
    assert fits.loc["d2", "low"] <= 1.7 <= fits.loc["d2", "high"]
    assert fits.loc["d2", "note"].startswith("local to d = 1..4")
    width = fits["high"] - fits["low"]
    assert width["d"] > 10 * width["d2"]


def test_fewer_than_three_dimensions_have_no_base() -> None:
    table = synthetic(third, np.random.default_rng(5), range(1, 3))
    assert table["base_d"].isna().all()
    assert fit_bases(table)["note"].str.contains("fewer than 3").all()


def test_rows_without_a_hit_are_left_out_of_the_fit() -> None:
    hits = [6700, 2200, 740, 250, 0]
    table = frame(outcome(IndependentAxes(d), k) for d, k in enumerate(hits, start=1))
    assert set(fit_bases(table)["dims"]) == {4}
    assert table["base_d"].iloc[0] == pytest.approx(3, rel=0.1)
    assert len(table) == 5


def test_every_object_has_its_own_base() -> None:
    rows = [outcome(IndependentAxes(d), round(SAMPLES * third(d))) for d in range(1, 5)]
    rows += [outcome(IndependentAxes(d, 0.5, 0.5), round(SAMPLES / 2**d)) for d in range(1, 5)]
    table = frame(rows).drop_duplicates("object").set_index("object")
    assert table["base_d"].tolist() == pytest.approx([3, 2], rel=0.02)
    assert len(frame(rows)) == 8


def test_a_law_that_is_refuted_has_no_base_in_words() -> None:
    table = synthetic(third, np.random.default_rng(3))
    right, wrong = describe_bases(table)
    assert "base^-d with base" in right
    assert "base^-(d^2) does not hold" in wrong
    assert "with base" not in wrong


def test_what_theory_does_not_resolve_is_missing_and_not_impossible() -> None:
    """A hit is no contradiction where theory knows but a bound; where it knows zero, it is."""
    law = laws.index_law("goi", 24, variance=0.05)
    assert law.drowned[2]
    spec = Spec(ShiftedGaussian(24, 0.05), Proportion("index"), batch=10)
    counts = np.zeros(26, dtype=int)
    counts[[2, 12, 25]] = 1, 9, 1
    tally = Counts(counts)
    estimates = tuple(spec.estimator.estimate(tally, Rule(None, 11, None)))
    table = frame([Outcome(spec, estimates, tally, (0.0,), True)])
    assert np.isnan(table["exact"][2])
    assert np.isnan(table["z"][2])
    assert np.isfinite(table["z"][12])
    assert table["z"][25] == np.inf
