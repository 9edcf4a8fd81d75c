"""What ``minima`` and ``index`` have in common: sample, print, and say how it ended."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from critpoints.cli import output, progress
from critpoints.cli.options import Format

if TYPE_CHECKING:
    import pandas as pd

LONGER = "raise --seconds or --rel-error; the same command goes on where it stopped"
"""What to do where the precision asked for was not reached."""


def sample(
    event: str,
    form: Format,
    columns: Sequence[str],
    store: str | None,
    log_json: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Run a sweep under a progress bar and print its records."""
    from critpoints.study.sweep import sweep  # noqa: PLC0415 - importing it takes a second

    with progress.bar(log_json) as show:
        frame = sweep(
            event=event,
            store=default_store() if store is None else store,
            progress=show,
            planning=show.planning,
            **options,
        )
    output.write(frame.to_dict("records"), form, columns)  # type: ignore[arg-type]
    return frame


def finish(frame: pd.DataFrame) -> int:
    """Exit status: 3, with a line for every row, if any must not be taken as they are.

    The line says what is wrong and what to do. An index law is judged by its most probable bin;
    its rare bins carry their own status.
    """
    frame = frame.loc[frame.groupby(["object", "dim"], sort=False)["estimate"].idxmax()]
    bad = frame[frame["status"].isin(["unreliable", "incomplete"])]
    if bad.empty:
        return 0
    for row in bad.to_dict("records"):
        advice = row["doubt"] if row["status"] == "unreliable" else LONGER
        name = f"{row['object']} d={row['dim']} {row['status']}"
        print(f"critpoints: {name}: {advice}", file=sys.stderr)
    return 3


def default_store() -> Path:
    """The store of the command line, in the user's cache directory."""
    import platformdirs  # noqa: PLC0415

    return Path(platformdirs.user_cache_dir("critpoints", appauthor=False)) / "store.sqlite"
