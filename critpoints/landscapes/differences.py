"""Derivatives by differences, with their own error: at any scale, and of functions with noise.

References
----------
Moré & Wild (2011), SIAM J. Sci. Comput. 33, 1292 (noise from a difference table, ECNoise).
Moré & Wild (2012), ACM Trans. Math. Softw. 38, 19 (steps for noisy functions).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from critpoints.domains import Box, Domain, Euclidean, Sphere, Torus
from critpoints.protocols import FloatArray

Batched = Callable[[FloatArray], FloatArray]

_STEPS = 2.0 ** -np.arange(7, 32, 3)  # of the domain's width; the largest stays inside
_NEARBY = 17  # points of the difference table
_ORDER = 6  # of the differences from which the noise is read; a smooth function has none
_SPACINGS = (2.0**-40, 2.0**-30)  # of the domain's width; rounding has steps of any length
_MULTIPLES = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)  # of the distance, lest coordinates cancel
_BLOCK = 1_000_000  # coordinates of points evaluated at once
_SAFETY = 10.0  # noise of one evaluation in its standard deviations
INSET = 0.01
"""Share of a box's or torus's width by which points keep off its ends."""


def widths(domain: Domain) -> FloatArray:
    """Lengths over which the function lives, one a coordinate: shape (ambient,)."""
    if isinstance(domain, Box):
        low, high = domain.ends
        return high - low
    name = {Torus: "length", Sphere: "radius", Euclidean: "reach"}.get(type(domain))
    return np.full(domain.ambient, getattr(domain, name) if name else 1.0)


def inner(domain: Domain, x: FloatArray) -> FloatArray:
    """Points moved off the ends of a box or period, so that differences stay inside."""
    if not isinstance(domain, Box | Torus):
        return x
    low, high = domain.ends if isinstance(domain, Box) else (0.0, domain.length)
    return np.clip(x, low + INSET * widths(domain), high - INSET * widths(domain))


def noise(function: Batched, domain: Domain, x: FloatArray, rng: np.random.Generator) -> FloatArray:
    r"""A bound of the rounding noise of a function at points, component by component.

    From differences of order k of values at 17 points next to each other, at two distances: noise
    of variance :math:`\sigma^2` has differences of variance :math:`\binom{2k}{k}\sigma^2`, a
    smooth function none to speak of. Shape as ``function(x)``.
    """
    parts = [_noise(function, domain, x, spacing, rng) for spacing in _SPACINGS]
    return np.asarray(np.maximum(*parts))


def _noise(
    function: Batched, domain: Domain, x: FloatArray, share: float, rng: np.random.Generator
) -> FloatArray:
    spacing = np.maximum(widths(domain) * share, 16 * np.spacing(np.abs(x)))
    spacing = 2.0 ** np.ceil(np.log2(spacing))  # so that the points are exact
    move = domain.tangent(x, spacing * rng.choice(_MULTIPLES, x.shape))
    table = np.stack([function(_moved(domain, x, k * move)) for k in range(_NEARBY)])
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.abs(table).max(axis=0)
        table = np.diff(table / np.where(size > 0, size, 1.0), n=_ORDER, axis=0)
        spread = np.sqrt(np.square(table).mean(axis=0) / math.comb(2 * _ORDER, _ORDER))
    return np.asarray(_SAFETY * spread * size + 4 * np.spacing(size))


def differences(
    function: Batched, domain: Domain, x: FloatArray, direction: FloatArray, error: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Derivatives along a direction, for several steps, and bounds of their errors.

    Central differences over the steps actually made, each extrapolated with that of an eighth of
    the step. What the two differ by bounds the truncation, ``error`` of one evaluation the
    rounding. Two arrays like ``function(x)`` with a first axis for steps; NaN and infinite where a
    step is lost in the rounding of ``x``.
    """
    width = np.abs(direction * widths(domain)).max(axis=1)[:, None]
    ahead, back = [], []
    for share in _STEPS:
        ahead.append(_moved(domain, x, share * width * direction))
        move = x - ahead[-1] if domain.flat else -share * width * direction
        back.append(_moved(domain, x, move))
    step = np.einsum("smi,mi->sm", np.stack(ahead) - np.stack(back), direction)
    step = step.reshape(*step.shape, *[1] * (error.ndim - 1))
    rise = _in_blocks(function, ahead) - _in_blocks(function, back)
    with np.errstate(all="ignore"):
        slope, gap = rise / np.where(step > 0, step, np.nan), step[1:]
        found = slope[1:] + (slope[1:] - slope[:-1]) / 63
        doubt = np.abs(slope[1:] - slope[:-1]) / 4 + 2 * error / gap
    return found, np.where(np.isfinite(found), doubt, np.inf)


def _in_blocks(function: Batched, batches: list[FloatArray]) -> FloatArray:
    """A function of batches of one size: several at once, unless they are large."""
    size = len(batches[0])
    together = max(_BLOCK // batches[0].size, 1)
    parts = [
        function(np.concatenate(batches[k : k + together]))
        for k in range(0, len(batches), together)
    ]
    whole = np.concatenate(parts)
    return whole.reshape(len(batches), size, *whole.shape[1:])


def _moved(domain: Domain, x: FloatArray, move: FloatArray) -> FloatArray:
    """Points next to others; not wrapped on a torus, which would round them."""
    return x + move if domain.flat else domain.retract(x, move)
