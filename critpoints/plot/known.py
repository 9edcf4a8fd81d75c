"""Functions whose critical points are known: what was found beside what is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from critpoints.plot.marks import REFERENCE, marks

SPREAD = 0.16  # of one dimension, shared by the families


def minima_by_dim(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the fraction of minima against d: exact lines, points found, and 3^-d.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` known (family, dim, index, known) and function (family, dim,
        minima, critical_points, degenerate_family).
    ax : Axes

    Returns
    -------
    Axes
    """
    found = isolated(frame)
    known = frame[(frame["quantity"] == "known") & frame["family"].isin(found["family"])]
    for family, mark in marks(found["family"], SPREAD).items():
        rows = known[known["family"] == family]
        total = rows.groupby("dim")["known"].sum()
        share = rows[rows["index"] == "0"].set_index("dim")["known"] / total
        if not (share > 0).any():
            continue  # no minimum at any d: nothing to draw on a logarithmic axis
        ax.plot(share.index, share, color=mark.color, lw=1.2, zorder=2)
        part = found[found["family"] == family]
        y = part["minima"].astype(float) / part["critical_points"].astype(float)
        place = part["dim"].astype(float) + mark.shift
        ax.plot(place, y, mark.marker, color=mark.color, ms=6, zorder=4, label=family)
    dims = np.array([1.0, float(known["dim"].max())])
    ax.plot(
        dims, 3.0**-dims, color=REFERENCE, dashes=(5, 2), lw=2.6, zorder=1, label="model $3^{-d}$"
    )
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("dimension $d$")
    ax.set_ylabel("fraction of critical points that are minima")
    ax.set_title("lines: known, points: found", fontsize="medium")
    ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    sns.despine(ax=ax)
    return ax


def found_against_known(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the number of points found of each index against the number known."""
    rows = beside(frame)
    top = float(rows["known"].max()) * 1.6
    ax.plot([0.6, top], [0.6, top], color=REFERENCE, lw=1.2, zorder=1, label="all found")
    for family, mark in marks(isolated(frame)["family"]).items():
        part = rows[(rows["family"] == family) & (rows["known"] + rows["found"] > 0)]
        ax.plot(
            part["known"], part["found"], mark.marker, color=mark.color, ms=6, alpha=0.75, zorder=3
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_aspect("equal")
    ax.set_xlabel("critical points of one index known")
    ax.set_ylabel("found")
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax


def isolated(frame: pd.DataFrame) -> pd.DataFrame:
    """Functions of which every point is isolated and nondegenerate."""
    rows = frame[frame["quantity"] == "function"]
    return rows[rows["degenerate_family"].astype(float) == 0]


def beside(frame: pd.DataFrame) -> pd.DataFrame:
    """A row a function and index: family, dim, index, known, found."""
    functions = isolated(frame)
    found = pd.DataFrame(
        [
            {"family": family, "dim": float(dim), "index": str(k), "found": float(count)}
            for family, dim, counts in zip(
                functions["family"], functions["dim"], functions["counts"], strict=True
            )
            for k, count in enumerate(counts)
        ]
    )
    known = frame[frame["quantity"] == "known"][["family", "dim", "index", "known"]]
    return found.merge(known.astype({"dim": float}), on=["family", "dim", "index"])
