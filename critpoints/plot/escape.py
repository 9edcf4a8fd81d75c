"""Escape times: measured points with intervals, theory as lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from critpoints.plot.canvas import INK
from critpoints.plot.marks import REFERENCE, log_scale, marks, measured

VARIED = {
    "start": "width of the start $s$",
    "curvature": "curvature $\\gamma$ of the way down",
    "dimension": "dimension $d$",
    "index": "index: directions down",
    "condition": "condition number $L/\\gamma$",
}
"""What is varied, and its label."""


def short(name: str) -> str:
    """An optimizer without its parameters."""
    return name.partition(":")[0]


def escape_times(frame: pd.DataFrame, varied: str, ax: Axes) -> Axes:
    """Draw mean escape times against what is varied.

    Parameters
    ----------
    frame : DataFrame
        Rows of :func:`critpoints.escapes` with ``value``, of one way of varying.
    varied : str
        A key of :data:`VARIED`.
    ax : Axes

    Returns
    -------
    Axes
    """
    chosen = marks(frame["optimizer"])
    for name, rows in frame.sort_values("value", kind="stable").groupby("optimizer", sort=False):
        mark = chosen[str(name)]
        measured(
            ax, rows["value"], rows["mean"], rows["mean_low"], rows["mean_high"], mark, lw=1.2,
            label=f"{name}, measured",
        )  # fmt: skip
        if rows["predicted"].notna().any():
            ax.plot(
                rows["value"], rows["predicted"], color=mark.color, lw=1.2, label=f"{name}, theory"
            )
    log_scale(ax, "x", "y")
    if varied in ("index", "dimension", "condition"):
        ticks = sorted(set(frame["value"]))
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.set_xticks([], minor=True)
    ax.set_xlabel(VARIED[varied])
    ax.set_ylabel("mean escape time, steps")
    sns.despine(ax=ax)
    return ax


def growth(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw median times against the number of saddles; an arrow where half did not get away.

    Parameters
    ----------
    frame : DataFrame
        Rows of :func:`critpoints.escapes` with ``value`` and ``budget``.
    ax : Axes

    Returns
    -------
    Axes
    """
    chosen = marks(frame["optimizer"])
    for name, rows in frame.sort_values("value", kind="stable").groupby("optimizer", sort=False):
        mark = chosen[str(name)]
        out = np.isfinite(rows["median"].to_numpy(float))
        done = rows[out]
        ax.plot(done["value"], done["median"], color=mark.color, lw=1.2)
        ax.plot(
            done["value"],
            done["median"],
            mark.marker,
            color=mark.color,
            ms=6,
            label=short(str(name)),
        )
        for row in rows[~out].to_dict("records"):
            ax.annotate(
                "", (row["value"], 1.7 * row["budget"]), (row["value"], row["budget"]),
                arrowprops={"arrowstyle": "->", "color": mark.color},
            )  # fmt: skip
    ax.set_yscale("log")
    ax.set_xticks(sorted(set(frame["value"])))
    ax.set_xlabel("number of saddles in a row, $d$")
    ax.set_ylabel("median time to pass all of them, steps")
    ax.legend(frameon=False)
    sns.despine(ax=ax)
    return ax


def trajectories(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the ways of optimizers from a common start on the contour map of their function.

    Parameters
    ----------
    frame : DataFrame
        What :func:`critpoints.study.pictures.trajectories` returns: rows with ``quantity`` grid
        (x, y, f on a full grid) and path (optimizer, step, x, y).
    ax : Axes

    Returns
    -------
    Axes
    """
    grid = frame[frame["quantity"] == "grid"].pivot_table(index="y", columns="x", values="f")
    values = grid.to_numpy(float)
    levels = values.min() + (values.max() - values.min()) * np.linspace(0, 1, 14) ** 2
    ax.contour(grid.columns, grid.index, values, levels=levels, colors=REFERENCE, linewidths=0.6)
    paths = frame[frame["quantity"] == "path"].sort_values("step", kind="stable")
    chosen = marks(paths["optimizer"])
    for name, rows in paths.groupby("optimizer", sort=False):
        mark = chosen[str(name)]
        ax.plot(
            rows["x"], rows["y"], color=mark.color, lw=1.1, marker=mark.marker, ms=2.5, label=name
        )
    first = paths.iloc[0]
    ax.plot(first["x"], first["y"], "o", color=INK, ms=6, mfc="none")
    ax.annotate("start", (first["x"], first["y"]), xytext=(6, 6), textcoords="offset points")
    ax.set_xlim(*np.asarray(grid.columns, float)[[0, -1]])
    ax.set_ylim(*np.asarray(grid.index, float)[[0, -1]])
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.legend(
        frameon=False, fontsize="small", loc="upper center", bbox_to_anchor=(0.5, 1.12), ncol=2
    )
    sns.despine(ax=ax)
    return ax


def valley(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw trajectories in a valley; parameters as :func:`trajectories`."""
    trajectories(frame, ax)
    ax.set_xlabel("$x_1$, the floor")
    ax.set_ylabel("$x_2$, across the valley")
    return ax


def heights(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the value along trajectories against the step; parameters as :func:`valley`."""
    return _along(frame, "f", "$f$ above the minimum", ax)


def rates(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw effective learning rates against the step.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` path: optimizer, step, rate.
    ax : Axes

    Returns
    -------
    Axes
    """
    return _along(frame, "rate", "effective learning rate", ax)


def positions(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the distance left to the minimum against the step; parameters as :func:`rates`."""
    return _along(frame, "left", "distance to the minimum", ax)


def _along(frame: pd.DataFrame, column: str, label: str, ax: Axes) -> Axes:
    paths = frame[frame["quantity"] == "path"].sort_values("step", kind="stable")
    chosen = marks(paths["optimizer"])
    for name, rows in paths.groupby("optimizer", sort=False):
        y = rows[column].abs().where(rows[column].abs() > 1e-12)
        ax.plot(rows["step"] + 1, y, color=chosen[str(name)].color, lw=1.3, label=name)
    log_scale(ax, "x", "y")
    ax.set_xlabel("step")
    ax.set_ylabel(label)
    sns.despine(ax=ax)
    return ax
