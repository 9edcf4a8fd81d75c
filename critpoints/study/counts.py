"""Expected numbers of critical points by index, as rows of a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from critpoints.estimate import LN10
from critpoints.theory.result import Exact

LIMIT = 0
"""The dimension of a row that holds in the limit of many dimensions."""

_CLOSED = {"method": "closed form", "accuracy": 1e-15, "accuracy_kind": "relative"}


def count_rows(found: Exact, dim: int, common: dict[str, Any]) -> list[dict[str, Any]]:
    """A row an index 0..dim: ``log10_count``, the logarithm of the expected number.

    It is missing where theory does not resolve it, and what it is less than in ``log10_bound``.
    """
    how = {k: getattr(found, k) for k in ("method", "accuracy", "accuracy_kind")}
    return [
        {
            **common,
            "quantity": "count",
            "dim": dim,
            "index": k,
            "log10_count": math.nan if found.drowned[k] else float(found.log[k]) / LN10,
            "log10_bound": found.log_bound / LN10 if found.drowned[k] else math.nan,
            **how,
        }
        for k in range(dim + 1)
    ]


def limit_row(quantity: str, common: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A row that belongs to the limit of many dimensions, from a closed formula."""
    return {**common, "quantity": quantity, "dim": LIMIT, **values, **_CLOSED}


def totals(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sums over the index of the rows of counts.

    Returns
    -------
    DataFrame
        `by`, log10_total, log10_minima, euler (the alternating sum), euler_size (it is known to
        rounding of this, the largest count).
    """
    rows = frame[frame["quantity"] == "count"]
    found = [
        dict(zip(by, key, strict=True)) | _sums(part)
        for key, part in rows.groupby(list(by), sort=False)
    ]
    return pd.DataFrame(found)


def _sums(rows: pd.DataFrame) -> dict[str, float]:
    index = rows["index"].to_numpy(int)
    count = 10.0 ** rows["log10_count"].fillna(-np.inf).to_numpy(float)  # missing: negligible
    return {
        "log10_total": float(np.log10(count.sum())),
        "log10_minima": float(rows.loc[index == 0, "log10_count"].iloc[0]),
        "euler": float(((-1.0) ** index) @ count),
        "euler_size": float(count.max()),
    }


def growth_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers of critical points by mass and dimension, beside the complexities.

    Returns
    -------
    DataFrame
        What :func:`totals` returns, with rate_total and rate_minima, (1/d) ln of the numbers,
        and limit_total and limit_minima, the complexities.
    """
    found = totals(frame, ["object", "population", "mass", "dim"])
    for kind in ("total", "minima"):
        limits = frame[frame["quantity"] == kind].set_index("mass")["value"]
        found[f"rate_{kind}"] = found[f"log10_{kind}"] * LN10 / found["dim"]
        found[f"limit_{kind}"] = found["mass"].map(limits)
    return found
