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
    "digest", "object", "dim", "estimator", "samples", "batches", "seed", "seconds", "created",
    "parameters",
)  # fmt: skip
app = typer.Typer(
    help="List, show, check, export, compute again or remove stored runs.",
    epilog="Example: critpoints runs list",
)
Digest = Annotated[str, typer.Argument(metavar="DIGEST", help="Its first digits, at least 4.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE:CLASS", help="A class of yours that may be imported; repeat."),
]


@app.command("list")
def list_(
    store: options.StoreFile = None, form: options.FormatOption = options.Format.table
) -> None:
    """List the runs of a store.

    Example: critpoints runs list --store runs.sqlite
    """
    from critpoints.study.ledger import record  # noqa: PLC0415 - importing it takes a second

    with _reading(store) as kept:
        output.write([record(entry) for entry in kept.entries()], form, COLUMNS)


@app.command()
def show(
    digest: Digest,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.json,
) -> None:
    """Print what a run is: its identity and how far it has come.

    Example: critpoints runs show 3251
    """
    from critpoints.study.ledger import find, identity, record  # noqa: PLC0415

    with _reading(store) as kept:
        entry = find(kept, digest)
        known = record(entry) | {"digest": entry.digest, "identity": identity(entry)}
    del known["parameters"]
    if form is options.Format.json:
        typer.echo(json.dumps(known, indent=1))
    else:
        flat = known | {"identity": json.dumps(known["identity"])}
        output.write([flat], form, [c for c in COLUMNS if c in flat])


@app.command()
def export(
    digests: Annotated[list[str], typer.Argument(metavar="DIGEST…", help="First digits of runs.")],
    to: Annotated[str, typer.Option(metavar="FILE", help="A .csv or .parquet file to write.")],
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Write the tallies of runs to CSV or Parquet, with provenance in FILE.json.

    Example: critpoints runs export 3251 --to goe.csv
    """
    from critpoints.report import export as module  # noqa: PLC0415

    with _reading(store) as kept:
        written = [str(path) for path in module.write(kept, digests, Path(to))]
    if form is options.Format.table:
        typer.echo("\n".join(written))
    else:
        output.write([{"file": path} for path in written], form, ())


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
    form: options.FormatOption = options.Format.table,
) -> None:
    """Check the file, every digest and every checksum; exit status 3 if anything is wrong.

    Runs of classes of your own are computed again only if you name the class with --allow.

    Example: critpoints runs verify --recompute 2
    """
    from critpoints.study.ledger import check, not_allowed  # noqa: PLC0415

    workers = jobs, options.on(backend, scheduler)
    with _reading(store) as kept:
        defects = check(kept, recompute, *workers, allow=allow or (), seed=seed)
        count = len(kept.entries())
        left_out = not_allowed(kept, allow or ()) if recompute else {}
    for name, runs in left_out.items():
        print(
            f"critpoints: {runs} of {name} not computed again: name it with --allow {name}",
            file=sys.stderr,
        )
    _judge(defects, f"{count} runs are sound", form)


@app.command()
def remove(
    digest: Digest,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Remove a run and all its batches; nothing is asked.

    Example: critpoints runs remove 3251
    """
    from critpoints.study.ledger import find, printable, record  # noqa: PLC0415
    from critpoints.study.store import Store  # noqa: PLC0415

    with _reading(store) as kept:  # refuses what is not there before anything is opened to write
        entry = find(kept, digest)
    with Store(_path(store)) as kept:
        kept.remove(entry.digest)
    known = record(entry)
    text = (
        f"removed {printable(entry.digest)}: {known['object']} d={known['dim']}, "
        f"{entry.batches} batches"
    )
    output.say(known | {"digest": entry.digest}, form, text)


@app.command()
def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What export wrote, or its .json.")],
    allow: Allow = None,
    jobs: options.Jobs = 1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Compute an exported file again from its provenance; exit status 3 if it is not equal.

    Example: critpoints runs replay goe.csv
    """
    from critpoints.report.export import replay as again  # noqa: PLC0415

    found = again(Path(file), allow or (), jobs, options.on(backend, scheduler))
    _judge(found, "equal", form)


def _judge(defects: list[str], sound: str, form: options.Format) -> None:
    if form is not options.Format.table:
        output.write([{"defect": defect} for defect in defects], form, ())
    for defect in defects:
        print(f"critpoints: {defect}", file=sys.stderr)
    if defects:
        raise typer.Exit(3)
    if form is options.Format.table:
        typer.echo(sound)


def _path(store: str | None) -> Path:
    return sampling.default_store() if store is None else Path(store)


@contextmanager
def _reading(store: str | None) -> Iterator[Store]:
    from critpoints.study.store import Store  # noqa: PLC0415

    with Store.reading(_path(store)) as kept:
        yield kept
