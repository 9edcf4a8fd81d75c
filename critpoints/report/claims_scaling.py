"""Which power of d and which base, computed from exact probabilities."""

from __future__ import annotations

import math

import pandas as pd

from critpoints.report.claims import Claims, exact_answer, notes, numeric, warnings
from critpoints.report.numbers import number
from critpoints.report.words import words
from critpoints.study.bases import local_bases
from critpoints.study.joined import computed, sampled

NEAR = 0.01
"""A base is a number if it is within this of it."""
LIMITS = {"isotropic": "e = 2.718", "isotropic:at=fixed": "e² = 7.389"}
r"""Bases as d → ∞. The Hessian of the field is a GOE matrix plus a normal shift; only the shift can
lift all d eigenvalues, by the edge 2√d, with density e^(−2d). Critical points are weighted by
\|det H\|, which is e^d larger there than where the shift is 0."""
MARGIN = 0.25
"""An exponent of d is 1 or 2 if it is within this of it."""


def scaling_claims(frame: pd.DataFrame) -> Claims:
    """Does ln P fall like d or like d², and with which base?"""
    rows, bases = numeric(sampled(frame)), local_bases(frame)
    groups = [(str(name), part) for name, part in bases.groupby("object", sort=False)]
    answers = [_answer(name, part) for name, part in groups]
    details = [_detail(name, part) for name, part in groups]
    creeping = [_creeping(name, part) for name, part in groups if _power(_exponent(part)) == 1]
    answer = " ".join(answers)
    return Claims(
        f"{answer} {exact_answer(rows)}", details, warnings(rows), [*creeping, *notes(rows)], answer
    )


def scaling_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    exact = computed(frame)
    last = exact.loc[exact.groupby("object", sort=False)["dim"].idxmax()]
    ends = [
        f"{row['object']} {number(row['log10_exact'], 3)} at d = {row['dim']}"
        for row in last.to_dict("records")
    ]
    return (
        "Exact fractions of minima against d and against d², with sampled points at small d, and "
        f"their local bases beside e and 3. Last values: {'; '.join(ends)}."
    )


def _exponent(rows: pd.DataFrame) -> float:
    """Of d in −ln P, from half the last dimension to the last."""
    last = rows.iloc[-1]
    half = rows[rows["dim"] <= last["dim"] / 2]
    if not len(half):
        return math.nan
    before = half.iloc[-1]
    ratio = float(last["log10_exact"] / before["log10_exact"])
    return math.log(ratio) / math.log(last["dim"] / before["dim"])


def _power(exponent: float) -> int | None:
    return next((power for power in (1, 2) if abs(exponent - power) < MARGIN), None)


def _answer(name: str, rows: pd.DataFrame) -> str:
    power, top = _power(_exponent(rows)), rows["dim"].max()
    if power is None:
        return f"For {words(name)} −ln P grows like neither d nor d² up to d = {top}."
    if power == 1:
        known = rows.dropna(subset="base").iloc[-1]
        limit = f" (b → {LIMITS[name]} as d → ∞)" if name in LIMITS else ""
        return (
            f"For {words(name)} P falls like b^(−d), with b = P(d)/P(d+1) = {known['base']:.3f} at "
            f"d = {known['dim']}{limit}."
        )
    base = _last(rows, "base_square")
    verdict = (
        "the 3 returns, with d²/4 in place of d" if abs(base - 3) < NEAR else "the base is not 3"
    )
    return f"For {words(name)} P falls like {base:.4f}^(−d²/4): {verdict}."


def _detail(name: str, rows: pd.DataFrame) -> str:
    last = rows.iloc[-1]
    gap = last["log10_exact"] - last["log10_asymptotic"]
    beside = "" if math.isnan(gap) else f"; exact over asymptotic is {10**gap:.5f}"
    return (
        f"{name}: P = {number(float(last['log10_exact']))} at d = {last['dim']}; −ln P grows like "
        f"d^{_exponent(rows):.2f} over the last doubling; P(d)/P(d+1) goes from "
        f"{_base(rows['base'].iloc[0])} to {_base(_last(rows, 'base'))}{beside}."
    )


def _creeping(name: str, rows: pd.DataFrame) -> str:
    """A base at finite d is not the limit: how much did it move over the last half?"""
    known = rows[rows["base"].notna()]
    half = known[known["dim"] >= known["dim"].max() / 2]
    first, last = float(half["base"].iloc[0]), float(half["base"].iloc[-1])
    if abs(last / first - 1) < 1e-3:
        return f"{name}: the base has settled at {last:.3f} from d = {half['dim'].min()} on."
    limit = f"; the limit is {LIMITS[name]}" if name in LIMITS else ""
    return (
        f"{name}: the base still moves, from {first:.3f} at d = {half['dim'].min()} to {last:.3f} "
        f"at d = {half['dim'].max()}: a fit at finite d gives a number in between, and does not "
        f"show the limit{limit}."
    )


def _base(value: float) -> str:
    return number(math.log10(value))


def _last(rows: pd.DataFrame, column: str) -> float:
    return float(rows[column].dropna().iloc[-1])
