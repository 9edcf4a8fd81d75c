"""Replicates: interval, stopping, and refusals, on replicates of a known law."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import stats

from critpoints.errors import AccuracyError, UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.estimators.replicates import FIRST_LOOK, MIN_REPLICATES, Replicate, Replicates
from critpoints.rule import Rule, Stop
from critpoints.tally import Prefix, Values

TRUTH = -800.0  # far below the smallest float


@dataclass(frozen=True)
class LogNormal(Replicates):
    """Replicates that are log-normal about the truth and say so, or understate it."""

    spread: float = 0.5
    stated: float = 0.5
    effective: float = 50.0
    death: float = 0.0

    name: ClassVar[str] = "log-normal"

    def larger(self, factor: float) -> LogNormal:
        return replace(self, effective=factor * self.effective)

    def memory(self, ensemble: Any, size: int) -> int:
        return 0

    def replicate(self, ensemble: Any, rng: np.random.Generator) -> Replicate:
        log = TRUTH + self.spread * rng.standard_normal() - self.spread**2 / 2
        variance = math.expm1(self.stated**2)
        if rng.random() < self.death:
            return Replicate(-math.inf, variance, self.effective, log / 2)
        return Replicate(log - math.log1p(-self.death), variance, self.effective, log)


def fixed(samples: int) -> Rule:
    return Rule(None, samples, None)


def judged(estimator: Replicates, n: int, seed: int) -> tuple[Estimate, str]:
    rows = estimator.rows(None, np.random.default_rng(seed), n)
    try:
        return estimator.estimate(Values(rows), fixed(n))[0], ""
    except UnreliableEstimateError as refused:
        return refused.estimate, str(refused)


def coverage_z(estimator: Replicates, n: int, runs: int = 500) -> float:
    found = [judged(estimator, n, seed)[0] for seed in range(runs)]
    covered = sum(e.log_low <= TRUTH <= e.log_high for e in found)
    return (covered - 0.95 * runs) / math.sqrt(runs * 0.95 * 0.05)


@pytest.mark.parametrize("spread", [0.1, 0.5])
@pytest.mark.parametrize("n", [MIN_REPLICATES, 24])
def test_intervals_cover(spread: float, n: int) -> None:
    assert abs(coverage_z(LogNormal(spread=spread, stated=spread), n)) < 4


def test_an_interval_from_what_replicates_state_would_not_cover() -> None:
    """Negative control: as far off as they are, their own errors are too small."""
    rng = np.random.default_rng(5)
    n, runs, half = 8, 500, 1.96 * 0.2 / math.sqrt(8)
    logs = TRUTH + rng.standard_normal((runs, n)) - 0.5
    covered = (np.abs(logs.mean(axis=1) + 0.5 - TRUTH) < half).sum()
    assert covered < stats.binom.ppf(1e-6, runs, 0.95)


@pytest.mark.parametrize("spread", [0.2, 0.6])
def test_the_mean_is_unbiased(spread: float) -> None:
    estimator = LogNormal(spread=spread, stated=spread)
    values = np.exp([judged(estimator, 16, seed)[0].log_value - TRUTH for seed in range(400)])
    assert abs(values.mean() - 1) < 4 * values.std(ddof=1) / math.sqrt(len(values))


def test_the_mean_of_logarithms_would_be_biased() -> None:
    rows = LogNormal(spread=0.6).rows(None, np.random.default_rng(2), 6400)
    error = rows[:, 0].mean() - TRUTH
    assert error < -4 * 0.6 / math.sqrt(6400)


def test_healthy_replicates_are_not_refused() -> None:
    for spread in (0.1, 0.6):
        for seed in range(300):
            assert judged(LogNormal(spread=spread, stated=spread), 8, seed)[1] == ""


@pytest.mark.parametrize(
    ("estimator", "n", "why"),
    [
        (LogNormal(spread=2.0, stated=0.2), 8, "scatter"),
        (LogNormal(spread=100.0, stated=0.3), 16, "scatter"),
        (LogNormal(effective=1.0), 16, "independent particles"),
        (LogNormal(effective=math.nan), 16, "independent particles"),
        (LogNormal(death=0.8), 64, "reached the event"),
        (LogNormal(spread=4.0, stated=4.0), 64, "carry"),
        (LogNormal(), MIN_REPLICATES - 1, "too little"),
        (LogNormal(), 1, "too little"),
    ],
)
def test_what_must_not_be_trusted_is_refused(estimator: LogNormal, n: int, why: str) -> None:
    for seed in range(20):
        found, message = judged(estimator, n, seed)
        assert why in message
        assert found.status == "unreliable"
        assert found.samples == n


def test_the_dead_count_as_zero() -> None:
    found, message = judged(LogNormal(spread=0.1, stated=0.1, death=0.2), 400, 3)
    assert message == ""
    assert found.hits is not None
    assert abs(found.hits - 320) < 4 * math.sqrt(400 * 0.16)
    assert found.log_low < TRUTH < found.log_high


def test_nobody_arrived_gives_the_bound_of_the_last_level() -> None:
    found, message = judged(LogNormal(spread=0.1, stated=0.1, death=1.1), 8, 3)
    assert message == ""
    assert (found.status, found.hits, found.log_value) == ("bound", 0, -math.inf)
    assert abs(found.log_high - TRUTH / 2) < 1


def test_a_bound_on_which_the_dead_disagree_is_refused() -> None:
    found, message = judged(LogNormal(spread=5.0, stated=0.1, death=1.1), 8, 3)
    assert "scatter" in message
    assert found.status == "unreliable"


def test_certainty_is_not_claimed() -> None:
    rows = np.tile([0.0, 0.0, 100.0, 0.0], (8, 1))
    (found,) = LogNormal().estimate(Values(rows), fixed(8))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 800))


def test_a_precision_is_judged_at_powers_of_two() -> None:
    estimator, rule = LogNormal(spread=0.5), Rule(0.2, None, None)
    prefix, stops = Prefix(), []
    for seed in range(64):
        rows = estimator.rows(None, np.random.default_rng(seed), 1)
        prefix.extend([estimator.fold(rows, 1)])
        stops.append(estimator.stop(prefix, 1, 1, rule))
    first = next(stop for stop in stops if stop is not None)
    assert stops.index(first) + 1 == first.batches
    assert first.batches in (16, 32, 64)
    assert first.batches >= FIRST_LOOK
    assert stops[-1] == first
    short = Prefix(prefix[:10])
    assert 0 < estimator.remaining(short, 1, 1, rule) < math.inf


def stopped_at_the_edge(runs: int = 4000) -> list[tuple[Estimate, Estimate]]:
    """Runs of which half end at 16 replicates: as judged, and with the interval of a fixed n."""
    estimator, rule = LogNormal(spread=0.19, stated=0.19), Rule(0.1, None, None)
    rng, found = np.random.default_rng(0), []
    for _ in range(runs):
        rows = estimator.rows(None, rng, 64)
        prefix = Prefix([Values(row) for row in rows.reshape(64, 1, 4)])
        stop = estimator.stop(prefix, 1, 1, rule)
        assert stop is not None
        tally = Values(rows[: stop.batches])
        found.append((estimator.estimate(tally, rule)[0], estimator.estimate(tally, fixed(64))[0]))
    return found


def test_intervals_cover_where_a_precision_ends_the_run() -> None:
    """The control is the same replicates with the interval of a number fixed beforehand."""
    pairs = stopped_at_the_edge()
    assert 0.25 < np.mean([e.samples == 16 for e, _ in pairs]) < 0.75
    ours, plain = (
        np.mean([e.log_low <= TRUTH <= e.log_high for e in each])
        for each in zip(*pairs, strict=True)
    )
    assert 0.94 - 1.5 * math.sqrt(0.05 * 0.95 / 4000) < ours < 0.96
    assert plain < ours - 0.002


def test_samples_are_replicates() -> None:
    estimator, rule = LogNormal(), fixed(10)
    rows = estimator.rows(None, np.random.default_rng(0), 8)
    prefix = Prefix([Values(rows), Values(rows)])
    assert estimator.stop(prefix, 8, 1, rule) == Stop(1, 2)
    assert estimator.remaining(prefix, 8, 1, rule) < 1
    with pytest.raises(ValueError, match="samples must be at least 8 replicates"):
        estimator.stop(Prefix(), 8, 1, fixed(1))


def test_an_empty_tally_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one replicate"):
        LogNormal().estimate(Values(np.zeros((0, 4))), fixed(8))


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_replicate_that_is_not_a_number_has_not_died(broken: float) -> None:
    rows = LogNormal().rows(None, np.random.default_rng(0), 16)
    rows[3, 0] = -math.inf
    assert LogNormal().estimate(LogNormal().fold(rows, 1), fixed(16))[0].hits == 15
    rows[3, 0] = broken
    with pytest.raises(AccuracyError, match="1 of 16"):
        LogNormal().fold(rows, 1)
    with pytest.raises(AccuracyError, match="1 of 16"):
        LogNormal().estimate(Values(rows), fixed(16))
