"""Checks at the public door: every message names the argument, its value and what is allowed."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def integer(name: str, value: Any, low: int | None = None, high: int | None = None) -> int:
    """Return ``value`` as an int in ``[low, high]``; booleans and 2.5 are refused."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    result = int(value)
    if (low is not None and result < low) or (high is not None and result > high):
        raise ValueError(f"{name} must be {_integer_range(low, high)}, got {result}")
    return result


def real(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return ``value`` as a finite float inside the bounds given."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {value!r}")
    try:
        result = float(value)
    except OverflowError:  # an integer beyond 1e308
        result = math.inf
    stated = [
        (sign, bound)
        for sign, bound in ((">", above), (">=", at_least), ("<", below), ("<=", at_most))
        if bound is not None
    ]
    if not math.isfinite(result) or not all(_HOLDS[sign](result, b) for sign, b in stated):
        allowed = " and ".join(f"{sign} {bound:g}" for sign, bound in stated)
        raise ValueError(f"{name} must be a finite number {allowed}".rstrip() + f", got {value!r}")
    return result


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``allowed``, else name the nearest of them."""
    options = list(allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {', '.join(options)}, got {value!r}")
    if value not in options:
        raise ValueError(f"unknown {name} {value!r}{nearest(value, options)}")
    return value


def nearest(value: str, options: Iterable[str]) -> str:
    """The end of an error message about an unknown name: near misses, else all names."""
    options = list(options)
    if not options:
        return ": there is none to choose from"
    close = difflib.get_close_matches(value, options, n=4, cutoff=0.65)
    if close:
        return f": did you mean {' or '.join(close)}?"
    return f": allowed are {', '.join(options)}"


def _integer_range(low: int | None, high: int | None) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"an integer in {low}..{high}"


def shown(point: NDArray[np.float64]) -> str:
    """A point for a message: all digits of its coordinates, of many the first and last."""
    return np.array2string(np.asarray(point), floatmode="unique", threshold=20, edgeitems=3)
