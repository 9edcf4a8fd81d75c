"""Records on stdout: a table to read, CSV or JSON to compute with."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from critpoints.cli.options import Format

Record = Mapping[str, Any]


def write(records: Sequence[Record], form: Format, columns: Sequence[str]) -> None:
    """Print records; a table shows ``columns`` only, CSV and JSON everything."""
    if form is Format.json:
        print(json.dumps([_plain(r) for r in records], indent=1, ensure_ascii=False))
    elif form is Format.csv:
        rows = [_plain(r) for r in records]
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _table(records, columns)


def say(record: Record, form: Format, text: str) -> None:
    """Print one result: a line to read, or its record."""
    if form is Format.table:
        print(text)
    else:
        write([record], form, ())


def _plain(record: Record) -> dict[str, Any]:
    """Strict JSON: what is not a finite number is null."""
    return {key: _value(value) for key, value in record.items()}


def _value(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if type(value).__name__ == "NAType":  # pandas' missing integer; pandas is not imported here
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _table(records: Sequence[Record], columns: Sequence[str]) -> None:
    from rich import box  # noqa: PLC0415 - only when it is shown
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    shown = [c for c in columns if any(_value(r.get(c)) is not None for r in records)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in shown:
        numeric = not any(isinstance(_value(r.get(column)), str) for r in records)
        table.add_column(
            column.replace("_", " "), justify="right" if numeric else "left", no_wrap=True
        )
    for record in records:
        table.add_row(*(_text(_value(record.get(c))) for c in shown))
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 250
    console.print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
