"""Tails of entries of mean zero and variance one: what is left when an entry must exceed a bound.

``TAILS[name](rng, low, df)`` returns, for each bound, the logarithm of the probability that an
entry exceeds it and a draw of one that does; where none can, ``-inf`` and the bound itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from critpoints.protocols import FloatArray

Tail = Callable[[np.random.Generator, FloatArray, float], tuple[FloatArray, FloatArray]]

_ROOT3 = math.sqrt(3.0)
_LAPLACE_SCALE = math.sqrt(0.5)


def _gaussian(rng: np.random.Generator, low: FloatArray, _: float) -> tuple[FloatArray, FloatArray]:
    log_tail = special.log_ndtr(-low)
    drawn = -special.ndtri_exp(log_tail + np.log1p(-rng.random(low.size)))
    return log_tail, np.where(log_tail > -np.inf, drawn, low)


def _rademacher(
    rng: np.random.Generator, low: FloatArray, _: float
) -> tuple[FloatArray, FloatArray]:
    log_tail = np.where(low < -1, 0.0, np.where(low < 1, -math.log(2), -np.inf))
    either = 2.0 * rng.integers(0, 2, low.size) - 1.0
    return log_tail, np.where(low < -1, either, np.where(low < 1, 1.0, low))


def _uniform(rng: np.random.Generator, low: FloatArray, _: float) -> tuple[FloatArray, FloatArray]:
    start = np.clip(low, -_ROOT3, _ROOT3)
    with np.errstate(divide="ignore"):
        log_tail = np.log((_ROOT3 - start) / (2 * _ROOT3))
    drawn: FloatArray = np.where(low < _ROOT3, rng.uniform(start, _ROOT3), low)
    return log_tail, drawn


def _laplace(rng: np.random.Generator, low: FloatArray, _: float) -> tuple[FloatArray, FloatArray]:
    t = low / _LAPLACE_SCALE
    log_tail = np.where(t > 0, -t - math.log(2), np.log1p(-np.exp(np.minimum(t, 0.0)) / 2))
    log_left = log_tail + np.log1p(-rng.random(low.size))
    upper = -math.log(2) - log_left  # the quantile if it is positive
    lower = math.log(2) + np.log1p(-np.exp(np.minimum(log_left, -1e-300)))
    drawn: FloatArray = _LAPLACE_SCALE * np.where(upper > 0, upper, np.minimum(lower, 0.0))
    return log_tail, drawn


def _student(rng: np.random.Generator, low: FloatArray, df: float) -> tuple[FloatArray, FloatArray]:
    scale = math.sqrt((df - 2) / df)
    tail = special.stdtr(df, -low / scale)
    drawn = -special.stdtrit(df, tail * (1 - rng.random(low.size)))
    with np.errstate(divide="ignore"):
        log_tail: FloatArray = np.log(tail).astype(np.float64)
    return log_tail, np.where(tail > 0, scale * drawn, low)


TAILS: dict[str, Tail] = {
    "gaussian": _gaussian,
    "rademacher": _rademacher,
    "uniform": _uniform,
    "laplace": _laplace,
    "student": _student,
}
