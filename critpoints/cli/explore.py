"""``critpoints explore``: a page on which functions are explored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from critpoints.cli import options, output

TITLE = "critpoints: which critical points are minima?"


def command(
    landscape: Annotated[
        str | None,
        typer.Option(
            "--landscape",
            "-l",
            metavar="REF",
            help="A sum of waves of two variables (default: torus:degree=1 to 4).",
        ),
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", help="Functions to choose from.")] = 6,
    seed: options.Seed = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the page.")] = Path(
        "explore.html"
    ),
    form: options.FormatOption = options.Format.table,
) -> None:
    """Write an interactive page: a function, all its critical points, a race of optimizers.

    Example: critpoints explore --landscape torus:degree=3 --seed 1
    """
    from critpoints.report import explore  # noqa: PLC0415 - importing it takes a second

    chosen = explore.STANDARD if landscape is None else {landscape: landscape}
    text = explore.render(TITLE, chosen, draws=draws, seed=seed)
    out.write_text(text, encoding="utf-8")
    where = str(out.resolve())
    output.say({"page": where}, form, where)
