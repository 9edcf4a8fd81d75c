"""The race: every optimizer on every problem, as given and tuned, from the same starts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from critpoints import refs
from critpoints._version import __version__
from critpoints.escape import COLUMNS, PROBLEMS, EscapeTimes, Problem, tuning
from critpoints.estimators.proportion import clopper_pearson
from critpoints.optimizers import OPTIMIZERS
from critpoints.protocols import Optimizer
from critpoints.rule import Rule
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.escape import ENDS, Optimizers, Problems, places_of, rules_of
from critpoints.study.spec import Spec
from critpoints.validation import integer, real

UNBOUNDED = ("quadratic", "monkey")
"""Problems whose function has no minimum: a step as long as the rate gets anywhere at some rate."""
FIELD = tuple(name for name in PROBLEMS if name not in ("network-saddle", *UNBOUNDED))
"""Problems of a race unless others are named: all that exist in any dimension and are bounded."""
LINEUP = tuple(OPTIMIZERS)
"""Optimizers of a race unless others are named: all."""
HYPER = ("lr", "momentum")
"""Hyper-parameters with a column of their own; ``settings`` says all."""
_SADDLES = 4  # a row's, where they are random


@dataclass(frozen=True, eq=False)
class Race:
    """What a race has found.

    Attributes
    ----------
    tuning : DataFrame
        A row a problem, dimension and candidate, on starts of its own: problem, dim, optimizer,
        settings (canonical reference of the candidate), lr, momentum, score (penalised mean work
        over all dimensions of the problem), chosen, grid_edge (``largest`` or ``smallest`` if the
        learning rate is that of all tried, and more than one was; else empty), and the columns of
        ``results`` from runs on.
    results : DataFrame
        A row a problem, dimension, optimizer and setting (``default`` or ``tuned``): runs,
        escaped (share within the budget), escaped_low, escaped_high, median (work, ``inf`` if at
        most half escaped), grid_edge (as in ``tuning``: the work of a rate at the edge of the grid
        is an upper bound of what tuning could reach), penalised (mean work; a run that did not
        escape counts as ten budgets), end (how most of the others ended), final_index, final_value,
        budget, method, status, level, seed, digest, version.
    runs : DataFrame
        A row a run of ``results``: problem, dim, optimizer, setting, run (equal numbers start at
        equal points), work (``inf`` for a run that did not escape), outcome, index, value.
    """

    tuning: pd.DataFrame
    results: pd.DataFrame
    runs: pd.DataFrame


@dataclass(frozen=True)
class _Entry:
    """One optimizer with one setting on one problem."""

    spec: Spec
    optimizer: str
    setting: str = ""


def race(
    optimizers: Optimizers = LINEUP,
    problems: Problems = FIELD,
    dims: str | Iterable[int] | None = (2,),
    *,
    runs: int = 64,
    budget: int = 250,
    grid: tuning.Grid = tuning.GRID,
    tuning_runs: int = 16,
    level: float = 0.95,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> Race:
    """Tune every optimizer on every problem, then let all start from the same points.

    A problem is tuned once for all its dimensions, on starts that are not those of the race.

    Parameters
    ----------
    optimizers, problems
        As in :func:`~critpoints.escapes`; all by default.
    dims : str or integers, optional
        As in :func:`~critpoints.sweep`.
    runs : int
        Runs a row of the race.
    budget : int
        Gradient evaluations and Hessian-vector products per run, alike for all optimizers.
    grid : mapping of str to sequence of float
        Values tried of each hyper-parameter, in all combinations, beside the setting given.
    tuning_runs : int
        Runs a candidate.
    level, seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.escapes`.

    Returns
    -------
    Race
        Its tables ``tuning``, ``results`` and ``runs``; :func:`~critpoints.ranking` says who wins.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; the message names it.
    """
    real("level", level, above=0, below=1)
    integer("seed", seed, low=0)
    integer("runs", runs, low=1, high=10**9)  # refused before anything is tuned
    common = {
        "jobs": jobs, "backend": backend, "progress": progress, "store": store,
        "max_memory": max_memory,
    }  # fmt: skip
    tried = _tuned(optimizers, problems, dims, budget, grid, tuning_runs, seed, level, common)
    best = tried[tried["chosen"]].drop_duplicates(["problem", "optimizer"])
    chosen = best.set_index(["problem", "optimizer"])["candidate"]
    edges = best.set_index(["problem", "optimizer"])["grid_edge"].to_dict()
    entries = []
    for place in _places(problems, dims):
        for rule in _rules(optimizers):
            name, own = _name(place), EscapeTimes(rule).ref
            winner = chosen.loc[(name, own)]
            entries += [
                _Entry(_spec(place, way, budget, runs, seed), own, setting)
                for setting, way in (("default", rule), ("tuned", winner))
            ]
    outcomes = _collected(entries, runs, common)
    results = pd.DataFrame([_row(e, o, budget, level) for e, o in outcomes])
    keys = zip(results["problem"], results["optimizer"], results["setting"], strict=True)
    results["grid_edge"] = [edges[p, o] if s == "tuned" else "" for p, o, s in keys]
    single = pd.concat([_runs(e, o, budget) for e, o in outcomes], ignore_index=True)
    return Race(tried.drop(columns="candidate"), results, single)


def sensitivity(
    optimizers: Optimizers,
    problems: Problems,
    dims: str | Iterable[int] | None,
    *,
    grid: tuning.Grid,
    runs: int = 64,
    budget: int = 250,
    level: float = 0.95,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Work to escape of every candidate of a grid: :attr:`Race.tuning` alone.

    Parameters and errors as in :func:`race`, ``runs`` being those of a candidate.

    Returns
    -------
    DataFrame
        A row a problem, dimension and candidate.
    """
    real("level", level, above=0, below=1)
    integer("seed", seed, low=0)
    common = {
        "jobs": jobs, "backend": backend, "progress": progress, "store": store,
        "max_memory": max_memory,
    }  # fmt: skip
    found = _tuned(optimizers, problems, dims, budget, grid, runs, seed, level, common)
    return found.drop(columns="candidate")


def _tuned(
    optimizers: Optimizers, problems: Problems, dims: str | Iterable[int] | None, budget: int,
    grid: tuning.Grid, runs: int, seed: int, level: float, common: Mapping[str, Any],
) -> pd.DataFrame:  # fmt: skip
    rules, limit = _rules(optimizers), integer("budget", budget, low=1)
    wanted, root = integer("runs", runs, low=1, high=10**9), tuning.tuning_seed(seed)
    if grid is not tuning.GRID:  # the default serves any line-up
        tuning.check_grid(grid, rules)
    entries = [
        _Entry(_spec(place, way, limit, wanted, root), EscapeTimes(rule).ref, "tuning")
        for place in _places(problems, dims)
        for rule in rules
        for way in tuning.candidates(rule, grid)
    ]
    found = _collected(entries, wanted, common)
    frame = pd.DataFrame(
        [{**_row(e, o, limit, level), "candidate": e.spec.estimator.optimizer} for e, o in found]  # type: ignore[attr-defined]
    )
    keys = ["problem", "optimizer", "settings"]
    frame["score"] = frame.groupby(keys, sort=False)["penalised"].transform("mean")
    scores = frame.drop_duplicates(keys).groupby(keys[:2], sort=False)
    best = {key: rows["settings"].iloc[tuning.best(rows["score"].tolist())] for key, rows in scores}
    pairs = zip(frame["problem"], frame["optimizer"], frame["settings"], strict=True)
    return frame.assign(chosen=[best[p, o] == s for p, o, s in pairs], grid_edge=_edges(frame))


def _edges(frame: pd.DataFrame) -> pd.Series:
    """Whether a rate is the largest or smallest tried of an optimizer on a problem."""
    rates = frame.groupby(["problem", "optimizer"])["lr"]
    low, high = rates.transform("min"), rates.transform("max")
    several = low < high
    edge = pd.Series("", index=frame.index)
    edge[several & (frame["lr"] == high)] = "largest"
    edge[several & (frame["lr"] == low)] = "smallest"
    return edge


def _rules(optimizers: Optimizers) -> list[Optimizer]:
    return list(dict.fromkeys(rules_of(optimizers)))


def _places(problems: Problems, dims: str | Iterable[int] | None) -> list[Problem]:
    found = places_of(problems, dims)
    names = [(_name(place), place.dim) for place in found]
    return list(dict(zip(names, found, strict=True)).values())


def _name(problem: Problem) -> str:
    return problem.label or refs.describe(problem, PROBLEMS)


def _spec(problem: Problem, rule: Optimizer, budget: int, runs: int, seed: int) -> Spec:
    """A step costs a gradient at least, so that the budget of steps is the same."""
    way = EscapeTimes(rule, budget, budget)
    way.check(problem)
    size = math.ceil(runs / _SADDLES) if problem.random else runs
    return Spec(problem, way, seed, min(problem.batch, size))


def _collected(
    entries: Sequence[_Entry], runs: int, common: Mapping[str, Any]
) -> list[tuple[_Entry, Outcome]]:
    """Settings that are the same are run once."""
    keys = [e.spec.digest if e.spec.storable else str(id(e.spec)) for e in entries]
    once = {key: entry.spec for key, entry in zip(keys, entries, strict=True)}
    found = collect(list(once.values()), Rule(None, runs, None), **common)
    by_key = dict(zip(once, found, strict=True))
    return [(entry, by_key[key]) for key, entry in zip(keys, entries, strict=True)]


def _row(entry: _Entry, outcome: Outcome, budget: int, level: float) -> dict[str, Any]:
    problem, way, rows = _parts(entry, outcome)
    works = tuning.work(rows, budget)
    out = np.isfinite(works)
    low, high = _share_interval(out, problem, entry.spec.batch, level)
    own = refs.fields(way.optimizer)
    return {
        "problem": _name(problem),
        "population": problem.population,
        "dim": problem.dim,
        "optimizer": entry.optimizer,
        "setting": entry.setting,
        "settings": way.ref,
        **{key: _number(own.get(key)) for key in HYPER},
        "runs": len(works),
        "escaped": float(out.mean()),
        "escaped_low": low,
        "escaped_high": high,
        "median": float(np.median(works)),
        "penalised": tuning.penalised(works, budget),
        "end": _end(rows[~out]),
        **_whereabouts(rows),
        "budget": budget,
        "method": way.method,
        "status": "ok" if out.all() else "censored",
        "level": level,
        "seed": entry.spec.seed,
        "digest": entry.spec.digest,
        "version": __version__,
    }


def _runs(entry: _Entry, outcome: Outcome, budget: int) -> pd.DataFrame:
    problem, _, rows = _parts(entry, outcome)
    column = dict(zip(COLUMNS, rows.T, strict=True))
    return pd.DataFrame(
        {
            "problem": _name(problem),
            "dim": problem.dim,
            "optimizer": entry.optimizer,
            "setting": entry.setting,
            "run": np.arange(len(rows)),
            "work": tuning.work(rows, budget),
            "outcome": [ENDS[end] for end in column["outcome"].astype(int)],
            "index": column["index"].astype(int),
            "value": column["value"],
        }
    )


def _parts(entry: _Entry, outcome: Outcome) -> tuple[Problem, EscapeTimes, tuning.FloatArray]:
    problem, way = entry.spec.source, entry.spec.estimator
    if not isinstance(problem, Problem) or not isinstance(way, EscapeTimes):
        raise TypeError(f"{entry.spec!r} has no escape times")
    return problem, way, outcome.tally.data


def _whereabouts(rows: tuning.FloatArray) -> dict[str, float]:
    """Where runs ended: the commonest index of those that converged, and the median of f."""
    column = dict(zip(COLUMNS, rows.T, strict=True))
    known = column["index"][column["index"] >= 0]
    finals = column["value"][~np.isnan(column["value"])]
    return {
        "final_index": float(stats.mode(known).mode) if known.size else math.nan,
        "final_value": float(np.median(finals)) if finals.size else math.nan,
    }


def _end(rows: tuning.FloatArray) -> str:
    """How most of these runs ended; an escape beyond the budget is out of it."""
    if not len(rows):
        return ""
    words = [ENDS[end] for end in rows[:, COLUMNS.index("outcome")].astype(int)]
    seen = pd.Series(words).replace("escaped", "out_of_budget").value_counts()
    return str(seen.index[0])


def _share_interval(
    out: np.ndarray[Any, Any], problem: Problem, batch: int, level: float
) -> tuple[float, float]:
    """Clopper and Pearson's limits; runs that share a random saddle count as one."""
    size = batch if problem.random else 1
    n = math.ceil(len(out) / size)
    return clopper_pearson(float(out.mean()) * n, n, level)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
