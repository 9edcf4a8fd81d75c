"""The variance of the index against the logarithm of the dimension."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, ScalarFormatter

from critpoints.plot.marks import REFERENCE, Mark, marks, measured


def index_variance(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the variance of the index against ln d: exact lines, sampled points, the asymptotic.

    Parameters
    ----------
    frame : DataFrame
        What :func:`critpoints.study.moments.index_variances` returns.
    ax : Axes

    Returns
    -------
    Axes
    """
    chosen = marks(frame["object"])
    for (name, kind), rows in frame.groupby(["object", "kind"], sort=False):
        _series(rows.sort_values("dim"), chosen[str(name)], str(kind), ax)
    known = frame[frame["asymptotic"].notna()].sort_values("dim")
    ax.plot(
        known["dim"], known["asymptotic"], color=REFERENCE, dashes=(5, 2), zorder=2.5,
        label=r"$[\ln d+\gamma+1+3\ln 2-\pi^2/8]\,/\,\pi^2$",
    )  # fmt: skip
    _axes(frame, ax)
    return ax


def _series(rows: pd.DataFrame, mark: Mark, kind: str, ax: Axes) -> None:
    label = f"{rows['object'].iloc[0]}, {kind}"
    if kind == "exact":
        ax.plot(rows["dim"], rows["variance"], color=mark.color, lw=1.3, label=label, zorder=2)
        return
    measured(
        ax, rows["dim"], rows["variance"], rows["low"], rows["high"], mark, elinewidth=1.1,
        label=label, zorder=3,
    )  # fmt: skip


def _axes(frame: pd.DataFrame, ax: Axes) -> None:
    ax.set_xscale("log")
    dims = sorted(set(frame["dim"]))
    ax.set_xticks([d for d in dims if d in (1, 2, 4, 10, 20, 40, 64, 100)] or dims)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("dimension $d$ of the Hessian (logarithmic)")
    ax.set_ylabel("variance of the index")
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
