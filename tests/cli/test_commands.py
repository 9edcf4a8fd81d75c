"""The commands as a user types them: records, exit statuses, one line for every error."""

from __future__ import annotations

import csv
import io
import json
import math
import signal
import sqlite3
import subprocess
import sys
import time

import pandas as pd
import pytest

from critpoints import cli
from critpoints.cli import census, options, output
from tests.study.survivors import HEARING

FIELDS = {
    "object", "population", "dim", "event", "method", "status", "level", "seed", "digest",
    "version", "estimate", "low", "high", "log10_estimate", "log10_low", "log10_high", "samples",
    "hits", "exact", "log10_exact", "model_third", "z", "z_third", "base_d", "base_d2",
}  # fmt: skip


def records(capsys, *arguments, status=0):
    assert cli.run([*arguments, "--format", "json"]) == status
    return json.loads(capsys.readouterr().out)


def test_minima_agrees_with_the_exact_values(capsys):
    found = records(
        capsys, "minima", "--ensemble", "goe", "--ensemble", "isotropic", "--dims", "1-5",
        "--jobs", "1",
    )  # fmt: skip
    assert [(r["object"], r["dim"]) for r in found] == [
        (name, d) for name in ("goe", "isotropic") for d in range(1, 6)
    ]
    for record in found:
        assert set(record) >= FIELDS
        assert abs(record["z"]) < 4
        assert record["low"] < record["estimate"] < record["high"]
        assert record["model_third"] == pytest.approx(3.0 ** -record["dim"])


def test_index_records_every_bin(capsys):
    found = records(
        capsys, "index", "-e", "goe", "--dims", "3", "--samples", "40000", "--jobs", "1"
    )
    assert [r["index"] for r in found] == [0, 1, 2, 3, "degenerate"]
    assert sum(r["hits"] for r in found) == 40_000
    assert all(abs(r["z"]) < 4 for r in found if r["z"] is not None)


def test_exact_prints_counts_where_a_number_is_meant(capsys):
    found = records(capsys, "exact", "-e", "spin-glass:p=3", "--dims", "2", "--index", "all")
    assert sum(r["count"] for r in found) == pytest.approx(10.5524, abs=1e-4)
    assert found[0]["count"] == pytest.approx(3.13809, abs=1e-5)


def test_list_names_every_ensemble(capsys):
    found = records(capsys, "list", "ensembles")
    assert {"goe", "isotropic", "independent", "wigner", "spin-glass"} <= {r["name"] for r in found}


def test_a_second_run_reads_the_store_and_a_tighter_one_extends_it(capsys, tmp_path):
    store = str(tmp_path / "my store.sqlite")
    command = ("minima", "-e", "goe", "--dims", "2", "--jobs", "1", "--store", store)
    first = records(capsys, *command)
    assert records(capsys, *command) == first
    (tight,) = records(capsys, *command, "--rel-error", ".02")
    assert tight["samples"] > 10 * first[0]["samples"]


def test_csv_has_the_same_columns(capsys):
    assert cli.run(["minima", "-e", "goe", "--dims", "2", "--jobs", "1", "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert set(row) >= FIELDS


def test_a_precision_that_was_not_reached_is_status_3(capsys):
    command = (
        "minima",
        "-e",
        "goe",
        "--dims",
        "9",
        "--seconds",
        ".2",
        "--method",
        "sieve",
        "--jobs",
        "1",
    )
    (record,) = records(capsys, *command, status=3)
    assert record["status"] == "incomplete"
    assert record["hits"] == 0
    assert record["estimate"] == 0 < record["high"]
    assert record["log10_estimate"] is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ("--dims 0", "dims"), ("--dims -1", "dims"), ("--dims 2.5", "dims"), ("--dims x", "dims"),
        ("--dims 5-2", "dims"), ("--dims 1000000000", "dims"), ("--dims ,", "dims"),
        ("--dims 2 --rel-error 0", "rel_error"), ("--dims 2 --rel-error -1", "rel_error"),
        ("--dims 2 --rel-error nan", "rel_error"), ("--dims 2 --rel-error x", "rel-error"),
        ("--dims 2 --level 1.5", "level"), ("--dims 2 --jobs 0", "jobs"),
        ("--dims 2 --jobs -2", "jobs"), ("--dims 2 --seed -1", "seed"),
        ("--dims 2 --samples 0", "samples"), ("--dims 2 --seconds 0", "seconds"),
        ("--dims 2 --method sieved", "sieve"), ("--dims 2 --method identity", "identity"),
        ("--dims 2 --backend dask", "backend"), ("--dims 2 --format xml", "format"),
        ("--dims 2 --store /dev/null/x", "store"), ("--dims 2 --nonsense", "nonsense"),
        ("--dims 2 -e geo", "goe"), ("--dims 2 -e beta:beta=0", "beta"),
        ("--dims 2 -e beta:bta=1", "beta"), ("--dims 2 -e wigner:entries=gausian", "gaussian"),
        ("--dims 2 -e goi:variance=-1", "variance"), ("--dims 2 -e no.such:Law", "no.such"),
        ("--dims 2 -e builtins:dict", "dict"), ("--dims 2 -e independent:minimum=.9", "minimum"),
        ("", "dims"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_2(capsys, arguments, named):
    assert cli.run(["minima", "--ensemble", "goe", *arguments.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("critpoints: ")
    assert named in line


@pytest.mark.parametrize(
    "arguments", ["exact -e goe --dims 2 --index 3", "exact -e goe --dims 2 --index x",
                  "exact -e wigner:entries=uniform --dims 2", "list nothing", "minimum"],
)  # fmt: skip
def test_bad_input_of_the_other_commands(capsys, arguments):
    assert cli.run(arguments.split()) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_command_prints_the_help(capsys):
    assert cli.run([]) == 0
    assert "minima" in capsys.readouterr().out


def test_importing_the_package_loads_nothing_heavy():
    heavy = "('numpy', 'pandas', 'scipy', 'matplotlib')"
    code = f"import critpoints, sys; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_class_in_the_working_directory(capsys, tmp_path, monkeypatch):
    (tmp_path / "stiff_law.py").write_text(
        "from dataclasses import dataclass\n"
        "import numpy as np\n"
        "from critpoints import Ensemble\n"
        "@dataclass(frozen=True)\n"
        "class Stiff(Ensemble):\n"
        "    dim: int\n"
        "    soft: float = 1.0\n"
        "    population = 'toy'\n"
        "    def sample(self, rng, size):\n"
        "        h = np.zeros((size, self.dim, self.dim))\n"
        "        h[:, range(self.dim), range(self.dim)] = 1.0\n"
        "        h[:, 0, 0] = self.soft * rng.standard_normal(size)\n"
        "        return h\n"
    )
    monkeypatch.chdir(tmp_path)
    command = ("minima", "-e", "stiff_law:Stiff:soft=2", "--dims", "2-3", "--jobs", "1")
    found = records(capsys, *command)
    assert [r["object"] for r in found] == ["stiff_law:Stiff:soft=2.0"] * 2
    assert all(r["low"] < 0.5 < r["high"] for r in found)


def test_an_interrupt_is_one_line_and_the_same_command_goes_on(tmp_path):
    store = tmp_path / "store.sqlite"
    options = [
        "--ensemble",
        "goe",
        "--dims",
        "9",
        "--rel-error",
        ".5",
        "--method",
        "sieve",
        "--jobs",
        "1",
    ]
    command = [sys.executable, "-c", HEARING, "minima", *options, "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not store.exists() or store.stat().st_size + wal_size(store) < 2**15:
            assert time.monotonic() < deadline, "nothing was stored"
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.splitlines() == [
        b"critpoints: interrupted; what was recorded is kept for the same command"
    ]
    with sqlite3.connect(store) as kept:
        assert kept.execute("SELECT count(*) FROM batch").fetchone()[0] > 0


def wal_size(store):
    log = store.with_name(store.name + "-wal")
    return log.stat().st_size if log.exists() else 0


def test_census_prints_a_record_a_draw(capsys):
    arguments = ["census", "-l", "torus:degree=2", "--dims", "2", "--draws", "2", "--jobs", "1"]
    found = records(capsys, *arguments)
    assert [r["draw"] for r in found] == [0, 1]
    for record in found:
        assert record["euler"] == record["euler_expected"] == 0
        assert record["certified"] is record["complete"] is record["distinct"] is True
        assert record["undecided"] == 0
        assert record["seconds"] > 0
        assert sum(record["counts"]) == record["critical_points"]


def test_census_sums_up_below_the_table(capsys):
    arguments = ["census", "-l", "torus:degree=2", "--dims", "2", "--draws", "3", "--jobs", "1"]
    found = records(capsys, *arguments)
    share = sum(r["minima"] for r in found) / sum(r["critical_points"] for r in found)
    assert cli.run(arguments) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert f"minima are {share:.4g} [" in line
    assert "of 3 functions (95% interval); mean counts by index 0..2: " in line


def test_census_prints_the_points(capsys):
    arguments = ["census", "-l", "torus:degree=2", "--dims", "2", "--draws", "2", "--jobs", "1"]
    found = records(capsys, *arguments, "--points")
    for record in found:
        assert len(record["points"]) == record["critical_points"]
        for point in record["points"]:
            assert len(point["x"]) == len(point["eigenvalues"]) == 2
            assert point["index"] == sum(value < 0 for value in point["eigenvalues"])
            assert point["residual"] < 1e-12
            assert (point["certified"], point["degenerate"]) == (True, False)
    numbers = [[p["index"] for p in r["points"]].count(0) for r in found]
    assert numbers == [r["minima"] for r in found]
    assert cli.run([*arguments, "--points", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == sum(r["critical_points"] for r in found)
    assert [json.loads(r["x"]) for r in rows] == [p["x"] for r in found for p in r["points"]]
    assert cli.run([*arguments, "--points"]) == 0
    table = capsys.readouterr().out
    assert table.index("critical points") < table.index("residual")


def test_census_is_bounded(capsys):
    arguments = [
        "census",
        "-l",
        "torus:degree=4",
        "--dims",
        "2",
        "--jobs",
        "1",
        "--method",
        "subdivision",
    ]
    few = records(capsys, *arguments, "--max-cells", "1000", status=3)
    assert few[0]["undecided"] > 0
    assert 0 < few[0]["undecided_volume"] < 1
    assert few[0]["complete"] is False
    assert cli.run([*arguments, "--max-memory", "300M"]) == 2
    assert "max_memory 300M is too little" in capsys.readouterr().err
    enough = records(capsys, *arguments, "--max-memory", "300M", "--max-cells", "100000")
    assert enough[0]["complete"] is True


def test_list_landscapes(capsys):
    found = records(capsys, "list", "landscapes")
    assert {"torus", "fourier", "spin", "rastrigin"} <= {r["name"] for r in found}


def test_a_census_that_is_not_proven_leaves_with_3(capsys):
    command = "census -l monkey --dims 2 --jobs 1 --method subdivision"
    found = records(capsys, *command.split(), status=3)
    assert found[0]["certified"] is False
    assert cli.run(["census", "-l", "monkey", "--dims", "2", "--jobs", "1"]) == 3
    assert "1 of 1 functions have undecided cells" in capsys.readouterr().err


@pytest.mark.parametrize(("mass", "status"), [(0.9e-3, 0), (1.1e-3, 3), (1.0, 3), (math.nan, 0)])
def test_a_search_that_bounds_less_than_was_asked_leaves_with_3(mass, status, capsys):
    row = {"audit": None, "undecided": 0, "undecided_volume": 0.0, "unseen_mass": mass}
    assert census._finish(pd.DataFrame([row]), 1e-3) == status
    said = "1 of 1 functions were searched less than asked" in capsys.readouterr().err
    assert said == (status == 3)


def test_starts_and_mass_of_a_search_can_be_set(capsys):
    command = "census -l spin:p=3 --dims 3 --method multistart --jobs 1"
    (few,) = records(capsys, *command.split(), "--starts", "300", status=3)
    assert few["starts"] == 300
    assert few["unseen_mass"] > 1e-3
    (coarse,) = records(capsys, *command.split(), "--unseen-mass", ".02")
    assert coarse["unseen_mass"] <= 0.02
    assert coarse["starts"] < 1000
    assert coarse["smallest_share"] < coarse["unseen_mass"]


def test_minima_on_the_boundary_are_listed_as_such(capsys):
    command = "census -l styblinski-tang --dims 2 --points --jobs 1"
    (found,) = records(capsys, *command.split())
    assert len(found["points"]) == 9
    assert found["boundary_minima"] == []


def test_depth_reproduces_the_notes(capsys):
    found = records(capsys, *["depth", "--a", "1", "--b", "2", "--n", "1-60"])
    assert [r["n"] for r in found] == list(range(1, 61))
    assert (found[9]["y"], found[9]["dy_da"], found[9]["dy_db"]) == (1 + 2**10, 10, 10 * 2**9)
    vanishing = records(capsys, *["depth", "--a", ".5", "--b", ".9", "--n", "10000"])[0]
    assert vanishing["y"] == 0 or vanishing["y"] < 1e-300
    assert vanishing["log10_y"] == pytest.approx(10_000 * math.log10(0.9))
    exploding = records(capsys, *["depth", "--a", "1", "--b", "2", "--n", "10000"])[0]
    assert exploding["y"] is None
    assert exploding["log10_y"] == pytest.approx(10_000 * math.log10(2))


def test_depth_of_random_products(capsys):
    arguments = "depth --product ginibre --product he-relu --dims 4 --n 10 --samples 2000 --jobs 1"
    found = records(capsys, *arguments.split())
    assert [r["object"] for r in found] == ["ginibre:n=10"] * 2 + ["he-relu:n=10"] * 2
    assert all(abs(r["z"]) < 4 for r in found if r["z"] is not None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("depth", "give either --a and --b, or --product"),
        ("depth --a 1", "give either"),
        ("depth --product ginibre --a 1", "belong to powers"),
        ("depth --a 1 --b inf", "b must be a finite number"),
        ("depth --product ginibre --n 0", "n must be"),
    ],
)
def test_depth_refuses(arguments, said, capsys):
    assert cli.run(arguments.split()) == 2
    assert said in capsys.readouterr().err


def test_escape_prints_a_record_an_optimizer(capsys):
    arguments = [
        "escape", "--problem", "quadratic:index=1,curvature=.7", "--dims", "10",
        "--optimizer", "gd:lr=.1", "--optimizer", "newton", "--runs", "300", "--jobs", "1",
    ]  # fmt: skip
    plain, newton = records(capsys, *arguments)
    assert (plain["problem"], plain["optimizer"]) == ("quadratic:curvature=0.7", "gd:lr=0.1")
    assert plain["runs"] == plain["escaped"] == 300
    assert plain["diverged"] == 0
    assert plain["low"] < plain["mean"] < plain["high"]
    assert plain["predicted"] == pytest.approx(111.485, abs=1e-3)
    assert abs(plain["z"]) < 4
    assert plain["gradient_evaluations"] > plain["mean"]
    assert plain["seconds"] > 0
    assert newton["converged_saddle"] == 300
    assert newton["mean"] is newton["median"] is None
    single = records(capsys, *arguments, "--single")
    assert len(single) == 600
    assert {r["outcome"] for r in single} == {"escaped", "converged_saddle"}


def test_race_says_why_one_problem_has_no_intervals(capsys):
    text = "race -o gd:lr=.5 --runs 8 --tuning-runs 2 --budget 60 --jobs 1 -p quadratic"
    given = text.split()
    assert cli.run(given) == 0
    out, err = capsys.readouterr()
    assert "one kind of problem gives no intervals" in err
    assert "work low" not in out
    assert cli.run([*given, "-p", "quartic"]) == 0
    out, err = capsys.readouterr()
    assert "intervals" not in err
    assert "work low" in out


def test_escape_says_that_saddles_are_few(capsys):
    given = "escape -p random --dims 1 -o saddle-free:lr=.5 --runs"
    assert cli.run([*given.split(), "64", "--jobs", "1", "--format", "json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["saddles"] == 2
    assert "1 of 1 rows unreliable: fewer than five random saddles were drawn" in err
    assert cli.run([*given.split(), "160", "--jobs", "1"]) == 0
    assert "saddles" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("-p quadratic -o gd:lr=0", "lr must be a finite number > 0, got 0.0"),
        ("-p quadratic -o momentum:momentum=1", "momentum must be"),
        ("-p quadratic -o gd --runs 0", "runs must be"),
        ("-p quadratics -o gd", "did you mean quadratic"),
    ],
)
def test_escape_refuses_in_one_line(capsys, arguments, said):
    assert cli.run(["escape", "--dims", "2", *arguments.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_list_problems_and_optimizers(capsys):
    problems = {r["name"] for r in records(capsys, "list", "problems")}
    assert {"quadratic", "octopus", "cliff", "spin"} <= problems
    optimizers = {r["name"]: r["keys"] for r in records(capsys, "list", "optimizers")}
    assert "momentum=0.9" in optimizers["momentum"]


def test_a_table_shows_names_as_they_are(capsys):
    """A colon on either side of a word is no emoji."""
    output.write([{"object": "mine:top:width=1"}], options.Format.table, ["object"])
    assert "mine:top:width=1" in capsys.readouterr().out


def test_a_list_tells_names_of_one_class_apart(capsys):
    for kind in ("ensembles", "landscapes", "problems", "optimizers"):
        what = [(record["what"], record["keys"]) for record in records(capsys, "list", kind)]
        assert len(set(what)) == len(what), kind


@pytest.mark.parametrize("dims", ["1-2", "1-400"])
def test_a_closed_pipe_is_a_quiet_end(dims):
    """Whether all fits into the buffer or not."""
    command = f"-m critpoints.cli exact -e independent --dims {dims} --format csv"
    words = [sys.executable, *command.split()]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        error = process.stderr.read()
    assert (process.returncode, error) == (0, b"")


def test_a_store_in_a_folder_that_is_not_there_is_refused(capsys, tmp_path):
    command = ["minima", "-e", "goe", "--dims", "1", "--samples", "10"]
    assert cli.run([*command, "--store", str(tmp_path / "typo" / "s.sqlite")]) == 2
    assert "--store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_exact_prints_no_zero_for_what_is_only_small(capsys):
    (row,) = records(capsys, "exact", "-e", "goe", "--dims", "30", "--index", "1")
    assert row["log10"] == pytest.approx(-95.69934, abs=1e-5)
    assert row["accuracy_kind"] == "relative"
    assert cli.run(["exact", "-e", "goi:variance=.05", "--dims", "24", "--index", "1"]) == 0
    shown = capsys.readouterr().out
    assert "< 1e-13" in shown
    assert "accuracy kind" in shown
    (row,) = records(capsys, "exact", "-e", "goi:variance=.05", "--dims", "24", "--index", "1")
    assert row["probability"] is None
    assert row["log10_bound"] == pytest.approx(-13, abs=0.1)


def test_no_exact_probability_exceeds_one(capsys):
    steep = ["-e", "confined:mass=3", "-e", "confined:mass=5"]
    found = records(capsys, "exact", *steep, "--dims", "1-4")
    assert all(row["probability"] <= 1 for row in found)


def test_an_unreliable_row_says_what_to_do(capsys):
    arguments = ["minima", "-e", "wigner:entries=uniform", "--dims", "10", "--samples", "16"]
    assert cli.run([*arguments, "--method", "grown", "--jobs", "1"]) == 3
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith(
        "critpoints: wigner:entries=uniform d=10 unreliable: the replicates rest"
    )
    advice = line.rpartition("take method '")[2].rstrip("'")
    assert cli.run([*arguments, "--method", advice, "--jobs", "1"]) == 0
