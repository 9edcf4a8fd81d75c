"""Quadrature on the half-line for the pivot recursions, and the Gamma density they share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def composite(edges: Array, order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights of `order` on every panel between two edges."""
    node, weight = np.polynomial.legendre.leggauss(order)
    half = np.diff(edges)[:, None] / 2
    nodes: Array = (edges[:-1, None] + half * (1 + node)).reshape(-1)
    return nodes, (half * weight).reshape(-1)


def powered(edges: Array, order: int, power: float) -> tuple[Array, Array]:
    """Composite nodes and weights in the variable t, where x = t**power."""
    t, weight = composite(edges ** (1 / power), order)
    return t**power, weight * power * t ** (power - 1)


def smoothing_power(beta: float) -> float:
    r"""The p for which x = t^p turns :math:`x^{\beta i/2 - 1}dx`, i >= 1, into a smooth measure.

    It has to be a multiple of :math:`2/\beta`, and if possible an integer, so that functions
    smooth in x stay smooth in t; if none is small, a large p leaves only a weak singularity.
    """
    multiples = [2 * m / beta for m in range(1, math.ceil(4 * beta) + 2)]
    whole = [p for p in multiples if p >= 2 and p == round(p)]
    return whole[0] if whole and whole[0] <= 8 else next(p for p in multiples if p >= 6)


def log_gamma_density(s: float, g: Array) -> Array:
    r"""Log of the density of Gamma(s, 1) at g > 0, :math:`g^{s-1}e^{-g}/\Gamma(s)`.

    For s > 1 it is written around its mode s - 1, where the exponent is small: ln Gamma alone
    would cost three digits at s = 500.
    """
    if s <= 1:
        return np.asarray((s - 1) * np.log(g) - g - math.lgamma(s))
    top = s - 1
    return np.asarray(top * np.log(g / top) - (g - top) + _log_mode_height(top))


def _log_mode_height(r: float) -> float:
    r"""Log of :math:`r^r e^{-r}/\Gamma(r+1)`, the Gamma(r + 1) density at its mode r."""
    if r < 20:
        return r * math.log(r) - r - math.lgamma(r + 1)
    series = 1 / (12 * r) - 1 / (360 * r**3) + 1 / (1260 * r**5) - 1 / (1680 * r**7)
    return -series - math.log(2 * math.pi * r) / 2


def half_line(reach: float, width: float, order: int, power: float) -> tuple[Array, Array]:
    """Nodes and weights on [0, reach] for functions that vary on the scale 1, singular at 0.

    Panels have equal width in the square root, so that they shrink towards 0, until they are
    seven widths long, which resolves a unit Gaussian.
    """
    bend = min(3.5**2, reach)  # where the panel of width w in the root is 7 w long
    count = math.ceil(math.sqrt(bend) / width)
    edges = np.linspace(0, math.sqrt(bend), count + 1) ** 2
    further = np.linspace(bend, reach, 1 + math.ceil((reach - bend) / (7 * width)))
    return powered(np.concatenate([edges, further[1:]]), order, power)
