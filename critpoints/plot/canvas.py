"""Figures without pyplot, and files that come out the same byte for byte."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

INK = "#1b1f24"
"""Colour of text and axes; in a page it becomes the colour of the page's text."""

_STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "font.family": ["DejaVu Sans"],  # ships with matplotlib: alike on every machine
    "svg.hashsalt": "critpoints",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}


def draw(paint: Callable[[Figure], object], size: tuple[float, float]) -> Figure:
    """Make a figure of ``size`` inches and paint it; the style ends with the call.

    It is laid out here, once for all files.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
        figure.set_layout_engine("none")
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write SVG, PNG or PDF by the ending of ``path``, without dates or random ids."""
    path.write_bytes(_render(figure, path.suffix.removeprefix(".")))
    return path


def png_size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG file in pixels, from its header."""
    header = path.read_bytes()[16:24]
    return int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")


def inline_svg(figure: Figure, prefix: str) -> str:
    """An ``<svg>`` element for a page: no prolog, no metadata, ink in the page's text colour.

    Every id gets the prefix, so that two figures on a page do not share any.
    """
    return inlined(_render(figure, "svg").decode(), prefix)


def inlined(text: str, prefix: str) -> str:
    """The same from the text of an SVG file that :func:`save` has written."""
    text = text.replace(_PAPER, "", 1)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    return text[text.index("<svg") :].replace(INK, "currentColor")


_PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'
"""Behind the figure in a file; in a page it is the page's own."""


def _render(figure: Figure, kind: str) -> bytes:
    buffer, svg = io.BytesIO(), kind == "svg"
    with mpl.rc_context(_STYLE), _quiet_fonts():
        figure.savefig(buffer, format=kind, dpi=160, transparent=svg, metadata=_METADATA[kind])
    if svg:
        return re.sub(rb"<svg [^>]*>", rb"\g<0>" + _PAPER.encode(), buffer.getvalue(), count=1)
    return buffer.getvalue()


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """Without fontTools' warnings about dates in matplotlib's own fonts."""
    log = logging.getLogger("fontTools")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
