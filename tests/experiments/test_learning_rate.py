"""Learning rates on the page: edges against theory, and who minds the rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from critpoints.report.claims_rates import rate_ranges
from experiments import learning_rate as script
from experiments import runner

TINY = script.Budget(
    (1.0, 5.0), (0.9,), 400, 9, ("quartic",), ("gd", "momentum"), 5, 8, 150
)  # fmt: skip


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    house = runner.House(tmp_path_factory.mktemp("rates"), "quick")
    runner.write_data("learning_rate", script.collect(TINY, house.store, 1, None), house)
    return pd.read_parquet(house.data / "learning_rate.parquet")


def test_honest_data(frame):
    rendered = script.render(frame)
    assert rendered.claims.answer.startswith("6 of 6 stability edges of theory lie between")
    assert rendered.claims.warnings == []
    assert len(rendered.claims.details) == 2
    assert "400 steps" in rendered.method[0]
    assert [len(t.frame) for t in rendered.tables] == [2, 6]
    assert "best rates: gradient descent" in rendered.alt


def test_brackets_are_narrow_and_scale_with_the_curvature(frame):
    edges = frame[frame["stage"] == "edge"]
    assert ((edges["unstable"] / edges["stable"]) < 1.12).all()
    assert np.allclose(edges["edge"] * edges["largest"] / [2, 2, 3.8, 3.8, 3.8 / 2.8, 3.8 / 2.8], 1)


@pytest.mark.parametrize("wrong", [0.9, 1.1])
def test_negative_control_another_edge(frame, wrong):
    doctored = frame.copy()
    doctored.loc[(frame["stage"] == "edge") & (frame["method"] == "nesterov"), "edge"] *= wrong
    said = script.render(doctored).claims
    assert said.answer.startswith("4 of 6")
    assert sum("contradicts the measured bracket" in w for w in said.warnings) == 2


def rates(**columns):
    rows = {"problem": "p", "escaped": 1.0, "escaped_low": 0.5, "escaped_high": 1.0, **columns}
    return pd.DataFrame(rows).assign(median=lambda table: table["score"] / 2)


def test_ranges_by_hand():
    rows = rates(
        optimizer=["a"] * 5 + ["b"] * 2,
        lr=[0.01, 0.1, 1.0, 10.0, 100.0, 0.1, 1.0],
        score=[15.0, 900.0, 20.0, 10.0, 30.0, 900.0, 800.0],
        escaped=[1, 0, 1, 1, 1, 0, 0.5],
    )
    found = rate_ranges(rows).set_index("optimizer")
    assert found.loc["a", ["best", "low", "high", "decades"]].tolist() == [10, 1, 10, 1]
    assert found.loc["a", ["score", "median", "escaped"]].tolist() == [10, 5, 1]
    assert np.isnan(found.loc["b", "best"])


def test_the_best_rate_is_the_chosen_one_not_that_of_the_few_that_escape(frame):
    rows = frame[frame["stage"] == "rate"]
    chosen = rows[rows["chosen"] > 0].set_index("optimizer")["lr"]
    assert rate_ranges(rows).set_index("optimizer")["best"].to_dict() == chosen.to_dict()
    censored = rates(
        optimizer="a",
        lr=[0.03, 0.1, 1.0],
        score=[165.0, 1034.0, 1096.0],
        escaped=[1, 10 / 16, 9 / 16],
    ).assign(median=[153.0, 145.0, 4.0])
    assert rate_ranges(censored)["best"].tolist() == [0.03]


def test_shares_that_escape_are_told(frame):
    said = script.render(frame).claims.details
    assert all("100% (63%–100%) of the runs escape" in sentence for sentence in said)


def test_an_optimizer_that_never_escapes_has_no_useful_range(frame):
    doctored = frame.copy()
    doctored.loc[frame["optimizer"] == "gd", ["escaped", "escaped_low"]] = 0
    said = script.render(doctored).claims
    assert any(
        "gd on quartic: at no learning rate tried do at least 90%" in d for d in said.details
    )
    assert "exists for heavy-ball momentum alone" in said.answer
    doctored.loc[frame["optimizer"] == "momentum", ["escaped", "escaped_low"]] = 0
    assert "On quartic no optimizer has a useful range" in script.render(doctored).claims.answer


def test_rates_at_which_half_of_the_runs_fail_are_not_useful():
    """46% fail at every rate of b, alike at all: a flat score over three decades is no range."""
    rows = rates(
        optimizer=["a"] * 4 + ["b"] * 4,
        lr=[0.01, 0.1, 1.0, 10.0] * 2,
        score=[900.0, 15.0, 10.0, 900.0] + [1100.0] * 4,
        escaped=[0.5, 1.0, 1.0, 0.5] + [0.54] * 4,
    )
    found = rate_ranges(rows).set_index("optimizer")
    assert found.loc["a", ["low", "high"]].tolist() == [0.1, 1.0]
    assert np.isnan(found.loc["b", "decades"])
    kept = rate_ranges(rows.assign(escaped=1.0)).set_index("optimizer")  # the control
    assert kept.loc["b", "decades"] == pytest.approx(3)


def test_a_range_that_ends_with_the_grid_is_a_bound(frame):
    doctored = frame.copy()
    rows = (frame["stage"] == "rate") & (frame["optimizer"] == "gd")
    doctored.loc[rows, ["escaped", "score"]] = 1.0, 10.0
    said = script.render(doctored).claims
    assert "widest for gradient descent (at least 3.5 decades)" in said.answer
    assert any(
        "from 0.001 to 3, the smallest tried and the largest tried" in d for d in said.details
    )
