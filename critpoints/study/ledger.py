"""What a store holds: its runs as records, found by their digests, and checked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from critpoints.errors import NotAllowedError, StoreError
from critpoints.study.replay import digest_of, rebuild, recompute
from critpoints.study.rows import Batch
from critpoints.study.spec import Spec
from critpoints.study.store import Entry, Store

SHORT = 12  # digits of a digest that are shown; 2^48 runs are not kept in one file


def find(store: Store, prefix: str) -> Entry:
    """The run whose digest begins so.

    Raises
    ------
    ValueError
        If the prefix has fewer than 4 hexadecimal digits, or fits no run or several.
    """
    if len(prefix) < 4 or set(prefix) - set("0123456789abcdef"):
        raise ValueError(f"digest must be at least 4 digits of 0-9a-f, got {prefix!r}")
    found = [entry for entry in store.entries() if entry.digest.startswith(prefix)]
    if len(found) != 1:
        raise ValueError(f"digest {prefix!r} fits {len(found)} runs of the store, not one")
    return found[0]


def identity(entry: Entry) -> dict[str, Any]:
    """The identity of a run, recomputed to its digest.

    Raises
    ------
    StoreError
        If it is not what the digest says.
    """
    try:
        found = json.loads(entry.text)
        fits = isinstance(found, dict) and digest_of(found) == entry.digest
    except (TypeError, ValueError, RecursionError):
        fits = False
    if not fits:
        raise StoreError(f"run {str(entry.digest)[:SHORT]!r} is damaged: its digest does not fit")
    return dict(found)


def created(entry: Entry) -> str:
    """When the first batch was recorded, in UTC.

    Raises
    ------
    StoreError
        If it is no time.
    """
    try:
        return datetime.fromtimestamp(entry.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise StoreError(
            f"run {printable(entry.digest)[:SHORT]} is damaged: it began at {entry.created!r}"
        ) from error


def record(entry: Entry) -> dict[str, Any]:
    """One line of a listing; a damaged run has no more than its digest."""
    head = {"digest": printable(entry.digest)[:SHORT]}
    try:
        said = identity(entry)
        return head | {
            "object": printable(said["object"]),
            "parameters": printable(json.dumps(said["parameters"])),
            "dim": int(said["dim"]),
            "population": printable(said["population"]),
            "estimator": printable(said["estimator"]["name"]),
            "seed": int(said["seed"]),
            "batches": entry.batches,
            "samples": entry.batches * int(said["batch"]),
            "seconds": entry.seconds,
            "created": created(entry),
        }
    except (StoreError, TypeError, ValueError, KeyError, OverflowError):
        unknown = dict.fromkeys(("parameters", "dim", "population", "estimator", "seed"), None)
        ends = {"samples": None, "seconds": None, "created": None}
        return head | {"object": "damaged"} | unknown | {"batches": entry.batches} | ends


def check(
    store: Store,
    recomputed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    *,
    allow: Sequence[str] = (),
    seed: int = 0,
) -> list[str]:
    """Every defect of a store, a sentence each; none in a sound one.

    The file by SQLite's own check, every digest from its identity, every batch from its checksum,
    and as many batches a run as asked for by computing them again: but for runs of classes that
    are not allowed, which is no defect; see :func:`not_allowed`.
    """
    found = [f"file: {printable(defect)}" for defect in store.defects()]
    for entry in store.entries():
        try:
            known = identity(entry)
            created(entry)
            batches = store.stored(entry.digest)
            if recomputed:
                spec = rebuild(known, allow)
                chosen = np.random.default_rng(seed).permutation(len(batches))[:recomputed]
                numbers = [batches[k][0] for k in chosen.tolist()]
                found += _contradictions(spec, batches, recompute(spec, numbers, jobs, backend))
        except NotAllowedError:
            continue
        except StoreError as error:
            found.append(f"run {printable(entry.digest)[:SHORT]}: {error}")
    return found


def not_allowed(store: Store, allow: Sequence[str] = ()) -> dict[str, int]:
    """How many runs of each class that may not be imported there are."""
    found: Counter[str] = Counter()
    for entry in store.entries():
        try:
            rebuild(identity(entry), allow)
        except NotAllowedError as error:
            found[printable(error.name)] += 1
        except StoreError:  # a defect, for `check` to say
            continue
    return dict(found)


def printable(text: object) -> str:
    """Text without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(text))


def _contradictions(spec: Spec, batches: Sequence[Batch], again: Sequence[Batch]) -> list[str]:
    there = {number: tally for number, tally, _ in batches}
    return [
        f"run {spec.digest[:SHORT]}: batch {number} is stored with another result"
        for number, tally, _ in again
        if not tally.agrees(there[number])
    ]
