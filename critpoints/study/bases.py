"""Local bases: how fast an exact probability falls from one dimension to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd

from critpoints.estimate import LN10
from critpoints.study.joined import computed


def local_bases(frame: pd.DataFrame) -> pd.DataFrame:
    r"""Local bases of :math:`b^{-d}` and of :math:`b^{-d^2/4}` at every dimension.

    The first is :math:`P_d/P_{d+1}`; the second :math:`(P_d^2/(P_{d-1}P_{d+1}))^2`, a second
    difference of the logarithm, to which a factor of :math:`c\,a^d` adds nothing.

    Parameters
    ----------
    frame : DataFrame
        Exact rows (:func:`critpoints.exact`, joined) of successive dimensions.

    Returns
    -------
    DataFrame
        object, population, dim, log10_exact, log10_asymptotic, log10_base, base, base_square; NaN
        where a neighbour is missing.
    """
    groups = computed(frame).groupby("object", sort=False)
    return pd.concat([_bases(rows.sort_values("dim")) for _, rows in groups], ignore_index=True)


def _bases(rows: pd.DataFrame) -> pd.DataFrame:
    kept = rows[["object", "population", "dim", "log10_exact"]]
    log = rows["log10_exact"] * LN10
    before, after = (rows["dim"].diff(step) == step for step in (1, -1))
    drop = (log - log.shift(-1)).where(after)
    bend = (2 * log - log.shift(1) - log.shift(-1)).where(before & after)
    return kept.assign(
        log10_asymptotic=pd.to_numeric(rows["log10_asymptotic"]).astype(float),
        log10_base=drop / LN10,
        base=np.exp(drop),
        base_square=np.exp(2 * bend),
    )
