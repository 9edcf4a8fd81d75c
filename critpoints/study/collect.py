"""Run batches until every row meets its rule."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.rule import Rule, Stop
from critpoints.study.memory import check_memory, parse_bytes
from critpoints.study.rows import Batch
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.study.workers import Workers, single_threaded_blas
from critpoints.tally import Prefix, Tally, total

CHUNK_SECONDS = 1.0  # how often results are recorded, the clock read and progress shown


@dataclass(frozen=True)
class Outcome:
    """The answer to one row.

    Attributes
    ----------
    spec : Spec
    estimates : tuple of Estimate
    tally : Tally
        What they were computed from.
    seconds : tuple of float
        What each batch took when it was computed.
    complete : bool
        Whether the rule was met.
    error : UnreliableEstimateError or None
        Why the estimates must not be trusted.
    """

    spec: Spec
    estimates: tuple[Estimate, ...]
    tally: Tally
    seconds: tuple[float, ...]
    complete: bool
    error: UnreliableEstimateError | None = None


@dataclass
class Run:
    """One row under way: its unbroken prefix of batches, and where the rule is met."""

    spec: Spec
    rule: Rule
    prefix: Prefix = field(default_factory=Prefix)
    times: list[float] = field(default_factory=list)
    stop: Stop | None = None
    spent: float = 0.0
    drawn: int = 0

    @classmethod
    def resume(cls, spec: Spec, rule: Rule, batches: Sequence[Batch]) -> Run:
        """Begin with what is recorded."""
        run = cls(spec, rule)
        run._take(batches)
        return run

    def extend(self, batches: Sequence[Batch], seconds: float) -> None:
        """Take in the next batches, which took so long together."""
        self.drawn += len(batches)
        self.spent += seconds
        self._take(batches)

    def _take(self, batches: Sequence[Batch]) -> None:
        self.prefix.extend(tally for _, tally, _ in batches)
        self.times.extend(seconds for _, _, seconds in batches)
        spec = self.spec
        self.stop = spec.estimator.stop(self.prefix, spec.batch, spec.source.dim, self.rule)

    @property
    def pace(self) -> float:
        """Seconds per batch, as measured; 0 before the first."""
        return self.spent / self.drawn if self.drawn else 0.0

    @property
    def left(self) -> float:
        """Predicted seconds to the end, ``inf`` when nothing is known."""
        return 0.0 if self.stop else self._remaining() * self.pace if self.drawn else math.inf

    def next(self, jobs: int) -> range:
        """Numbers of the next batches: rounds double, cut to what is needed and to one chunk."""
        done = len(self.prefix)
        size = max(1, done)
        remaining = self._remaining()
        if math.isfinite(remaining):
            known = self.rule.rel_error is None  # a precision is predicted, a number is not
            size = min(size, math.ceil(remaining if known else 1.05 * remaining + 1))
        if self.pace:
            size = min(size, max(jobs, int(CHUNK_SECONDS / self.pace)))
        return range(done, done + max(1, size))

    def outcome(self) -> Outcome:
        """Fold the batches in order, replay the one in which the rule was met, and judge."""
        spec, rule, stop = self.spec, self.rule, self.stop
        whole = len(self.prefix) if stop is None else stop.batches
        parts = [self.prefix.total_of(whole)] if whole else []
        if stop is not None and stop.partial:
            parts.append(spec.replay(stop.batches, stop, self.prefix[stop.batches]))
        error, tally = None, total(parts)
        try:
            estimates = spec.estimator.estimate(tally, rule)
        except UnreliableEstimateError as refused:
            error, estimates = refused, [refused.estimate]
        capped = rule.samples is not None and estimates[0].samples >= rule.samples
        if stop is None or (rule.rel_error is not None and capped):
            estimates = [
                e if e.status == "unreliable" else replace(e, status="incomplete")
                for e in estimates
            ]
        times = tuple(self.times[: whole + len(parts) - bool(whole)])
        return Outcome(spec, tuple(estimates), tally, times, stop is not None, error)

    def _remaining(self) -> float:
        spec = self.spec
        return spec.estimator.remaining(self.prefix, spec.batch, spec.source.dim, self.rule)


Progress = Callable[[Sequence[Run], Run], None]


def collect(
    specs: Sequence[Spec],
    rule: Rule,
    *,
    store: Store | str | Path | None = None,
    jobs: int = 1,
    backend: str = "loky",
    progress: Progress | None = None,
    max_memory: int | str | None = None,
) -> list[Outcome]:
    """Sample every row until ``rule`` is met, or the seconds that all rows share are spent.

    The row that has had the least time goes next, so that cheap rows are finished early and dear
    ones share what is left. Recorded batches are used first. A result is a pure function of
    (spec, rule), whatever ``jobs``, ``backend`` and the state of the store, unless time ended it.

    Parameters
    ----------
    specs : sequence of Spec
    rule : Rule
    store : Store or path-like, optional
        Where batches are kept and taken up again; nowhere by default. What a path names is opened,
        and closed at the end.
    jobs : int
        Worker processes; -1 is one a core.
    backend : str
        ``loky``, ``threading``, or ``dask:scheduler=tcp://host:port``.
    progress : callable, optional
        Called with all runs and the current one after every chunk.
    max_memory : int or str, optional
        Bytes, or text such as ``"2G"``: a row that would take more is refused before any starts.

    Returns
    -------
    list of Outcome
        One a spec, in their order.

    Raises
    ------
    ValueError
        If a row would take more than ``max_memory``; the message says what would fit.
    ChildProcessError, ConnectionError
        If workers, or a cluster, were lost; what was recorded is kept.
    StoreError
        If a recorded batch contradicts a computed one.
    """
    with ExitStack() as stack:
        if store is not None and not isinstance(store, Store):
            store = stack.enter_context(Store(store))
        allowed = None if max_memory is None else parse_bytes("max_memory", max_memory)
        deadline = math.inf if rule.seconds is None else time.monotonic() + rule.seconds
        stack.enter_context(single_threaded_blas())
        workers = Workers(jobs, backend, stack)
        if allowed is not None:
            check_memory(specs, allowed, workers.jobs, workers.kind)
        runs = [
            Run.resume(s, rule, store.batches(s) if store and s.storable else []) for s in specs
        ]
        waiting = [run for run in runs if run.stop is None]
        while waiting:
            run = min(waiting, key=lambda r: r.spent)
            if len(run.prefix) and time.monotonic() >= deadline:
                waiting.remove(run)
                continue
            _advance(run, workers, store)
            if progress is not None:
                progress(runs, run)
            if run.stop is not None:
                waiting.remove(run)
        return [run.outcome() for run in runs]


def _advance(run: Run, workers: Workers, store: Store | None) -> None:
    numbers = run.next(workers.jobs)
    start = time.monotonic()
    batches = workers(run.spec, numbers, run.left)
    if store is not None and run.spec.storable:
        store.put(run.spec, batches)
    run.extend(batches, time.monotonic() - start)
