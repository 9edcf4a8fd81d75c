"""The index law: how many directions lead down from a critical point."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from critpoints.plot.marks import Mark, marks

WIDTH = 0.8  # of one bin, shared by the series


def index_law(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the probability of every index: bars with intervals, exact values as a line.

    Parameters
    ----------
    frame : DataFrame
        Index records of :func:`critpoints.sweep` (``event="index"``); a series an object and
        dimension.
    ax : Axes

    Returns
    -------
    Axes
    """
    bins = _bins(frame)
    series = _series(frame)
    chosen = marks(series, WIDTH * (1 - 1 / max(1, series.nunique())))
    for name, rows in frame.groupby(series, sort=False):
        place = rows["index"].astype(str).map(bins).to_numpy(np.float64)
        _bars(rows, place, chosen[str(name)], WIDTH / len(chosen), str(name), ax)
        _exact(rows, place, chosen[str(name)], f"{rows['object'].iloc[0]}, exact", ax)
    ax.set_xticks(list(bins.values()), list(bins))
    ax.set_xlabel("index (number of negative eigenvalues)")
    ax.set_ylabel("probability")
    ax.set_ylim(bottom=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax


def _bins(frame: pd.DataFrame) -> dict[str, int]:
    """Bins that occur, in order; the degenerate one last and only when it is not empty."""
    positive = frame[np.isfinite(frame["log10_estimate"]) | (frame["index"] != "degenerate")]
    names = dict.fromkeys(positive["index"].astype(str))
    ordered = sorted(names, key=lambda n: (n == "degenerate", int(n) if n.isdigit() else 0))
    return {name: place for place, name in enumerate(ordered)}


def _series(frame: pd.DataFrame) -> pd.Series[str]:
    where = " (" + frame["population"] + ")"
    return frame["object"] + ", d = " + frame["dim"].astype(str) + where


def _bars(
    rows: pd.DataFrame,
    place: npt.NDArray[Any],
    mark: Mark,
    width: float,
    name: str,
    ax: Axes,
) -> None:
    y = 10.0 ** rows["log10_estimate"].to_numpy(float)
    low, high = (10.0 ** rows[f"log10_{end}"].to_numpy(float) for end in ("low", "high"))
    x = place + mark.shift
    ax.bar(x, y, width, color=mark.color, alpha=0.45, label=name, zorder=2)
    error = np.stack([y - low, high - y]).clip(min=0)
    ax.errorbar(x, y, yerr=error, fmt="none", ecolor=mark.color, capsize=2, zorder=3)


def _exact(rows: pd.DataFrame, place: npt.NDArray[Any], mark: Mark, label: str, ax: Axes) -> None:
    y = 10.0 ** pd.to_numeric(rows["log10_exact"]).to_numpy(float)
    known = np.isfinite(y) & np.isfinite(place)
    if known.any():
        x = place[known] + mark.shift
        ax.plot(
            x, y[known], color=mark.color, marker=mark.marker, ms=4, lw=1.3, zorder=4, label=label
        )
