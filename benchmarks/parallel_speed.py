"""Two workers against one, and the peak memory of a long run.

Prints medians of the ratio of interleaved pairs; BLAS is pinned inside every batch. Workers are
started before the clock.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Sequence

from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.objects import build
from critpoints.study.plan import plan
from critpoints.study.spec import Spec


def seconds(spec: Spec, batches: int, jobs: int) -> float:
    """Wall time of a run of so many batches, nothing stored."""
    rule = Rule(rel_error=None, samples=batches * spec.batch, seconds=None)
    start = time.perf_counter()
    collect([spec], rule, jobs=jobs)
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line an ensemble: seconds with one worker, ratio to two, peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of one worker, a repeat")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    for ref, dim in (("goe", 8), ("wigner:entries=uniform", 8)):
        ensemble = build("ensemble", ref, dim)
        spec = Spec(ensemble, plan(ensemble, "minima").estimator)
        batches = max(64, int(64 * options.seconds / seconds(spec, 64, jobs=1)))
        seconds(spec, batches // 2, jobs=2)  # the pool starts here
        pairs = [
            (seconds(spec, batches, 1), seconds(spec, batches, 2)) for _ in range(options.repeats)
        ]
        one = statistics.median(a for a, _ in pairs)
        ratio = statistics.median(a / b for a, b in pairs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        megabytes = peak / (2**20 if sys.platform == "darwin" else 2**10)
        print(
            f"{ref} d={dim}: {batches * spec.batch:.3g} samples, one worker {one:.1f} s, "
            f"two workers {ratio:.2f}x, peak memory {megabytes:.0f} MB"
        )


if __name__ == "__main__":
    main()
