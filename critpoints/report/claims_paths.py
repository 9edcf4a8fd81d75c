"""What single trajectories say: oscillation in a valley, rates on a plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims
from critpoints.report.words import listed, rule

ARRIVED = 0.01
"""A trajectory is at the end when f has fallen to this share of its first value."""
DAMPED = 0.5
"""An oscillation is damped if it takes at most this share of gradient descent's steps to die."""
NEAR = 0.1
"""A trajectory is at the minimum when it is this near."""
PLAIN = 0.5
"""Where the plain has begun."""
METHOD = [
    "Every step of one trajectory an optimizer from the same start; nothing here is random.",
    "The update rules are the published ones (heavy ball: Polyak 1964; Nesterov 1983; AdaGrad: "
    "Duchi, Hazan & Singer 2011; RMSProp: Tieleman & Hinton 2012; Adam: Kingma & Ba 2015), without "
    "any tuning beyond the rates named.",
]


def valley_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Steps until f is 1% of its first value and the width for good 1% of its own; turns; the end.

    ``settled`` is a step after which y stays below 1% of its first value: the envelope counts,
    not how often it changes sign.
    """
    return pd.DataFrame([_valley_row(str(n), rows) for n, rows in _paths(frame)])


def valley_claims(frame: pd.DataFrame) -> Claims:
    """Which of them damp the oscillation, and which arrive sooner than gradient descent?"""
    table = valley_table(frame).set_index("optimizer")
    plain = table.loc[[n for n in table.index if n.startswith("gd")]].iloc[0]
    others = table.drop(index=[str(plain.name)])
    damped = others["settled"] <= DAMPED * plain["settled"]
    answer = f"{_damping(others, damped, plain)} {_arriving(others, plain)}"
    details = [
        f"{n}: within {ARRIVED:.0%} of the first width across the valley {_after(r['settled'])}, "
        f"f at {ARRIVED:.0%} of its first value {_after(r['steps'])}; {r['turns']:.0f} turns."
        for n, r in table.iterrows()
    ]
    rates = frame[frame["quantity"] == "path"].drop_duplicates("optimizer")
    details += [
        f"{r['optimizer']}: learning rate {r['lr']:.3g}, the edge of stability is {r['edge']:.3g}."
        for r in rates.to_dict("records")
    ]
    unstable = rates[rates["lr"] >= rates["edge"]]
    return Claims(answer, details, [f"{n}: beyond stability." for n in unstable["optimizer"]])


def valley_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    said = [
        f"{r['optimizer']} {r['steps']:.0f} steps"
        for r in valley_table(frame).to_dict("records")
        if np.isfinite(r["steps"])
    ]
    return (
        "Trajectories on the contour map of a narrow valley, and f against the step: "
        f"{', '.join(said)} to 1% of the first value."
    )


def rate_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Effective rates at the start, on the plain and at the end, and the step of arrival."""
    return pd.DataFrame([_rate_row(str(n), rows) for n, rows in _paths(frame)])


def rate_claims(frame: pd.DataFrame) -> Claims:
    """Who crosses the plain within the budget, and what did that decide?"""
    table = rate_table(frame).set_index("optimizer")
    crossed = table[table["arrival"].notna()].sort_values("arrival", kind="stable")
    steps = int(frame.loc[frame["quantity"] == "path", "step"].max())
    stuck = [rule(str(n)) for n in table.index if n not in crossed.index]
    adagrad = table[[n.startswith("adagrad") for n in table.index]].iloc[0]
    answer = f"{_adagrad(adagrad, crossed, steps)} {_crossing(table, crossed, stuck, steps)}"
    details = [
        f"{n}: effective rate {r['first']:.3g} at the first step, {_plain(r['plain'])}; at the "
        f"minimum {_after(r['arrival'])}."
        for n, r in table.iterrows()
    ]
    return Claims(answer, details)


def rate_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    said = [
        f"{r['optimizer']} after {r['arrival']:.0f} steps"
        for r in rate_table(frame).to_dict("records")
        if np.isfinite(r["arrival"])
    ]
    return (
        "Distance left to the minimum and effective learning rate against the step; at the "
        f"minimum arrive {', '.join(said) or 'none'}."
    )


def _paths(frame: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    rows = frame[frame["quantity"] == "path"].sort_values("step")
    return list(rows.groupby("optimizer", sort=False))


def _valley_row(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    f, across = rows["f"].to_numpy(float), np.abs(rows["y"].to_numpy(float))
    step = rows["step"].to_numpy(float)
    there = np.flatnonzero(f <= ARRIVED * f[0])
    wide = np.flatnonzero(~(across <= ARRIVED * across[0]))
    turning = rows["y"].to_numpy(float)[wide]
    return {
        "optimizer": name,
        "steps": step[there[0]] if len(there) else np.nan,
        "settled": step[wide[-1] + 1] if wide[-1] + 1 < len(step) else np.inf,
        "turns": int((np.diff(np.sign(turning)) != 0).sum()),
        "final": float(f[-1]),
    }


def _rate_row(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    rate, x = rows["rate"].to_numpy(float), rows["x"].to_numpy(float)
    known = np.flatnonzero(np.isfinite(rate) & (rate > 0))
    on_plain = known[x[known] > PLAIN]
    there = np.flatnonzero(rows["left"].to_numpy(float) <= NEAR)
    return {
        "optimizer": name,
        "first": rate[known[0]],
        "plain": rate[on_plain[0]] if len(on_plain) else np.nan,
        "last": rate[known[-1]],
        "left": float(rows["left"].iloc[-1]),
        "arrival": float(rows["step"].iloc[there[0]]) if len(there) else np.nan,
    }


def _damping(others: pd.DataFrame, damped: pd.Series, plain: pd.Series) -> str:
    """Who is narrow across the valley in half the steps of gradient descent, and who is not."""
    quick, slow = (
        listed([f"{rule(str(n))} ({_count(r['settled'])})" for n, r in part.iterrows()])
        if len(part)
        else ""
        for part in (others[damped], others[~damped])
    )
    said = [
        f"Gradient descent takes {_count(plain['settled'])} until its oscillation across the "
        f"valley is {ARRIVED:.0%} of what it was."
    ]
    if quick:
        said.append(f"In half as many or fewer it is damped by {quick}.")
    if slow and quick:
        said.append(f"It is not damped by {slow}.")
    if slow and not quick:
        said.append(f"It is damped by none of the others: {slow}.")
    return " ".join(said)


def _arriving(others: pd.DataFrame, plain: pd.Series) -> str:
    """Who has arrived first along the floor."""
    known = others.dropna(subset="steps").sort_values("steps", kind="stable")
    base = (
        f"gradient descent arrives {_after(plain['steps'])}"
        if np.isfinite(plain["steps"])
        else "gradient descent has not arrived"
    )
    if not len(known):
        return f"No trajectory with momentum arrives at {ARRIVED:.0%} of the first value; {base}."
    first = known.iloc[0]
    tied = listed([rule(str(n)) for n in known.index[known["steps"] == first["steps"]]])
    return (
        f"Of those with momentum the first to arrive at {ARRIVED:.0%} of the first value is "
        f"{tied}, {_after(first['steps'])}; {base}."
    )


def _adagrad(row: pd.Series, crossed: pd.DataFrame, steps: int) -> str:
    """Whether AdaGrad was given enough steps; it slows down, and never stops."""
    rates = (
        "the steep slope stays in its sum, and its effective rate falls from "
        f"{row['first']:.3g} to {row['last']:.3g}"
    )
    if np.isnan(row["arrival"]):
        return (
            f"AdaGrad does not reach the minimum within {steps} steps, after which it is "
            f"{row['left']:.3g} away: {rates}. It slows down but does not stop: the number of "
            "steps decides."
        )
    fastest = crossed.iloc[0]
    if fastest["arrival"] >= row["arrival"]:
        return (
            f"AdaGrad reaches the minimum after {row['arrival']:.0f} steps, first of all: {rates}."
        )
    return (
        f"AdaGrad reaches the minimum, but only after {row['arrival']:.0f} steps, "
        f"{row['arrival'] / fastest['arrival']:.3g} times as many as "
        f"{rule(str(fastest.name))}: {rates}. The number of steps decides whether it is said to "
        "arrive."
    )


def _crossing(table: pd.DataFrame, crossed: pd.DataFrame, stuck: Sequence[str], steps: int) -> str:
    if not stuck:
        return f"All {len(table)} optimizers reach the minimum within {steps} steps."
    return (
        f"Of {len(table)} optimizers {len(crossed)} reach the minimum within {steps} steps; not "
        f"among them: {listed(list(stuck))}."
    )


def _plain(rate: float) -> str:
    return "never on the plain" if np.isnan(rate) else f"{rate:.3g} on the plain"


def _after(steps: float) -> str:
    return f"after {steps:.0f} steps" if np.isfinite(steps) else "not within the steps given"


def _count(steps: float) -> str:
    return f"{steps:.0f} steps" if np.isfinite(steps) else "more steps than it was given"
