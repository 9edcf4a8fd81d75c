"""Exact laws as a table: no sampling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from critpoints import refs
from critpoints.ensembles import ENSEMBLES
from critpoints.estimate import LN10
from critpoints.protocols import Ensemble
from critpoints.study.objects import build, parse_dims, several
from critpoints.study.sweep import Object
from critpoints.theory import laws
from critpoints.theory.result import Exact
from critpoints.validation import integer


def exact(
    ensembles: Sequence[Object], dims: str | Iterable[int], index: int | str = 0
) -> pd.DataFrame:
    """Tabulate exact probabilities of an index, and expected counts where a number is meant.

    Parameters
    ----------
    ensembles : sequence of str, Ensemble or class
    dims : str or integers
        As in :func:`~critpoints.sweep`.
    index : int or "all"
        Number of negative eigenvalues; 0 is a minimum. A dimension below it is an error.

    Returns
    -------
    DataFrame
        ensemble, population, dim, index, probability, log10, count, log10_count, asymptotic,
        log10_asymptotic, method, accuracy, accuracy_kind, log10_bound. An absolute accuracy is in
        units of the sum over all indices. A probability that is below it is missing, and the
        logarithm of what it is less than is in ``log10_bound``, which is missing elsewhere.

    Raises
    ------
    ValueError
        If an ensemble has no exact law, or ``index`` is outside 0..dim.

    Examples
    --------
    >>> from critpoints import exact
    >>> exact(["goe"], [2])["probability"].round(4).tolist()
    [0.1464]
    """
    given, wanted = several("ensembles", ensembles, (Ensemble,)), parse_dims(dims)
    return pd.DataFrame([row for e in given for row in _rows(e, wanted, index)])


def _rows(ensemble: Object, dims: list[int], index: int | str) -> list[dict[str, Any]]:
    built = [build("ensemble", ensemble, dim) for dim in dims]
    law = built[0].exact_law()
    if law is None:
        raise ValueError(f"ensemble {refs.describe(built[0], ENSEMBLES)} has no exact law")
    if index != "all":
        index = integer("index", index, low=0, high=min(dims))
    name, parameters = law
    if index == 0:
        found = laws.minima(name, dims, **parameters)
    else:
        found = laws.index_laws(name, dims, **parameters)
    return [
        _row(e, law, exact, k)
        for e, exact in zip(built, found, strict=True)
        for k in (range(e.dim + 1) if index == "all" else [int(index)])
    ]


def _row(
    ensemble: Ensemble, law: tuple[str, dict[str, Any]], found: Exact, k: int
) -> dict[str, Any]:
    (name, parameters), drowned = law, bool(found.drowned[k])
    log = math.nan if drowned else float(found.log[k])
    asymptotic = laws.asymptotic(name, ensemble.dim, **parameters) if k == 0 else None
    log_count = _log_count(name, ensemble.dim, parameters, k)
    return {
        "ensemble": refs.describe(ensemble, ENSEMBLES),
        "population": ensemble.population,
        "dim": ensemble.dim,
        "index": k,
        "probability": math.exp(log),
        "log10": log / LN10,
        "count": None if log_count is None else math.exp(min(log_count, 709.0)),
        "log10_count": None if log_count is None else log_count / LN10,
        "asymptotic": None if asymptotic is None else math.exp(asymptotic),
        "log10_asymptotic": None if asymptotic is None else asymptotic / LN10,
        "method": found.method,
        "accuracy": found.accuracy,
        "accuracy_kind": found.accuracy_kind,
        "log10_bound": found.log_bound / LN10 if drowned else math.nan,
    }


@lru_cache(maxsize=8)
def _counts(name: str, dim: int, parameters: tuple[tuple[str, Any], ...]) -> Exact | None:
    return laws.count(name, dim, **dict(parameters))


def _log_count(name: str, dim: int, parameters: dict[str, Any], k: int) -> float | None:
    counts = _counts(name, dim, tuple(sorted(parameters.items())))
    if counts is None:
        return None
    return math.nan if counts.drowned[k] else float(counts.log[k])
