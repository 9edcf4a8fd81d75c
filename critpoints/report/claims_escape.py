"""What measured escape times say, computed from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from critpoints.report.claims import LIMIT, Claims
from critpoints.report.columns import shown
from critpoints.report.words import listed, rule

LEVEL = 0.95
FloatArray = NDArray[np.float64]


def saddle_claims(frame: pd.DataFrame) -> Claims:
    """Does theory hold, and what matters to whom?"""
    known = frame[frame["z"].notna()]
    off = known[known["z"].abs() >= LIMIT]
    names = listed(list(dict.fromkeys(_short(n) for n in known["optimizer"])))
    answer = (
        f"Theory gives the mean escape time of {names} exactly, and {len(known) - len(off)} of "
        f"{len(known)} measured means agree with it (|z| < {LIMIT:g}; largest "
        f"{known['z'].abs().max():.1f}). {_dimension(frame)}"
    )
    details = [*_slopes(frame), *_factors(frame), *_adaptive(frame)]
    return Claims(answer, details, [*_contradictions(off), *_censored(frame)])


def saddle_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    ways = ", ".join(f"{name}" for name in dict.fromkeys(frame["varied"]))
    order = frame.dropna(subset="mean").sort_values("mean")
    fastest, slowest = order.iloc[0], order.iloc[-1]
    return (
        f"Mean escape times from quadratic saddles against {ways}, measured points on the lines of "
        f"theory: from {fastest['mean']:.3g} steps ({_short(fastest['optimizer'])}) to "
        f"{slowest['mean']:.3g} ({_short(slowest['optimizer'])})."
    )


def octopus_claims(frame: pd.DataFrame) -> Claims:
    """Exponential or polynomial in the number of saddles?"""
    fits = {name: _growth(rows) for name, rows in frame.groupby("optimizer", sort=False)}
    plain = next(f for name, f in fits.items() if str(name).startswith("gd"))
    others = [_short(str(n)) for n, f in fits.items() if f["law"] == "power" and f is not plain]
    tail = ""
    if others:
        tail = f" The median time of {listed(others)} grows like a power of their number."
    answer = f"{_plain_growth(plain)}{tail}"
    details = [_growth_sentence(str(name), fit) for name, fit in fits.items()]
    return Claims(answer, details, _censored(frame))


def _plain_growth(fit: dict[str, Any]) -> str:
    """A sentence a law."""
    if fit["law"] == "unknown":
        return (
            "The median time of gradient descent is known for too few numbers of saddles to tell "
            "how it grows."
        )
    if fit["law"] == "exponential":
        return (
            f"The median time of gradient descent multiplies by {_of(fit, 'factor')} with every "
            "further saddle."
        )
    return (
        f"The median time of gradient descent grows like a power {_of(fit, 'power')} of the number "
        "of saddles."
    )


def octopus_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    most = frame[frame["value"] == frame["value"].max()]
    said = [
        f"{_short(r['optimizer'])} {r['median']:.0f}"
        if math.isfinite(r["median"])
        else f"{_short(r['optimizer'])} more than {r['budget']:.0f}"
        for r in most.to_dict("records")
    ]
    return (
        "Median time to pass a row of saddles against their number, on a logarithmic scale; for "
        f"{most['value'].iloc[0]:.0f} saddles: {', '.join(said)} steps."
    )


def method(frame: pd.DataFrame) -> list[str]:
    """How it was computed."""
    return [
        f"Population: {', '.join(dict.fromkeys(frame['population']))}.",
        f"{int(frame['runs'].sum()):,} runs, {int(frame['runs'].min())} or more a row; every "
        "optimizer starts from the same points. Times are in steps, interpolated between two "
        "steps at the crossing; the interval of a mean is Student's over runs "
        f"({frame['level'].iloc[0]:.0%}), and a mean is stated only if all runs got away. "
        "Intervals of slopes and ratios of means follow from those of the means, taken for "
        "independent; those of growth with the number of saddles from the scatter of the medians "
        "about the line.",
        f"Root seed {', '.join(str(int(s)) for s in frame['seed'].unique())}; the digest of every "
        "row is in the data files.",
    ]


def _dimension(frame: pd.DataFrame) -> str:
    rows = frame[(frame["varied"] == "dimension") & frame["optimizer"].str.startswith("gd")]
    if len(rows) < 2:
        return ""
    rows = rows.sort_values("value")
    same = (rows["mean_low"].max() < rows["mean_high"].min()) or (rows["z"].abs() < LIMIT).all()
    first, last = rows.iloc[0], rows.iloc[-1]
    verb = "does not matter" if same else "matters"
    return (
        f"The dimension {verb} to gradient descent: {_mean(first)} steps in d = "
        f"{first['value']:.0f} and {_mean(last)} in d = {last['value']:.0f}."
    )


def _slopes(frame: pd.DataFrame) -> list[str]:
    """Steps that a start ten times nearer costs, for small starts."""
    rows = frame[(frame["varied"] == "start") & (frame["value"] <= 1e-2)]
    found = []
    for name, part in rows.groupby("optimizer", sort=False):
        if len(part) < 2 or part["mean"].isna().any():
            continue
        x = np.log10(part["value"].to_numpy(float))
        slope = -np.polyfit(x, part["mean"], 1)[0]
        weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
        half = float(np.sqrt(((weights * _half(part)) ** 2).sum()))
        theory = -np.polyfit(np.log10(part["value"]), part["predicted"], 1)[0]
        beside = f" (theory {theory:.2f})" if math.isfinite(theory) else ""
        found.append(
            f"{name}: a start ten times nearer costs "
            f"{shown(slope, slope - half, slope + half)} steps more{beside}."
        )
    return found


def _factors(frame: pd.DataFrame) -> list[str]:
    rows = frame[frame["varied"] == "curvature"]
    plain = rows[rows["optimizer"].str.startswith("gd")].sort_values("value")
    if len(plain) < 2:
        return []
    first, last = plain.iloc[0], plain.iloc[-1]
    return [
        f"A curvature {last['value'] / first['value']:.0f} times smaller makes the escape of "
        f"{_short(first['optimizer'])} {_quotient(first, last)} times longer, and that of "
        f"saddle-free Newton, which divides by it, {_ratio(rows, 'saddle-free')}."
    ]


def _ratio(rows: pd.DataFrame, name: str) -> str:
    part = rows[rows["optimizer"].str.startswith(name)].sort_values("value")
    return f"{_quotient(part.iloc[0], part.iloc[-1])} times" if len(part) else "not run"


def _half(rows: Any) -> Any:
    """Half-width of the interval of the mean."""
    return (rows["mean_high"] - rows["mean_low"]) / 2


def _mean(row: pd.Series) -> str:
    return shown(row["mean"], row["mean_low"], row["mean_high"])


def _quotient(above: pd.Series, below: pd.Series) -> str:
    """Of two means, with its interval by the delta method for logarithms.

    Common starts only make it narrower: the errors are taken for independent.
    """
    value = float(above["mean"] / below["mean"])
    spread = math.exp(math.hypot(*(float(_half(r) / r["mean"]) for r in (above, below))))
    return shown(value, value / spread, value * spread)


def _adaptive(frame: pd.DataFrame) -> list[str]:
    rows = frame[(frame["varied"] == "curvature") & frame["optimizer"].str.startswith("adam")]
    if len(rows) < 2:
        return []
    order = rows.sort_values("mean")
    spread = _quotient(order.iloc[-1], order.iloc[0])
    return [
        f"Adam, which divides by the size of the gradient, changes by a factor {spread} over "
        f"curvatures from {rows['value'].min():g} to {rows['value'].max():g}."
    ]


def _growth(rows: pd.DataFrame) -> dict[str, Any]:
    """Which fits ln(median) better: a line in d, or a line in ln d?

    Intervals are Student's of the slope, by the scatter of the medians about the line.
    """
    rows = rows[np.isfinite(rows["median"])].sort_values("value")
    d, y = rows["value"].to_numpy(float), np.log(rows["median"].to_numpy(float))
    if len(rows) < 3:
        return {"law": "unknown", "factor": math.nan, "power": math.nan, "last": math.nan}
    (slope, half, error), (power, around, other) = (_line(x, y) for x in (d, np.log(d)))
    return {
        "law": "exponential" if error < other else "power",
        "factor": tuple(math.exp(slope + side) for side in (0, -half, half)),
        "power": (power, power - around, power + around),
        "last": float(np.exp(y[-1])),
        "most": int(d[-1]),
    }


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Slope of the line of least squares, half its interval, and the residual sum of squares."""
    slope, offset = np.polyfit(x, y, 1)
    left = float(((y - slope * x - offset) ** 2).sum())
    error = math.sqrt(left / (len(x) - 2) / float(((x - x.mean()) ** 2).sum()))
    return float(slope), float(stats.t.isf((1 - LEVEL) / 2, len(x) - 2)) * error, left


def _of(fit: dict[str, Any], name: str) -> str:
    return shown(*fit[name])


def _growth_sentence(name: str, fit: dict[str, Any]) -> str:
    if fit["law"] == "unknown":
        return f"{name}: too few numbers of saddles were passed to tell a law."
    law = (
        f"a factor {_of(fit, 'factor')} a saddle fits better than a power"
        if fit["law"] == "exponential"
        else f"a power {_of(fit, 'power')} of their number fits better than an exponential"
    )
    return f"{name}: {law}; median {fit['last']:.0f} steps for {fit['most']} saddles."


def _contradictions(off: pd.DataFrame) -> list[str]:
    return [
        f"{r['optimizer']} on {r['problem']} (d = {r['dim']}): measured {r['mean']:.4g} steps "
        f"contradict the exact mean {r['predicted']:.4g} (z = {r['z']:+.1f})."
        for r in off.to_dict("records")
    ]


def _censored(frame: pd.DataFrame) -> list[str]:
    rows = frame[frame["status"] == "incomplete"]
    return [f"{r['optimizer']} on {r['problem']}: unfinished." for r in rows.to_dict("records")]


def _short(name: str) -> str:
    """The optimizer without its settings, as it is called within a sentence."""
    return rule(str(name).partition(":")[0])
