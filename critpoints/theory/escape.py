r"""Exact escape times from a quadratic saddle.

Runs start at :math:`x_0\sim N(0,s^2)` and are out when the k unstable coordinates, all of
curvature −γ, have the norm r. Each grows by the same deterministic factor :math:`a_n`, a linear
recursion of two terms,

.. math:: a_{n+1} = p\,a_n - q\,a_{n-1},\qquad a_0 = 1,

so that the norm is :math:`s\chi_k a_n`. Times are real numbers: :math:`\ln a_n` is interpolated
linearly between steps. With h = εγ (ε the learning rate, β the momentum):

=============== ================== ========== =====================
method          p                  q          :math:`a_1`
=============== ================== ========== =====================
gd              1 + h              0          1 + h
momentum        1 + β + h          β          1 + h
nesterov        (1 + β)(1 + h)     β(1 + h)   1 + h
saddle-free     1 + εγ/(γ + δ)     0          1 + εγ/(γ + δ)
=============== ================== ========== =====================

Nesterov's method is timed at θ, as the others are; the point y = θ + βv at which it takes its
gradients is ahead of it by the factor :math:`1+\beta(1-1/z_1)` once the smaller root has died away.

Let :math:`z_1 > z_2` be the roots of :math:`z^2 - pz + q` and
:math:`A = (a_1-z_2)/(z_1-z_2)` the amplitude of the larger. For r ≫ s

.. math:: \mathrm ET = \frac{\ln(r/(sA)) - \mathrm E\ln\chi_k}{\ln z_1},\qquad
    \mathrm{Var}\,T = \frac{\psi'(k/2)}{4\ln^2z_1},\qquad
    \mathrm E\ln\chi_k = \tfrac12(\psi(k/2)+\ln2),

which for k = 1 is −(γ_E + ln 2)/2 and π²/8. :func:`escape_time` is exact for any r/s; it
differs from this where a run may be out before the smaller root has died away.

References
----------
O'Neill & Wright (2019), Math. Program. 176, 403. Goodfellow, Bengio & Courville (2016), section 8.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammainc, polygamma

from critpoints.validation import choice, integer, real

Array = NDArray[np.float64]

METHODS = ("gd", "momentum", "nesterov", "saddle-free")
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_SEGMENT = 0.25  # in units of ln a
_TRANSIENT = 10**6  # steps after which a recursion that has not settled is given up


@dataclass(frozen=True)
class EscapeTime:
    """Mean and variance of an escape time.

    Attributes
    ----------
    mean : float
    variance : float or None
        None where only the leading order of the mean is known.
    exact : bool
        Whether the mean may be judged by a z-score.
    """

    mean: float
    variance: float | None
    exact: bool


@dataclass(frozen=True)
class Recursion:
    """:math:`a_{n+1} = p a_n - q a_{n-1}` with :math:`a_0 = 1` and ``first`` = :math:`a_1`."""

    p: float
    q: float
    first: float

    @property
    def roots(self) -> tuple[float, float]:
        """z₁ > z₂, both real since p² ≥ 4q in every unstable direction."""
        half = math.sqrt(self.q)
        gap = max(self.p - 2 * half, 0.0)  # factored: p² overflows before p does
        larger = (self.p + math.sqrt(gap) * math.sqrt(self.p + 2 * half)) / 2
        return larger, self.q / larger

    @property
    def amplitude(self) -> float:
        """A, the share of the larger root in :math:`a_n`."""
        larger, smaller = self.roots
        return (self.first - smaller) / (larger - smaller)


def recursion(
    method: str, curvature: float, *, lr: float, momentum: float = 0.0, damping: float = 0.0
) -> Recursion:
    """How deviations grow along curvature ``-curvature``.

    Parameters
    ----------
    method : {"gd", "momentum", "nesterov", "saddle-free"}
    curvature : float
        γ > 0.
    lr : float
        ε > 0.
    momentum : float
        β in [0, 1).
    damping : float
        δ ≥ 0, of saddle-free Newton.

    Returns
    -------
    Recursion

    Raises
    ------
    ValueError
        If the method is another, or a number out of range.
    """
    choice("method", method, METHODS)
    g, e = real("curvature", curvature, above=0), real("lr", lr, above=0)
    b, d = real("momentum", momentum, at_least=0, below=1), real("damping", damping, at_least=0)
    h = e * g
    if method == "saddle-free":
        h = e * g / (g + d)
    if method in ("gd", "saddle-free"):
        return Recursion(1 + h, 0.0, 1 + h)
    if method == "momentum":
        return Recursion(1 + b + h, b, 1 + h)
    return Recursion((1 + b) * (1 + h), b * (1 + h), 1 + h)


def stability_edge(method: str, largest: float, momentum: float = 0.0) -> float:
    """The largest stable learning rate on a quadratic of largest curvature L.

    2/L for gd, 2(1 + β)/L for momentum, 2(1 + β)/((1 + 2β)L) for nesterov.

    Parameters
    ----------
    method : {"gd", "momentum", "nesterov"}
    largest : float
        L > 0.
    momentum : float
        β in [0, 1).

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the method is another, or a number out of range.
    """
    choice("method", method, ("gd", "momentum", "nesterov"))
    size = real("largest", largest, above=0)
    b = real("momentum", momentum, at_least=0, below=1)
    if method == "gd":
        return 2 / size
    return 2 * (1 + b) / size / (1 + 2 * b if method == "nesterov" else 1)


def escape_time(
    growth: Recursion, *, width: float, radius: float, directions: int = 1
) -> EscapeTime | None:
    r"""Exact mean and variance, by quadrature over :math:`Y = \ln(r/(s\chi_k))`.

    With φ the piecewise linear function through :math:`(\ln a_n, n)`,

    .. math:: \mathrm ET = \int_0^\infty\varphi'(y)P(Y>y)\,dy,\qquad
        \mathrm ET^2 = \int_0^\infty2\varphi(y)\varphi'(y)P(Y>y)\,dy .

    A run that starts outside is out at time 0.

    Parameters
    ----------
    growth : Recursion
    width, radius : float
        s and r, positive.
    directions : int
        k.

    Returns
    -------
    EscapeTime or None
        None if growth is too slow to be told from none, or so fast that it overflows.
    """
    s, r = real("width", width, above=0), real("radius", radius, above=0)
    k = integer("directions", directions, low=1)
    far = math.log(r) - math.log(s)
    heights = _heights(growth, max(far, 0.0) + 45 / k + 2)
    if heights is None:
        return None
    steps = np.arange(len(heights), dtype=np.float64)
    grid = np.union1d(heights, np.arange(0.0, heights[-1], _SEGMENT))
    times = np.interp(grid, heights, steps)
    if heights[-1] < far + 45 / k + 2:  # from here on growth is geometric
        more = np.arange(heights[-1], max(far, 0.0) + 45 / k + 2 + _SEGMENT, _SEGMENT)[1:]
        rate = math.log(growth.roots[0])
        times = np.concatenate([times, steps[-1] + (more - heights[-1]) / rate])
        grid = np.concatenate([grid, more])
    middle, half = (grid[1:] + grid[:-1]) / 2, np.diff(grid) / 2
    share = (_NODES + 1) / 2
    y = middle[:, None] + half[:, None] * _NODES
    phi = times[:-1, None] + np.diff(times)[:, None] * share
    tail = gammainc(k / 2, np.exp(2 * (far - y)) / 2)  # P(Y > y) = P(χ < (r/s) e^-y)
    weights = np.diff(times)[:, None] * _WEIGHTS / 2 * tail
    mean, square = float(weights.sum()), float((2 * phi * weights).sum())
    return EscapeTime(mean, max(square - mean**2, 0.0), True)


def far_escape_time(
    growth: Recursion, *, width: float, radius: float, directions: int = 1
) -> EscapeTime:
    r"""The closed forms for r ≫ s: dominant root :math:`\rho` and amplitude A only.

    .. math:: \mathrm E\,T = \frac{\ln(r/(sA)) - \frac12[\psi(k/2) + \ln 2]}{\ln\rho},
              \qquad \mathrm{Var}\,T = \frac{\psi'(k/2)}{4 (\ln\rho)^2} .

    Parameters
    ----------
    growth : Recursion
        What :func:`recursion` returns.
    width, radius : float
        s and r, both positive.
    directions : int
        k, the number of directions down.

    Returns
    -------
    EscapeTime
    """
    s, r = real("width", width, above=0), real("radius", radius, above=0)
    k = integer("directions", directions, low=1)
    rate = math.log(growth.roots[0])
    log_chi = (float(digamma(k / 2)) + math.log(2)) / 2
    mean = (math.log(r / (s * growth.amplitude)) - log_chi) / rate
    return EscapeTime(mean, float(polygamma(1, k / 2)) / 4 / rate**2, True)


def adagrad_time(lr: float, radius: float, directions: int = 1) -> float:
    r"""Escape time of AdaGrad for s ≪ η and no eps, whatever curvature and start.

    In units of η each unstable coordinate follows

    .. math:: u_{n+1} = u_n + u_n\Big/\sqrt{u_1^2+\dots+u_n^2},\qquad u_0 = 0,\ u_1 = 1,

    up to :math:`r/(\eta\sqrt k)`; the first step is η, as every first step of AdaGrad. For r ≫ η
    that is :math:`r^2/(8k\eta^2)`, which is returned beyond 10⁵ steps.

    Parameters
    ----------
    lr, radius : float
        η and r, both positive.
    directions : int
        k, the number of directions down.

    Returns
    -------
    float
        In steps, interpolated within the last.
    """
    k = integer("directions", directions, low=1)
    goal = real("radius", radius, above=0) / (real("lr", lr, above=0) * math.sqrt(k))
    far = goal * goal / 8
    if goal <= 1:
        return 1.0
    if far > 1e5:
        return far
    before, now, squares, step = 0.0, 1.0, 0.0, 1
    while now < goal:
        squares += now**2
        before, now, step = now, now + now / math.sqrt(squares), step + 1
    return step - 1 + math.log(goal / before) / math.log(now / before)


def predicted(
    method: str | None,
    settings: Mapping[str, Any],
    *,
    curvatures: Sequence[float],
    width: float,
    radius: float,
) -> EscapeTime | None:
    """What theory says of an optimizer by its name and hyper-parameters, or None.

    None for a schedule, gradient noise or clipping, for unequal negative curvatures (which the
    undamped saddle-free Newton method does not see), for starts on the saddle, and for other
    methods.

    Parameters
    ----------
    method : str or None
    settings : mapping
        Hyper-parameters by name.
    curvatures : sequence of float
        Sizes of the negative curvatures.
    width, radius : float
    """
    lr, k = settings.get("lr"), len(curvatures)
    noisy = any(settings.get("sigma", ())) or settings.get("clip") is not None
    if not isinstance(lr, float) or noisy or width == 0:
        return None
    if method == "adagrad":
        small = width <= lr / 10 and lr <= radius / 2
        return EscapeTime(adagrad_time(lr, radius, k), None, False) if small else None
    blind = method == "saddle-free" and not settings.get("damping")  # to curvatures
    if method not in METHODS or (len(set(curvatures)) != 1 and not blind):
        return None
    more = {key: settings[key] for key in ("momentum", "damping") if key in settings}
    growth = recursion(method, curvatures[0], lr=lr, **more)
    return escape_time(growth, width=width, radius=radius, directions=k)


def _heights(growth: Recursion, top: float) -> Array | None:
    r"""ln a_n up to ``top``, or until growth is geometric; None if that takes too long.

    :math:`a_n = Az_1^n + (1-A)z_2^n`.
    """
    larger, smaller = growth.roots
    rate = math.log(larger)
    if not 0 < rate < math.inf:
        return None
    settled = 1 if smaller == 0 else math.ceil(-math.log(1e-17) / math.log(larger / smaller))
    steps = np.arange(min(settled, math.ceil(top / rate)) + 2)
    if len(steps) > _TRANSIENT:
        return None
    dying = (1 - growth.amplitude) * (smaller / larger) ** steps
    return np.asarray(steps * rate + np.log(growth.amplitude + dying))
