"""Re-judge the committed long tier: batches recompute, and their sums agree with theory."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest

from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.rule import Rule
from critpoints.study.frame import z_score
from critpoints.study.spec import Spec
from critpoints.tally import Counts, Tally, Values, total
from critpoints.theory import laws

from .__main__ import BATCHES, HOME, REPLICATES, Row, rare, specs, tally_of

COMMITTED = json.loads((HOME / "tallies.json").read_text())
RARE = json.loads((HOME / "rare.json").read_text())
RULE = Rule(rel_error=None, samples=1, seconds=None)
CHEAP = {"grown": 20, "tilted": 20, "splitting": 6}
"""Dimensions up to which a batch of a rare event is recomputed."""
HONEST = [k for k, row in enumerate(rare()) if not row.control]
CONTROLS = [k for k, row in enumerate(rare()) if row.control]
SMALL = 12
STRUCTURED = ("grown", "tilted")


def log_exact(spec: Spec) -> np.ndarray:
    name, parameters = spec.source.exact_law()
    if negatives := getattr(spec.estimator, "negatives", 0):
        law = laws.index_law(name, spec.source.dim, **parameters).log
        return np.logaddexp.reduce(law[: negatives + 1], keepdims=True)
    door = laws.minimum if spec.estimator.event == "minima" else laws.index_law
    return door(name, spec.source.dim, **parameters).log


def worst_z(spec: Spec, tallies: list[Tally]) -> float:
    estimates = spec.estimator.estimate(total(tallies), RULE)
    pairs = zip(estimates, log_exact(spec), strict=True)
    found = [z_score(e, x) for e, x in pairs if e.status == "ok"]
    return max((abs(z) for z in found if z is not None), default=0.0)


def replicates(row: int) -> np.ndarray:
    """The runs of a row, each with its replicates: shape (runs, REPLICATES, 4)."""
    runs = rare()[row].runs
    rows = np.concatenate([np.array(batch) for batch in RARE[row]["tallies"]])
    return rows[: runs * REPLICATES].reshape(runs, REPLICATES, -1)


def intervals(row: Row, runs: np.ndarray) -> list[Estimate]:
    rule = Rule(rel_error=None, samples=REPLICATES, seconds=None)
    found = []
    for run in runs:
        try:
            found += row.spec.estimator.estimate(Values(run), rule)
        except UnreliableEstimateError as refused:
            found.append(refused.estimate)
    return found


def covering(rows: list[int], *, shrink: float = 1.0) -> tuple[int, int]:
    """How many of the 95% intervals hold the exact value, and of how many."""
    held = runs = 0
    for k in rows:
        row = rare()[k]
        (truth,) = log_exact(row.spec)
        for e in intervals(row, replicates(k)):
            half = shrink * (e.log_high - e.log_low) / 2
            held += abs((e.log_high + e.log_low) / 2 - truth) <= half
        runs += row.runs
    return held, runs


def rows_of(*methods: str, low: int = 1, high: int = 1000) -> list[int]:
    chosen = []
    for k in HONEST:
        spec = rare()[k].spec
        if spec.estimator.method in methods and low <= spec.source.dim <= high:
            chosen.append(k)
    return chosen


def bias_z(row: int, factor: float = 1.0) -> float:
    """Distance of the mean of all replicates from the exact value, in standard errors."""
    logs = replicates(row)[:, :, 0].ravel()
    ratio = factor * np.exp(logs - log_exact(rare()[row].spec)[0])
    return float((ratio.mean() - 1) / (ratio.std(ddof=1) / math.sqrt(ratio.size)))


def test_every_row_of_the_studies_is_committed_whole():
    assert [row["digest"] for row in COMMITTED] == [spec.digest for spec in specs()]
    assert {len(row["tallies"]) for row in COMMITTED} == {BATCHES}
    assert [row["digest"] for row in RARE] == [row.spec.digest for row in rare()]
    assert [len(row["tallies"]) for row in RARE] == [row.batches for row in rare()]


@pytest.mark.parametrize("row", range(len(COMMITTED)))
def test_agrees_with_the_exact_law(row):
    spec = specs()[row]
    tallies = [tally_of(spec, data) for data in COMMITTED[row]["tallies"]]
    assert worst_z(spec, tallies) < 4


def test_randomly_chosen_batches_recompute():
    for row in random.SystemRandom().sample(range(len(COMMITTED)), 12):
        spec = specs()[row]
        batch = random.SystemRandom().randrange(BATCHES)
        again, stored = spec.run(batch), tally_of(spec, COMMITTED[row]["tallies"][batch])
        assert again.agrees(stored), (spec.ref, spec.source.dim, batch)


def test_randomly_chosen_replicates_recompute():
    rows = [k for name, dim in CHEAP.items() for k in rows_of(name, high=dim)]
    for k in rows:
        row = rare()[k]
        batch = random.SystemRandom().randrange(row.batches)
        again, stored = row.spec.run(batch), tally_of(row.spec, RARE[k]["tallies"][batch])
        assert again.agrees(stored), (row.spec.ref, row.spec.source.dim, batch)
        assert not again.agrees(Values(stored.data + 1e-6))


@pytest.mark.parametrize("row", HONEST)
def test_rare_events_are_unbiased(row):
    assert abs(bias_z(row)) < 4


@pytest.mark.parametrize("row", HONEST)
def test_a_bias_would_be_seen(row):
    """Negative control: the same replicates, 10 standard errors higher."""
    logs = replicates(row)[:, :, 0].ravel()
    values = np.exp(logs - logs.mean())
    error = values.std(ddof=1) / values.mean() / math.sqrt(values.size)
    assert abs(bias_z(row, 1 + 10 * error)) > 4


@pytest.mark.parametrize("row", HONEST)
def test_healthy_runs_are_hardly_ever_refused(row):
    found = intervals(rare()[row], replicates(row))
    assert sum(e.status != "ok" for e in found) <= 0.02 * len(found)


def test_every_row_has_runs_enough():
    for row in (rare()[k] for k in HONEST):
        dim, method = row.spec.source.dim, row.spec.estimator.method
        independent = row.runs * REPLICATES if method == "splitting" else row.runs
        assert independent >= (200 if dim <= SMALL else 60)
    structured = {(rare()[k].spec.ref, rare()[k].spec.source.dim) for k in rows_of(*STRUCTURED)}
    asked = {(ref, dim) for ref in ("goe", "isotropic") for dim in (4, 6, 8, 10, 12, 20, 40)}
    assert structured >= asked


@pytest.mark.parametrize("methods", [("grown",), ("tilted",), ("splitting",)])
def test_coverage_in_low_dimension(methods):
    held, of = covering(rows_of(*methods, high=SMALL))
    assert of >= 500
    assert 0.93 <= held / of <= 0.97


@pytest.mark.parametrize("row", HONEST)
def test_coverage_of_every_row(row):
    held, of = covering([row])
    assert abs(held - 0.95 * of) < 4 * math.sqrt(of * 0.95 * 0.05)


def test_coverage_in_high_dimension():
    for row in rows_of(*STRUCTURED, low=SMALL + 1):
        held, of = covering([row])
        assert held >= 0.9 * of


def test_intervals_of_two_thirds_the_width_would_not_cover():
    """Negative control."""
    held, of = covering(rows_of(*STRUCTURED, high=SMALL), shrink=0.67)
    assert held / of < 0.93


@pytest.mark.parametrize("row", CONTROLS)
def test_the_untwisted_filter_is_refused_every_time(row):
    found = intervals(rare()[row], replicates(row))
    assert [e.status for e in found] == ["unreliable"] * len(found)


def test_a_made_up_result_is_caught():
    """Negative control: a tenth more hits in every batch of GOE d=4 must be seen."""
    row = next(
        i for i, s in enumerate(specs())
        if s.ref == "goe" and s.source.dim == 4 and s.estimator.event == "minima"
    )  # fmt: skip
    spec = specs()[row]
    doctored = [np.array(data) for data in COMMITTED[row]["tallies"]]
    tallies = [Counts(data + np.array([-1, 1]) * (data[1] // 10)) for data in doctored]
    assert worst_z(spec, tallies) > 4
    assert not spec.run(0).agrees(tallies[0])
