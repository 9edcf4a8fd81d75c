"""Counted critical points: what the page says follows from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from critpoints.plot.counted import costs
from critpoints.report.claims_census import proofs
from critpoints.study.census import draw
from critpoints.study.pictures import picture
from experiments import field_census as script
from experiments import runner

TINY = script.Budget(
    {(script.TORUS, 1): 30, (script.TORUS, 2): 20, (script.FIELD, 1): 20, (script.PRODUCT, 2): 10},
    side=11,
)


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    house = runner.House(tmp_path_factory.mktemp("census"), "quick")
    found = script.collect(TINY, house.store, 1, None)
    runner.write_data("field_census", found, house)
    return pd.read_parquet(house.data / "field_census.parquet")


def _changed(frame, quantity, **columns):
    where = frame["quantity"] == quantity
    doctored = frame.copy()
    for name, change in columns.items():
        doctored.loc[where, name] = change(frame.loc[where, name])
    return script.render(doctored).claims


def test_honest_data(frame):
    rendered = script.render(frame)
    answer = rendered.claims.answer
    assert answer.startswith("No: of the critical points of a torus polynomial in d = 2")
    assert "All 7 comparisons with Kac–Rice agree" in answer
    assert "80 of 80 censuses are proven complete" in answer
    assert "80 of 80 Euler sums are right" in answer
    assert "exactly 2^-d, not 3^-d, in 10 of 10 functions" in " ".join(rendered.claims.details)
    assert rendered.claims.warnings == []
    assert "torus polynomial, d = 2: 0.2" in rendered.alt
    assert [d.name for d in rendered.more] == ["1d", "2d", "cost"]
    assert "80 functions were searched (80 by subdivision)" in " ".join(rendered.method)


def test_the_unit_is_a_function(frame):
    counts = frame[(frame["quantity"] == "count") & (frame["family"] == script.TORUS)]
    assert set(counts["draws"]) == {20, 30}
    table = proofs(frame).set_index(["family", "dim"])
    assert table.loc[(script.TORUS, 2), "functions"] == 20


def test_negative_control_numbers_off_kac_rice(frame):
    said = _changed(frame, "count", z=lambda z: z + 20)
    assert "7 of 7 comparisons with Kac–Rice disagree" in said.answer
    assert any("contradict the expected ones" in w for w in said.warnings)


def test_negative_control_a_fraction_of_one_in_three(frame):
    said = _changed(frame, "count", z_third=lambda z: np.zeros(len(z)))
    assert said.answer.startswith("The samples do not contradict 1/3^d")


def test_negative_control_points_missing(frame):
    said = _changed(frame, "function", euler=lambda e: e + 1)
    assert "0 of 80 Euler sums are right" in said.answer
    assert sum("points are missing" in w for w in said.warnings) == 4
    said = _changed(frame, "function", complete=lambda c: c * 0)
    assert "0 of 80 censuses are proven complete" in said.answer
    assert any("20 of 20 censuses are not proven" in w for w in said.warnings)


def test_negative_control_separable_functions_with_a_minimum_more(frame):
    said = _changed(frame, "function", minima=lambda m: m + 1)
    assert "in 0 of 10 functions" in " ".join(said.details)


def test_the_cost_is_that_of_the_store(frame):
    functions = frame[frame["quantity"] == "function"]
    table = costs(frame)
    assert table["functions"].sum() == (functions["critical_points"] > 0).sum()
    for dim, rows in table.groupby("dim"):
        part = functions[functions["dim"] == dim]
        assert rows["points"].max() <= part["critical_points"].max()
        assert rows["low"].min() >= part["seconds"].min()
        assert (rows["low"] <= rows["seconds"]).all()
        assert (rows["seconds"] <= rows["high"]).all()
    doubled = frame.assign(seconds=2 * frame["seconds"])
    assert np.allclose(costs(doubled)["seconds"], 2 * table["seconds"])
    (drawing,) = (d for d in script.render(frame).more if d.name == "cost")
    (ax,) = drawing.figure.axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert "measured on the machine at hand" in drawing.caption
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "$d$ = 1, squared exponential field", "$d$ = 1, torus polynomial",
        "$d$ = 2, separable function", "$d$ = 2, torus polynomial",
    ]  # fmt: skip


def test_unproven_censuses_have_no_cost(frame):
    unproven = frame.assign(complete=False)
    assert not len(costs(unproven))
    assert [d.name for d in script.render(unproven).more] == ["1d", "2d"]


def test_a_picture_shows_the_function_and_its_points():
    rows = picture("torus:degree=2", 2, 3, side=5)
    grid, points = (rows[rows["quantity"] == q] for q in ("grid", "point"))
    found = draw("torus:degree=2", 2, 3)
    values = found.landscape.value(grid[["x", "y"]].to_numpy(float))
    assert np.allclose(values, grid["value"], atol=1e-12)
    assert np.allclose(points[["x", "y"]].to_numpy(float), found.points)
    assert points["index"].tolist() == [str(k) for k in found.index]
    assert points["certified"].astype(bool).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("torus", 3), "dim must be"), (("rayleigh", 2), "on a torus or a box")],
)
def test_bad_pictures(arguments, message):
    with pytest.raises(ValueError, match=message):
        picture(*arguments)
