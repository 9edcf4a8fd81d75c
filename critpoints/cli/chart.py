"""A picture in the terminal: probabilities against dimension, as letters on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

WIDTH = 64
MODEL = "3"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def chart(records: Iterable[Mapping[str, Any]], *, name: str, value: str) -> list[str]:
    """Lines of a chart: a line a dimension, a letter an object, ``3`` for the model 3^-d.

    Parameters
    ----------
    records : iterable of mapping
        With ``dim``, an object under ``name`` and a decimal logarithm under ``value``; records
        without a finite one are left out.
    name, value : str

    Returns
    -------
    list of str
        Empty if there is nothing to draw. ``*`` stands where several would.
    """
    points = [
        (int(r["dim"]), str(r[name]), float(r[value]))
        for r in records
        if r.get(value) is not None and math.isfinite(float(r[value]))
    ]
    names = list(dict.fromkeys(who for _, who, _ in points))[: len(LETTERS)]
    if not points:
        return []
    letters = dict(zip(names, LETTERS, strict=False))
    dims = list(dict.fromkeys(dim for dim, _, _ in points))
    lowest = min(-1.0, *(y for _, _, y in points))
    lines = []
    for dim in dims:
        marks = [(letters[w], y) for d, w, y in points if d == dim and w in letters]
        lines.append(f"{dim:>6} |{_line([(MODEL, -dim * math.log10(3)), *marks], lowest)}")
    return [*lines, *_axis(lowest), *_legend(letters)]


def _line(marks: Sequence[tuple[str, float]], lowest: float) -> str:
    cells = [" "] * (WIDTH + 1)
    for letter, y in marks:
        if y >= lowest:
            place = round(WIDTH * (1 - y / lowest))
            cells[place] = letter if cells[place] in (" ", MODEL) else "*"
    return "".join(cells).rstrip()


def _axis(lowest: float) -> list[str]:
    ends = f"10^{lowest:.3g}".ljust(WIDTH) + "1"
    return [" " * 7 + "+" + "-" * (WIDTH + 1), " " * 8 + ends]


def _legend(letters: Mapping[str, str]) -> list[str]:
    said = [f"{letter} {name}" for name, letter in letters.items()]
    return ["  d     " + "; ".join([*said, f"{MODEL} model 1/3^d"])]
