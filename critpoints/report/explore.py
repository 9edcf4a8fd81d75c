"""The interactive page: functions of two variables, their critical points, and a race."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from critpoints._version import __version__
from critpoints.census.result import Census
from critpoints.domains import Box, Torus
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.optimizers import optimizer
from critpoints.plot.marks import marks
from critpoints.report.page import template
from critpoints.study.census import draw
from critpoints.validation import integer

STANDARD: Mapping[str, str] = {str(degree): f"torus:degree={degree}" for degree in (1, 2, 3, 4)}
"""The functions of the report, by the label of their group."""
DRAWS = 6
MILLISECONDS = 5000
KINDS = (
    ("minimum", "minima", "down"),
    ("saddle", "saddles", "cross"),
    ("maximum", "maxima", "up"),
    ("degenerate point", "degenerate points", "square"),
)
RULES = {
    "gd": "gradient descent",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
}
_NUMBERS = {
    "momentum": "α", "eps": "σ", "beta": "β", "beta1": "β₁", "beta2": "β₂"
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGITS = 10  # of places and values on the page
_COLOURS = [mark.color for mark in marks([*(k for k, _, _ in KINDS[:3]), *RULES, "other"]).values()]


@cache
def standard_page(title: str) -> str:
    """The page of the report: torus polynomials of degree 1 to 4."""
    return render(title, STANDARD, home=True)


def render(
    title: str,
    landscapes: Mapping[str, str],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    home: bool = False,
) -> str:
    """The page as text: it works from a file, without a network.

    Parameters
    ----------
    title : str
        Of the report.
    landscapes : mapping
        Label to reference: functions of two variables, sums of waves on a torus or in a box.
    draws : int
        Functions of each.
    seed : int
        Root seed.
    home : bool
        Whether ``index.html`` lies beside the page.

    Raises
    ------
    ValueError
        If a landscape is not such a function.
    """
    integer("draws", draws, low=1, high=100)
    groups = [
        {"label": label, "functions": [_function(draw(ref, 2, k, seed=seed)) for k in range(draws)]}
        for label, ref in landscapes.items()
    ]
    data = {"groups": groups, "kinds": _kinds(), "rules": _rules(), "milliseconds": MILLISECONDS}
    script = files("critpoints.report").joinpath("templates/explore.js").read_text("utf-8")
    return template("explore").render(
        title=title,
        home=home,
        version=__version__,
        groups=groups,
        kinds=_kinds(),
        rules=_rules(),
        edges=_edges(groups),
        source=f"{', '.join(landscapes.values())}; root seed {seed}",
        parameters=_parameters(),
        data=Markup(_embedded(data)),  # noqa: S704  JSON of numbers and of names from this file
        script=Markup(script),  # noqa: S704  a file of this package
    )


def _function(found: Census) -> dict[str, Any]:
    """Coefficients, domain and critical points (x, y, value, index; 3 where degenerate)."""
    f = found.landscape
    if not isinstance(f, TrigonometricSum) or not isinstance(f.on, Torus | Box):
        raise ValueError(
            "landscape must be a sum of waves of two variables on a torus or in a box, such as "
            f"torus:degree=3, got {type(f).__name__}"
        )
    low, high = _ends(f.on)
    points = np.column_stack([found.points, found.values]).round(_DIGITS).tolist()
    return {
        "waves": f.waves.tolist(),
        "cosine": f.cosine.tolist(),
        "sine": f.sine.tolist(),
        "curvature": f.curvature,
        "periodic": isinstance(f.on, Torus),
        "low": low,
        "high": high,
        "points": [[*p, int(k)] for p, k in zip(points, found.index, strict=True)],
        "proof": _proof(found),
    }


def _ends(domain: Torus | Box) -> tuple[float, float]:
    if isinstance(domain, Torus):
        return 0.0, domain.length
    low, high = (np.unique(end) for end in domain.ends)
    if len(low) > 1 or len(high) > 1:
        raise ValueError(f"the box must be a square on the diagonal, got {domain}")
    return float(low[0]), float(high[0])


def _proof(found: Census) -> str:
    """How sure the list is, in one sentence."""
    number = len(found)
    if not (found.complete and found.distinct and found.certified.all()):
        return f"{number} critical points found; there is no proof that none is missing."
    audit = "" if found.euler is None else f" Minima − saddles + maxima = {found.euler}."
    if not isinstance(found.landscape.domain, Torus):
        audit = ""  # there the sum has boundary points too
    return f"{number} critical points, and a proof that there is no other.{audit}"


def _edges(groups: Sequence[Mapping[str, Any]]) -> str:
    first = groups[0]["functions"][0]
    if first["periodic"]:
        return "The map is a torus: what leaves at one edge comes back at the other."
    return "A run that leaves the square ends there."


def _kinds() -> list[dict[str, str]]:
    colours = (*_COLOURS[:3], _COLOURS[-1])
    return [
        {"name": name, "many": many, "shape": shape, "color": color}
        for (name, many, shape), color in zip(KINDS, colours, strict=True)
    ]


def _rules() -> list[dict[str, Any]]:
    """Names, colours, and the parameters that the package gives them."""
    return [
        {
            "name": name,
            "title": title,
            "numbers": _numbers(name),
            "color": color,
            "ink": _ink(color),
        }
        for (name, title), color in zip(RULES.items(), _COLOURS[3:], strict=False)
    ]


def _numbers(rule: str) -> dict[str, float]:
    built = optimizer(rule)
    return {name: getattr(built, name) for name in _NUMBERS if hasattr(built, name)}


def _parameters() -> str:
    said = [
        f"{title} ({', '.join(f'{_NUMBERS[k]} = {_said(v)}' for k, v in numbers.items())})"
        for name, title in RULES.items()
        if (numbers := _numbers(name))
    ]
    return ", ".join(said)


def _said(x: float) -> str:
    """Small powers of ten as such."""
    power = round(math.log10(x))
    small = power < -4 and math.isclose(x, 10.0**power)
    return f"10{str(power).translate(_SUPERSCRIPTS)}" if small else f"{x:g}"


def _ink(color: str) -> str:
    """Black or white, whichever is easier to read on a colour (relative luminance of WCAG 2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
