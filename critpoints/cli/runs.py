"""``critpoints runs``: what is stored, checked, exported, computed again or removed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from critpoints.cli import options, output, sampling

if TYPE_CHECKING:
    from critpoints.study.store import Store

COLUMNS = (
    "digest", "object", "parameters", "dim", "estimator", "seed", "batches", "samples", "seconds",
    "created",
)  # fmt: skip
app = typer.Typer(help="List, show, check, export, compute again or remove stored runs.")
Digest = Annotated[str, typer.Argument(metavar="DIGEST", help="Its first digits, at least 4.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE:CLASS", help="A class of yours that may be imported; repeat."),
]


@app.command("list")
def list_(
    store: options.StoreFile = None, form: options.FormatOption = options.Format.table
) -> None:
    """List the runs of a store."""
    from critpoints.study.ledger import record  # noqa: PLC0415 - importing it takes a second

    with _reading(store) as kept:
        output.write([record(entry) for entry in kept.entries()], form, COLUMNS)


@app.command()
def show(digest: Digest, store: options.StoreFile = None) -> None:
    """Print what a run is: its identity and how far it has come, as JSON."""
    from critpoints.study.ledger import find, identity, record  # noqa: PLC0415

    with _reading(store) as kept:
        entry = find(kept, digest)
        known = record(entry) | {"digest": entry.digest, "identity": identity(entry)}
    del known["parameters"]
    typer.echo(json.dumps(known, indent=1))


@app.command()
def export(
    digests: Annotated[list[str], typer.Argument(metavar="DIGEST…", help="First digits of runs.")],
    to: Annotated[str, typer.Option(metavar="FILE", help="A .csv or .parquet file to write.")],
    store: options.StoreFile = None,
) -> None:
    """Write the tallies of runs to CSV or Parquet, with provenance in FILE.json."""
    from critpoints.report import export as module  # noqa: PLC0415

    with _reading(store) as kept:
        for path in module.write(kept, digests, Path(to)):
            typer.echo(path)


@app.command()
def verify(
    store: options.StoreFile = None,
    recompute: Annotated[
        int, typer.Option(metavar="K", min=0, help="Batches of every run to compute again.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Which batches: any number.")] = 0,
    allow: Allow = None,
    jobs: options.Jobs = 1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
) -> None:
    """Check the file, every digest and every checksum; exit status 3 if anything is wrong."""
    from critpoints.study.ledger import check  # noqa: PLC0415

    workers = jobs, options.on(backend, scheduler)
    with _reading(store) as kept:
        defects = check(kept, recompute, *workers, allow=allow or (), seed=seed)
        count = len(kept.entries())
    _judge(defects, f"{count} runs are sound")


@app.command()
def remove(digest: Digest, store: options.StoreFile = None) -> None:
    """Remove a run and all its batches; nothing is asked."""
    from critpoints.study.ledger import find, printable, record  # noqa: PLC0415
    from critpoints.study.store import Store  # noqa: PLC0415

    with _reading(store) as kept:  # refuses what is not there before anything is opened to write
        entry = find(kept, digest)
    with Store(_path(store)) as kept:
        kept.remove(entry.digest)
    known = record(entry)
    typer.echo(
        f"removed {printable(entry.digest)}: {known['object']} d={known['dim']}, "
        f"{entry.batches} batches"
    )


@app.command()
def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What export wrote, or its .json.")],
    allow: Allow = None,
    jobs: options.Jobs = 1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
) -> None:
    """Compute an exported file again from its provenance; exit status 3 if it is not equal."""
    from critpoints.report.export import replay as again  # noqa: PLC0415

    _judge(again(Path(file), allow or (), jobs, options.on(backend, scheduler)), "equal")


def _judge(defects: list[str], sound: str) -> None:
    for defect in defects:
        print(f"critpoints: {defect}", file=sys.stderr)
    if defects:
        raise typer.Exit(3)
    typer.echo(sound)


def _path(store: str | None) -> Path:
    return sampling.default_store() if store is None else Path(store)


@contextmanager
def _reading(store: str | None) -> Iterator[Store]:
    from critpoints.study.store import Store  # noqa: PLC0415

    with Store.reading(_path(store)) as kept:
        yield kept
