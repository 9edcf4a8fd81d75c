"""Sampled and exact rows in one frame: a row was sampled if it has a digest."""

from __future__ import annotations

import pandas as pd

_NAMES = {"ensemble": "object", "log10": "log10_exact", "probability": "exact"}
_WHOLE = ("seed", "samples", "dim")


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """Tables of :func:`critpoints.sweep` and :func:`critpoints.exact` below one another.

    Columns of the exact tables take the names that the sampled ones use, and bins of the index
    are text; what a row does not have is missing in it.
    """
    found = pd.concat([frame.rename(columns=_NAMES) for frame in frames], ignore_index=True)
    return found.assign(index=found["index"].map(_bin)) if "index" in found else found


def sampled(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that were sampled."""
    if "digest" not in frame:
        return frame.head(0)
    rows = frame[frame["digest"].notna()]
    return rows.astype({name: "int64" for name in _WHOLE if name in rows})


def computed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are exact."""
    return frame[frame["digest"].isna()] if "digest" in frame else frame


def _bin(value: object) -> str:
    return "" if pd.isna(value) else str(int(value) if isinstance(value, float) else value)  # type: ignore[call-overload]
