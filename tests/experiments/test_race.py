"""The race on the page: what it says follows from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments import race as script
from experiments import runner

TINY = script.Budget(
    {"quadratic": (2, 4), "quartic": (2,), "random": (1,)},
    ("gd", "adam", "newton"), {"lr": (0.1, 0.5)}, 12, 4, 120,
)  # fmt: skip


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    house = runner.House(tmp_path_factory.mktemp("race"), "quick")
    runner.write_data("race", script.collect(TINY, house.store, 1, None), house)
    return pd.read_parquet(house.data / "race.parquet")


def changed(frame, rows, **columns):
    doctored = frame.copy()
    for name, value in columns.items():
        doctored.loc[rows, name] = value
    return script.render(doctored).claims


def test_honest_data(frame):
    rendered = script.render(frame)
    said = rendered.claims
    assert said.answer.startswith("Tuned, the least work to escape is that of Adam, ")
    assert "geometric mean over 4 problems" in said.answer
    assert "It gives nothing to Newton's method." in said.answer
    assert said.lead.startswith("Tuned, the least work to escape is that of Adam, ")
    assert (
        "problems its learning rate is at the edge of the grid, where the work is only" in said.lead
    )
    assert "Every problem is solved by" in said.lead
    newton = next(d for d in said.details if d.startswith("newton"))
    assert "0 of 4 problems solved" in newton
    assert "it fails everywhere (converged saddle)" in newton
    assert any("largest (" in w for w in said.notes)
    assert any("Only 3 kinds of problems" in w for w in said.notes)
    assert "gradient descent" in rendered.alt
    assert "Untuned, no optimizer solves any of the 4 problems." in said.answer
    method = " ".join(rendered.method)
    assert "12 runs each" in method
    assert "budget 120" in method
    assert [len(t.frame) for t in rendered.tables] == [6, 3, 24]
    for table in rendered.tables:
        assert table.body


def test_one_kind_of_problem_is_told_without_intervals(frame):
    own = frame["problem"].isin(["quadratic"]) | frame["problem"].isna()  # the curves have none
    one = frame[own].reset_index(drop=True)
    rendered = script.render(one)
    said = rendered.claims
    assert "over 2 problems; " in said.answer
    assert "resamples" not in said.answer
    assert any("there are no intervals" in note for note in said.notes)
    assert "nan" not in " ".join([said.answer, *said.details, *said.notes])
    assert "nan" not in str([table.body for table in rendered.tables])


def test_the_winner_follows_the_data(frame):
    rows = (frame["stage"] == "race") & (frame["optimizer"] == "newton")
    said = changed(frame, rows, median=1.0)
    assert said.answer.startswith("Tuned, the least work to escape is that of Newton's method")
    assert "Untuned, the least work to escape is that of Newton's method" in said.answer
    newton = next(d for d in said.details if d.startswith("newton"))
    assert "it fails nowhere" in newton


def test_a_draw_is_called_a_draw(frame):
    adam = frame[(frame["stage"] == "race") & (frame["optimizer"] == "adam")]
    rows = (frame["stage"] == "race") & (frame["optimizer"] == "gd")
    doctored = frame.copy()
    doctored.loc[rows, "median"] = adam["median"].to_numpy() * np.tile([1, 1, 1.2, 1.2], 2)
    doctored.loc[rows & (frame["problem"] == "quartic"), "median"] *= 0.8
    said = script.render(doctored).claims.answer
    assert "is not told apart from" in said


def test_a_tie_is_shared(frame):
    """Alike in everything, the first named does not win; a little less work does."""
    race = frame["stage"] == "race"
    adam = frame[race & (frame["optimizer"] == "adam")]
    for other in ("gd", "newton"):
        rows = race & (frame["optimizer"] == other)
        doctored = frame.copy()
        doctored.loc[rows, "median"] = adam["median"].to_numpy()
        said = script.render(doctored).claims.answer
        assert said.startswith("Tuned, the least work to escape is shared by ")
        doctored.loc[rows, "median"] = adam["median"].to_numpy() * 0.999
        assert "Tuned, the least work to escape is that of" in script.render(doctored).claims.answer


def test_a_rate_inside_the_grid_is_no_bound(frame):
    rows = frame["stage"] == "race"
    said = changed(frame, rows, grid_edge="")
    assert "at the edge of the grid" not in said.answer
    rows &= (frame["optimizer"] == "adam") & (frame["setting"] == "tuned")
    said = changed(frame, rows, grid_edge="largest")
    assert "On 4 of 4 problems its learning rate is at the edge" in said.answer


def test_a_problem_that_nobody_solves_is_a_warning(frame):
    rows = (frame["stage"] == "race") & (frame["problem"] == "quartic")
    said = changed(frame, rows, median=np.inf, end="diverged")
    assert any("Nobody solves quartic d = 2" in w for w in said.notes)
    assert any("quartic d = 2 (diverged)" in d for d in said.details)


def test_a_choice_inside_the_grid_is_no_warning(frame):
    doctored = frame.copy()
    tuning = frame["stage"] == "tuning"
    middle = doctored.loc[tuning].groupby(["problem", "optimizer"])["lr"].transform("median")
    doctored.loc[tuning, "chosen"] = (doctored.loc[tuning, "lr"] == middle).astype(float)
    said = script.render(doctored).claims
    assert not any("tried" in w for w in said.notes)


def test_it_goes_on_where_it_stopped(frame, tmp_path):
    store = tmp_path / "s.sqlite"
    first = script.collect(TINY, store, 1, None)
    again = script.collect(TINY, store, 1, None)
    pd.testing.assert_frame_equal(first, again)
    honest = frame[frame["stage"] == "race"]["median"].astype(float).tolist()
    assert first[first["stage"] == "race"]["median"].tolist() == honest
