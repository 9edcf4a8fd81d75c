"""Functions whose critical points are known: found, or said to be missing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from critpoints.study.census import draw
from critpoints.study.known import known_counts, known_values
from experiments import known_functions as script
from experiments import runner

TINY = script.Budget(
    {
        "inverted wells": "1-2", "Rastrigin": "1", "Rayleigh quotient": "2",
        "quadratic saddle": "2", "monkey saddle": "2",
    },
    3,
)  # fmt: skip


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    house = runner.House(tmp_path_factory.mktemp("known"), "quick")
    found = script.collect(TINY, house.store, 1, None)
    runner.write_data("known_functions", found, house)
    return pd.read_parquet(house.data / "known_functions.parquet")


def _changed(frame, where, **columns):
    doctored = frame.copy()
    for name, change in columns.items():
        doctored.loc[where, name] = change(frame.loc[where, name])
    return script.render(doctored).claims


def test_honest_data(frame):
    rendered = script.render(frame)
    claims = rendered.claims
    assert claims.answer.startswith("In 5 of 5 functions the points found are the known ones")
    assert "4 of these searches prove" in claims.answer
    assert "inverted wells in 2 of 2 dimensions, and for no other family" in claims.answer
    said = " ".join(claims.details)
    assert "exactly (11/21)^d in 1 of 1" in said
    assert "exactly 1/(d+1) in 1 of 1" in said
    assert "monkey saddle, d = 2: 1 of 1 points found are degenerate" in said
    assert claims.warnings == []
    assert "inverted wells 0.111 at d = 2" in rendered.alt
    assert [len(table.frame) for table in rendered.tables] == [5, 1]


def test_negative_control_a_point_less_known(frame):
    where = (frame["quantity"] == "known") & (frame["family"] == "Rastrigin") & (frame["dim"] == 1)
    said = _changed(frame, where, known=lambda k: k - 1)
    assert said.answer.startswith("In 4 of 5 functions")
    assert any("11, 10 points were found by index, 10, 9 are known" in w for w in said.warnings)


def test_negative_control_euler_sums(frame):
    said = _changed(frame, frame["quantity"] == "function", euler=lambda e: e + 1)
    assert sum("Euler sum wrong" in w for w in said.warnings) == 5


def test_negative_control_another_fraction(frame):
    where = (frame["quantity"] == "function") & (frame["family"] == "inverted wells")
    said = _changed(frame, where, minima=lambda m: m + 1)
    assert "inverted wells in 0 of 2 dimensions" in said.answer


def test_negative_control_degenerate_points(frame):
    where = frame["family"] == "monkey saddle"
    said = _changed(frame, where & (frame["quantity"] == "function"), certified=lambda c: c * 0 + 1)
    assert any("called certified" in w for w in said.warnings)
    stray = where & (frame["quantity"] == "value") & frame["value"].isna()
    said = _changed(frame, stray, found=lambda f: f + 2)
    assert any("2 points found have no known critical value" in w for w in said.warnings)
    lost = where & (frame["quantity"] == "value") & frame["value"].notna()
    said = _changed(frame, lost, found=lambda f: f * 0)
    assert "0 of 1 known critical values were found; not found: 0" in " ".join(said.details)


def test_known_numbers():
    assert known_counts("styblinski-tang", 2)["known"].tolist() == [4, 4, 1]
    with pytest.raises(TypeError, match="critical points are known"):
        known_counts("torus", 2)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_a_value_is_told_from_its_neighbours_in_any_unit(unit):
    values = known_values(f"autoencoder:spectrum={2 * unit}/{unit}", 4)
    assert values["value"].to_numpy()[:3] / unit == pytest.approx([0.5, 1.0, 1.5])
    assert values["found"].tolist() == [2, 2, 1, 0]  # GL(1) has two components


def test_negative_control_a_value_near_a_known_one_is_not_it(monkeypatch):
    """Off by a thousandth of the distance between known values, however small these are."""
    found = draw("autoencoder:spectrum=2e-9/1e-9", 4)
    off = replace(found, values=found.values + 5e-13)
    monkeypatch.setattr("critpoints.study.known.draw", lambda *_, **__: off)
    assert known_values("autoencoder:spectrum=2e-9/1e-9", 4)["found"].tolist() == [0, 0, 0, 5]
