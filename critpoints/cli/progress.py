"""A progress bar on stderr, silent when nobody watches, and JSON lines for machines."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from critpoints.protocols import Ensemble
    from critpoints.study.collect import Run


@dataclass(frozen=True)
class Shown:
    """What a bar shows while rows are sampled, and before that while their methods are chosen."""

    runs: Callable[[Sequence[Run], Run], None]
    planning: Callable[[int, int, Ensemble], None]

    def __call__(self, runs: Sequence[Run], run: Run) -> None:
        """Show rows under way."""
        self.runs(runs, run)


@contextmanager
def bar(log_json: str | None = None) -> Iterator[Shown]:
    """Yield a callback for :func:`~critpoints.study.collect.collect`.

    Parameters
    ----------
    log_json : str, optional
        File that gets a JSON object a line after every chunk; ``-`` is stderr.
    """
    from rich.console import Console  # noqa: PLC0415 - only when it is shown
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True, markup=False, emoji=False)
    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with (
        _log(log_json) as log,
        Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        ) as progress,
    ):
        task = progress.add_task("")

        def show(runs: Sequence[Run], run: Run) -> None:
            done = sum(r.stop is not None for r in runs)
            text = describe(run) if not progress.disable else ""
            if log is not None:
                print(json.dumps(facts(runs, run), ensure_ascii=False), file=log, flush=True)
            progress.update(task, total=len(runs), completed=done, description=text)

        def choosing(done: int, rows: int, ensemble: Ensemble) -> None:
            text = f"choosing a method: {type(ensemble).__name__} d={ensemble.dim}"
            progress.update(task, total=rows, completed=done, description=text)

        yield Shown(show, choosing)


@contextmanager
def _log(log_json: str | None) -> Iterator[TextIO | None]:
    with ExitStack() as stack:
        if log_json is None or log_json == "-":
            yield None if log_json is None else sys.stderr
        else:
            yield stack.enter_context(Path(log_json).open("w", encoding="utf-8"))


def facts(runs: Sequence[Run], run: Run) -> dict[str, Any]:
    """What a line of the log says: where the row is, and how many rows are done.

    ``monotonic`` is a clock that never goes back, of no fixed origin; the time of day is left out.
    """
    spec = run.spec
    best = spec.estimator.preview(run.prefix.total, run.rule)
    found = {
        "object": spec.ref,
        "dim": spec.source.dim,
        "method": spec.estimator.method,
        "digest": spec.digest,
        "batches": len(run.prefix),
        "samples": len(run.prefix) * spec.batch,
        "hits": best.hits,
        "log10_estimate": best.log10_value,
        "log10_low": best.log10_low,
        "log10_high": best.log10_high,
        "samples_per_second": spec.batch / run.pace if run.pace else None,
        "seconds_left": run.left,
        "done": run.stop is not None,
        "rows": len(runs),
        "rows_done": sum(r.stop is not None for r in runs),
        "monotonic": time.monotonic(),
    }
    return {k: None if _infinite(v) else v for k, v in found.items()}


def _infinite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def describe(run: Run) -> str:
    """Name, batches, samples, hits or estimate with interval, rate, and time left."""
    spec, batches = run.spec, len(run.prefix)
    samples = batches * spec.batch
    rate = spec.batch / run.pace if run.pace else 0.0
    best = spec.estimator.preview(run.prefix.total, run.rule)
    left = f"{run.left:.0f} s left" if math.isfinite(run.left) else "time left unknown"
    hits = "" if best.hits is None else f", {best.hits} hits"
    return (
        f"{spec.ref} d={spec.source.dim}: {batches} batches, {samples:.3g} samples{hits}, "
        f"{best.value:.3g} [{best.low:.3g}, {best.high:.3g}], {rate:.3g}/s, {left}"
    )
