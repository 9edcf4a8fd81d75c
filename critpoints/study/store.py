"""Batches on disk: SQLite, one writer, keyed by digest and batch number."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from critpoints.errors import StoreError
from critpoints.study.spec import Spec
from critpoints.tally import Tally, from_bytes

APPLICATION_ID = 0x63726974  # "crit"
SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE spec (digest TEXT PRIMARY KEY, identity TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE batch (
    digest TEXT NOT NULL REFERENCES spec (digest),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    shape TEXT NOT NULL,
    payload BLOB NOT NULL,
    checksum TEXT NOT NULL,
    PRIMARY KEY (digest, number)
) WITHOUT ROWID;
"""


class Store:
    """Tallies kept by (digest, batch number); a duplicate must agree or it raises.

    Rows are durable before ``put`` returns (WAL, ``synchronous=FULL``). The file must lie on a
    local disk.

    Parameters
    ----------
    path : path-like or None
        The file, made if it is missing; None keeps everything in memory.

    Raises
    ------
    StoreError
        If the file cannot be written or is not a store of this version; it is left untouched.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        if path is not None and not isinstance(path, str | os.PathLike):
            raise TypeError(f"store must be a path or None, got {path!r}")
        if path == "":
            raise ValueError("store must be the path of a file, got ''")
        self.path = None if path is None else Path(path)
        with _translated(self.path):
            if self.path is not None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _refuse_foreign(self.path)
            self._db = sqlite3.connect(
                ":memory:" if self.path is None else self.path, isolation_level=None, timeout=30.0
            )
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def prefix(self, spec: Spec) -> list[Tally]:
        """Tallies of batches 0, 1, …, up to the first that is missing.

        Raises
        ------
        StoreError
            If a row's checksum does not fit its content.
        """
        found: list[Tally] = []
        with _translated(self.path):
            rows = self._db.execute(
                "SELECT number, kind, shape, payload, checksum FROM batch WHERE digest = ? "
                "ORDER BY number",
                (spec.digest,),
            )
            for number, *row in rows:
                if number != len(found):
                    break
                found.append(_read(spec.digest, number, tuple(row)))
        return found

    def put(self, spec: Spec, batches: Iterable[tuple[int, Tally]]) -> None:
        """Record batches, all or none.

        Raises
        ------
        StoreError
            If a batch is there already with another content, or nothing can be written.
        """
        with _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute(
                    "INSERT OR IGNORE INTO spec VALUES (?, ?, ?)",
                    (spec.digest, json.dumps(spec.identity(), sort_keys=True), time.time()),
                )
                for number, tally in batches:
                    self._insert(spec, number, tally)
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _insert(self, spec: Spec, number: int, tally: Tally) -> None:
        shape = json.dumps(tally.data.shape)
        values = (spec.digest, number, tally.kind, shape, tally.to_bytes(), tally.checksum())
        cursor = self._db.execute("INSERT OR IGNORE INTO batch VALUES (?, ?, ?, ?, ?, ?)", values)
        if cursor.rowcount:
            return
        row = self._db.execute(
            "SELECT kind, shape, payload, checksum FROM batch WHERE digest = ? AND number = ?",
            (spec.digest, number),
        ).fetchone()
        if not tally.agrees(_read(spec.digest, number, row)):
            raise StoreError(
                f"batch {number} of {spec.digest[:12]} is stored with another result: "
                "the sampler changed without a new version, or the store is damaged"
            )

    def _open(self) -> None:
        self._db.execute("BEGIN")  # one snapshot: another process may be making the store
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        self._db.execute("COMMIT")
        if application == 0 and tables == 0:
            self._create()
        elif application != APPLICATION_ID:
            raise StoreError(f"store {self.path} is a database of another program")
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"store {self.path} has schema {version}, this version reads {SCHEMA_VERSION}"
            )
        self._db.execute("PRAGMA synchronous = FULL")
        # a file that cannot be written is refused now, not when there is something to lose
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("ROLLBACK")

    def _create(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("BEGIN IMMEDIATE")
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("COMMIT")


def _read(digest: str, number: int, row: tuple[str, str, bytes, str]) -> Tally:
    kind, shape, payload, checksum = row
    try:
        tally = from_bytes(kind, tuple(int(n) for n in json.loads(shape)), payload)
    except (TypeError, ValueError) as error:
        raise StoreError(f"batch {number} of {digest[:12]} is damaged: {error}") from error
    if tally.checksum() != checksum:
        raise StoreError(f"batch {number} of {digest[:12]} is damaged: its checksum does not fit")
    return tally


def _refuse_foreign(path: Path) -> None:
    """SQLite takes a file of a few bytes for an empty database and would overwrite it."""
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise StoreError(f"store {path} cannot be used: file is not a database")


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    """Turn what the system says into one clear error."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"store {path} cannot be used: {error}") from error
