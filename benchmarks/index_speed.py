"""How much faster than batched eigenvalues is each way to the index of a GOE matrix?

Every column is a ratio of times a sample, eigvalsh over the way named, both with the drawing of
the matrices included, one BLAS thread, median over interleaved repeats (so that a busy machine
slows all alike).

    python benchmarks/index_speed.py --dims 4 10 20
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from critpoints import inertia

Floats = NDArray[np.float64]
COLUMNS = ["dense", "dense minimum", "tridiagonal", "sieve", "random numbers"]


def goe(rng: np.random.Generator, dim: int, size: int) -> Floats:
    """Diagonal N(0, 1), off-diagonal N(0, ½); a triangle is drawn and unfolded."""
    row, column = np.tril_indices(dim)
    place = np.empty((dim, dim), dtype=np.intp)
    place[row, column] = place[column, row] = np.arange(row.size)
    triangle = rng.standard_normal((size, row.size)) * np.where(row == column, 1, np.sqrt(0.5))
    return triangle.take(place.ravel(), axis=1).reshape(size, dim, dim)


def ways(rng: np.random.Generator, dim: int, size: int) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Each way's number of samples a call and the call; dense ones get fewer samples."""

    def diagonal(_: int, m: int) -> Floats:
        return rng.standard_normal(m)

    def squared(i: int, m: int) -> Floats:
        # Gamma(½) is half a squared normal and costs a third that way.
        return rng.standard_normal(m) ** 2 / 2 if i == 1 else rng.standard_gamma(i / 2, m)

    def numbers() -> None:
        diagonal(0, size)
        for i in range(1, dim):
            diagonal(i, size)
            squared(i, size)

    # As many as a cache holds: a batch from main memory would measure that instead.
    few = max(min(size, 200_000 // dim**2), 100)
    return {
        "eigvalsh": (few, lambda: np.linalg.eigvalsh(goe(rng, dim, few))),
        "dense": (few, lambda: inertia.index(goe(rng, dim, few))),
        "dense minimum": (few, lambda: inertia.is_minimum(goe(rng, dim, few))),
        "tridiagonal": (size, lambda: inertia.streamed_index(diagonal, squared, dim, size)),
        "sieve": (size, lambda: inertia.sieve(diagonal, squared, dim, size)),
        "random numbers": (size, numbers),
    }


def seconds_a_sample(dim: int, size: int, repeats: int) -> dict[str, float]:
    """Medians over repeats that take turns."""
    calls = ways(np.random.default_rng(dim), dim, size)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, (count, call) in calls.items():
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) / count)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 4, 6, 10, 20, 40, 100])
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"{'d':>4} {'eigvalsh µs':>12}" + "".join(f"{name:>16}" for name in COLUMNS))
    with threadpool_limits(limits=1, user_api="blas"):
        for dim in options.dims:
            taken = seconds_a_sample(dim, options.samples, options.repeats)
            ratios = "".join(f"{taken['eigvalsh'] / taken[name]:15.1f}x" for name in COLUMNS)
            print(f"{dim:4d} {taken['eigvalsh'] * 1e6:12.2f}{ratios}", flush=True)


if __name__ == "__main__":
    main()
