"""Networks on the command line, and what is said where what they need is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from critpoints import cli
from critpoints.cli import network

EXTRA = ("jax", "optax", "sklearn")
ESCAPE = "escape -p network-saddle --dims 61 -o gd:lr=.1 --runs 8"


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """An environment in which the extra is not installed."""
    for name in EXTRA:
        (tmp_path / f"{name}.py").write_text(
            f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n"
        )
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    return {**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path)}


@pytest.mark.parametrize(
    "command",
    [
        "census -l network-loss:data=teacher,inputs=2,width=2 --dims 9 --jobs 1",
        "census -l network-loss:width=2 --dims 64 --jobs 1",
        f"{ESCAPE} --jobs 1",
        f"{ESCAPE} --jobs 2",
        "network -l network-loss:data=teacher,inputs=2,width=2 --searches 2",
        "network -l network-loss:width=2 --trainings 2",
    ],
)
def test_one_line_says_what_to_install(command: str, without: dict[str, str]) -> None:
    done = run(command, without)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("critpoints: ")
    assert "pip install '.[networks]' in a checkout" in line


@pytest.mark.parametrize(
    "command",
    [
        "depth --a 1 --b 2 --n 3",
        "depth -p he-relu --dims 2 --n 3 --samples 20 --jobs 1",
        "list landscapes",
        "index -e network --dims 2 --samples 100 --jobs 1",
        "census -l styblinski-tang --dims 2 --jobs 1",
    ],
)
def test_the_rest_works_without(command: str, without: dict[str, str]) -> None:
    done = run(command, without)
    assert done.returncode == 0, done.stderr
    assert done.stdout


NETWORK = "network-loss:data=teacher,width=3,decay=0.001,inputs=2,samples=40"


def records(
    capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0
) -> list[dict[str, Any]]:
    command = ["network", "-l", NETWORK, "--jobs", "1", "--store", ":memory:", "--format", "json"]
    assert cli.run([*command, *arguments]) == status
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_a_row_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--searches 12 --iterations 200 --noise .3 --steps 40"
    found = records(capsys, *arguments.split())
    assert [row["search"] for row in found] == list(range(12))
    assert {(row["object"], row["dim"]) for row in found} == {(NETWORK, 13)}
    kept = [row for row in found if row["accepted"]]
    assert kept
    assert all(row["small"] and row["gradient_norm"] < 1e-8 for row in kept)
    assert all(row["index_fraction"] == row["index"] / 13 for row in found)
    assert any(not row["accepted"] for row in found)


def test_searches_and_trainings_are_summed_up() -> None:
    rows = pd.DataFrame(
        {"accepted": [True, True, False], "index": [0, 1, 2], "loss": [0.25, 0.75, 9.0]}
    )
    assert network._summary(rows, True) == (
        "2 of 3 searches accepted; minima 1 of 2, 95% interval [0.01258, 0.9874]; "
        "loss 0.25 to 0.75, median 0.5"
    )
    assert network._summary(rows[2:], True) == "0 of 1 searches accepted"
    assert network._summary(rows, False) == "3 runs; loss 0.25 to 9, median 0.75"


def test_no_critical_point_leaves_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    found = records(capsys, "--searches", "3", "--iterations", "1", status=3)
    assert not any(row["accepted"] for row in found)


def test_a_row_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--trainings 3 --optimizer adam --rate .01 --steps 200"
    found = records(capsys, *arguments.split())
    assert [row["run"] for row in found] == [0, 1, 2]
    assert all(row["loss"] < row["start_loss"] for row in found)
    assert {row["method"] for row in found} == {"adam, rate 0.01, 200 steps"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (f"-l {NETWORK} --searches 2 --trainings 2", "either --searches or --trainings"),
        (f"-l {NETWORK} --trainings 2 --noise .1", "belong to searches"),
        (f"-l {NETWORK} --searches 0", "searches must be at least 1"),
        (f"-l {NETWORK} --trainings 2 --optimizer adm", "did you mean adam"),
        ("-l torus:degree=2 --searches 2", "networks must be like network-loss:width=8"),
        ("-l network-loss:data=digit", "did you mean digits"),
        ("-l network-loss:width=-3", "width must be at least 1, got -3"),
        ("-l network-loss:activation=gelu", "unknown activation 'gelu'"),
        ("-l network-loss:data=teacher,activation=relu", "activation must be smooth, got relu"),
    ],
)
def test_bad_input_is_one_line(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["network", *arguments.split(), "--jobs", "1", "--store", ":memory:"]
    assert cli.run(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("critpoints: ")
    assert said in line


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "critpoints.cli", *command.split()]
    return subprocess.run(start, env=environment, capture_output=True, text=True, check=False)


def test_too_large_a_matrix_is_refused_with_the_way_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("critpoints.landscapes.networks._MEMORY", 100)
    command = "census -l network-loss:data=teacher,inputs=2,width=2 --dims 9 --jobs 1 --seed 7"
    assert cli.run([*command.split(), "--store", ":memory:"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("critpoints: not enough memory: ")
    assert "use hvp" in line
