"""Bias and coverage: enumerated over all outcomes, simulated through the code that stops a run.

Simulations have at least 2,000 replicates and agree with enumeration at |z| < 4; every kind of
test has a control that it must refuse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import special, stats

from critpoints.ensembles import ConfinedField, IsotropicField
from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.estimators import EventEstimator, Proportion, Weighted, tail
from critpoints.estimators.proportion import hits_for, samples_for_law
from critpoints.estimators.weighted import MIN_EFFECTIVE
from critpoints.protocols import Ensemble
from critpoints.rule import INTERVALS, Rule
from critpoints.tally import Counts, Prefix, Tally, total
from critpoints.theory import laws

MINIMA = Proportion("minima")
LEVEL = 0.95
REPLICATES = 4000
REL_ERROR = 0.8
NEEDED = hits_for(REL_ERROR, LEVEL)
UNTIL_HITS = Rule(REL_ERROR, None, None, LEVEL)


def fixed(samples: int) -> Rule:
    return Rule(None, samples, None, LEVEL)


def truncated(samples: int) -> Rule:
    return Rule(REL_ERROR, samples, None, LEVEL)


@cache
def judged(hits: int, samples: int, rule: Rule, interval: str = INTERVALS[0]) -> Estimate:
    return MINIMA.estimate(
        Counts(np.array([samples - hits, hits])), replace(rule, interval=interval)
    )[0]


def played(
    estimator: EventEstimator, rule: Rule, draw: Callable[[int], np.ndarray], size: int, dim: int
) -> Tally:
    """The run of one row, as the study does it: batches, `stop`, and the replay of the last."""
    rows: list[np.ndarray] = []
    prefix = Prefix()
    while (stop := estimator.stop(prefix, size, dim, rule)) is None:
        rows.append(draw(size))
        prefix.extend([estimator.fold(rows[-1], dim)])
    part = [estimator.cut(rows[stop.batches], stop)] if stop.partial else []
    return total([*prefix[: stop.batches], *(estimator.fold(p, dim) for p in part)])


Outcomes = list[tuple[float, int, int]]


def binomial_outcomes(n: int, p: float) -> Outcomes:
    return [(float(stats.binom.pmf(k, n, p)), k, n) for k in range(n + 1)]


def inverse_outcomes(p: float, last: int | None = None) -> Outcomes:
    """(probability, hits, samples) when trials end at the k-th hit, or at ``last``."""
    k = NEEDED
    end = last or int(stats.nbinom.isf(1e-13, k, p)) + k
    hit = [(float(stats.nbinom.pmf(n - k, k, p)), k, n) for n in range(k, end + 1)]
    return hit + ([o for o in binomial_outcomes(last, p) if o[1] < k] if last else [])


def coverage(outcomes: Outcomes, p: float, rule: Rule, interval: str) -> float:
    found = ((w, judged(k, n, rule, interval)) for w, k, n in outcomes)
    return sum(w for w, e in found if e.low <= p <= e.high)


def mean(outcomes: Outcomes, rule: Rule) -> float:
    return sum(w * judged(k, n, rule).value for w, k, n in outcomes)


def z_of_share(share: float, expected: float, replicates: int = REPLICATES) -> float:
    return (share - expected) / math.sqrt(max(expected * (1 - expected), 1e-9) / replicates)


CASES = [(0.5, 20), (0.1, 60), (0.03, 100), (0.98, 30)]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize(("p", "n"), CASES)
def test_fixed_samples_cover_as_enumerated(p: float, n: int, interval: str) -> None:
    rule = fixed(n)
    outcomes = binomial_outcomes(n, p)
    expected = coverage(outcomes, p, rule, interval)
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(REPLICATES):
        tally = played(MINIMA, rule, lambda m: (rng.random(m) < p).astype(int), 16, 0)
        estimate = judged(int(tally.data[1]), int(tally.data.sum()), rule, interval)
        assert estimate.samples == n
        covered += estimate.low <= p <= estimate.high
    assert abs(z_of_share(covered / REPLICATES, expected)) < 4
    assert mean(outcomes, rule) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("n", [5, 30, 200])
def test_clopper_pearson_never_covers_less_than_its_level(n: int) -> None:
    """Including where no hit is likely: the bound must not spend both tails on itself."""
    for p in np.concatenate([np.geomspace(0.02 / n, 0.5, 60), [3.0 / n, 2.98 / n, 3.7 / n]]):
        assert coverage(binomial_outcomes(n, p), p, fixed(n), "clopper-pearson") >= LEVEL - 1e-12


def test_wilson_is_near_its_level_on_average() -> None:
    found = [
        coverage(binomial_outcomes(60, p), p, fixed(60), "wilson")
        for p in np.linspace(0.02, 0.98, 97)
    ]
    assert np.mean(found) == pytest.approx(LEVEL, abs=0.01)
    assert min(found) < LEVEL  # it is not exact, and does not say so


@pytest.mark.parametrize("p", [0.02, 0.1, 0.4, 0.9])
@pytest.mark.parametrize("last", [None, 30, 60])
def test_stopping_on_hits_is_corrected_by_enumeration(p: float, last: int | None) -> None:
    rule = truncated(last) if last else UNTIL_HITS
    outcomes = inverse_outcomes(p, last)
    assert sum(w for w, _, _ in outcomes) == pytest.approx(1, abs=1e-10)
    assert mean(outcomes, rule) == pytest.approx(p, rel=1e-9)
    assert coverage(outcomes, p, rule, "clopper-pearson") >= LEVEL - 1e-10
    naive = sum(w * k / n for w, k, n in outcomes)
    if last is None and p < 0.5:  # the control: uncorrected, enumeration shows the bias
        assert naive > 1.05 * p


@pytest.mark.parametrize(("p", "last"), [(0.1, None), (0.4, None), (0.1, 60), (0.1, 120)])
def test_stopping_on_hits_simulated(p: float, last: int | None) -> None:
    rule = truncated(last) if last else UNTIL_HITS
    outcomes = inverse_outcomes(p, last)
    rng = np.random.default_rng(2)
    values, naive, covered = [], [], 0
    for _ in range(REPLICATES):
        tally = played(MINIMA, rule, lambda m: (rng.random(m) < p).astype(int), 32, 0)
        k, n = int(tally.data[1]), int(tally.data.sum())
        estimate = judged(k, n, rule)
        values.append(estimate.value)
        naive.append(k / n)
        covered += estimate.low <= p <= estimate.high

    def z(sample: list[float]) -> float:
        return float((np.mean(sample) - p) / stats.sem(sample))

    assert abs(z(values)) < 4
    expected = coverage(outcomes, p, rule, "clopper-pearson")
    assert abs(z_of_share(covered / REPLICATES, expected)) < 4
    if last is None:
        assert z(naive) > 6  # control


def test_bias_of_the_uncorrected_ratio_at_ten_hits_is_eleven_percent() -> None:
    k, p = 10, 1e-3
    n = np.arange(k, 60_000)
    weights = stats.nbinom.pmf(n - k, k, p)
    assert weights @ (k / n) / p == pytest.approx(1.11, abs=0.005)
    assert weights @ ((k - 1) / (n - 1)) / p == pytest.approx(1, abs=1e-9)


def test_the_result_does_not_feel_the_batches() -> None:
    stream = (np.random.default_rng(3).random(4096) < 0.05).astype(int)
    found = set()
    for size in (1, 7, 64, 4096):
        batches = iter(range(0, 4096, size))
        tally = played(
            MINIMA, UNTIL_HITS, lambda m, b=batches: stream[(s := next(b)) : s + m], size, 0
        )
        found.add(tuple(tally.data))
    assert len(found) == 1
    ((misses, hits),) = found
    assert hits == NEEDED
    assert stream[misses + hits - 1] == 1


@pytest.mark.parametrize("rel_error", [0.05, 0.1, 0.3, 1.0])
def test_hits_for_is_enough_whatever_the_probability(rel_error: float) -> None:
    k = hits_for(rel_error, LEVEL)
    rule = Rule(rel_error, None, None, LEVEL)
    for n in (k, k + 1, 2 * k, 10 * k, 10**5 * k):
        assert judged(k, n, rule).rel_error <= rel_error * (1 + 1e-4)
    fewer = np.array([special.gdtrix(1, k - 1, q) for q in (0.025, 0.975)])
    assert k == 2 or np.ptp(fewer) / 2 > rel_error * (k - 2)


@pytest.mark.parametrize("dim", [1, 4, 30])
def test_samples_for_law_is_the_least_that_serves_the_smallest_largest_bin(dim: int) -> None:
    n, p = samples_for_law(0.1, LEVEL, dim), 1 / (dim + 2)
    half = [stats.norm.isf(0.025) * math.sqrt(p * (1 - p) / m) / p for m in (n, n - 1)]
    assert half[0] <= 0.1 < half[1]
    counts = np.full(dim + 2, n // (dim + 2))
    law = Proportion("index").estimate(Counts(counts), Rule(0.1, None, None, LEVEL))
    assert [e.value for e in law] == pytest.approx([p] * (dim + 2))


def test_zero_hits_give_a_bound() -> None:
    estimate = judged(0, 100, fixed(100))
    assert (estimate.value, estimate.low, estimate.status) == (0.0, 0.0, "bound")
    assert estimate.interval == "one-sided bound"
    assert estimate.high == pytest.approx(1 - 0.025**0.01)
    assert estimate.log_value == -math.inf
    assert estimate.rel_error == math.inf
    assert judged(100, 100, fixed(100)).high == 1.0


def test_an_estimate_needs_samples_and_a_known_interval() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        MINIMA.estimate(Counts([0, 0]), fixed(1))
    with pytest.raises(ValueError, match="unknown interval 'wald'"):
        replace(fixed(1), interval="wald")


# Weighted: the critical points of an isotropic field, whose answer is 1/4 in two dimensions.

CRITICAL = {2: 0.25, 3: (29 - 6 * math.sqrt(6)) / 116}
WEIGHTED = Weighted("minima", "identity")
RUNS = 2000


def weighted_runs(dim: int, rule: Rule, batch: int, route: str = "identity") -> list[Estimate]:
    estimator = Weighted("minima", route)
    rng = np.random.default_rng(dim)
    pool = iter(())

    def draw(size: int) -> np.ndarray:
        nonlocal pool
        if (rows := next(pool, None)) is None:  # drawn by the thousand, handed out by the batch
            pool = iter(np.split(estimator.rows(IsotropicField(dim), rng, 64 * size), 64))
            rows = next(pool)
        return rows

    tallies = (played(estimator, rule, draw, batch, dim) for _ in range(RUNS))
    return [estimator.estimate(tally, rule)[0] for tally in tallies]


@pytest.mark.parametrize(
    ("dim", "rule", "route"),
    [
        (2, Rule(None, 512, None, LEVEL), "identity"),
        (3, Rule(None, 512, None, LEVEL), "identity"),
        (2, Rule(None, 3072, None, LEVEL), "determinant"),
        (2, Rule(0.1, None, None, LEVEL), "identity"),
        (3, Rule(0.15, None, None, LEVEL), "identity"),
    ],
)
def test_weighted_covers(dim: int, rule: Rule, route: str) -> None:
    found = weighted_runs(dim, rule, rule.samples or 128, route)
    exact = CRITICAL[dim]
    share = np.mean([e.low <= exact <= e.high for e in found])
    assert 0.93 < share < 0.97
    values = np.array([e.value for e in found])
    assert abs(values.mean() / exact - 1) < 0.02
    if rule.rel_error is not None:
        assert max(e.rel_error for e in found) <= rule.rel_error
    narrow = [abs(e.log_value - math.log(exact)) <= 0.7 * (e.log_high - e.log_value) for e in found]
    assert np.mean(narrow) < 0.93  # control: intervals a third too narrow are noticed


def test_weighted_law_of_all_bins() -> None:
    estimator = Weighted("index", "identity")
    tally = estimator.tally(IsotropicField(3), np.random.default_rng(1), 50_000)
    law = estimator.estimate(tally, fixed(50_000))
    exact = [CRITICAL[3], 0.5 - CRITICAL[3], 0.5 - CRITICAL[3], CRITICAL[3]]
    for estimate, p in zip(law, exact, strict=False):
        z = (estimate.log_value - math.log(p)) / (estimate.log_high - estimate.log_value) * 1.96
        assert abs(z) < 4
    assert sum(e.value for e in law) == pytest.approx(1, abs=1e-12)
    assert law[-1].value == 0  # degenerate: no weight, so nothing is claimed
    assert law[-1].status != "ok"
    assert law[0].samples == 50_000


def test_weighted_agrees_with_plain_arithmetic() -> None:
    weights = np.random.default_rng(2).exponential(size=(300, 4))
    tally = WEIGHTED.fold(np.log(weights), 2)
    estimate = WEIGHTED.estimate(tally, fixed(300))[0]
    w, s = weights[:, 0], weights.sum(axis=1)
    f = w.sum() / s.sum()
    deviation = math.sqrt(((w - f * s) ** 2).sum()) / w.sum()
    assert estimate.value == pytest.approx(f)
    assert estimate.log_high - estimate.log_value == pytest.approx(1.959964 * deviation)
    assert estimate.effective == pytest.approx(w.sum() ** 2 / (w**2).sum())


def test_weighted_refuses_a_collapsed_sample_and_hands_it_over() -> None:
    tally = WEIGHTED.tally(IsotropicField(30), np.random.default_rng(3), 400)
    with pytest.raises(UnreliableEstimateError, match="effective sample size") as refused:
        WEIGHTED.estimate(tally, fixed(400))
    estimate = refused.value.estimate
    assert estimate.status == "unreliable"
    assert estimate.effective < MIN_EFFECTIVE
    assert estimate.low < estimate.value < estimate.high
    rule = Rule(0.9, None, None, LEVEL)  # wide enough for any interval, yet it must not stop
    assert WEIGHTED.stop(Prefix([tally]), 400, 30, rule) is None


CONFINED = [(2.0, 8, "identity"), (2.0, 8, "determinant"), (1.0, 6, "identity")]
SEEDS = 200


@cache
def confined_runs(mass: float, dim: int, route: str) -> list[list[tuple[bool, str, float]]]:
    """For each seed and index: whether the interval holds the exact value, status, Kish's size."""
    estimator, law = Weighted("index", route), ConfinedField(dim, mass)
    exact = laws.index_law("confined", dim, mass=mass).log
    size, found = estimator.batch_size(dim), []
    for seed in range(SEEDS):
        tally = estimator.tally(law, np.random.default_rng(seed), size)
        estimates = estimator.estimate(tally, fixed(size))[: dim + 1]
        found.append([
            (e.log_low <= x <= e.log_high, e.status, e.effective or 0.0)
            for e, x in zip(estimates, exact, strict=False)
        ])  # fmt: skip
    return found


@pytest.mark.parametrize(("mass", "dim", "route"), CONFINED)
def test_weighted_laws_cover_wherever_they_are_called_ok(mass: float, dim: int, route: str) -> None:
    runs, judged_bins = confined_runs(mass, dim, route), 0
    for k in range(dim + 1):
        held = [run[k][0] for run in runs if run[k][1] == "ok"]
        if len(held) >= SEEDS / 4:
            assert np.mean(held) >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / len(held))
            judged_bins += 1
    assert (
        judged_bins
        == {(2.0, "identity"): 0, (2.0, "determinant"): 2, (1.0, "identity"): 5}[mass, route]
    )
    assert sum(run[dim][1] == "ok" for run in runs) == 0


def test_an_effective_size_that_the_weights_state_would_not_tell() -> None:
    """Negative control: where Kish's size passes, index 3 and 4 at mass 2 are not covered."""
    runs = confined_runs(2.0, 8, "identity")
    for k, most in ((3, 0.75), (4, 0.3)):
        passing = [run[k] for run in runs if run[k][2] >= MIN_EFFECTIVE]
        assert len(passing) >= 5
        assert np.mean([held for held, _, _ in passing]) < most
        assert all(status == "unreliable" for _, status, _ in passing)


@pytest.mark.parametrize("index", [0.2, 0.5, 1.0, 2.0])
def test_the_tail_index_of_a_power_law(index: float) -> None:
    """Log-weights that are exponential with mean kappa have exactly the tail w^(-1/kappa)."""
    rng = np.random.default_rng(0)
    parts = [tail.log_sums(rng.exponential(index, (4096, 50))) for _ in range(8)]
    added = np.logaddexp.reduce(parts, axis=0)
    limits = np.array([tail.heaviest(row) for row in added])
    assert (limits > index).mean() > 0.9  # an upper limit of error 0.05
    assert index < limits.mean() < 1.25 * index
    assert np.allclose(added, np.logaddexp.reduce(parts[::-1], axis=0), rtol=0, atol=1e-12)


def test_a_tail_that_ends_is_found_light_with_more_samples() -> None:
    """Weights exp(-x^2/2), x normal of deviation 8: bounded by 1, which few samples do not see."""
    rng = np.random.default_rng(1)
    few = tail.log_sums(-((6 + rng.standard_normal((300, 1))) ** 2) / 2)
    many = tail.log_sums(-((8 * rng.standard_normal((100_000, 1))) ** 2) / 2)
    assert tail.heaviest(many[0]) < 0.1
    assert tail.heaviest(few[0]) > tail.HEAVIEST


def test_too_few_weights_have_no_tail_index() -> None:
    nothing = tail.log_sums(np.array([[-np.inf, -np.inf, 0.0], [-np.inf, 1.0, 0.0]]))
    assert [tail.heaviest(row) for row in nothing] == [math.inf, math.inf, 0.0]


def test_weights_in_300_dimensions_do_not_overflow() -> None:
    estimator = Weighted("index", "determinant")
    field = IsotropicField(300)
    rows = estimator.rows(field, np.random.default_rng(4), 24)
    assert np.isfinite(rows).any(axis=1).all()
    assert rows.max() * 2 > 710  # a squared weight is not a float
    tally = estimator.fold(rows, 300) + estimator.fold(rows, 300)
    law = estimator.estimate(tally, fixed(48))
    assert sum(e.value for e in law) == pytest.approx(1, abs=1e-9)
    assert law[0].samples == 48
    expected = special.softmax(special.logsumexp(rows, axis=0))
    assert [e.value for e in law] == pytest.approx(expected, abs=1e-9)


def test_degenerate_matrices_have_no_weight() -> None:
    class Flat(Ensemble):
        dim, population, kac_rice = 2, "control", True

        def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
            matrices = np.zeros((size, 2, 2))
            matrices[: size // 2] = np.eye(2)
            return matrices

    estimator = Weighted("index", "determinant")
    law = estimator.estimate(estimator.tally(Flat(), np.random.default_rng(0), 400), fixed(400))
    assert [e.value for e in law] == [1.0, 0.0, 0.0, 0.0]
    bound = 1 - 0.025 ** (1 / 200)  # 200 weights are equal, the others zero
    assert law[0].low == pytest.approx(1 - bound)  # certainty is not claimed
    assert law[1].high == pytest.approx(bound)
    nothing = estimator.fold(np.full((10, 4), -np.inf), 2)
    assert {e.status for e in estimator.estimate(nothing, fixed(10))} == {"unreliable"}


def test_counting_refuses_a_weighted_population() -> None:
    for route in ("fast", "dense"):
        with pytest.raises(ValueError, match="use identity or determinant"):
            Proportion("minima", route).tally(IsotropicField(2), np.random.default_rng(0), 4)
