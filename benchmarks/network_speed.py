"""How fast are Hessians of networks, and how much faster are many trainings at once?

Trainings are compared with two loops over runs, the first compilation left out: the usual one,
a compiled step called from Python, and ours, whose steps are one compiled scan. Ratios are medians
over interleaved repeats, so that a busy machine slows all alike; CPU seconds beside wall time.

    python benchmarks/network_speed.py --runs 100 --steps 500
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from critpoints.landscapes.autodiff import double_precision, require
from critpoints.landscapes.networks import Loss, Network
from critpoints.landscapes.training import train

NETWORKS = {
    "digits 16-36-10": Network(width=(36,)),
    "teacher 10-25-25-1": Network(data="teacher", inputs=10, width=(25, 25)),
}
SMALL = Network(data="teacher", inputs=6, width=(8,), samples=200)
BATCH = 16


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def hessians(repeats: int) -> None:
    """Seconds of one Hessian of about 1000 parameters on 500 samples."""
    print("| network | parameters | first call, s | then, s | CPU, s |\n|---|---|---|---|---|")
    for name, network in NETWORKS.items():
        x = network.initial(np.random.default_rng(0), 1)
        first, _ = timed(lambda n=network, x=x: n.hessian(x))  # type: ignore[misc]
        runs = [timed(lambda n=network, x=x: n.hessian(x)) for _ in range(repeats)]  # type: ignore[misc]
        wall, cpu = (statistics.median(r[k] for r in runs) for k in (0, 1))
        print(f"| {name} | {network.dim} | {first:.2f} | {wall:.2f} | {cpu:.2f} |")


def stepwise(steps: int) -> Callable[[int], Any]:
    """The loop of the optax tutorials: one compiled step, called from Python."""
    jax, rule = require("jax"), require("optax").sgd(0.1)
    loss = Loss(*SMALL.architecture)

    @jax.jit  # type: ignore[untyped-decorator]
    def step(x: Any, memory: Any, drawn: Any, data: Any) -> Any:
        move, memory = rule.update(loss.minibatch(x, drawn, data), memory, x)
        return x + move, memory

    def run(seed: int) -> Any:
        rng = np.random.default_rng(seed)
        with double_precision():
            x, data = SMALL.initial(rng, 1)[0], jax.tree.map(jax.numpy.asarray, SMALL.arrays)
            memory = rule.init(x)
            for _ in range(steps):
                drawn = rng.integers(0, len(SMALL.set.inputs), BATCH, np.int32)
                x, memory = step(x, memory, drawn, data)
            return np.array(x)

    return run


def trainings(runs: int, steps: int, repeats: int) -> None:
    """Many trainings at once against loops over a tenth of them."""
    few = range(max(1, runs // 10))
    one = stepwise(steps)

    def together(seeds: range) -> Any:
        return train(SMALL, seeds=seeds, steps=steps, batch=BATCH, records=10)

    ways: dict[str, tuple[int, Callable[[], Any]]] = {
        "together": (runs, lambda: together(range(runs))),
        "loop of compiled steps": (len(few), lambda: [one(s) for s in few]),
        "loop of compiled runs": (len(few), lambda: [together(range(s, s + 1)) for s in few]),
    }
    for _, call in ways.values():
        call()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (size, call) in ways.items():
            wall, cpu = timed(call)
            found[name].append((wall / size, cpu / size))
    print(f"\n{runs} trainings of {SMALL.dim} parameters, {steps} steps of {BATCH} samples")
    print("| way | s a run | CPU s a run | wall ratio | CPU ratio |\n|---|---|---|---|---|")
    for name, times in found.items():
        pairs = list(zip(times, found["together"], strict=True))
        ratio = [statistics.median(a[k] / b[k] for a, b in pairs) for k in (0, 1)]
        wall, cpu = (statistics.median(t[k] for t in times) for k in (0, 1))
        print(f"| {name} | {wall:.4f} | {cpu:.4f} | {ratio[0]:.1f} | {ratio[1]:.1f} |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    hessians(options.repeats)
    trainings(options.runs, options.steps, options.repeats)


if __name__ == "__main__":
    main()
