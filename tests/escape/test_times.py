"""The estimator of escape times: rows, identity, common starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from critpoints.domains import Euclidean
from critpoints.escape import COLUMNS, EscapeTimes, from_saddle
from critpoints.escape.synthetic import QuadraticProblem
from critpoints.landscapes import from_callables
from critpoints.optimizers import (
    Adam,
    GradientDescent,
    HeavyBall,
    Outcome,
    SaddleFree,
    StochasticGradientDescent,
)
from critpoints.rule import Rule


def rows(way: EscapeTimes, problem=None, size: int = 50) -> dict[str, np.ndarray]:
    problem = problem or QuadraticProblem(3)
    found = way.rows(problem, np.random.default_rng(np.random.SeedSequence(5)), size)
    assert found.shape == (size, len(COLUMNS))
    return dict(zip(way.columns(3), found.T, strict=True))


def test_a_row_a_run() -> None:
    found = rows(EscapeTimes(GradientDescent(0.1)))
    assert (found["outcome"] == Outcome.ESCAPED).all()
    assert (found["steps"] == np.ceil(found["time"])).all()
    assert (found["gradients"] == found["steps"] + 1).all()
    assert (found["value"] < -0.4).all()
    assert not found["products"].any()


def test_starts_are_common_to_all_optimizers() -> None:
    one, other = rows(EscapeTimes(GradientDescent(0.1))), rows(EscapeTimes(HeavyBall(0.1)))
    assert np.corrcoef(one["time"], other["time"])[0, 1] > 0.999
    noisy = StochasticGradientDescent(0.1, sigma=(1e-12,))  # draws, but hardly moves
    np.testing.assert_allclose(rows(EscapeTimes(noisy))["time"], one["time"], atol=1e-6)


def test_hessians_of_many_runs_are_taken_in_pieces(monkeypatch) -> None:
    way = EscapeTimes(SaddleFree(lr=0.5))
    whole = rows(way)
    monkeypatch.setattr("critpoints.escape.times._HESSIANS", 30)
    pieces = rows(way)
    for name in COLUMNS:
        np.testing.assert_allclose(pieces[name], whole[name], rtol=1e-9)


def test_identity() -> None:
    one, same, other = (EscapeTimes(GradientDescent(lr)) for lr in (0.1, 0.1, 0.2))
    assert one.settings() == same.settings() != other.settings()
    assert one.settings() != EscapeTimes(GradientDescent(0.1), steps=5).settings()
    bounded = EscapeTimes(GradientDescent(0.1), products=5).settings()
    assert one.settings() == {k: v for k, v in bounded.items() if k != "products"} != bounded
    assert one.stream_settings() == other.stream_settings() == EscapeTimes(Adam()).stream_settings()
    assert one.ref == "gd:lr=0.1"
    assert one.storable
    assert not EscapeTimes(GradientDescent(lambda _: 0.1)).storable


def test_an_optimizer_of_the_users_is_told_from_ours() -> None:
    @dataclass(frozen=True)
    class Mine(GradientDescent):
        name = "gd"

    ours, mine = (EscapeTimes(cls(0.1)).settings() for cls in (GradientDescent, Mine))
    assert ours["optimizer"] == "gd"
    assert mine["optimizer"].endswith("Mine")


def test_budgets() -> None:
    found = rows(EscapeTimes(GradientDescent(0.1), steps=3))
    assert (found["outcome"] == Outcome.OUT_OF_BUDGET).all()
    assert (found["steps"] == 3).all()
    found = rows(EscapeTimes(GradientDescent(0.1), gradients=5))
    assert (found["gradients"] == 5).all()
    found = rows(EscapeTimes(SaddleFree(lr=0.1), products=10))
    assert (found["outcome"] == Outcome.OUT_OF_BUDGET).all()
    assert (found["products"] == 12).all()  # a Hessian in three dimensions counts three


def test_the_fraction_that_escaped() -> None:
    way = EscapeTimes(GradientDescent(0.1), steps=70)
    found = way.tally(QuadraticProblem(3), np.random.default_rng(0), 200)
    (estimate,) = way.estimate(found, Rule(None, 200, None))
    escaped = float((found.data[:, 0] == Outcome.ESCAPED).mean())
    assert 0 < escaped < 1
    assert estimate.value == pytest.approx(escaped)
    assert estimate.low < escaped < estimate.high


def test_check_refuses_before_any_run() -> None:
    flat = from_callables(lambda x: -(x**2).sum(axis=1), lambda x: -2 * x, domain=Euclidean(2))
    problem = from_saddle(flat, [0.0, 0.0], radius=1.0)
    EscapeTimes(GradientDescent()).check(problem)
    with pytest.raises(TypeError, match="second derivatives"):
        EscapeTimes(SaddleFree()).check(problem)
    with pytest.raises(ValueError, match="sigma"):
        EscapeTimes(GradientDescent(sigma=(1.0, 2.0, 3.0))).check(problem)


@pytest.mark.parametrize("keys", [{"steps": 0}, {"gradients": 0}, {"products": 0}])
def test_bad_budgets(keys) -> None:
    with pytest.raises(ValueError, match=next(iter(keys))):
        EscapeTimes(**keys)


def test_what_is_no_optimizer() -> None:
    with pytest.raises(TypeError, match="optimizer"):
        EscapeTimes("gd")
