"""The page: one HTML file that asks nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from critpoints._version import __version__
from critpoints.report.claims import Claims
from critpoints.report.tables import Column, cells
from critpoints.study.joined import computed, sampled


@dataclass(frozen=True)
class Table:
    """A caption over rows and their columns."""

    caption: str
    frame: pd.DataFrame
    columns: Sequence[Column]

    @property
    def body(self) -> list[list[str]]:
        """Cells as text."""
        return cells(self.frame, self.columns)


@dataclass(frozen=True)
class Section:
    """One experiment on a page.

    Attributes
    ----------
    name, title, question : str
    svg : str
        The figure as an ``<svg>`` element that this package made; everything else is escaped.
    alt : str
        What the figure shows, in words.
    claims : Claims
    tables : sequence of Table
        The first is shown, the others too.
    method : sequence of str
        How it was computed.
    command : str
    links : mapping
        Text to relative address.
    """

    name: str
    title: str
    question: str
    svg: str
    alt: str
    claims: Claims
    tables: Sequence[Table]
    method: Sequence[str]
    command: str
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def figure(self) -> Markup:
        """The SVG, marked as safe to insert."""
        return Markup(self.svg)  # noqa: S704  made by critpoints.plot, not from data


def render(title: str, sections: Sequence[Section]) -> str:
    """The page as text; titles, claims and cells are escaped."""
    environment = Environment(
        loader=PackageLoader("critpoints.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.get_template("page.html.j2")
    return template.render(title=title, sections=sections, version=__version__)


def methods(frame: pd.DataFrame) -> list[str]:
    """Populations, methods, samples, seed and data identity in sentences."""
    populations = [
        f"{population}: {_listed(rows, 'object')}"
        for population, rows in frame.groupby("population", sort=False)
    ]
    return [
        "Populations: " + "; ".join(populations) + ".",
        *_exactly(computed(frame)),
        *_sampling(sampled(frame)),
        "A point is a minimum when all eigenvalues of its Hessian are positive.",
    ]


def _exactly(rows: pd.DataFrame) -> list[str]:
    if not len(rows):
        return []
    ways = [
        f"{method} ({_listed(part, 'object')}; {kind} accuracy {part['accuracy'].max():.0e})"
        for (method, kind), part in rows.groupby(["method", "accuracy_kind"], sort=False)
    ]
    return ["Exact values, without sampling: " + "; ".join(ways) + "."]


def _sampling(rows: pd.DataFrame) -> list[str]:
    if not len(rows):
        return []
    ways = [
        f"{method} ({_listed(part, 'object')}; {_listed(part, 'interval')})"
        for method, part in rows.groupby("method", sort=False)
    ]
    return [
        "Methods and intervals: " + "; ".join(ways) + ".",
        f"{rows.drop_duplicates('digest')['samples'].sum():,} samples, root seed "
        f"{_listed(rows, 'seed')}, {rows['level'].iloc[0]:.0%} intervals; the digest of every row "
        "is in the data files. z is the distance to a reference in standard errors.",
    ]


def _listed(rows: pd.DataFrame, column: str) -> str:
    return ", ".join(str(value) for value in rows[column].unique())
