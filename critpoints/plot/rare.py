"""Rare minima: how small the probability gets, for which entries, and at what cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from critpoints.plot.marks import REFERENCE, Mark, marks, measured

LABELS = {"goe": "GOE", "isotropic": "isotropic field, critical points"}
ROOM = 300.0  # over the longest time, for the legend


def probabilities(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw log P against d: measured points with intervals, exact and asymptotic curves.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` probability (object, method, dim, log10_estimate, log10_low,
        log10_high, status), exact (dim, log10_exact, log10_leading, log10_asymptotic) and
        literature (object, dim, log10_estimate).
    ax : Axes

    Returns
    -------
    Axes
    """
    curve = frame[frame["quantity"] == "exact"].sort_values("dim")
    points = _trusted(frame)
    chosen = _chosen(points)
    ax.plot(curve["dim"], curve["log10_exact"], color=REFERENCE, lw=1.4, label="GOE, exact")
    for formula, dashes, label in (
        ("log10_leading", (1.5, 1.5), "$3^{-d^2/4}$ (Dean & Majumdar)"),
        ("log10_asymptotic", (5, 2), "with the terms of lower order"),
    ):
        ax.plot(curve["dim"], curve[formula], color=REFERENCE, dashes=dashes, lw=1.1, label=label)
    for (name, method), rows in points.groupby(["object", "method"], sort=False):
        if str(name).startswith("wigner"):
            continue  # too near to the GOE to be told apart at this scale
        mark = chosen[f"{name} {method}"]
        measured(
            ax, rows["dim"], rows["log10_estimate"], rows["log10_low"], rows["log10_high"], mark,
            ms=4.5, elinewidth=1.0, zorder=3, label=_label(str(name), str(method)),
        )  # fmt: skip
    for book in frame[frame["quantity"] == "literature"].to_dict("records"):
        ax.plot(book["dim"], book["log10_estimate"], marker="*", ms=11, ls="none", color=REFERENCE,
                label=str(book["object"]), zorder=2)  # fmt: skip
    _decades(ax)
    ax.set_ylabel("probability that all eigenvalues are positive (logarithmic)")
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    return _finished(ax)


def universality(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw ln P over the GOE's against d for Wigner matrices; parameters as `probabilities`."""
    exact = frame[frame["quantity"] == "exact"].set_index("dim")["log10_exact"]
    rows = _trusted(frame)
    rows = rows[rows["object"].str.startswith("wigner")]
    chosen = marks(rows["object"], spread=0.2)
    for name, part in rows.sort_values("dim").groupby("object", sort=False):
        goe = part["dim"].map(exact)
        y, low, high = (part[f"log10_{end}"] / goe for end in ("estimate", "high", "low"))
        mark = chosen[str(name)]
        measured(
            ax, part["dim"] + mark.shift, y, low, high, mark, ls="-", lw=0.9, ms=4.5,
            label=str(name).partition("entries=")[2],
        )  # fmt: skip
    ax.axhline(1, color=REFERENCE, lw=1.2, zorder=1, label="GOE")
    ax.set_ylabel("$\\ln P\\,/\\,\\ln P_{\\mathrm{GOE}}$")
    ax.legend(title="entries", frameon=False, fontsize="small", ncols=2)
    return _finished(ax)


def effort(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw seconds to a relative error of 10% against d; parameters as `probabilities`.

    Needs ``seconds`` and the interval of every row.
    """
    points = _trusted(frame)
    chosen = _chosen(points)
    for (name, method), rows in points.groupby(["object", "method"], sort=False):
        if method == "sieve" or str(name).startswith("wigner"):
            continue
        up = 10.0 ** (rows["log10_high"] - rows["log10_estimate"]).astype(float)
        down = 10.0 ** (rows["log10_low"] - rows["log10_estimate"]).astype(float)
        needed = rows["seconds"].astype(float) * ((up - down) / 0.2) ** 2
        mark = chosen[f"{name} {method}"]
        ax.plot(
            rows["dim"], needed, marker=mark.marker, color=mark.color, ms=4.5, lw=1.0,
            label=_label(str(name), str(method)),
        )  # fmt: skip
    others = frame[(frame["quantity"] == "program") & frame["error"].notna()]
    for _, rows in others.groupby("object", sort=False):
        program, least, most = rows["object"].iloc[0], rows["error"].min(), rows["error"].max()
        ax.plot(
            rows["dim"], rows["seconds"], marker="x", ms=5, lw=0.9, color=REFERENCE,
            label=f"{program}: spent; error {least:.0%} to {most:.0%}",
        )  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(top=ROOM * ax.get_ylim()[1])
    ax.set_ylabel("seconds to an error of 10%")
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return _finished(ax)


def _trusted(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[(frame["quantity"] == "probability") & (frame["status"] != "unreliable")]
    return rows[np.isfinite(rows["log10_estimate"].astype(float))].sort_values("dim", kind="stable")


def _chosen(points: pd.DataFrame) -> dict[str, Mark]:
    return marks(sorted(f"{r.object} {r.method}" for r in points.itertuples()))


def _label(name: str, method: str) -> str:
    return f"{LABELS.get(name, name.replace('entries=', ''))}, {method}"


def _decades(ax: Axes) -> None:
    ax.yaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"$10^{{{y:g}}}$" if y else "1"))
    ax.grid(visible=True, axis="y", color=REFERENCE, alpha=0.22, linewidth=0.7)


def _finished(ax: Axes) -> Axes:
    ax.set_xlabel("dimension $d$ of the Hessian")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_axisbelow(True)
    sns.despine(ax=ax)
    return ax
