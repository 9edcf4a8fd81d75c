"""What searches, trainings and escapes of networks say, computed from the data."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from critpoints.report.claims import Claims

NEAR = 0.05
"""A minimum is about as good as the best if its test loss is within this share of it."""
LEVEL = 0.95
SAME = 6
"""Decimals of the loss in which two points that are one (up to symmetry) agree."""
FEW = 8
"""With fewer different critical points nothing is said of a trend."""
_RESAMPLES = 2000
FloatArray = NDArray[np.float64]


def accepted(frame: pd.DataFrame) -> pd.DataFrame:
    """Different accepted points by loss: alike are one, with the number of searches, ``found``."""
    rows = frame[(frame["quantity"] == "search") & (frame["accepted"] > 0)]
    index = pd.to_numeric(rows["index"]).astype("int64")  # bins of an index are text in files
    rows = rows.assign(key=rows["loss"].round(SAME), index=index)
    groups = rows.groupby(["key", "index"], sort=True)
    found = groups.first().reset_index()
    return found.assign(found=groups.size().to_numpy()).sort_values("loss", ignore_index=True)


def index_claims(frame: pd.DataFrame) -> Claims:
    """Does the index grow with the loss, and how many searches found a critical point?"""
    rows = frame[frame["quantity"] == "search"]
    points = accepted(frame)
    rank, low, high = _correlation(points)
    small, kept = int(rows["small"].sum()), int(rows["accepted"].sum())
    answer = _trend(points, rank, low, high)
    stalled = int(((rows["small"] == 0) & (rows["flatness"] <= 1e-6)).sum())
    details = [
        f"{len(rows)} searches: {small} ended at a small gradient, of which the gradient-flat rule "
        f"accepted {kept} and rejected {small - kept}; {stalled} stalled gradient-flat where the "
        f"gradient was not small, {len(rows) - small - stalled} had not converged. The accepted "
        f"ends are {len(points)} different points.",
        *_ends(points),
        *_theories(frame),
    ]
    return Claims(answer, details, _index_warnings(points, low, kept, len(rows)))


def index_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    points = accepted(frame)
    if not len(points):
        return "Share of negative eigenvalues against the loss: no critical point was accepted."
    return (
        f"Share of negative eigenvalues against the loss at {len(points)} critical points, from "
        f"{points['index_fraction'].iloc[0]:.3f} at loss {points['loss'].iloc[0]:.4f} to "
        f"{points['index_fraction'].iloc[-1]:.3f} at loss {points['loss'].iloc[-1]:.4f}, beside "
        "two theories scaled to them."
    )


def index_methods(frame: pd.DataFrame) -> list[str]:
    """How it was computed."""
    rows = frame[frame["quantity"] == "search"]
    row = rows.iloc[0]
    return [
        f"Population: {row['population']}, {row['object']}: {int(row['dim'])} parameters on "
        "scikit-learn's digits, reduced in size as by Dauphin et al. (2014).",
        f"{row['method']}: every search starts from a random record of a training of its own, and "
        f"is one sample; {len(rows)} searches, seed {int(row['seed'])}.",
        "Accepted: the gradient is at most 1e-8 of the typical one, and |Hg|/|g| more than 1e-6 of "
        "the typical Hessian (Frye et al. 2021). Points with one loss and index are taken for one.",
        "The index counts eigenvalues below −1e-8 of the typical Hessian's norm; those up to that "
        "size are zero modes, counted apart.",
        "Intervals of the rank correlation by bootstrap over different points. A theory gives "
        "the form of the curve alone; scales (and the field's offset) are fitted by least squares.",
    ]


def _trend(points: pd.DataFrame, rank: float, low: float, high: float) -> str:
    if len(points) < FEW:
        return f"Only {len(points)} different critical points were found: too few to tell a trend."
    verdict = (
        "grows with the loss" if low > 0
        else "falls with the loss" if high < 0
        else "shows no trend with the loss"
    )  # fmt: skip
    return (
        f"The index of a critical point {verdict}: rank correlation {rank:.2f} "
        f"({low:.2f} to {high:.2f}) over {len(points)} different critical points."
    )


def _ends(points: pd.DataFrame) -> list[str]:
    minima = points[points["index"] == 0]
    saddles = points[points["index"] > 0]
    found = []
    if len(minima) == 1:
        found.append(
            f"1 of the {len(points)} points is a minimum, at loss {minima['loss'].iloc[0]:.4f}."
        )
    elif len(minima):
        found.append(
            f"{len(minima)} of the {len(points)} points are minima, at losses "
            f"{minima['loss'].min():.4f} to {minima['loss'].max():.4f}."
        )
    if len(saddles):
        most = saddles.sort_values("index").iloc[-1]
        found.append(
            f"Saddles lie at losses {saddles['loss'].min():.4f} to {saddles['loss'].max():.4f}; "
            f"the largest index, {int(most['index'])} of {int(most['dim'])}, is at "
            f"{most['loss']:.4f}."
        )
    return found


def _theories(frame: pd.DataFrame) -> list[str]:
    curves = frame[frame["quantity"] == "curve"]
    if not len(curves):
        return []
    return [
        f"{name}, scaled to the points ({_fit(part)}): root mean square distance "
        f"{part['rms'].iloc[0]:.4f}."
        for name, part in curves.groupby("theory", sort=False)
    ]


def _fit(part: pd.DataFrame) -> str:
    offset, scale = float(part["offset"].iloc[0]), float(part["scale"].iloc[0])
    if offset == 0:
        return f"energy = loss/{scale:.4g}, one constant fitted"
    return f"energy = (loss − {offset:.4g})/{scale:.4g}, two constants fitted"


def _index_warnings(points: pd.DataFrame, low: float, kept: int, searches: int) -> list[str]:
    found = []
    if len(points) < FEW:
        found.append(f"Only {len(points)} different critical points were accepted.")
    elif low <= 0:
        found.append("The index does not clearly grow with the loss, against theory.")
    if kept < searches / 4:
        found.append(f"Only {kept} of {searches} searches were accepted: the points may be biased.")
    return found


def _correlation(points: pd.DataFrame) -> tuple[float, float, float]:
    """Spearman's with a percentile bootstrap; no interval where there is no variation."""
    x, y = points["loss"].to_numpy(float), points["index_fraction"].to_numpy(float)
    if len(points) < 3 or np.ptp(y) == 0:
        return math.nan, -1.0, 1.0
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(x), size=(_RESAMPLES, len(x)))
    ranks = (stats.rankdata(x[drawn], axis=1), stats.rankdata(y[drawn], axis=1))
    a, b = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    size = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    each = (a * b).sum(axis=1)[size > 0] / size[size > 0]
    low, high = np.quantile(each, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(stats.spearmanr(x, y).statistic), float(low), float(high)


def quality(frame: pd.DataFrame) -> pd.DataFrame:
    """By width: the best losses, the shares of runs near them, and relative spreads."""
    return pd.DataFrame(
        [_quality(int(str(width)), rows) for width, rows in frame.groupby("width", sort=True)]
    )


def _quality(width: int, rows: pd.DataFrame) -> dict[str, float]:
    test, train = rows["test_loss"].to_numpy(float), rows["loss"].to_numpy(float)
    return {
        "width": width, "dim": int(rows["dim"].iloc[0]), "runs": len(rows),
        "gradient": float(rows["gradient_norm"].max()),
        "failed": int((~np.isfinite(train)).sum()),
        **_near("", test), **_near("train_", train),
        **_spread("spread", test), **_spread("train", train),
    }  # fmt: skip


def _near(prefix: str, values: FloatArray) -> dict[str, float]:
    """The best, the median, and the share near the best (Clopper and Pearson, given the best)."""
    best = float(values[np.isfinite(values)].min(initial=math.inf))
    near = int((values <= (1 + NEAR) * best).sum()) if math.isfinite(best) else 0
    ends = stats.binomtest(near, len(values)).proportion_ci(LEVEL)
    found = {"best": best, "median": float(np.median(values)), "share": near / len(values),
             "share_low": float(ends.low), "share_high": float(ends.high)}  # fmt: skip
    return {prefix + name: value for name, value in found.items()}


def _spread(name: str, values: FloatArray) -> dict[str, float]:
    """Standard deviation over mean of the finite ones, by percentile bootstrap."""
    whole = values[np.isfinite(values)]
    if len(whole) < 2:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), math.nan)
    rng = np.random.default_rng(0)
    drawn = whole[rng.integers(len(whole), size=(_RESAMPLES, len(whole)))]
    each = drawn.std(axis=1, ddof=1) / drawn.mean(axis=1)
    low, high = np.quantile(each, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    middle = float(whole.std(ddof=1) / whole.mean())
    return {name: middle, f"{name}_low": float(low), f"{name}_high": float(high)}


def quality_claims(frame: pd.DataFrame) -> Claims:
    """Are local minima about as good as each other?"""
    rows = quality(frame)
    answer = f"{' '.join(_verdict(row) for _, row in rows.iterrows())} {_change(rows)}"
    details = [
        f"{int(row['width'])} hidden units ({int(row['dim'])} parameters): best test loss "
        f"{row['best']:.4f}, median {row['median']:.4f}, {_share(row, '')} within 5% of the "
        f"best; best training loss {row['train_best']:.4f}, median {row['train_median']:.4f}, "
        f"{_share(row, 'train_')} within 5%. Relative spread of test losses {row['spread']:.3f} "
        f"({row['spread_low']:.3f} to {row['spread_high']:.3f}), of training losses "
        f"{row['train']:.3f} ({row['train_low']:.3f} to {row['train_high']:.3f})."
        for _, row in rows.iterrows()
    ]
    warnings = [
        f"{int(row['width'])} hidden units: {int(row['failed'])} trainings ended at no finite loss."
        for row in rows.to_dict("records")
        if row["failed"]
    ]
    return Claims(answer, details, warnings)


def quality_alt(frame: pd.DataFrame) -> str:
    """A description of the figure for those who do not see it."""
    rows = quality(frame)
    parts = ", ".join(f"{r['share']:.0%} at {int(r['width'])}" for r in rows.to_dict("records"))
    return (
        "Final training and test losses of many trainings against the number of hidden units, and "
        f"the share of trainings within 5% of the best test loss: {parts}."
    )


def quality_methods(frame: pd.DataFrame) -> list[str]:
    """How it was computed."""
    row = frame.iloc[0]
    return [
        f"Population: trainings of fully connected networks on scikit-learn's digits "
        f"({row['method']}, all samples at every step); one training is one sample; seed "
        f"{int(row['seed'])}.",
        "The best loss is that of the same trainings, of which there are equally many for each "
        "width; intervals of shares are Clopper and Pearson's given that best, those of "
        "spreads (standard deviation over mean) are by bootstrap over trainings.",
        f"Trainings end after their steps, at gradients of at most "
        f"{frame['gradient_norm'].max():.1e}: near minima, none proven to be one.",
    ]


def _share(row: pd.Series, prefix: str) -> str:
    share, low, high = (row[f"{prefix}share{end}"] for end in ("", "_low", "_high"))
    return f"{share:.0%} ({low:.0%} to {high:.0%})"


def _verdict(row: pd.Series) -> str:
    """By the test loss: do most trainings end within 5% of the best?"""
    width, share = int(row["width"]), _share(row, "")
    units = f"With {width} hidden unit{'' if width == 1 else 's'}"
    near = f"end within {NEAR:.0%} of the best test loss"
    if row["share_low"] > 0.5:
        return f"{units} most trainings {near}: {share}."
    if row["share_high"] < 0.5:
        return f"{units} most trainings do not {near}: {share} do."
    return f"{units} it is undecided whether most trainings {near}: {share} do."


def _change(rows: pd.DataFrame) -> str:
    """With width: in order, from end to end only, or not at all, by intervals that are apart."""
    middle, low, high = (rows[f"spread{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    if len(rows) < 2 or np.isnan(middle).any():
        return "The spread of test losses cannot be compared between widths."
    told = f"(standard deviation over mean {', '.join(f'{s:.3f}' for s in middle)})"
    falls, grows = high[-1] < low[0], low[-1] > high[0]
    if not falls and not grows:
        return (
            "The spread of test losses is not told apart between the smallest width and the "
            f"largest {told}."
        )
    if falls:
        verb, strays, clear = "falls", np.diff(middle) > 0, low[1:] > high[:-1]
    else:
        verb, strays, clear = "grows", np.diff(middle) < 0, high[1:] < low[:-1]
    if not strays.any():
        return f"The spread of test losses {verb} with width {told}."
    if clear.any():
        return (
            f"The spread of test losses {verb} from the smallest width to the largest, but not in "
            f"order {told}."
        )
    return (
        f"The spread of test losses {verb} from the smallest width to the largest; in between no "
        f"order is told apart {told}."
    )
