"""What the counts of a confined field say, computed from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims, exact_answer, notes, numeric, warnings
from critpoints.report.claims_glass import euler_warnings
from critpoints.report.numbers import number
from critpoints.study.counts import growth_rates
from critpoints.study.joined import sampled

TRANSITION = 1.0
NEAR = 0.05
"""One minimum is left if the expected number is within this of 1."""


def trivial_claims(frame: pd.DataFrame) -> Claims:
    """How many critical points are there on either side of the transition?"""
    rates = growth_rates(frame)
    details = [_approach(rates, kind) for kind in ("total", "minima")]
    rows = numeric(sampled(frame))
    parts = (_below(rates), _above(rates), exact_answer(rows))
    answer = " ".join(p for p in parts if p)
    return Claims(answer, details, [*_euler(rates), *warnings(rows)], notes(rows))


def trivial_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rates = growth_rates(frame)
    most = rates[rates["dim"] == rates["dim"].max()].sort_values("mass")
    ends = [
        f"{number(row['log10_total'], 3)} at m = {row['mass']:g}"
        for row in most.iloc[[0, -1]].to_dict("records")
    ]
    dims = ", ".join(str(dim) for dim in sorted(set(rates["dim"])))
    return (
        "Growth rates of the numbers of all critical points and of minima against mass, for "
        f"d = {dims}, beside the complexities, and the numbers by index for d = "
        f"{most['dim'].iloc[0]}: in all {' and '.join(ends)}."
    )


def _below(rates: pd.DataFrame) -> str:
    rows = rates[rates["mass"] == rates["mass"].min()].sort_values("dim")
    if len(rows) < 2 or rates["mass"].min() >= TRANSITION:
        return ""
    first, last = rows.iloc[0], rows.iloc[-1]
    growing = last["log10_total"] > first["log10_total"]
    verdict = "multiply with the dimension" if growing else "do not multiply with the dimension"
    return (
        f"Below m = 1 critical points {verdict}: at m = {last['mass']:g} there are "
        f"{number(first['log10_total'])} for d = {first['dim']} and "
        f"{number(last['log10_total'])} for d = {last['dim']}."
    )


def _above(rates: pd.DataFrame) -> str:
    """Does the number tend to one, a minimum?"""
    rows = rates[rates["mass"] == rates["mass"].max()].sort_values("dim")
    if len(rows) < 2 or rates["mass"].max() <= TRANSITION:
        return ""
    total = 10.0 ** rows["log10_total"].to_numpy(float)
    minima = 10.0 ** rows["log10_minima"].to_numpy(float)
    alone = bool((np.diff(np.abs(total - 1)) < 0).all()) and abs(minima[-1] - 1) < NEAR
    verdict = "one minimum is left as d grows" if alone else "more than one minimum is left"
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"Above it {verdict}: at m = {last['mass']:g} there are {total[0]:.4f} for d = "
        f"{first['dim']} and {total[-1]:.4f} for d = {last['dim']}, of these {minima[-1]:.4f} "
        "minima."
    )


def _approach(rates: pd.DataFrame, kind: str) -> str:
    """Does the growth rate come nearer to the complexity with the dimension?"""
    gap = (rates[f"rate_{kind}"] - rates[f"limit_{kind}"]).abs()
    largest = gap.groupby(rates["dim"]).max().sort_index()
    nearer = bool((largest.diff().dropna() < 0).all())
    values = ", ".join(f"{value:.3f} (d = {dim})" for dim, value in largest.items())
    name = "all critical points" if kind == "total" else "the minima"
    verdict = "falls with d" if nearer else "does not fall with d"
    return (
        f"Growth rate of {name}: the largest distance of (1/d) ln E# to the complexity {verdict}: "
        f"{values}."
    )


def _euler(rates: pd.DataFrame) -> list[str]:
    return euler_warnings(rates, pd.Series(1.0, rates.index), "mass")
