"""Data files as a Frictionless Data Package, with a data dictionary and checksums."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from critpoints._version import __version__
from critpoints.report.dictionary import Entry, explained
from critpoints.report.provenance import checksum

SUMS = "SHA256SUMS"


def write(folder: Path, preset: str, titles: Sequence[tuple[str, str]]) -> list[Path]:
    """Write ``datapackage.json``, ``README.md`` and ``SHA256SUMS`` beside the data.

    Parameters
    ----------
    folder : Path
        Holds ``<name>.csv`` and ``<name>.parquet``.
    preset : str
    titles : sequence of (name, title)
        Experiments; those without data are left out.
    """
    resources = [
        _resource(folder, name, title)
        for name, title in titles
        if (folder / f"{name}.parquet").exists()
    ]
    if not resources:
        return []
    descriptor = {
        "profile": "tabular-data-package",
        "name": f"critpoints-{preset}",
        "title": f"critpoints: data of the {preset} preset",
        "version": __version__,
        "licenses": [
            {"name": "BSD-3-Clause", "path": "https://opensource.org/license/bsd-3-clause"}
        ],
        "resources": resources,
    }
    package, readme = folder / "datapackage.json", folder / "README.md"
    text = json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"
    package.write_text(text, encoding="utf-8")
    readme.write_text(_readme(descriptor), encoding="utf-8")
    names = [str(r["name"]) for r in resources]
    files = [folder / f"{n}.{kind}" for n in names for kind in ("csv", "json", "parquet")]
    return [package, readme, _sums(folder, [*(f for f in files if f.exists()), package, readme])]


def fields(frame: pd.DataFrame, experiment: str = "") -> list[dict[str, str]]:
    """Name, type, description and unit of every column, as the experiment means them."""
    return [
        {
            "name": str(name),
            "type": _type(frame[name]),
            "description": entry.description,
            "unit": entry.unit,
        }
        for name in frame
        for entry in (explained(str(name), experiment) or Entry(""),)
    ]


def broken(folder: Path) -> list[str]:
    """Names of the files that are missing or differ from ``SHA256SUMS``."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    return [
        name
        for known, name in pairs
        if not (folder / name).exists() or checksum(folder / name) != known
    ]


def _resource(folder: Path, name: str, title: str) -> dict[str, Any]:
    path = folder / f"{name}.csv"
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": title,
        "path": path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{checksum(path)}",
        "schema": {
            "fields": fields(pd.read_parquet(path.with_suffix(".parquet")), name),
            "missingValues": [""],
        },
    }


def _type(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(column) else "string"


def _readme(descriptor: dict[str, Any]) -> str:
    head = (
        f"# {descriptor['title']}\n\nVersion {__version__}, BSD-3-Clause. Every file is there as "
        "CSV and as Parquet with the same rows; `<name>.json` says what made it, and "
        f"`{SUMS}` holds the checksums (`sha256sum -c {SUMS}`). An empty cell is a missing "
        "value; a unit of 1 is a pure number.\n"
    )
    return head + "".join(_dictionary(r) for r in descriptor["resources"])


def _dictionary(resource: dict[str, Any]) -> str:
    rows = [
        f"| `{f['name']}` | {f['type']} | {f['unit']} | {f['description']} |\n"
        for f in resource["schema"]["fields"]
    ]
    head = "| column | type | unit | meaning |\n| :--- | :--- | :--- | :--- |\n"
    return f"\n## {resource['title']}\n\n`{resource['path']}`\n\n{head}" + "".join(rows)


def _sums(folder: Path, files: Sequence[Path]) -> Path:
    target = folder / SUMS
    lines = [f"{checksum(f)}  {f.name}\n" for f in sorted(files)]
    target.write_text("".join(lines), encoding="utf-8")
    return target
