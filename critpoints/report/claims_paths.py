"""What single trajectories say: oscillation in a valley, rates on a plain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from critpoints.report.claims import Claims

ARRIVED = 0.01
"""A trajectory is at the end when f has fallen to this share of its first value."""
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
    """Steps until f is 1% of its first value, turns across the valley on the way, and the end."""
    return pd.DataFrame([_valley_row(str(n), rows) for n, rows in _paths(frame)])


def valley_claims(frame: pd.DataFrame) -> Claims:
    """Does momentum damp the oscillation, and does it arrive sooner?"""
    table = valley_table(frame).set_index("optimizer")
    plain = table.loc[[n for n in table.index if n.startswith("gd")]].iloc[0]
    pushed = table[[n.startswith("momentum") for n in table.index]]
    arrived = pushed.dropna(subset="steps").sort_values("steps")
    best = arrived.iloc[0] if len(arrived) else None
    if best is None:
        answer = "No trajectory with momentum arrives."
    else:
        answer = (
            f"{_judged(best['turns'] < plain['turns'], 'Momentum damps the oscillation')}: "
            f"{best.name} turns {best['turns']:.0f} times across the valley where gradient descent "
            f"turns {plain['turns']:.0f} times, and it "
            f"{_sooner(best['steps'], plain['steps'])}."
        )
    rates = frame[frame["quantity"] == "path"].drop_duplicates("optimizer")
    details = [
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
    """Who crosses the plain?"""
    table = rate_table(frame).set_index("optimizer")
    crossed = table[table["arrival"].notna()].sort_values("arrival")
    steps = int(frame.loc[frame["quantity"] == "path", "step"].max())
    stuck = [n for n in table.index if n not in crossed.index]
    adagrad = table[[n.startswith("adagrad") for n in table.index]].iloc[0]
    stops = bool(np.isnan(adagrad["arrival"]))
    answer = (
        f"{_judged(stops, 'AdaGrad stops before the minimum')}: the steep slope stays in its sum, "
        f"and its effective rate goes from {adagrad['first']:.3g} to {adagrad['last']:.3g}. Of "
        f"{len(table)} optimizers {len(crossed)} reach the minimum within {steps} steps"
    )
    answer += f"; {', '.join(stuck)} did not." if stuck else "."
    details = [
        f"{n}: effective rate {r['first']:.3g} at the first step, {r['plain']:.3g} on the plain; "
        + (
            f"at the minimum after {r['arrival']:.0f} steps."
            if r["arrival"] > 0
            else "never there."
        )
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
    f, across = rows["f"].to_numpy(float), rows["y"].to_numpy(float)
    there = np.flatnonzero(f <= ARRIVED * f[0])
    steps = float(rows["step"].iloc[there[0]]) if len(there) else np.nan
    wide = across[np.abs(across) > ARRIVED * np.abs(across[0])]
    turns = int((np.diff(np.sign(wide)) != 0).sum())
    return {"optimizer": name, "steps": steps, "turns": turns, "final": float(f[-1])}


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
        "arrival": float(rows["step"].iloc[there[0]]) if len(there) else np.nan,
    }


def _judged(holds: bool, sentence: str) -> str:
    return sentence if holds else f"It is not so that {sentence[0].lower()}{sentence[1:]}"


def _sooner(steps: float, plain: float) -> str:
    if not np.isfinite(plain):
        return f"arrives after {steps:.0f} steps, where gradient descent has not arrived"
    verb = "sooner" if steps < plain else "no sooner"
    return f"arrives {verb}, after {steps:.0f} steps against {plain:.0f}"
