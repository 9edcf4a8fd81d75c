"""Signal and gradient through random layers, measured and beside theory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from critpoints._version import __version__
from critpoints.depth.power import records
from critpoints.depth.product import RandomProduct
from critpoints.depth.runs import ProductRuns
from critpoints.rule import Rule
from critpoints.runs import FloatArray, mean, standard_error
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.objects import build, parse_dims, parse_range, several
from critpoints.study.spec import Spec
from critpoints.theory import depth as theory
from critpoints.validation import integer

Object = str | RandomProduct


MAX_LAYERS = 10**6


def parse_layers(text: str) -> list[int]:
    """Numbers of layers from ``"1-60"`` or ``"1,10,100"``."""
    return parse_range("n", text, MAX_LAYERS)


def powers(a: float, b: float, layers: Iterable[int]) -> list[dict[str, Any]]:
    """The lecture-note example, a record a depth: :func:`critpoints.depth.records`."""
    return records(a, b, layers)


def products(
    networks: Sequence[Object],
    dims: str | Iterable[int] | None = None,
    *,
    samples: int = 10_000,
    quantity: str = "norms",
    level: float = 0.95,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Measure how signal and gradient of random networks grow with depth.

    Parameters
    ----------
    networks : sequence of str or RandomProduct
        References such as ``"ginibre:n=100"`` or ``"he-relu:n=50"``.
    dims : str or integers, optional
        Widths; may be left out for instances.
    samples : int
        Networks a row.
    quantity : {"norms", "exponents"}
        Logarithms of the norms of signal and gradient, or the Lyapunov spectrum.
    level : float
        Confidence level.
    seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.minima_fraction`.

    Returns
    -------
    DataFrame
        A row a quantity (``log_signal``, ``log_gradient``; or the k-th exponent): object, dim, n,
        quantity, k, samples, alive, mean with low and high, exact, z, variance,
        exact_variance, alive_exact, level, seed, digest, version. Means are over the networks
        that are alive. ``exact`` is missing where theory has no law.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; the message names it.
    """
    integer("samples", samples, low=2)
    rule = Rule(None, samples, None, level)
    estimator = ProductRuns(quantity)
    laws = several("networks", networks, (RandomProduct,))
    wanted = [None] if dims is None else parse_dims(dims)
    specs = [Spec(build("product", w, d), estimator, seed) for w in laws for d in wanted]
    outcomes = collect(
        specs, rule, store=store, jobs=jobs, backend=backend, progress=progress,
        max_memory=max_memory,
    )  # fmt: skip
    return pd.DataFrame([row for o in outcomes for row in _rows(o, level)])


def _rows(outcome: Outcome, level: float) -> list[dict[str, Any]]:
    spec, law = outcome.spec, outcome.spec.source
    if not isinstance(law, RandomProduct) or not isinstance(spec.estimator, ProductRuns):
        raise TypeError(f"{spec!r} is no random product")
    data = outcome.tally.data
    alive = np.isfinite(data[:, 0])
    relu = law.activation == "relu" and law.residual is None
    common = {
        "object": spec.ref,
        "population": law.population,
        "dim": law.dim,
        "n": law.n,
        "samples": len(data),
        "alive": int(alive.sum()),
        "alive_exact": 1 - theory.dead(law.dim, law.n) if relu else 1.0,
        "method": spec.estimator.method,
        "level": level,
        "seed": spec.seed,
        "digest": spec.digest,
        "version": __version__,
    }
    exponents = spec.estimator.quantity == "exponents"
    names = spec.estimator.columns(law.dim)[: law.dim if exponents else 2]
    rows = []
    for k, name in enumerate(names):
        exact, variance = _exact(law, k) if exponents else _exact_norm(law, name)
        kind = {"quantity": "exponent", "k": k + 1} if exponents else {"quantity": name, "k": 0}
        rows.append(common | kind | _estimate(data[alive, k], exact, variance, level))
    return rows


def _estimate(values: FloatArray, exact: float, variance: float, level: float) -> dict[str, float]:
    finite = values[np.isfinite(values)]
    if len(finite) < 2 or len(finite) < len(values):
        centre, low, high, spread = *(3 * [-math.inf if len(values) else math.nan]), math.nan
    else:
        centre, low, high = mean(finite, level)
        spread = float(np.var(finite, ddof=1))
    error = standard_error(finite)
    # what is certain differs by rounding only, and that is no sampling error
    comparable = error > 0 and variance > 0 and math.isfinite(exact) and math.isfinite(centre)
    return {
        "mean": centre,
        "low": low,
        "high": high,
        "exact": exact,
        "z": (centre - exact) / error if comparable else math.nan,
        "variance": spread,
        "exact_variance": variance,
    }


def _exact_norm(law: RandomProduct, name: str) -> tuple[float, float]:
    """Mean and variance of ln|h_n| and of the gradient's norm, where they are known."""
    plain = law.residual is None and law.clip is None
    if not plain:
        return math.nan, math.nan
    if law.product == "orthogonal" and law.activation == "linear":
        return law.n * math.log(law.sigma), 0.0
    known = {("ginibre", "linear"): "linear", ("he", "relu"): "relu"}
    activation = known.get((law.product, law.activation))
    if activation is None or (name == "log_gradient" and activation == "relu"):
        return math.nan, math.nan
    found = theory.log_norm(law.dim, law.n, law.sigma, activation=activation)
    return found.mean, found.variance


def _exact(law: RandomProduct, k: int) -> tuple[float, float]:
    """The k-th exponent and its variance at depth n."""
    if law.activation != "linear" or law.residual is not None:
        return math.nan, math.nan
    if law.product == "orthogonal":
        return float(theory.exponents(law.dim, law.sigma, product="orthogonal")[k]), 0.0
    if law.product != "ginibre":
        return math.nan, math.nan
    return (
        float(theory.exponents(law.dim, law.sigma)[k]),
        float(theory.exponent_variances(law.dim, law.n)[k]),
    )
