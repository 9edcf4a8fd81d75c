"""Run a script: sample into its store, write data, figures and tables, and build the page."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure

from critpoints.plot import canvas
from critpoints.report import page, provenance, tables
from critpoints.report.claims import Claims
from critpoints.report.page import Section, Table
from critpoints.study.collect import Progress

FIGURES = ("svg", "png", "pdf")
WRITERS: Mapping[str, Callable[[pd.DataFrame, Sequence[tables.Column]], str]] = {
    "md": tables.to_markdown,
    "csv": tables.to_csv,
    "tex": tables.to_latex,
}
PAGE_TITLE = "critpoints: which critical points are minima?"


@dataclass(frozen=True)
class Rendered:
    """What a script makes of its frame: figure, its description, sentences, tables."""

    figure: Figure
    alt: str
    claims: Claims
    tables: Sequence[Table]


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


def write_page(scripts: Mapping[str, Script], house: House) -> Path:
    """Figures, tables and ``index.html`` of every script whose data are on disk."""
    found = {n: house.data / f"{n}.parquet" for n in scripts}
    sections = [
        _section(name, scripts[name], pd.read_parquet(path), house)
        for name, path in found.items()
        if path.exists()
    ]
    target = house.reports / "index.html"
    target.write_text(page.render(PAGE_TITLE, sections), encoding="utf-8")
    return target


def _section(name: str, script: Script, frame: pd.DataFrame, house: House) -> Section:
    rendered = script.render(frame)
    figures = [canvas.save(rendered.figure, house.reports / f"{name}.{k}") for k in FIGURES]
    data = [house.data / f"{name}.{kind}" for kind in ("csv", "parquet", "json")]
    return Section(
        name=name,
        title=script.TITLE,
        question=script.QUESTION,
        svg=canvas.inline_svg(rendered.figure, name),
        alt=rendered.alt,
        claims=rendered.claims,
        tables=rendered.tables,
        method=page.methods(frame),
        command=house.command(name),
        links=_links([*data, *figures, *_write_tables(name, rendered.tables[0], house)], house),
    )


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
