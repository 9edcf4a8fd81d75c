r"""Where surviving pivots go: the look-ahead that guides the particle filter.

The pivots of a beta-Hermite matrix shifted by :math:`\xi` (see
:class:`~critpoints.ensembles.hermite.Hermite`) step from x to y by

.. math:: f(u, y \mid x) = \gamma_s(ux)\, x\, \varphi(y + u - \xi), \qquad u = g/x,

:math:`\gamma_s` the Gamma(s) density, :math:`s = \beta i/2`. Let :math:`h_i(x, \xi)` be the
probability that all later pivots are positive, times the :math:`|\det|` still to come. To leading
order in i the cheapest way to survive has :math:`d_i = \sqrt{\beta i/6}` and a quarter-logarithm
slope that make :math:`h_i` close to :math:`x^k e^{-\rho x}`, with
:math:`k \approx (1+\sqrt3)\beta i/6` and :math:`\rho \approx .3\sqrt{\beta i}`. Here k and
:math:`\rho` are fitted backwards from the last pivot: :math:`\ln h_i` at points around the path
is Laplace's approximation of :math:`\int\!\int f\, h_{i+1}\, du\, dy`, and the fit is by least
squares in :math:`\ln x`, x and the offset :math:`\delta` of the shift. Any twist leaves the
estimate unbiased; a good one makes it precise.

References
----------
Guarniero, Johansen & Lee (2017), JASA 112, 1636 (iterated auxiliary particle filter); Dean &
Majumdar (2006), PRL 97, 160201 (the gas of eigenvalues above a wall).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from critpoints.ensembles.hermite import Hermite
from critpoints.protocols import FloatArray

NODES = np.array([-2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5])
"""Where ln h is fitted, in standard deviations of the twisted law."""
ROUNDS = 40
CHANGE = 1e-3


@dataclass
class Twist:
    r"""Parameters of :math:`\ln h_i = k_i\ln x - (\rho_i + r_i\delta)x + c_i\delta + e_i\delta^2`.

    :math:`\delta = \xi` minus ``centre``. The weight :math:`|d_i|` of the pivot itself is in
    :math:`h_i` too, and the last one is exact.

    Attributes
    ----------
    power, rate : ndarray, shape (dim,)
        k, at least 0, and :math:`\rho`.
    cross, slope, curve : ndarray, shape (dim,)
        r, c and e; zero without a shift.
    centre, precision : float
        Of the shift in the twisted law; the precision is ``inf`` without a shift.
    """

    power: FloatArray
    rate: FloatArray
    cross: FloatArray
    slope: FloatArray
    curve: FloatArray
    centre: float
    precision: float

    @classmethod
    def start(cls, form: Hermite, dim: int, det: int) -> Twist:
        """The leading order without a shift."""
        i = np.arange(1, dim + 1)
        power = (1 + math.sqrt(3)) * form.beta * i / 6
        rate = 0.3 * np.sqrt(form.beta * i)
        power[-1], rate[-1] = det, 0.0
        precision = 1 / form.variance + 1 if form.variance else math.inf
        zero = np.zeros(dim)
        return cls(power, rate, zero, zero.copy(), zero.copy(), form.mean, precision)

    def rate_at(self, i: int, offset: FloatArray) -> FloatArray:
        r""":math:`\rho_i + r_i\delta`."""
        found: FloatArray = self.rate[i] + self.cross[i] * offset
        return found

    def log(self, i: int, x: FloatArray, offset: FloatArray) -> FloatArray:
        r""":math:`\ln h_i` at pivots x (position i counts from 0) and offsets of the shift."""
        found: FloatArray = self.power[i] * np.log(x) - self.rate_at(i, offset) * x
        found += (self.slope[i] + self.curve[i] * offset) * offset
        return found


def balance(
    x: FloatArray, shift: FloatArray, s: float, k: float, rate: FloatArray
) -> tuple[FloatArray, FloatArray]:
    r"""The most probable step (u, y) from x, in logarithmic coordinates.

    It maximises :math:`s\ln u - ux - (y+u-\xi)^2/2 + k\ln y - \rho y`. With
    :math:`t = y + u - \xi` that is :math:`u = s/(x+t)`, :math:`y = k/(\rho+t)` and
    :math:`t + \xi = u + y`: a concave increasing function of t has the root, which Newton's
    method approaches from the left, where the larger root with u or y alone lies.
    """
    t = np.sqrt((x - shift) ** 2 + 4 * s) - x
    t = (np.maximum(t, np.sqrt((rate - shift) ** 2 + 4 * k) - rate) - shift) / 2
    for _ in range(5):
        u, y = s / (x + t), k / (rate + t)
        t = t - (t + shift - u - y) / (1 + u / (x + t) + y / (rate + t))
    return s / (x + t), k / (rate + t)


def first(shift: FloatArray, k: float, rate: FloatArray) -> FloatArray:
    r"""The most probable pivot without a step before: :math:`y^2 + (\rho-\xi)y = k`."""
    b = rate - shift
    found: FloatArray = 2 * k / (b + np.sqrt(b * b + 4 * k))
    return found


@lru_cache(maxsize=512)
def fitted(form: Hermite, dim: int, det: int) -> Twist:
    """Fit the twist of pivots weighted by the ``det``-th power of the determinant (0 or 1).

    Path and fit improve each other in turn until neither moves.
    """
    twist = Twist.start(form, dim, det)
    for _ in range(ROUNDS):
        path = _path(form, twist)
        new = _backwards(form, twist, path, det)
        change = float(np.abs(new.power - twist.power).max() / (1 + twist.power.max()))
        if form.variance:
            change = max(change, _recentre(form, new))
        twist = new
        if change < CHANGE:
            break
    return twist


def _path(form: Hermite, twist: Twist) -> FloatArray:
    """The twisted pivots, each the most probable after the one before: shape (dim,)."""
    shift = np.array(twist.centre)
    path = np.empty(twist.power.size)
    for i, (power, rate) in enumerate(zip(twist.power, twist.rate, strict=True)):
        if i:
            _, path[i] = balance(path[i - 1], shift, form.beta * i / 2, power + 1, rate)
        else:
            path[i] = first(shift, power + 1, rate)
    return path


def _backwards(form: Hermite, old: Twist, path: FloatArray, det: int) -> Twist:
    """Fit every look-ahead to the integral of the next, from the last pivot to the first."""
    new = Twist.start(form, path.size, det)
    new.centre, new.precision = old.centre, old.precision
    deviations = NODES if form.variance else np.zeros(1)
    for i in range(path.size - 2, -1, -1):
        sd = 1 / math.sqrt(1 + old.power[i] / path[i] ** 2)
        x = np.maximum(path[i] + NODES * sd, 0.1 * path[i])
        x, offset = (
            grid.ravel()
            for grid in np.meshgrid(x, deviations / math.sqrt(new.precision), indexing="ij")
        )
        weight = np.exp(-np.add.outer(NODES**2, deviations**2).ravel() / 4)
        values = _integral(form, new, i + 1, x, offset) + det * np.log(x)
        columns = [np.ones_like(x), np.log(x), -x]
        if form.variance:
            columns += [-x * offset, offset, offset**2]
        basis = np.stack(columns, axis=1) * weight[:, None]
        found = np.linalg.lstsq(basis, values * weight, rcond=None)[0]
        new.power[i], new.rate[i] = max(found[1], 0.0), found[2]
        if form.variance:
            new.cross[i], new.slope[i], new.curve[i] = found[3:]
    return new


def _integral(form: Hermite, twist: Twist, i: int, x: FloatArray, offset: FloatArray) -> FloatArray:
    """Laplace's approximation, up to a constant, of the step from x to position i."""
    s, k = form.beta * i / 2, twist.power[i] + 1
    rate = twist.rate_at(i, offset)
    shift = twist.centre + offset
    u, y = balance(x, shift, s, k, rate)
    peak = s * np.log(x * u) - u * x - (y + u - shift) ** 2 / 2 + k * np.log(y) - rate * y
    curvature = (s + u * u) * (k + y * y) - (u * y) ** 2
    found: FloatArray = peak - special.gammaln(s) - np.log(curvature) / 2
    found += (twist.slope[i] + twist.curve[i] * offset) * offset
    return found


def _recentre(form: Hermite, twist: Twist) -> float:
    """Move the centre to the mode of the shift; return by how many standard deviations."""
    offset = NODES / math.sqrt(twist.precision)
    shift, rate, k = twist.centre + offset, twist.rate_at(0, offset), twist.power[0] + 1
    y = first(shift, k, rate)
    values = k * np.log(y) - rate * y - (y - shift) ** 2 / 2 - np.log(k + y * y) / 2
    values += (twist.slope[0] + twist.curve[0] * offset) * offset
    values -= (shift - form.mean) ** 2 / (2 * form.variance)
    curve, slope, _ = np.polyfit(offset, values, 2, w=np.exp(-(NODES**2) / 4))
    twist.precision = max(-2 * curve, 0.5 / form.variance)
    reach = 2 / math.sqrt(twist.precision)
    step = min(max(slope / twist.precision, -reach), reach)
    twist.centre += step
    twist.rate += twist.cross * step
    return abs(float(step)) * math.sqrt(twist.precision)
