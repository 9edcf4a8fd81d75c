"""The data package: every column explained, every checksum right, and it validates."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import critpoints
from critpoints.report import package
from critpoints.report.dictionary import DICTIONARY, OWN, explained
from experiments.__main__ import EXPERIMENTS
from experiments.runner import House, write_data

PAPER = Path(__file__).parents[2] / "data" / "paper"
TITLES = [("minima_fraction", "Minima"), ("absent", "Not computed")]


@pytest.fixture
def folder(tmp_path):
    house = House(tmp_path, "quick")
    write_data("minima_fraction", critpoints.sweep(["goe"], "1-3", samples=2000), house)
    package.write(house.data, "quick", TITLES)
    return house.data


def test_package_validates(folder):
    frictionless = pytest.importorskip("frictionless")
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])


def test_changed_data_are_invalid(folder):
    frictionless = pytest.importorskip("frictionless")
    path = folder / "minima_fraction.csv"
    path.write_text(path.read_text().replace("goe", "gue", 1))
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


def test_checksums_tell_what_was_changed_or_lost(folder):
    assert package.broken(folder) == []
    (folder / "minima_fraction.csv").write_text("dim\n1\n")
    (folder / "README.md").unlink()
    assert package.broken(folder) == ["README.md", "minima_fraction.csv"]


def test_written_again_byte_for_byte(folder):
    names = ["datapackage.json", "README.md", package.SUMS]
    before = [(folder / n).read_bytes() for n in names]
    package.write(folder, "quick", TITLES)
    assert [(folder / n).read_bytes() for n in names] == before


def test_committed_data_are_what_the_checksums_say():
    assert package.broken(PAPER) == []
    listed = {r["name"] for r in json.loads((PAPER / "datapackage.json").read_text())["resources"]}
    assert listed == {p.stem for p in PAPER.glob("*.parquet")}
    assert listed <= set(EXPERIMENTS)


@pytest.mark.parametrize("path", sorted(PAPER.glob("*.parquet")), ids=lambda p: p.stem)
def test_every_column_is_explained(path):
    assert [c for c in pd.read_parquet(path) if c not in DICTIONARY] == []


COLUMNS = {path.stem: pd.read_parquet(path) for path in sorted(PAPER.glob("*.parquet"))}
UNIT_OF_STEPS = ("saddle_escape", "octopus", "network_escape")


def test_an_experiment_explains_only_columns_that_it_has() -> None:
    assert set(OWN) <= set(EXPERIMENTS)
    for name, entries in OWN.items():
        assert set(entries) <= set(COLUMNS[name].columns) | {"log10_bound", "count_error"}
        assert all(entry != DICTIONARY[column] for column, entry in entries.items())


def wrong(experiment: str, column: str, frame: pd.DataFrame) -> bool:
    """Whether the numbers of a column cannot be what its entry says."""
    entry, values = explained(column, experiment), pd.to_numeric(frame[column]).dropna()
    text = entry.description.lower()
    share = text.startswith(("share", "exact share", "expected share", "exact mean share"))
    number = text.startswith("number of") and entry.unit == "1"
    return (share and not values.between(0, 1).all()) or (
        number and not (values == values.round()).all()
    )


@pytest.mark.parametrize("name", COLUMNS)
def test_numbers_are_what_their_entries_say(name: str) -> None:
    """Shares lie between 0 and 1, numbers are whole, and work is not counted in steps."""
    frame = COLUMNS[name].select_dtypes("number")
    assert [c for c in frame if wrong(name, c, frame)] == []


def test_a_count_that_is_called_a_share_is_noticed() -> None:
    """Negative control: the escapes of a race are shares, those of a saddle numbers."""
    race, saddle = COLUMNS["race"], COLUMNS["saddle_escape"]
    assert wrong("saddle_escape", "escaped", race)
    assert wrong("race", "escaped", saddle)


def test_units_of_what_has_been_confused() -> None:
    for name in UNIT_OF_STEPS:
        assert explained("median", name).unit == explained("mean", name).unit == "steps"
    for name in ("race", "learning_rate"):
        assert explained("median", name).unit == explained("budget", name).unit == "evaluations"
        assert "Share" in explained("escaped", name).description
    assert explained("mean", "depth_gradients").unit == "1"
    assert explained("undecided_volume", "field_census").unit == "1"
    assert explained("low", "index_energy") != explained("low", "index_law")
    assert "flat" in explained("flatness", "network_index").description
    assert explained("unheard_of") is None


def test_unknown_column_has_no_description():
    entry = package.fields(pd.DataFrame({"unheard_of": [1]}))[0]
    assert entry["description"] == ""
    assert entry["type"] == "integer"
