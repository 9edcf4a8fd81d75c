"""Signal and gradient against depth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from scipy import stats

from critpoints.estimate import LN10
from critpoints.plot.marks import REFERENCE, marks, measured

_LINES: dict[str, tuple[str, tuple[float, ...]]] = {
    "log10_y": ("$|y|$", ()),
    "log10_dy_da": (r"$|\partial y/\partial a|$", (5, 2)),
    "log10_dy_db": (r"$|\partial y/\partial b|$", (1.5, 1.5)),
}


def powers(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw output and gradients of hⁿ = Wⁿx against n, for each diagonal W.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``panel`` power: object, n, log10_y, log10_dy_da, log10_dy_db.
    ax : Axes

    Returns
    -------
    Axes
    """
    rows = frame[frame["panel"] == "power"]
    for name, mark in marks(rows["object"]).items():
        part = rows[rows["object"] == name].sort_values("n")
        for column, (label, dashes) in _LINES.items():
            shown = f"{name}: {label}"
            (line,) = ax.plot(part["n"], part[column], color=mark.color, lw=1.5, label=shown)
            if dashes:
                line.set_dashes(dashes)
    ax.axhline(0, color=REFERENCE, lw=0.8, zorder=1)
    ax.set_xlabel("layers $n$")
    ax.set_ylabel("$\\log_{10}$ of output and gradients")
    ax.set_title("one matrix, $h^n=W^nx$", fontsize="medium")
    return _finished(ax)


def exponents(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw Lyapunov exponents against their place k/d, beside Newman's formula.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``panel`` exponents: dim, k, mean, low, high, exact.
    ax : Axes
    """
    rows = frame[frame["panel"] == "exponents"]
    for dim, mark in marks(sorted(rows["dim"].astype(int).unique())).items():
        part = rows[rows["dim"] == dim].sort_values("k")
        x = part["k"] / part["dim"]
        ax.plot(x, part["exact"], color=mark.color, lw=1.2)
        measured(ax, x, part["mean"], part["low"], part["high"], mark, label=f"$d$ = {dim}")
    ax.plot([], [], color=REFERENCE, lw=1.2, label="Newman, exact")
    ax.axhline(0, color=REFERENCE, lw=0.8, zorder=1)
    ax.set_xlabel("place in the spectrum, $k/d$")
    ax.set_ylabel("Lyapunov exponent $\\mu_k$ (a layer)")
    ax.set_title("products of Gaussian matrices, $\\sigma_w=1$", fontsize="medium")
    return _finished(ax)


def spread(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the variance of ln‖h_n‖ against n/d, beside its exact value.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``panel`` spread: quantity, dim, n, variance, variance_low, variance_high,
        exact_variance; what :func:`critpoints.report.claims_depth.signals` adds is computed here.
    ax : Axes
    """
    rows = with_interval(frame[(frame["panel"] == "spread") & (frame["quantity"] == "log_signal")])
    for dim, mark in marks(sorted(rows["dim"].astype(int).unique())).items():
        part = rows[rows["dim"] == dim].sort_values("n")
        x, ends = part["n"] / part["dim"], (part["variance_low"], part["variance_high"])
        ax.plot(x, part["exact_variance"], color=mark.color, lw=1.2)
        measured(ax, x, part["variance"], *ends, mark, label=f"$d$ = {dim}")
    ax.plot([], [], color=REFERENCE, lw=1.2, label="$n\\,\\psi'(d/2)/4$, exact")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ticks = sorted({round(float(x), 6) for x in rows["n"] / rows["dim"]})
    ax.set_xticks(ticks, [f"{x:g}" for x in ticks])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("depth over width, $n/d$")
    ax.set_ylabel("variance of $\\ln\\|h_n\\|$ over networks")
    ax.set_title("spread from network to network", fontsize="medium")
    return _finished(ax)


def remedies(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the typical gradient against depth for several kinds of network.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``panel`` remedy: series, quantity, n, mean, variance.
    ax : Axes
    """
    rows = frame[(frame["panel"] == "remedy") & (frame["quantity"] == "log_gradient")]
    chosen = marks(rows["series"])
    for i, (name, mark) in enumerate(chosen.items()):
        part = rows[rows["series"] == name].sort_values("n")
        shift = 0.004 * rows["n"].max() * (i - (len(chosen) - 1) / 2)
        spread = np.sqrt(part["variance"].to_numpy(float)) / LN10
        ax.errorbar(
            part["n"] + shift, part["mean"] / LN10, yerr=spread, fmt=mark.marker + "-",
            color=mark.color, ms=5, lw=1.2, elinewidth=0.8, capsize=2, label=name,
        )  # fmt: skip
    ax.axhline(0, color=REFERENCE, lw=0.8, zorder=1)
    ax.set_xlabel("layers $n$")
    ax.set_ylabel("$\\log_{10}$ of the gradient's norm, typical")
    sns.despine(ax=ax)
    ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return ax


def with_interval(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the interval of their variance, χ² with samples − 1 degrees of freedom.

    Good for logarithms of norms, which are sums over layers and so nearly normal.
    """
    free = rows["alive"].to_numpy(float) - 1
    tail = (1 - rows["level"].to_numpy(float)) / 2
    scaled = rows["variance"] * free
    return rows.assign(
        variance_low=scaled / stats.chi2.isf(tail, free),
        variance_high=scaled / stats.chi2.ppf(tail, free),
    )


def _finished(ax: Axes) -> Axes:
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax
