"""What safety costs: durable writes, bytes a batch, and the start of a resumed run.

Time in the store is measured inside the run that it serves, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from critpoints.rule import Rule
from critpoints.study.collect import Run, collect
from critpoints.study.objects import build
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Counts

STORED = 100_000


class Timed(Store):
    """A store that knows how long it was written to."""

    spent = 0.0

    def put(self, *arguments: Any) -> None:
        """Record batches, on the clock."""
        start = time.perf_counter()
        super().put(*arguments)
        self.spent += time.perf_counter() - start


def share(spec: Spec, seconds: float, path: Path) -> float:
    """Part of a run's time that was spent on recording it."""
    start = time.perf_counter()
    with Timed(path) as store:
        collect([spec], Rule(None, None, seconds), store=store)
        return store.spent / (time.perf_counter() - start)


def fill(spec: Spec, path: Path) -> float:
    """Record many batches; bytes a batch beyond its payload."""
    tallies = [Counts(np.array([spec.batch - k, k])) for k in range(50)]
    with Store(path) as store:
        store.put(spec, ((k, tallies[k % 50], 0.01) for k in range(STORED)))
    return path.stat().st_size / STORED - len(tallies[0].to_bytes())


def resume(spec: Spec, path: Path, clock: Callable[[], float]) -> float:
    """Seconds until a resumed run knows its next batch."""
    start = clock()
    with Store(path) as store:
        Run.resume(spec, Rule(None, 10**12, None), store.batches(spec)).next(1)
    return clock() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the three figures, medians over the repeats and all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a run, a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    ensemble = build("ensemble", "goe", 8)
    spec = Spec(ensemble, plan(ensemble, "minima", "sieve").estimator)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shares = [
            100 * share(spec, options.seconds, home / f"run{k}") for k in range(options.repeats)
        ]
        beyond = fill(spec, home / "full")
        starts = [resume(spec, home / "full", time.process_time) for _ in range(options.repeats)]
    print(f"recording: {_all(shares)} % of a run at the default batch size")
    print(f"store: {beyond:.0f} bytes a batch beyond its payload")
    print(f"resuming with {STORED} batches: {_all(starts)} s of CPU time")


def _all(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3g} ({', '.join(f'{v:.3g}' for v in values)})"


if __name__ == "__main__":
    main()
