"""Tuning: candidates, work, penalties, and seeds of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from critpoints.escape import COLUMNS, tuning
from critpoints.optimizers import LBFGS, Adam, Cubic, GradientDescent, HeavyBall, Outcome

GRID = {"lr": (0.01, 0.1), "momentum": (0.5, 0.9)}


def rows(*runs):
    """(outcome, gradients, products) as rows of escape times."""
    found = np.zeros((len(runs), len(COLUMNS)))
    for row, (end, gradients, products) in zip(found, runs, strict=True):
        row[[COLUMNS.index(c) for c in ("outcome", "gradients", "products")]] = (
            end, gradients, products,
        )  # fmt: skip
    return found


def test_candidates_are_the_given_setting_and_the_grid():
    assert tuning.candidates(GradientDescent(), GRID) == [
        GradientDescent(0.01),
        GradientDescent(0.1),
    ]
    ball = tuning.candidates(HeavyBall(0.02), GRID)
    assert ball[0] == HeavyBall(0.02)
    assert {(b.lr, b.momentum) for b in ball[1:]} == {
        (lr, m) for lr in (0.01, 0.1) for m in (0.5, 0.9)
    }
    assert tuning.candidates(Cubic(), GRID) == [Cubic()]
    assert len(tuning.candidates(Adam(beta1=0.5), {"lr": (0.1,), "beta2": (0.9, 0.99)})) == 3


def test_whole_numbers_stay_whole():
    found = tuning.candidates(LBFGS(), {"memory": (3.0,)})
    assert found[1].memory == 3
    with pytest.raises(TypeError, match="memory"):
        tuning.candidates(LBFGS(), {"memory": (3.5,)})


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="momentum"):
        tuning.candidates(HeavyBall(), {"momentum": (1.5,)})


def test_work_counts_products_and_ends_at_the_budget():
    out, lost = Outcome.ESCAPED, Outcome.DIVERGED
    found = tuning.work(rows((out, 10, 0), (out, 10, 40), (out, 61, 40), (lost, 5, 0)), 100)
    assert found.tolist() == [10, 50, math.inf, math.inf]
    assert tuning.work(rows((out, 60, 40)), 100).tolist() == [100]


def test_penalised_mean_prefers_escapes_to_speed():
    fast_but_lost = tuning.penalised(np.array([1, 1, 1, math.inf]), 100)
    slow = tuning.penalised(np.array([90.0] * 4), 100)
    assert fast_but_lost == pytest.approx(1003 / 4)
    assert slow < fast_but_lost


def test_best_takes_the_first_of_equals():
    assert tuning.best([3.0, 2.0, 2.0]) == 1
    for bad in ([], [math.nan, 1.0]):
        with pytest.raises(ValueError, match="scores"):
            tuning.best(bad)


def test_seeds_of_tuning_are_others_and_stay():
    seeds = [tuning.tuning_seed(s) for s in range(100)]
    assert len(set(seeds)) == 100
    assert not set(seeds) & set(range(100))
    assert seeds == [tuning.tuning_seed(s) for s in range(100)]


def test_grids_in_words():
    assert tuning.parse_grid(["lr=.1/1", "beta1=.9"]) == {"lr": (0.1, 1.0), "beta1": (0.9,)}
    for bad in (["lr"], ["lr="], ["=1"], ["lr=a/b"], ["lr=.1", "lr=.2"]):
        with pytest.raises(ValueError, match="grid"):
            tuning.parse_grid(bad)


def test_grids_are_checked():
    tuning.check_grid(GRID, [HeavyBall()])
    for bad, said in (({"momentun": (0.9,)}, "momentum"), ({"lr": ()}, "no values")):
        with pytest.raises(ValueError, match=said):
            tuning.check_grid(bad, [HeavyBall()])
    with pytest.raises(TypeError, match="lr"):
        tuning.check_grid({"lr": ("a",)}, [HeavyBall()])
