"""What counted critical points say of 3^-d, of Kac-Rice, and of the counting itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from critpoints.plot.counted import costs, kinds
from critpoints.report.claims import LIMIT, Claims
from critpoints.report.columns import shown
from critpoints.report.numbers import factor
from critpoints.study.joined import sampled

WHO = ["family", "object", "dim"]


def census_claims(frame: pd.DataFrame) -> Claims:
    """Is the fraction of minima 3^-d, what fits instead, and is anything missing?"""
    counts = frame[frame["quantity"] == "count"]
    table = proofs(frame)
    details = [
        _family(str(name), rows) for name, rows in minima(counts).groupby("family", sort=False)
    ]
    details += [_isotropic(frame), *_products(frame)]
    return Claims(
        f"{_verdict(minima(counts))} {agreement(counts, 'Kac–Rice')} {proof_sentence(table)}",
        [d for d in details if d],
        [*contradictions(counts), *proof_warnings(table)],
    )


def census_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = minima(frame[frame["quantity"] == "count"])
    values = "; ".join(
        f"{row['family']}, d = {row['dim']:.0f}: {_fraction(row)}"
        for row in rows.to_dict("records")
    )
    return (
        "Left: fraction of critical points that are minima against dimension, with intervals, "
        f"beside the models 3^-d and 2^-d and the exact law of isotropic fields ({values}). "
        "Right: numbers of critical points by index, divided by what Kac–Rice expects."
    )


def census_method(frame: pd.DataFrame) -> list[str]:
    """Populations, how points were found, and what the intervals mean."""
    rows = sampled(frame)
    rows = rows[rows["quantity"] == "function"]
    ways = ", ".join(f"{n:,} by {way}" for way, n in rows["method"].value_counts().items())
    seeds = ", ".join(str(seed) for seed in rows["seed"].unique())
    level = frame.loc[frame["quantity"] == "count", "level"].iloc[0]
    return [
        "Populations: " + "; ".join(
            f"{population}: {', '.join(part['object'].unique())}"
            for population, part in rows.groupby("population", sort=False)
        ) + ".",
        f"{len(rows):,} functions were searched ({ways}); a point is certified when an interval "
        "test proves that there is one critical point near it and no other, and a census is "
        "complete when every other part of the domain is proven empty.",
        f"One function is the unit of every interval ({level:.0%}), since the critical points of "
        f"one function are not independent; root seed {seeds}.",
        "Expected numbers: Kac–Rice with the spectral moments of each law. z is the distance of "
        "the mean number a function to the expected one in standard errors.",
        "A point is a minimum when all eigenvalues of its Hessian are positive.",
    ]  # fmt: skip


def picture_text(frame: pd.DataFrame) -> tuple[str, str]:
    """Caption and description of the picture of one function."""
    points = frame[frame["quantity"] == "point"]
    first = points.iloc[0]
    tally = kinds(points).value_counts()
    listed = ", ".join(f"{tally.get(k, 0)} {k if tally.get(k, 0) == 1 else many}" for k, many in (
        ("minimum", "minima"), ("saddle", "saddles"), ("maximum", "maxima")
    ) if k != "saddle" or int(first["dim"]) > 1)  # fmt: skip
    proven = int(points["certified"].astype(float).sum())
    where = "of one variable" if int(first["dim"]) == 1 else "of two variables"
    caption = (
        f"One {first['family']} {where} ({first['object']}) and all its critical points: {listed}; "
        f"{proven} of {len(points)} certified."
    )
    kind = "Graph" if int(first["dim"]) == 1 else "Contour map"
    return caption, f"{kind} of a {first['family']} with its critical points marked: {listed}."


def cost_text(frame: pd.DataFrame) -> tuple[str, str]:
    """Caption and description of the picture of seconds against critical points."""
    listed = "; ".join(
        f"d = {dim:.0f} ({last['family']}): {last['seconds']:.2g} s for {last['points']:.0f} points"
        for dim, rows in costs(frame).groupby("dim")
        for last in (rows.sort_values("points").iloc[-1],)
    )
    caption = (
        "Cost of a certified and complete census against the number of critical points, wall-clock "
        "seconds as measured on the machine at hand, one function a process: medians, and bars "
        f"that hold 80% of the functions. The most points counted in {listed}."
    )
    return caption, f"Logarithmic plot, a line a law; the most points of each dimension: {listed}."


def proofs(frame: pd.DataFrame) -> pd.DataFrame:
    """How many censuses are certified, complete and of the right Euler sum, by object.

    Returns
    -------
    DataFrame
        family, object, dim, functions, points, certified, complete, euler_right, euler_known
        (where the sum applies and no point is degenerate), degenerate.
    """
    rows = frame[frame["quantity"] == "function"]
    euler = pd.to_numeric(rows["euler"]).astype("Float64")
    wanted = pd.to_numeric(rows["euler_expected"]).astype("Float64")
    known = wanted.notna() & euler.notna() & (rows["degenerate"].astype(float) == 0)
    facts = rows[WHO].assign(
        functions=1,
        points=rows["critical_points"].astype(float),
        certified=rows["certified"].astype(float),
        complete=rows["complete"].astype(float),
        euler_right=((euler == wanted) & known).fillna(False).astype(float),
        euler_known=known.astype(float),
        degenerate=rows["degenerate"].astype(float),
    )
    return facts.groupby(WHO, sort=False, as_index=False).sum()


def proof_sentence(table: pd.DataFrame) -> str:
    """What is proven, in one sentence."""
    n, points = int(table["functions"].sum()), int(table["points"].sum())
    certified, complete, right, known = (
        int(table[c].sum()) for c in ("certified", "complete", "euler_right", "euler_known")
    )
    return (
        f"{complete:,} of {n:,} censuses are proven complete and {certified:,} have all their "
        f"points certified ({points:,} critical points); {right:,} of {known:,} Euler sums are "
        "right."
    )


def proof_warnings(table: pd.DataFrame) -> list[str]:
    """Objects of which points are missing or not proven."""
    found = []
    for row in table.to_dict("records"):
        where = f"{row['family']}, d = {row['dim']:.0f}"
        wrong = int(row["euler_known"] - row["euler_right"])
        unproven = int(row["functions"] - min(row["certified"], row["complete"]))
        if wrong:
            found.append(f"{where}: {wrong} Euler sums are wrong, so points are missing.")
        if unproven:
            found.append(f"{where}: {unproven} of {row['functions']} censuses are not proven.")
    return found


def agreement(counts: pd.DataFrame, theory: str) -> str:
    """Whether counted numbers agree with expected ones: rows with a ``z``."""
    z = pd.to_numeric(counts["z"]).dropna().abs()
    if not len(z):
        return "No expected number is known here to compare with."
    off = int((z >= LIMIT).sum())
    if off:
        return (
            f"{off} of {len(z)} comparisons with {theory} disagree (largest |z| = {z.max():.1f})."
        )
    return f"All {len(z)} comparisons with {theory} agree within |z| < 4 (largest {z.max():.1f})."


def contradictions(counts: pd.DataFrame) -> list[str]:
    """Rows with a ``z`` of 4 or more."""
    off = counts[pd.to_numeric(counts["z"]).abs() >= LIMIT]
    return [
        f"{row['family']}, d = {row['dim']:.0f}, index {row['index']}: the numbers counted "
        f"contradict the expected ones (z = {row['z']:+.1f}): the census or the law is wrong."
        for row in off.to_dict("records")
    ]


def minima(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of index 0."""
    return counts[counts["index"] == "0"]


def _verdict(rows: pd.DataFrame) -> str:
    """The model at the highest dimension counted."""
    top = rows[rows["dim"] == rows["dim"].max()].to_dict("records")[0]
    third = 3.0 ** -float(top["dim"])
    wrong = rows["z_third"].abs() >= LIMIT
    if not wrong.any():
        largest = rows["z_third"].abs().max()
        return f"The samples do not contradict 1/3^d (largest |z| = {largest:.1f})."
    size = np.log10(top["fraction"] / third)
    side = "low" if size > 0 else "high"
    return (
        f"No: of the critical points of a {top['family']} in d = {top['dim']:.0f} variables a "
        f"fraction {_fraction(top)} are minima; 1/3^d = {third:.3g} is too {side} by a factor of "
        f"{factor(size)}, and it is excluded for {int(wrong.sum())} of {len(rows)} laws."
    )


def _family(name: str, rows: pd.DataFrame) -> str:
    values = ", ".join(
        f"{_fraction(row)} at d = {row['dim']:.0f}"
        for row in rows.sort_values("dim").to_dict("records")
    )
    return f"{name}: the fraction of minima is {values}."


def _fraction(row: Mapping[Any, Any]) -> str:
    return shown(row["fraction"], row["fraction_low"], row["fraction_high"])


def _isotropic(frame: pd.DataFrame) -> str:
    """How far Kac-Rice of the anisotropic laws is from the law that no covariance changes."""
    law = frame[frame["quantity"] == "isotropic"].set_index("dim")["log10_exact"]
    rows = minima(frame[(frame["quantity"] == "count") & frame["fraction_expected"].notna()])
    if not len(law) or not len(rows):
        return ""
    exact = 10.0 ** rows["dim"].map(law).to_numpy(float)
    off = np.abs(rows["fraction_expected"].to_numpy(float) / exact - 1)
    listed = ", ".join(f"{10.0**value:.4f} (d = {dim})" for dim, value in law.to_dict().items())
    return (
        f"An isotropic Gaussian field has, whatever its covariance, the fraction {listed}; the "
        "laws counted here, which are not quite isotropic, differ from it by at most "
        f"{off.max():.1%} in expectation."
    )


def _products(frame: pd.DataFrame) -> list[str]:
    """Separable functions: every single one has exactly 2^-d."""
    rows = frame[(frame["quantity"] == "function") & (frame["family"] == "separable function")]
    if not len(rows):
        return []
    same = rows["minima"].astype(float) * 2.0 ** rows["dim"].astype(float)
    right = int((same == rows["critical_points"].astype(float)).sum())
    return [
        f"separable function: independent axes give exactly 2^-d, not 3^-d, in {right:,} of "
        f"{len(rows):,} functions: around a circle minima and maxima take turns, and inflections "
        "do not happen by chance."
    ]
