"""How much work does a rare event take, and how good is the answer?

Each row is one way to P(all eigenvalues > 0) of a GOE matrix, on one BLAS thread: CPU seconds a
replicate (the first, which fits twists and places levels, is told apart as "setup"), the true
relative error of a replicate against the exact value, what it states itself, the mean over the
exact value, and the seconds of replicates after which the true relative error is that of the last
column. OpenTURNS' subset simulation stands beside them where it is installed. Then: is a Wigner
matrix a minimum, by growing it and by batched eigenvalues.

    python benchmarks/rare_speed.py
    python benchmarks/rare_speed.py --structured 12 20 40 60 --generic 8 12
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import math
import statistics
import time
from typing import Any

import numpy as np
from scipy import special
from threadpoolctl import threadpool_limits

from critpoints.ensembles import GaussianEnsemble, Wigner
from critpoints.estimators.grown import Grown
from critpoints.estimators.replicates import Replicates
from critpoints.estimators.splitting import Splitting
from critpoints.theory import laws

TARGETS = {"grown": {12: 0.05, 20: 0.1, 40: 0.2}, "splitting": {12: 0.2, 20: 0.3}}
"""True relative errors to be reached; 20% elsewhere."""
COLUMNS = ("setup s", "s each", "true err", "stated", "ratio", "target", "s for it")


def exact(dim: int) -> float:
    """Natural logarithm of P(GOE_d > 0)."""
    return float(laws.minimum("gaussian", dim, beta=1.0).log[0])


def measure(name: str, way: Replicates, dim: int, replicates: int) -> list[float]:
    """The columns of one row."""
    ensemble, size = GaussianEnsemble(dim), way.batch_size(dim)
    start = time.process_time()
    way.rows(ensemble, np.random.default_rng(0), 1)
    first = time.process_time() - start
    start = time.process_time()
    batches = range(math.ceil(replicates / size))
    found = [way.rows(ensemble, np.random.default_rng([dim, k]), size) for k in batches]
    rows = np.concatenate(found)
    each = (time.process_time() - start) / len(rows)
    error = math.sqrt(float(np.square(np.expm1(rows[:, 0] - exact(dim))).mean()))
    stated = math.sqrt(float(rows[:, 1].mean()))
    ratio = float(np.exp(special.logsumexp(rows[:, 0]) - math.log(len(rows)) - exact(dim)))
    target = TARGETS[name].get(dim, 0.2)
    needed = each * max(1.0, (error / target) ** 2)
    return [first - each, each, error, stated, ratio, target, needed]


def openturns(dim: int, samples: int, runs: int) -> list[float]:
    """Subset simulation at its defaults: seconds, true error, stated error, mean over exact."""
    ot: Any = importlib.import_module("openturns")
    rows, columns = np.tril_indices(dim)
    scale = np.where(rows == columns, 1.0, 0.5**0.5)

    def smallest(z: Any) -> Any:
        matrices = np.zeros((len(z), dim, dim))
        matrices[:, rows, columns] = matrices[:, columns, rows] = np.asarray(z) * scale
        return np.linalg.eigvalsh(matrices)[:, :1]

    function = ot.PythonFunction(scale.size, 1, func_sample=smallest)
    score = ot.CompositeRandomVector(function, ot.RandomVector(ot.Normal(scale.size)))
    event = ot.ThresholdEvent(score, ot.Greater(), 0.0)
    start, ratios, stated = time.process_time(), [], []
    for seed in range(runs):
        ot.RandomGenerator.SetSeed(seed)
        run = ot.SubsetSampling(event)
        run.setMaximumOuterSampling(samples // 100)
        run.setBlockSize(100)
        run.run()
        found = run.getResult()
        ratios.append(found.getProbabilityEstimate() / math.exp(exact(dim)))
        stated.append(found.getCoefficientOfVariation())
    each = (time.process_time() - start) / runs
    error = math.sqrt(statistics.mean((r - 1) ** 2 for r in ratios))
    return [0.0, each, error, statistics.mean(stated), statistics.mean(ratios), 0.2, math.nan]


def sieve(dim: int, repeats: int = 5) -> tuple[float, float]:
    """Microseconds a matrix, medians: grown and given up, and by eigenvalues (both draw)."""
    ensemble = Wigner(dim, "uniform")
    few = max(256, 2**20 // dim**2)
    grown, dense = [], []
    for k in range(repeats):
        rng = np.random.default_rng(k)
        start = time.process_time()
        ensemble.sample_minimum(rng, 2**16)
        grown.append((time.process_time() - start) / 2**16)
        start = time.process_time()
        (np.linalg.eigvalsh(ensemble.sample(rng, few))[:, 0] > 0).sum()
        dense.append((time.process_time() - start) / few)
    return 1e6 * statistics.median(grown), 1e6 * statistics.median(dense)


def show(name: str, dim: int, figures: list[float]) -> None:
    """One line."""
    print(f"{name:>10} {dim:3d}" + "".join(f"{x:10.3g}" for x in figures), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--structured", type=int, nargs="*", default=[12, 20, 40, 60])
    parser.add_argument("--generic", type=int, nargs="*", default=[8, 12])
    parser.add_argument("--openturns", type=int, nargs="*", default=[8, 12])
    parser.add_argument("--sieve", type=int, nargs="*", default=[5, 10, 20, 40])
    parser.add_argument("--replicates", type=int, default=32)
    options = parser.parse_args()
    print(f"{'way':>10} {'d':>3}" + "".join(f"{name:>10}" for name in COLUMNS))
    with threadpool_limits(limits=1, user_api="blas"):
        for dim in options.structured:
            show("grown", dim, measure("grown", Grown(), dim, options.replicates))
        for dim in options.generic:
            show("splitting", dim, measure("splitting", Splitting(), dim, options.replicates))
        if importlib.util.find_spec("openturns") is None:
            print(" openturns  is absent: install openturns to see it here")
        else:
            for dim in options.openturns:
                show("openturns", dim, openturns(dim, 10_000, 10))
        print(f"\n{'d':>3} {'grown us':>10} {'eigvalsh us':>12} {'ratio':>7}")
        for dim in options.sieve:
            grown, dense = sieve(dim)
            print(f"{dim:3d} {grown:10.3g} {dense:12.3g} {dense / grown:7.3g}", flush=True)


if __name__ == "__main__":
    main()
