"""What the tests of survival kill and starve: runs in processes of their own.

They are forked from a clean server, never from the test's own process, whose threads and
libraries a fork would not survive.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from critpoints.ensembles import GaussianEnsemble, Wigner
from critpoints.errors import StoreError
from critpoints.estimators import Proportion
from critpoints.rule import Rule
from critpoints.study.collect import Run, collect
from critpoints.study.spec import Spec
from critpoints.study.store import Store

SPECS = [
    Spec(GaussianEnsemble(3), Proportion("minima"), seed=1, batch=16),
    Spec(Wigner(2, "uniform"), Proportion("index", "dense"), seed=1, batch=4),
]
RULE = Rule(None, 1000, None)
CHUNK = 4  # batches recorded at once: a kill then falls between, and into, many transactions
KEPT, LOST = 7, 8  # exit statuses of a starved run
HEARING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background hears none
from critpoints.cli import main
main()
"""
"""The command line as a program that hears interrupts, also where its parent does not."""


def sample(path: Path, jobs: int = 1) -> None:
    """The whole run."""
    with Store(path) as store:
        collect(SPECS, RULE, store=store, jobs=jobs)


def in_small_chunks(path: Path) -> None:
    """The whole run, recorded a few batches at a time."""
    Run.next = small_chunk  # type: ignore[method-assign]
    sample(path)


def starved(path: Path) -> None:
    """The whole run where no file may grow beyond 16 KiB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**14, resource.RLIM_INFINITY))
    try:
        sample(path)
    except StoreError as error:
        os._exit(KEPT if "what was recorded is kept" in str(error) else LOST)


def started(work: Callable[[Path], None], path: Path) -> ForkServerProcess:
    """A process that does ``work`` on ``path``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=(path,))
    process.start()
    return process


def small_chunk(run: Run, _: int) -> range:
    """In place of :meth:`Run.next`: a few batches."""
    done = len(run.prefix)
    return range(done, min(done + CHUNK, math.ceil(1000 / run.spec.batch)))
