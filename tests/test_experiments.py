"""``python -m experiments``: from a store to a page, the same byte for byte."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from critpoints.report.page import raised
from critpoints.report.provenance import checksum
from experiments import __main__ as door
from experiments import index_law, minima_fraction, runner
from experiments.runner import House, write_data, write_pages

TINY = minima_fraction.Budget("1-3", 0.2, {"fast": 3000, "dense": 1000})


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(minima_fraction.PRESETS, "quick", TINY)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the data and the page of a tiny run."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(minima_fraction.PRESETS, "quick", TINY)
        assert _run(root) == 0
    return root


def _run(root: Path, *extra: str) -> int:
    return door.main(["--root", str(root), "--jobs", "1", *extra, "minima_fraction"])


def _files(root: Path) -> dict[str, bytes]:
    found = (p for p in root.rglob("*") if p.is_file() and ".sqlite" not in p.name)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


@pytest.mark.usefixtures("tiny")
def test_again_from_the_store_is_the_same_byte_for_byte(made, capsys):
    first = _files(made)
    assert _run(made) == 0
    address = Path(capsys.readouterr().out.strip())
    assert address == (made / "reports/quick/index.html").resolve()
    assert _files(made) == first
    names = {Path(f).name for f in first}
    for kind in ("csv", "parquet", "json", "svg", "png", "pdf"):
        assert f"minima_fraction.{kind}" in names
    for kind in ("md", "csv", "tex"):
        assert f"minima_fraction_table.{kind}" in names


def test_data_checksums_and_page_fit_together(made):
    data = made / "data/quick"
    record = json.loads((data / "minima_fraction.json").read_text())
    assert set(record["files"]) == {"minima_fraction.csv", "minima_fraction.parquet"}
    for name, digest in record["files"].items():
        assert checksum(data / name) == digest
    table = pd.read_csv(data / "minima_fraction.csv")
    assert len(table) == 10 * 3
    assert (table["z"].abs().dropna() < 4).all()
    namespaces = r'xmlns(:\w+)?="[^"]*"'
    for page in ("index", "minima_fraction"):
        html = (made / f"reports/quick/{page}.html").read_text()
        assert "http" not in re.sub(namespaces, "", html)
        assert str(made) not in html
        targets = re.findall(r'<a (?:rel="\w+" )?href="([^"#]+)"', html)
        assert targets
        for target in targets:
            assert (made / "reports/quick" / target).exists()


def test_the_front_page_says_what_is_missing_and_how_to_make_it(made):
    html = (made / "reports/quick/index.html").read_text()
    for name in door.EXPERIMENTS:
        made_it = name == "minima_fraction"
        assert (f'href="{name}.html"' in html) == made_it
        assert (f"python -m experiments --preset quick {name}" in html) == (not made_it)


def test_negative_control_doctored_data_change_the_page(made, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "FIGURES", ())
    honest = (made / "reports/quick/minima_fraction.html").read_text()
    frame = pd.read_parquet(made / "data/quick/minima_fraction.parquet")
    house = House(tmp_path, "quick")
    write_data("minima_fraction", frame.assign(z=frame["z"] + 20), house)
    front = write_pages(door.CHAPTERS, house, door.STORY).read_text()
    assert re.search(r"The first of \d+ warnings: .+ the samples contradict the exact value", front)
    assert "Not all of this holds" in front
    doctored = (tmp_path / "reports/quick/minima_fraction.html").read_text()
    assert "contradict" not in honest
    assert "the samples contradict the exact value" in doctored


def test_the_front_page_tells_the_story_from_the_data(made, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "FIGURES", ())
    text = (made / "reports/quick/index.html").read_text()
    assert all(str(raised(question)) in text for question in door.STORY)
    said = "Of 10 laws 1/3<sup>d</sup> agrees with"
    assert said in text
    frame = pd.read_parquet(made / "data/quick/minima_fraction.parquet")
    house = House(tmp_path, "quick")
    doctored = frame.assign(z_third=50.0, log10_ratio_third=1.0)
    write_data("minima_fraction", doctored, house)
    text = write_pages(door.CHAPTERS, house, door.STORY).read_text()
    assert said not in text
    assert "No law agrees with 1/3<sup>d</sup> of 10 that were tried." in text


@pytest.mark.usefixtures("tiny")
def test_an_experiment_that_fails_leaves_the_others_and_says_how_to_go_on(
    tmp_path, monkeypatch, capsys
):
    def fail(*_):
        raise RuntimeError("half-way\nthere")

    monkeypatch.setattr(index_law, "collect", fail)
    arguments = ["--root", str(tmp_path), "--jobs", "1", "index_law", "minima_fraction"]
    assert door.main(arguments) == door.FAILED
    captured = capsys.readouterr()
    first, line, second, end = captured.err.splitlines()
    assert first == "experiments: 1 of 2: index_law begins"
    assert second == "experiments: 2 of 2: minima_fraction begins"
    assert end.startswith("experiments: 2 of 2: minima_fraction, ")
    assert "index_law failed (RuntimeError: half-way there)" in line
    assert "to go on: python -m experiments --preset quick index_law" in line
    front = Path(captured.out.strip()).read_text()
    assert 'href="minima_fraction.html"' in front
    assert "<code>python -m experiments --preset quick index_law</code>" in front


@pytest.mark.parametrize("columns", [["object", "dim"], []])
def test_data_that_cannot_be_shown_are_said_and_the_rest_is_shown(
    made, tmp_path, monkeypatch, columns
):
    monkeypatch.setattr(runner, "FIGURES", ())
    house = House(tmp_path, "quick")
    frame = pd.read_parquet(made / "data/quick/minima_fraction.parquet")
    write_data("minima_fraction", frame, house)
    frame[columns].to_parquet(house.data / "index_law.parquet")
    frame[columns].to_csv(house.data / "index_law.csv")
    with pytest.warns(UserWarning, match="index_law: The data cannot be shown"):
        front = write_pages(door.CHAPTERS, house, door.STORY).read_text()
    assert 'href="minima_fraction.html"' in front
    assert "The data cannot be shown (" in front
    assert "<code>python -m experiments --preset quick index_law</code>" in front


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["minima_fractoin"], "did you mean minima_fraction"),
        (["--preset", "quik"], "did you mean quick?"),
        (["--jobs", "0"], "jobs must be at least 1"),
        (["--jobs", "x"], "invalid int value"),
        (["--colour"], "unrecognized arguments"),
    ],
)
def test_bad_input_is_one_line(arguments, said, capsys):
    assert door.main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("tiny")
def test_a_foreign_store_is_one_line_and_kept(tmp_path, capsys):
    store = tmp_path / "data/quick/store.sqlite"
    store.parent.mkdir(parents=True)
    store.write_text("not a database" * 100)
    assert _run(tmp_path) == 2
    assert capsys.readouterr().err.count("\n") == 2  # what begins, and why it does not
    assert store.read_text().startswith("not a database")


def test_interruption_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(minima_fraction, "collect", interrupt)
    assert _run(tmp_path) == 130
    error = capsys.readouterr().err
    begun, said = error.splitlines()
    assert begun == "experiments: 1 of 1: minima_fraction begins"
    assert "go on with python -m experiments --root" in said


def test_the_start_page_asks_in_the_order_of_the_report() -> None:
    """Every chapter begins with what its question of the front page is answered by."""
    order = list(door.EXPERIMENTS)
    places = [order.index(name) for name in door.STORY.values()]
    assert places == sorted(places)
    heads = [next(iter(part)) for part in door.CHAPTERS.values()]
    assert set(heads) <= set(door.STORY.values())
