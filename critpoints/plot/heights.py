"""The index of critical points against their height."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from critpoints.plot.marks import REFERENCE, marks, measured


def mean_index(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean of index/d against height: bins, exact curves, and Bray and Dean's limit.

    Parameters
    ----------
    frame : DataFrame
        Rows of one family with ``quantity`` height (dim, place, index_fraction and its limits),
        alpha and limit (dim, height, value).
    ax : Axes

    Returns
    -------
    Axes
    """
    bins = frame[frame["quantity"] == "height"]
    family = frame["family"].iloc[0]
    ax.axhline(0.5, color=REFERENCE, lw=0.7, zorder=1)
    for dim, mark in marks(sorted(bins["dim"].unique())).items():
        here = frame[frame["dim"] == dim].sort_values("height")
        for kind, style in (("alpha", {"lw": 1.5}), ("limit", {"lw": 1.2, "dashes": (4, 2)})):
            line = here[here["quantity"] == kind]
            label = f"$d$ = {dim:.0f}, " + ("exact" if kind == "alpha" else "Bray–Dean")
            if len(line):
                ax.plot(line["height"], line["value"], color=mark.color, label=label, **style)
        part = bins[bins["dim"] == dim]
        measured(
            ax, part["place"], part["index_fraction"], part["index_fraction_low"],
            part["index_fraction_high"], mark, zorder=4, label=f"$d$ = {dim:.0f}, counted",
        )  # fmt: skip
    ax.set_xlabel("height $u$ (standard deviations)")
    ax.set_ylabel("mean share of negative eigenvalues")
    ax.set_title(f"{family}", fontsize="medium")
    return _finished(ax)


def by_index(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the fraction of each index at a height: bins and exact curves, for one dimension.

    Parameters
    ----------
    frame : DataFrame
        Rows of one family and dimension with ``quantity`` bin (index, place, fraction and its
        limits), law (index, height, value), and perhaps threshold (height).
    ax : Axes

    Returns
    -------
    Axes
    """
    bins, law = frame[frame["quantity"] == "bin"], frame[frame["quantity"] == "law"]
    dim = int(bins["dim"].iloc[0])
    for k, mark in marks(str(k) for k in range(dim + 1)).items():
        line = law[law["index"] == k].sort_values("height")
        ax.plot(line["height"], line["value"], color=mark.color, lw=1.4, zorder=2)
        part = bins[bins["index"] == k]
        y = part["fraction"].to_numpy(float)
        ends = part[["fraction_low", "fraction_high"]].to_numpy(float).T
        error = np.where(y > 0, np.abs(ends - y), 0.0)  # none found: no interval is drawn
        name = {"0": "0, minima", str(dim): f"{dim}, maxima"}.get(k, k)
        ax.errorbar(
            part["place"], y, yerr=error, fmt=mark.marker, color=mark.color, ms=4.5, capsize=2,
            ls="none", zorder=4, label=f"index {name}",
        )  # fmt: skip
    for height in frame.loc[frame["quantity"] == "threshold", "height"]:
        label = f"$-E_\\infty = {height:.3f}$"
        ax.axvline(height, color=REFERENCE, dashes=(5, 2), lw=1.2, label=label)
    spin = (frame["quantity"] == "threshold").any()
    ax.set_xlabel("energy over $N$, $u$" if spin else "height $u$ (standard deviations)")
    ax.set_ylabel("fraction of the critical points at this height")
    ax.set_title(f"{frame['family'].iloc[0]}, $d$ = {dim}", fontsize="medium")
    return _finished(ax)


def _finished(ax: Axes) -> Axes:
    ax.set_ylim(-0.03, 1.03)
    ax.legend(
        frameon=False, fontsize="small", ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.16)
    )
    sns.despine(ax=ax)
    return ax
