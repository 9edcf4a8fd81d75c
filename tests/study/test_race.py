"""The race: tuning on starts of its own, common starts, one budget, and who is ranked first."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from critpoints import cli
from critpoints.escape import tuning
from critpoints.escape.tuning import tuning_seed
from critpoints.study.objects import build
from critpoints.study.race import FIELD as ALL
from critpoints.study.race import race, sensitivity
from critpoints.study.ranking import costs, distribution, gains, ranking

RULES = ("gd", "momentum", "newton", "saddle-free")
FIELD = ("quadratic", "quartic")
ASKED = {"dims": (2,), "runs": 20, "budget": 150, "tuning_runs": 6, "seed": 3}


@pytest.fixture(scope="module")
def found():
    return race(RULES, FIELD, **ASKED)


def test_rows(found):
    results = found.results
    assert len(results) == len(RULES) * len(FIELD) * 2
    assert (results["escaped_low"] <= results["escaped"]).all()
    assert (results["escaped"] <= results["escaped_high"]).all()
    assert len(found.runs) == 20 * len(results)
    share = np.isfinite(found.runs["work"]).groupby(
        [found.runs[c] for c in ("problem", "optimizer", "setting")]
    )
    key = ["problem", "optimizer", "setting"]
    assert (
        share.mean().sort_index().tolist()
        == results.set_index(key)["escaped"].sort_index().tolist()
    )


def test_tuning_has_starts_of_its_own_and_a_winner_each(found):
    tuning = found.tuning
    assert set(tuning["seed"]) == {tuning_seed(3)}
    assert set(found.results["seed"]) == {3}
    assert not set(tuning["digest"]) & set(found.results["digest"])
    winners = tuning[tuning["chosen"]]
    assert len(winners) == len(RULES) * len(FIELD)
    best = tuning.groupby(["problem", "optimizer"])["score"].min()
    assert (winners.set_index(["problem", "optimizer"])["score"].sort_index() == best).all()
    tuned = found.results[found.results["setting"] == "tuned"]
    assert sorted(tuned["settings"]) == sorted(winners["settings"])


def test_newton_never_escapes_and_tuned_descent_does(found):
    table = found.results.set_index(["optimizer", "setting", "problem"]).sort_index()
    newton = table.loc["newton"]
    assert (newton["escaped"] == 0).all()
    assert np.isinf(newton["median"]).all()
    assert (newton["end"] == "converged_saddle").all()
    assert (newton["final_index"] == 1).all()
    assert (newton["penalised"] == 1500).all()
    assert (table.loc[("gd", "default"), "escaped"] == 0).all()
    assert (table.loc[("gd", "tuned"), "escaped"] == 1).all()


def test_ranking_and_gains(found):
    ranks = ranking(found.results)
    for _, rows in ranks.groupby("setting"):
        assert rows["work"].is_monotonic_increasing
        assert rows["work"].iloc[-1] == pytest.approx(1500)
        assert rows["first"].sum() == pytest.approx(1)
    table = costs(found.results, "tuned")
    by_hand = math.exp(np.log(table["momentum"]).mean())
    row = ranks[(ranks["optimizer"] == "momentum") & (ranks["setting"] == "tuned")].iloc[0]
    assert row["work"] == pytest.approx(by_hand)
    assert row["work_low"] <= row["work"] <= row["work_high"]
    worth = gains(found.results).set_index("optimizer")["gain"]
    assert worth["gd"] > 10
    assert worth["newton"] == 1


@pytest.mark.parametrize("dims", [(2,), (2, 3)])
def test_one_kind_of_problem_gives_no_intervals(dims):
    one = race(["gd:lr=.5", "newton"], "quadratic", dims, runs=8, budget=100, grid={})
    ranks, worth, curves = ranking(one.results), gains(one.results), distribution(one)
    assert (ranks["problems"] == len(dims)).all()
    assert ranks["work"].gt(0).all()
    for table, names in ((ranks, ("work", "solved", "fastest")), (worth, ("gain",))):
        for name in names:
            assert table[name].notna().all()
            assert table[[f"{name}_low", f"{name}_high"]].isna().all(axis=None)
    assert ranks["first"].isna().all()
    assert curves["share"].notna().all()
    assert curves["share_low"].isna().all()
    two = race(["gd:lr=.5", "newton"], ["quadratic", "quartic"], (2,), runs=8, budget=100, grid={})
    assert ranking(two.results).notna().all(axis=None)


def test_the_budget_binds_products_too():
    narrow = race("saddle-free", "quartic", dims=(50,), runs=8, budget=150, grid={}, seed=1)
    assert (narrow.results["escaped"] == 0).all()
    assert (narrow.results["end"] == "out_of_budget").all()
    wide = race("saddle-free", "quartic", dims=(50,), runs=8, budget=1500, grid={}, seed=1)
    assert (wide.results["escaped"] == 1).all()
    assert (wide.results["median"] > 150).all()


def test_same_again_from_a_store_and_with_other_company(found, tmp_path):
    kept = tmp_path / "store.sqlite"
    first = race(RULES[:2], FIELD, **ASKED, store=kept)
    again = race(RULES[:2], FIELD, **ASKED, store=kept)
    assert again.results.equals(first.results)
    assert again.tuning.equals(first.tuning)
    own = found.runs[found.runs["optimizer"].isin(RULES[:2])].reset_index(drop=True)
    assert own.equals(first.runs)  # who else runs does not matter


def test_runs_that_share_a_saddle_are_not_counted_twice():
    found = race("gd:lr=.1", "random", dims=(2,), runs=16, budget=300, grid={}).results.iloc[0]
    assert found["escaped"] == 1
    assert found["escaped_low"] == pytest.approx(0.025 ** (1 / 4))  # four saddles


def test_sensitivity_is_the_tuning():
    frame = sensitivity("gd", "quadratic", (2,), grid={"lr": (0.1, 0.5)}, runs=10)
    assert frame["lr"].tolist() == [0.01, 0.1, 0.5]
    medians = frame["median"].tolist()
    assert medians[1] > medians[2]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"grid": {"moment": (0.9,)}}, "moment"),
        ({"grid": {"lr": (-1.0,)}}, "lr"),
        ({"runs": 0}, "runs"),
        ({"budget": 0}, "budget"),
        ({"level": 2.0}, "level"),
        ({"optimizers": ()}, "optimizers"),
        ({"problems": ()}, "problems"),
    ],
)
def test_bad_input(changed, said):
    with pytest.raises(ValueError, match=said):
        race(**{"optimizers": RULES, "problems": FIELD, "dims": (2,), **changed})


def test_command(capsys, tmp_path):
    asked = [
        "race", "-p", "quadratic", "-o", "gd", "-o", "newton", "--runs", "10", "--budget", "100",
        "--grid", "lr=.1/.5", "--store", str(tmp_path / "s.sqlite"), "--jobs", "1",
    ]  # fmt: skip
    assert cli.run([*asked, "--format", "json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [(r["setting"], r["optimizer"]) for r in records][2:] == [
        ("tuned", "gd"),
        ("tuned", "newton"),
    ]
    assert cli.run([*asked, "--show", "problems", "--format", "csv"]) == 0
    assert "gd:lr=0.5" in capsys.readouterr().out
    assert cli.run(asked) == 0
    assert "newton" in capsys.readouterr().out
    assert cli.run([*asked, "--grid", "momentum=.9"]) == 2
    assert "momentum" in capsys.readouterr().err


def test_the_default_grid_serves_optimizers_without_momentum():
    tried = sensitivity("adam", "quadratic", (2,), grid=tuning.GRID, runs=4, budget=50)
    assert tried["lr"].tolist() == [0.001, *tuning.GRID["lr"]]
    with pytest.raises(ValueError, match="momentum"):  # one of the user's own is checked
        sensitivity("adam", "quadratic", (2,), grid=dict(tuning.GRID), runs=4, budget=50)


def test_problems_may_have_dimensions_of_their_own():
    places = [build("problem", "quadratic", d) for d in (2, 3)] + [build("problem", "monkey", 2)]
    found = race("gd:lr=.5", places, None, runs=8, budget=100, grid={})
    table = costs(found.results, "default")
    assert table.index.tolist() == [("quadratic", 2), ("quadratic", 3), ("monkey", 2)]
    assert np.isfinite(table.to_numpy()).all()
    assert set(ranking(found.results)["problems"]) == {3}


def test_distribution_of_work(found):
    rows = distribution(found)
    for (name, setting), part in rows.groupby(["optimizer", "setting"]):
        own = found.runs[(found.runs["optimizer"] == name) & (found.runs["setting"] == setting)]
        assert part["share"].is_monotonic_increasing
        assert part["share"].iloc[-1] == pytest.approx(np.isfinite(own["work"]).mean())
        middle = part.iloc[len(part) // 2]
        assert middle["share"] == pytest.approx((own["work"] <= middle["work"]).mean())
        assert (part["share_low"] <= part["share"]).all()
        assert (part["share"] <= part["share_high"]).all()


def test_rates_at_the_edge_of_the_grid_are_marked(found):
    tuning, results = found.tuning, found.results
    several = tuning[tuning["optimizer"].isin(["gd", "momentum", "saddle-free"])]
    rates = several.groupby(["problem", "optimizer"])["lr"]
    assert (several["grid_edge"] == "largest").eq(several["lr"] == rates.transform("max")).all()
    assert (several["grid_edge"] == "smallest").eq(several["lr"] == rates.transform("min")).all()
    chosen = tuning[tuning["chosen"]].set_index(["problem", "optimizer"])["grid_edge"]
    tuned = results[results["setting"] == "tuned"].set_index(["problem", "optimizer"])["grid_edge"]
    assert tuned.sort_index().equals(chosen.sort_index())
    assert (results.loc[results["setting"] == "default", "grid_edge"] == "").all()
    ranks = ranking(results).set_index(["setting", "optimizer"])["edges"]
    assert ranks["default"].eq(0).all()
    assert ranks["tuned"].to_dict() == {
        name: int((chosen.xs(name, level="optimizer") != "").sum()) for name in RULES
    }
    alone = race(["gd:lr=.5"], "quartic", (2,), runs=8, budget=100, grid={"lr": (0.5,)})
    assert (alone.tuning["grid_edge"] == "").all()  # the control: one rate has no edge


def test_ties_share_the_first_place(found):
    results = found.results.copy()
    gd = results[results["optimizer"] == "gd"]
    results.loc[results["optimizer"] == "momentum", "median"] = gd["median"].to_numpy()
    results.loc[~results["optimizer"].isin(["gd", "momentum"]), "median"] = math.inf
    tuned = ranking(results).query("setting == 'tuned'").set_index("optimizer")
    assert tuned.loc["gd", "first"] == tuned.loc["momentum", "first"] == pytest.approx(0.5)
    results.loc[results["optimizer"] == "momentum", "median"] *= 1.01
    tuned = ranking(results).query("setting == 'tuned'").set_index("optimizer")
    assert tuned.loc["gd", "first"] == pytest.approx(1)  # the control


def test_functions_without_a_minimum_race_only_if_named():
    assert {"quadratic", "monkey"}.isdisjoint(ALL)
    assert {"quartic", "valley", "random"} <= set(ALL)
