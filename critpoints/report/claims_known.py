"""Whether a census finds what is known to be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from critpoints.plot.known import beside, isolated
from critpoints.report.claims import Claims
from critpoints.study.joined import sampled

LAWS: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "inverted wells": ("3^-d", lambda d: 3.0**-d),
    "double well": ("(2/3)^d", lambda d: (2 / 3) ** d),
    "Styblinski–Tang": ("(2/3)^d", lambda d: (2 / 3) ** d),
    "Rastrigin": ("(11/21)^d", lambda d: (11 / 21) ** d),
    "Rayleigh quotient": ("1/(d+1)", lambda d: 1 / (d + 1)),
    "factorisation": ("2/(2d+1)", lambda d: 2 / (2 * d + 1)),
    "quadratic saddle": ("0", lambda _: 0.0),
    "octopus": ("2^d/(2^(d+1)−1)", lambda d: 2.0**d / (2.0 ** (d + 1) - 1)),
}
"""Fractions of minima by family, as a formula and as a function of d."""
THIRD = "inverted wells"
YES, NO = "yes", "no"


def known_claims(frame: pd.DataFrame) -> Claims:
    """Are the points found the known ones, where is 1/3^d right, and what of degenerate points?"""
    table, rest = compared(frame), degenerate(frame)
    right = int((table["known"] == table["found"]).sum())
    points = int(beside(frame)["found"].sum())
    proven = int((table["complete"] == YES).sum())
    answer = (
        f"In {right} of {len(table)} functions the points found are the known ones, index by index "
        f"({points:,} points), and {proven} of these searches prove that there is no other. "
        f"{_third(table)}"
    )
    details = [_law(str(name), rows) for name, rows in table.groupby("family", sort=False)]
    details += [_degenerate(row) for row in rest.to_dict("records")]
    return Claims(answer, [d for d in details if d], _warnings(table, rest))


def known_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    table = compared(frame)
    last = table.groupby("family", sort=False).tail(1)
    values = "; ".join(
        f"{row['family']} {row['fraction']:.3g} at d = {row['dim']:.0f}"
        for row in last.to_dict("records")
    )
    return (
        "Left: fraction of minima against dimension, exact lines and points found, beside 3^-d: "
        f"{values}. Right: numbers found against numbers known, on the diagonal where all are "
        "found."
    )


def known_method(frame: pd.DataFrame) -> list[str]:
    """Populations and how points were found."""
    rows = sampled(frame)
    populations = "; ".join(
        f"{population}: {', '.join(part['object'].unique())}"
        for population, part in rows.groupby("population", sort=False)
    )
    ways = ", ".join(f"{n} by {way}" for way, n in rows["method"].value_counts().items())
    return [
        f"Populations: {populations}.",
        f"One census a function ({ways}); subdivision proves that no point is missing, a search "
        f"from random starts (seed {rows['seed'].iloc[0]}) does not.",
        "Known points come from closed formulas, which the census never sees.",
        "A point is degenerate where an eigenvalue of its Hessian cannot be told from zero; it is "
        "counted apart, and a critical value stands for a manifold of such points.",
    ]


def compared(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a function with isolated points: what is known, what was found, and how surely.

    Returns
    -------
    DataFrame
        family, dim, known and found (numbers by index as text), fraction (of minima), method,
        certified, complete, Euler.
    """
    functions = isolated(frame).assign(dim=lambda f: f["dim"].astype(float))
    listed = beside(frame).assign(k=lambda f: f["index"].astype(int)).sort_values("k")
    texts = listed.groupby(["family", "dim"])[["known", "found"]].agg(_listed).reset_index()
    rows = functions[["family", "dim", "method"]].assign(
        fraction=functions["minima"].astype(float) / functions["critical_points"].astype(float),
        certified=_flags(functions["certified"]),
        complete=_flags(functions["complete"]),
        Euler=_euler(functions),
    )
    return rows.merge(texts, on=["family", "dim"], sort=False)


def degenerate(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a function with degenerate points.

    Returns
    -------
    DataFrame
        family, dim, values (known critical values), found (of these), points, degenerate, stray
        (points of no known value), certified (whether any point is), missing (values as text).
    """
    functions = frame[(frame["quantity"] == "function")]
    functions = functions[functions["degenerate_family"].astype(float) == 1]
    values = frame[frame["quantity"] == "value"]
    rows = []
    for row in functions.to_dict("records"):
        here = values[(values["family"] == row["family"]) & (values["dim"] == row["dim"])]
        known, stray = here[here["value"].notna()], here[here["value"].isna()]
        lost = known.loc[known["found"] == 0, "value"]
        rows.append({
            "family": row["family"], "dim": float(row["dim"]), "values": len(known),
            "found": len(known) - len(lost), "points": row["critical_points"],
            "degenerate": row["degenerate"], "stray": float(stray["found"].sum()),
            "certified": YES if float(row["certified"]) else NO,
            "missing": ", ".join(f"{v:g}" for v in lost),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _listed(counts: pd.Series) -> str:
    return ", ".join(f"{count:.0f}" for count in counts)


def _flags(column: pd.Series) -> list[str]:
    return [YES if float(flag) else NO for flag in column]


def _euler(functions: pd.DataFrame) -> list[str]:
    pairs = zip(functions["euler"], functions["euler_expected"], strict=True)
    return ["" if pd.isna(b) else ("right" if a == b else "wrong") for a, b in pairs]


def _holds(rows: pd.DataFrame, law: Callable[[float], float]) -> int:
    """For how many functions the fraction found is the formula, to rounding."""
    wanted = np.array([law(float(dim)) for dim in rows["dim"]])
    return int((np.abs(rows["fraction"] - wanted) < 1e-12).sum())


def _third(table: pd.DataFrame) -> str:
    rows = table[table["family"] == THIRD]
    held = _holds(rows, LAWS[THIRD][1])
    others = [
        str(name) for name, part in table.groupby("family", sort=False)
        if name != THIRD and _holds(part, LAWS[THIRD][1]) == len(part)
    ]  # fmt: skip
    where = f"1/3^d is exactly right for inverted wells in {held} of {len(rows)} dimensions"
    more = f", and for {', '.join(others)}" if others else ", and for no other family"
    return f"{where}{more}: one function can have it, but it is no law."


def _law(name: str, rows: pd.DataFrame) -> str:
    formula, law = LAWS[name]
    dims = ", ".join(f"{dim:.0f}" for dim in rows["dim"])
    return (
        f"{name}: the fraction of minima found is exactly {formula} in {_holds(rows, law)} of "
        f"{len(rows)} dimensions (d = {dims})."
    )


def _degenerate(row: Mapping[object, object]) -> str:
    lost = f"; not found: {row['missing']}" if row["missing"] else ""
    return (
        f"{row['family']}, d = {row['dim']:.0f}: {row['degenerate']:.0f} of {row['points']:.0f} "
        f"points found are degenerate, none of them counts as a minimum; "
        f"{row['found']} of {row['values']} known critical values were found{lost}."
    )


def _warnings(table: pd.DataFrame, rest: pd.DataFrame) -> list[str]:
    wrong = table[(table["known"] != table["found"]) | (table["Euler"] == "wrong")]
    found = [
        f"{row['family']}, d = {row['dim']:.0f}: {row['found']} points were found by index, "
        f"{row['known']} are known (Euler sum {row['Euler'] or 'unknown'})."
        for row in wrong.to_dict("records")
    ]
    for row in rest.to_dict("records"):
        where = f"{row['family']}, d = {row['dim']:.0f}"
        if row["stray"]:
            found.append(f"{where}: {row['stray']:.0f} points found have no known critical value.")
        if row["certified"] == YES and row["degenerate"]:
            found.append(f"{where}: degenerate points are called certified.")
    return found
