"""``critpoints index``: the law of the number of negative eigenvalues."""

from __future__ import annotations

import typer

from critpoints.cli import options, sampling

COLUMNS = (
    "object", "dim", "index", "estimate", "low", "high", "status", "exact", "z", "method",
    "samples", "hits",
)  # fmt: skip


def command(
    ensemble: options.Ensembles,
    dims: options.Dims,
    rel_error: options.RelError = None,
    samples: options.Samples = None,
    seconds: options.Seconds = None,
    level: options.Level = 0.95,
    interval: options.Interval = "clopper-pearson",
    seed: options.Seed = 0,
    jobs: options.Jobs = -1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    max_memory: options.MaxMemory = None,
    log_json: options.LogJson = None,
    store: options.StoreFile = None,
    method: options.Method = "auto",
    form: options.FormatOption = options.Format.table,
) -> None:
    """Estimate the probability of every index; --rel-error is that of the most probable one.

    Example: critpoints index --ensemble isotropic --dims 4 --samples 100000
    """
    frame = sampling.sample(
        "index", form, COLUMNS, store, ensembles=ensemble, dims=dims, rel_error=rel_error,
        samples=samples, seconds=seconds, level=level, interval=interval, seed=seed,
        jobs=jobs, backend=options.on(backend, scheduler), max_memory=max_memory,
        log_json=log_json, method=method,
    )  # fmt: skip
    raise typer.Exit(sampling.finish(frame))
