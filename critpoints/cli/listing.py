"""``critpoints list``: what there is, and the keys that it takes."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from critpoints.cli import options, output
from critpoints.validation import choice

KINDS = ("ensembles",)


def command(
    kind: Annotated[str, typer.Argument(help="What to list: ensembles.")] = "ensembles",
    form: options.FormatOption = options.Format.table,
) -> None:
    """List the objects that a REF can name, with their keys and defaults."""
    choice("kind", kind, KINDS)
    from critpoints.ensembles import ENSEMBLES  # noqa: PLC0415

    records = [
        {
            "name": name,
            "keys": ", ".join(f"{k}={v}" for k, v in _keys(entry).items()),
            "population": entry.cls(2, **entry.preset).population,
            "what": (entry.cls.__doc__ or "").strip().splitlines()[0],
        }
        for name, entry in ENSEMBLES.items()
    ]
    output.write(records, form, ("name", "keys", "population"))


def _keys(entry: Any) -> dict[str, Any]:
    fields = {f.name: f.default for f in dataclasses.fields(entry.cls)}
    return {k: v for k, v in fields.items() if k != "dim" and k not in entry.preset}
