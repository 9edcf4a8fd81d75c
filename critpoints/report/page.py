"""Pages: HTML files that ask nothing of the network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

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
class Picture:
    """A figure on a page.

    Attributes
    ----------
    svg : str
        An ``<svg>`` element that this package made; everything else on a page is escaped.
    alt : str
        What it shows, in words.
    caption : str
    """

    svg: str
    alt: str
    caption: str = ""

    @property
    def figure(self) -> Markup:
        """The SVG, marked as safe to insert."""
        return Markup(self.svg)  # noqa: S704  made by critpoints.plot, not from data


@dataclass(frozen=True)
class Section:
    """One experiment: a page of its own.

    Attributes
    ----------
    name, title, question : str
    pictures : sequence of Picture
    claims : Claims
    tables : sequence of Table
    method : sequence of str
        How it was computed.
    command : str
    links : mapping
        Text to relative address.
    """

    name: str
    title: str
    question: str
    pictures: Sequence[Picture]
    claims: Claims
    tables: Sequence[Table]
    method: Sequence[str]
    command: str
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """An experiment on the front page: its answer, or what is missing and how to make it.

    ``answer`` is the whole answer, ``lead`` the one in plain words. ``picture`` is the address of
    an image of the size (width, height) ``size``, if there is one. ``missing`` is what is missing
    and ``command`` makes it.
    """

    name: str
    title: str
    question: str
    answer: str | None
    warnings: Sequence[str] = ()
    lead: str = ""
    missing: str = ""
    command: str = ""
    picture: str = ""
    alt: str = ""
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Answer:
    """A question of the front page's story, and the experiment that answers it."""

    question: str
    card: Card


@dataclass(frozen=True)
class Chapter:
    """Experiments that belong together."""

    title: str
    cards: Sequence[Card]


def render(
    title: str,
    section: Section,
    before: Card | None = None,
    after: Card | None = None,
    explore: str = "",
) -> str:
    """The page of an experiment as text; titles, claims and cells are escaped.

    ``explore`` is the address of the interactive page, if there is one.
    """
    return template("experiment").render(
        title=title,
        section=section,
        before=before,
        after=after,
        explore=explore,
        version=__version__,
    )


def render_index(
    title: str, chapters: Sequence[Chapter], explore: str = "", story: Sequence[Answer] = ()
) -> str:
    """The front page as text; ``explore`` is the address of the interactive page."""
    return template("index").render(
        title=title, chapters=chapters, explore=explore, story=story, version=__version__
    )


def template(name: str) -> Template:
    """A template of this package; what is put into it is escaped."""
    environment = Environment(
        loader=PackageLoader("critpoints.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["raised"] = raised
    return environment.get_template(f"{name}.html.j2")


_POWER = re.compile(r"\^(\(([^()]*)\)|[-−]?\w+(?:\.\d+)?)")
_MINUS = re.compile(r"(?<=[\s(])-(?=\.?\d)|(?<=\^)-")


def raised(text: object) -> Markup:
    """Escaped text in which ``3^d`` and ``b^(−d²/4)`` are powers, and numbers have a true minus.

    The hyphen stays within references (``lr=-1``) and numbers (``1e-8``).
    """
    signed = _MINUS.sub("−", str(escape(text)))
    return Markup(_POWER.sub(lambda m: f"<sup>{m[2] or m[1]}</sup>", signed))  # noqa: S704


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
