"""``critpoints list``: what there is, and the keys that it takes."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated, Any

import typer

from critpoints.cli import options, output
from critpoints.validation import choice

KINDS = ("ensembles", "landscapes", "products", "problems", "optimizers")


def command(
    kind: Annotated[str, typer.Argument(help=f"What to list: {', '.join(KINDS)}.")] = KINDS[0],
    form: options.FormatOption = options.Format.table,
) -> None:
    """List the objects that a REF can name, with their keys and defaults.

    Example: critpoints list optimizers
    """
    choice("kind", kind, KINDS)
    from critpoints.study.objects import KINDS as OBJECTS  # noqa: PLC0415

    registry, _ = OBJECTS[kind.removesuffix("s")]
    records = [
        {
            "name": name,
            "keys": ", ".join(f"{k}={v}" for k, v in _keys(entry).items()),
            "what": _summary(entry),
        }
        for name, entry in registry.items()
    ]
    output.write(records, form, ("name", "keys", "what"))


def _summary(entry: Any) -> str:
    """First line of the docstring, without its markup, and the fields that the name presets."""
    line = (entry.cls.__doc__ or "").strip().splitlines()[0]
    text = re.sub(r":\w+:`~?([^`]*)`", r"\1", line).replace("``", "")
    preset = ", ".join(f"{key} = {_short(value)}" for key, value in entry.preset.items())
    return f"{text} Here {preset}." if preset else text


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _keys(entry: Any) -> dict[str, Any]:
    fields = {
        f.name: "(required)" if f.default is dataclasses.MISSING else f.default
        for f in dataclasses.fields(entry.cls)
    }
    return {k: v for k, v in fields.items() if k != "dim" and k not in entry.preset}
