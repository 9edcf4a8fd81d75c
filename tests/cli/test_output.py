"""Tables in a terminal, narrow or wide, and in a pipe: numbers whole, names as they are."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios

import pytest

import critpoints
from critpoints import cli
from critpoints.cli import (
    census,
    demo,
    depth,
    escape,
    exact,
    index,
    minima,
    network,
    output,
    race,
    runs,
)
from critpoints.cli.options import Format

TABLES = {
    "minima": minima.COLUMNS,
    "index": index.COLUMNS,
    "exact": exact.COLUMNS,
    "census": census.COLUMNS,
    "points": census.POINT_COLUMNS,
    "searches": network.POINT_COLUMNS,
    "trainings": network.TRAINING_COLUMNS,
    "escape": escape.COLUMNS,
    "runs of escape": escape.RUN_COLUMNS,
    "powers": depth.POWER_COLUMNS,
    "products": depth.PRODUCT_COLUMNS,
    "demo": demo.COLUMNS,
    "runs": runs.COLUMNS,
    "list": ("name", "keys", "what"),
    **{f"race {name}": columns for name, columns in race.COLUMNS.items()},
}
NUMBER = -4.614e-106
TEXTS = {
    "object": "network-loss:data=teacher,width=3,inputs=2",
    "problem": "quadratic:spectrum=-0.7/1/1/1/1",
    "ensemble": "wigner:entries=uniform",
    "optimizer": "momentum:lr=0.1,momentum=0.9",
    "status": "incomplete",
    "counts": [1024, 2048, 1024],
    "why": "predicted work " * 8,
    "keys": "key=value, " * 8,
    "parameters": "{} " * 30,
}


def record(columns):
    return {name: TEXTS.get(name, NUMBER) for name in columns}


def shown(capsys, monkeypatch, columns, width, rows=2):
    """Lines of a table in a terminal of this width, or in a pipe."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr("rich.console.Console.is_terminal", True)
        monkeypatch.setenv("NO_COLOR", "1")
    output.write([record(columns)] * rows, Format.table, columns)
    text = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    return text.splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_fits_and_nothing_in_it_is_cut(name, width, capsys, monkeypatch):
    columns = TABLES[name]
    lines = shown(capsys, monkeypatch, columns, width)
    rule = next(k for k, line in enumerate(lines) if set(line.strip()) == {"─"})
    note = [line for line in lines if line.startswith("No room for: ")]
    table = [line for line in lines if line not in note]
    assert all(len(line) <= width for line in table)
    assert "…" not in "".join(lines)
    left = set(note[0].partition(": ")[2].partition(". --")[0].split(", ")) if note else set()
    kept = [c for c in columns if c.replace("_", " ") not in left]
    assert len(kept) + len(left) == len(columns)
    assert set(columns[:2]) <= set(kept)
    body = "\n".join(table[rule + 1 :])
    assert body.count(f"{NUMBER:.4g}") == 2 * sum(c not in TEXTS for c in kept)
    letters = re.sub(r"\s", "", body)
    if sum(c in TEXTS for c in kept) == 1:  # folded, the only text stands there as a whole
        (text,) = (TEXTS[c] for c in kept if c in TEXTS)
        assert re.sub(r"\s", "", str(text)) in letters.replace(f"{NUMBER:.4g}", "")


@pytest.mark.parametrize("name", TABLES)
def test_in_a_pipe_a_record_is_a_line_with_everything(name, capsys, monkeypatch):
    columns = TABLES[name]
    lines = shown(capsys, monkeypatch, columns, None)
    assert len([line for line in lines if line.strip()]) == 4
    assert lines[0].split() == " ".join(columns).replace("_", " ").split()
    assert lines[-1].count(f"{NUMBER:.4g}") == sum(c not in TEXTS for c in columns)
    assert all(str(TEXTS[c]).strip() in lines[-1] for c in columns if c in TEXTS)


def test_why_is_the_first_to_go(capsys, monkeypatch):
    notes = [shown(capsys, monkeypatch, minima.COLUMNS, w)[-1] for w in range(60, 221, 10)]
    notes = [note for note in notes if note.startswith("No room for: ")]
    assert all(note.endswith(" why. --format csv has all.") for note in notes)
    assert len(notes[0]) > len(notes[-1])


def test_names_are_printed_as_they_are(capsys):
    name = "myprob:Top:width=.01,tag=[bold]x[/bold]"
    rows = [{"object": name, ":top:": ":smile:", "dim": 2}]
    output.write(rows, Format.table, ("object", ":top:", "dim"))
    text = capsys.readouterr().out
    assert name in text
    assert ":top:" in text
    assert ":smile:" in text


def test_a_real_terminal_of_80_columns():
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    hidden = ("COLUMNS", "FORCE_COLOR", "LINES")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "critpoints.cli", "minima", "-e", "goe", "-e", "isotropic"]
    options = ["--dims", "3-4", "--samples", "4096", "--jobs", "1", "--store", ":memory:"]
    done = subprocess.run(
        [*command, *options], stdout=follower, stderr=subprocess.PIPE, env=environment, check=False
    )
    os.close(follower)
    text = read(leader)
    assert done.returncode == 0, done.stderr
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).splitlines()
    rows = [line.split() for line in lines if line.startswith(("goe ", "isotropic "))]
    assert [row[:2] for row in rows[:4]] == [
        [name, d] for name in ("goe", "isotropic") for d in "34"
    ]
    assert all(float(low) < float(value) < float(high) for _, _, value, low, high, *_ in rows[:4])
    assert "…" not in text


def read(descriptor):
    """All that was written before the other end was closed."""
    parts = []
    with os.fdopen(descriptor, "rb", buffering=0) as terminal:
        while True:
            try:
                part = terminal.read(65536)
            except OSError:  # how Linux says that it was closed
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts).decode()


SAMPLED = {
    "minima": "minima -e goe -e isotropic --dims 2 --samples 2000 --level .9",
    "index": "index -e goe --dims 2 --samples 2000 --level .9",
    "escape": "escape -p quadratic --dims 2 -o gd --runs 8 --level .9",
    "single": "escape -p quadratic --dims 2 -o gd --runs 8 --single",
    "race": "race -p quadratic -o gd --grid lr=.1 --runs 8 --level .9",
    "depth": "depth -p ginibre --dims 2 --n 2 --samples 16 --level .9",
    "census": "census -l torus:degree=1 --dims 1",
}


@pytest.mark.parametrize("name", SAMPLED)
def test_below_a_table_stands_how_it_was_sampled(name, capsys):
    command = [*SAMPLED[name].split(), "--seed", "7", "--jobs", "1", "--store", ":memory:"]
    assert cli.run(command) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "seed: " in x]
    assert f"seed: 7; version: {critpoints.__version__}" in line
    assert ("; population: " in line) == (name != "single")
    assert ("level: 0.9; " in line) == ("--level" in command)
    if name == "minima":
        assert line.endswith(
            "random matrices (goe); critical points of an isotropic Gaussian field (isotropic)"
        )


def test_control_what_is_not_sampled_has_no_seed(capsys):
    assert cli.run(["exact", "-e", "goe", "--dims", "2"]) == 0
    assert "seed" not in capsys.readouterr().out
