"""What counts and complexities of a spin glass say, computed from them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims, exact_answer, notes, numeric, warnings
from critpoints.report.numbers import number
from critpoints.study.bases import local_bases
from critpoints.study.counts import totals
from critpoints.study.joined import sampled

KEYS = ["object", "population", "dim"]
ROUNDING = 1e-10
"""Of the largest count: an alternating sum further off than this is wrong."""
NEAR = 1e-4
"""In energy: what interpolation between the energies of a curve may be off."""


def glass_claims(frame: pd.DataFrame) -> Claims:
    """Which index lies how low, how do the counts grow, and do they add up?"""
    rows = numeric(sampled(frame))
    counts = totals(frame, KEYS)
    details = [_zeros(frame), _growth(frame, counts), _minima(frame)]
    return Claims(
        f"{_order(frame)} {exact_answer(rows)}",
        details,
        [*_euler(counts), *warnings(rows)],
        notes(rows),
    )


def glass_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    last = totals(frame, KEYS).iloc[-1]
    return (
        "Complexity against energy for every index drawn, expected numbers of critical points by "
        f"index against N, and the fraction of minima. At N = {last['dim'] + 1}: "
        f"{number(last['log10_total'])} in all, {number(last['log10_minima'])} minima."
    )


def euler_warnings(counts: pd.DataFrame, expected: pd.Series[float], where: str) -> list[str]:
    """Alternating sums that are not the Euler characteristic, to rounding."""
    off = (counts["euler"] - expected).abs() / counts["euler_size"].clip(lower=1.0)
    wrong = counts[~(off < ROUNDING)]
    return [
        f"{where} = {row[where]}: the alternating sum of the counts is {row['euler']:.6g}, not the "
        "Euler characteristic: a count is wrong."
        for row in wrong.to_dict("records")
    ]


def _order(frame: pd.DataFrame) -> str:
    lowest = frame[frame["quantity"] == "lowest energy"]
    energies = [float(x) for x in lowest["energy"]]
    edge = float(frame.loc[frame["quantity"] == "threshold", "energy"].iloc[0])
    listed = ", ".join(
        f"{row['energy']:.6f} (index {row['index']})" for row in lowest.to_dict("records")
    )
    if all(np.diff([*energies, edge]) > 0):
        return (
            "The lower the energy, the lower the index, on average over the disorder: expected "
            "numbers of critical points grow exponentially with the number of spins above energies "
            f"{listed} per spin, all below the threshold {edge:.6f}, and vanish below. Under "
            f"{energies[1]:.6f} the expected number of saddles vanishes, that of minima does not; "
            "this is a statement about expectations, not about every sample."
        )
    return f"Energies are not ordered by index: {listed}, threshold {edge:.6f}."


def _zeros(frame: pd.DataFrame) -> str:
    """Whether the curves vanish where the lowest energies say."""
    curves = frame[frame["quantity"] == "complexity"]
    lowest = frame[frame["quantity"] == "lowest energy"].set_index("index")["energy"]
    off = max(
        abs(_zero(rows) - float(lowest[str(k)])) for k, rows in curves.groupby("index", sort=False)
    )
    verdict = "vanish at" if off < NEAR else "do not vanish at"
    return f"The complexities {verdict} the lowest energies (largest distance {off:.1g})."


def _zero(rows: pd.DataFrame) -> float:
    rows = rows.sort_values("energy")
    value, energy = rows["value"].to_numpy(float), rows["energy"].to_numpy(float)
    last = int(np.flatnonzero(value <= 0).max(initial=0))
    pair = slice(last, last + 2)
    return float(np.interp(0.0, value[pair], energy[pair]))


def _growth(frame: pd.DataFrame, counts: pd.DataFrame) -> str:
    limit = float(frame.loc[frame["quantity"] == "total", "value"].iloc[0])
    rates = np.diff(counts["log10_total"]) * math.log(10)
    nearer = abs(rates[-1] - limit) < abs(rates[0] - limit)
    verdict = "nears" if nearer else "does not near"
    return (
        f"The number of all critical points grows by a factor e^{rates[0]:.4f} from N = 2 to 3 and "
        f"e^{rates[-1]:.4f} for the last spin (N = {counts['dim'].iloc[-1] + 1}); it {verdict} the "
        f"complexity ½ ln(p−1) = {limit:.4f}."
    )


def _minima(frame: pd.DataFrame) -> str:
    p = int(frame["degree"].iloc[0])
    bases = local_bases(frame[frame["quantity"] == "fraction"])["base"].dropna()
    limit = math.exp((p - 2) / p)
    return (
        f"The fraction of minima falls by a factor of {bases.iloc[-1]:.4f} for the last dimension; "
        f"the complexities give e^((p−2)/p) = {limit:.4f} in the limit, "
        f"{abs(bases.iloc[-1] / limit - 1):.1%} away: a base at finite d is not the limit."
    )


def _euler(counts: pd.DataFrame) -> list[str]:
    return euler_warnings(counts, 1.0 + (-1.0) ** counts["dim"], "dim")
