"""How much work does a rare event take, and how good is the answer?

Each row is one way to P(all eigenvalues > 0) of a GOE matrix: CPU seconds a replicate on one BLAS
thread, the spread of the logarithm between replicates beside what each of them states, and the
seconds of replicates after which the relative error is 20%.

    python benchmarks/rare_speed.py --dims 4 8 12
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np
from threadpoolctl import threadpool_limits

from critpoints.ensembles import GaussianEnsemble
from critpoints.estimators.grown import Grown
from critpoints.estimators.replicates import Replicates
from critpoints.estimators.splitting import Splitting
from critpoints.theory import laws

WAYS: dict[str, Replicates] = {"grown": Grown(), "splitting": Splitting()}
TARGET = 0.2


def measure(way: Replicates, dim: int, replicates: int) -> tuple[float, ...]:
    """Seconds a replicate, spread, stated spread, mean over exact; a first batch warms up."""
    ensemble = GaussianEnsemble(dim)
    size = way.batch_size(dim)
    exact = float(laws.minimum("gaussian", dim, beta=1.0).log[0])
    way.rows(ensemble, np.random.default_rng(0), 1)
    start = time.process_time()
    rows = np.concatenate(
        [
            way.rows(ensemble, np.random.default_rng([dim, batch]), size)
            for batch in range(math.ceil(replicates / size))
        ]
    )
    seconds = (time.process_time() - start) / len(rows)
    spread = float(rows[:, 0].std(ddof=1))
    stated = math.sqrt(float(np.log1p(rows[:, 1]).mean()))
    return seconds, spread, stated, float(np.exp(rows[:, 0] - exact).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dims", type=int, nargs="+", default=[4, 8, 12])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--replicates", type=int, default=16)
    options = parser.parse_args()
    names = ["s each", "spread", "stated", "ratio", "s for 20%"]
    print(f"{'way':>10} {'d':>3}" + "".join(f"{name:>10}" for name in names))
    with threadpool_limits(limits=1, user_api="blas"):
        for dim in options.dims:
            for name, way in WAYS.items():
                if name not in options.ways:
                    continue
                seconds, spread, stated, ratio = measure(way, dim, options.replicates)
                needed = seconds * math.expm1(spread**2) / TARGET**2
                figures = (seconds, spread, stated, ratio, needed)
                row = "".join(f"{figure:10.3f}" for figure in figures)
                print(f"{name:>10} {dim:3d}{row}", flush=True)


if __name__ == "__main__":
    main()
