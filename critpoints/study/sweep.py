"""The questions as functions: one ensemble, one law, or a whole table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from critpoints import refs
from critpoints.ensembles import ENSEMBLES
from critpoints.estimate import Estimate
from critpoints.protocols import Ensemble
from critpoints.rule import INTERVALS, Rule
from critpoints.study.collect import Outcome, Progress, collect
from critpoints.study.frame import frame
from critpoints.study.plan import plan
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.validation import integer

MAX_DIM = 2000
Object = str | Ensemble | type[Ensemble]


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
    method : {"auto", "plain", "sieve", "identity", "determinant"}

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
    rule = Rule.of(rel_error, samples, seconds, level, interval)
    specs = [Spec(build(ensemble, dim), plan(build(ensemble, dim), "minima", method), seed)]
    return _single(specs, rule, jobs, backend, store).estimates[0]


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

    Parameters are those of :func:`minima_fraction`; ``rel_error`` is that of the most probable
    bin.
    """
    rule = Rule.of(rel_error, samples, seconds, level, interval)
    specs = [Spec(build(ensemble, dim), plan(build(ensemble, dim), "index", method), seed)]
    return list(_single(specs, rule, jobs, backend, store).estimates)


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
) -> pd.DataFrame:
    """Estimate minima (or index laws) of several ensembles across dimensions.

    Parameters are those of :func:`minima_fraction`; ``dims`` is a range such as ``"1-8"`` or
    ``"2,4,6"``, or integers, and ``event`` is ``"minima"`` or ``"index"``. Rows that must not be
    trusted are kept with status ``unreliable``.

    Returns
    -------
    DataFrame
        A row an ensemble and dimension (and bin): estimate, interval, exact value where it is
        known, the model 3^-d, and the base fitted over the sweep.
    """
    rule = Rule.of(rel_error, samples, seconds, level, interval)
    if isinstance(ensembles, str | Ensemble | type):
        ensembles = [ensembles]
    if not ensembles:
        raise ValueError("ensembles must name at least one ensemble, got none")
    wanted = parse_dims(dims)
    built = [build(e, d) for e in ensembles for d in wanted]
    rows = [Spec(e, plan(e, event, method), seed) for e in built]
    specs = list({spec.digest: spec for spec in rows}.values())  # goe is beta:beta=1
    with Store(store) as kept:
        return frame(
            collect(specs, rule, store=kept, jobs=jobs, backend=backend, progress=progress)
        )


def build(ensemble: Object, dim: int | None) -> Ensemble:
    """Make an ensemble of dimension ``dim`` from a reference, an instance or a class."""
    if isinstance(ensemble, Ensemble):
        return ensemble if dim is None else replace(ensemble, dim=check_dim(dim))  # type: ignore[type-var]
    if dim is None:
        raise TypeError(f"dim is needed with {ensemble!r}")
    made = _factory(ensemble)(check_dim(dim))
    if not isinstance(made, Ensemble):
        raise TypeError(f"ensemble {ensemble!r} is not a subclass of critpoints.Ensemble")
    return made


def parse_dims(dims: str | Iterable[int]) -> list[int]:
    """Dimensions from ``"1-8"``, ``"2,4,6"`` or integers, without repeats, in the order given.

    Raises
    ------
    ValueError, TypeError
        If one is not an integer in 1..2000, or a range runs backwards.
    """
    if isinstance(dims, str):
        found = [d for part in dims.split(",") for d in _range(part, dims)]
    else:
        found = [check_dim(d) for d in (dims if isinstance(dims, Iterable) else [dims])]
    if not found:
        raise ValueError("dims must name at least one dimension, got none")
    return list(dict.fromkeys(found))


def check_dim(dim: int) -> int:
    """Refuse what is not an integer in 1..2000."""
    return integer("dims", dim, low=1, high=MAX_DIM)


def _range(part: str, text: str) -> range:
    first, dash, last = part.strip().partition("-")
    if not part.isascii() or not first.isdigit() or (dash and not last.isdigit()):
        raise ValueError(
            f"dims must be like 1-8 or 2,4,6 with integers in 1..{MAX_DIM}, got {text!r}"
        )
    low = check_dim(int(first))
    high = check_dim(int(last)) if dash else low
    if high < low:
        raise ValueError(f"dims must run upwards, got {text!r}")
    return range(low, high + 1)


def _factory(ensemble: str | type[Ensemble]) -> Callable[[int], object]:
    if isinstance(ensemble, type):
        return ensemble
    return refs.parse(ensemble, ENSEMBLES, "ensemble")


def _single(
    specs: list[Spec], rule: Rule, jobs: int, backend: str, store: str | Path | None
) -> Outcome:
    with Store(store) as kept:
        (outcome,) = collect(specs, rule, store=kept, jobs=jobs, backend=backend)
    if outcome.error is not None:
        raise outcome.error
    return outcome
