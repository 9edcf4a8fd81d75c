"""Searches of the long tier: statements at any scale, and how often the bound of a mass holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from critpoints.census import Census, census
from critpoints.domains import Box
from critpoints.landscapes import TorusPolynomial, from_callables
from critpoints.protocols import Landscape

from . import scales
from .fresh import ends_elsewhere

Array = NDArray[np.float64]

SCALES = 2000
MASSES = 376
FRESH = 5_000
SEED = 20_260_200


def needles(rng: np.random.Generator) -> Landscape:
    """A bowl with wells of depths and widths over two decades: most basins are small."""
    dim, wells = int(rng.integers(1, 4)), int(rng.integers(5, 60))
    centre, width = rng.uniform(-1, 1, (wells, dim)), 10 ** rng.uniform(-2.3, -0.7, wells)
    depth = rng.uniform(0.2, 2.0, wells)

    def parts(x: Array) -> tuple[Array, Array]:
        gap = (x[:, None] - centre) / width[:, None]
        return gap, depth * np.exp(-np.einsum("mki,mki->mk", gap, gap) / 2)

    def hessian(x: Array) -> Array:
        gap, e = parts(x)
        outer = np.einsum("mk,mki,mkj->mij", e / width**2, gap, gap)
        return np.asarray((1 + (e / width**2).sum(axis=1))[:, None, None] * np.eye(dim) - outer)

    return from_callables(
        lambda x: (x**2).sum(axis=1) / 2 - parts(x)[1].sum(axis=1),
        lambda x: x + np.einsum("mki,mk->mi", parts(x)[0], parts(x)[1] / width),
        hessian, domain=Box(dim, -1.0, 1.0), check=False,
    )  # fmt: skip


def holes(rng: np.random.Generator) -> Landscape:
    """Waves that are not defined within some balls: starts there end nowhere."""
    dim, balls = int(rng.integers(1, 3)), int(rng.integers(1, 6))
    centre, radius = rng.uniform(-3, 3, (balls, dim)), rng.uniform(0.05, 0.5, balls)

    def cut(x: Array, of: Array) -> Array:
        inside = (np.linalg.norm(x[:, None] - centre, axis=2) < radius).any(axis=1)
        return np.where(inside.reshape(-1, *(1,) * (of.ndim - 1)), np.nan, of)

    return from_callables(
        lambda x: cut(x, np.sin(x).sum(axis=1)), lambda x: cut(x, np.cos(x)),
        lambda x: cut(x, -np.sin(x)[:, :, None] * np.eye(dim)),
        domain=Box(dim, -3.0, 3.0), check=False,
    )  # fmt: skip


def deserts(rng: np.random.Generator) -> Landscape:
    """Gaussian wells on a slope in a wide box: from far away nothing is found."""
    dim, wells = int(rng.integers(1, 3)), int(rng.integers(1, 8))
    side = 10 ** rng.uniform(0.5, 1.5)
    centre = rng.uniform(-1, 1, (wells, dim)) * side / 2

    def parts(x: Array) -> tuple[Array, Array]:
        gap = x[:, None] - centre
        return gap, np.exp(-np.einsum("mki,mki->mk", gap, gap) / 2)

    def hessian(x: Array) -> Array:
        gap, e = parts(x)
        outer = np.einsum("mk,mki,mkj->mij", e, gap, gap)
        return np.asarray(e.sum(axis=1)[:, None, None] * np.eye(dim) - outer)

    return from_callables(
        lambda x: 0.1 * x[:, 0] - parts(x)[1].sum(axis=1),
        lambda x: 0.1 * np.eye(1, dim) + np.einsum("mki,mk->mi", *parts(x)),
        hessian, domain=Box(dim, -side, side), check=False,
    )  # fmt: skip


def waves(rng: np.random.Generator) -> Landscape:
    """A trigonometric polynomial of a hundred points and more."""
    return TorusPolynomial(2, int(rng.integers(5, 10))).sample(rng)


KINDS: list[Callable[[np.random.Generator], Landscape]] = [needles, holes, deserts, waves]


def drawn(number: int) -> tuple[Landscape, dict[str, Any]]:
    """The function of a number, and what a search of it may spend."""
    rng = np.random.default_rng([SEED, number])
    function = KINDS[number % len(KINDS)](rng)
    starts, aim = int(10 ** rng.uniform(2.8, 3.5)), float(10 ** rng.uniform(-2, -0.7))
    return function, {"starts": starts, "unseen_mass": aim, "seed": number}


def searched(number: int) -> Census:
    """Its census, by few starts."""
    function, given = drawn(number)
    with np.errstate(all="ignore"):
        return census(function, method="multistart", audit=False, check=False, **given)


def mass(number: int) -> list[Any]:
    """Number, points listed, bound of the missing mass, and fresh starts that end elsewhere."""
    found = searched(number)
    with np.errstate(all="ignore"):
        elsewhere = ends_elsewhere(found, FRESH, number)
    return [number, len(found), float(f"{found.unseen_mass:.12g}"), elsewhere]


def sampled(jobs: int) -> list[dict[str, object]]:
    """Every case of both studies."""
    studies = [("scales", scales.record, SCALES), ("masses", mass, MASSES)]
    return [{"study": name, "cases": _all(job, size, jobs)} for name, job, size in studies]


def _all(job: Callable[[int], list[Any]], size: int, jobs: int) -> list[list[Any]]:
    run = Parallel(n_jobs=jobs, return_as="generator")
    cases = []
    for case in run(delayed(job)(number) for number in range(size)):
        cases.append(case)
        if len(cases) % 100 == 0:
            print(f"{job.__name__} {len(cases)} of {size}", file=sys.stderr, flush=True)
    return cases
