"""Escape times of optimizers on problems: a row an optimizer, or a row a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from critpoints import refs
from critpoints._version import __version__
from critpoints.escape import COLUMNS, EscapeTimes, Problem
from critpoints.optimizers import Outcome as End
from critpoints.protocols import Optimizer
from critpoints.rule import Rule
from critpoints.runs import mean as runs_mean
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.objects import build, build_optimizer, parse_dims, several
from critpoints.study.spec import Spec
from critpoints.theory.escape import EscapeTime, predicted
from critpoints.validation import integer, real

ENDS = {
    End.ESCAPED: "escaped",
    End.MINIMUM: "converged_minimum",
    End.SADDLE: "converged_saddle",
    End.CONVERGED: "converged_degenerate",
    End.TAIL: "tail",
    End.DIVERGED: "diverged",
    End.NON_FINITE: "nonfinite",
    End.OUT_OF_BUDGET: "out_of_budget",
    End.NEVER_LEAVES: "never_leaves",
}
"""How runs end, in the words of records; see :class:`~critpoints.optimizers.Outcome`."""

FEW_SADDLES = 5
"""Of fewer random saddles than this nothing is said: a row is unreliable."""
FEW_GROUPS = 30
"""With fewer independent groups the interval of a mean time is one of its logarithm."""

Problems = Sequence[str | Problem | type] | str | Problem | type
Optimizers = Sequence[str | Optimizer | type] | str | Optimizer | type
FloatArray = NDArray[np.float64]


def escapes(
    problems: Problems,
    dims: str | Iterable[int] | None = None,
    optimizers: Optimizers = ("gd",),
    *,
    runs: int = 1000,
    steps: int = 10_000,
    gradients: int | None = None,
    products: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""How long optimizers take to leave saddles, and how runs that do not leave end.

    All optimizers start run number j of a problem at the same point.

    Parameters
    ----------
    problems : sequence of str, Problem or class
        References such as ``"quadratic:index=1,curvature=.7"``.
    dims : str or integers, optional
        As in :func:`~critpoints.sweep`; may be left out for instances.
    optimizers : sequence of str, Optimizer or class
        References such as ``"momentum:lr=.1,momentum=.5"``.
    runs : int
        Runs a row.
    steps : int
        Budget a run in steps.
    gradients, products : int, optional
        Budgets per run in gradient evaluations and in Hessian-vector products, of which a Hessian
        counts d.
    seconds : float, optional
        Wall-clock time of all together at most; rows that it ends are ``incomplete``.
    seed, jobs, backend, store, progress, max_memory
        As in :func:`~critpoints.minima_fraction`.
    level : float
        Confidence level of the interval of the mean.

    Returns
    -------
    DataFrame
        A row a problem, dimension and optimizer.

        problem, optimizer
            Canonical references.
        escaped, converged_minimum, converged_saddle, converged_degenerate, diverged
            Numbers of runs by how they ended; so are tail, nonfinite, out_of_budget and
            never_leaves.
        median
            Of the escape time in steps over *all* runs, ``inf`` if at most half escaped.
        mean, mean_low, mean_high
            Of the escape time, if all runs escaped, with the interval of :func:`positive_mean`;
            else NaN, since the mean of those that did is biased. Where saddles are random the
            interval counts saddles, not runs; one saddle gives no interval, NaN.
        saddles
            How many saddles the runs left; 1 where it is always the same.
        predicted, z
            What theory says of the mean, or NaN; and (mean − predicted)/(its standard error),
            where theory is exact and the mean is stated.
        gradient_evaluations, hessian_products
            Means per run, whatever its end.
        final_value
            Median of f where runs ended.
        status
            ``ok``; ``censored`` if not all runs escaped; ``unreliable`` if saddles are random and
            fewer than 5 were drawn; ``incomplete`` if time ended it.
        seconds, level, seed, digest, version
            What the row took, and what identifies it.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or an optimizer needs second derivatives that a problem
        has not; the message names it.

    Examples
    --------
    >>> from critpoints import escapes
    >>> row = escapes("quadratic:curvature=.7", [10], "gd:lr=.1", runs=100).iloc[0]
    >>> int(row["escaped"]), round(float(row["predicted"]), 2)
    (100, 111.49)
    """
    real("level", level, above=0, below=1)
    outcomes = _sampled(
        problems, dims, optimizers, runs, steps, gradients, products, seconds, seed, jobs, backend,
        store, progress, max_memory,
    )  # fmt: skip
    return pd.DataFrame([_record(outcome, level) for outcome in outcomes])


def escape_runs(
    problems: Problems,
    dims: str | Iterable[int] | None = None,
    optimizers: Optimizers = ("gd",),
    *,
    runs: int = 1000,
    steps: int = 10_000,
    gradients: int | None = None,
    products: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """The single runs of :func:`escapes`, for distributions and profiles.

    Parameters
    ----------
    problems, dims, optimizers, runs, steps, gradients, products, seconds, seed, jobs, backend,
    store, progress, max_memory
        As in :func:`escapes`.

    Returns
    -------
    DataFrame
        A row a run: problem, optimizer, dim, run (equal numbers start at equal points), group
        (of runs that share a random saddle; else the run itself), outcome (a word of
        :data:`ENDS`), time (steps to escape, ``inf`` for a run that did not), steps, gradients,
        products (all three used until it ended), index (where it converged, −1 if unknown),
        value, gradient_norm, digest.
    """
    outcomes = _sampled(
        problems, dims, optimizers, runs, steps, gradients, products, seconds, seed, jobs, backend,
        store, progress, max_memory,
    )  # fmt: skip
    return pd.concat([_runs(outcome) for outcome in outcomes], ignore_index=True)


def specs(
    problems: Problems,
    dims: str | Iterable[int] | None,
    optimizers: Optimizers,
    *,
    steps: int = 10_000,
    gradients: int | None = None,
    products: int | None = None,
    seed: int = 0,
) -> list[Spec]:
    """A row a problem, dimension and optimizer, all checked before any run."""
    places = places_of(problems, dims)
    ways = [EscapeTimes(o, steps, gradients, products) for o in rules_of(optimizers)]
    for place in places:
        for way in ways:
            way.check(place)
    rows = [Spec(place, way, seed, place.batch) for place in places for way in ways]
    return list({_key(spec): spec for spec in rows}.values())


def places_of(problems: Problems, dims: str | Iterable[int] | None) -> list[Problem]:
    """Every problem in every dimension, built."""
    given = several("problems", problems, (Problem,))
    sizes = [None] if dims is None else parse_dims(dims)
    return [build("problem", one, dim) for one in given for dim in sizes]


def rules_of(optimizers: Optimizers) -> list[Optimizer]:
    """Every optimizer, built."""
    return [build_optimizer(one) for one in several("optimizers", optimizers, (Optimizer,))]


def grouped_mean(values: FloatArray, size: int, level: float) -> tuple[float, float, float]:
    r"""Mean with the interval of independent groups of ``size`` consecutive values.

    The interval is :func:`critpoints.runs.mean` of
    :math:`\bar t + \frac{G}{n}\sum_{i\in g}(t_i-\bar t)`, one value for each of the G groups
    (Cochran 1977, ch. 6); groups of one give the usual interval. Limits are infinite for one group.
    """
    n, centre = len(values), float(np.mean(values))
    sums = np.add.reduceat(values - centre, np.arange(0, n, size))
    _, low, high = runs_mean(centre + sums * (len(sums) / n), level)
    return centre, low, high


def positive_mean(values: FloatArray, size: int, level: float) -> tuple[float, float, float]:
    r"""As :func:`grouped_mean`, of positive values: few groups never give a negative limit.

    With fewer than 30 groups the interval is that of :math:`\ln\bar t` (the delta method): the
    limits :math:`\bar t - a` and :math:`\bar t + b` become :math:`\bar t\,e^{-a/\bar t}` and
    :math:`\bar t\,e^{b/\bar t}`. Limits are NaN for one group.
    """
    centre, low, high = grouped_mean(values, size, level)
    if not math.isfinite(high):
        return centre, math.nan, math.nan
    if math.ceil(len(values) / size) >= FEW_GROUPS or centre <= 0:
        return centre, low, high
    up = (high - centre) / centre
    wide = math.exp(up) if up < 700 else math.inf
    return centre, centre * math.exp((low - centre) / centre), centre * wide


def _sampled(
    problems: Problems, dims: str | Iterable[int] | None, optimizers: Optimizers, runs: int,
    steps: int, gradients: int | None, products: int | None, seconds: float | None, seed: int,
    jobs: int, backend: str, store: str | Path | None, progress: Progress | None,
    max_memory: int | str | None,
) -> list[Outcome]:  # fmt: skip
    rule = Rule(None, integer("runs", runs, low=1, high=10**9), seconds)
    wanted = specs(
        problems, dims, optimizers, steps=steps, gradients=gradients, products=products, seed=seed
    )
    return collect(
        wanted, rule, store=store, jobs=jobs, backend=backend, progress=progress,
        max_memory=max_memory,
    )  # fmt: skip


def _key(spec: Spec) -> str | int:
    """Rows alike are drawn once; of what has no identity nobody knows."""
    return spec.digest if spec.storable else id(spec)


def _parts(outcome: Outcome) -> tuple[Problem, EscapeTimes]:
    problem, way = outcome.spec.source, outcome.spec.estimator
    if not isinstance(problem, Problem) or not isinstance(way, EscapeTimes):
        raise TypeError(f"{outcome.spec!r} has no escape times")
    return problem, way


def _group(problem: Problem) -> int:
    """Runs that are not independent of each other."""
    return problem.batch if problem.random else 1


def _head(outcome: Outcome) -> dict[str, Any]:
    problem, way = _parts(outcome)
    return {
        "problem": problem.label or outcome.spec.ref,
        "optimizer": way.ref,
        "population": problem.population,
        "dim": problem.dim,
    }


def _runs(outcome: Outcome) -> pd.DataFrame:
    problem, _ = _parts(outcome)
    frame = pd.DataFrame(outcome.tally.data, columns=list(COLUMNS))
    whole = ["outcome", "index", "steps", "gradients", "products"]
    frame = frame.astype(dict.fromkeys(whole, "int64"))
    frame["time"] = frame["time"].where(frame["outcome"] == End.ESCAPED, np.inf)
    frame["outcome"] = frame["outcome"].map(ENDS)
    frame.insert(0, "run", np.arange(len(frame)))
    frame.insert(1, "group", np.arange(len(frame)) // _group(problem))
    head = {k: v for k, v in _head(outcome).items() if k != "population"}
    for place, (name, value) in enumerate(head.items()):
        frame.insert(place, name, value)
    return frame.assign(digest=outcome.spec.digest)


def _record(outcome: Outcome, level: float) -> dict[str, Any]:
    data = dict(zip(COLUMNS, outcome.tally.data.T, strict=True))
    out = data["outcome"] == End.ESCAPED
    counts = {word: int((data["outcome"] == end).sum()) for end, word in ENDS.items()}
    finals = data["value"][~np.isnan(data["value"])]
    return {
        **_head(outcome),
        "runs": len(out),
        "saddles": _saddles(outcome),
        **counts,
        "median": float(np.median(np.where(out, data["time"], np.inf))),
        **_mean(outcome, data["time"], bool(out.all()), level),
        "gradient_evaluations": float(data["gradients"].mean()),
        "hessian_products": float(data["products"].mean()),
        "final_value": float(np.median(finals)) if len(finals) else math.nan,
        "status": _status(outcome, bool(out.all())),
        "seconds": sum(outcome.seconds),
        "level": level,
        "seed": outcome.spec.seed,
        "digest": outcome.spec.digest,
        "version": __version__,
    }


def _saddles(outcome: Outcome) -> int:
    problem, _ = _parts(outcome)
    return math.ceil(len(outcome.tally.data) / problem.batch) if problem.random else 1


def _status(outcome: Outcome, all_out: bool) -> str:
    problem, _ = _parts(outcome)
    if not outcome.complete:
        return "incomplete"
    if problem.random and _saddles(outcome) < FEW_SADDLES:
        return "unreliable"
    return "ok" if all_out else "censored"


def _mean(outcome: Outcome, times: FloatArray, all_out: bool, level: float) -> dict[str, float]:
    """The mean with its interval, theory's, and the z-score between them."""
    problem, _ = _parts(outcome)
    theory = _theory(outcome)
    nothing = (math.nan, math.nan, math.nan)
    mean, low, high = positive_mean(times, _group(problem), level) if all_out else nothing
    z = math.nan
    if theory is not None and theory.exact and theory.variance and all_out:
        z = (mean - theory.mean) / math.sqrt(theory.variance / len(times))
    return {
        "mean": mean,
        "mean_low": low,
        "mean_high": high,
        "predicted": math.nan if theory is None else theory.mean,
        "z": z,
    }


def _theory(outcome: Outcome) -> EscapeTime | None:
    problem, way = _parts(outcome)
    law = problem.exact_law()
    if law is None:
        return None
    rule = way.optimizer
    return predicted(rule.name, refs.fields(rule), **law)
