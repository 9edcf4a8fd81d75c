"""Run the long tier and write ``tallies.json``, ``census.json`` and ``rare.json`` of data/verify.

Every row of the studies below is sampled to its full number of batches through the package's own
resumable store; an interrupted run goes on where it stopped. The files hold the tally of every
batch, so that a later test can recompute any of them and judge their sum again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from critpoints.estimators import Grown
from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.objects import build
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store

from . import census

HOME = Path(__file__).parents[2] / "data" / "verify"
BATCHES = 48
SEED = 20_260_000
STUDY = [
    ("independent", "1-8", "minima", "sieve"),
    ("goe", "1-7", "minima", "sieve"),
    ("goe", "2-6", "index", "pivots"),
    ("goe", "2-6", "index", "plain"),
    ("gue", "1-4", "minima", "sieve"),
    ("gse", "1-3", "minima", "sieve"),
    ("goi", "1-8", "minima", "sieve"),
    ("isotropic:at=fixed", "1-8", "minima", "sieve"),
    ("isotropic", "1-12", "minima", "identity"),
    ("isotropic", "1-6", "minima", "determinant"),
    ("isotropic", "2-5", "index", "identity"),
    ("wishart", "4-6", "index", "plain"),
]
RARE = [
    ("goe", "4,6,8,10,12", "grown", 200, 8),
    ("isotropic", "4,10", "tilted", 200, 8),
    ("goe", "20,40", "grown", 60, 8),
    ("isotropic", "20,40", "tilted", 60, 8),
    ("goe", "4,6,8,10", "splitting", 60, 8),
    ("goe", "12", "splitting", 60, 8),
]
"""Object, dimensions, method, intervals, and the replicates behind each of them."""
CONTROLS = [("goe", dim, Grown(particles=100_000, twist="none"), 6, 8) for dim in (30, 40)]
"""Filters that must be refused, every time."""


class Row(NamedTuple):
    """One rare event: ``runs`` intervals from ``replicates`` each."""

    spec: Spec
    runs: int
    replicates: int
    control: bool = False

    @property
    def batches(self) -> int:
        """Batches that hold all replicates."""
        return -(-self.runs * self.replicates // self.spec.batch)


def specs() -> list[Spec]:
    """Every row of the study of frequent events."""
    rows = []
    for ref, dims, event, method in STUDY:
        first, last = (int(d) for d in dims.split("-"))
        for dim in range(first, last + 1):
            ensemble = build("ensemble", ref, dim)
            rows.append(Spec(ensemble, plan(ensemble, event, method).estimator, SEED))
    return rows


def rare() -> list[Row]:
    """Every row of the study of rare events, the controls last."""
    rows = []
    for ref, dims, method, runs, replicates in RARE:
        for dim in dims.split(","):
            ensemble = build("ensemble", ref, int(dim))
            spec = Spec(ensemble, plan(ensemble, "minima", method).estimator, SEED)
            rows.append(Row(spec, runs, replicates))
    for ref, dim, estimator, runs, replicates in CONTROLS:
        spec = Spec(build("ensemble", ref, dim), estimator, SEED)
        rows.append(Row(spec, runs, replicates, control=True))
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Sample what is missing, then write the tallies."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify")
    parser.add_argument("--jobs", type=int, default=-1, help="workers; -1 is one a core")
    jobs = parser.parse_args(arguments).jobs
    HOME.mkdir(parents=True, exist_ok=True)
    with Store(HOME / "store.sqlite") as store:
        frequent = [_sampled(spec, BATCHES, store, jobs) for spec in specs()]
        _write("tallies.json", frequent)
        _write("census.json", [census.sampled(row, store, jobs) for row in census.rows()])
        rows = rare()
        for row in sorted(rows, key=lambda row: row.spec.estimator.method == "splitting"):
            _sampled(row.spec, row.batches, store, jobs)
        _write("rare.json", [_shortened(row, store) for row in rows])


def _sampled(spec: Spec, batches: int, store: Store, jobs: int) -> dict[str, object]:
    rule = Rule(rel_error=None, samples=batches * spec.batch, seconds=None)
    collect([spec], rule, store=store, jobs=jobs)
    print(f"{spec.ref} d={spec.source.dim} {spec.estimator.method}", file=sys.stderr, flush=True)
    return _record(spec, [t.data.tolist() for t in store.prefix(spec)[:batches]])


def _shortened(row: Row, store: Store) -> dict[str, object]:
    """Replicates to 12 digits, which is what two machines must agree to."""
    tallies = [
        [[float(f"{x:.12g}") for x in replicate] for replicate in tally.data.tolist()]
        for tally in store.prefix(row.spec)[: row.batches]
    ]
    return _record(row.spec, tallies)


def _record(spec: Spec, tallies: list[list[float]] | list[list[list[float]]]) -> dict[str, object]:
    return {"digest": spec.digest, "identity": spec.identity(), "tallies": tallies}


def _write(name: str, records: list[dict[str, object]]) -> None:
    text = ",\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    (HOME / name).write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
