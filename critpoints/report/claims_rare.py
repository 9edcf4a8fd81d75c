"""What the measured probabilities of rare minima say, computed from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims, exact_answer, notes, numeric, warnings
from critpoints.report.columns import shown
from critpoints.report.numbers import interval, number
from critpoints.study.joined import sampled

TARGET = 0.1
"""Half-width of an interval over the estimate."""
PLAIN_MATRICES = 1e9
"""What plain sampling is given: a day of batched eigenvalues in d = 10 on one core."""
UNIVERSAL = 0.02
"""Exponents nearer to one another than this are called equal."""


def rare_claims(frame: pd.DataFrame) -> Claims:
    """How far did the measurement reach, does it agree, and is the decay universal?"""
    rows = numeric(measured(frame))
    details = [
        _plain_reach(frame),
        *_formulas(frame),
        *_exponents(frame),
        *_effort(rows),
        *_programs(frame),
        *_literature(frame, rows),
    ]
    answer = f"{_farthest(rows)} {exact_answer(rows)} {_universal(frame)}"
    return Claims(answer, [d for d in details if d], warnings(rows), notes(rows))


def rare_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = measured(frame)
    ends = []
    for (name, method), part in rows.groupby(["object", "method"], sort=False):
        last = _last(part)
        ends.append(f"{name} by {method}, {_value(last)} at d = {last['dim']}")
    return (
        "Left: logarithm of the probability of a minimum against dimension, with intervals, beside "
        "the exact values of the GOE and two asymptotic formulas. Right: exponents of other "
        "entries against the GOE's, and seconds to an error of 10%. Last values: "
        f"{'; '.join(ends)}."
    )


def measured(frame: pd.DataFrame) -> pd.DataFrame:
    """The sampled rows, with the seconds that an error of 10% would take."""
    rows = sampled(frame)
    ends = (rows["log10_high"] - rows["log10_estimate"], rows["log10_low"] - rows["log10_estimate"])
    width = np.power(10.0, ends[0].astype(float)) - np.power(10.0, ends[1].astype(float))
    seconds = rows["seconds"].astype(float) * (width / 2 / TARGET) ** 2
    return rows.assign(seconds_to_target=seconds.where(np.isfinite(seconds)))


def trusted(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with an estimate that may be believed."""
    seen = np.isfinite(rows["log10_estimate"].astype(float))
    found: pd.DataFrame = rows[(rows["status"] != "unreliable") & seen]
    return found


def ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """ln P of Wigner matrices over the exact ln P of the GOE, with the interval of the former."""
    exact = frame[frame["quantity"] == "exact"].set_index("dim")["log10_exact"].astype(float)
    rows = trusted(sampled(frame))
    rows = rows[rows["object"].str.startswith("wigner")]
    rows = rows[rows["dim"].isin(exact.index)].sort_values(["object", "dim"], kind="stable")
    goe = rows["dim"].map(exact)
    entries = rows["object"].str.partition("entries=")[2]
    return pd.DataFrame(
        {
            "object": entries,
            "dim": rows["dim"],
            "ratio": rows["log10_estimate"] / goe,
            "low": rows["log10_high"] / goe,
            "high": rows["log10_low"] / goe,
        }
    ).drop_duplicates(["object", "dim"])


def peers(frame: pd.DataFrame) -> pd.DataFrame:
    """What other programs gave."""
    return frame[frame["quantity"] == "program"].astype({"dim": int})


def threshold() -> float:
    """Decimal logarithm of the least probability that plain sampling reaches."""
    return math.log10((1.959964 / TARGET) ** 2 / PLAIN_MATRICES)


def plain_reach(frame: pd.DataFrame) -> int:
    """The last dimension in which plain sampling of the GOE gives 10%."""
    exact = frame[frame["quantity"] == "exact"]
    return int(exact.loc[exact["log10_exact"].astype(float) >= threshold(), "dim"].max())


def method(rows: pd.DataFrame) -> list[str]:
    """Populations, methods, and what the unit of the intervals is."""
    populations = [
        f"{population}: {', '.join(part['object'].unique())}"
        for population, part in rows.groupby("population", sort=False)
    ]
    ways = []
    for (name, kind), part in rows.groupby(["method", "interval"], sort=False):
        runs = sorted({int(n) for n in part["samples"]})
        unit = "independent runs" if "replicates" in str(kind) else "matrices"
        ways.append(f"{name} ({', '.join(map(str, runs))} {unit} a row; {kind} interval)")
    seeds = ", ".join(str(seed) for seed in rows["seed"].unique())
    return [
        "Populations: " + "; ".join(populations) + ".",
        "Methods: " + "; ".join(ways) + f"; root seed {seeds}, "
        f"{rows['level'].iloc[0]:.0%} intervals.",
        "grown filters the pivots of growing matrices (rows of dense ones for Wigner matrices), "
        "tilted does so for critical points weighted by |det H|, and splitting walks from level to "
        "level of the smallest eigenvalue and knows nothing of the matrix but its normals. "
        "Seconds are what the batches took, added over the workers, on a machine that may have "
        "done other things.",
    ]


def _farthest(rows: pd.DataFrame) -> str:
    row = _last(trusted(rows[rows["object"] == "goe"]))
    return (
        f"The probability that a GOE matrix has positive eigenvalues only was measured down to "
        f"{_value(row)} at d = {row['dim']}, from {row['samples']} independent runs of method "
        f"{row['method']} in {row['seconds']:.2g} s."
    )


def _universal(frame: pd.DataFrame) -> str:
    """Do the last exponents differ from the GOE's by more than their intervals?"""
    last = [part.iloc[-1] for _, part in ratios(frame).groupby("object", sort=False)]
    if not last:
        return ""
    off = [r for r in last if r["low"] > 1 + UNIVERSAL or r["high"] < 1 - UNIVERSAL]
    said = ", ".join(
        f"{shown(r['ratio'], r['low'], r['high'])} for {r['object']} entries at d = {r['dim']}"
        for r in off or last
    )
    if not off:
        return f"The decay is the same for all entries within {UNIVERSAL:.0%}: {said}."
    return f"The decay is not universal: ln P over that of the GOE is {said}."


def _exponents(frame: pd.DataFrame) -> list[str]:
    """What the exponent does at the end: an ensemble may only pass the GOE on its way."""
    found = []
    for name, part in ratios(frame).groupby("object", sort=False):
        last = part.iloc[-1]
        before = part.iloc[-2] if len(part) > 1 else last
        verb = "does not change visibly"
        if last["low"] > before["high"]:
            verb = "rises with d"
        elif last["high"] < before["low"]:
            verb = "falls with d"
        found.append(
            f"{name} entries: ln P is {last['ratio']:.3f} ({last['low']:.3f}–{last['high']:.3f}) "
            f"of the GOE's at d = {last['dim']}, and {before['ratio']:.3f} "
            f"({before['low']:.3f}–{before['high']:.3f}) at d = {before['dim']}: the ratio {verb}."
        )
    return found


def _plain_reach(frame: pd.DataFrame) -> str:
    return (
        f"Plain sampling of {PLAIN_MATRICES:.0e} matrices gives an error of {TARGET:.0%} down to "
        f"{number(threshold(), 2)}, which the GOE passes after d = {plain_reach(frame)}."
    )


def _formulas(frame: pd.DataFrame) -> list[str]:
    """How far the two asymptotic formulas are from the exact values."""
    rows = frame[(frame["quantity"] == "exact") & (frame["dim"] >= 3)]
    if not len(rows):
        return []
    last = rows.sort_values("dim").iloc[-1]
    gap = (rows["log10_asymptotic"] - rows["log10_exact"]).astype(float).abs().max()
    leading = (last["log10_leading"] - last["log10_exact"]) / abs(last["log10_exact"])
    return [
        f"The leading order 3^(−d²/4) of Dean & Majumdar misses log P by {abs(leading):.1%} at d = "
        f"{last['dim']:.0f}; with the terms of lower order P is right within "
        f"{10.0**gap - 1:.2%} from d = 3 on."
    ]


def _effort(rows: pd.DataFrame) -> list[str]:
    """Seconds to 10% at the last dimension of every object and method."""
    found = []
    for (name, kind), part in trusted(rows).groupby(["object", "method"], sort=False):
        if kind == "sieve":
            continue
        last = _last(part)
        found.append(
            f"{name} by {kind}: {_value(last)} at d = {last['dim']}; an error of {TARGET:.0%} "
            f"takes {last['seconds_to_target']:.2g} s."
        )
    return found


def _programs(frame: pd.DataFrame) -> list[str]:
    found = []
    for name, rows in peers(frame).groupby("object", sort=False):
        known = rows[rows["error"].notna()]
        if len(known):
            said = "; ".join(
                f"d = {r.dim}: error {r.error:.0%}, coverage {r.coverage:.0%}, {r.seconds:g} s"
                for r in known.itertuples()
            )
        else:
            said = "; ".join(f"d = {r.dim}: it answered 0" for r in rows.itertuples())
        found.append(f"{name}, as measured on the GOE in November 2026: {said}.")
    return found


def _literature(frame: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Where others stand beside the measured row nearest in dimension."""
    books = frame[frame["quantity"] == "literature"]
    goe = trusted(rows[rows["object"] == "goe"])
    found = []
    for book in books.to_dict("records"):
        near = goe.loc[(goe["dim"] - book["dim"]).abs().sort_values().index[0]].to_dict()
        found.append(
            f"{book['object']} reached {number(book['log10_estimate'], 1)} at d = "
            f"{book['dim']:.0f}; here "
            f"{_value(near)} at d = {near['dim']} took {near['seconds']:.2g} s."
        )
    return found


def _last(rows: pd.DataFrame) -> Mapping[Any, Any]:
    return rows.sort_values("dim", kind="stable").to_dict("records")[-1]


def _value(row: Mapping[Any, Any]) -> str:
    return interval(row["log10_estimate"], row["log10_low"], row["log10_high"])
