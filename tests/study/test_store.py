"""A store keeps what it was given, and refuses what it cannot trust without touching it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from critpoints.ensembles import GaussianEnsemble
from critpoints.errors import StoreError
from critpoints.estimators import Proportion
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Counts, Moments, Tally

SPEC = Spec(GaussianEnsemble(2), Proportion("minima"), batch=100)
OTHER = Spec(GaussianEnsemble(3), Proportion("minima"), batch=100)


def counts(hits: int) -> Counts:
    return Counts([100 - hits, hits])


def arrays(tallies: list[Tally]) -> list[list[int]]:
    return [tally.data.tolist() for tally in tallies]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    with Store(path) as store:
        store.put(SPEC, [(0, counts(1), 0.5), (1, counts(2), 0.5)])
    return path


def test_what_is_put_is_there_after_reopening(filled: Path) -> None:
    with Store(filled) as store:
        assert arrays(store.prefix(SPEC)) == [[99, 1], [98, 2]]
        assert store.prefix(OTHER) == []


def test_the_prefix_ends_at_the_first_gap(filled: Path) -> None:
    with Store(filled) as store:
        store.put(SPEC, [(3, counts(4), 0.5)])
        assert len(store.prefix(SPEC)) == 2
        store.put(SPEC, [(2, counts(3), 0.5)])
        assert len(store.prefix(SPEC)) == 4


def test_floats_come_back_bit_by_bit(path: Path) -> None:
    data = np.array([-np.inf, np.pi, -1e-300, 7e300])
    with Store(path) as store:
        store.put(SPEC, [(0, Moments(data), 0.5)])
    with Store(path) as store:
        assert store.prefix(SPEC)[0].to_bytes() == data.tobytes()


def test_an_agreeing_duplicate_passes_and_a_contradiction_raises(filled: Path) -> None:
    with Store(filled) as store:
        store.put(SPEC, [(0, counts(1), 0.5)])
        with pytest.raises(StoreError, match=r"batch 0 of .* another result"):
            store.put(SPEC, [(2, counts(9), 0.5), (0, counts(5), 0.5)])
        assert arrays(store.prefix(SPEC)) == [[99, 1], [98, 2]]  # all or nothing


def test_float_duplicates_agree_to_1e_9(path: Path) -> None:
    with Store(path) as store:
        store.put(SPEC, [(0, Moments([1.0, -np.inf]), 0.5)])
        store.put(SPEC, [(0, Moments([1.0 + 1e-11, -np.inf]), 0.5)])
        for contradiction in ([1.0 + 1e-7, -np.inf], [1.0, 0.0], [np.nan, -np.inf], [1.0]):
            with pytest.raises(StoreError, match="another result"):
                store.put(SPEC, [(0, Moments(contradiction), 0.5)])
        with pytest.raises(StoreError, match="another result"):
            store.put(SPEC, [(0, counts(1), 0.5)])


DAMAGE = {
    "payload": (b"\x01" * 16, "checksum"),
    "payload cut": (b"\x01" * 7, "cannot hold"),
    "payload text": ("seven", "damaged"),
    "kind": ("pickle", "unknown kind"),
    "shape": ("[3]", "cannot hold"),
    "shape nonsense": ("{", "damaged"),
    "checksum": ("00", "checksum"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_noticed(filled: Path, name: str) -> None:
    value, message = DAMAGE[name]
    column = name.partition(" ")[0]
    with sqlite3.connect(filled) as db:
        db.execute(f"UPDATE batch SET {column} = ? WHERE number = 1", (value,))  # noqa: S608
    db.close()
    with Store(filled) as store:
        with pytest.raises(StoreError, match=r"batch 1 of \w+ is damaged") as refused:
            store.prefix(SPEC)
        assert message in str(refused.value)
        assert store.prefix(OTHER) == []


def test_a_torn_file_raises_store_errors_only(filled: Path) -> None:
    with Store(filled) as store:
        store.put(SPEC, [(k, counts(k % 50), 0.1) for k in range(2, 2000)])
    torn = bytearray(filled.read_bytes())
    torn[8192:] = os.urandom(len(torn) - 8192)
    filled.write_bytes(torn)
    with pytest.raises(StoreError, match=r"store|batch"), Store(filled) as store:
        store.prefix(SPEC)


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
        db.execute("INSERT INTO mine VALUES (1)")
    db.close()


def newer_schema(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("my diary\n" * 50), "file is not a database"),
    "short text": (lambda path: path.write_text("x"), "file is not a database"),
    "image": (lambda path: path.write_bytes(b"\x89PNG" + bytes(5000)), "file is not a database"),
    "database of another program": (foreign_database, "another program"),
    "newer schema": (newer_schema, "schema 99"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_foreign_files_are_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    make, message = REFUSED[name]
    path = tmp_path / "file"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=message):
        Store(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for path in (tmp_path, file / "store.sqlite"):
        with pytest.raises(StoreError, match="cannot be used"):
            Store(path)
    assert file.read_text() == "x"
    with pytest.raises(TypeError, match="store must be a path"):
        Store(3)


def test_a_read_only_store_is_refused_when_opened(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened read-only by URI: file modes do not stop root."""
    connect = sqlite3.connect

    def read_only(path: Path, **options: Any) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(filled)


def test_a_closed_store_says_so() -> None:
    store = Store()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.prefix(SPEC)
    with pytest.raises(StoreError, match="closed"):
        store.put(SPEC, [(0, counts(1), 0.5)])


def test_two_writers_share_a_file(filled: Path) -> None:
    with Store(filled) as first, Store(filled) as second:
        first.put(SPEC, [(2, counts(3), 0.5)])
        second.put(SPEC, [(2, counts(3), 0.5), (3, counts(4), 0.5)])
        assert len(first.prefix(SPEC)) == 4
