"""The questions as functions: one ensemble, one law, or a whole table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from critpoints.estimate import Estimate
from critpoints.estimators import EventEstimator
from critpoints.protocols import Ensemble
from critpoints.rule import INTERVALS, Rule
from critpoints.study.collect import Progress, collect
from critpoints.study.frame import frame
from critpoints.study.objects import build, parse_dims, several
from critpoints.study.plan import plan
from critpoints.study.spec import Spec

Object = str | Ensemble | type[Ensemble]
Planning = Callable[[int, int, Ensemble], None]


def minima_fraction(
    ensemble: Object,
    dim: int | None = None,
    *,
    rel_error: float | None = None,
    samples: int | None = None,
    seconds: float | None = None,
    level: float = 0.95,
    interval: str = INTERVALS[0],
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    method: str = "auto",
) -> Estimate:
    """Estimate the fraction of critical points that are minima.

    Parameters
    ----------
    ensemble : str, Ensemble or class
        A reference such as ``"goe"`` (then ``dim`` is needed), an instance, or a class.
    dim : int, optional
        Dimension of the Hessian; may be left out for an instance.
    rel_error : float, optional
        Half-width of the interval over the estimate to be reached; 0.1 by default.
    samples : int, optional
        Number of samples instead of a precision.
    seconds : float, optional
        Wall-clock time at most; 60 by default when a precision is asked for.
    level : float
        Confidence level.
    interval : {"clopper-pearson", "wilson"}
        Exact interval of a proportion, or that of the score test.
    seed : int
        Root seed.
    jobs : int
        Worker processes, -1 for one a core.
    backend : {"loky", "threading"}
    store : path-like, optional
        SQLite file that keeps and resumes the run; in memory by default.
    method : str
        ``auto``, ``plain``, ``sieve`` or ``pivots``, ``identity``, ``determinant``; for rare minima
        ``grown``, ``tilted`` or ``splitting``, which take settings (``grown:particles=16384``).

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; the message names it.
    UnreliableEstimateError
        If the estimate must not be trusted; it travels in the error's ``estimate``.

    Examples
    --------
    >>> import critpoints
    >>> critpoints.minima_fraction("goe", 2, samples=100_000).value
    0.14...
    """
    rule, start = Rule.of(rel_error, samples, seconds, level, interval), time.monotonic()
    law = build("ensemble", ensemble, dim)
    wanted = rule.rel_error if rule.samples is None else None
    estimator = plan(law, "minima", method, wanted, rule.seconds).estimator
    return _single(law, estimator, _since(start, rule), seed, jobs, backend, store)[0]


def index_law(
    ensemble: Object,
    dim: int | None = None,
    *,
    rel_error: float | None = None,
    samples: int | None = None,
    seconds: float | None = None,
    level: float = 0.95,
    interval: str = INTERVALS[0],
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    method: str = "auto",
) -> list[Estimate]:
    """Estimate the probability of every index 0..dim, and of a degenerate Hessian (last).

    Parameters and errors are those of :func:`minima_fraction`; ``rel_error`` is that of the most
    probable bin.

    Returns
    -------
    list of Estimate
        dim + 2 of them, which add up to 1.

    Examples
    --------
    >>> import critpoints
    >>> law = critpoints.index_law("goe", 2, samples=100_000)
    >>> [round(estimate.value, 1) for estimate in law]
    [0.1, 0.7, 0.1, 0.0]
    """
    rule = Rule.of(rel_error, samples, seconds, level, interval)
    law = build("ensemble", ensemble, dim)
    estimator = plan(law, "index", method).estimator
    return list(_single(law, estimator, rule, seed, jobs, backend, store))


def sweep(
    ensembles: Sequence[Object],
    dims: str | Iterable[int],
    *,
    event: str = "minima",
    rel_error: float | None = None,
    samples: int | None = None,
    seconds: float | None = None,
    level: float = 0.95,
    interval: str = INTERVALS[0],
    seed: int = 0,
    jobs: int = 1,
    backend: str = "loky",
    store: str | Path | None = None,
    method: str = "auto",
    progress: Progress | None = None,
    planning: Planning | None = None,
    max_memory: int | str | None = None,
) -> pd.DataFrame:
    """Estimate minima (or index laws) of several ensembles across dimensions.

    Parameters are those of :func:`minima_fraction`, and ``max_memory`` that of
    :func:`~critpoints.study.collect.collect`; ``dims`` is a range such as ``"1-8"`` or
    ``"2,4,6"``, or integers, and ``event`` is ``"minima"`` or ``"index"``. ``planning`` is called
    with the number of rows whose method is chosen, that of all, and the next ensemble. The
    pilots behind the choices count in ``seconds``. Rows that must not be trusted are kept with
    status ``unreliable``.

    Returns
    -------
    DataFrame
        A row an ensemble and dimension (and bin): estimate, interval, exact value where it is
        known, the model 3^-d, and the base fitted over the sweep.
    """
    rule, start = Rule.of(rel_error, samples, seconds, level, interval), time.monotonic()
    laws, wanted = several("ensembles", ensembles, (Ensemble,)), parse_dims(dims)
    built = [build("ensemble", e, d) for e in laws for d in wanted]
    precision = rule.rel_error if rule.samples is None else None
    plans = []
    for done, law in enumerate(built):
        if planning is not None:
            planning(done, len(built), law)
        plans.append(plan(law, event, method, precision, rule.seconds))
    rows = [Spec(e, chosen.estimator, seed) for e, chosen in zip(built, plans, strict=True)]
    specs = list({spec.digest: spec for spec in rows}.values())  # goe is beta:beta=1
    why = {spec.digest: chosen.why for spec, chosen in zip(rows, plans, strict=True)}
    outcomes = collect(
        specs, _since(start, rule), store=store, jobs=jobs, backend=backend, progress=progress,
        max_memory=max_memory,
    )  # fmt: skip
    return frame(outcomes, why)


def _since(start: float, rule: Rule) -> Rule:
    """The rule with what is left of its seconds; a first batch of every row is always drawn."""
    if rule.seconds is None:
        return rule
    return replace(rule, seconds=max(1e-9, rule.seconds - (time.monotonic() - start)))


def _single(
    law: Ensemble, estimator: EventEstimator, rule: Rule, seed: int, jobs: int, backend: str,
    store: str | Path | None,
) -> tuple[Estimate, ...]:  # fmt: skip
    """The estimates of one law, or the error that says why not."""
    specs = [Spec(law, estimator, seed)]
    (outcome,) = collect(specs, rule, store=store, jobs=jobs, backend=backend)
    if outcome.error is not None:
        raise outcome.error
    return outcome.estimates
