"""Run the long tier and write the files of data/verify: tallies, rare, census and search.

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
from typing import Any, NamedTuple

import numpy as np

from critpoints.estimators import Grown, Replicates, Splitting, Tilted
from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.objects import build
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Counts, Moments, Tally, Values

from . import census, search

HOME = Path(__file__).parents[2] / "data" / "verify"
FILES = ("tallies", "rare", "census", "search")
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
SMALL, LARGE = "4,6,8,10,12", "20,40"
RARE: list[tuple[str, str, Replicates, int]] = [
    ("goe", SMALL, Grown(), 500),
    ("isotropic", SMALL, Tilted(), 500),
    ("wigner", "4,6,8", Grown(route="rows"), 200),
    ("goe", LARGE, Grown(), 200),
    ("isotropic", LARGE, Tilted(), 200),
    ("goe", "6", Splitting(negatives=1), 200),
    ("isotropic", "4", Splitting(), 200),
    ("goe", "4,6", Splitting(), 200),
    ("isotropic", "8", Splitting(chains=128), 100),
    ("goe", "8", Splitting(), 100),
    ("goe", "10,12", Splitting(), 25),
]
"""Object, dimensions, estimator and intervals; the dearest last."""
CONTROLS: list[tuple[str, str, Replicates, int]] = [
    ("goe", "30,40", Grown(particles=100_000, twist="none"), 6)
]
"""Filters that must be refused, every time."""
REPLICATES = 8
"""Behind each interval."""


class Row(NamedTuple):
    """One rare event: ``runs`` intervals from :data:`REPLICATES` each."""

    spec: Spec
    runs: int
    control: bool = False

    @property
    def batches(self) -> int:
        """Batches that hold all replicates."""
        return -(-self.runs * REPLICATES // self.spec.batch)


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
    return [
        Row(Spec(build("ensemble", ref, int(dim)), estimator, SEED), runs, control)
        for study, control in ((RARE, False), (CONTROLS, True))
        for ref, dims, estimator, runs in study
        for dim in dims.split(",")
    ]


def tally_of(spec: Spec, data: list[Any]) -> Tally:
    """A tally as the files hold it."""
    kinds: dict[str, type[Tally]] = {"proportion": Counts, "weighted": Moments}
    kind = kinds.get(spec.estimator.name, Values)
    return kind(np.array([-np.inf if x is None else x for x in data]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Sample what is missing, then write the tallies."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify")
    parser.add_argument("--jobs", type=int, default=-1, help="workers; -1 is one a core")
    parser.add_argument(
        "--extend", action="store_true", help="begin with the tallies that the files hold"
    )
    parser.add_argument(
        "--only", choices=FILES, action="append", help="write this file; may be repeated"
    )
    options = parser.parse_args(arguments)
    wanted = options.only or FILES
    HOME.mkdir(parents=True, exist_ok=True)
    frequent, rows = specs(), rare()
    with Store(HOME / "store.sqlite") as store:
        if options.extend:
            _restore(frequent, "tallies.json", store)
            _restore([row.spec for row in rows], "rare.json", store)
        if "tallies" in wanted:
            for spec in frequent:
                _sample(spec, BATCHES, store, options.jobs)
            _write("tallies.json", [_record(spec, BATCHES, store) for spec in frequent])
        if "rare" in wanted:
            for row in sorted(rows, key=lambda row: not row.control):
                _sample(row.spec, row.batches, store, options.jobs)
            _write("rare.json", [_record(row.spec, row.batches, store) for row in rows])
        if "census" in wanted:
            sampled = [census.sampled(row, store, options.jobs) for row in census.rows()]
            _write("census.json", sampled)
        if "search" in wanted:
            _write("search.json", search.sampled(options.jobs))


def _restore(known: Sequence[Spec], name: str, store: Store) -> None:
    """Take the batches of a file into the store, as far as it lacks them."""
    committed = {r["digest"]: r["tallies"] for r in json.loads((HOME / name).read_text())}
    for spec in known:
        tallies = committed.get(spec.digest, [])
        first = len(store.prefix(spec))
        batches = ((k, tally_of(spec, tallies[k]), 0.0) for k in range(first, len(tallies)))
        store.put(spec, batches)


def _sample(spec: Spec, batches: int, store: Store, jobs: int) -> None:
    rule = Rule(rel_error=None, samples=batches * spec.batch, seconds=None)
    collect([spec], rule, store=store, jobs=jobs)
    print(f"{spec.ref} d={spec.source.dim} {spec.estimator.method}", file=sys.stderr, flush=True)


def _record(spec: Spec, batches: int, store: Store) -> dict[str, object]:
    tallies = [_shortened(tally) for tally in store.prefix(spec)[:batches]]
    return {"digest": spec.digest, "identity": spec.identity(), "tallies": tallies}


def _shortened(tally: Tally) -> list[Any]:
    """Replicates to 12 digits, which is more than two machines must agree to."""
    if not isinstance(tally, Values):
        return list(tally.data.tolist())
    return [[float(f"{x:.12g}") for x in replicate] for replicate in tally.data.tolist()]


def _write(name: str, records: list[dict[str, object]]) -> None:
    text = ",\n".join(json.dumps(record, separators=(",", ":")) for record in records)
    (HOME / name).write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
