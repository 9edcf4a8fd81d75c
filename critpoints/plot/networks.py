"""Critical points and trainings of networks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from critpoints.plot.marks import REFERENCE, marks, measured

_DASHES = ((), (5, 2))
_NAMES = {"loss": "training loss (with decay)", "test_loss": "test loss"}


def index(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of negative eigenvalues against the loss, beside the fitted theories.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` search (loss, index_fraction, accepted) and curve (theory, loss,
        index_fraction).
    ax : Axes

    Returns
    -------
    Axes
    """
    rows = frame[frame["quantity"] == "search"]
    kept = rows[rows["accepted"] > 0]
    rest = rows[rows["accepted"] == 0]
    ax.scatter(
        rest["loss"], rest["index_fraction"], marker="x", s=22, color=REFERENCE, lw=0.9,
        label="search that ended elsewhere",
    )  # fmt: skip
    mark = marks(["points"])["points"]
    ax.scatter(
        kept["loss"], kept["index_fraction"], s=34, color=mark.color, alpha=0.7, lw=0, zorder=4,
        label="critical point",
    )  # fmt: skip
    curves = frame[frame["quantity"] == "curve"]
    if len(curves):
        names = marks(["points", *curves["theory"].unique()])
        for i, (name, part) in enumerate(curves.groupby("theory", sort=False)):
            line = part.sort_values("loss")
            (drawn,) = ax.plot(
                line["loss"], line["index_fraction"], color=names[str(name)].color, lw=1.5,
                label=f"{name}, scaled",
            )  # fmt: skip
            if dashes := _DASHES[i % 2]:
                drawn.set_dashes(dashes)
    ax.set_xlabel("loss (with decay)")
    ax.set_ylabel("share of negative eigenvalues")
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax


def losses(frame: pd.DataFrame, column: str, ax: Axes) -> Axes:
    """Draw where trainings ended, a column of points and a median a width.

    Parameters
    ----------
    frame : DataFrame
        Rows with width, loss, test_loss.
    column : {"loss", "test_loss"}
    ax : Axes
    """
    widths = sorted(frame["width"].astype(int).unique())
    for place, width in enumerate(widths):
        y = np.sort(frame.loc[frame["width"] == width, column].to_numpy(float))
        y = y[np.isfinite(y)]
        x = place + 0.3 * (np.arange(len(y)) * 0.6180339887 % 1 - 0.5) * 2
        ax.scatter(x, y, s=9, alpha=0.55, lw=0, color=marks(["runs"])["runs"].color)
        ax.plot([place - 0.38, place + 0.38], [np.median(y)] * 2, color=REFERENCE, lw=2)
    ax.set_xticks(range(len(widths)), [str(w) for w in widths])
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 6, 8)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("hidden units")
    ax.set_ylabel(f"{_NAMES[column]} at the end (line: median)")
    sns.despine(ax=ax)
    return ax


def shares(summary: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of runs near the best, and the relative spreads, against the width.

    Parameters
    ----------
    summary : DataFrame
        Rows of :func:`critpoints.report.claims_networks.quality`.
    ax : Axes
    """
    rows = summary.sort_values("width")
    names = {
        "share": "share within 5% of the best test loss",
        "spread": "relative spread of test losses",
        "train": "relative spread of training losses",
    }
    place = np.arange(len(rows))
    for name, mark in marks(names, 0.15).items():
        measured(
            ax, place + mark.shift, rows[name], rows[f"{name}_low"], rows[f"{name}_high"], mark,
            fmt=mark.marker + "-", lw=1.2, label=names[name],
        )  # fmt: skip
    ax.set_xticks(place, [str(int(w)) for w in rows["width"]])
    ax.set_xlabel("hidden units")
    ax.set_ylabel("share, or standard deviation over mean")
    ax.set_ylim(0, 1.3 * float(rows[[f"{name}_high" for name in names]].to_numpy().max()))
    ax.legend(frameon=False, fontsize="small", loc="upper left")
    sns.despine(ax=ax)
    return ax


def escapes(runs: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of runs that have left against the cost in gradients.

    Parameters
    ----------
    runs : DataFrame
        Rows with optimizer, outcome, cost (gradients and Hessian products until the run ended).
    ax : Axes
    """
    top = runs["cost"].max()
    for name, mark in marks(runs["optimizer"]).items():
        part = runs[runs["optimizer"] == name]
        cost = np.sort(part.loc[part["outcome"] == "escaped", "cost"].to_numpy(float))
        share = np.arange(len(cost) + 1) / len(part)
        x = np.concatenate([[1.0], cost, [top]])
        ax.step(x, np.append(share, share[-1]), where="post", color=mark.color, lw=1.4, label=name)
    ax.set_xscale("log")
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("gradients and Hessian products a run")
    ax.set_ylabel("share of runs below the saddle by the drop")
    sns.despine(ax=ax)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax
