"""Escape times through the study: against exact theory, common starts, censoring, every problem."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from critpoints import escape_runs, escapes
from critpoints.domains import Euclidean
from critpoints.escape import FunctionProblem, from_saddle
from critpoints.escape.landscapes import WalledSaddle
from critpoints.escape.synthetic import QuadraticProblem
from critpoints.landscapes import from_callables
from critpoints.optimizers import GradientDescent
from critpoints.protocols import Landscape
from critpoints.runs import mean
from critpoints.study.escape import ENDS, grouped_mean, positive_mean
from critpoints.study.race import FIELD
from critpoints.theory.escape import escape_time, recursion

QUADRATIC = "quadratic:curvature=.7"
PLAIN = "gd:lr=.1"
RULES = [PLAIN, "momentum:lr=.1", "nesterov:lr=.1", "saddle-free:lr=.1"]


@pytest.fixture(scope="module")
def exact() -> pd.DataFrame:
    problems = [QUADRATIC, f"{QUADRATIC},index=3,width=.1"]
    return escapes(problems, [4], RULES, runs=10_000, seed=1)


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.drop(columns="seconds").equals(other.drop(columns="seconds"))


def test_means_agree_with_theory(exact: pd.DataFrame) -> None:
    assert len(exact) == 8
    assert (exact["escaped"] == 10_000).all()
    assert (exact["status"] == "ok").all()
    assert exact["z"].abs().max() < 4
    assert (exact["mean_low"] < exact["mean"]).all()
    assert (exact["mean"] < exact["mean_high"]).all()
    one = exact.iloc[0]
    assert one["predicted"] == pytest.approx(111.485, abs=1e-3)
    assert one["gradient_evaluations"] == pytest.approx(one["mean"] + 1.5, abs=0.05)
    assert exact["hessian_products"].gt(0).tolist() == [False, False, False, True] * 2


def test_a_wrong_curvature_or_width_is_rejected(exact: pd.DataFrame) -> None:
    one = exact.iloc[0]
    for curvature, width, wrong in ((0.7, 1e-3, 0), (0.72, 1e-3, 1), (0.7, 1.1e-3, 1)):
        theory = escape_time(recursion("gd", curvature, lr=0.1), width=width, radius=1.0)
        error = math.sqrt(theory.variance / one["runs"])
        assert (abs(one["mean"] - theory.mean) > 4 * error) == bool(wrong)


def test_variance_of_gradient_descent() -> None:
    times = escape_runs(QUADRATIC, [2], PLAIN, runs=10_000, seed=2)["time"].to_numpy()
    variance = math.pi**2 / 8 / math.log(1.07) ** 2
    squares = (times - times.mean()) ** 2
    error = squares.std() / math.sqrt(len(times))
    assert abs(squares.mean() - variance) < 4 * error
    assert abs(squares.mean() - 1.3 * variance) > 4 * error  # the control


def test_saddle_free_newton_does_not_see_curvatures() -> None:
    frame = escapes("quadratic:spectrum=-.1/-2/1", [3], ["saddle-free:lr=.1", PLAIN], runs=4000)
    assert frame["predicted"].notna().tolist() == [True, False]
    assert abs(frame["z"][0]) < 4
    lone = escape_time(recursion("saddle-free", 1.0, lr=0.1), width=1e-3, radius=1.0)
    error = math.sqrt(lone.variance / 4000)
    assert abs(frame["mean"][0] - lone.mean) > 4 * error  # the control: two directions, not one


def test_directions_that_are_stable_do_not_matter() -> None:
    frame = escapes(QUADRATIC, [1, 5, 100], PLAIN, runs=2000)
    assert frame["predicted"].nunique() == 1
    assert frame["z"].abs().max() < 4


def test_optimizers_start_from_the_same_points() -> None:
    frame = escape_runs("quartic:width=.05", [3], [PLAIN, "nesterov:lr=.1"], runs=300)
    assert frame["run"].tolist() == [*range(300)] * 2
    assert (frame["group"] == frame["run"]).all()
    table = frame.pivot_table(index="run", columns="optimizer", values="time")
    assert table.corr(method="spearman").iloc[0, 1] > 0.99
    other = escape_runs("quartic:width=.05", [3], PLAIN, runs=300, seed=9)
    assert abs(np.corrcoef(other["time"], table[frame["optimizer"][0]])[0, 1]) < 0.3


def test_workers_and_store(tmp_path) -> None:
    given = {"dims": [2, 3], "optimizers": [PLAIN, "sgd:lr=.1"], "seed": 4}
    whole = escapes(QUADRATIC, runs=700, **given)
    part = escapes(QUADRATIC, runs=300, store=tmp_path / "s", **given)
    assert (part["runs"] == 300).all()
    more = escapes(QUADRATIC, runs=700, store=tmp_path / "s", jobs=2, **given)
    assert same(more, whole)
    again = escapes(QUADRATIC, runs=300, store=tmp_path / "s", **given)
    assert same(again, part)
    runs = escape_runs(QUADRATIC, runs=700, store=tmp_path / "s", **given)
    few = escape_runs(QUADRATIC, runs=300, **given)
    kept = runs[runs["run"] < 300].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, few)


def test_the_store_is_used(tmp_path) -> None:
    first, again = (escapes(QUADRATIC, [2], PLAIN, runs=50, store=tmp_path / "s") for _ in "12")
    assert first.equals(again)  # also the seconds that it took


def test_means_are_not_stated_if_some_runs_stay() -> None:
    rules = [PLAIN, "newton"]
    frame = escapes(QUADRATIC, [2], rules, runs=200, steps=100).set_index("optimizer")
    short, newton = frame.loc["gd:lr=0.1"], frame.loc["newton"]
    assert short["status"] == newton["status"] == "censored"
    assert 0 < short["escaped"] < 200
    assert short["escaped"] + short["out_of_budget"] == 200
    assert math.isnan(short["mean"])
    assert math.isnan(short["z"])
    single = escape_runs(QUADRATIC, [2], PLAIN, runs=200, steps=100)
    assert short["median"] == single["time"].median()
    assert np.isinf(single["time"]).sum() == short["out_of_budget"]
    assert newton["converged_saddle"] == 200
    assert newton["median"] == math.inf


def test_budgets_bind_all_rows_alike() -> None:
    rules = [PLAIN, "saddle-free:lr=.1", "newton-cg"]
    given = {"dims": [3], "optimizers": rules, "runs": 20}
    assert (escapes(QUADRATIC, **given)["escaped"] == 20).all()
    bound = escapes(QUADRATIC, **given, gradients=6, products=9).set_index("optimizer")
    assert bound["out_of_budget"].tolist() == [20, 20, 0]
    assert bound["gradient_evaluations"].max() <= 6
    assert bound["hessian_products"].tolist()[:2] == [0, 9]
    assert (escape_runs(QUADRATIC, **given, products=9)["products"] < 9 + 2 * 3).all()


def test_a_start_on_the_saddle_never_leaves() -> None:
    rules = [PLAIN, "adam", "perturbed:lr=.1", "cubic"]
    frame = escapes("quadratic:width=0", [2], rules, runs=10)
    assert frame["never_leaves"].tolist() == [10, 10, 0, 0]
    assert frame["escaped"].tolist() == [0, 0, 10, 10]
    assert frame["predicted"].isna().all()


def test_a_cliff_needs_clipping() -> None:
    frame = escapes("cliff", [3], [PLAIN, f"{PLAIN},clip=1"], runs=256)
    lost = frame["diverged"] + frame["nonfinite"]
    assert lost[0] > 128
    assert lost[0] + frame["escaped"][0] == 256
    assert frame["escaped"][1] == 256


def test_an_octopus_takes_plain_descent_a_multiple_a_saddle() -> None:
    frame = escapes("octopus", [1, 2, 3], [PLAIN, "perturbed:lr=.1"], runs=100, steps=20_000)
    plain, perturbed = (part["mean"].to_numpy() for _, part in frame.groupby("optimizer"))
    assert plain[2] / plain[1] > 3
    assert perturbed[2] / perturbed[1] < 3


@pytest.mark.parametrize("name", FIELD)
def test_every_problem_with_some_optimizers(name: str) -> None:
    rules = [PLAIN, "adam:lr=.1", "perturbed:lr=.1", "newton", "saddle-free:lr=.5", "lbfgs"]
    frame = escapes(name, [2], rules, runs=64, steps=1500)
    ends = list(ENDS.values())
    assert (frame[ends].sum(axis=1) == frame["runs"]).all()
    best = frame.set_index("optimizer").loc["saddle-free:lr=0.5"]
    assert best["escaped"] == 64
    assert best["final_value"] < 10
    assert (frame["seconds"] > 0).all()


def test_intervals_count_random_saddles_not_runs() -> None:
    frame = escapes("random", [1], "saddle-free:lr=.5", runs=320)
    runs = escape_runs("random", [1], "saddle-free:lr=.5", runs=320)
    assert runs["group"].nunique() == 10
    centre, low, high = mean(runs["time"].to_numpy(), 0.95)
    assert frame["mean"][0] == pytest.approx(centre)
    assert frame["mean_high"][0] - frame["mean_low"][0] > high - low


def test_grouped_mean() -> None:
    values = np.random.default_rng(0).standard_normal(60)
    assert grouped_mean(values, 1, 0.9) == pytest.approx(mean(values, 0.9))
    groups = values.reshape(12, 5).mean(axis=1)
    assert grouped_mean(values, 5, 0.9) == pytest.approx(mean(groups, 0.9))
    assert grouped_mean(values, 60, 0.9)[1:] == (-math.inf, math.inf)


def test_positive_mean() -> None:
    times = np.random.default_rng(0).exponential(100, 96)
    centre, low, high = positive_mean(times, 32, 0.95)
    assert grouped_mean(times, 32, 0.95)[0] == centre
    plain = grouped_mean(times, 32, 0.95)
    assert np.log([low / centre, high / centre]) == pytest.approx(np.array(plain[1:]) / centre - 1)
    assert 0 < low < centre < high
    assert np.isnan(positive_mean(times, 96, 0.95)[1:]).all()
    assert positive_mean(np.zeros(9), 3, 0.95) == (0.0, 0.0, 0.0)
    assert positive_mean(times, 3, 0.95) == grouped_mean(times, 3, 0.95)  # 32 groups


def test_few_positive_groups_are_covered_and_never_negative() -> None:
    rng, hits, below = np.random.default_rng(2), 0, 0
    for _ in range(1000):  # four saddles, times of which vary threefold
        values = np.repeat(rng.lognormal(0, 1, 4), 8)
        _, low, high = positive_mean(values, 8, 0.9)
        hits += low < math.exp(0.5) < high
        below += grouped_mean(values, 8, 0.9)[1] < 0
        assert low > 0
    assert hits > 800
    assert below > 200  # the control: Student's interval


@pytest.mark.parametrize(
    ("runs", "saddles", "status"), [(20, 1, "unreliable"), (100, 4, "unreliable"), (160, 5, "ok")]
)
def test_few_random_saddles_are_unreliable(runs: int, saddles: int, status: str) -> None:
    row = escapes("random", [1], "saddle-free:lr=.5", runs=runs).iloc[0]
    assert (row["saddles"], row["status"], row["escaped"]) == (saddles, status, runs)
    assert (0 < row["mean_low"] < row["mean"] < row["mean_high"]) == (saddles > 1)
    assert math.isnan(row["mean_low"]) == (saddles == 1)
    fixed = escapes("quadratic", [1], "saddle-free:lr=.5", runs=runs).iloc[0]
    assert (fixed["saddles"], fixed["status"]) == (1, "ok")


def test_intervals_cover() -> None:
    rng, hits = np.random.default_rng(1), 0
    for _ in range(1000):  # three groups of 20, alike within
        values = np.repeat(rng.standard_normal(20), 3) + 0.1 * rng.standard_normal(60)
        _, low, high = grouped_mean(values, 3, 0.9)
        hits += low < 0 < high
    assert abs(hits - 900) < 4 * math.sqrt(90)


def test_instances_classes_and_saddles_of_ones_own(tmp_path) -> None:
    own = from_saddle(WalledSaddle(2), [0.0, 0.0], drop=0.1)
    problems = [QuadraticProblem(2), own]
    schedules = [GradientDescent(lambda _, lr=lr: lr) for lr in (0.1, 0.2)]
    rules = [GradientDescent, *schedules]
    frame = escapes(problems, optimizers=rules, runs=20, store=tmp_path / "s")
    assert frame["problem"].tolist() == ["quadratic"] * 3 + ["from_saddle:WalledSaddle"] * 3
    assert frame["mean"].nunique() == 6
    assert (frame["escaped"] == 20).all()


def test_a_function_of_ones_own_stands_for_its_saddles() -> None:
    name = "critpoints.escape.landscapes:WalledSaddle"
    given = {"optimizers": [PLAIN, "newton"], "runs": 64, "seed": 3}
    frame = escapes(f"{name}:curvature=2", [2], **given)
    assert frame["problem"].tolist() == [f"{name}:curvature=2.0"] * 2
    assert frame["escaped"].tolist() == [64, 0]
    assert frame["converged_saddle"].tolist() == [0, 64]
    mine = FunctionProblem(2, law=WalledSaddle(2, curvature=2))
    runs = escape_runs(mine, **given)
    assert runs.loc[runs["optimizer"] == "newton", "index"].unique().tolist() == [1]
    assert runs["group"].nunique() == 2
    with pytest.raises(TypeError, match="neither hessian nor hvp"):
        escapes("tests.conformance.optimizers:Blind", [3], PLAIN)
    with pytest.raises(TypeError, match="is a WalledSaddle, not an Optimizer"):
        escapes(QUADRATIC, [2], name)


def test_one_run_that_overflows_is_that_run_alone() -> None:
    def value(x):
        return np.where(x[:, 0] > 0, -np.exp(x[:, 0] ** 2), -(x[:, 0] ** 2))

    def gradient(x):
        right = -2 * x * np.exp(x**2)
        return np.where(x > 0, right, -2 * x)

    steep = from_callables(value, gradient, domain=Euclidean(1))
    problem = from_saddle(steep, [0.0], width=0.1, drop=1e300)
    frame = escapes(problem, optimizers="gd:lr=.1", runs=100, steps=50)
    assert 20 < frame["nonfinite"][0] + frame["diverged"][0] < 80
    assert frame["out_of_budget"][0] > 20


@pytest.mark.parametrize(
    ("keys", "what"),
    [
        ({"runs": 0}, "runs"),
        ({"steps": 0}, "steps"),
        ({"level": 1.0}, "level"),
        ({"dims": [0]}, "dims"),
        ({"problems": []}, "problems"),
        ({"optimizers": []}, "optimizers"),
        ({"problems": "quadratics"}, "problem"),
        ({"optimizers": "momentum:lr=-1"}, "lr"),
        ({"optimizers": "momentum:lr=nan"}, "lr"),
        ({"optimizers": "momentum:momentum=1"}, "momentum"),
        ({"optimizers": "adam:beta2=1.5"}, "beta2"),
    ],
)
def test_bad_arguments(keys, what) -> None:
    given = {"problems": QUADRATIC, "dims": [2], "optimizers": PLAIN, "runs": 5} | keys
    with pytest.raises(ValueError, match=what):
        escapes(**given)


def test_second_order_without_a_hessian_is_refused_before_any_run() -> None:
    flat = from_callables(lambda x: -(x**2).sum(axis=1), lambda x: -2 * x, domain=Euclidean(2))
    seen = []
    with pytest.raises(TypeError, match="second derivatives"):
        escapes(
            [QuadraticProblem(2), from_saddle(flat, [0.0, 0.0], radius=1.0)],
            optimizers=["gd", "saddle-free"],
            progress=lambda *run: seen.append(run),
        )
    assert not seen


def ridge(s: float = 1.0) -> Landscape:
    """s (1/(1 + x²) + y²/2): a saddle at 0, and a tail either side of it."""

    def split(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x[:, 0], x[:, 1]

    def value(x: np.ndarray) -> np.ndarray:
        t, y = split(x)
        return np.asarray(s * (1 / (1 + t**2) + y**2 / 2))

    def gradient(x: np.ndarray) -> np.ndarray:
        t, y = split(x)
        return np.asarray(s * np.stack([-2 * t / (1 + t**2) ** 2, y], axis=1))

    def hessian(x: np.ndarray) -> np.ndarray:
        t, y = split(x)
        bend = (6 * t**2 - 2) / (1 + t**2) ** 3
        return np.asarray(s * np.stack([bend, 1 + 0 * y], axis=1)[:, :, None] * np.eye(2))

    return from_callables(value, gradient, hessian, domain=Euclidean(2))


@pytest.mark.parametrize("s", [1e-9, 1.0, 1e9])
def test_tails_are_counted_apart_in_any_unit(s: float) -> None:
    """1/(1 + x²) falls to its infimum at infinity: no drop of more than 1 is ever reached."""
    start = from_saddle(ridge(s), [0, 0], drop=2 * s)
    frame = escapes(start, None, ["saddle-free:lr=.5", "trust-region", "lbfgs"], runs=40, steps=500)
    assert frame["tail"].tolist()[:2] == [40, 40]
    assert (frame["converged_minimum"] + frame["converged_saddle"] == 0).all()
    assert (frame["escaped"] == 0).all()
    single = escape_runs(start, None, ["trust-region"], runs=40, steps=500)
    assert (single["outcome"] == "tail").all()
    assert (single["index"] == -1).all()
    out = from_saddle(ridge(s), [0, 0], drop=0.5 * s)  # the control: an exit on the way
    assert escapes(out, None, ["trust-region"], runs=40)["escaped"].tolist() == [40]


@pytest.mark.parametrize("s", [1e-9, 1e9])
def test_the_unit_of_the_loss_changes_no_count(s: float) -> None:
    """(w₀w₁ − 1)²/2 in another unit, with rates that follow it."""
    tables = []
    for unit in (1.0, s):
        loss = from_callables(
            lambda w, unit=unit: unit * (w[:, 0] * w[:, 1] - 1) ** 2 / 2,
            lambda w, unit=unit: unit * (w[:, :1] * w[:, 1:] - 1) * w[:, ::-1],
            lambda w, unit=unit: unit * np.stack(
                [w[:, 1] ** 2, 2 * w[:, 0] * w[:, 1] - 1, 2 * w[:, 0] * w[:, 1] - 1, w[:, 0] ** 2],
                axis=1,
            ).reshape(-1, 2, 2),
            domain=Euclidean(2, 3.0),
        )  # fmt: skip
        rules = [f"gd:lr={0.1 / unit!r}", "newton", "saddle-free:lr=.5", "newton-cg", "lbfgs"]
        for drop in (0.1, 0.51):
            start = from_saddle(loss, [0, 0], drop=drop * unit)
            frame = escapes(start, None, rules, runs=60, steps=2000)
            tables.append(frame[list(ENDS.values())])
    pd.testing.assert_frame_equal(tables[0], tables[2])
    pd.testing.assert_frame_equal(tables[1], tables[3])
    assert tables[0]["escaped"].tolist() == [60, 0, 60, 60, 60]
    assert tables[1]["converged_saddle"].tolist() == [0, 60, 0, 0, 0]
    assert tables[1]["converged_minimum"].sum() == 0
