"""The data package: every column explained, every checksum right, and it validates."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import critpoints
from critpoints.report import package
from critpoints.report.dictionary import DICTIONARY
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


def test_unknown_column_has_no_description():
    entry = package.fields(pd.DataFrame({"unheard_of": [1]}))[0]
    assert entry["description"] == ""
    assert entry["type"] == "integer"
