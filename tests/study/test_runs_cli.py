"""``critpoints runs``: what is stored is listed, checked, exported, computed again and removed."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from critpoints import cli, refs
from critpoints.census.counts import CensusCounts
from critpoints.census.learning import NetworkPoints, Trainings
from critpoints.depth.runs import ProductRuns
from critpoints.errors import StoreError
from critpoints.escape import EscapeTimes
from critpoints.estimators import Proportion
from critpoints.estimators.splitting import Splitting
from critpoints.estimators.tilted import Tilted
from critpoints.optimizers import OPTIMIZERS, optimizer
from critpoints.protocols import Estimator
from critpoints.report.provenance import checksum
from critpoints.study.ledger import check
from critpoints.study.objects import KINDS
from critpoints.study.replay import digest_of, rebuild
from critpoints.study.spec import Spec
from critpoints.study.store import Store

RUNS = [
    ["minima", "-e", "goe", "--dims", "2-3", "--samples", "70000", "--jobs", "1"],
    ["index", "-e", "isotropic", "--dims", "2", "--samples", "9000", "--jobs", "1"],
    ["minima", "-e", "goe", "--dims", "6", "--method", "grown", "--samples", "8", "--jobs", "1"],
    ["census", "-l", "torus:degree=1", "--dims", "1", "--draws", "2", "--jobs", "1"],
    ["escape", "-p", "quadratic:curvature=.7", "--dims", "4", "-o", "gd:lr=.1", "--runs", "300",
     "--jobs", "1"],
    ["depth", "-p", "ginibre", "--dims", "3", "--n", "5", "--samples", "500", "--jobs", "1"],
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "store.sqlite"
    for command in RUNS:
        assert cli.run([*command, "--format", "csv", "--store", str(path)]) == 0
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    path.write_bytes(filled.read_bytes())
    return path


def change(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement, values)
    db.close()


def listed(capsys: pytest.CaptureFixture[str], store: Path) -> list[dict[str, object]]:
    capsys.readouterr()
    assert cli.run(["runs", "list", "--store", str(store), "--format", "json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_list_and_show(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    found = listed(capsys, store)
    assert [r["estimator"] for r in found] == [
        "proportion", "proportion", "weighted", "grown", "census", "escape", "product",
    ]  # fmt: skip
    assert found[0]["dim"] == 2
    assert found[0]["samples"] == 2 * 65536
    assert found[0]["seconds"] > 0  # type: ignore[operator]
    assert cli.run(["runs", "show", str(found[2]["digest"]), "--store", str(store)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert digest_of(shown["identity"]) == shown["digest"]
    for form in ("table", "csv"):
        assert cli.run(["runs", "list", "--store", str(store), "--format", form]) == 0
        assert "isotropic" in capsys.readouterr().out


def test_every_run_is_rebuilt_from_its_identity(store: Path) -> None:
    with Store.reading(store) as kept:
        specs = [rebuild(json.loads(entry.text)) for entry in kept.entries()]
        assert [s.digest for s in specs] == [e.digest for e in kept.entries()]
        assert check(kept, recomputed=2) == []


EXAMPLES = {
    "ensemble": Proportion("minima", "dense"),
    "landscape": CensusCounts(),
    "problem": EscapeTimes(optimizer("gd:lr=.1")),
    "product": ProductRuns(),
}
SIZES = (2, 3, 4, 6, 12, 61, 226)  # some objects exist in some dimensions only


def example(kind: str, name: str) -> Spec:
    registry, _ = KINDS[kind]
    for dim in SIZES:
        try:
            source = refs.parse(name + (":n=3" if kind == "product" else ""), registry, kind)(dim)
        except ValueError:
            continue
        return Spec(source, EXAMPLES[kind], seed=1)
    raise AssertionError(f"{name} exists in none of the dimensions {SIZES}")


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in EXAMPLES for n in KINDS[k][0]])
def test_whatever_has_a_name_is_rebuilt(kind: str, name: str) -> None:
    """Also where a landscape and a problem share it."""
    spec = example(kind, name)
    assert spec.storable
    again = rebuild(json.loads(json.dumps(spec.identity())))
    assert again == spec
    assert type(again.source) is type(spec.source)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_rebuilt(name: str) -> None:
    spec = Spec(example("problem", "quadratic").source, EscapeTimes(optimizer(name)))
    assert rebuild(json.loads(json.dumps(spec.identity()))) == spec


@pytest.mark.parametrize("estimator", [NetworkPoints(), Trainings(), Tilted(), Splitting()])
def test_other_estimators_are_rebuilt(estimator: Estimator) -> None:
    kind = "landscape" if isinstance(estimator, NetworkPoints | Trainings) else "ensemble"
    source = example(kind, "network-loss" if kind == "landscape" else "goe").source
    spec = Spec(source, estimator)
    assert rebuild(json.loads(json.dumps(spec.identity()))) == spec


def test_verify(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    command = ["runs", "verify", "--store", str(store), "--recompute", "1"]
    assert cli.run(command) == 0
    assert capsys.readouterr().out == "7 runs are sound\n"


DAMAGE = {
    "payload": ("UPDATE batch SET payload = zeroblob(length(payload)) WHERE spec = 1", "checksum"),
    "seconds": ("UPDATE batch SET seconds = -1 WHERE spec = 2", "it took"),
    "identity": ("UPDATE spec SET identity = replace(identity, '2', '4') WHERE id = 1", "digest"),
    "no identity": ("UPDATE spec SET identity = '[' WHERE id = 1", "digest does not fit"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(capsys: pytest.CaptureFixture[str], store: Path, name: str) -> None:
    statement, said = DAMAGE[name]
    change(store, statement)
    assert cli.run(["runs", "verify", "--store", str(store)]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert len(listed(capsys, store)) == 7


def test_a_result_made_up_with_a_valid_checksum_is_found_by_computing_it_again(
    capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    from critpoints.tally import Counts

    made_up = Counts([65000, 536])
    change(
        store, "UPDATE batch SET payload = ?, checksum = ? WHERE spec = 1 AND number = 0",
        made_up.to_bytes(), made_up.checksum(),
    )  # fmt: skip
    assert cli.run(["runs", "verify", "--store", str(store)]) == 0
    assert cli.run(["runs", "verify", "--store", str(store), "--recompute", "2"]) == 3
    assert "another result" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_export_and_replay(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path, suffix: str
) -> None:
    digests = [str(r["digest"]) for r in listed(capsys, store)]
    file = tmp_path / f"out{suffix}"
    command = ["runs", "export", *digests, "--to", str(file), "--store", str(store)]
    assert cli.run(command) == 0
    beside = tmp_path / f"out{suffix}.json"
    first = file.read_bytes(), beside.read_bytes()
    assert cli.run(command) == 0
    assert (file.read_bytes(), beside.read_bytes()) == first  # times come from the store
    assert str(tmp_path).encode() not in beside.read_bytes()
    frame = pd.read_csv(file) if suffix == ".csv" else pd.read_parquet(file)
    hits = frame[(frame["digest"].str.startswith(digests[0])) & (frame["column"] == 1)]
    assert 0.1 < hits["value"].sum() / (2 * 65536) < 0.2
    record = json.loads(beside.read_text())
    assert {"numpy", "scipy", "critpoints", "python"} <= set(record["versions"])
    assert set(record["machine"]) == {"system", "architecture"}
    times = [run["created"] for run in record["runs"]]
    assert times == [r["created"] for r in listed(capsys, store)]  # of the store
    capsys.readouterr()
    for which in (file, beside):
        assert cli.run(["runs", "replay", str(which)]) == 0
        assert capsys.readouterr().out == "equal\n"


def test_replay_notices_what_was_changed(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    file, beside = tmp_path / "a.csv", tmp_path / "a.csv.json"
    digest = str(listed(capsys, store)[0]["digest"])
    assert cli.run(["runs", "export", digest, "--to", str(file), "--store", str(store)]) == 0
    text, record = file.read_text(), json.loads(beside.read_text())
    file.write_text(text.replace("0,0,1,", "0,0,1,1"))
    assert cli.run(["runs", "replay", str(file)]) == 3
    assert "changed" in capsys.readouterr().err
    file.write_text(text)
    forged = text.replace("0,0,1,", "0,0,1,1")
    file.write_text(forged)  # also if the checksum is forged with it
    beside.write_text(json.dumps(record | {"files": {"a.csv": checksum(file)}}))
    assert cli.run(["runs", "replay", str(file)]) == 3
    assert "batch 0 of the file is another" in capsys.readouterr().err
    file.write_text(text + text.splitlines()[-1] + "\n")
    beside.write_text(json.dumps(record | {"files": {"a.csv": checksum(file)}}))
    assert cli.run(["runs", "replay", str(file)]) == 3
    assert "other batches" in capsys.readouterr().err
    file.write_text(text)
    record["runs"][0]["tallies"] = "0" * 64
    beside.write_text(json.dumps(record))
    assert cli.run(["runs", "replay", str(file)]) == 3
    assert "other numbers" in capsys.readouterr().err
    record["runs"][0]["identity"]["seed"] = 1
    beside.write_text(json.dumps(record))
    assert cli.run(["runs", "replay", str(file)]) == 3
    assert "digest is not that" in capsys.readouterr().err


def test_on_another_machine_equal_is_to_the_last_bits_but_counts_are_exact(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    """Sums agree to 1e-9, which the file itself shows; without it nothing can be said."""
    file, beside = tmp_path / "a.csv", tmp_path / "a.csv.json"
    digest = str(listed(capsys, store)[2]["digest"])  # logarithms of sums
    assert cli.run(["runs", "export", digest, "--to", str(file), "--store", str(store)]) == 0
    record, sound = json.loads(beside.read_text()), pd.read_csv(file)
    record["machine"]["architecture"], record["runs"][0]["tallies"] = "other", "0" * 64
    for change_, status in ((1e-12, 0), (1e-6, 3)):
        sound.assign(value=sound["value"] + change_).to_csv(file, index=False)
        record["files"]["a.csv"] = checksum(file)
        beside.write_text(json.dumps(record))
        assert cli.run(["runs", "replay", str(file)]) == status
    file.unlink()
    assert cli.run(["runs", "replay", str(beside)]) == 3


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"digest,batch\n", b"digest,batch,row,column,value\na,b,c,d,e\n"]
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_that_is_none_is_one_line(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path, content: bytes, suffix: str
) -> None:
    file = tmp_path / f"a{suffix}"
    digest = str(listed(capsys, store)[4]["digest"])
    assert cli.run(["runs", "export", digest, "--to", str(file), "--store", str(store)]) == 0
    file.write_bytes(content)
    capsys.readouterr()
    assert cli.run(["runs", "replay", str(file)]) in (2, 3)
    assert all(line.startswith("critpoints: ") for line in capsys.readouterr().err.splitlines())


def test_a_store_is_never_overwritten_by_its_export(
    capsys: pytest.CaptureFixture[str], store: Path, tmp_path: Path
) -> None:
    named = tmp_path / "named.csv"
    store.rename(named)
    digest = str(listed(capsys, named)[0]["digest"])
    before = named.read_bytes()
    assert cli.run(["runs", "export", digest, "--to", str(named), "--store", str(named)]) == 2
    assert "is the store" in capsys.readouterr().err
    assert named.read_bytes() == before


LAW = """
from dataclasses import dataclass
from pathlib import Path
import numpy as np
from critpoints import Ensemble
Path("imported").touch()
@dataclass(frozen=True)
class Mine(Ensemble):
    dim: int
    population = "toy"
    name, version = "mine", 1
    def sample(self, rng, size):
        return rng.standard_normal((size, 1, 1)) * np.eye(self.dim)
"""


def test_a_class_named_in_a_file_is_imported_only_if_it_is_named_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.chdir(tmp_path)
    (tmp_path / "law_of_mine.py").write_text(LAW)
    ref = "law_of_mine:Mine"
    command = ["minima", "-e", ref, "--dims", "2", "--samples", "2000", "--jobs", "1"]
    assert cli.run([*command, "--store", "s", "--format", "csv"]) == 0
    digest = str(listed(capsys, tmp_path / "s")[0]["digest"])
    assert cli.run(["runs", "export", digest, "--to", "a.csv", "--store", "s"]) == 0
    del sys.modules["law_of_mine"]
    (tmp_path / "imported").unlink()
    assert cli.run(["runs", "replay", "a.csv"]) == 2
    assert f"'{ref}' is not of this package: name it with --allow" in capsys.readouterr().err
    verify = ["runs", "verify", "--store", "s", "--recompute", "1"]
    assert cli.run(verify) == 0  # sound, but not computed again, which is said once a class
    said = capsys.readouterr()
    assert said.out == "1 runs are sound\n"
    assert said.err == f"critpoints: 1 of {ref} not computed again: name it with --allow {ref}\n"
    assert not (tmp_path / "imported").exists()
    assert cli.run(["runs", "replay", "a.csv", "--allow", ref]) == 0
    assert (tmp_path / "imported").exists()
    capsys.readouterr()
    assert cli.run([*verify, "--allow", ref]) == 0
    assert capsys.readouterr().err == ""
    change(tmp_path / "s", "UPDATE batch SET payload = zeroblob(length(payload))")
    assert cli.run(verify) == 3  # its checksums are checked all the same


def test_remove_takes_one_run_and_says_so(capsys: pytest.CaptureFixture[str], store: Path) -> None:
    before = listed(capsys, store)
    digest = str(before[1]["digest"])
    assert cli.run(["runs", "remove", digest, "--store", str(store)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"removed {digest}")
    assert "gaussian d=3, 2 batches" in said
    assert listed(capsys, store) == [r for r in before if r["digest"] != digest]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("show abc", "at least 4"), ("show zzzz", "0-9a-f"), ("show 0000000", "fits 0 runs"),
        ("remove %", "at least 4"), ("remove '____'", "0-9a-f"), ("remove 0000", "fits 0"),
        ("export 0000 --to a.csv", "fits 0"), ("export 0000 --to a.txt", "suffix"),
        ("replay nothing.csv", "no provenance"), ("verify --recompute -1", "recompute"),
    ],
)  # fmt: skip
def test_bad_input(
    capsys: pytest.CaptureFixture[str], store: Path, arguments: str, said: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    words = arguments.replace("'", "").split()
    extra = [] if words[0] == "replay" else ["--store", str(store)]
    assert cli.run(["runs", *words, *extra]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store.sqlite"]


def test_no_store_is_made_by_looking(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for command in (["list"], ["show", "0000"], ["verify"], ["remove", "0000"]):
        assert cli.run(["runs", *command, "--store", str(tmp_path / "typo")]) == 2
        assert "there is no store" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_log_is_json_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert cli.run([*RUNS[0], "--store", str(tmp_path / "s"), "--log-json", str(log)]) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1]["rows_done"] == lines[-1]["rows"] == 2
    assert {"batches", "hits", "log10_low", "samples_per_second", "seconds_left"} <= set(lines[0])
    assert [a["monotonic"] for a in lines] == sorted(a["monotonic"] for a in lines)
    assert capsys.readouterr().err == ""  # quiet where nobody watches


@pytest.mark.parametrize(
    ("memory", "jobs", "status", "said"),
    [("4G", "2", 0, ""), ("400M", "2", 2, "--jobs 1 would fit"), ("100M", "2", 2, "one worker"),
     ("x", "1", 2, "max_memory"), ("0", "1", 2, "max_memory"), ("-1M", "1", 2, "max_memory")],
)  # fmt: skip
def test_memory_is_judged_before_anything_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, memory: str, jobs: str, status: int,
    said: str,
) -> None:  # fmt: skip
    command = ["minima", "-e", "goe", "--dims", "3", "--samples", "100", "--max-memory", memory]
    found = cli.run([*command, "--jobs", jobs, "--store", str(tmp_path / "s"), "--format", "csv"])
    captured = capsys.readouterr()
    assert found == status
    assert said in captured.err
    if status:
        with Store.reading(tmp_path / "s") as store:
            assert store.entries() == []


def test_the_estimate_of_memory_holds_what_was_measured() -> None:
    import tracemalloc

    from critpoints.study.memory import batch_bytes
    from critpoints.study.objects import build
    from critpoints.study.plan import plan
    from critpoints.study.spec import Spec

    for ref, method, dim in [
        ("goe", "plain", 10), ("isotropic", "auto", 10), ("isotropic", "determinant", 60),
        ("goe", "sieve", 20), ("wishart", "auto", 30),
    ]:  # fmt: skip
        law = build("ensemble", ref, dim)
        spec = Spec(law, plan(law, "minima", method).estimator)
        spec.run(0)
        tracemalloc.start()
        spec.run(1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert 0.2 < batch_bytes(spec) / peak < 5, (ref, method)


def test_what_cannot_be_recomputed_says_why(store: Path) -> None:
    with Store.reading(store) as kept:
        known = json.loads(kept.entries()[0].text)
    for change_, said in [
        ({"object_version": 9}, "differs in object_version"),
        ({"object": "nothing"}, "does not know 'nothing'"),
        ({"object": "os:system"}, "--allow"),
        ({"object": ["a"]}, "names no class"),
        ({"dim": 10**9}, "dims"),
        ({"batch": 10**15, "estimator": {"name": "proportion", "route": "dense"}}, "memory"),
        ({"estimator": {"name": "magic"}}, "estimator"),
        ({"estimator": 3}, "estimator"),
        ({"parameters": {"beta": [[[1]]]}}, "beta"),
        ({"parameters": {"__class__": 1}}, "__class__"),
        ({"parameters": 1}, "no identity"),
        ({"seed": "x"}, "seed"),
    ]:
        with pytest.raises(StoreError, match=said):
            rebuild(known | change_)


def test_csv_of_a_hostile_name_is_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names from a stranger's store are shown without what a terminal would obey."""
    known = {
        "object": "\x1b]0;owned\x07", "parameters": {}, "dim": 1, "population": "\x1b[2J",
        "estimator": {"name": "\r"}, "seed": 0, "batch": 1,
    }  # fmt: skip
    Store(tmp_path / "s").close()
    values = (digest_of(known), json.dumps(known, sort_keys=True), 1e300)
    change(tmp_path / "s", "INSERT INTO spec (digest, identity, created) VALUES (?, ?, ?)", *values)
    known["seed"] = 1
    values = (digest_of(known), json.dumps(known, sort_keys=True), 0.0)
    change(tmp_path / "s", "INSERT INTO spec (digest, identity, created) VALUES (?, ?, ?)", *values)
    for form in ("table", "csv"):
        assert cli.run(["runs", "list", "--store", str(tmp_path / "s"), "--format", form]) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "\x07" not in out
    assert len(list(csv.DictReader(out.splitlines()))) == 2
