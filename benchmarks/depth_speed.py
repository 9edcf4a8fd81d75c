"""CPU seconds of Lyapunov spectra and of signal and gradient, beside the cost of the draws alone.

The draws are what no method can save: n matrices of d² normal numbers a sample. The last column is
a QR by LAPACK at every layer, extrapolated from fewer layers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from critpoints.depth.product import RandomProduct
from critpoints.seeding import stream

_PART = 20


def seconds(dim: int, n: int, samples: int, repeats: int) -> dict[str, float]:
    """Median CPU seconds of each task, all of them in turn in every repeat."""
    law = RandomProduct(dim, n)
    tasks: dict[str, Callable[[], object]] = {
        "draws": lambda: _draws(dim, n, samples),
        "exponents": lambda: law.sample_exponents(stream("depth", 0), samples),
        "logs": lambda: law.sample_logs(stream("depth", 1), samples),
        "lapack": lambda: _lapack(dim, n // _PART, samples),
    }
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            start = time.process_time()
            task()
            taken[name].append(time.process_time() - start)
    found = {name: statistics.median(values) for name, values in taken.items()}
    return {**found, "lapack": found["lapack"] * (n / (n // _PART))}


def _draws(dim: int, n: int, samples: int) -> None:
    rng = stream("depth", 2)
    for _ in range(n):
        rng.standard_normal((samples, dim, dim))


def _lapack(dim: int, n: int, samples: int) -> None:
    rng, basis = stream("depth", 3), np.tile(np.eye(dim), (samples, 1, 1))
    for _ in range(n):
        basis, _ = np.linalg.qr(rng.standard_normal((samples, dim, dim)) @ basis)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 4, 8, 16, 32])
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if options.layers < _PART:
        parser.error(f"--layers must be at least {_PART}, got {options.layers}")
    print(f"{'d':>4}" + "".join(f"{name:>12}" for name in ("draws", "exponents", "logs", "lapack")))
    with threadpool_limits(limits=1, user_api="blas"):
        for dim in options.dims:
            taken = seconds(dim, options.layers, options.samples, options.repeats)
            print(f"{dim:4d}" + "".join(f"{value:12.2f}" for value in taken.values()), flush=True)


if __name__ == "__main__":
    main()
