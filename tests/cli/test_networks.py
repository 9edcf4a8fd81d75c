"""Networks on the command line, and what is said where what they need is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from critpoints import cli

EXTRA = ("jax", "optax", "sklearn")
ESCAPE = "escape -p critpoints.escape.networks:NetworkProblem --dims 61 -o gd:lr=.1 --runs 8"


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
    ],
)
def test_one_line_says_what_to_install(command: str, without: dict[str, str]) -> None:
    done = run(command, without)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("critpoints: ")
    assert "pip install critpoints[networks]" in line


@pytest.mark.parametrize(
    "command",
    [
        "depth --a 1 --b 2 --n 3",
        "depth -p he-relu --dims 2 --n 3 --samples 20 --jobs 1",
        "list landscapes",
        "index -e network --dims 2 --samples 100 --jobs 1",
        "census -l deep-linear --dims 3 --jobs 1",
    ],
)
def test_the_rest_works_without(command: str, without: dict[str, str]) -> None:
    done = run(command, without)
    assert done.returncode == 0, done.stderr
    assert done.stdout


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
