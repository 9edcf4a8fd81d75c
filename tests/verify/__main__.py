"""Run the long tier and write ``data/verify/tallies.json``.

Every row of the study below is sampled to its full number of batches through the package's own
resumable store; an interrupted run goes on where it stopped. The file holds the tally of every
batch, so that a later test can recompute any of them and judge their sum again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.study.sweep import build

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


def specs() -> list[Spec]:
    """Every row of the study."""
    rows = []
    for ref, dims, event, method in STUDY:
        first, last = (int(d) for d in dims.split("-"))
        for dim in range(first, last + 1):
            ensemble = build(ref, dim)
            rows.append(Spec(ensemble, plan(ensemble, event, method), SEED))
    return rows


def main() -> None:
    """Sample what is missing, then write the tallies."""
    HOME.mkdir(parents=True, exist_ok=True)
    found = []
    with Store(HOME / "store.sqlite") as store:
        for spec in specs():
            rule = Rule(rel_error=None, samples=BATCHES * spec.batch, seconds=None)
            collect([spec], rule, store=store, jobs=-1)
            tallies = [t.data.tolist() for t in store.prefix(spec)[:BATCHES]]
            found.append({"digest": spec.digest, "identity": spec.identity(), "tallies": tallies})
            print(f"{spec.ref} d={spec.ensemble.dim} {spec.estimator.method}", file=sys.stderr)
    text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in found)
    (HOME / "tallies.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main()
