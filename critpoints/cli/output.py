"""Records on stdout: a table to read, CSV or JSON to compute with."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from critpoints.cli.options import Format

Record = Mapping[str, Any]

FOLDED = 24
"""Text may be folded to this width, where a terminal is narrow."""
GAP = 2
"""Between columns."""
POPULATIONS = 3
"""So many are named in a caption."""


def write(
    records: Sequence[Record],
    form: Format,
    columns: Sequence[str],
    sampled: Sequence[Record] | None = None,
) -> None:
    """Print records; a table shows ``columns`` only, CSV and JSON everything.

    The columns are in the order of their importance: a narrow terminal gets the first of them.
    Below a table of sampled results stands how they were sampled, as the records say, or those
    that they were made of: ``sampled``.
    """
    if form is Format.json:
        print(json.dumps([_plain(r) for r in records], indent=1, ensure_ascii=False))
    elif form is Format.csv:
        rows = [_plain(r) for r in records]
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _table(records, columns)
        caption = _caption(records if sampled is None else sampled, columns)
        if caption:
            print(caption)


def _caption(records: Sequence[Record], columns: Sequence[str]) -> str:
    """Level, seed, version and populations, where records have a seed and the table has not."""
    if "seed" in columns or not any("seed" in record for record in records):
        return ""
    parts = []
    for name in ("level", "seed", "version"):
        values = dict.fromkeys(_text(_value(r.get(name))) for r in records)
        parts += [f"{name}: {', '.join(values)}"] if any(values) else []
    return "; ".join([*parts, *_populations(records)])


def _populations(records: Sequence[Record]) -> list[str]:
    """What was sampled; of whom, where objects differ."""
    of: dict[str, dict[str, None]] = {}
    for record in records:
        if record.get("population"):
            name = str(record.get("object", record.get("problem", "")))
            of.setdefault(str(record["population"]), {})[name] = None
    if len(of) > POPULATIONS:
        return [f"{len(of)} populations: see --format csv"]
    names = [f"{population} ({', '.join(who)})" for population, who in of.items()]
    return [f"population: {'; '.join(names if len(of) > 1 else of)}"] if of else []


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
    """What fits, in full: numbers are never cut, text is folded, the last columns are left out."""
    from rich import box  # noqa: PLC0415 - only when it is shown
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    filled = [_column(c, records) for c in columns]
    filled = [c for c in filled if any(c.cells)]
    shown = _fitted(filled, console.width if console.is_terminal else None)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column, width in shown:
        side: Literal["right", "left"] = "right" if column.numeric else "left"
        table.add_column(Text(column.title), justify=side, width=width, overflow="fold")
    for cells in zip(*(column.cells for column, _ in shown), strict=True):
        table.add_row(*map(Text, cells))
    console.width = max(console.width, sum(width + GAP for _, width in shown))
    console.print(table)
    kept = {column.title for column, _ in shown}
    left = [column.title for column in filled if column.title not in kept]
    if left:
        print(f"No room for: {', '.join(left)}. --format csv has all.")


@dataclass(frozen=True)
class _Column:
    """A title, and what the rows have below it."""

    title: str
    cells: Sequence[str]
    numeric: bool

    @property
    def width(self) -> int:
        """On one line."""
        return max(map(_width, (self.title, *self.cells)))

    @property
    def least(self) -> int:
        """The width of a number, or enough to fold text in; the title may break between words."""
        widest = max(map(_width, self.cells))
        return max(
            *map(_width, self.title.split()), widest if self.numeric else min(widest, FOLDED)
        )


def _column(name: str, records: Sequence[Record]) -> _Column:
    values = [_value(record.get(name)) for record in records]
    numeric = not any(isinstance(value, str | list) and not _bound(value) for value in values)
    return _Column(name.replace("_", " "), [_text(value) for value in values], numeric)


def _bound(value: object) -> bool:
    """Whether it is a number that something is less than."""
    return isinstance(value, str) and value.startswith("< ")


def _fitted(columns: Sequence[_Column], room: int | None) -> list[tuple[_Column, int]]:
    """Columns that ``room`` holds, the first before the last, with their widths; None holds all."""
    if room is None:
        return [(column, column.width) for column in columns]
    shown: list[_Column] = []
    for column in columns:
        if not shown or column.least + GAP <= room:
            shown.append(column)
            room -= column.least + GAP
    fitted = []
    for column in shown:
        more = min(column.width - column.least, max(room, 0))
        fitted.append((column, column.least + more))
        room -= more
    return fitted


def _width(text: str) -> int:
    from rich.cells import cell_len  # noqa: PLC0415 - only when it is shown

    return cell_len(text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
