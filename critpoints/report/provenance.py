"""Where data come from: identities, versions and checksums, without paths or times."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from critpoints._version import __version__
from critpoints.study.joined import computed, sampled

PACKAGES: tuple[str, ...] = ("numpy", "scipy", "pandas", "pyarrow", "matplotlib", "seaborn")
EXTRAS: tuple[str, ...] = ("jax", "jaxlib", "optax", "scikit-learn")  # networks: where installed
_EXACT = ("object", "population", "dim", "method", "accuracy", "accuracy_kind")
_SPEC = ("object", "population", "dim", "event", "method", "level", "seed", "digest", "samples")


def provenance(
    frame: pd.DataFrame,
    files: Iterable[Path],
    command: str,
    identities: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What made the files: a pure function of the data, the machine's kind and the versions.

    Parameters
    ----------
    frame : DataFrame
        The records in the files.
    files : iterable of Path
        Data files; only their names and SHA-256 checksums are kept.
    command : str
        The command that makes them again.
    identities : mapping, optional
        Digest to identity of what was sampled; :meth:`Store.entries` has them.
    """
    known = identities or {}
    return {
        "command": command,
        "versions": versions(),
        "machine": machine(),
        "files": {path.name: checksum(path) for path in files},
        "specs": [
            row | ({"identity": known[row["digest"]]} if row.get("digest") in known else {})
            for row in _records(sampled(frame), _SPEC)
        ],
        "exact": _records(computed(frame), _EXACT),
    }


def write(record: dict[str, Any], path: Path) -> Path:
    """Write as JSON."""
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def versions() -> dict[str, str]:
    """Versions of Python, critpoints and what the numbers and files depend on."""
    found = {"python": platform.python_version(), "critpoints": __version__}
    found |= {name: version(name) for name in PACKAGES}
    for name in EXTRAS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def machine() -> dict[str, str]:
    """The kind of machine: sums of floats are the same bit by bit on one kind only."""
    return {"system": platform.system(), "architecture": platform.machine()}


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _records(rows: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Any]]:
    """What is different in the columns named, as records."""
    found = (
        rows[[c for c in columns if c in rows]].drop_duplicates().to_dict("records")
        if len(rows)
        else []
    )
    return [{str(k): _plain(v) for k, v in record.items()} for record in found]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
