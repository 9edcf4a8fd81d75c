"""The fraction of minima against dimension, beside exact values and the models."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from critpoints.plot.marks import REFERENCE, Mark, marks, measured

MODELS = (("$3^{-d}$", 3.0, (5, 2)), ("$2^{-d}$", 2.0, (1.5, 1.5)))
STEP = 0.07  # of one dimension: how far apart points stand that would hide each other
NEAR = 0.012  # of the height of the axes: points closer than this would
ARROW = 0.035  # of the height of the axes
BELOW = 1.25  # how far exact lines are followed, in decades over those sampled
ROOM = 0.85  # beyond the last dimension, for the names of the models


def minima_fraction(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw log P(minimum) against d: points with intervals, exact lines, models.

    A row without a hit is a hollow point at its upper bound with an arrow downwards. Points of
    one dimension that would hide each other stand side by side. Only the log10 columns are read,
    so that probabilities below the smallest float are drawn too.

    Parameters
    ----------
    frame : DataFrame
        Minima records of :func:`critpoints.sweep`.
    ax : Axes

    Returns
    -------
    Axes
        ``ax``, with a legend to its right grouped by population.
    """
    chosen = marks(frame["object"])
    _exact(frame, chosen, ax)
    height = _limits(frame, ax)
    frame = frame.assign(place=_places(frame, NEAR * height))
    for name, rows in frame.groupby("object", sort=False):
        _points(rows, chosen[str(name)], ax)
        _bounds(rows, chosen[str(name)], ARROW * height, ax)
    _models(frame, ax)
    _axes(ax)
    _legend(frame, chosen, ax)
    return ax


def _exact(frame: pd.DataFrame, chosen: dict[str, Mark], ax: Axes) -> None:
    known = frame.assign(log10_exact=pd.to_numeric(frame["log10_exact"]))
    known = known[np.isfinite(known["log10_exact"])]
    if len(known):
        colours = {name: mark.color for name, mark in chosen.items()}
        sns.lineplot(
            known, x="dim", y="log10_exact", hue="object", palette=colours, ax=ax,
            legend=False, linewidth=1.3, alpha=0.85, estimator=None, zorder=2,
        )  # fmt: skip


def _places(frame: pd.DataFrame, near: float) -> pd.Series[float]:
    """Where each row stands on the x axis: at its dimension unless others are near."""
    bound = ~np.isfinite(frame["log10_estimate"])
    y = frame["log10_estimate"].where(~bound, frame["log10_high"])
    rows = pd.DataFrame({"dim": frame["dim"], "y": y}).sort_values(["dim", "y"], kind="stable")
    cluster = ((rows["dim"].diff() != 0) | (rows["y"].diff() > near)).cumsum()
    members = cluster.sort_index().groupby(cluster.sort_index())
    middle = (members.transform("size") - 1) / 2
    return frame["dim"] + (members.cumcount() - middle) * STEP


def _points(rows: pd.DataFrame, mark: Mark, ax: Axes) -> None:
    rows = rows[np.isfinite(rows["log10_estimate"])]
    for trusted, part in rows.groupby(rows["status"] != "unreliable"):
        measured(
            ax, part["place"], part["log10_estimate"], part["log10_low"], part["log10_high"], mark,
            elinewidth=1.1, alpha=1.0 if trusted else 0.35,
            markerfacecolor=mark.color if trusted else "none", zorder=3,
        )  # fmt: skip


def _bounds(rows: pd.DataFrame, mark: Mark, length: float, ax: Axes) -> None:
    rows = rows[~np.isfinite(rows["log10_estimate"])]
    if len(rows):
        ax.errorbar(
            rows["place"], rows["log10_high"], yerr=length, uplims=True,
            fmt=mark.marker, color=mark.color, markerfacecolor="none", markersize=5,
            elinewidth=1.1, zorder=3,
        )  # fmt: skip


def _limits(frame: pd.DataFrame, ax: Axes) -> float:
    """Fit the y axis to what was sampled, with some room for exact lines; returns its height."""
    sampled = _lowest(frame[["log10_estimate", "log10_low", "log10_high"]])
    lowest = min(sampled, max(_lowest(frame[["log10_exact"]]), BELOW * sampled))
    ax.set_ylim(1.07 * lowest, -0.04 * lowest)
    ax.set_xlim(frame["dim"].min() - 0.5, frame["dim"].max() + ROOM)
    return abs(lowest) * 1.11


def _lowest(columns: pd.DataFrame) -> float:
    values = columns.apply(pd.to_numeric).to_numpy(float)
    return min(float(values[np.isfinite(values)].min(initial=-1.0)), -1.0)


def _models(frame: pd.DataFrame, ax: Axes) -> None:
    ends = np.array([frame["dim"].min() - 0.3, frame["dim"].max() + 0.35])
    for label, base, dashes in MODELS:
        y = -ends * math.log10(base)
        ax.plot(ends, y, color=REFERENCE, dashes=dashes, linewidth=1.4, zorder=2.5)
        ax.text(ends[1] + 0.06, y[1], label, color=REFERENCE, va="center")


def _axes(ax: Axes) -> None:
    ax.set_xlabel("dimension $d$ of the Hessian")
    ax.set_ylabel("fraction of minima $P$ (logarithmic)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"$10^{{{y:g}}}$" if y else "1"))
    ax.grid(visible=True, axis="y", color=REFERENCE, alpha=0.22, linewidth=0.7)
    ax.set_axisbelow(True)
    sns.despine(ax=ax)


def _legend(frame: pd.DataFrame, chosen: dict[str, Mark], ax: Axes) -> None:
    """To the right: objects under the name of their population, then how to read the signs."""
    groups: dict[str, list[Line2D]] = {}
    exact = set(frame.loc[pd.to_numeric(frame["log10_exact"]).notna(), "object"])
    for population, rows in frame.groupby("population", sort=False):
        names = [str(n) for n in rows["object"].unique()]
        groups[str(population)] = [_key(n, chosen[n], n in exact) for n in names]
    groups["how to read it"] = _reading(frame, bool(exact))
    handles = [h for name, keys in groups.items() for h in (_heading(name), *keys)]
    legend = ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.02), frameon=False,
        fontsize="small", handlelength=2.2, labelspacing=0.55,
    )  # fmt: skip
    for text in legend.get_texts():
        if not text.get_text().startswith(" "):
            text.set_fontweight("bold")


def _heading(name: str) -> Line2D:
    return Line2D([], [], linestyle="none", label=name[:1].upper() + name[1:])


def _key(name: str, mark: Mark, exact: bool) -> Line2D:
    line = "-" if exact else "none"
    return Line2D([], [], color=mark.color, marker=mark.marker, ms=5, ls=line, label=f" {name}")


def _reading(frame: pd.DataFrame, exact: bool) -> list[Line2D]:
    keys = [
        Line2D([], [], color=REFERENCE, dashes=dashes, label=f" model {label}")
        for label, _, dashes in MODELS
    ]
    level = f"{frame['level'].iloc[0]:.0%}" if len(frame) else ""
    keys.append(_sign(f" sampled, {level} interval", "o"))
    if exact:
        keys.append(Line2D([], [], color=REFERENCE, label=" exact"))
    if not np.isfinite(frame["log10_estimate"]).all():
        keys.append(_sign(" no hit: upper bound", r"$\downarrow$"))
    if (frame["status"] == "unreliable").any():
        keys.append(_sign(" unreliable", "o", "none"))
    return keys


def _sign(label: str, marker: str, face: str = REFERENCE) -> Line2D:
    return Line2D(
        [], [], color=REFERENCE, marker=marker, ms=5, ls="none", markerfacecolor=face, label=label
    )
