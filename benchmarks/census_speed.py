"""How long does a certified census take, and how long would it take to find as many points?

Processor seconds, one BLAS thread, of random trigonometric polynomials with a flat spectrum, one
line a function. One rival is as certain:

- proven grid: the same tests on a uniform grid, just fine enough to decide each of its cells. They
  are up to 1e9: its time is their number times the seconds a cell of 8192 drawn at random.

The others prove nothing and could not know when to stop; they are stopped when they have found as
many points as the census has proven:

- grid: Newton's method from every point of a grid, all at once; only the coarsest grid of
  sides 4, 6, 8, 12, 16, … that finds all points is timed. "-" if the finest that fits does not.
- root: what one writes first: ``scipy.optimize.root`` with its default options, by the gradient
  alone, from one random start after another, repeats dropped as they come; and the same given the
  Hessian too. ">" where the time allowed ran out first.
- search: this package's multistart, points polished and certified, with the smallest number of
  starts 256, 512, 1024, … that finds all points: the like of root, as it proves no more about
  the rest of the domain.

The last lines are medians of ratios over the functions: rivals over the census, and root over the
search. With ``--growth`` the cost of the census
alone, against the number of critical points.

    python benchmarks/census_speed.py --cases 2:8 3:2 --functions 3
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from threadpoolctl import threadpool_limits

from critpoints.census import krawczyk
from critpoints.census.cells import Cells, whole
from critpoints.census.distinct import merge
from critpoints.census.multistart import multistart
from critpoints.census.subdivision import subdivide
from critpoints.domains import Torus
from critpoints.landscapes.trigonometric import TorusPolynomial, TrigonometricSum

Floats = NDArray[np.float64]
SIDES = [4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]
MOST_STARTS = 150_000
SAME = 1e-6  # distance below which two points are one


def drawn(dim: int, degree: int, seed: int) -> TrigonometricSum:
    """One polynomial."""
    return TorusPolynomial(dim, degree, "flat").sample(np.random.default_rng(seed))


def different(points: Floats, period: float) -> int:
    """How many points there are, repeats not counted."""
    domain = Torus(points.shape[1], period)
    return len(np.unique(merge(domain, domain.wrap(points), np.full(len(points), SAME))))


def proven_grid_seconds(f: TrigonometricSum) -> tuple[float, int]:
    """Time of the coarsest uniform grid of 2^k cells a side that decides all, and its side."""
    rounding = f.rounding() or (0.0, 0.0)
    cells, side = whole(f.domain), 1
    corners = np.indices((2,) * f.dim).reshape(f.dim, -1).T - 0.5
    while len(cells := undecided(f, cells, rounding)):
        center = cells.center[:, None] + corners * cells.radius[:, None]
        radius = np.repeat(cells.radius / 2, len(corners), axis=0)
        cells, side = Cells(center.reshape(-1, f.dim), radius), 2 * side
    some = f.domain.sample(np.random.default_rng(side), 8192)
    start = time.process_time()
    undecided(f, Cells(some, np.full_like(some, math.pi / side)), rounding)
    return (time.process_time() - start) / len(some) * float(side) ** f.dim, side


def undecided(f: TrigonometricSum, cells: Cells, rounding: tuple[float, float]) -> Cells:
    """Cells that neither exclusion nor Krawczyk's test on a box of twice the width decides."""
    left = []
    for k in range(0, len(cells), 2048):
        part = cells[k : k + 2048]
        boxes = krawczyk.expand(f, part.center, part.radius, rounding)
        boxes = boxes[boxes.may_hold_zero]
        sets = krawczyk.newton(boxes, rounding)
        meets = sets.meets(boxes)
        boxes, sets = boxes[meets], sets[meets]
        left.append(boxes[~krawczyk.unique_zero(f, boxes.center, sets, 2 * boxes.radius)].cells)
    return Cells(np.concatenate([c.center for c in left]), np.concatenate([c.radius for c in left]))


def grid_search(f: TrigonometricSum, side: int, period: float) -> int:
    """Points found by capped Newton steps from a grid; converged runs are retired."""
    x = np.indices((side,) * f.dim, dtype=float).reshape(f.dim, -1).T * (period / side)
    found = []
    for _ in range(40):
        gradient, hessian = f.derivatives(x)
        step: Floats = np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0], float)
        length = np.linalg.norm(step, axis=1)
        x = np.asarray(x - step * np.minimum(1.0, 0.5 / np.maximum(length, 1e-300))[:, None])
        done = length < 1e-9
        found.append(x[done])
        x = x[~done]
        if not len(x):
            break
    return different(np.concatenate(found), period)


def grid_seconds(f: TrigonometricSum, count: int, period: float) -> tuple[float, int] | None:
    """Time of the coarsest grid that finds ``count`` points, and its side."""
    for side in SIDES:
        if side**f.dim > MOST_STARTS:
            return None
        start = time.process_time()
        found = grid_search(f, side, period)
        seconds = time.process_time() - start
        if found >= count:
            return seconds, side
    return None


def search_seconds(f: TrigonometricSum, count: int) -> float:
    """Time of a multistart search with just enough starts, doubled from 256."""
    starts = 256
    while starts < MOST_STARTS:
        start = time.process_time()
        found = len(multistart(f, starts=starts))
        seconds = time.process_time() - start
        if found >= count:
            return seconds
        starts *= 2
    return math.inf


def root_seconds(
    f: TrigonometricSum, count: int, period: float, allowed: float, with_hessian: bool
) -> tuple[float, int]:
    """Time until single searches have found ``count`` points or ``allowed`` is up; points found."""
    rng = np.random.default_rng(count)
    cells: set[tuple[int, ...]] = set()

    def gradient(x: Floats) -> Floats:
        return np.asarray(f.gradient(x[None])[0])

    def hessian(x: Floats) -> Floats:
        return np.asarray(f.hessian(x[None])[0])

    points = np.empty((0, f.dim))
    search: Any = root
    start = time.process_time()
    while len(points) < count and time.process_time() - start < allowed:
        result: Any = search(
            gradient, rng.uniform(0, period, f.dim), jac=hessian if with_hessian else None
        )
        if not result.success:
            continue
        x = np.mod(result.x, period)
        cell = tuple(np.round(x / SAME).astype(int).tolist())
        if cell not in cells:  # a repeat most often lies in the same cell
            cells.add(cell)
            gap = np.abs(points - x)
            gap = np.minimum(gap, period - gap).max(axis=1, initial=0.0)
            if not (gap < 10 * SAME).any() or not len(points):
                points = np.vstack([points, x])
    return time.process_time() - start, len(points)


def compare(dim: int, degree: int, functions: int, allowed: float) -> None:
    """A line a function, then medians of ratios."""
    period = Torus(dim).length
    seconds, ratios = [], []
    for seed in range(functions):
        f = drawn(dim, degree, seed)
        start = time.process_time()
        census = subdivide(f)
        seconds.append(time.process_time() - start)
        count = len(census)
        grid = grid_seconds(f, count, period)
        searches = [root_seconds(f, count, period, allowed, jac) for jac in (False, True)]
        search = search_seconds(f, count)
        proven = proven_grid_seconds(f)
        times = [proven[0], grid[0] if grid else math.inf, *(taken for taken, _ in searches)]
        over_search = [taken / search for taken, _ in searches]
        ratios.append([*(t / seconds[-1] for t in times), *over_search])
        by_proof = f"{proven[0]:.3g} (side {proven[1]})"
        by_grid = f"{grid[0]:.2f} (side {grid[1]})" if grid else "-"
        by_root = [f"{'>' if n < count else ''}{taken:.2f}" for taken, n in searches]
        state = "complete" if census.complete and census.audit else "NOT COMPLETE"
        print(
            f"{dim:3d} {degree:6d} {seed:5d} {count:7d} {seconds[-1]:9.3f} {by_proof:>22}"
            f" {by_grid:>16}"
            f" {by_root[0]:>8} {by_root[1]:>13} {search:8.3f}  {state}",
            flush=True,
        )
    names = ("proven grid", "grid", "root", "with Hessian")
    medians = [statistics.median(r) for r in zip(*ratios, strict=True)]
    over = ", ".join(f"{name} {m:.3g}" for name, m in zip(names, medians[:4], strict=True))
    searched = ", ".join(f"{name} {m:.3g}" for name, m in zip(names[2:], medians[4:], strict=True))
    print(
        f"    medians: census {statistics.median(seconds):.3f} s; over census: {over}; "
        f"over search: {searched}\n",
        flush=True,
    )


def growth(dim: int, degrees: list[int], functions: int) -> None:
    """Cost of the census against the number of points."""
    print(f"{'d':>3} {'degree':>6} {'points':>8} {'seconds':>9} {'ms a point':>11}")
    for degree in degrees:
        times, counts = [], []
        for seed in range(functions):
            f = drawn(dim, degree, seed)
            start = time.process_time()
            counts.append(len(subdivide(f)))
            times.append(time.process_time() - start)
        each = statistics.median(t / n for t, n in zip(times, counts, strict=True))
        print(
            f"{dim:3d} {degree:6d} {statistics.median(counts):8.0f} "
            f"{statistics.median(times):9.3f} {each * 1e3:11.2f}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", nargs="*", default=["2:8", "3:2", "4:1"], help="dim:degree")
    parser.add_argument("--functions", type=int, default=5)
    parser.add_argument("--allowed", type=float, default=60.0, help="seconds a function for root")
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    with threadpool_limits(limits=1, user_api="blas"):
        if options.growth:
            for dim, degrees in ((1, [4, 16, 64, 256]), (2, [2, 4, 8, 16]), (3, [1, 2, 3])):
                growth(dim, degrees, options.functions)
            return
        print(
            f"{'d':>3} {'degree':>6} {'seed':>5} {'points':>7} {'census s':>9}"
            f" {'proven grid s':>22} {'grid s':>16} {'root s':>8} {'with Hessian':>13}"
            f" {'search s':>8}"
        )
        for case in options.cases:
            dim, degree = (int(part) for part in case.split(":"))
            compare(dim, degree, options.functions, options.allowed)


if __name__ == "__main__":
    main()
