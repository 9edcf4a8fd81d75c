"""``critpoints minima``: the fraction of critical points that are minima."""

from __future__ import annotations

import typer

from critpoints.cli import chart, options, sampling

COLUMNS = (
    "object", "dim", "estimate", "low", "high", "status", "exact", "z", "model_third", "z_third",
    "method", "samples", "hits", "log10_estimate", "log10_ratio_third", "why",
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
    plot: options.Plot = False,
) -> None:
    """Estimate the fraction of critical points that are minima, beside 1/3^d.

    Example: critpoints minima --ensemble goe --ensemble isotropic --dims 1-6
    """
    frame = sampling.sample(
        "minima", form, COLUMNS, store, ensembles=ensemble, dims=dims, rel_error=rel_error,
        samples=samples, seconds=seconds, level=level, interval=interval, seed=seed,
        jobs=jobs, backend=options.on(backend, scheduler), max_memory=max_memory,
        log_json=log_json, method=method,
    )  # fmt: skip
    if form is options.Format.table:
        from critpoints.study.frame import describe_bases  # noqa: PLC0415

        for sentence in describe_bases(frame):
            typer.echo(sentence)
        if plot:
            shown = chart.chart(frame.to_dict("records"), name="object", value="log10_estimate")  # type: ignore[arg-type]
            typer.echo("\n".join(shown))
    raise typer.Exit(sampling.finish(frame))
