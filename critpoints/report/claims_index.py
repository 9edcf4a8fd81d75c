"""What the index laws say, computed from them."""

from __future__ import annotations

import math

import pandas as pd

from critpoints.report.claims import Claims, exact_answer, numeric, warnings
from critpoints.study.joined import sampled
from critpoints.study.moments import index_variances

NEAR = 0.01
"""A formula holds if it is within this of the exact variance at the last dimension."""


def index_claims(frame: pd.DataFrame) -> Claims:
    """Do samples follow the exact law, and does the variance grow like ln d?"""
    rows = numeric(sampled(frame))
    variances = index_variances(frame)
    exact = variances[variances["kind"] == "exact"]
    groups = [(str(n), part.sort_values("dim")) for n, part in exact.groupby("object", sort=False)]
    details = [_growth(name, part) for name, part in groups if len(part) > 1]
    return Claims(
        f"{exact_answer(rows)} {_formula(exact[exact['asymptotic'].notna()])}",
        [*details, *_sampled(variances)],
        warnings(rows[rows["status"] != "bound"]),  # a bin stays empty: no shortfall
    )


def index_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = sampled(frame)
    dims = ", ".join(str(d) for d in sorted(set(rows["dim"])))
    modes = rows.loc[rows.groupby(["object", "dim"], sort=False)["log10_estimate"].idxmax()]
    ends = [
        f"{row.object}, d = {row.dim}: index {row.index_} with {10**row.log10_estimate:.3f}"  # type: ignore[operator]
        for row in modes.rename(columns={"index": "index_"}).itertuples()
    ]
    return (
        f"Probability of every index for d = {dims}, bars with intervals and exact lines, and the "
        f"variance of the index against ln d. Most probable: {'; '.join(ends)}."
    )


def _formula(rows: pd.DataFrame) -> str:
    """Is the logarithm of the dimension the law of the GOE's variance?"""
    if not len(rows):
        return "No variance is compared with a formula."
    gaps = dict(zip(rows["dim"], rows["variance"] - rows["asymptotic"], strict=True))
    first, last = min(gaps), max(gaps)
    holds = abs(gaps[last]) < NEAR and (first == last or abs(gaps[last]) < abs(gaps[first]))
    verdict = "follows" if holds else "does not follow"
    return (
        f"The variance of the GOE's index {verdict} [ln d + γ + 1 + 3 ln 2 − π²/8]/π²: exact minus "
        f"formula is {gaps[first]:+.4f} at d = {first} and {gaps[last]:+.4f} at d = {last}."
    )


def _growth(name: str, rows: pd.DataFrame) -> str:
    """By the exponent between the last two dimensions: a power of d or slower than any."""
    before, last = rows.iloc[-2], rows.iloc[-1]
    power = math.log(last["variance"] / before["variance"]) / math.log(last["dim"] / before["dim"])
    slow = "slower than any sizeable power of d" if power < 0.5 else f"like d^{power:.2f}"
    return (
        f"{name}: the variance of the index is {last['variance']:.4f} at d = {last['dim']} and "
        f"grows {slow} (local exponent {power:.2f} from d = {before['dim']})."
    )


def _sampled(variances: pd.DataFrame) -> list[str]:
    keys = ["object", "dim"]
    exact = variances[variances["kind"] == "exact"].set_index(keys)["variance"]
    rows = variances[variances["kind"] == "sampled"].set_index(keys)
    rows = rows.join(exact.rename("variance_exact"))
    known = rows[rows["variance_exact"].notna()]
    inside = known["variance_exact"].between(known["low"], known["high"]).sum()
    return [f"{inside} of {len(known)} intervals of sampled variances hold the exact value."]
