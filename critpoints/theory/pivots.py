r"""Pivots of the beta-Hermite matrix: the positive recursion behind every exact law.

M is tridiagonal with diagonal :math:`a_i \sim N(0,1)` and squared off-diagonal
:math:`g_i \sim \Gamma(\beta i/2, 1)`; for beta = 1, 2, 4 its spectrum is that of GOE, GUE, GSE. The
pivots of M - x, taken in increasing order, are a Markov chain,

.. math:: d_1 = a_1 - x,\qquad d_{i+1} = a_{i+1} - x - g_i/d_i ,

the index is the number of negative pivots (Sylvester) and :math:`|\det(M - x)| = \prod|d_i|`. The
unnormalised density f of the current pivot is carried on by two positive operators,

.. math:: h(u) = \int f(x')\,\gamma_s(ux')\,x'\,dx',\qquad
          f'(y) = |y|^w\int\varphi(y \pm u + x)\,h(u)\,du,\qquad s = \beta i/2,

:math:`\gamma_s` the Gamma(s, 1) density: nothing cancels, so that *relative* accuracy is kept at
any depth. Refining the panels alone does not show a range that is too narrow, hence every call
repeats the recursion on a narrower range with wider panels, which has to agree.

References
----------
I. Dumitriu and A. Edelman, J. Math. Phys. 43 (2002) 5830.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints import validation
from critpoints.errors import AccuracyError
from critpoints.theory import _panels, _signed
from critpoints.theory.result import Exact

Array = NDArray[np.float64]
Long = NDArray[np.longdouble]

_TILTS = 4.0  # how far the tilt may be from the best before everything is tilted anew
_CHUNK = 2e6  # kernel entries, 16 MB, of the shifts worked on at a time


class Rule(NamedTuple):
    r"""A discretisation: range ``base + slope sqrt(beta n)`` beyond -x, panels in the root."""

    base: float = 9.0
    slope: float = 0.55  # the last preimage of a pivot is typically sqrt(beta n) / 2
    width: float = 0.4
    order: int = 16

    def worse(self) -> Rule:
        """Narrower and coarser: what the result is compared with."""
        return Rule(self.base - 0.75, 0.96 * self.slope, 1.2 * self.width, self.order)


def log_minimum(
    n: int,
    *,
    beta: float = 1.0,
    shift: ArrayLike = 0.0,
    weighted: bool = False,
    _rule: Rule | None = None,
) -> Exact:
    r"""Logs of :math:`E[|\det(M_m - x)|^w\,1\{M_m - x \succ 0\}]` for every m = 1..n.

    Parameters
    ----------
    n : int
        The largest size, at least 1.
    beta : float
        At least 0.1.
    shift : float or array (r,)
        x; the Gamma kernels are shared between shifts.
    weighted : bool
        w = 1 or 0.

    Returns
    -------
    Exact
        Shape (n,), or (r, n) for an array of shifts; relative accuracy.

    Raises
    ------
    AccuracyError
        If a narrower and coarser evaluation differs by more than the stated accuracy.
    """
    n = validation.integer("n", n, 1)
    beta = validation.real("beta", beta, at_least=0.1)
    x = np.asarray(shift, dtype=np.float64)
    if x.ndim > 1 or not np.isfinite(x).all():
        raise ValueError(f"shift must be a finite number or a vector of them, got {shift!r}")
    rule = _rule or Rule()
    size = _half_line(n, beta, x.reshape(-1), rule)[0].size
    rows = max(1, int(_CHUNK / size**2))
    blocks = np.split(x.reshape(-1), range(rows, x.size, rows))
    log = np.concatenate([_log_minimum(n, beta, b, weighted, rule) for b in blocks], axis=1)
    rough = np.concatenate(
        [_log_minimum(n, beta, b, weighted, rule.worse()) for b in blocks], axis=1
    )
    accuracy = stated_accuracy(n, beta)
    check(log, rough, accuracy)
    return Exact(log.T.reshape(*x.shape, n).astype(np.float64), "pivot recursion", accuracy)


def log_index_laws(
    n: int,
    *,
    beta: float = 1.0,
    shift: float = 0.0,
    weighted: bool = False,
    _rule: _signed.Rule | None = None,
) -> list[Exact]:
    r"""Logs of :math:`E[|\det(M_m - x)|^w\,1\{\mathrm{index}(M_m - x) = k\}]`, k = 0..m, m = 1..n.

    Parameters
    ----------
    n : int
        The largest size, at least 1.
    beta : float
        At least 0.1.
    shift : float
        x.
    weighted : bool
        w = 1 or 0.

    Returns
    -------
    list of Exact
        One a size, shape (m + 1,); relative accuracy for every k.

    Raises
    ------
    AccuracyError
        If a narrower and coarser evaluation differs by more than the stated accuracy, or if
        unweighted mass is lost.
    """
    n = validation.integer("n", n, 1)
    beta = validation.real("beta", beta, at_least=0.1)
    shift = validation.real("shift", shift)
    rule = _rule or _signed.Rule()
    with np.errstate(divide="ignore", invalid="ignore"):  # what underflows fails the check
        laws, rough = (_signed.log_laws(n, beta, shift, weighted, r) for r in (rule, rule.worse()))
    accuracy = stated_accuracy(n, beta)
    for log, other in zip(laws, rough, strict=True):
        check(log, other, accuracy)
        lost = 0.0 if weighted else abs(1 - float(np.exp(log).sum()))
        if lost > accuracy:
            raise AccuracyError(f"pivot recursion: mass is off by {lost:.1e} > {accuracy:.0e}")
    return [Exact(log.astype(np.float64), "pivot recursion", accuracy) for log in laws]


def log_index_law(n: int, **settings: Any) -> Exact:
    """Give the last of `log_index_laws`, that of size n; arguments and errors are the same."""
    return log_index_laws(n, **settings)[-1]


def one_law(n: int, shift: float, weighted: bool) -> Array:
    """Logs of `log_index_law` from one discretisation for beta = 1, which nothing checks."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _signed.log_laws(n, 1.0, shift, weighted, _signed.Rule())[-1]
    return found.astype(np.float64)


def stated_accuracy(n: int, beta: float) -> float:
    """Relative: 1e-11 up to n = 60; rounding in exponents of the order of n adds up beyond.

    A beta without a small integer multiple of 2/beta leaves a weak singularity, or panels too
    long at the bend of a high power: 1e-10.
    """
    power = _panels.smoothing_power(beta)
    floor = 1e-11 if power <= 4 else 1e-10
    return max(floor, 1e-15 * math.pow(n, 1.75))


def check(log: Long, rough: Long, accuracy: float) -> None:
    """Raise unless two evaluations agree."""
    with np.errstate(invalid="ignore"):
        defect = float(np.abs(log - rough).max())
    if not defect < accuracy:
        raise AccuracyError(
            f"pivot recursion: widening and refining change it by {defect:.1e} > {accuracy:.0e}"
        )


def _half_line(n: int, beta: float, x: Array, rule: Rule) -> tuple[Array, Array]:
    reach = rule.base + rule.slope * math.sqrt(beta * n) + max(0.0, -float(x.min(initial=0.0)))
    return _panels.half_line(reach, rule.width, rule.order, _panels.smoothing_power(beta))


def _log_minimum(n: int, beta: float, x: Array, weighted: bool, rule: Rule) -> Long:
    """One discretisation, shape (n, len(x))."""
    y, weight = _half_line(n, beta, x, rule)
    size = y[:, None] if weighted else np.ones((1, 1))
    tilt = _tilt(beta / 2, float(x.mean()))
    noise = _noise(y, x, tilt)
    f = np.exp(-((y[:, None] + x - tilt) ** 2) / 2) * size
    product, log = np.outer(y, y), np.zeros((n, x.size), dtype=np.longdouble)
    scale = noise.constant.astype(np.longdouble)
    for i in range(1, n + 1):
        norm = weight @ f
        f /= np.where(norm > 0, norm, 1.0)
        total = weight * np.exp(-tilt * y) @ f
        if not (norm * total > 0).all():
            raise AccuracyError(f"pivot recursion underflows at size {i}: beta n or |x| too large")
        scale += np.log(norm)
        log[i - 1] = scale + np.log(total)
        wanted = _tilt(beta * i / 2, float(x.mean()))
        if abs(wanted - tilt) > _TILTS:
            f *= np.exp((wanted - tilt) * y)[:, None]
            tilt, noise = wanted, _noise(y, x, wanted)
        kernel, offset = _kernel(beta * i / 2, product, y, tilt)
        h = weight[:, None] * (kernel @ (f * (weight * y)[:, None]))
        f = np.matmul(noise.gauss, h.T[:, :, None])[:, :, 0].T * size
        scale += noise.constant + offset
    return log


class _Noise(NamedTuple):
    r"""The factors of :math:`\varphi(y+u+x) = e^{constant}\,gauss\,e^{-t(y+u)}`."""

    gauss: Array  # (shifts, y, u)
    constant: Array  # (shifts,)


def _noise(y: Array, x: Array, tilt: float) -> _Noise:
    gauss = np.exp(-((y[:, None] + y + (x - tilt)[:, None, None]) ** 2) / 2)
    return _Noise(gauss, tilt**2 / 2 - tilt * x - math.log(2 * math.pi) / 2)


def _tilt(s: float, x: float) -> float:
    r"""The typical :math:`y + u + x`: a density carried as :math:`f e^{ty}` does not underflow.

    With all pivots near r a step has weight :math:`r^{2s}e^{-r^2-(2r+x)^2/2}`, largest where
    :math:`3r^2 + xr = s`.
    """
    r = (math.sqrt(x * x + 12 * s) - x) / 6
    return max(0.0, 2 * r + x)


def _kernel(s: float, product: Array, y: Array, tilt: float) -> tuple[Array, float]:
    r"""Values :math:`\gamma_s(ux')e^{-t(u+x')}` divided by about their maximum, and its log."""
    offset = 0.0
    if s > 1:
        root = (math.sqrt(tilt**2 + 4 * (s - 1)) - tilt) / 2
        offset = float(_panels.log_gamma_density(s, np.array(root**2)) - 2 * tilt * root)
    edge = tilt * y
    return np.exp(_panels.log_gamma_density(s, product) - edge[:, None] - edge - offset), offset
