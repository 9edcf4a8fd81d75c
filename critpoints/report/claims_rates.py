"""What learning rates say, computed from them: stability edges, and useful ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims
from critpoints.report.words import listed, rule

ALIKE = 0.1
"""Ranges of learning rates that differ by fewer decades are alike."""
FACTOR = 2.0
"""A learning rate is useful if the work is within this factor of the best."""
SUCCESS = 0.9
"""A learning rate is useful only if at least this share of the runs escapes."""


def rate_ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Best learning rate of each optimizer on each problem, and the useful range about it.

    Rates at which at least 90% of the runs escape compete; the best is that with the least score,
    the mean work in which a run that does not escape counts as ten budgets. The range is that of
    tried rates of this kind, next to one another, whose scores are within a factor 2 of it. There
    is neither where no rate is of this kind: score and shares are those of the least score then.
    """
    groups = rows.groupby(["problem", "optimizer"], sort=False)
    return pd.DataFrame([_range(tried) for _, tried in groups])


def _range(tried: pd.DataFrame) -> dict[str, Any]:
    part = tried.drop_duplicates("lr").sort_values("lr", ignore_index=True)
    lr, score = part["lr"].to_numpy(float), part["score"].to_numpy(float)
    fit = part["escaped"].to_numpy(float) >= SUCCESS
    place = int(np.argmin(np.where(fit, score, np.inf) if fit.any() else score))
    good = fit & (score <= FACTOR * score[place])
    low, high = place, place
    while low > 0 and good[low - 1]:
        low -= 1
    while high + 1 < len(lr) and good[high + 1]:
        high += 1
    known = (lr[place], lr[low], lr[high], math.log10(lr[high] / lr[low]))
    values = known if fit.any() else (math.nan,) * 4
    share = {name: part[name][place] for name in ("escaped", "escaped_low", "escaped_high")}
    return {
        "problem": part["problem"][0], "optimizer": part["optimizer"][0], "score": score[place],
        "median": part["median"][place], **share, "bottom": lr[0], "top": lr[-1],
        **dict(zip(("best", "low", "high", "decades"), values, strict=True)),
    }  # fmt: skip


def rate_claims(edges: pd.DataFrame, rows: pd.DataFrame) -> Claims:
    """Do stability edges agree with theory, and who minds the learning rate?"""
    inside = (edges["stable"] <= edges["edge"]) & (edges["edge"] <= edges["unstable"])
    width = (edges["unstable"] / edges["stable"] - 1).max()
    ranges = rate_ranges(rows)
    answer = (
        f"{int(inside.sum())} of {len(edges)} stability edges of theory lie between the largest "
        "learning rate that converges and the smallest that diverges, which are at most "
        f"{100 * width:.1f}% apart. {_widest(ranges)}"
    )
    details = [_range_sentence(row) for row in ranges.to_dict("records")]
    warnings = [
        f"{row['method']}, momentum {row['momentum']:g}, L = {row['largest']:g}: theory's edge "
        f"{row['edge']:.5g} contradicts the measured bracket {row['stable']:.5g}–"
        f"{row['unstable']:.5g}."
        for row in edges[~inside].to_dict("records")
    ]
    return Claims(answer, details, warnings)


def rate_alt(edges: pd.DataFrame, rows: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    ranges = rate_ranges(rows).dropna(subset="best")
    said = [
        f"{rule(r['optimizer'])} {r['best']:g} ({r['problem']})" for r in ranges.to_dict("records")
    ]
    return (
        f"Measured brackets of {len(edges)} stability edges over theory's, and median work to "
        f"escape against learning rate; best rates: {', '.join(said)}."
    )


def rate_method(edges: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """How it was computed, from the frame."""
    one = rows.iloc[0]
    return [
        "Stability edges: bisection of the learning rate on a parabola of curvature L from one "
        f"start, {int(edges['steps'].iloc[0])} steps; converged means a gradient of at most 1e-8 "
        "of the largest met twice in a row, diverged 1e12 times the distance of the start. Nothing "
        "is random there.",
        f"Sensitivity: {rows['lr'].nunique()} learning rates, {int(rows['runs'].min())} runs each "
        f"from common starts, budget {int(one['budget'])} gradients and products, seed "
        f"{int(one['seed'])}. A rate is useful if at least {SUCCESS:.0%} of the runs escape at it, "
        f"and the mean work is within a factor {FACTOR:g} of the best (a run that does not escape "
        "counts as ten budgets); medians are over all runs, intervals of shares are Clopper and "
        f"Pearson's ({one['level']:.0%}). The digest of every row is in the data files.",
    ]


def _widest(ranges: pd.DataFrame) -> str:
    """Problem by problem, whose useful range is widest and whose narrowest."""
    groups = ranges.groupby("problem", sort=False)
    return " ".join(_spread(str(problem), rows) for problem, rows in groups)


def _spread(problem: str, rows: pd.DataFrame) -> str:
    known = rows.dropna(subset="decades").sort_values("decades", kind="stable")
    what = (
        f"On {problem} the useful range of the rates tried, where at least {SUCCESS:.0%} of the "
        f"runs escape within a factor {FACTOR:g} of the best mean work,"
    )
    if not len(known):
        return (
            f"On {problem} no optimizer has a useful range: at no learning rate tried do at least "
            f"{SUCCESS:.0%} of the runs escape."
        )
    last, first = known.iloc[-1], known.iloc[0]
    if len(known) == 1:
        return f"{what} exists for {rule(last['optimizer'])} alone: {_decades(last)}."
    if last["decades"] - first["decades"] < ALIKE:
        return f"{what} is as wide for all {len(known)} that have one: {_decades(last)}."
    least, most = (
        listed([rule(str(n)) for n in known["optimizer"][(known["decades"] - d).abs() < ALIKE]])
        for d in (last["decades"], first["decades"])
    )
    said = (
        f"{what} is widest for {least} ({_decades(last)}) and narrowest for {most} "
        f"({_decades(first)})."
    )
    without = [rule(str(n)) for n in rows["optimizer"][rows["decades"].isna()]]
    return f"{said} There is none for {listed(without)}." if without else said


def _decades(row: pd.Series) -> str:
    """Of a range; a single rate has none, and a range at the edge of the grid is a bound."""
    cut = row["low"] == row["bottom"] or row["high"] == row["top"]
    least = "at least " if cut else ""
    if row["low"] < row["high"] and row["decades"] < ALIKE / 2:
        return f"less than {ALIKE:g} decades"
    if row["low"] < row["high"]:
        return f"{least}{row['decades']:.1f} decades"
    return f"{least}one rate of those tried"


def _range_sentence(row: Mapping[Any, Any]) -> str:
    share = f"{row['escaped']:.0%} ({row['escaped_low']:.0%}–{row['escaped_high']:.0%})"
    if math.isnan(row["best"]):
        return (
            f"{row['optimizer']} on {row['problem']}: at no learning rate tried do at least "
            f"{SUCCESS:.0%} of the runs escape (at that of least mean work {share})."
        )
    ends = [
        word
        for word, at in (
            ("the smallest tried", row["low"] == row["bottom"]),
            ("the largest tried", row["high"] == row["top"]),
        )
        if at
    ]
    end = f", {listed(ends)}" if ends else ""
    span = f"from {row['low']:g} to {row['high']:g}{end}"
    if row["low"] == row["high"]:
        span = f"only there{end}"
    return (
        f"{row['optimizer']} on {row['problem']}: best at {row['best']:g}, where {share} of the "
        f"runs escape, with {row['median']:.0f} gradients and products in the median (penalised "
        f"mean {row['score']:.0f}); useful {span}."
    )
