"""The variance of the index, from its law."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from critpoints.errors import RangeWarning
from critpoints.study.joined import computed, sampled
from critpoints.theory.asymptotic import index_variance

Array = npt.NDArray[np.float64]


def index_variances(frame: pd.DataFrame) -> pd.DataFrame:
    """Variance of the index for every object and dimension, sampled and exact.

    Limits of independent counts follow from the fourth moment. Where all bins come from the same
    weighted samples the limits of the bins are added up: rather too wide than too narrow.

    Parameters
    ----------
    frame : DataFrame
        Index records of :func:`critpoints.sweep`, complete laws of :func:`critpoints.exact`, or
        both (:func:`critpoints.study.joined.joined`).

    Returns
    -------
    DataFrame
        object, population, dim, kind (``sampled`` or ``exact``), variance, low, high, asymptotic
        (of the GOE from d = 4 on).
    """
    parts = {"sampled": sampled(frame), "exact": computed(frame)}
    return pd.DataFrame(
        [
            _row(kind, rows)
            for kind, part in parts.items()
            for _, rows in part.groupby(["object", "dim"], sort=False)
        ]
    )


def _row(kind: str, rows: pd.DataFrame) -> dict[str, Any]:
    first, rows = rows.iloc[0], rows[rows["index"].astype(str) != "degenerate"]
    index = rows["index"].to_numpy(float)
    column = "log10_estimate" if kind == "sampled" else "log10_exact"
    weight = 10.0 ** rows[column].fillna(-np.inf).to_numpy(float)  # missing: too small to resolve
    off = index - float(weight @ index) / weight.sum()
    variance = float(weight @ off**2) / weight.sum()
    half = _half(rows, off, weight, variance) if kind == "sampled" else 0.0
    return {
        "object": first["object"],
        "population": first["population"],
        "dim": int(first["dim"]),
        "kind": kind,
        "variance": variance,
        "low": max(variance - half, 0.0),
        "high": variance + half,
        "asymptotic": _asymptotic(str(first["object"]), int(first["dim"])),
    }


def _half(rows: pd.DataFrame, off: Array, weight: Array, variance: float) -> float:
    """Half the width of the interval of a sampled variance."""
    if pd.to_numeric(rows["hits"]).notna().all():
        mass = float(weight.sum())
        spread = float(weight @ off**4) / mass - variance**2
        z = float(stats.norm.isf((1 - rows["level"].iloc[0]) / 2))
        return z * math.sqrt(max(spread, 0.0) / (mass * rows["samples"].iloc[0]))
    width = 10.0 ** rows["log10_high"].to_numpy(float) - 10.0 ** rows["log10_low"].to_numpy(float)
    return float(off**2 @ width) / 2


def _asymptotic(name: str, dim: int) -> float:
    if name != "goe":
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error", RangeWarning)
        try:
            return index_variance(dim)
        except RangeWarning:
            return math.nan
