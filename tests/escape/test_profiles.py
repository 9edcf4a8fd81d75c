"""Profiles by hand: small tables, ties, problems that nobody solves, and controls."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.escape import profiles

INF = math.inf
COSTS = [[10, 20], [30, 10], [40, INF], [INF, INF]]


def rng(seed=0):
    return np.random.default_rng(seed)


def test_performance_profile_by_hand():
    reached = profiles.performance(COSTS, [1, 2, 3, 1e9])
    assert reached.mean(axis=0).tolist() == [[0.5, 0.5, 0.75, 0.75], [0.25, 0.5, 0.5, 0.5]]


def test_data_profile_by_hand():
    dims = [1, 4, 3, 1]
    assert profiles.data(COSTS, dims, [2, 5, 10]).mean(axis=0).tolist() == [
        [0, 0.25, 0.75],
        [0.25, 0.25, 0.5],
    ]


def test_ties_count_for_both_and_one_optimizer_is_always_best():
    reached = profiles.performance([[3, 3], [0.1 * 3, 0.3]], [1])
    assert reached.mean(axis=0).tolist() == [[1], [1]]
    assert profiles.performance([[5], [7]], [1]).mean() == 1
    assert profiles.performance([[5], [INF]], [1, 1e300]).mean(axis=0).tolist() == [[0.5, 0.5]]


def test_nobody_solves():
    assert np.isinf(profiles.ratios([[INF, INF]])).all()
    assert profiles.performance([[INF, INF]], [1, INF]).max() == 0
    assert profiles.data([[INF]], [2], [INF]).max() == 0


def test_scale_of_a_problem_does_not_matter_to_performance_only():
    scaled = np.array(COSTS) * np.array([[1], [1000], [1], [1]])
    assert (profiles.performance(scaled, [1, 2]) == profiles.performance(COSTS, [1, 2])).all()
    dims = [1, 4, 3, 1]
    assert (profiles.data(scaled, dims, [10]) != profiles.data(COSTS, dims, [10])).any()


def test_within_is_the_distribution_function():
    assert profiles.within([4, 2, INF, 2], [1, 2, 3, 4, 1e9]).tolist() == [0, 0.5, 0.5, 0.75, 0.75]
    assert profiles.within([INF], [10]).tolist() == [0]


def test_shares_are_deterministic_and_bracket_the_mean():
    reached = profiles.performance(COSTS, [1, 3])
    one, other = (profiles.shares(reached, rng=rng(3)) for _ in range(2))
    assert (one.low == other.low).all()
    assert (one.high == other.high).all()
    assert (one.low <= one.value).all()
    assert (one.value <= one.high).all()
    wider = profiles.shares(reached, rng=rng(3), level=0.5)
    assert (wider.low >= one.low).all()


def test_intervals_of_the_bootstrap_are_binomial():
    reached = np.repeat([[[1.0]], [[0.0]]], 50, axis=0)
    found = profiles.shares(reached, rng=rng(1), resamples=20_000)
    assert found.low[0, 0] == pytest.approx(0.40, abs=0.011)
    assert found.high[0, 0] == pytest.approx(0.60, abs=0.011)
    groups = [str(k // 10) for k in range(100)]  # ten groups of ten equal problems
    grouped = profiles.shares(reached, groups, rng=rng(1), resamples=20_000)
    assert grouped.low[0, 0] == pytest.approx(0.20, abs=0.011)  # quantile of Binomial(10, .5)/10


def test_weights_add_up_and_are_fair():
    weights = profiles.bootstrap(["a", "a", "b", "c"], rng(2), 20_000)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 1:].sum(axis=1) == 3).all()
    error = math.sqrt(3 * (1 / 3) * (2 / 3) / 20_000)
    assert abs(weights[:, 2].mean() - 1) < 4 * error
    assert abs(weights[:, 2].mean() - 0.95) > 4 * error  # the control


def test_coverage_of_the_bootstrap_interval():
    """200 sets of 60 problems solved with probability 0.3: about 95% of intervals hold it."""
    draw = rng(5)
    hits = wrong = 0
    for _ in range(200):
        reached = (draw.random((60, 1, 1)) < 0.3).astype(float)
        found = profiles.shares(reached, rng=draw, resamples=400)
        hits += found.low[0, 0] <= 0.3 <= found.high[0, 0]
        wrong += found.low[0, 0] <= 0.45 <= found.high[0, 0]
    error = math.sqrt(0.95 * 0.05 / 200)
    assert abs(hits / 200 - 0.95) < 4 * error
    assert abs(wrong / 200 - 0.95) > 4 * error  # the control


@pytest.mark.parametrize("costs", [[], [1, 2], [[0, 1]], [[-1.0]], [[math.nan]], [[]]])
def test_bad_tables(costs):
    with pytest.raises(ValueError, match="costs must be a table"):
        profiles.performance(costs, [1])


def test_other_bad_input():
    with pytest.raises(ValueError, match="dims must hold 1"):
        profiles.data([[1.0]], [1, 2], [1])
    with pytest.raises(ValueError, match="works must be"):
        profiles.within([], [1])
    with pytest.raises(ValueError, match="abscissae"):
        profiles.performance([[1.0]], [math.nan])
    with pytest.raises(ValueError, match="level"):
        profiles.shares(np.ones((1, 1, 1)), rng=rng(), level=1.0)
    with pytest.raises(ValueError, match="groups"):
        profiles.bootstrap([], rng())
