"""Exact laws as a table: no sampling."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from critpoints import refs
from critpoints.ensembles import ENSEMBLES
from critpoints.estimate import LN10
from critpoints.protocols import Ensemble
from critpoints.study.sweep import Object, build, parse_dims
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
        method, accuracy.

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
    if isinstance(ensembles, str | Ensemble | type):
        ensembles = [ensembles]
    rows = [
        row
        for ensemble in ensembles
        for dim in parse_dims(dims)
        for row in _rows(build(ensemble, dim), index)
    ]
    return pd.DataFrame(rows)


def _rows(ensemble: Ensemble, index: int | str) -> list[dict[str, Any]]:
    law, dim = ensemble.exact_law(), ensemble.dim
    if law is None:
        raise ValueError(f"ensemble {refs.describe(ensemble, ENSEMBLES)} has no exact law")
    name, parameters = law
    if index != "all":
        index = integer("index", index, low=0, high=dim)
    door = laws.minimum if index == 0 else laws.index_law
    found = door(name, dim, **parameters)
    if found is None:
        raise ValueError(f"no exact law of {name} is known in dimension {dim}")
    wanted = range(dim + 1) if index == "all" else [int(index)]
    return [_row(ensemble, found, k) for k in wanted]


def _row(ensemble: Ensemble, found: Exact, k: int) -> dict[str, Any]:
    log = float(found.log[k])
    return {
        "ensemble": refs.describe(ensemble, ENSEMBLES),
        "population": ensemble.population,
        "dim": ensemble.dim,
        "index": k,
        "probability": math.exp(log),
        "log10": log / LN10,
        "method": found.method,
        "accuracy": found.accuracy,
        "accuracy_kind": found.accuracy_kind,
    }
