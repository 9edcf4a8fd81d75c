"""What escapes from saddles of a network say, computed from the runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims
from critpoints.report.words import listed, rule

LEVEL = 0.95
_RESAMPLES = 1000


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """A row an optimizer with the median cost in gradients and products, and its interval."""
    rows = frame[frame["quantity"] == "optimizer"]
    runs = frame[frame["quantity"] == "run"]
    costs = [_cost(runs[runs["optimizer"] == name]) for name in rows["optimizer"]]
    names = ("cost", "cost_low", "cost_high")
    return rows.assign(**dict(zip(names, np.array(costs).T, strict=True)))


def best(frame: pd.DataFrame) -> pd.DataFrame:
    """Of each optimizer the setting that is cheapest in the median, cheapest first."""
    rows = summary(frame)
    rows = rows.assign(rule=rows["optimizer"].str.partition(":")[0])
    order = ["cost", "escaped", "gradient_evaluations"]
    rows = rows.sort_values(order, ascending=[True, False, True], kind="stable")
    found: pd.DataFrame = rows.drop_duplicates("rule").reset_index(drop=True)
    return found


def best_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """The runs of :func:`best`, in that order."""
    runs = frame[frame["quantity"] == "run"]
    parts: list[pd.DataFrame] = [
        runs[runs["optimizer"] == str(name)] for name in best(frame)["optimizer"]
    ]
    return pd.concat(parts)


def escape_claims(frame: pd.DataFrame) -> Claims:
    """Which optimizer is the cheapest, and which do not leave?"""
    rows = best(frame).to_dict("records")
    answer = f"{_cheapest(rows)}{_descent(rows)}"
    details = [
        f"{r['optimizer']}: {int(r['escaped'])} of {int(r['runs'])} runs left; {_price(r)} in the "
        f"median{_steps(r['median'])}."
        for r in summary(frame).to_dict("records")
    ]
    return Claims(answer, details, notes=_notes(frame))


def _cheapest(rows: list[dict[Any, Any]]) -> str:
    """Whose median is the least, who shares it, and from whom it is not told apart."""
    first = rows[0]
    if not math.isfinite(first["cost"]):
        return "No optimizer took half of its runs below the saddles."
    tied = [rule(str(r["optimizer"])) for r in rows if r["cost"] == first["cost"]]
    said = (
        f"The cheapest way below the saddles was that of {tied[0]}: {_price(first)} in the median."
    )
    if len(tied) > 1:
        said = (
            f"The cheapest way below the saddles is shared by {listed(tied)}: {_price(first)} in "
            "the median."
        )
    near = [
        rule(str(r["optimizer"])) for r in rows[len(tied) :] if r["cost_low"] <= first["cost_high"]
    ]
    if near:
        said += f" Its interval overlaps those of {listed(near)}, from which it is not told apart."
    return said


def _descent(rows: list[dict[Any, Any]]) -> str:
    """What gradient descent needs at its best, if it is not the cheapest."""
    own = next((r for r in rows if r["rule"] == "gd"), None)
    if own is None or own["cost"] == rows[0]["cost"]:
        return ""
    return f" At its best {rule(str(own['optimizer']))} needs {_price(own)}."


def escape_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    parts = [f"{r['optimizer']} {_number(r['cost'])}" for r in best(frame).to_dict("records")]
    return (
        "Share of runs that are below the saddle against their cost in gradients and Hessian "
        f"products, for each optimizer at its best setting. Median costs: {', '.join(parts)}."
    )


def methods(frame: pd.DataFrame) -> list[str]:
    """How it was computed."""
    rows = frame[frame["quantity"] == "optimizer"]
    runs = frame[frame["quantity"] == "run"]
    row = rows.iloc[0]
    return [
        f"Population: {row['population']}, {int(row['dim'])} parameters: {runs['group'].nunique()} "
        f"saddles, accepted by gradient and the gradient-flat rule; {int(row['runs'])} runs an "
        f"optimizer, seed {int(row['seed'])}, all optimizers from the same points.",
        f"A run has left when the loss is {row['drop']:.2%} below the saddle's; it has "
        f"{int(row['steps'])} steps. A Hessian counts as many products as there are parameters.",
        "Intervals are of the median cost, by bootstrap over saddles, since runs from one saddle "
        "are not independent. Of each optimizer the cheaper setting is drawn, which favours those "
        "with more settings; all are in the table.",
    ]


def _cost(runs: pd.DataFrame) -> tuple[float, float, float]:
    """Median cost over all runs, infinite where most do not leave, with a grouped bootstrap."""
    value = runs["cost"].where(runs["outcome"] == "escaped", np.inf).to_numpy(float)
    group = runs["group"].to_numpy()
    parts = [value[group == g] for g in np.unique(group)]
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(parts), size=(_RESAMPLES, len(parts)))
    each = np.sort([_median(np.concatenate([parts[i] for i in row])) for row in drawn])
    ends = each[[int((1 - LEVEL) / 2 * _RESAMPLES), int((1 + LEVEL) / 2 * _RESAMPLES)]]
    return _median(value), float(ends[0]), float(ends[1])


def _median(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The upper one: of infinities no mean is taken."""
    return float(np.sort(values)[len(values) // 2])


def _price(row: dict[Any, Any]) -> str:
    if not math.isfinite(row["cost"]):
        return "more than its budget"
    ends = f"{_number(row['cost_low'])} to {_number(row['cost_high'])}"
    return f"{_number(row['cost'])} gradients and products ({ends})"


def _steps(value: float) -> str:
    return f", {value:.0f} steps" if math.isfinite(value) else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if math.isfinite(value) else "beyond the budget"


def _notes(frame: pd.DataFrame) -> list[str]:
    """Runs that did not get away within their budget, and saddles that are few."""
    rows = frame[frame["quantity"] == "optimizer"].to_dict("records")
    found = [
        f"{r['optimizer']}: {int(r['runs'] - r['escaped'])} of {int(r['runs'])} runs did not get "
        "below the saddle."
        for r in rows
        if r["escaped"] < r["runs"]
    ]
    saddles = frame.loc[frame["quantity"] == "run", "group"].nunique()
    if saddles < 10:
        found.append(f"Only {saddles} saddles: intervals over saddles are rough.")
    return found
