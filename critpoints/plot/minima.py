"""The fraction of minima against dimension, beside exact values and the models."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from critpoints.plot.marks import REFERENCE, Mark, marks

MODELS = (("$3^{-d}$", 3.0, (5, 2)), ("$2^{-d}$", 2.0, (1.5, 1.5)))
SPREAD = 0.36  # of one dimension: how far apart the points at one d stand
ARROW = 0.035  # of the height of the axes


def minima_fraction(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw log P(minimum) against d: points with intervals, exact lines, models.

    A row without a hit is a hollow point at its upper bound with an arrow downwards. Only the
    log10 columns are read, so that probabilities below the smallest float are drawn too.

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
    chosen = marks(frame["object"], SPREAD)
    _exact(frame, chosen, ax)
    height = _limits(frame, ax)
    for name, rows in frame.groupby("object", sort=False):
        _points(rows, chosen[str(name)], ax)
        _bounds(rows, chosen[str(name)], ARROW * height, ax)
    _models(frame, ax)
    _axes(ax)
    ax.legend(
        handles=_legend(frame, chosen),
        loc="upper left",
        bbox_to_anchor=(1.0, 1.01),
        frameon=False,
        fontsize="small",
        handlelength=2.2,
    )
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


def _points(rows: pd.DataFrame, mark: Mark, ax: Axes) -> None:
    rows = rows[np.isfinite(rows["log10_estimate"])]
    for trusted, part in rows.groupby(rows["status"] != "unreliable"):
        y = part["log10_estimate"].to_numpy(float)
        low, high = (part[f"log10_{end}"].to_numpy(float) for end in ("low", "high"))
        error = np.stack([y - np.where(np.isfinite(low), low, y), high - y]).clip(min=0)
        ax.errorbar(
            part["dim"] + mark.shift, y, yerr=error, fmt=mark.marker, color=mark.color,
            markersize=5, capsize=2, elinewidth=1.1, alpha=1.0 if trusted else 0.35,
            markerfacecolor=mark.color if trusted else "none", zorder=3,
        )  # fmt: skip


def _bounds(rows: pd.DataFrame, mark: Mark, length: float, ax: Axes) -> None:
    rows = rows[~np.isfinite(rows["log10_estimate"])]
    if len(rows):
        ax.errorbar(
            rows["dim"] + mark.shift, rows["log10_high"], yerr=length, uplims=True,
            fmt=mark.marker, color=mark.color, markerfacecolor="none", markersize=5,
            elinewidth=1.1, zorder=3,
        )  # fmt: skip


def _limits(frame: pd.DataFrame, ax: Axes) -> float:
    """Fit the y axis to the data; returns its height."""
    columns = ["log10_estimate", "log10_low", "log10_high", "log10_exact"]
    values = frame[columns].apply(pd.to_numeric).to_numpy(float)
    lowest = min(float(values[np.isfinite(values)].min(initial=-1.0)), -1.0)
    ax.set_ylim(1.07 * lowest, -0.04 * lowest)
    ax.set_xlim(frame["dim"].min() - 0.5, frame["dim"].max() + 0.5)
    return abs(lowest) * 1.11


def _models(frame: pd.DataFrame, ax: Axes) -> None:
    ends = np.array([frame["dim"].min() - 0.3, frame["dim"].max() + 0.5])
    for label, base, dashes in MODELS:
        y = -ends * math.log10(base)
        ax.plot(ends, y, color=REFERENCE, dashes=dashes, linewidth=1.4, zorder=1)
        place = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(label, (ends[1], y[1]), **place, color=REFERENCE, annotation_clip=False)


def _axes(ax: Axes) -> None:
    ax.set_xlabel("dimension $d$ of the Hessian")
    ax.set_ylabel("fraction of minima $P$ (logarithmic)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"$10^{{{y:g}}}$" if y else "1"))
    ax.grid(visible=True, axis="y", color=REFERENCE, alpha=0.22, linewidth=0.7)
    ax.set_axisbelow(True)
    sns.despine(ax=ax)


def _legend(frame: pd.DataFrame, chosen: dict[str, Mark]) -> list[Artist]:
    handles: list[Artist] = []
    for population, rows in frame.groupby("population", sort=False):
        handles.append(Line2D([], [], linestyle="none", label=_heading(str(population))))
        exact = set(rows.loc[pd.to_numeric(rows["log10_exact"]).notna(), "object"])
        handles += [_key(n, chosen[n], n in exact) for n in rows["object"].unique()]
    handles.append(Line2D([], [], linestyle="none", label="How to read it"))
    handles += _reading(frame)
    return handles


def _heading(population: str) -> str:
    return population[:1].upper() + population[1:]


def _key(name: str, mark: Mark, exact: bool) -> Line2D:
    line = "-" if exact else "none"
    return Line2D([], [], color=mark.color, marker=mark.marker, ms=5, ls=line, label=f"  {name}")


def _reading(frame: pd.DataFrame) -> list[Artist]:
    models: list[Artist] = [
        Line2D([], [], color=REFERENCE, dashes=dashes, label=f"  model {label}")
        for label, _, dashes in MODELS
    ]
    grey = {"color": REFERENCE, "ms": 5}
    level = f"{frame['level'].iloc[0]:.0%}" if len(frame) else ""
    keys = [Line2D([], [], marker="o", ls="none", label=f"  sampled, {level} interval", **grey)]
    if pd.to_numeric(frame["log10_exact"]).notna().any():
        keys.append(Line2D([], [], color=REFERENCE, label="  exact"))
    hollow = grey | {"markerfacecolor": "none"}
    if not np.isfinite(frame["log10_estimate"]).all():
        label = f"  no hit: {level} upper bound"
        keys.append(Line2D([], [], marker=r"$\downarrow$", ls="none", label=label, **grey))
    if (frame["status"] == "unreliable").any():
        keys.append(Line2D([], [], marker="o", ls="none", label="  unreliable", **hollow))
    return models + list(keys)
