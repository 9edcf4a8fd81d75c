"""Runs of a store as CSV or Parquet with their provenance beside, and back again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet

from critpoints.errors import StoreError
from critpoints.report import provenance
from critpoints.study.ledger import SHORT, created, find, identity
from critpoints.study.replay import digest_of, rebuild, recompute
from critpoints.study.rows import Batch
from critpoints.study.store import Store
from critpoints.tally import Tally
from critpoints.validation import choice

FORMAT = "critpoints runs 1"
SUFFIXES = (".csv", ".parquet")
MAX_BATCHES = 10**7  # of one run, in a file that is to be recomputed
_PLACE = ["digest", "batch", "row", "column"]
_READABLE = (OSError, TypeError, ValueError, KeyError, AttributeError, RecursionError)


def write(store: Store, prefixes: Sequence[str], path: Path) -> list[Path]:
    """Write runs to a CSV or Parquet file, and their provenance to the same name plus ``.json``.

    One row a number: digest, batch, row, column, value, seconds (of the batch). A pure function
    of the stored rows: the same bytes every time.

    Raises
    ------
    ValueError
        If the suffix is another, the file is the store itself, or a digest fits no run.
    StoreError
        If a run is damaged.
    """
    choice("suffix of the file", path.suffix, SUFFIXES)
    if store.path is not None and path.resolve() == store.path.resolve():
        raise ValueError(f"file {path.name!r} is the store: choose another")
    entries = list({e.digest: e for e in (find(store, prefix) for prefix in prefixes)}.values())
    stored = {entry.digest: store.stored(entry.digest) for entry in entries}
    _save(_frame(stored), path)
    digests = " ".join(digest[:SHORT] for digest in stored)
    record = {
        "format": FORMAT,
        "command": f"critpoints runs export {digests} --to FILE{path.suffix}",
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "files": {path.name: provenance.checksum(path)},
        "runs": [
            {
                "digest": entry.digest,
                "identity": identity(entry),
                "seed": identity(entry)["seed"],
                "batches": _ranges([number for number, _, _ in stored[entry.digest]]),
                "tallies": _hash(stored[entry.digest]),
                "created": created(entry),
                "seconds": entry.seconds,
            }
            for entry in entries
        ],
    }
    return [path, provenance.write(record, beside(path))]


def beside(path: Path) -> Path:
    """Where the provenance of a file lies."""
    return path.with_name(path.name + ".json")


def replay(
    path: Path, allow: Sequence[str] = (), jobs: int = 1, backend: str = "loky"
) -> list[str]:
    """Compute again what a file, or the provenance beside it, holds; every difference, a line.

    Equal is bit by bit where machine and versions are those of the export. Elsewhere counts must
    be equal and sums agree to 1e-9, which only the file itself can show.

    Raises
    ------
    StoreError
        If there is no provenance, the file cannot be read, or a run cannot be recomputed here.
    """
    given = path if path.suffix == ".json" else beside(path)
    record = _read(given)
    data = given.with_suffix("")  # a name inside the provenance is compared, never opened
    there = data.exists() or path == data
    found = []
    if there and record["files"].get(data.name) != provenance.checksum(data):
        found.append(f"{data.name} was changed after it was written: its checksum differs")
    again: dict[str, list[Batch]] = {}
    for run in record["runs"]:
        digest, said, numbers, tallies = _run(run)
        if digest_of(said) != digest:
            return [*found, f"run {digest[:SHORT]!r}: the digest is not that of the identity"]
        again[digest] = recompute(rebuild(said, allow), numbers, jobs, backend)
        if _hash(again[digest]) != tallies and (_alike(record) or not there):
            found.append(f"run {digest[:SHORT]}: computed again it gives other numbers")
    return found + (_contradictions(_load(data), again) if there else [])


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT or not isinstance(record["runs"], list):
            raise ValueError(f"it is not of the format {FORMAT!r}")
        if not isinstance(record["files"], dict):
            raise ValueError("it names no files")
    except _READABLE as error:
        raise StoreError(f"no provenance of runs can be read from {path.name}: {error}") from error
    return dict(record)


def _run(run: Any) -> tuple[str, Any, list[int], str]:
    """Digest, identity, batch numbers and hash of the tallies of a run in a provenance."""
    try:
        return str(run["digest"]), run["identity"], _numbers(run["batches"]), str(run["tallies"])
    except _READABLE as error:
        raise StoreError(f"the provenance names a run that makes no sense: {error!r}") from error


def _alike(record: dict[str, Any]) -> bool:
    """Whether this machine and these versions promise equal bits."""
    return (record.get("machine"), record.get("versions")) == (
        provenance.machine(), provenance.versions(),
    )  # fmt: skip


def _load(path: Path) -> pd.DataFrame:
    """The numbers of an exported file, without the times."""
    columns = [*_PLACE, "value"]
    try:
        if path.suffix == ".csv":
            text = pd.read_csv(path, usecols=columns, dtype={"value": str}, keep_default_na=False)
            return text.assign(value=[float(value or "nan") for value in text["value"]])  # exactly
        table: pd.DataFrame = parquet.read_table(path, columns=columns).to_pandas(
            ignore_metadata=True
        )
        return table
    except (*_READABLE, pyarrow.ArrowException) as error:
        raise StoreError(f"{path.name} cannot be read: {error}") from error


def _contradictions(said: pd.DataFrame, again: dict[str, list[Batch]]) -> list[str]:
    """Where the numbers of a file are not those that were computed again."""
    expected = _frame(again)
    if said[_PLACE].values.tolist() != expected[_PLACE].values.tolist():
        return ["the file holds other batches than its provenance says"]
    values, start, wrong = said["value"].to_numpy(dtype=float, na_value=np.nan), 0, []
    for digest, batches in again.items():
        for number, tally, _ in batches:
            part = values[start : start + tally.data.size].reshape(tally.data.shape)
            start += tally.data.size
            if not _holds(tally, part):
                wrong.append(f"run {digest[:SHORT]}: batch {number} of the file is another")
    return wrong


def _holds(tally: Tally, values: NDArray[np.float64]) -> bool:
    """Whether numbers read from a file are those of a tally; a count of 7.5 is none."""
    with np.errstate(invalid="ignore"):
        read = type(tally)(values)
    return np.array_equal(read.data, values, equal_nan=True) and read.agrees(tally)


def _frame(stored: dict[str, list[Batch]]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {name: [] for name in (*_PLACE, "value", "seconds")}
    for digest, batches in stored.items():
        for number, tally, seconds in batches:
            data = np.atleast_2d(tally.data)
            row, column = np.indices(data.shape)
            columns["digest"] += [digest] * data.size
            columns["batch"] += [number] * data.size
            columns["row"] += row.ravel().tolist()
            columns["column"] += column.ravel().tolist()
            columns["value"] += data.ravel().astype(float).tolist()
            columns["seconds"] += [seconds] * data.size
    return pd.DataFrame(columns)


def _save(frame: pd.DataFrame, path: Path) -> None:
    """Whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        if path.suffix == ".csv":
            frame.to_csv(part, index=False, lineterminator="\n")
        else:
            frame.to_parquet(part, index=False)
        os.replace(part, path)  # noqa: PTH105 - the same, and known to be atomic
    finally:
        part.unlink(missing_ok=True)


def _hash(batches: Iterable[Batch]) -> str:
    """SHA-256 of the checksums of the tallies in order: bit by bit, without the times."""
    return hashlib.sha256(b"".join(tally.checksum() for _, tally, _ in batches)).hexdigest()


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    """First and last of every unbroken part."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _numbers(ranges: Any) -> list[int]:
    parts = [range(int(first), int(last) + 1) for first, last in ranges]
    if any(part.start < 0 for part in parts) or sum(map(len, parts)) > MAX_BATCHES:
        raise ValueError(f"batches must be in 0..{MAX_BATCHES}")
    return [number for part in parts for number in part]
