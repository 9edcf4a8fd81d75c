"""The spherical p-spin glass: complexities by energy, and counts by index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from critpoints.plot.marks import REFERENCE, marks
from critpoints.study.counts import totals

SHOWN = 4
"""Counts of so many indices are drawn, from the minima on."""


def complexities(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the complexity of every index against energy, its zero and the threshold.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` complexity (index, energy, value), lowest energy and threshold.
    ax : Axes

    Returns
    -------
    Axes
    """
    curves = frame[frame["quantity"] == "complexity"]
    chosen = marks(curves["index"])
    ax.axhline(0, color=REFERENCE, lw=0.8, zorder=1)
    for k, rows in curves.groupby("index", sort=False):
        label = f"$\\Theta_{{{k}}}$, index {k}"
        ax.plot(rows["energy"], rows["value"], color=chosen[str(k)].color, lw=1.5, label=label)
    for row in frame[frame["quantity"] == "lowest energy"].to_dict("records"):
        mark, text = chosen[row["index"]], f"$-E_{{{row['index']}}}$ = {row['energy']:.4f}"
        ax.plot(row["energy"], 0, mark.marker, color=mark.color, ms=5, zorder=3, label=text)
    edge = float(frame.loc[frame["quantity"] == "threshold", "energy"].iloc[0])
    ax.axvline(edge, color=REFERENCE, dashes=(5, 2), label=f"$-E_\\infty$ = {edge:.4f}", zorder=1)
    ax.set_ylim(-0.03, None)
    ax.set_xlabel("energy over $N$, $u$")
    ax.set_ylabel("complexity, lim $N^{-1}$ ln(number below $u$)")
    return _finished(ax)


def counts(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw exact expected numbers against N = d + 1, by index and in all; as `complexities`."""
    rows = frame[frame["quantity"] == "count"].assign(k=lambda f: f["index"].astype(int))
    chosen = marks(str(k) for k in range(SHOWN))
    for k, part in rows[rows["k"] < SHOWN].groupby("k"):
        mark = chosen[str(k)]
        style = {"color": mark.color, "marker": mark.marker, "ms": 4, "lw": 1.3}
        ax.plot(part["dim"] + 1, part["log10_count"], label=f"index {k}", **style)  # type: ignore[arg-type]
    every = totals(frame, ["dim"])
    ax.plot(every["dim"] + 1, every["log10_total"], color=REFERENCE, lw=1.8, label="all")
    slope = float(frame.loc[frame["quantity"] == "total", "value"].iloc[0]) / np.log(10)
    last = every.iloc[-1]
    ends = np.array([every["dim"].min(), last["dim"]])
    ax.plot(
        ends + 1, last["log10_total"] + slope * (ends - last["dim"]), color=REFERENCE,
        dashes=(5, 2), lw=1.2, label="slope of the limit",
    )  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number $N = d + 1$ of spins")
    ax.set_ylabel("expected number, $\\log_{10}$")
    return _finished(ax)


def _finished(ax: Axes) -> Axes:
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax
