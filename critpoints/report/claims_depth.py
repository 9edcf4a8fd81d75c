"""What signals and gradients through many layers say, computed from the data."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from critpoints.estimate import LN10
from critpoints.plot.depth import with_interval
from critpoints.report.claims import LIMIT, Claims
from critpoints.report.numbers import number

STEADY = 0.01
"""A gradient whose typical size changes by less than this factor a layer neither vanishes nor
explodes."""


def depth_claims(frame: pd.DataFrame) -> Claims:
    """Do gradients vanish or explode, as exactly as theory says, and what prevents it?"""
    answer = " ".join([_examples(frame), _random(frame)])
    details = [*_example_details(frame), _exponents(frame), _spread(frame), *_remedies(frame)]
    return Claims(answer, [d for d in details if d], _warnings(frame))


def depth_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    dims = ", ".join(str(int(d)) for d in sorted(_panel(frame, "exponents")["dim"].unique()))
    return (
        "Three panels. Output and gradients of powers of one diagonal matrix against the number of "
        f"layers, on a logarithmic scale: {_examples(frame)} Lyapunov exponents of products of "
        f"random matrices of width {dims} on Newman's curves. Variance of the logarithm of the "
        "signal against depth over width, on straight lines."
    )


def remedy_alt(frame: pd.DataFrame) -> str:
    """What the second picture shows."""
    ends = [f"{name} 10^{row['mean'] / LN10:.2f}" for name, row in _deepest(frame)]
    n = int(_panel(frame, "remedy")["n"].max())
    return f"Typical size of the gradient against depth; after {n} layers: {', '.join(ends)}."


def signals(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of signals with the interval of their variance and its z-score (Wilson and Hilferty)."""
    rows = _panel(frame, "spread")
    rows = with_interval(rows[rows["quantity"] == "log_signal"])
    free = rows["alive"].to_numpy(float) - 1
    ratio = (rows["variance"] / rows["exact_variance"]).to_numpy(float)
    part = 2 / (9 * free)
    return rows.assign(variance_z=(np.cbrt(ratio) - (1 - part)) / np.sqrt(part))


def sparse(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the example at 1, 2, 5, 10, 20, 50, … layers."""
    rows = _panel(frame, "power")
    shown = {int(k * 10**e) for k in (1, 2, 5) for e in range(7)}
    return rows[rows["n"].isin(shown)]


def methods(frame: pd.DataFrame) -> list[str]:
    """How it was computed."""
    rows = frame[frame["digest"].notna()]
    counts = ", ".join(
        f"{int(part['samples'].max()):,} ({name})".replace(",", "\u2009", 1)
        for name, part in rows.groupby("panel", sort=False)
    )
    return [
        "Population: random networks with independent weights; input and readout uniform on the "
        "unit sphere. One network is one sample, and intervals count networks. Networks a row: "
        f"{counts}; seed {', '.join(str(int(s)) for s in sorted(rows['seed'].unique()))}.",
        "Powers of one matrix by the closed form, in numbers whose exponent has no bound. "
        "Exponents by repeated QR; norms layer by layer with the logarithm kept, so nothing "
        "overflows.",
        "Means are of logarithms (the typical network) and of networks alive: with ReLU a layer "
        "whose units are all at zero ends the signal; their number is in the table.",
        f"Intervals at level {rows['level'].max():g}: Student's for means; χ² for variances of "
        "logarithms, which are sums over layers and nearly normal.",
    ]


def _panel(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["panel"] == name]


def _example(rows: pd.DataFrame) -> tuple[str, int, float]:
    """What the larger component of the gradient does over the last half of the layers."""
    rows = rows.sort_values("n")
    size = rows[["log10_dy_da", "log10_dy_db"]].max(axis=1).to_numpy(float)
    change = size[-1] - size[len(size) // 2]
    verdict = "explodes" if change > 0 else "vanishes" if change < 0 else "keeps its size"
    return verdict, int(rows["n"].iloc[-1]), float(size[-1])


def _examples(frame: pd.DataFrame) -> str:
    parts = []
    for name, rows in _panel(frame, "power").groupby("object", sort=False):
        verdict, n, size = _example(rows)
        parts.append(
            f"with W = {name} the gradient {verdict} (largest component {number(size, 3)} after "
            f"{n} layers)"
        )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _example_details(frame: pd.DataFrame) -> list[str]:
    found = []
    for name, rows in _panel(frame, "power").groupby("object", sort=False):
        last = rows.sort_values("n").iloc[-1]
        found.append(
            f"W = {name}, x = (1, 1), n = {int(last['n'])}: y = {number(last['log10_y'])}, "
            f"∂y/∂a = {number(last['log10_dy_da'])}, ∂y/∂b = {number(last['log10_dy_db'])}."
        )
    return found


def _deepest(frame: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    rows = _panel(frame, "remedy")
    rows = rows[rows["quantity"] == "log_gradient"]
    return [
        (str(name), {str(k): v for k, v in part.sort_values("n").iloc[-1].to_dict().items()})
        for name, part in rows.groupby("series", sort=False)
    ]


def _random(frame: pd.DataFrame) -> str:
    """Which random networks vanish, which explode, which keep the gradient."""
    groups: dict[str, list[str]] = {"vanishes": [], "explodes": [], "keeps its size": []}
    for name, row in _deepest(frame):
        groups[_fate(row)].append(name)
    parts = [f"{verdict} for {'; '.join(names)}" for verdict, names in groups.items() if names]
    n = int(_panel(frame, "remedy")["n"].max())
    d = int(_panel(frame, "remedy")["dim"].max())
    found = ". It ".join(parts)
    return f"In random networks of width {d} and {n} layers the typical gradient {found}."


def _fate(row: dict[str, Any]) -> str:
    """By the interval of the growth a layer."""
    low, high = row["low"] / row["n"], row["high"] / row["n"]
    return "explodes" if low > STEADY else "vanishes" if high < -STEADY else "keeps its size"


def _exponents(frame: pd.DataFrame) -> str:
    rows = _panel(frame, "exponents")
    known = rows[rows["z"].notna()]
    off = int((known["z"].abs() >= LIMIT).sum())
    top = ", ".join(
        f"{row.mean:.4f} ({row.low:.4f} to {row.high:.4f}) at d = {int(row.dim)}"
        for row in _records(known[known["k"] == 1])
    )
    verdict = (
        f"all {len(known)} agree with Newman's formula" if not off
        else f"{off} of {len(known)} disagree with Newman's formula"
    )  # fmt: skip
    return (
        f"Lyapunov exponents at σ_w = 1: {verdict} (largest |z| = {known['z'].abs().max():.1f}); "
        f"the first, the growth of the typical signal a layer, is {top}."
    )


def _spread(frame: pd.DataFrame) -> str:
    rows = signals(frame)
    off = int((rows["variance_z"].abs() >= LIMIT).sum())
    last = rows.sort_values("n").iloc[-1]
    verdict = (
        "is n ψ′(d/2)/4 in every row" if not off
        else f"is not n ψ′(d/2)/4 in {off} of {len(rows)} rows"
    )  # fmt: skip
    return (
        f"The variance of ln ‖h_n‖ {verdict} (largest |z| = {rows['variance_z'].abs().max():.1f}): "
        f"about n/2d. At d = {int(last['dim'])}, n = {int(last['n'])} it is "
        f"{last['variance']:.2f}, so one network's signal differs from another's by a factor of "
        f"{math.exp(math.sqrt(last['variance'])):.3g} either way, though E‖h‖² is kept."
    )


def _remedies(frame: pd.DataFrame) -> list[str]:
    found = []
    for name, row in _deepest(frame):
        growth = math.exp(row["mean"] / row["n"])
        low, high = (math.exp(row[k] / row["n"]) for k in ("low", "high"))
        dead = int(row["samples"] - row["alive"])
        ends = f" {dead} of {int(row['samples'])} networks were dead." if dead else ""
        found.append(
            f"{name}: after {int(row['n'])} layers the gradient is typically "
            f"{number(row['mean'] / LN10, 3)}, a factor of {growth:.4f} ({low:.4f} to {high:.4f}) "
            f"a layer.{ends}"
        )
    return found


def _warnings(frame: pd.DataFrame) -> list[str]:
    rows = frame[frame["digest"].notna()]
    off = rows[rows["z"].abs() >= LIMIT]
    found = [
        f"{row.object}, d = {int(row.dim)}, {row.quantity}: the samples contradict the exact mean "
        f"(z = {row.z:+.1f})."
        for row in _records(off)
    ]
    spread = signals(frame)
    return found + [
        f"{row.object}, d = {int(row.dim)}: the samples contradict the exact variance "
        f"(z = {row.variance_z:+.1f})."
        for row in _records(spread[spread["variance_z"].abs() >= LIMIT])
    ]


def _records(rows: pd.DataFrame) -> list[SimpleNamespace]:
    return [SimpleNamespace(**{str(k): v for k, v in r.items()}) for r in rows.to_dict("records")]
