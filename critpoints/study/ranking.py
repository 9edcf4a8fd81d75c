"""Who wins a race: rankings, what tuning is worth, distributions, with bootstrap intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from critpoints.escape import profiles, tuning
from critpoints.seeding import stream
from critpoints.study.race import Race
from critpoints.validation import real

_ENDS = ("", "_low", "_high")
_TIE = 1e-9  # logarithms of work that differ by rounding


def costs(results: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Median work: a row a problem and dimension, a column an optimizer."""
    rows = results[results["setting"] == setting]
    table = rows.pivot(index=["problem", "dim"], columns="optimizer", values="median")
    places = pd.MultiIndex.from_frame(rows[["problem", "dim"]].drop_duplicates())
    return table.reindex(index=places, columns=rows["optimizer"].unique())


def ranking(results: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    r"""Who escapes with least work, over all problems, with bootstrap intervals over problems.

    With one kind of problem there is nothing to resample: limits and ``first`` are NaN.

    Parameters
    ----------
    results : DataFrame
        :attr:`Race.results`.
    level : float

    Returns
    -------
    DataFrame
        A row an optimizer and setting, best first within a setting.

        work, work_low, work_high
            Geometric mean over problems of the median work; a problem on which at most half of
            the runs escaped counts as ten budgets.
        solved, solved_low, solved_high
            Share of problems on which more than half of the runs escaped.
        fastest, fastest_low, fastest_high
            Share of problems on which nobody needs less, :math:`\rho(1)`.
        first
            How often in the resamples it has the least work of all; ties are shared.
        edges
            On how many problems its learning rate is at the edge of the grid, where the work is an
            upper bound of what tuning could reach.
        problems, level
            Number of problems, and confidence level.
    """
    real("level", level, above=0, below=1)
    parts = [_ranked(results, setting, level) for setting in results["setting"].unique()]
    return pd.concat(parts, ignore_index=True)


def gains(results: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """What tuning is worth: work as given over work when tuned, geometric means over problems.

    The same starts and the same resamples of problems are used for both; limits are NaN for one
    kind of problem.

    Parameters
    ----------
    results : DataFrame
        :attr:`Race.results`.
    level : float

    Returns
    -------
    DataFrame
        A row an optimizer: optimizer, gain, gain_low, gain_high, problems, level.
    """
    before, after = (_logs(results, setting) for setting in ("default", "tuned"))
    weights = _weights(before, results)
    gap = before.to_numpy() - after[before.columns].to_numpy()
    return pd.DataFrame(
        [
            {"optimizer": name, **_means("gain", gap[:, k], weights, level),
             "problems": len(gap), "level": level}
            for k, name in enumerate(before.columns)
        ]
    )  # fmt: skip


def distribution(found: Race, points: int = 40, level: float = 0.95) -> pd.DataFrame:
    """Share of runs that escaped within so much work, means over problems.

    Every problem counts alike; intervals are from a bootstrap over problems, NaN for one kind.

    Returns
    -------
    DataFrame
        optimizer, setting, work (1 to the budget, about geometric), share, share_low, share_high.
    """
    budget = int(found.results["budget"].iloc[0])
    limits = np.unique(np.rint(np.geomspace(1, budget, points)))
    parts = [
        _distribution(rows, str(setting), limits, found.results, level)
        for setting, rows in found.runs.groupby("setting", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def generator(results: pd.DataFrame) -> np.random.Generator:
    """The resamples of a race are fixed by its seed."""
    return stream("bootstrap over problems", int(results["seed"].iloc[0]))


def _distribution(
    runs: pd.DataFrame, setting: str, limits: tuning.FloatArray, results: pd.DataFrame, level: float
) -> pd.DataFrame:
    names = list(runs["optimizer"].unique())
    problems = runs.groupby(["problem", "dim"], sort=False)
    reached = np.array(
        [
            [profiles.within(works[n].to_numpy(), limits) for n in names]
            for works in (
                {n: part["work"] for n, part in rows.groupby("optimizer")} for _, rows in problems
            )
        ]
    )
    groups = [str(problem) for (problem, _), _ in problems]
    curves = profiles.shares(reached, groups, rng=generator(results), level=level)
    columns = {"share": curves.value, "share_low": curves.low, "share_high": curves.high}
    return pd.DataFrame(
        {
            "optimizer": np.repeat(names, len(limits)),
            "setting": setting,
            "work": np.tile(limits, len(names)),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )


def _ranked(results: pd.DataFrame, setting: str, level: float) -> pd.DataFrame:
    table, logs = costs(results, setting), _logs(results, setting)
    weights = _weights(logs, results)
    means = weights @ logs.to_numpy()
    least = means <= means.min(axis=1, keepdims=True) + _TIE
    first = (least / least.sum(axis=1, keepdims=True)).mean(axis=0)
    edges = _edges(results, setting)
    if len(means) == 1:
        first = np.full(means.shape[1], math.nan)
    solved = np.isfinite(table.to_numpy())
    fastest = profiles.performance(table.to_numpy(), [1.0])[:, :, 0]
    rows = [
        {
            "optimizer": name,
            "setting": setting,
            **_means("work", logs.to_numpy()[:, k], weights, level),
            **_shares("solved", solved[:, k], weights, level),
            **_shares("fastest", fastest[:, k], weights, level),
            "first": float(first[k]),
            "edges": edges.get(name, 0),
            "problems": len(table),
            "level": level,
        }
        for k, name in enumerate(table.columns)
    ]
    return pd.DataFrame(rows).sort_values("work", kind="stable", ignore_index=True)


def _edges(results: pd.DataFrame, setting: str) -> dict[str, int]:
    """By optimizer, problems whose rate is at the edge of the grid."""
    rows = results[
        (results["setting"] == setting) & results["grid_edge"].isin(["largest", "smallest"])
    ]
    return {str(name): len(part) for name, part in rows.groupby("optimizer")}


def _logs(results: pd.DataFrame, setting: str) -> pd.DataFrame:
    ceiling = tuning.PENALTY * float(results["budget"].iloc[0])
    table = costs(results, setting)
    return pd.DataFrame(np.log(table.clip(upper=ceiling)), table.index, table.columns)


def _weights(table: pd.DataFrame, results: pd.DataFrame) -> tuning.FloatArray:
    """Shares of the problems in the resamples; dimensions of one problem are drawn together.

    One kind of problem is all of every resample: there is a single row then.
    """
    kinds = table.index.get_level_values("problem").tolist()
    resamples = profiles.RESAMPLES if len(set(kinds)) > 1 else 1
    counts = profiles.bootstrap(kinds, generator(results), resamples)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _means(
    name: str, logs: tuning.FloatArray, weights: tuning.FloatArray, level: float
) -> dict[str, float]:
    values = (logs.mean(), *_limits(weights @ logs, level))
    return {
        f"{name}{end}": math.exp(v) for end, v in zip(("", "_low", "_high"), values, strict=True)
    }


def _shares(
    name: str, hits: np.ndarray[Any, Any], weights: tuning.FloatArray, level: float
) -> dict[str, float]:
    values = (hits.mean(), *_limits(weights @ hits, level))
    return {name + end: float(v) for end, v in zip(_ENDS, values, strict=True)}


def _limits(means: tuning.FloatArray, level: float) -> tuple[float, float]:
    """Percentile interval of resampled means; none from a single one."""
    if len(means) == 1:
        return math.nan, math.nan
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
