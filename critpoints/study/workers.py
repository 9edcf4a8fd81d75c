"""Who runs the batches: this process, a pool of its own, or a cluster. The only user of joblib."""

from __future__ import annotations

import importlib
import os
import re
import signal
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from multiprocessing import resource_tracker
from typing import Any, ClassVar

import joblib
import threadpoolctl

from critpoints.study.rows import Batch
from critpoints.study.spec import Spec
from critpoints.validation import choice, integer

BACKENDS = ("loky", "threading", "dask")
SHARES = 2  # a task is this part of a worker's share of what is left in the chunk …
FINEST = 32  # … and never less than this part of its share of the whole, so tasks stay few
ORPHAN_SECONDS = 1.0  # how often a worker looks whether its parent is still there
POOL_SECONDS = 1.0  # less work than this is done before a pool has started
CONNECT_SECONDS = 20
_SCHEDULER = "dask:scheduler="


class Workers:
    """Runs batches here while the work is small, in a pool that starts when it is not.

    Parameters
    ----------
    jobs : int
        Workers; -1 is one a core (of the cluster, under dask).
    backend : str
        ``loky`` (processes), ``threading``, or ``dask:scheduler=tcp://host:port``.
    stack : ExitStack
        Closes the pool.
    """

    def __init__(self, jobs: int, backend: str, stack: ExitStack) -> None:
        self.kind, self._scheduler = check_backend(backend)
        self._client: Any = self._connect(stack) if self.kind == "dask" else None
        self.jobs = check_jobs(jobs) if self._client is None else self._cluster_jobs(jobs)
        # loky replaces workers that have grown, as JAX makes them when it compiles
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
        self._held = stack.enter_context(ExitStack())
        self._pool: Any = None

    def __call__(self, spec: Spec, numbers: Sequence[int], left: float) -> list[Batch]:
        """The batches, in order; ``left`` seconds of work are left in their row."""
        here = self._client is None and (self.jobs == 1 or len(numbers) == 1)
        if here or (self._pool is None and left < POOL_SECONDS):
            return run_batches(spec, numbers)
        try:
            return self._spread(spec, numbers)
        except BrokenExecutor:  # a worker was killed
            return self._again(spec, numbers)

    def _again(self, spec: Spec, numbers: Sequence[int]) -> list[Batch]:
        """Once more in a new pool: the old one may still hand out results of the broken call."""
        self._close()
        try:
            return self._spread(spec, numbers)
        except BrokenExecutor as error:
            self._close()
            raise ChildProcessError(
                "workers were killed twice, by the system if memory is short; what was recorded "
                "is kept: run the same command again, with fewer --jobs if memory is short"
            ) from error

    def _open(self) -> None:
        options = {} if self._client is None else {"client": self._client}
        self._held.enter_context(joblib.parallel_config(self.kind, **options))
        self._pool = self._held.enter_context(joblib.Parallel(self.jobs, batch_size=1))
        if self.kind == "loky":
            with _interrupts_held():
                self._pool(joblib.delayed(int)() for _ in range(self.jobs))

    def _close(self) -> None:
        self._held.close()
        self._pool = None

    def _spread(self, spec: Spec, numbers: Sequence[int]) -> list[Batch]:
        if self._pool is None:
            self._open()
        work = partial(run_with, os.getpid()) if self.kind == "loky" else run_batches
        tasks = (joblib.delayed(work)(spec, strip) for strip in strips(numbers, self.jobs))
        found = self._pool(tasks) if self._client is None else self._on_cluster(tasks)
        batches = sorted((batch for strip in found for batch in strip), key=lambda batch: batch[0])
        if [number for number, _, _ in batches] != sorted(numbers):
            raise ChildProcessError(
                f"workers returned other batches than the {len(numbers)} that they were given; "
                "what was recorded is kept: run the same command again"
            )
        return batches

    def _on_cluster(self, tasks: Iterator[Any]) -> Any:
        """Tasks of a worker that dies run on another; only the cluster itself can be lost."""
        lost: Any = importlib.import_module("distributed").KilledWorker
        try:
            return self._pool(tasks)
        except (CancelledError, OSError, lost) as error:
            raise ConnectionError(
                f"the cluster of scheduler {self._scheduler!r} was lost; what was recorded is "
                f"kept: run the same command again ({type(error).__name__})"
            ) from error

    def _connect(self, stack: ExitStack) -> Any:
        try:
            distributed: Any = importlib.import_module("distributed")  # an optional extra
        except ImportError as error:
            raise ValueError(
                "backend 'dask' needs: pip install '.[dask]' in a checkout of critpoints"
            ) from error
        try:
            client = distributed.Client(
                self._scheduler, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise ValueError(f"scheduler {self._scheduler!r} does not answer: {error}") from error
        stack.callback(client.close)
        return client

    def _cluster_jobs(self, jobs: int) -> int:
        there: int = sum(self._client.nthreads().values())
        if not there:
            raise ValueError(f"scheduler {self._scheduler!r} has no workers")
        return there if _checked(jobs) == -1 else min(jobs, there)


def check_backend(backend: str) -> tuple[str, str | None]:
    """Kind of backend, and the scheduler's address under dask."""
    if isinstance(backend, str) and backend.startswith(_SCHEDULER):
        address = backend.removeprefix(_SCHEDULER)
        if not re.fullmatch(r"(tcp|tls|ucx|wss?)://[^\s/]+(:\d+)?/?", address):
            raise ValueError(f"backend: scheduler must be like tcp://host:port, got {address!r}")
        return "dask", address
    if choice("backend", backend, BACKENDS) == "dask":
        raise ValueError(f"backend 'dask' needs an address: {_SCHEDULER}tcp://host:port")
    return backend, None


def check_jobs(jobs: int) -> int:
    """Turn -1 into the number of cores; 0 and below -1 are refused."""
    return joblib.cpu_count() if _checked(jobs) == -1 else jobs


def _checked(jobs: int) -> int:
    if integer("jobs", jobs, low=-1) == 0:
        raise ValueError("jobs must be at least 1, or -1 for one a core, got 0")
    return jobs


def strips(numbers: Sequence[int], jobs: int) -> list[Sequence[int]]:
    """Numbers cut into tasks that grow smaller, so that no worker waits long for the last.

    References
    ----------
    Polychronopoulos and Kuck (1987), Guided self-scheduling, IEEE Trans. Comput. 36, 1425.
    """
    found: list[Sequence[int]] = []
    least = max(1, len(numbers) // (FINEST * jobs))
    while len(numbers):
        size = max(least, len(numbers) // (SHARES * jobs))
        found.append(numbers[:size])
        numbers = numbers[size:]
    return found


def run_with(parent: int, spec: Spec, numbers: Sequence[int]) -> list[Batch]:
    """:func:`run_batches` in a process that ends soon after its parent, also if that is killed."""
    _watch(parent)
    return run_batches(spec, numbers)


@lru_cache
def _watch(parent: int) -> None:
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def run_batches(spec: Spec, numbers: Sequence[int]) -> list[Batch]:
    """All that a worker does: some batches on one BLAS thread, told apart by their numbers."""
    with single_threaded_blas():
        return [_timed(spec, number) for number in numbers]


def _timed(spec: Spec, number: int) -> Batch:
    start = time.perf_counter()
    tally = spec.run(number)
    return number, tally, time.perf_counter() - start


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold SIGINT back; processes started meanwhile never see it, so that one process answers."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it starts now, and lets the signal through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
