"""Batches on disk: SQLite, one writer, keyed by digest and batch number."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from critpoints.errors import StoreError
from critpoints.study.disks import NETWORK, filesystem, refuse_network
from critpoints.study.rows import Batch, read
from critpoints.study.spec import Spec
from critpoints.tally import Tally

APPLICATION_ID = 0x63726974  # "crit"
SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE spec (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE batch (
    spec INTEGER NOT NULL REFERENCES spec (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    shape TEXT NOT NULL,
    payload BLOB NOT NULL,
    checksum BLOB NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (spec, number)
) WITHOUT ROWID;
"""
_STATEMENTS = [text.strip() for text in _SCHEMA.split(";") if text.strip()]
BUSY_SECONDS = 30.0  # how long a writer waits for another
_SELECT = (
    "SELECT number, kind, shape, payload, checksum, seconds FROM batch "
    "WHERE spec = (SELECT id FROM spec WHERE digest = ?)"
)
_ENTRIES = (
    "SELECT digest, identity, created, (SELECT count(*) FROM batch WHERE spec = id), "
    "(SELECT total(seconds) FROM batch WHERE spec = id) FROM spec ORDER BY id"
)
_WAYS_OUT = {
    sqlite3.SQLITE_FULL: "the disk is full; what was recorded is kept: make room and run the same "
    "command again",
    sqlite3.SQLITE_IOERR: "the disk cannot be written or read; what was recorded is kept: see that "
    "there is room and run the same command again",
    sqlite3.SQLITE_BUSY: "another process holds it; run the same command again",
    sqlite3.SQLITE_READONLY: "it cannot be written; choose another with --store",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened or made there; choose another with --store",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; keep it, and begin another with --store",
}


@dataclass(frozen=True)
class Entry:
    """One run in a store.

    Attributes
    ----------
    digest : str
    text : str
        JSON of the identity, as stored.
    created : float
        When the first batch was recorded, in seconds since 1970.
    batches : int
    seconds : float
        What the batches took together.
    """

    digest: str
    text: str
    created: float
    batches: int
    seconds: float


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
                refuse_network(self.path)
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _refuse_foreign(self.path)
            self._connect(":memory:" if self.path is None else str(self.path))

    @classmethod
    def reading(cls, path: str | Path) -> Self:
        """Open a store that is there, to be read only; also on a disk that cannot be written.

        On a network file system only a store that was closed can be read: the index of a log
        lives in memory that machines do not share.

        Raises
        ------
        StoreError
            If there is none, or the file is not a store of this version.
        """
        store = cls.__new__(cls)
        store.path = Path(path)
        if not store.path.is_file():
            raise StoreError(f"there is no store {path}")
        with _translated(store.path):
            _refuse_foreign(store.path)
            folder, log = store.path.parent, store.path.with_name(store.path.name + "-wal")
            if log.exists():
                refuse_network(store.path)
            local = filesystem(store.path) not in NETWORK
            if local and os.access(store.path, os.W_OK) and os.access(folder, os.W_OK):
                mode = "mode=rw"  # so that no log is left behind; nothing is written
            else:  # a log is readable only where its index can be made
                mode = "mode=ro" if log.exists() else "mode=ro&immutable=1"
            store._connect(f"{store.path.resolve().as_uri()}?{mode}", writing=False)
        return store

    def prefix(self, spec: Spec) -> list[Tally]:
        """Tallies of batches 0, 1, …, up to the first that is missing; see :meth:`batches`."""
        return [tally for _, tally, _ in self.batches(spec)]

    def batches(self, spec: Spec) -> list[Batch]:
        """Batches 0, 1, …, up to the first that is missing.

        Raises
        ------
        StoreError
            If a row's checksum does not fit its content.
        """
        with _translated(self.path):
            rows = self._db.execute(f"{_SELECT} ORDER BY number", (spec.digest,)).fetchall()
        unbroken = next((k for k, row in enumerate(rows) if row[0] != k), len(rows))
        return read(spec.digest, rows[:unbroken])

    def stored(self, digest: str) -> list[Batch]:
        """All batches under a digest, also those after a gap.

        Raises
        ------
        StoreError
            If a row's checksum does not fit its content.
        """
        with _translated(self.path):
            rows = self._db.execute(f"{_SELECT} ORDER BY number", (digest,)).fetchall()
        return read(digest, rows)

    def entries(self) -> list[Entry]:
        """All runs, in the order in which they began."""
        with _translated(self.path):
            return [Entry(*row) for row in self._db.execute(_ENTRIES)]

    def defects(self) -> list[str]:
        """What SQLite's own check of the whole file finds; nothing in a sound one."""
        with _translated(self.path):
            said = [str(row[0]) for row in self._db.execute("PRAGMA integrity_check")]
        return [] if said == ["ok"] else said

    def remove(self, digest: str) -> None:
        """Forget a run and all its batches."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM batch WHERE spec = (SELECT id FROM spec WHERE digest = ?)", (digest,)
            )
            self._db.execute("DELETE FROM spec WHERE digest = ?", (digest,))

    def put(self, spec: Spec, batches: Iterable[Batch]) -> None:
        """Record batches, all or none.

        Raises
        ------
        StoreError
            If a batch is there already with another content, or nothing can be written.
        """
        with self._transaction():
            self._insert(spec, batches)

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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, while other writers wait."""
        with _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise

    def _insert(self, spec: Spec, batches: Iterable[Batch]) -> None:
        row = (spec.digest, json.dumps(spec.identity(), sort_keys=True), time.time())
        self._db.execute(
            "INSERT OR IGNORE INTO spec (digest, identity, created) VALUES (?, ?, ?)", row
        )
        place = self._db.execute("SELECT id FROM spec WHERE digest = ?", row[:1]).fetchone()[0]
        for number, tally, seconds in batches:
            shape = json.dumps(tally.data.shape)
            values = (tally.kind, shape, tally.to_bytes(), tally.checksum(), seconds)
            cursor = self._db.execute(
                "INSERT OR IGNORE INTO batch VALUES (?, ?, ?, ?, ?, ?, ?)", (place, number, *values)
            )
            if not cursor.rowcount:
                self._compare(spec, number, tally)

    def _compare(self, spec: Spec, number: int, tally: Tally) -> None:
        rows = self._db.execute(f"{_SELECT} AND number = ?", (spec.digest, number)).fetchall()
        if not tally.agrees(read(spec.digest, rows)[0][1]):
            raise StoreError(
                f"batch {number} of {spec.digest[:12]} is stored with another result: "
                "the sampler changed without a new version, or the store is damaged"
            )

    def _connect(self, name: str, *, writing: bool = True) -> None:
        options: dict[str, Any] = {} if writing else {"uri": True}
        self._db = sqlite3.connect(name, isolation_level=None, timeout=BUSY_SECONDS, **options)
        try:
            self._open(writing)
        except BaseException:
            self._db.close()
            raise

    def _open(self, writing: bool) -> None:
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.execute("PRAGMA cell_size_check = ON")
        self._db.execute("BEGIN")  # one snapshot: another process may be making the store
        schema = {row[0] for row in self._db.execute("SELECT sql FROM sqlite_master")} - {None}
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        self._db.execute("COMMIT")
        if writing and application == 0 and not schema:
            self._create()
        else:
            self._refuse_other(application, version, schema)
        if not writing:
            self._db.execute("PRAGMA query_only = ON")
        else:
            self._db.execute("PRAGMA synchronous = FULL")
            # a file that cannot be written is refused now, not when there is something to lose
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("ROLLBACK")

    def _refuse_other(self, application: int, version: int, schema: set[str]) -> None:
        if application != APPLICATION_ID:
            raise StoreError(f"store {self.path} is a database of another program")
        if version != SCHEMA_VERSION:
            age = "a newer" if version > SCHEMA_VERSION else "an older"
            raise StoreError(
                f"store {self.path} has schema {version}, this version reads {SCHEMA_VERSION}: it "
                f"was written by {age} critpoints; use that, or begin another with --store"
            )
        if schema != set(_STATEMENTS):  # a view or a trigger would run what a stranger wrote
            raise StoreError(f"store {self.path} has tables that critpoints did not make")

    def _create(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("BEGIN IMMEDIATE")
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in _STATEMENTS:
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute("COMMIT")


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
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says which call it was
        way_out = f" ({_WAYS_OUT[code]})" if code in _WAYS_OUT else ""
        raise StoreError(f"store {path} cannot be used: {error}{way_out}") from error
    except OSError as error:
        raise StoreError(f"store {path} cannot be used: {error}") from error
