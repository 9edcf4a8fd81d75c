"""Optimizers beside one another: ranking, profiles, distribution of work, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from critpoints.escape import profiles
from critpoints.plot.marks import REFERENCE, Mark, marks
from critpoints.study.ranking import costs, generator, ranking

NAMED = 6
"""Optimizers with a colour of their own, the best when tuned; the others are grey."""
_WAYS = {"default": ("o", "none", "untuned"), "tuned": ("o", "full", "tuned")}


def ranks(results: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the work of every optimizer with its interval, as given and tuned, best on top.

    Parameters
    ----------
    results : DataFrame
        :attr:`critpoints.study.race.Race.results`.
    ax : Axes

    Returns
    -------
    Axes
    """
    table = ranking(results)
    order = _order(table)
    places = {name: len(order) - k for k, name in enumerate(order)}
    colors = _colors(order)
    for setting, rows in table.groupby("setting", sort=False):
        marker, fill, label = _WAYS[str(setting)]
        shift = 0.16 if setting == "default" else -0.16
        for row in rows.to_dict("records"):
            y, color = places[row["optimizer"]] + shift, colors[row["optimizer"]]
            ax.plot([row["work_low"], row["work_high"]], [y, y], color=color, lw=1.2)
            ax.plot(
                row["work"], y, marker, color=color, ms=5.5,
                mfc="white" if fill == "none" else color,
            )  # fmt: skip
        ax.plot([], [], marker, color=REFERENCE, mfc="white" if fill == "none" else REFERENCE,
                ms=5.5, label=label)  # fmt: skip
    ax.axvline(results["budget"].iloc[0], color=REFERENCE, lw=0.8, dashes=(4, 2), label="budget")
    ax.set_xscale("log")
    ax.set_yticks(list(places.values()), list(places))
    ax.set_xlabel("work to escape, gradients and products\n(geometric mean over problems)")
    ax.legend(
        frameon=False, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3
    )
    sns.despine(ax=ax)
    return ax


def profile(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the performance profiles of tuned optimizers (Dolan & Moré 2002).

    A line an optimizer: the share of problems that it solves within τ times the least work that
    any needs on them. The best six have colours, the band is the interval of the best.

    Parameters
    ----------
    frame : DataFrame
        :attr:`critpoints.study.race.Race.results`.
    ax : Axes

    Returns
    -------
    Axes
    """
    return legend(performance(frame, "tuned", ax))


def performance(results: pd.DataFrame, setting: str, ax: Axes) -> Axes:
    """Draw performance profiles: problems solved within τ times the least work on each."""
    table = costs(results, setting)
    found = profiles.ratios(table.to_numpy())
    top = float(found[np.isfinite(found)].max(initial=2.0))
    taus = np.geomspace(1, 1.1 * top, 200)
    curves = profiles.shares(
        profiles.performance(table.to_numpy(), taus), _groups(table), rng=generator(results)
    )
    _lines(results, list(table.columns), taus, curves, ax)
    ax.set_xlabel("work over the least work on the problem, $\\tau$")
    return _finished(ax, f"share of problems solved ({_WAYS[setting][2]})")


def data(results: pd.DataFrame, setting: str, ax: Axes) -> Axes:
    """Draw data profiles: problems solved within κ(d + 1) gradients and products."""
    table = costs(results, setting)
    dims = table.index.get_level_values("dim").to_numpy(float)
    top = float(results["budget"].iloc[0]) / (dims.min() + 1)
    kappas = np.geomspace(0.2, top, 200)
    curves = profiles.shares(
        profiles.data(table.to_numpy(), dims, kappas), _groups(table), rng=generator(results)
    )
    _lines(results, list(table.columns), kappas, curves, ax)
    ax.set_xlabel("work over $d+1$, $\\kappa$")
    return _finished(ax, f"share of problems solved ({_WAYS[setting][2]})")


def distribution(results: pd.DataFrame, rows: pd.DataFrame, setting: str, ax: Axes) -> Axes:
    """Draw the share of runs that escaped within so much work.

    Parameters
    ----------
    results : DataFrame
        For the order of the colours.
    rows : DataFrame
        As from :func:`critpoints.study.race.distribution`.
    setting : {"default", "tuned"}
    ax : Axes
    """
    part = rows[rows["setting"] == setting]
    names = list(part["optimizer"].unique())
    by_name = {name: values.sort_values("work") for name, values in part.groupby("optimizer")}
    limits = by_name[names[0]]["work"].to_numpy(float)
    columns = (np.array([by_name[n][c] for n in names], dtype=float)
               for c in ("share", "share_low", "share_high"))  # fmt: skip
    _lines(results, names, limits, profiles.Curves(*columns), ax)
    ax.set_xlabel("work, gradients and products")
    return _finished(ax, f"share of runs that escaped ({_WAYS[setting][2]})")


def edges(rows: pd.DataFrame, ax: Axes) -> Axes:
    """Draw measured brackets of stability edges over the theoretical edge.

    Parameters
    ----------
    rows : DataFrame
        method, momentum, largest, stable, unstable, edge.
    ax : Axes
    """
    chosen = marks(rows["method"])
    for k, row in enumerate(rows.to_dict("records")):
        mark = chosen[row["method"]]
        low, high = row["stable"] / row["edge"], row["unstable"] / row["edge"]
        ax.plot([low, high], [k, k], color=mark.color, lw=4, solid_capstyle="butt")
        ax.plot([low, high], [k, k], "|", color=mark.color, ms=9)
    ax.axvline(1, color=REFERENCE, lw=1.2, zorder=1)
    labels = [
        f"{r['method']}, β = {r['momentum']:g}, L = {r['largest']:g}"
        for r in rows.to_dict("records")
    ]
    ax.set_yticks(range(len(labels)), labels)
    ax.invert_yaxis()
    ax.set_xlabel(
        "learning rate over the edge of theory\n(converges left of a bar, diverges right)"
    )
    sns.despine(ax=ax)
    return ax


def sensitivity(rows: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the median work of each optimizer on one problem against its learning rate.

    Parameters
    ----------
    rows : DataFrame
        optimizer, lr, median (``inf`` where at most half of the runs escaped), budget, problem.
    ax : Axes
    """
    for name, mark in marks(rows["optimizer"]).items():
        part = rows[rows["optimizer"] == name].sort_values("lr")
        y = part["median"].where(np.isfinite(part["median"]))
        ax.plot(part["lr"], y, color=mark.color, lw=1.3, marker=mark.marker, ms=4, label=name)
    ax.axhline(rows["budget"].iloc[0], color=REFERENCE, lw=0.8, dashes=(4, 2))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(rows["lr"].min() / 1.3, rows["lr"].max() * 1.3)
    ax.set_xlabel("learning rate")
    ax.set_ylabel(f"median work to escape ({rows['problem'].iloc[0]}, $d$ = {rows['dim'].iloc[0]})")
    sns.despine(ax=ax)
    return ax


def _order(table: pd.DataFrame) -> list[str]:
    """Best first when tuned (as given, if nothing was tuned)."""
    last = table[table["setting"] == table["setting"].iloc[-1]]
    return [str(name) for name in last.sort_values("work", kind="stable")["optimizer"]]


def _colors(order: Sequence[str]) -> dict[str, str]:
    found: dict[str, Mark] = marks(order[:NAMED])
    return {name: found[name].color if name in found else REFERENCE for name in order}


def _groups(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.index.get_level_values("problem")]


def _lines(
    results: pd.DataFrame,
    names: Sequence[str],
    x: np.ndarray,
    curves: profiles.Curves,
    ax: Axes,
) -> None:
    order = _order(ranking(results))
    colors = _colors(order)
    for place, name in enumerate(order):
        k, named = list(names).index(name), place < NAMED
        ax.step(
            x, curves.value[k], where="post", color=colors[name], lw=1.7 if named else 0.8,
            label=name if named else "_other", zorder=3 if named else 2,
        )  # fmt: skip
        if place == 0:
            ax.fill_between(
                x, curves.low[k], curves.high[k], step="post", color=colors[name], alpha=0.15, lw=0
            )
    if len(order) > NAMED:
        ax.plot([], [], color=REFERENCE, lw=0.8, label="others")


def _finished(ax: Axes, label: str) -> Axes:
    ax.set_xscale("log")
    ax.set_ylim(-0.02, 1.03)
    ax.set_ylabel(label)
    sns.despine(ax=ax)
    return ax


def legend(ax: Axes) -> Axes:
    """The names, above the picture where they hide nothing."""
    ax.legend(
        frameon=False, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4
    )
    return ax
