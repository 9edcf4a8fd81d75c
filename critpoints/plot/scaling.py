"""Exact probabilities of a minimum far beyond sampling: which power of d, and which base."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from critpoints.plot.marks import REFERENCE, Mark, marks, measured
from critpoints.study.joined import computed, sampled

Array = npt.NDArray[np.float64]
LEVELS = (("$e$", math.e), ("3", 3.0))
"""Bases that are drawn for comparison."""


def against_dim(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw log P(minimum) against d: straight where P falls like a power of a base.

    Parameters
    ----------
    frame : DataFrame
        Exact rows, and sampled ones if there are any (:func:`critpoints.study.joined.joined`).
    ax : Axes

    Returns
    -------
    Axes
    """
    _curves(frame, 1, ax)
    ends = np.array([0.0, float(frame["dim"].max())])
    _line(ends, -ends * math.log10(3), "$3^{-d}$", ax)
    lowest = computed(frame).groupby("object")["log10_exact"].min().sort_values()
    bottom = float(lowest.iloc[min(1, len(lowest) - 1)])
    ax.set_ylim(1.1 * bottom, -0.04 * bottom)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("dimension $d$ of the Hessian")
    return _finished(ax)


def against_square(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw log P(minimum) against d squared, beside 3^(-d^2/4); parameters as `against_dim`."""
    _curves(frame, 2, ax)
    ends = np.array([0.0, float(frame["dim"].max()) ** 2])
    _line(ends, -ends / 4 * math.log10(3), "$3^{-d^2/4}$", ax)
    ax.set_xlabel("square $d^2$ of the dimension of the Hessian")
    return _finished(ax)


def local_bases(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw P(d)/P(d+1) against d.

    Parameters
    ----------
    frame : DataFrame
        What :func:`critpoints.study.bases.local_bases` returns.
    ax : Axes

    Returns
    -------
    Axes
    """
    last = frame[frame["base"].notna()].groupby("object")["base"].last().sort_values()
    highest = float(last.iloc[max(0, len(last) - 2)])
    ax.set_ylim(1.7, max(3.5, 1.12 * highest))
    return _bases(frame, "base", "local base $P(d)\\,/\\,P(d+1)$", LEVELS, ax)


def square_bases(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the local base of b^(-d^2/4) against d; parameters as `local_bases`."""
    return _bases(frame, "base_square", "local base $b$ of $b^{-d^2/4}$", LEVELS[1:], ax)


def _curves(frame: pd.DataFrame, power: int, ax: Axes) -> None:
    chosen, points = marks(frame["object"]), sampled(frame)
    for name, rows in computed(frame).groupby("object", sort=False):
        x = rows["dim"].to_numpy(float) ** power
        ax.plot(
            x, rows["log10_exact"], color=chosen[str(name)].color, lw=1.4, label=f"{name}, exact"
        )
    for name, rows in points[np.isfinite(points["log10_estimate"])].groupby("object", sort=False):
        _points(rows, power, chosen[str(name)], ax)
    if len(points):
        level = f"sampled, {points['level'].iloc[0]:.0%} interval"
        ax.errorbar([], [], yerr=[], fmt="o", color=REFERENCE, markersize=4, label=level)
    ax.set_ylabel("fraction of minima, $\\log_{10} P$")


def _points(rows: pd.DataFrame, power: int, mark: Mark, ax: Axes) -> None:
    measured(
        ax, rows["dim"].to_numpy(float) ** power, rows["log10_estimate"], rows["log10_low"],
        rows["log10_high"], mark, ms=4, elinewidth=1.1, zorder=3,
    )  # fmt: skip


def _bases(
    frame: pd.DataFrame, column: str, label: str, levels: tuple[tuple[str, float], ...], ax: Axes
) -> Axes:
    chosen = marks(frame["object"])
    for name, rows in frame.groupby("object", sort=False):
        ax.plot(rows["dim"], rows[column], color=chosen[str(name)].color, lw=1.4, label=name)
    for text, level in levels:
        ax.axhline(level, color=REFERENCE, dashes=(5, 2), lw=1, zorder=1)
        ax.annotate(
            text, (1.01, level), xycoords=ax.get_yaxis_transform(), va="center", color=REFERENCE
        )
    ax.set_xlabel("dimension $d$ of the Hessian")
    ax.set_ylabel(label)
    return _finished(ax)


def _line(
    x: np.typing.NDArray[np.float64], y: np.typing.NDArray[np.float64], label: str, ax: Axes
) -> None:
    ax.plot(x, y, color=REFERENCE, dashes=(5, 2), lw=1.2, zorder=2.5, label=f"model {label}")


def _finished(ax: Axes) -> Axes:
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax
