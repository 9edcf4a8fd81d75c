"""What a race says, computed from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims
from critpoints.report.columns import shown
from critpoints.report.words import listed, rule
from critpoints.study.ranking import gains, ranking

CERTAIN = 0.95
"""An optimizer is said to win if it is first in this share of the resamples."""
FEW = 8
"""A bootstrap over fewer problems than this is called narrow."""
SAME = 1e-9
"""Works that differ by less than this share tie."""


def race_claims(results: pd.DataFrame, tuning: pd.DataFrame) -> Claims:
    """Who escapes with least work, what tuning is worth, and who fails where."""
    table = ranking(results)
    worth = gains(results).set_index("optimizer")
    tuned, given = (table[table["setting"] == s].to_dict("records") for s in ("tuned", "default"))
    winner = f"{_winner('Tuned', tuned)}{_bound(tuned)}"
    answer = f"{winner} {_winner('Untuned', given)} {_most_tuned(worth)}"
    details = [_sentence(row, worth, results) for row in tuned]
    notes = [*_unsolved(results), *_edge(tuning), *_few(results)]
    return Claims(answer, details, notes=notes, short=f"{winner} {_away(tuned)}")


def race_alt(results: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = ranking(results)
    said = [
        f"{rule(r['optimizer'])} {r['work']:.3g}"
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
        "A run has escaped when its loss has fallen nine tenths of the way from the saddle's to "
        "that of the next lower critical point or minimum (below the last saddle, on the octopus): "
        "near the saddle a rule whose step has the length of its rate would be out at its first "
        "step. "
        "Work is the number of gradients and Hessian-vector products; a Hessian counts d products, "
        "values of the function are free. A problem that at most half of the runs escape is not "
        "solved and counts as ten budgets in geometric means.",
        f"{one['level']:.0%} intervals: bootstrap over problems, whose dimensions are drawn "
        "together; Clopper–Pearson for shares of runs (runs that share a random saddle count as "
        f"one). Root seed {one['seed']}; the digest of every row is in the data files. Profiles "
        "after Dolan & Moré (2002) and Moré & Wild (2009).",
    ]


def _winner(setting: str, rows: Sequence[Mapping[Any, Any]]) -> str:
    """Who has the least work, whether others share it, and whether that is certain."""
    if not rows[0]["solved"]:
        return f"{setting}, no optimizer solves any of the {rows[0]['problems']} problems."
    best, first = rows[0], [r for r in rows if r["work"] <= rows[0]["work"] * (1 + SAME)]
    work = shown(best["work"], best["work_low"], best["work_high"])
    over = f"{work} gradients and products in the geometric mean over {best['problems']} problems"
    names = listed([rule(str(r["optimizer"])) for r in first])
    if len(first) > 1:
        return f"{setting}, the least work to escape is shared by {names}: {over}."
    if len(rows) == 1:
        return f"{setting}, the work to escape of {names} is {over}."
    second = rows[1]
    other = f"{rule(str(second['optimizer']))} with {second['work']:.3g}"
    if math.isnan(best["first"]):
        return f"{setting}, the least work to escape is that of {names}, {over}; next is {other}."
    chance = f"first in {best['first']:.0%} of the resamples of problems"
    if best["first"] >= CERTAIN:
        return (
            f"{setting}, the least work to escape is that of {names}, {over} ({chance}); next is "
            f"{other}."
        )
    return (
        f"{setting}, the least work to escape is that of {names}, {over}, but it is not told apart "
        f"from {other} ({chance})."
    )


def _bound(rows: Sequence[Mapping[Any, Any]]) -> str:
    """What the edge of the grid leaves open."""
    best = rows[0]
    if not best["edges"]:
        return ""
    return (
        f" On {best['edges']} of {best['problems']} problems its learning rate is at the edge of "
        "the grid, where the work is only an upper bound."
    )


def _away(rows: Sequence[Mapping[Any, Any]]) -> str:
    """Who gets away everywhere, and who least."""
    everywhere = [rule(str(r["optimizer"])) for r in rows if r["solved"] == 1]
    least = min(float(r["solved"]) for r in rows)
    worst = listed([rule(str(r["optimizer"])) for r in rows if float(r["solved"]) == least])
    if least == 1:
        return "Every optimizer gets away on every problem."
    share = f"{least:.0%} of them" if least else "none"
    last = f"The fewest problems, {share}, are solved by {worst}."
    if not everywhere:
        return f"None gets away on every problem. {last}"
    return f"Every problem is solved by {listed(everywhere)}. {last}"


def _most_tuned(worth: pd.DataFrame) -> str:
    """To whom tuning matters most, and to whom it gives nothing."""
    order = worth.sort_values("gain", ascending=False, kind="stable")
    best = order.iloc[0]
    if best["gain"] <= 1 + SAME:
        return "Tuning gives nothing to any of them."
    most = order.index[order["gain"] >= best["gain"] * (1 - SAME)]
    names = listed([rule(str(n)) for n in most])
    gain = shown(best["gain"], best["gain_low"], best["gain_high"])
    said = f"Tuning matters most to {names}, whose work is divided by {gain}."
    idle = order.index[order["gain_high"].fillna(order["gain"]) <= 1.0 + SAME]
    if len(idle):
        said += f" It gives nothing to {listed([rule(str(n)) for n in idle])}."
    return said


def _sentence(row: Mapping[Any, Any], worth: pd.DataFrame, results: pd.DataFrame) -> str:
    name = row["optimizer"]
    own = results[(results["optimizer"] == name) & (results["setting"] == "tuned")]
    solved = int(np.isfinite(own["median"].to_numpy(float)).sum())
    gain = worth.loc[name]
    bound = f", at the edge of the grid on {row['edges']} of them" if row["edges"] else ""
    return (
        f"{name}: tuned, work {shown(row['work'], row['work_low'], row['work_high'])}, "
        f"{solved} of {len(own)} problems solved{bound}; tuning divides the work by "
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
        f"or smallest ({bottom}) tried: there the work of the tuned optimizer is an upper bound."
    ]


def _few(results: pd.DataFrame) -> list[str]:
    kinds = results["problem"].nunique()
    if kinds >= FEW:
        return []
    if kinds == 1:
        return ["One kind of problem: nothing is said of others, and there are no intervals."]
    return [f"Only {kinds} kinds of problems: intervals over problems are too narrow."]
