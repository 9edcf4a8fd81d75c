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

from critpoints.errors import StoreError
from critpoints.report import provenance
from critpoints.study.ledger import SHORT, find, identity
from critpoints.study.replay import digest_of, rebuild, recompute
from critpoints.study.rows import Batch
from critpoints.study.store import Store
from critpoints.validation import choice

FORMAT = "critpoints runs 1"
SUFFIXES = (".csv", ".parquet")
MAX_BATCHES = 10**7  # of one run, in a file that is to be recomputed
_READABLE = (OSError, TypeError, ValueError, KeyError, AttributeError, RecursionError)


def write(store: Store, prefixes: Sequence[str], path: Path) -> list[Path]:
    """Write runs to a CSV or Parquet file, and their provenance to the same name plus ``.json``.

    One row a number: digest, batch, row, column, value, seconds (of the batch). A pure function
    of the stored rows: the same bytes every time.

    Raises
    ------
    ValueError
        If the suffix is another, or a digest fits no run.
    StoreError
        If a run is damaged.
    """
    choice("suffix of the file", path.suffix, SUFFIXES)
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
            }
            for entry in entries
        ],
    }
    return [path, provenance.write(record, beside(path))]


def beside(path: Path) -> Path:
    """Where the provenance of a file lies."""
    return path.with_name(path.name + ".json")


def replay(path: Path, allow: Sequence[str] = (), jobs: int = 1) -> list[str]:
    """Compute again what a file, or the provenance beside it, holds; every difference, a line.

    Counts must be equal, and sums too: on another kind of machine sums may differ by rounding.

    Raises
    ------
    StoreError
        If there is no provenance, or a run cannot be recomputed here.
    """
    given = path if path.suffix == ".json" else beside(path)
    record = _read(given)
    data = given.with_suffix("")  # a name inside the file is compared, never opened
    found = []
    if data.exists() or path == data:
        files = record["files"]
        if not isinstance(files, dict) or files.get(data.name) != provenance.checksum(data):
            found.append(f"{data.name} was changed after it was written: its checksum differs")
    return found + [line for run in record["runs"] for line in _differences(run, allow, jobs)]


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT or not isinstance(record["runs"], list):
            raise ValueError(f"it is not of the format {FORMAT!r}")
        _ = record["files"]
    except _READABLE as error:
        raise StoreError(f"no provenance of runs can be read from {path.name}: {error}") from error
    return dict(record)


def _differences(run: Any, allow: Sequence[str], jobs: int) -> list[str]:
    try:
        digest, said, tallies = run["digest"], run["identity"], run["tallies"]
        if digest_of(said) != digest:
            return [f"run {str(digest)[:SHORT]!r}: the digest is not that of the identity"]
        numbers = _numbers(run["batches"])
    except _READABLE as error:
        raise StoreError(f"the provenance names a run that makes no sense: {error!r}") from error
    again = recompute(rebuild(said, allow), numbers, jobs)
    if _hash(again) != tallies:
        return [f"run {digest[:SHORT]}: computed again it gives other numbers"]
    return []


def _frame(stored: dict[str, list[Batch]]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {
        name: [] for name in ("digest", "batch", "row", "column", "value", "seconds")
    }
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
    if path.suffix == ".csv":
        frame.to_csv(part, index=False, lineterminator="\n")
    else:
        frame.to_parquet(part, index=False)
    os.replace(part, path)  # noqa: PTH105 - the same, and known to be atomic


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
