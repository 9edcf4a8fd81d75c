"""Functions whose critical points are all known: does the census find them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from critpoints.plot import known as plot
from critpoints.plot.canvas import draw
from critpoints.report import claims_known, tables_known
from critpoints.report.page import Table
from critpoints.study.census import censuses
from critpoints.study.collect import Progress
from critpoints.study.known import known_counts, known_values
from experiments.runner import Rendered

TITLE = "Functions whose critical points are known"
QUESTION = "Does the census find every critical point of functions whose points are all known?"

NAMES = {
    "inverted wells": "inverted-wells",
    "double well": "double-well:tilt=0.1",
    "Styblinski–Tang": "styblinski-tang",
    "Rastrigin": "rastrigin",
    "Rayleigh quotient": "rayleigh",
    "factorisation": "factorisation",
    "quadratic saddle": "quadratic",
    "octopus": "octopus",
    "monkey saddle": "monkey",
    "autoencoder, 1 hidden": "autoencoder",
    "autoencoder, 2 hidden": "autoencoder:hidden=2",
    "deep linear network": "deep-linear",
}
"""References by family; the last four have degenerate points."""
DEGENERATE = tuple(NAMES)[-4:]


@dataclass(frozen=True)
class Budget:
    """Dimensions of each family, and up to which dimension exact lines are drawn."""

    dims: Mapping[str, str]
    lines: int


QUICK = {
    "inverted wells": "1-3", "double well": "1-3", "Styblinski–Tang": "1-3", "Rastrigin": "1-2",
    "Rayleigh quotient": "1-6", "factorisation": "1-3", "quadratic saddle": "1-3",
    "octopus": "1-3", "monkey saddle": "2-3", "autoencoder, 1 hidden": "4",
    "autoencoder, 2 hidden": "8",
}  # fmt: skip
MORE = {
    "inverted wells": "1-4", "double well": "1-4", "Styblinski–Tang": "1-4",
    "Rayleigh quotient": "1-12", "factorisation": "1-4", "quadratic saddle": "1-4",
    "octopus": "1-5", "autoencoder, 1 hidden": "4,6", "deep linear network": "5",
}  # fmt: skip
PRESETS = {"quick": Budget(QUICK, 6), "paper": Budget(QUICK | MORE, 12)}


def collect(
    budget: Budget, store: str | Path | None, jobs: int, progress: Progress | None
) -> pd.DataFrame:
    """A row a function, a known number by index, and a known critical value."""
    parts = []
    for family, dims in budget.dims.items():
        name, degenerate = NAMES[family], family in DEGENERATE
        found = censuses([name], dims, store=store, jobs=jobs, progress=progress)
        found = found.assign(quantity="function", degenerate_family=degenerate)
        measured = [int(dim) for dim in found["dim"]]
        lines = measured if degenerate else sorted({*measured, *range(1, budget.lines + 1)})
        rows = [found, *(known_counts(name, dim) for dim in lines)]
        rows += [known_values(name, dim) for dim in measured if degenerate]
        parts.append(pd.concat(rows, ignore_index=True).assign(family=family))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(index=frame["index"].fillna(""))


def render(frame: pd.DataFrame) -> Rendered:
    """The picture, what it says, and the tables."""
    shown = [
        Table("Isolated points", claims_known.compared(frame), tables_known.ISOLATED),
        Table("Degenerate points", claims_known.degenerate(frame), tables_known.DEGENERATE),
    ]
    return Rendered(
        draw(lambda f: _paint(frame, f), (12.0, 4.8)),
        claims_known.known_alt(frame),
        claims_known.known_claims(frame),
        [table for table in shown if len(table.frame)],
        claims_known.known_method(frame),
    )


def _paint(frame: pd.DataFrame, figure: Figure) -> None:
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    plot.minima_by_dim(frame, left)
    plot.found_against_known(frame, right)
