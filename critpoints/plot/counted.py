"""Critical points that were counted one by one: fractions, numbers, and the points themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    StrMethodFormatter,
)

from critpoints.plot.canvas import INK
from critpoints.plot.marks import REFERENCE, Mark, marks, measured
from critpoints.study.census import by_index, with_expected

MODELS = (("model $3^{-d}$", 3.0, (5, 2)), ("model $2^{-d}$", 2.0, (1.5, 1.5)))
KINDS = ("minimum", "saddle", "maximum")
_SHAPES = {"minimum": "v", "saddle": "X", "maximum": "^", "degenerate": "s"}
_TICKS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
SPREAD = 0.24  # of one dimension or block, shared by the points in it


def census(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw how many critical points of each index a function has, beside the expected numbers.

    Points are means over functions with their intervals; one function is the unit. Lines are the
    numbers of theory, where it knows them. A series an object and dimension.

    Parameters
    ----------
    frame : DataFrame
        What :func:`critpoints.censuses` returns.
    ax : Axes

    Returns
    -------
    Axes
    """
    table = with_expected(by_index(frame))
    series = table["object"] + ", $d$ = " + table["dim"].astype(str)
    for name, mark in marks(series, SPREAD).items():
        rows = table[series == name]
        x = rows["index"] + mark.shift
        measured(  # one function has no interval
            ax, x, rows["count"], rows["count_low"], rows["count_high"], mark, ms=5.5,
            elinewidth=1.1, zorder=3, label=name,
        )  # fmt: skip
        if rows["expected"].notna().any():
            ax.plot(x, rows["expected"], color=mark.color, lw=1.2, zorder=2, label=f"{name}, exact")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("index (number of negative eigenvalues)")
    ax.set_ylabel("critical points a function")
    ax.legend(frameon=False, fontsize="small")
    sns.despine(ax=ax)
    return ax


def minima_by_dim(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the fraction of minima against d, beside the exact law of isotropic fields and 3^-d.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` count (family, dim, index, fraction and its limits) and isotropic
        (dim, log10_exact).
    ax : Axes

    Returns
    -------
    Axes
    """
    rows = frame[(frame["quantity"] == "count") & (frame["index"] == "0")]
    for family, mark in marks(rows["family"], SPREAD).items():
        part = rows[rows["family"] == family]
        measured(
            ax, part["dim"] + mark.shift, part["fraction"], part["fraction_low"],
            part["fraction_high"], mark, ms=5.5, elinewidth=1.1, zorder=4, label=family,
        )  # fmt: skip
    dims = np.array([rows["dim"].min() - 0.3, rows["dim"].max() + 0.3])
    exact = frame[frame["quantity"] == "isotropic"].sort_values("dim")
    ax.plot(
        exact["dim"], 10.0 ** exact["log10_exact"].to_numpy(float), color=INK, lw=1.3, zorder=3,
        label="isotropic field, exact",
    )  # fmt: skip
    for label, base, dashes in MODELS:
        ax.plot(dims, base**-dims, color=REFERENCE, dashes=dashes, lw=1.5, label=label, zorder=2)
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(FixedLocator(_TICKS))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("dimension $d$")
    ax.set_ylabel("fraction of critical points that are minima")
    return _finished(ax)


def ratios(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the mean number of each index over the expected one, a block a family and dimension."""
    rows = frame[(frame["quantity"] == "count") & frame["expected"].notna()]
    keys = list(zip(rows["family"], rows["dim"].astype(int), strict=True))
    blocks = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    chosen = marks(sorted(set(rows["index"]), key=int), 2 * SPREAD)
    for index, mark in chosen.items():
        part = rows[rows["index"] == index]
        place = [blocks[k] for k, here in zip(keys, rows["index"] == index, strict=True) if here]
        _ratio_points(part, np.array(place) + mark.shift, mark, f"index {index}", ax)
    ax.axhline(1, color=REFERENCE, lw=1.2, zorder=1, label="Kac–Rice")
    names = [f"{family.replace(' ', chr(10))}\n$d$ = {dim}" for family, dim in blocks]
    ax.set_xticks(range(len(blocks)), names, fontsize="x-small")
    ax.set_ylabel("number counted / number expected")
    ax.legend(frameon=False, fontsize="small", ncols=3, loc="upper left")
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.18 * (high - low))  # room for the legend
    sns.despine(ax=ax)
    return ax


def costs(frame: pd.DataFrame) -> pd.DataFrame:
    """Seconds of a proven census against the number of points, gathered in bins of a factor 10^⅛.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` function: family, dim, critical_points, seconds, complete.

    Returns
    -------
    DataFrame
        family, dim, functions, medians ``points`` and ``seconds``, and ``low`` and ``high``, the
        seconds that a tenth of the functions fall below and exceed. A function without points has
        no place on a logarithmic axis and is left out.
    """
    rows = frame[frame["quantity"] == "function"]
    facts = ["dim", "critical_points", "seconds", "complete"]
    rows = rows[["family", *facts]].astype(dict.fromkeys(facts, float))
    rows = rows[(rows["critical_points"] > 0) & (rows["complete"] > 0)]
    place = np.rint(8 * np.log10(rows["critical_points"]))
    return rows.groupby(["family", "dim", place], sort=False, as_index=False).agg(
        functions=("seconds", "size"),
        points=("critical_points", "median"),
        seconds=("seconds", "median"),
        low=("seconds", lambda s: s.quantile(0.1)),
        high=("seconds", lambda s: s.quantile(0.9)),
    )


def cost(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw :func:`costs`, a line a family and dimension: colours tell dimensions apart."""
    table = costs(frame)
    colors = marks(f"{dim:.0f}" for dim in sorted(table["dim"].unique()))
    shapes = marks(table["family"])
    for (family, dim), rows in sorted(
        table.sort_values("points").groupby(["family", "dim"]), key=lambda part: part[0][::-1]
    ):
        color, marker = colors[f"{dim:.0f}"].color, shapes[str(family)].marker
        error = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["seconds"].to_numpy(float))
        ax.errorbar(
            rows["points"], rows["seconds"], yerr=error, fmt=f"{marker}-", color=color, ms=5,
            lw=1.2, capsize=2, elinewidth=1.0, label=f"$d$ = {dim:.0f}, {family}",
        )  # fmt: skip
    for axis, scale in ((ax.xaxis, ax.set_xscale), (ax.yaxis, ax.set_yscale)):
        scale("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("critical points of the function")
    ax.set_ylabel("seconds a census, on the machine at hand")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    sns.despine(ax=ax)
    return ax


def curve(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a function of one variable and its critical points by kind.

    Parameters
    ----------
    frame : DataFrame
        Rows with ``quantity`` grid (x, value) and point (x, value, index, dim).
    ax : Axes

    Returns
    -------
    Axes
    """
    line = frame[frame["quantity"] == "grid"].sort_values("x")
    ax.plot(line["x"], line["value"], color=REFERENCE, lw=1.6, zorder=2)
    _kinds(frame, "value", ax)
    ax.margins(x=0.01, y=0.12)
    ax.set_xlabel("$x$")
    ax.set_ylabel("$f(x)$")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    sns.despine(ax=ax)
    return ax


def contours(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a map of a function of two variables, dark where it is low; parameters as `curve`."""
    grid = frame[frame["quantity"] == "grid"].pivot_table(index="y", columns="x", values="value")
    values = grid.to_numpy(float)
    span = values.max() - values.min()
    levels = np.linspace(values.min(), values.max(), 15)
    x, y = grid.columns.to_numpy(float), grid.index.to_numpy(float)
    drawn = ax.contourf(
        x, y, values, levels, cmap="gray", vmin=values.min() - span, vmax=values.max()
    )
    ax.contour(x, y, values, levels, colors="white", linewidths=0.5, linestyles="solid")
    figure = ax.get_figure()
    if figure is not None:
        figure.colorbar(drawn, ax=ax, label="$f(x_1, x_2)$", shrink=0.8, pad=0.02, format="%.1f")
    _kinds(frame, "y", ax)
    ax.set_aspect("equal")
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(KINDS))
    return ax


def kinds(points: pd.DataFrame) -> pd.Series[str]:
    """Minimum, saddle, maximum or degenerate, by ``index`` and ``dim``."""
    names = points["index"].map({"0": "minimum", "degenerate": "degenerate"})
    top = points["index"] == points["dim"].astype(int).astype(str)
    return names.mask(top, "maximum").fillna("saddle")


def _kinds(frame: pd.DataFrame, height: str, ax: Axes) -> None:
    points = frame[frame["quantity"] == "point"]
    found = kinds(points)
    chosen = marks((*KINDS, "degenerate"))
    for kind, shape in _SHAPES.items():
        part = points[found == kind]
        if len(part):
            index = "" if kind == "degenerate" else f" (index {part['index'].iloc[0]})"
            many = {"minimum": "minima", "maximum": "maxima"}.get(kind, f"{kind}s")
            noun = kind if len(part) == 1 else many
            ax.plot(
                part["x"], part[height], shape, color=chosen[kind].color, ms=9, mec="white",
                mew=0.9, zorder=4, clip_on=False, label=f"{len(part)} {noun}{index}",
            )  # fmt: skip


def _ratio_points(
    rows: pd.DataFrame, place: np.ndarray[tuple[int], np.dtype[np.float64]], mark: Mark,
    label: str, ax: Axes,
) -> None:  # fmt: skip
    expected = rows["expected"].to_numpy(float)
    y, low, high = (rows[name] / expected for name in ("count", "count_low", "count_high"))
    measured(ax, place, y, low, high, mark, ms=4.5, elinewidth=1.1, zorder=3, label=label)


def _finished(ax: Axes) -> Axes:
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    sns.despine(ax=ax)
    return ax
