"""What the index says of the height, computed from counted critical points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from critpoints.report import claims_census, tables_census
from critpoints.report.claims import LIMIT, Claims
from critpoints.report.columns import shown
from critpoints.report.tables import Column
from critpoints.study.joined import sampled

WHO = ["family", "dim"]


def heights_claims(frame: pd.DataFrame) -> Claims:
    """Are low critical points minima, do the exact laws hold, and is anything missing?"""
    bins, table = frame[frame["quantity"] == "bin"], claims_census.proofs(frame)
    proven = frame[frame["method"] == "subdivision"]
    details = [_family(str(name), part) for (name, _), part in _groups(frame)]
    details += [_deepest(frame), _threshold(frame), _limit(frame), _search(table, frame)]
    return Claims(
        f"{_answer(frame)} "
        f"{claims_census.agreement(bins, 'the exact laws by height')}",
        [d for d in details if d],
        [*_contradictions(bins), *claims_census.proof_warnings(claims_census.proofs(proven)),
         *_missing(table, frame)],
    )  # fmt: skip


def heights_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    ends = []
    for (family, dim), part in _groups(frame):
        rows = part.sort_values("place")
        low, high = rows.iloc[0], rows.iloc[-1]
        ends.append(
            f"{family}, d = {dim:.0f}: {low['index_fraction']:.2f} in the lowest bin, "
            f"{high['index_fraction']:.2f} in the highest"
        )
    return (
        "Left: mean share of negative eigenvalues at critical points against their height, with "
        "exact curves and the limit of Bray and Dean. Middle and right: fractions by index against "
        f"height for a field and a spin glass. Mean shares: {'; '.join(ends)}."
    )


def heights_method(frame: pd.DataFrame) -> list[str]:
    """Populations, units and the exact laws."""
    rows = sampled(frame)
    functions = rows[rows["quantity"] == "function"]
    level = frame.loc[frame["quantity"] == "bin", "level"].iloc[0]
    listed = "; ".join(
        f"{population}: {', '.join(part['object'].unique())}, d = "
        + ", ".join(str(dim) for dim in part["dim"].unique())
        for population, part in functions.groupby("population", sort=False)
    )
    ways = ", ".join(f"{n:,} by {way}" for way, n in functions["method"].value_counts().items())
    seeds = ", ".join(str(seed) for seed in functions["seed"].unique())
    return [
        f"Populations: {listed}.",
        f"{len(functions):,} functions were searched ({ways}), root seed {seeds}; what subdivision "
        "finds is proven complete, what multistart finds is not.",
        f"One function is the unit of every interval ({level:.0%}). Points stand at the exact mean "
        "height of their bin, and are compared with the exact law averaged over the bin, where at "
        "least ten points are expected.",
        "Exact laws: Kac–Rice given the height. The field is a sum of 128 random waves a function, "
        "whose expected numbers differ from those of the Gaussian field by the order of 1/128.",
    ]


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a bin: the mean index and the fraction of minima."""
    rows = frame[(frame["quantity"] == "height") & frame["index_fraction"].notna()]
    minima = frame[(frame["quantity"] == "bin") & (frame["index"] == "0")]
    columns = ["fraction", "fraction_low", "fraction_high", "fraction_expected"]
    return rows.drop(columns=columns).merge(minima[[*WHO, "low", *columns]], on=[*WHO, "low"])


def proof_table(frame: pd.DataFrame) -> tuple[pd.DataFrame, Sequence[Column]]:
    """How sure the counts are, and its columns."""
    return claims_census.proofs(frame), tables_census.PROOFS


def _groups(frame: pd.DataFrame) -> list[tuple[tuple[str, float], pd.DataFrame]]:
    rows = frame[(frame["quantity"] == "height") & frame["index_fraction"].notna()]
    return [
        ((str(part["family"].iloc[0]), float(part["dim"].iloc[0])), part)
        for _, part in rows.groupby(WHO, sort=False)
    ]


def _answer(frame: pd.DataFrame) -> str:
    """From the lowest and the highest bin of the law with most dimensions of each family."""
    table = summary(frame)
    rises = all(_rises(part) for _, part in _groups(frame))
    said = []
    for family, part in table.groupby("family", sort=False):
        rows = part[part["dim"] == part["dim"].max()].sort_values("place")
        low, high = rows.iloc[0], rows.iloc[-1]
        said.append(
            f"of a {family} in d = {low['dim']:.0f}, {_percent(low)} of the critical points below "
            f"{low['high']:.2f} are minima, and {_percent(high)} of those above {high['low']:.2f}"
        )
    verdict = (
        "The lower a critical point, the more often it is a minimum"
        if rises
        else "The index does not rise with the height everywhere"
    )
    return f"{verdict}: {'; '.join(said)}."


def _percent(row: pd.Series) -> str:
    low, high = 100 * row["fraction_low"], 100 * row["fraction_high"]
    if row["fraction"] in (0, 1):
        return "all" if row["fraction"] else "none"
    return f"{100 * row['fraction']:.0f}% ({low:.0f}–{high:.0f}%)"


def _rises(part: pd.DataFrame) -> bool:
    """Whether no bin has a mean index that lies clearly below that of the bin before."""
    rows = part.sort_values("place")
    high = rows["index_fraction_high"].to_numpy(float)[1:]
    low = rows["index_fraction_low"].to_numpy(float)[:-1]
    value = rows["index_fraction"].to_numpy(float)
    return bool((high >= low).all() and value[-1] > value[0])


def _family(name: str, part: pd.DataFrame) -> str:
    rows = part.sort_values("place")
    values = ", ".join(
        f"{shown(r['index_fraction'], r['index_fraction_low'], r['index_fraction_high'])} at "
        f"{r['place']:z.2f}"
        for r in rows.iloc[[0, len(rows) // 2, -1]].to_dict("records")
    )
    return (
        f"{name}, d = {rows['dim'].iloc[0]:.0f}: the mean share of negative eigenvalues is "
        f"{values}."
    )


def _deepest(frame: pd.DataFrame) -> str:
    """The exact fraction of minima at the lowest height of each curve and at height 0."""
    law = frame[(frame["quantity"] == "law") & (frame["index"] == "0")]
    said = []
    for (family, dim), part in law.groupby(WHO, sort=False):
        rows = part.sort_values("height")
        middle = rows.iloc[int(rows["height"].abs().to_numpy().argmin())]
        said.append(
            f"{rows['value'].iloc[0]:.3f} at {rows['height'].iloc[0]:.1f} and "
            f"{middle['value']:.3f} at {abs(middle['height']):.1f} ({family}, d = {dim:.0f})"
        )
    return (
        "This is the precise form of 'local minima are about as good as the global one': the exact "
        "fraction of minima, a ratio of expected numbers over the law of the functions, is "
        f"{', '.join(said)}."
    )


def _threshold(frame: pd.DataFrame) -> str:
    """The exact fraction of minima of a spin glass at its threshold."""
    said = [
        f"{row['value']:.6f} of the critical points of a {row['family']} in d = {row['dim']:.0f} "
        f"are minima at −E_∞ = {row['height']:.3f}"
        for row in frame[frame["quantity"] == "at threshold"].to_dict("records")
    ]
    return f"By the exact law, in expectation over the disorder, {', '.join(said)}." if said else ""


def _limit(frame: pd.DataFrame) -> str:
    """How far Bray and Dean's large-d curve is from the exact one, at each dimension."""
    exact, limit = (frame[frame["quantity"] == q] for q in ("alpha", "limit"))
    both = exact.merge(limit, on=[*WHO, "height"], suffixes=("", "_limit"))
    if not len(both):
        return ""
    off = (both["value"] - both["value_limit"]).abs().groupby(both["dim"]).max()
    listed = ", ".join(f"{value:.3f} (d = {dim:.0f})" for dim, value in off.to_dict().items())
    return f"Bray and Dean's curve for many dimensions is off the exact mean by at most {listed}."


def _search(table: pd.DataFrame, frame: pd.DataFrame) -> str:
    ways = frame[frame["quantity"] == "function"].drop_duplicates(["object", "dim"])
    table = table.merge(ways[["object", "dim", "method"]], on=["object", "dim"])
    said = []
    for method, rows in table.groupby("method", sort=False):
        part = claims_census.proof_sentence(rows)
        right, known = int(rows["euler_right"].sum()), int(rows["euler_known"].sum())
        if method == "multistart":
            n = int(rows["functions"].sum())
            part = (
                f"The points of {n:,} functions were searched for from random starts, and not "
                f"proven complete; {right:,} of {known:,} Euler sums are right."
            )
        said.append(part)
    return " ".join(said)


def _missing(table: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """Searches whose Euler sum says that points are missing."""
    searched = set(frame.loc[frame["method"] == "multistart", "object"])
    rows = table[table["object"].isin(searched) & (table["euler_right"] < table["euler_known"])]
    return [
        f"{row['family']}, d = {row['dim']:.0f}: {row['euler_known'] - row['euler_right']:.0f} of "
        f"{row['euler_known']:.0f} Euler sums are wrong, so points are missing."
        for row in rows.to_dict("records")
    ]


def _contradictions(bins: pd.DataFrame) -> list[str]:
    off = bins[np.abs(bins["z"].astype(float)) >= LIMIT]
    return [
        f"{row['family']}, d = {row['dim']:.0f}, index {row['index']}, heights {row['low']:.2f} to "
        f"{row['high']:.2f}: the numbers counted contradict the exact law (z = {row['z']:+.1f})."
        for row in off.to_dict("records")
    ]
