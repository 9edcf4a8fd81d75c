"""Run batches until every row meets its rule: the only module that knows joblib."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import joblib
import threadpoolctl

from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.rule import Rule, Stop
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Tally, total
from critpoints.validation import choice, integer

BACKENDS = ("loky", "threading")
CHUNK_SECONDS = 0.5  # how often results are recorded, the clock read and progress shown
STRIPS = 8  # tasks a worker and chunk: enough for balance, few enough to cost nothing
POOL_SECONDS = 1.0  # less work than this is done before a pool has started


@dataclass(frozen=True)
class Outcome:
    """The answer to one row: its estimates, and why they must not be trusted if so."""

    spec: Spec
    estimates: tuple[Estimate, ...]
    error: UnreliableEstimateError | None = None


@dataclass
class Run:
    """One row under way: its unbroken prefix of batches, and where the rule is met."""

    spec: Spec
    rule: Rule
    prefix: list[Tally]
    stop: Stop | None = None
    spent: float = 0.0
    drawn: int = field(default=0)

    def __post_init__(self) -> None:
        self._judge()

    def extend(self, tallies: Sequence[Tally], seconds: float) -> None:
        """Take in the next batches."""
        self.prefix.extend(tallies)
        self.drawn += len(tallies)
        self.spent += seconds
        self._judge()

    @property
    def pace(self) -> float:
        """Seconds a batch, as measured; 0 before the first."""
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
            size = min(size, math.ceil(1.05 * remaining) + 1)
        if self.pace:
            size = min(size, max(jobs, int(CHUNK_SECONDS / self.pace)))
        return range(done, done + max(1, size))

    def outcome(self) -> Outcome:
        """Fold the batches in order, replay the one in which the rule was met, and judge."""
        spec, rule, stop = self.spec, self.rule, self.stop
        whole = self.prefix if stop is None else self.prefix[: stop.batches]
        part = []
        if stop is not None and stop.partial:
            part.append(spec.replay(stop.batches, stop, self.prefix[stop.batches]))
        error = None
        try:
            estimates = spec.estimator.estimate(total([*whole, *part]), rule)
        except UnreliableEstimateError as refused:
            error, estimates = refused, [refused.estimate]
        capped = rule.samples is not None and estimates[0].samples >= rule.samples
        if stop is None or (rule.rel_error is not None and capped):
            estimates = [
                e if e.status == "unreliable" else replace(e, status="incomplete")
                for e in estimates
            ]
        return Outcome(spec, tuple(estimates), error)

    def _judge(self) -> None:
        spec = self.spec
        self.stop = spec.estimator.stop(self.prefix, spec.batch, spec.ensemble.dim, self.rule)

    def _remaining(self) -> float:
        spec = self.spec
        return spec.estimator.remaining(self.prefix, spec.batch, spec.ensemble.dim, self.rule)


Progress = Callable[[Sequence[Run], Run], None]


def collect(
    specs: Sequence[Spec],
    rule: Rule,
    *,
    store: Store | None = None,
    jobs: int = 1,
    backend: str = "loky",
    progress: Progress | None = None,
) -> list[Outcome]:
    """Sample every row until ``rule`` is met, or the seconds that all rows share are spent.

    The row that has had the least time goes next, so that cheap rows are finished early and dear
    ones share what is left. Recorded batches are used first. A result is a pure function of
    (spec, rule), whatever ``jobs``, ``backend`` and the state of the store, unless time ended it.

    Parameters
    ----------
    specs : sequence of Spec
    rule : Rule
    store : Store, optional
        Where batches are kept; in memory by default.
    jobs : int
        Worker processes; -1 is one a core.
    backend : {"loky", "threading"}
    progress : callable, optional
        Called with all runs and the current one after every chunk.

    Raises
    ------
    StoreError
        If a recorded batch contradicts a computed one.
    """
    jobs = check_jobs(jobs)
    choice("backend", backend, BACKENDS)
    deadline = math.inf if rule.seconds is None else time.monotonic() + rule.seconds
    with ExitStack() as stack:
        stack.enter_context(single_threaded_blas())
        workers = Workers(jobs, backend, stack)
        runs = [Run(s, rule, store.prefix(s) if store and s.storable else []) for s in specs]
        waiting = [run for run in runs if run.stop is None]
        while waiting:
            run = min(waiting, key=lambda r: r.spent)
            if run.prefix and time.monotonic() >= deadline:
                waiting.remove(run)
                continue
            _advance(run, workers, store)
            if progress is not None:
                progress(runs, run)
            if run.stop is not None:
                waiting.remove(run)
        return [run.outcome() for run in runs]


def check_jobs(jobs: int) -> int:
    """Turn -1 into the number of cores; 0 and below -1 are refused."""
    if integer("jobs", jobs, low=-1) == 0:
        raise ValueError("jobs must be at least 1, or -1 for one a core, got 0")
    return joblib.cpu_count() if jobs == -1 else jobs


class Workers:
    """Runs batches here while the work is small, in a pool that starts when it is not."""

    def __init__(self, jobs: int, backend: str, stack: ExitStack) -> None:
        self.jobs, self._backend, self._stack = jobs, backend, stack
        self._pool: Any = None

    def __call__(self, run: Run, numbers: range) -> list[Tally]:
        """Tallies of the batches, in order."""
        here = self.jobs == 1 or len(numbers) == 1
        if here or (self._pool is None and run.left < POOL_SECONDS):
            return [run_batch(run.spec, k) for k in numbers]
        if self._pool is None:
            pool = joblib.Parallel(self.jobs, backend=self._backend, batch_size=1)
            self._pool = self._stack.enter_context(pool)
        strips = [numbers[i :: STRIPS * self.jobs] for i in range(STRIPS * self.jobs)]
        found = self._pool(joblib.delayed(run_batches)(run.spec, strip) for strip in strips)
        tallies = dict(pair for strip in found for pair in strip)
        return [tallies[k] for k in numbers]


def run_batch(spec: Spec, number: int) -> Tally:
    """One batch, on one BLAS thread."""
    with single_threaded_blas():
        return spec.run(number)


def run_batches(spec: Spec, numbers: range) -> list[tuple[int, Tally]]:
    """All that a worker does: some batches, told apart by their numbers."""
    with single_threaded_blas():
        return [(k, spec.run(k)) for k in numbers]


class _Pin:
    """How many are inside; the first limits BLAS to one thread and the last restores it."""

    lock: ClassVar[threading.Lock] = threading.Lock()
    depth: ClassVar[int] = 0
    limit: ClassVar[Any] = None


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Limit BLAS to one thread in this process; re-entrant, also across threads."""
    with _Pin.lock:
        if _Pin.depth == 0:
            _Pin.limit = _controller().limit(limits=1)
        _Pin.depth += 1
    try:
        yield
    finally:
        with _Pin.lock:
            _Pin.depth -= 1
            if _Pin.depth == 0:
                _Pin.limit.restore_original_limits()


@lru_cache(maxsize=1)
def _controller() -> Any:
    return threadpoolctl.ThreadpoolController()


def _advance(run: Run, workers: Workers, store: Store | None) -> None:
    numbers = run.next(workers.jobs)
    start = time.monotonic()
    tallies = workers(run, numbers)
    if store is not None and run.spec.storable:
        store.put(run.spec, zip(numbers, tallies, strict=True))
    run.extend(tallies, time.monotonic() - start)
