"""``critpoints explore`` and ``critpoints demo`` write what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

from critpoints import cli
from critpoints.cli import demo


def test_explore_writes_a_page_and_says_where(tmp_path, capsys):
    out = tmp_path / "page.html"
    said = ["explore", "--landscape", "torus:degree=1", "--draws", "2", "--out", str(out)]
    assert cli.run(said) == 0
    assert Path(capsys.readouterr().out.strip()) == out.resolve()
    first = out.read_text()
    assert cli.run([*said, "--seed", "1"]) == 0
    assert out.read_text() != first


def test_explore_refuses_other_functions(tmp_path, capsys):
    assert cli.run(["explore", "-l", "spin", "--out", str(tmp_path / "x.html")]) == 2
    error = capsys.readouterr().err
    assert "sum of waves" in error
    assert error.count("\n") == 1


def test_demo_prints_a_row_a_dimension_and_writes_a_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "SAMPLES", 2000)
    out = tmp_path / "demo.png"
    assert cli.run(["demo", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    numbered = [line for line in said.splitlines() if re.match(r" *\d+ ", line)]
    assert [line.split()[0] for line in numbered] == 2 * list("123456")  # the table, the chart
    assert str(out.resolve()) in said
    assert out.read_bytes().startswith(b"\x89PNG")
    assert cli.run(["demo", "--out", "demo.gif"]) == 2


def test_demo_and_explore_print_records(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "SAMPLES", 500)
    assert cli.run(["demo", "--out", str(tmp_path / "x.png"), "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 12
    assert str(tmp_path) in captured.err
    out = tmp_path / "page.html"
    said = ["explore", "-l", "torus:degree=1", "--draws", "1", "--out", str(out)]
    assert cli.run([*said, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"page": str(out.resolve())}]
