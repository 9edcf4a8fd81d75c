"""A confined field: how many critical points are left as the mass grows through 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from critpoints.plot.marks import REFERENCE, marks
from critpoints.study.counts import growth_rates

TRANSITION = 1.0
FLOOR = -4.0  # decades: fewer critical points than this are not drawn
NAMED = 5
"""Indices with a colour of their own; the others are grey."""


def total_rate(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw (1/d) ln(number of all critical points) against the mass, beside its limit.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` count (dim, mass, index, log10_count), total and minima (mass,
        value).
    ax : Axes

    Returns
    -------
    Axes
    """
    ax.set_ylabel("growth rate of all critical points, $d^{-1}\\,\\ln\\,\\mathrm{E}\\#$")
    return _rate(frame, "total", "$\\Sigma_{tot}=(m^2-1)/2-\\ln m$", ax)


def minima_rate(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw (1/d) ln(number of minima) against the mass; parameters as `total_rate`."""
    ax.set_ylabel("growth rate of minima, $d^{-1}\\,\\ln\\,\\mathrm{E}\\#_0$")
    return _rate(frame, "minima", "$\\Sigma_{min}=-\\ln m-3/2+2m-m^2/2$", ax)


def counts(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the numbers by index against the mass, for a frame of one dimension."""
    rows = frame[frame["quantity"] == "count"].assign(k=lambda f: f["index"].astype(int))
    chosen = marks(str(k) for k in range(NAMED))
    for k, part in rows.sort_values("mass").groupby("k"):
        mark = chosen.get(str(k))
        style = (mark.color, 1.4, f"index {k}") if mark else (REFERENCE, 0.7, "_higher")
        y = part["log10_count"].where(part["log10_count"] > FLOOR, np.nan)
        ax.plot(part["mass"], y, color=style[0], lw=style[1], label=style[2])
    if rows["k"].max() >= NAMED:
        ax.plot([], [], color=REFERENCE, lw=0.7, label="higher indices")
    ax.axhline(0, color=REFERENCE, lw=0.8, zorder=1)
    ax.set_ylabel(f"expected number for $d$ = {rows['dim'].iloc[0]}, $\\log_{{10}}$")
    return _finished(ax)


def _rate(frame: pd.DataFrame, kind: str, label: str, ax: Axes) -> Axes:
    rates = growth_rates(frame).sort_values("mass")
    chosen = marks(rates["dim"].sort_values().astype(str))
    for dim, rows in rates.groupby("dim"):
        color = chosen[str(dim)].color
        ax.plot(
            rows["mass"], rows[f"rate_{kind}"], color=color, lw=1.4, label=f"$d$ = {dim}, exact"
        )
    limit = rates.drop_duplicates("mass")
    ax.plot(
        limit["mass"], limit[f"limit_{kind}"], color=REFERENCE, dashes=(5, 2), lw=1.6,
        zorder=2.5, label=label,
    )  # fmt: skip
    return _finished(ax)


def _finished(ax: Axes) -> Axes:
    ax.axvline(TRANSITION, ymax=0.74, color=REFERENCE, lw=0.8, zorder=1)
    ax.set_xlabel("mass $m = \\mu/\\sqrt{f''(0)}$")
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax
