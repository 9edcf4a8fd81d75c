"""``critpoints depth``: how signal and gradient vanish or explode with depth."""

from __future__ import annotations

from typing import Annotated

import typer

from critpoints.cli import options, output, progress, sampling

POWER_COLUMNS = ("n", "y", "dy_da", "dy_db", "log10_y", "log10_dy_da", "log10_dy_db")
PRODUCT_COLUMNS = (
    "object", "dim", "n", "quantity", "k", "mean", "low", "high", "exact", "z", "samples",
    "alive", "variance", "exact_variance",
)  # fmt: skip


def command(
    a: Annotated[
        float | None, typer.Option("--a", help="First diagonal entry of W in h = W^n x.")
    ] = None,
    b: Annotated[float | None, typer.Option("--b", help="Second diagonal entry of W.")] = None,
    n: Annotated[str, typer.Option("--n", metavar="N|1-60", help="Numbers of layers.")] = "1-60",
    product: Annotated[
        list[str] | None,
        typer.Option(
            "--product",
            "-p",
            metavar="REF",
            help="Random layers instead: ginibre, orthogonal, he-relu, …; repeat for several.",
        ),
    ] = None,
    dims: Annotated[str, typer.Option(metavar="1-8|2,4,6", help="Widths of random layers.")] = "4",
    samples: Annotated[int, typer.Option(metavar="N", help="Random networks a row.")] = 10_000,
    exponents: Annotated[
        bool, typer.Option("--exponents", help="Lyapunov exponents instead of norms.")
    ] = False,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    jobs: options.Jobs = -1,
    backend: options.Backend = "loky",
    scheduler: options.Scheduler = None,
    max_memory: options.MaxMemory = None,
    log_json: options.LogJson = None,
    store: options.StoreFile = None,
    form: options.FormatOption = options.Format.table,
) -> None:
    """Powers y = a^n x1 + b^n x2 and their gradients, or products of random layers.

    Examples: critpoints depth --a 1 --b 2 --n 1-60;
    critpoints depth --product ginibre --product he-relu --dims 4 --n 100
    """
    from critpoints.study.depth import parse_layers, powers, products  # noqa: PLC0415

    layers = parse_layers(n)
    if (product is None) == (a is None or b is None):
        raise ValueError("give either --a and --b, or --product")
    if product is None:
        output.write(powers(a, b, layers), form, POWER_COLUMNS)  # type: ignore[arg-type]
        return
    if a is not None or b is not None:
        raise ValueError("--a and --b belong to powers, not to --product")
    wanted = [f"{p}{',' if ':' in p else ':'}n={count}" for p in product for count in layers]
    with progress.bar(log_json) as show:
        frame = products(
            wanted, dims, samples=samples, quantity="exponents" if exponents else "norms",
            level=level, seed=seed, jobs=jobs,
            backend=options.on(backend, scheduler), max_memory=max_memory,
            store=sampling.default_store() if store is None else store, progress=show,
        )  # fmt: skip
    output.write(frame.to_dict("records"), form, PRODUCT_COLUMNS)  # type: ignore[arg-type]
