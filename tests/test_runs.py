"""Means and ratios of independent runs: coverage on laws with known means, skew ones included."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from critpoints.runs import mean, ratio, standard_error

LEVEL, REPLICATES = 0.95, 3000
SLACK = 2.5 * math.sqrt(LEVEL * (1 - LEVEL) / REPLICATES)
Draw = Callable[[np.random.Generator, int], np.ndarray]

LAWS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, n: rng.standard_normal(n), 0.0),
    # ln(r/|x|) of a start x ~ N(0, 1): how long gradient descent takes off a saddle
    "escape": (
        lambda rng, n: 10 - np.log(np.abs(rng.standard_normal(n))),
        10 + (np.euler_gamma + math.log(2)) / 2,
    ),
    "lognormal": (lambda rng, n: np.exp(0.4 * rng.standard_normal(n)), math.exp(0.08)),
    "gamma": (lambda rng, n: rng.gamma(2, size=n), 2.0),
    "counts": (lambda rng, n: rng.poisson(12, n).astype(float), 12.0),
}


def student(values: np.ndarray) -> tuple[float, float]:
    half = special.stdtrit(len(values) - 1, (1 + LEVEL) / 2) * standard_error(values)
    return values.mean() - half, values.mean() + half


def coverage(
    draw: Draw, truth: float, runs: int, interval: Callable[..., tuple[float, float]]
) -> float:
    rng = np.random.default_rng(runs)
    limits = [interval(draw(rng, runs)) for _ in range(REPLICATES)]
    return float(np.mean([low <= truth <= high for low, high in limits]))


@pytest.mark.parametrize("runs", [5, 8, 20, 100])
@pytest.mark.parametrize("law", LAWS)
def test_means_of_few_runs_cover(law: str, runs: int) -> None:
    share = coverage(*LAWS[law], runs, lambda x: mean(x, LEVEL)[1:])
    assert 0.94 - SLACK < share < 0.96 + SLACK


def test_exponential_runs_are_the_worst_and_far_better_than_with_students_interval() -> None:
    draw: Draw = lambda rng, n: rng.exponential(size=n)  # noqa: E731
    assert coverage(draw, 1.0, 5, lambda x: mean(x, LEVEL)[1:]) > 0.905
    assert coverage(draw, 1.0, 5, student) < 0.89


def test_students_interval_of_escape_times_would_not_cover() -> None:
    """Negative control."""
    assert coverage(*LAWS["escape"], 5, student) < 0.93


@pytest.mark.parametrize("runs", [5, 8, 20, 100])
def test_ratios_of_few_runs_cover(runs: int) -> None:
    """A fraction of points of which every run has another number."""
    rng, held = np.random.default_rng(runs), 0
    for _ in range(REPLICATES):
        whole = rng.poisson(40, runs) + 1
        part = rng.binomial(whole, 0.25)
        found = ratio(part.astype(float), whole.astype(float), LEVEL, "census")
        held += found.low <= 0.25 <= found.high
    assert 0.94 - SLACK < held / REPLICATES < 0.965 + SLACK


def test_the_interval_follows_the_skewness_and_the_units() -> None:
    rng = np.random.default_rng(0)
    skew = rng.exponential(size=12)
    centre, low, high = mean(skew, LEVEL)
    assert high - centre > centre - low
    mirrored = mean(-skew, LEVEL)
    assert mirrored == pytest.approx((-centre, -high, -low))
    assert mean(1e-9 * skew + 3e-6, LEVEL) == pytest.approx(
        tuple(1e-9 * x + 3e-6 for x in (centre, low, high)), rel=1e-9
    )
    assert mean(np.full(5, 2.0), LEVEL) == (2.0, 2.0, 2.0)
    symmetric = np.array([-1.0, 0.0, 1.0])
    assert mean(symmetric, LEVEL)[1:] == pytest.approx(student(symmetric))


def test_the_standard_error() -> None:
    assert standard_error(np.array([1.0, 3.0])) == pytest.approx(1.0)
    assert standard_error(np.array([1.0])) == math.inf
