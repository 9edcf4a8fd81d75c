r"""Kac-Rice laws as one-dimensional Gaussian integrals of one function.

With M from GOE_d (density proportional to exp(-tr M^2/2)) let

.. math:: D_k(x; d) = E\big[\,|\det(M - x)|\;1\{\mathrm{index}(M - x) = k\}\,\big].

A Hessian GOE_d - x with x ~ N(mean, variance), weighted by its determinant or not, has the
unnormalised index law :math:`\int D_k(x; d)\,N(x; \mathrm{mean}, \mathrm{variance})\,dx`. The
integrand is entire in x with Gaussian tails, so the trapezoidal rule converges geometrically:
halving the step at least squares its error. Each integral is therefore evaluated on two grids, and
the square of their relative difference bounds what is left.

Two engines supply D: the Pfaffian (every k, absolute accuracy) and the pivot recursion (relative
accuracy: k = 0 in every dimension up to d in one pass, or every k at the cost of a recursion per
shift). The sum over k needs neither, since

.. math:: \sum_k D_k(x; d) = \sqrt2\,\Gamma\big(\tfrac{d+1}2\big)\,e^{x^2/2}\,\rho_{d+1}(x),

:math:`\rho_n` the eigenvalue density of GOE_n.

References
----------
Y. V. Fyodorov, Phys. Rev. Lett. 92 (2004) 240601. A. Auffinger, G. Ben Arous and J. Cerny, Comm.
Pure Appl. Math. 66 (2013) 165, Lemma 3.3. L. N. Trefethen and J. A. C. Weideman, SIAM Review 56
(2014) 385 (the trapezoidal rule).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from critpoints.errors import AccuracyError
from critpoints.theory import hermite, pfaffian, pivots, quadrature
from critpoints.theory.result import Exact

Array = NDArray[np.float64]
_ABSOLUTE = 1e-13  # squared difference of two grids, in units of the sum
_RELATIVE = 1e-12  # the same, of each integral by itself
_ENGINE = 1e-13  # what the Pfaffian states
_MASS = 1e-11  # Pfaffian against spectral density, and against the signed recursion
_ENGINES = 1e-10  # relative, of the signed recursion at shifts of up to 20
LAW_UP_TO = 100  # dimensions in which mass, symmetry and the Euler sum have been checked
MINIMUM_UP_TO = 200
_METHOD = "Pfaffian, integrated"


def spectral_density(n: int, x: Array) -> Array:
    r"""Eigenvalue density of GOE_n, of total mass n.

    .. math:: \rho_n(x) = \sum_{j<n}\varphi_j(x)^2 + \sqrt{n/2}\,\varphi_{n-1}(x)\,
              (\epsilon\varphi_n)(x) + 1\{n\ \mathrm{odd}\}\,
              \frac{\varphi_{n-1}(x)}{\int\varphi_{n-1}},

    with Hermite functions and
    :math:`(\epsilon\varphi)(x) = \frac12\int \mathrm{sgn}(x-t)\,\varphi(t)\,dt`.

    References
    ----------
    M. L. Mehta, Random Matrices, 3rd ed. (2004), section 7.2.
    """
    phi = hermite.functions(n + 1, x)
    infinity = np.array([math.inf])
    whole = hermite.integrals(np.zeros((n + 1, 1)), infinity)[:, 0]
    centred = hermite.integrals(phi, x)[n] - whole[n] / 2
    density: Array = np.sum(phi[:n] ** 2, axis=0) + math.sqrt(n / 2) * phi[n - 1] * centred
    return density + phi[n - 1] / whole[n - 1] if n % 2 else density


def log_total(dim: int, mean: float, variance: float, upper: float = math.inf) -> float:
    r"""Log of :math:`E|\det(\mathrm{GOE}_d - x)|\,1\{x \le upper\}`, x ~ N(mean, variance)."""
    if variance == 0:
        return float(_log_determinant(dim, np.array([mean]))[0])
    x, log_values = _total_integrand(dim, mean, variance)
    if upper == math.inf:
        return float(logsumexp(log_values) + math.log(x[1] - x[0]))
    if upper <= x[0]:
        return -math.inf
    nodes, weights = quadrature.panels(x[0], min(upper, x[-1]), 0.25)
    values = _log_density_integrand(dim, nodes, mean, variance)
    return float(logsumexp(values, b=weights))


def log_index_measure(
    dim: int, mean: float, variance: float, *, weighted: bool = True, upper: float = math.inf
) -> Exact:
    r"""Logs of :math:`\int_{-\infty}^{upper} D_k(x; d)\,N(x; mean, variance)\,dx`, all k.

    Parameters
    ----------
    dim : int
        d, the dimension of the Hessian GOE_d - x.
    mean, variance : float
        The law of the shift; variance 0 means x = mean.
    weighted : bool
        By the absolute determinant (a critical point) or not (a fixed point).
    upper : float
        Where the integral ends.

    Returns
    -------
    Exact
        Shape (d + 1,), not normalised; accuracy absolute in units of the sum over k.

    Raises
    ------
    AccuracyError
        If refining the grid does not settle the integral, or the sum over k misses the one that
        the spectral density gives.
    """
    total = log_total(dim, mean, variance, upper) if weighted else 0.0
    if variance == 0:
        found = _bulk(dim, np.array([mean]), weighted)
        return Exact(found.log[0], found.method, found.accuracy, found.accuracy_kind)
    if total == -math.inf:
        return Exact(np.full(dim + 1, -math.inf), _METHOD, 0.0, "absolute")

    def values(x: Array) -> Array:
        scale = _log_normal(x, mean, variance) - total
        return _scaled(_bulk(dim, x, weighted), scale)

    low, high = _extent(dim, mean, variance, weighted)
    step = _first_step(dim, variance)
    if upper < high:
        law, spread = quadrature.gauss(values, low, upper, 6 * step, _ABSOLUTE)
    else:
        law, spread = _over_the_line(values, mean, low, high, step)
    defect = abs(float(law.sum()) - 1)
    if not defect < _MASS:
        raise AccuracyError(f"index law of dimension {dim}: its mass misses 1 by {defect:.1e}")
    with np.errstate(divide="ignore"):
        log = np.log(np.maximum(law, 0.0)) + total
    return Exact(log, _METHOD, max(spread, defect, _ENGINE), "absolute")


def log_minimum_measure(
    dims: Sequence[int], mean: float, variance: float, *, weighted: bool = True
) -> Exact:
    r"""Logs of :math:`\int D_0(x; m)\,N(x; mean, variance)\,dx` for every m in `dims`.

    The integrand is log-concave in x, so the grid grows from a first guess in both directions
    until it has fallen by exp(-42) in every dimension.

    Returns
    -------
    Exact
        Shape (len(dims),), relative accuracy.

    Raises
    ------
    AccuracyError
        If refining the grid does not settle the integral.
    """
    rows = np.asarray(dims) - 1
    top = int(rows.max()) + 1
    worst = [0.0]

    def values(x: Array) -> Array:
        found = pivots.log_minimum(top, shift=x, weighted=weighted)
        worst[0] = max(worst[0], found.accuracy)
        return np.asarray(found.log[:, rows])

    if variance == 0:
        return Exact(values(np.array([mean]))[0], "pivot recursion", worst[0], "relative")
    log, spread = quadrature.climb(
        lambda x: values(x) + _log_normal(x, mean, variance)[:, None],
        _guess(top, mean, variance),
        min(0.5, math.sqrt(variance)),
        _RELATIVE,
    )
    return Exact(log, "pivot recursion, integrated", max(worst[0], spread), "relative")


@lru_cache(maxsize=16)
def log_relative_measure(dim: int, mean: float, variance: float, *, weighted: bool = True) -> Exact:
    r"""`log_index_measure` by the signed pivot recursion: relative accuracy at every index.

    A recursion per shift, on some sixty shifts: two seconds at d = 8, four at d = 12. It has to
    agree with that of the Pfaffian where the latter resolves it.

    Parameters
    ----------
    dim, mean, weighted
        As in `log_index_measure`.
    variance : float
        Positive.

    Returns
    -------
    Exact
        Shape (d + 1,), not normalised.

    Raises
    ------
    AccuracyError
        If refining the grid does not settle the integrals, or the two engines disagree.
    """
    log, spread = quadrature.climb(
        lambda x: (
            np.array([pivots.one_law(dim, float(s), weighted) for s in x])
            + _log_normal(x, mean, variance)[:, None]
        ),
        mean,
        min(0.5, math.sqrt(variance)),
        _RELATIVE,
    )
    bulk = log_index_measure(dim, mean, variance, weighted=weighted)
    off = np.abs(np.exp(log - logsumexp(bulk.log)) - np.exp(bulk.log - logsumexp(bulk.log))).max()
    if not off < _MASS:
        raise AccuracyError(f"index law of dimension {dim}: two engines differ by {off:.1e}")
    return Exact(log, "pivot recursion, integrated", max(_ENGINES, spread), "relative")


def _log_normal(x: Array, mean: float, variance: float) -> Array:
    log: Array = -((x - mean) ** 2) / (2 * variance) - 0.5 * math.log(2 * math.pi * variance)
    return log


def _log_determinant(dim: int, x: Array) -> Array:
    constant = 0.5 * math.log(2) + gammaln((dim + 1) / 2)
    with np.errstate(divide="ignore"):
        density = np.log(np.maximum(spectral_density(dim + 1, x), 0.0))
    log: Array = constant + x * x / 2 + density
    return log


def _log_density_integrand(dim: int, x: Array, mean: float, variance: float) -> Array:
    return _log_determinant(dim, x) + _log_normal(x, mean, variance)


def _total_integrand(dim: int, mean: float, variance: float) -> tuple[Array, Array]:
    reach = math.sqrt(2 * dim + 2) + 10 + abs(mean) + 9 * math.sqrt(variance)
    step = min(0.1, math.sqrt(variance) / 4) / math.sqrt(1 + dim / 10)
    x = np.arange(-reach, reach + step, step)
    log = _log_density_integrand(dim, x, mean, variance)
    keep = np.flatnonzero(log > log.max() - quadrature.DROP)
    inside = slice(max(keep[0] - 1, 0), keep[-1] + 2)
    return x[inside], log[inside]


def _extent(dim: int, mean: float, variance: float, weighted: bool) -> tuple[float, float]:
    if weighted:
        x, _ = _total_integrand(dim, mean, variance)
        return float(x[0]), float(x[-1])
    reach = math.sqrt(2 * quadrature.DROP * variance)
    return mean - reach, mean + reach


def _first_step(dim: int, variance: float) -> float:
    """Twice the step that resolves the shift's law and an eigenvalue's in mid-spectrum."""
    return min(0.6 / math.sqrt(1 + dim / 4), 1.2 * math.sqrt(variance))


def _bulk(dim: int, x: Array, weighted: bool) -> Exact:
    """The Pfaffian, on panels short enough for any shift also in small dimensions."""
    rule = pfaffian.Rule(phase=min(20.0, 4 + 4 * math.sqrt(dim)))
    return pfaffian.index_law(dim, shift=x, weighted=weighted, _rule=rule)


def _over_the_line(
    values: Callable[[Array], Array], mean: float, low: float, high: float, step: float
) -> tuple[Array, float]:
    if mean != 0:
        return quadrature.grid(values, low, high, step, _ABSOLUTE)
    end = max(-low, high)
    return quadrature.grid(lambda x: _mirrored(values, x), -end, end, step, _ABSOLUTE)


def _scaled(found: Exact, log_scale: Array) -> Array:
    """Values times exp(log_scale), with the sign of what is only noise where it is known."""
    size = np.max(found.log, axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        relative = found.value * np.exp(-size)[:, None]
    plain = np.exp(found.log - size[:, None])
    relative = np.where(np.isfinite(relative), relative, plain)
    return np.asarray(relative * np.exp(size + log_scale)[:, None])


def _guess(dim: int, mean: float, variance: float) -> float:
    """Near the peak of D_0(x; d) N(x): a shift that makes GOE_d - x positive, at some cost."""
    edge = -math.sqrt(2 * dim)
    return (variance * edge + 0.2 * mean) / (variance + 0.2)


def _mirrored(values: Callable[[Array], Array], x: Array) -> Array:
    """Values on a grid symmetric about 0 from its left half: D_k(-x) = D_{d-k}(x)."""
    left = values(x[x <= 0])
    return np.concatenate([left, left[: x.size - len(left)][::-1, ::-1]])
