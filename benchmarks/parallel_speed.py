"""Two workers against one, a cluster of two against both, and what a batch costs beside its work.

Prints medians of the ratios of interleaved runs; BLAS is pinned inside every batch. Workers are
started before the clock. Ratios of time need a machine of which two cores are idle; what a batch
costs is counted in CPU time and does not.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.objects import build
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store

BATCHES = 4000  # of almost no work, to see what a batch costs


def seconds(spec: Spec, batches: int, jobs: int, backend: str = "loky") -> float:
    """Wall time of a run of so many batches, nothing stored."""
    rule = Rule(rel_error=None, samples=batches * spec.batch, seconds=None)
    start = time.perf_counter()
    collect([spec], rule, jobs=jobs, backend=backend)
    return time.perf_counter() - start


def overhead(spec: Spec, store: Path | None, jobs: int, backend: str = "loky") -> float:
    """Microseconds of CPU time of the parent a batch: dispatch, folding, and recording."""
    rule = Rule(rel_error=None, samples=BATCHES * spec.batch, seconds=None)
    with Store(store) as kept:
        start = time.process_time()
        collect([spec], rule, jobs=jobs, backend=backend, store=kept)
        return 1e6 * (time.process_time() - start) / BATCHES


@contextmanager
def cluster() -> Iterator[str]:
    """A scheduler and two workers of one thread on this machine; its name as a backend."""
    distributed: Any = importlib.import_module("distributed")  # an optional extra
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as made:
        yield f"dask:scheduler={made.scheduler_address}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line an ensemble, then what a batch costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of one worker, a repeat")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    with cluster() as there:
        for ref, dim in (("goe", 8), ("wigner:entries=uniform", 8)):
            ensemble = build("ensemble", ref, dim)
            spec = Spec(ensemble, plan(ensemble, "minima").estimator)
            batches = max(64, int(64 * options.seconds / seconds(spec, 64, jobs=1)))
            for backend in ("loky", there):
                seconds(spec, batches // 2, 2, backend)  # the pool starts here
            runs = [
                (
                    seconds(spec, batches, 1),
                    seconds(spec, batches, 2),
                    seconds(spec, batches, 2, there),
                )
                for _ in range(options.repeats)
            ]
            one = statistics.median(run[0] for run in runs)
            two = statistics.median(run[0] / run[1] for run in runs)
            dask = statistics.median(run[2] / run[1] for run in runs)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            megabytes = peak / (2**20 if sys.platform == "darwin" else 2**10)
            print(
                f"{ref} d={dim}: {batches * spec.batch:.3g} samples, one worker {one:.1f} s, "
                f"two workers {two:.2f}x, dask takes {dask:.2f} of loky's time, "
                f"peak memory {megabytes:.0f} MB"
            )
        _print_overhead(there)


def _print_overhead(there: str) -> None:
    ensemble = build("ensemble", "goe", 2)
    light = Spec(ensemble, plan(ensemble, "minima", "sieve").estimator, batch=1)
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "one process": overhead(light, None, 1),
            "recorded": overhead(light, Path(folder) / "one", 1),
            "two workers": overhead(light, None, 2),
            "a cluster of two": overhead(light, None, 2, there),
        }
    said = ", ".join(f"{name} {value:.0f}" for name, value in found.items())
    print(f"a batch costs the parent, in microseconds of CPU time: {said}")


if __name__ == "__main__":
    main()
