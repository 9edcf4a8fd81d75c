"""A progress bar on stderr, silent when nobody watches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from critpoints.tally import total

if TYPE_CHECKING:
    from critpoints.study.collect import Run


@contextmanager
def bar() -> Iterator[Callable[[Sequence[Run], Run], None]]:
    """Yield a callback for :func:`~critpoints.study.collect.collect`."""
    from rich.console import Console  # noqa: PLC0415 - only when it is shown
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (BarColumn(20), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("")

        def show(runs: Sequence[Run], run: Run) -> None:
            done = sum(r.stop is not None for r in runs)
            text = describe(run) if not progress.disable else ""
            progress.update(task, total=len(runs), completed=done, description=text)

        yield show


def describe(run: Run) -> str:
    """Name, batches, samples, hits or estimate with interval, rate, and time left."""
    spec, batches = run.spec, len(run.prefix)
    samples = batches * spec.batch
    rate = spec.batch / run.pace if run.pace else 0.0
    best = spec.estimator.preview(total(run.prefix), run.rule)
    left = f"{run.left:.0f} s left" if math.isfinite(run.left) else "time left unknown"
    hits = "" if best.hits is None else f", {best.hits} hits"
    return (
        f"{spec.ref} d={spec.ensemble.dim}: {batches} batches, {samples:.3g} samples{hits}, "
        f"{best.value:.3g} [{best.low:.3g}, {best.high:.3g}], {rate:.3g}/s, {left}"
    )
