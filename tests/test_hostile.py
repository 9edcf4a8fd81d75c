"""Files, names and plugins of strangers can cause an error, and nothing else."""

from __future__ import annotations

import json
import pickle
import re
import sqlite3
from pathlib import Path

import pytest

import critpoints
from critpoints import cli
from critpoints.ensembles import GaussianEnsemble
from critpoints.errors import StoreError
from critpoints.estimators import Proportion
from critpoints.report import export
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Counts

SPEC = Spec(GaussianEnsemble(2), Proportion("minima"), batch=100)


class Bomb:
    """Unpickled, it leaves a file."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded"),)


PAYLOADS: dict[str, dict[str, object]] = {
    "pickle": {"payload": pickle.dumps(Bomb())},
    "pickle as a kind": {"kind": "pickle", "payload": pickle.dumps(Bomb())},
    "text": {"payload": "[99, 1]!" * 2},
    "integer": {"payload": 7},
    "shape of code": {"shape": "__import__('pathlib').Path('exploded').touch()"},
    "negative shape": {"shape": "[-1, -2]"},
    "no shape": {"shape": "[]"},
    "infinite shape": {"shape": "[1e999]"},
    "huge shape": {"shape": "[1000000000000000000]"},
    "deep shape": {"shape": "[" * 5000},
    "shape as an object": {"shape": '{"a": 1}'},
    "not unicode": {"kind": b"\xff\xfe"},
    "checksum of another type": {"checksum": "x"},
    "time that never ends": {"seconds": float("inf")},
    "time as text": {"seconds": "soon"},
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_hostile_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with Store(tmp_path / "s") as store:
        store.put(SPEC, [(k, Counts([99, 1]), 0.5) for k in range(3)])
    with sqlite3.connect(tmp_path / "s") as db:
        for column, value in PAYLOADS[name].items():
            db.execute(f"UPDATE batch SET {column} = ? WHERE number = 1", (value,))  # noqa: S608
    db.close()
    with Store(tmp_path / "s") as store, pytest.raises(StoreError, match="damaged"):
        store.prefix(SPEC)
    assert cli.run(["runs", "verify", "--store", "s"]) == 3
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("digest", ["' OR 1=1 --", "%", "____", "*", "../../x", "", "\x00", "é"])
def test_digests_are_never_sql_or_paths(
    tmp_path: Path, digest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(tmp_path / "s") as store:
        store.put(SPEC, [(0, Counts([99, 1]), 0.5)])
    for command in (["show"], ["remove"], ["export", "--to", str(tmp_path / "a.csv")]):
        assert cli.run(["runs", *command, "--store", str(tmp_path / "s"), "--", digest]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3
    with Store.reading(tmp_path / "s") as store:
        assert len(store.entries()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


PROVENANCE: dict[str, object] = {
    "no object": [1, 2],
    "no runs": {"format": export.FORMAT, "files": {}},
    "another format": {"format": "x", "files": {}, "runs": []},
    "runs of text": {"format": export.FORMAT, "files": {}, "runs": ["x"]},
    "no identity": {"format": export.FORMAT, "files": {}, "runs": [{"digest": "0"}]},
    "a class": {"object": "os:system"},
    "a path": {"object": "../../etc/passwd:X"},
    "endless": {"batches": [[0, 10**18]]},
    "negative": {"batches": [[-5, 2]]},
    "batches of text": {"batches": "all"},
}


@pytest.mark.parametrize("name", PROVENANCE)
def test_hostile_provenance(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from critpoints.study.replay import digest_of

    content = PROVENANCE[name]
    if isinstance(content, dict) and "format" not in content:
        said = SPEC.identity() | {k: v for k, v in content.items() if k == "object"}
        run = {"digest": digest_of(said), "identity": said, "tallies": "", "batches": [[0, 1]]}
        run |= {k: v for k, v in content.items() if k == "batches"}
        content = {"format": export.FORMAT, "files": {"../../x": "0"}, "runs": [run]}
    file = tmp_path / "a.csv.json"
    file.write_text(json.dumps(content))
    assert cli.run(["runs", "replay", str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "ref",
    ["os:system", "builtins:eval", "pathlib:Path", "..:x", "a.b.c:D", ":", "::", "goe:__class__=1",
     "goe:beta=__import__('os')", "subprocess:Popen:args=ls", "\x00:x", "os.path:join", "x" * 9999],
)  # fmt: skip
def test_names_that_are_no_objects(ref: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((ValueError, TypeError)):
        critpoints.minima_fraction(ref, 2, samples=10)
    assert cli.run(["minima", "-e", ref, "--dims", "1", "--samples", "10"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_plugin_that_raises_anything_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rude_plugin.py").write_text("raise RuntimeError('two\\nlines')\n")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["minima", "-e", "rude_plugin:Law", "--dims", "1"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_nothing_that_runs_data_is_used_anywhere() -> None:
    """No unpickling, no evaluation, no YAML in the package."""
    banned = re.compile(
        r"import pickle|pickle\.load|(?<![\w.])(eval|exec)\(|yaml|marshal|shelve|allow_pickle=True"
        r"|read_pickle|joblib\.load"
    )
    home = Path(critpoints.__file__).parent
    texts = {path.name: path.read_text(encoding="utf-8") for path in home.rglob("*.py")}
    assert [name for name, text in texts.items() if banned.search(text)] == []
    assert banned.search("x = eval(text)")
