"""What tells one object from another: colours that the colour-blind can tell apart, and markers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

REFERENCE = "#7d838c"
"""Grey of the models: legible on white and on black."""

_COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
    "#882255", "#999933", "#6a5acd", "#a5673f", "#44aa99", "#c44e6b",
)  # fmt: skip
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h", "p", "*")


@dataclass(frozen=True)
class Mark:
    """Colour, marker and sideways shift (so that points at one d do not hide each other)."""

    color: str
    marker: str
    shift: float


def marks(names: Iterable[str], spread: float = 0.0) -> dict[str, Mark]:
    """A mark for every name, in order; shifts fill ±spread/2."""
    found = list(dict.fromkeys(names))
    step = spread / max(1, len(found) - 1)
    return {
        name: Mark(
            _COLOURS[i % len(_COLOURS)],
            _MARKERS[(i + i // len(_COLOURS)) % len(_MARKERS)],
            (i - (len(found) - 1) / 2) * step,
        )
        for i, name in enumerate(found)
    }


def log_scale(ax: Axes, *axes: str) -> None:
    """Logarithmic ``"x"`` or ``"y"`` axes, where anything that can be shown on them is drawn."""
    shown = {"x": ax.dataLim.minposx, "y": ax.dataLim.minposy}
    for axis in axes:
        if np.isfinite(shown[axis]):
            ax.set(**{f"{axis}scale": "log"})


def measured(
    ax: Axes, x: ArrayLike, y: ArrayLike, low: ArrayLike, high: ArrayLike, mark: Mark, **style: Any
) -> None:
    """Draw points with their intervals; an end that is not finite is left out.

    ``style`` is what :meth:`~matplotlib.axes.Axes.errorbar` takes, over the common look.
    """
    height, ends = np.asarray(y, dtype=float), np.array([low, high], dtype=float)
    error = np.where(np.isfinite(ends), np.abs(ends - height), 0.0)
    common: dict[str, Any] = {"fmt": mark.marker, "color": mark.color, "ms": 5, "capsize": 2}
    ax.errorbar(x, height, yerr=error, **(common | style))
