"""What a race says, and what learning rates say, computed from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims
from critpoints.report.columns import shown
from critpoints.report.words import listed
from critpoints.study.ranking import gains, ranking

CERTAIN = 0.95
"""An optimizer is said to win if it is first in this share of the resamples."""
FEW = 8
"""A bootstrap over fewer problems than this is called narrow."""
ALIKE = 0.1
"""Ranges of learning rates that differ by fewer decades are alike."""
FACTOR = 2.0
"""A learning rate is useful if the work is within this factor of the best."""


def race_claims(results: pd.DataFrame, tuning: pd.DataFrame) -> Claims:
    """Who escapes with least work, what tuning is worth, and who fails where."""
    table = ranking(results)
    worth = gains(results).set_index("optimizer")
    tuned, given = (table[table["setting"] == s].to_dict("records") for s in ("tuned", "default"))
    answer = f"Tuned, {_winner(tuned)} Untuned, {_winner(given)} {_most_tuned(worth)}"
    details = [_sentence(row, worth, results) for row in tuned]
    notes = [*_unsolved(results), *_edge(tuning), *_few(results)]
    return Claims(answer, details, notes=notes, short=f"Tuned, {_winner(tuned)} {_away(tuned)}")


def race_alt(results: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = ranking(results)
    said = [
        f"{r['optimizer']} {r['work']:.3g}"
        for r in rows[rows["setting"] == "tuned"].to_dict("records")
    ]
    return (
        "Work to escape of every optimizer, untuned and tuned, with intervals; performance "
        "profiles; distribution of work. Tuned, geometric means over "
        f"{rows['problems'].iloc[0]} problems: {', '.join(said)}."
    )


def race_method(results: pd.DataFrame, tuning: pd.DataFrame) -> list[str]:
    """How it was computed, from the frame."""
    one, tried = results.iloc[0], tuning["settings"].groupby(tuning["optimizer"]).nunique()
    return [
        f"{results['problem'].nunique()} kinds of problems, "
        f"{len(results[['problem', 'dim']].drop_duplicates())} with their dimensions; "
        f"{results['runs'].min()} runs each from common starts, budget {one['budget']} gradients "
        "and Hessian-vector products a run for every optimizer.",
        f"Tuned on a grid of up to {tried.max()} settings an optimizer and problem, "
        f"{tuning['runs'].min()} runs each on other starts (seed {tuning['seed'].iloc[0]}), by "
        "mean work, a run that does not escape counting as ten budgets.",
        "Work is the number of gradients and Hessian-vector products; a Hessian counts d products, "
        "values of the function are free. A problem that at most half of the runs escape is not "
        "solved and counts as ten budgets in geometric means.",
        f"{one['level']:.0%} intervals: bootstrap over problems, whose dimensions are drawn "
        "together; Clopper–Pearson for shares of runs (runs that share a random saddle count as "
        f"one). Root seed {one['seed']}; the digest of every row is in the data files. Profiles "
        "after Dolan & Moré (2002) and Moré & Wild (2009).",
    ]


def rate_ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Best learning rate of each optimizer on each problem, and the useful range about it.

    The best is that with the least score, the mean work in which a run that does not escape counts
    as ten budgets; the range is that of tried rates, next to one another, whose scores are within
    a factor 2 of it. There is neither where at most half of the runs escape at the best.
    """
    found = []
    for (problem, name), tried in rows.groupby(["problem", "optimizer"], sort=False):
        part = tried.drop_duplicates("lr").sort_values("lr", ignore_index=True)
        lr, score = part["lr"].to_numpy(float), part["score"].to_numpy(float)
        place = int(np.argmin(score))
        out, good = bool(part["escaped"][place] > 0.5), score <= FACTOR * score[place]
        low, high = place, place
        while low > 0 and good[low - 1]:
            low -= 1
        while high + 1 < len(lr) and good[high + 1]:
            high += 1
        values = {"best": lr[place], "low": lr[low], "high": lr[high]} if out else {}
        share = {name: part[name][place] for name in ("escaped", "escaped_low", "escaped_high")}
        found.append({
            "problem": problem, "optimizer": name, "score": score[place],
            "median": part["median"][place], **share, "top": lr[-1], "best": math.nan,
            "low": math.nan, "high": math.nan, **values,
            "decades": math.log10(lr[high] / lr[low]) if out else math.nan,
        })  # fmt: skip
    return pd.DataFrame(found)


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
    said = [f"{r['optimizer']} {r['best']:g} ({r['problem']})" for r in ranges.to_dict("records")]
    return (
        f"Measured brackets of {len(edges)} stability edges over theory's, and median work to "
        f"escape against learning rate; best rates: {', '.join(said)}."
    )


def rate_method(edges: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """How it was computed, from the frame."""
    one = rows.iloc[0]
    return [
        "Stability edges: bisection of the learning rate on a parabola of curvature L from one "
        f"start, {int(edges['steps'].iloc[0])} steps; converged means a gradient below 1e-8 twice "
        "in a row, diverged a distance above 1e12. Nothing is random there.",
        f"Sensitivity: {rows['lr'].nunique()} learning rates, {int(rows['runs'].min())} runs each "
        f"from common starts, budget {int(one['budget'])} gradients and products, seed "
        f"{int(one['seed'])}. The best rate has the least mean work, a run that does not escape "
        "counting as ten budgets; medians are over all runs, intervals of shares are Clopper and "
        f"Pearson's ({one['level']:.0%}). The digest of every row is in the data files.",
    ]


def _winner(rows: Sequence[Mapping[Any, Any]]) -> str:
    best = rows[0]
    work = shown(best["work"], best["work_low"], best["work_high"])
    text = (
        f"{best['optimizer']} escapes with least work, {work} gradients and products in the "
        f"geometric mean over {best['problems']} problems"
    )
    if len(rows) < 2:
        return f"{text}."
    second = rows[1]
    if math.isnan(best["first"]):
        return f"{text}; {second['optimizer']} follows with {second['work']:.3g}."
    chance = f"first in {best['first']:.0%} of the resamples of problems"
    if best["first"] >= CERTAIN:
        return f"{text} ({chance}); {second['optimizer']} follows with {second['work']:.3g}."
    return (
        f"{text}, but is not told apart from {second['optimizer']} with {second['work']:.3g} "
        f"({chance})."
    )


def _away(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Who gets away everywhere, and who least."""
    everywhere = [str(r["optimizer"]) for r in rows if r["solved"] == 1]
    worst = min(rows, key=lambda r: float(r["solved"]))
    said = f"{listed(everywhere)} get away on every problem" if everywhere else ""
    if len(everywhere) == 1:
        said = f"Only {everywhere[0]} gets away on every problem"
    if worst["solved"] == 1:
        return f"{said}."
    share = f"{worst['solved']:.0%} of them" if worst["solved"] else "none"
    last = f"{worst['optimizer']} gets away least, on {share}"
    return f"{said}; {last}." if said else f"None gets away on every problem; {last}."


def _most_tuned(worth: pd.DataFrame) -> str:
    order = worth.sort_values("gain", ascending=False)
    best, name = order.iloc[0], order.index[0]
    idle = [str(n) for n in order.index[order["gain_high"].fillna(order["gain"]) <= 1.0 + 1e-9]]
    tail = f"; it gives nothing to {', '.join(idle)}" if idle else ""
    gain = shown(best["gain"], best["gain_low"], best["gain_high"])
    return f"Tuning matters most to {name}: its work is divided by {gain}{tail}."


def _sentence(row: Mapping[Any, Any], worth: pd.DataFrame, results: pd.DataFrame) -> str:
    name = row["optimizer"]
    own = results[(results["optimizer"] == name) & (results["setting"] == "tuned")]
    solved = int(np.isfinite(own["median"].to_numpy(float)).sum())
    gain = worth.loc[name]
    return (
        f"{name}: tuned, work {shown(row['work'], row['work_low'], row['work_high'])}, "
        f"{solved} of {len(own)} problems solved; tuning divides the work by "
        f"{shown(gain['gain'], gain['gain_low'], gain['gain_high'])}; {_failures(own)}."
    )


def _failures(own: pd.DataFrame) -> str:
    lost = own[~np.isfinite(own["median"].to_numpy(float))]
    if not len(lost):
        return "it fails nowhere"
    said = [
        f"{r['problem']} d = {r['dim']} ({str(r['end']).replace('_', ' ')})"
        for r in lost.to_dict("records")
    ]
    if len(said) == len(own):
        ends = ", ".join(sorted({str(e).replace("_", " ") for e in lost["end"]}))
        return f"it fails everywhere ({ends})"
    return f"it fails on {', '.join(said)}"


def _unsolved(results: pd.DataFrame) -> list[str]:
    rows = results[results["setting"] == "tuned"]
    best = rows.groupby(["problem", "dim"], sort=False)["median"].min()
    where = best[~np.isfinite(best)].reset_index().to_dict("records")
    lost = [f"{row['problem']} d = {row['dim']}" for row in where]
    return [f"Nobody solves {', '.join(lost)} within the budget."] if lost else []


def _edge(tuning: pd.DataFrame) -> list[str]:
    """Where the best learning rate is the largest or smallest tried, the grid may be too narrow."""
    rows = tuning[tuning["lr"].notna()].drop_duplicates(["problem", "optimizer", "settings"])
    ends = rows.groupby(["problem", "optimizer"])["lr"].agg(["min", "max"])
    chosen = rows[rows["chosen"]].set_index(["problem", "optimizer"])["lr"]
    ends = ends[ends["min"] < ends["max"]]
    chosen = chosen.reindex(ends.index)
    top, bottom = int((chosen == ends["max"]).sum()), int((chosen == ends["min"]).sum())
    if not top + bottom:
        return []
    return [
        f"In {top + bottom} of {len(ends)} tunings the best learning rate is the largest ({top}) "
        f"or smallest ({bottom}) tried: a wider grid might do better. To escape is not to converge."
    ]


def _few(results: pd.DataFrame) -> list[str]:
    kinds = results["problem"].nunique()
    if kinds >= FEW:
        return []
    if kinds == 1:
        return ["One kind of problem: nothing is said of others, and there are no intervals."]
    return [f"Only {kinds} kinds of problems: intervals over problems are too narrow."]


def _widest(ranges: pd.DataFrame) -> str:
    parts = []
    for problem, rows in ranges.groupby("problem", sort=False):
        known = rows.dropna(subset="decades").sort_values("decades")
        if len(known) < 2:
            continue
        last, first = known.iloc[-1], known.iloc[0]
        if last["decades"] - first["decades"] < ALIKE:
            parts.append(
                f"on {problem} the useful range, within a factor {FACTOR:g} of the best mean work, "
                f"is as wide for all optimizers: {_decades(last)}"
            )
            continue
        least, most = (
            listed([str(n) for n in known["optimizer"][(known["decades"] - d).abs() < ALIKE]])
            for d in (last["decades"], first["decades"])
        )
        parts.append(
            f"on {problem} the useful range, within a factor {FACTOR:g} of the best mean work, is "
            f"widest for {least} ({_decades(last)}) and narrowest for {most} ({_decades(first)})"
        )
    text = "; ".join(parts)
    if not text:
        return "No two optimizers escaped on one problem, so that their ranges cannot be compared."
    return f"{text[0].upper()}{text[1:]}."


def _decades(row: pd.Series) -> str:
    """Of a range; a single rate has none."""
    return (
        f"{row['decades']:.1f} decades" if row["low"] < row["high"] else "one rate of those tried"
    )


def _range_sentence(row: Mapping[Any, Any]) -> str:
    share = f"{row['escaped']:.0%} ({row['escaped_low']:.0%}–{row['escaped_high']:.0%})"
    if math.isnan(row["best"]):
        return (
            f"{row['optimizer']} on {row['problem']}: at no learning rate tried do more than half "
            f"of the runs escape (at the best {share})."
        )
    end = ", the largest tried" if row["high"] == row["top"] else ""
    span = (
        f"from {row['low']:g} to {row['high']:g}{end}" if row["low"] < row["high"] else "only there"
    )
    return (
        f"{row['optimizer']} on {row['problem']}: best at {row['best']:g}, where {share} of the "
        f"runs escape, with {row['median']:.0f} gradients and products in the median (penalised "
        f"mean {row['score']:.0f}); useful {span}."
    )
