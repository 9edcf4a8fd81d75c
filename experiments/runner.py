"""Run a script: sample into its store, write data, figures and tables, and build the page."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure

from critpoints.plot import canvas
from critpoints.report import appendix, explore, package, page, provenance, tables
from critpoints.report.claims import Claims
from critpoints.report.page import Answer, Card, Chapter, Picture, Section, Table
from critpoints.study.collect import Progress

FIGURES = ("svg", "png", "pdf")
WRITERS: Mapping[str, Callable[[pd.DataFrame, Sequence[tables.Column]], str]] = {
    "md": tables.to_markdown,
    "csv": tables.to_csv,
    "tex": tables.to_latex,
}
PAGE_TITLE = "critpoints: which critical points are minima?"
EXPLORE = "explore.html"


@dataclass(frozen=True)
class Rendered:
    """What a script makes of its frame.

    Attributes
    ----------
    figure, alt : Figure and str
        The picture, and what it shows in words.
    claims : Claims
    tables : sequence of Table
        The first is written as Markdown, CSV and LaTeX too.
    method : sequence of str or None
        How it was computed, where :func:`critpoints.report.page.methods` cannot say it.
    more : sequence of Drawing
        Further pictures.
    """

    figure: Figure
    alt: str
    claims: Claims
    tables: Sequence[Table]
    method: Sequence[str] | None = None
    more: Sequence[Drawing] = ()


@dataclass(frozen=True)
class Drawing:
    """A further picture: the ending of its files' names, its caption, and what it shows."""

    name: str
    caption: str
    figure: Figure
    alt: str


class Script(Protocol):
    """A module in this folder."""

    @property
    def TITLE(self) -> str: ...

    @property
    def QUESTION(self) -> str: ...

    @property
    def PRESETS(self) -> Mapping[str, Any]: ...

    def collect(
        self, budget: Any, store: str | Path | None, jobs: int, progress: Progress | None
    ) -> pd.DataFrame:
        """Sample."""
        ...

    def render(self, frame: pd.DataFrame) -> Rendered:
        """Draw and say."""
        ...


@dataclass(frozen=True)
class House:
    """Where a preset's files lie, below ``root``."""

    root: Path
    preset: str

    @property
    def data(self) -> Path:
        """``data/<preset>``: store, CSV, Parquet, provenance."""
        return self._made("data")

    @property
    def reports(self) -> Path:
        """``reports/<preset>``: page, figures, tables."""
        return self._made("reports")

    @property
    def store(self) -> Path:
        """Sampled batches: a run that was broken off goes on from here."""
        return self.data / "store.sqlite"

    def command(self, name: str) -> str:
        """The command that makes an experiment again."""
        return f"python -m experiments --preset {self.preset} {name}"

    def _made(self, kind: str) -> Path:
        folder = self.root / kind / self.preset
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def sample(name: str, script: Script, house: House, jobs: int, progress: Progress | None) -> None:
    """Sample what is missing and write the data files."""
    budget = script.PRESETS[house.preset]
    write_data(name, script.collect(budget, house.store, jobs, progress), house)


def write_data(name: str, frame: pd.DataFrame, house: House) -> None:
    """CSV and Parquet of the frame, and their provenance with checksums."""
    frame = _plain(frame)
    files = [house.data / f"{name}.csv", house.data / f"{name}.parquet"]
    frame.to_csv(files[0], index=False, lineterminator="\n")
    frame.to_parquet(files[1], index=False)
    record = provenance.provenance(frame, files, house.command(name))
    provenance.write(record, house.data / f"{name}.json")


def write_pages(
    chapters: Mapping[str, Mapping[str, Script]],
    house: House,
    story: Mapping[str, str] | None = None,
) -> Path:
    """Figures, tables and a page of every script whose data are on disk; the other two pages.

    These are ``index.html`` and the interactive one. ``story`` has questions for the front page,
    each with the script that answers it. Data that cannot be shown are a warning, and the front
    page says so.
    """
    scripts = {name: script for part in chapters.values() for name, script in part.items()}
    sections, cards = {}, {}
    for name, script in scripts.items():
        path, missing = house.data / f"{name}.parquet", "Not computed yet; to make it:"
        if path.exists():
            try:
                sections[name] = _section(name, script, pd.read_parquet(path), house)
            except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
                why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
                missing = f"The data cannot be shown ({why}); to make them again:"
                warnings.warn(f"{name}: {missing} {house.command(name)}", stacklevel=2)
        cards[name] = _card(name, script, sections.get(name), house, missing)
    order = list(sections)
    for place, name in enumerate(order):
        before = cards[order[place - 1]] if place else None
        after = cards[order[place + 1]] if place + 1 < len(order) else None
        text = page.render(PAGE_TITLE, sections[name], before, after, EXPLORE)
        (house.reports / f"{name}.html").write_text(text, encoding="utf-8")
    front = [Chapter(title, [cards[name] for name in part]) for title, part in chapters.items()]
    text = explore.standard_page(PAGE_TITLE)
    (house.reports / EXPLORE).write_text(text, encoding="utf-8")
    target = house.reports / "index.html"
    told = [Answer(question, cards[name]) for question, name in (story or {}).items()]
    text = page.render_index(PAGE_TITLE, front, EXPLORE, told)
    target.write_text(text, encoding="utf-8")
    _write_appendix(sections, house)
    package.write(house.data, house.preset, [(n, s.TITLE) for n, s in scripts.items()])
    return target


def _write_appendix(sections: Mapping[str, Section], house: House) -> None:
    digests = {name: _digests(house.data / f"{name}.parquet") for name in sections}
    text = appendix.render(PAGE_TITLE, list(sections.values()), digests)
    (house.reports / "appendix.tex").write_text(text, encoding="utf-8")


def _digests(path: Path) -> list[str]:
    frame = pd.read_parquet(path)
    return list(frame["digest"].dropna().unique()) if "digest" in frame else []


def _card(name: str, script: Script, section: Section | None, house: House, missing: str) -> Card:
    if section is None:
        again = house.command(name)
        return Card(name, script.TITLE, script.QUESTION, None, missing=missing, command=again)
    claims, image = section.claims, house.reports / f"{name}.png"
    card = Card(
        name, script.TITLE, script.QUESTION, claims.answer, claims.warnings, lead=claims.lead
    )
    if "png" not in FIGURES:
        return card
    alt = section.pictures[0].alt
    return replace(card, picture=image.name, alt=alt, size=canvas.png_size(image))


def _section(name: str, script: Script, frame: pd.DataFrame, house: House) -> Section:
    rendered = script.render(frame)
    first = Drawing("", "", rendered.figure, rendered.alt)
    pictures, files = [], [house.data / f"{name}.{kind}" for kind in ("csv", "parquet", "json")]
    for drawing in (first, *rendered.more):
        stem = f"{name}_{drawing.name}" if drawing.name else name
        files += [canvas.save(drawing.figure, house.reports / f"{stem}.{k}") for k in FIGURES]
        pictures.append(Picture(_inline(drawing.figure, stem, house), drawing.alt, drawing.caption))
    files += _write_tables(name, rendered.tables[0], house)
    return Section(
        name=name,
        title=script.TITLE,
        question=script.QUESTION,
        pictures=pictures,
        claims=rendered.claims,
        tables=rendered.tables,
        method=page.methods(frame) if rendered.method is None else rendered.method,
        command=house.command(name),
        links=_links(files, house),
    )


def _inline(figure: Figure, stem: str, house: House) -> str:
    """The SVG for the page, from the file just written where there is one."""
    if "svg" not in FIGURES:
        return canvas.inline_svg(figure, stem)
    return canvas.inlined((house.reports / f"{stem}.svg").read_text(encoding="utf-8"), stem)


def _write_tables(name: str, table: Table, house: House) -> list[Path]:
    written = []
    for kind, writer in WRITERS.items():
        path = house.reports / f"{name}_table.{kind}"
        path.write_text(writer(table.frame, table.columns), encoding="utf-8")
        written.append(path)
    return written


def _links(files: Sequence[Path], house: House) -> dict[str, str]:
    return {f.name: Path(os.path.relpath(f, house.reports)).as_posix() for f in files}


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of one type each: None is NaN in numbers, bins of the index are text."""
    texts = {c: frame[c].astype(str) for c in ("index",) if c in frame}
    frame = frame.assign(**texts)
    mixed = [c for c in frame if frame[c].dtype == object and frame[c].map(_numeric).all()]
    return frame.assign(**{str(c): pd.to_numeric(frame[c]).astype(float) for c in mixed})


def _numeric(value: Any) -> bool:
    return value is None or isinstance(value, int | float)
