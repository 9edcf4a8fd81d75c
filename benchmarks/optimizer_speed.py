"""How fast is the loop, against optax in a compiled vmapped scan and in loops over runs?

Adam on a quadratic saddle with one direction down, float64, one BLAS thread. Columns are ratios of
times a run and step, the way named over ours: above 1 ours is faster. Ways take turns (so that a
busy machine slows all alike) and the median over repeats is printed.

vmapped scan    jax.lax.scan of optax.adam, vmapped over runs and compiled; compilation not counted
scan a run      the same scan compiled, called a run at a time
step a run      a Python loop over runs and steps, the step compiled

    python benchmarks/optimizer_speed.py --runs 100 1000 --dims 10 100
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import optax
from threadpoolctl import threadpool_limits

from critpoints.domains import Domain, Euclidean
from critpoints.optimizers import Adam, run
from critpoints.protocols import FloatArray, Landscape

COLUMNS = ["vmapped scan", "scan a run", "step a run"]


@dataclass(frozen=True)
class Saddle(Landscape):
    """f = ½(−0.1 x₁² + x₂² + … + x_d²)."""

    dim: int

    @property
    def domain(self) -> Domain:
        return Euclidean(self.dim)

    @property
    def curvatures(self) -> FloatArray:
        """One down, the others up."""
        return np.append(-0.1, np.ones(self.dim - 1))

    def value(self, x: FloatArray) -> FloatArray:
        return np.asarray((self.curvatures * x * x).sum(axis=1) / 2)

    def gradient(self, x: FloatArray) -> FloatArray:
        return np.asarray(self.curvatures * x)


def ways(runs: int, dim: int, steps: int) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Each way's number of run-steps a call and the call; slow ones get fewer runs."""
    saddle = Saddle(dim)
    start = np.random.default_rng(dim).standard_normal((runs, dim)) / 10
    curvatures, x = jax.numpy.asarray(saddle.curvatures), jax.numpy.asarray(start)
    rule = optax.adam(1e-3)

    def step(carry: Any, _: Any = None) -> Any:
        point, state = carry
        move, state = rule.update(curvatures * point, state, point)
        return (optax.apply_updates(point, move), state), None

    def whole(point: Any) -> Any:
        return jax.lax.scan(step, (point, rule.init(point)), None, length=steps)[0][0]

    batched, single, once = jax.jit(jax.vmap(whole)), jax.jit(whole), jax.jit(step)

    def scan_a_run() -> None:
        for point in x[:few]:
            single(point).block_until_ready()

    def step_a_run() -> None:
        carry = (x[0], rule.init(x[0]))
        for _ in range(steps):
            carry, _ = once(carry)
        carry[0].block_until_ready()

    def ours() -> Any:
        return run(Adam(), saddle, start, rng=np.random.default_rng(0), steps=steps)

    few = min(runs, 20)
    return {
        "ours": (runs * steps, ours),
        "vmapped scan": (runs * steps, lambda: batched(x).block_until_ready()),
        "scan a run": (few * steps, scan_a_run),
        "step a run": (steps, step_a_run),
    }


def seconds_a_step(runs: int, dim: int, steps: int, repeats: int) -> dict[str, list[float]]:
    """Seconds a run and step, of repeats that take turns."""
    calls = ways(runs, dim, steps)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _, call in calls.values():  # compile
        call()
    for _ in range(repeats):
        for name, (count, call) in calls.items():
            begin = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - begin) / count)
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--dims", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    columns = "".join(f"{name:>16}" for name in COLUMNS)
    print(f"{'runs':>6} {'d':>5} {'ours ns/run/d/step':>20}{columns}")
    with threadpool_limits(limits=1, user_api="blas"), jax.enable_x64(True):
        for runs in options.runs:
            for dim in options.dims:
                taken = seconds_a_step(runs, dim, options.steps, options.repeats)
                each = statistics.median(taken["ours"]) / dim * 1e9
                ratios = "".join(f"{_ratio(taken, name):15.2f}x" for name in COLUMNS)
                print(f"{runs:6d} {dim:5d} {each:20.2f}{ratios}", flush=True)


def _ratio(taken: dict[str, list[float]], name: str) -> float:
    """Median of the ratios within a repeat."""
    return statistics.median(t / o for t, o in zip(taken[name], taken["ours"], strict=True))


if __name__ == "__main__":
    main()
