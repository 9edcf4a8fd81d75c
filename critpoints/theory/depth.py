r"""Exact laws of signal and gradient through n independent random layers.

Everything is a natural logarithm: :math:`\ln|h_n|` is a sum of n independent terms, while the
moments of :math:`|h_n|` itself are carried by networks too rare to be sampled once n/d exceeds
about two.

Conventions: layers are square of width d, h_0 has norm 1, Gaussian weights have entries
:math:`N(0, \sigma^2/d)`; a ReLU network is :math:`h_\ell = \mathrm{relu}(W_\ell h_{\ell-1})` with
He weights, entries :math:`N(0, 2\sigma^2/d)`. Then

.. math:: |h_\ell|^2 = \frac{\sigma^2}{d}\,\chi^2_d\,|h_{\ell-1}|^2
          \quad\text{(linear)}, \qquad
          |h_\ell|^2 = \frac{2\sigma^2}{d}\,\chi^2_K\,|h_{\ell-1}|^2,\;
          K \sim \mathrm{Binomial}(d, \tfrac12)\quad\text{(ReLU)},

independent from layer to layer. A ReLU layer with K = 0 is dead.

References
----------
C. M. Newman (1986), Commun. Math. Phys. 103, 121; A. M. Saxe, J. L. McClelland & S. Ganguli
(2014), ICLR; B. Hanin (2018), NeurIPS, arXiv:1801.03744; K. He et al. (2015), ICCV.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

from critpoints.validation import choice, integer, real

Array = NDArray[np.float64]

ACTIVATIONS = ("linear", "relu")


@dataclass(frozen=True)
class LogLaw:
    """Mean and variance of :math:`\\ln|h_n|`."""

    mean: float
    variance: float


def exponents(dim: int, sigma: float = 1.0, *, product: str = "ginibre") -> Array:
    r"""Lyapunov exponents of products of independent d x d matrices.

    Ginibre (Newman 1986):

    .. math:: \mu_k = \tfrac12\left[\ln 2 + \psi\!\left(\frac{d-k+1}{2}\right)\right]
              + \tfrac12 \ln\frac{\sigma^2}{d}, \qquad k = 1, \dots, d,

    which are also the means at finite n. Orthogonal: all :math:`\ln\sigma`.

    Parameters
    ----------
    dim : int
        d, at least 1.
    sigma : float
        Positive.
    product : {"ginibre", "orthogonal"}

    Returns
    -------
    ndarray, shape (d,)
        Descending.
    """
    dim, sigma = _width(dim), _scale(sigma)
    if choice("product", product, ("ginibre", "orthogonal")) == "orthogonal":
        return np.full(dim, math.log(sigma))
    half = np.arange(dim, 0, -1) / 2
    return np.asarray((math.log(2 / dim) + digamma(half)) / 2 + math.log(sigma))


def exponent_variances(dim: int, n: int) -> Array:
    r"""Variances :math:`\psi'((d-k+1)/2)/(4n)` of the finite-time exponents of Ginibre products.

    The diagonal of R in the QR of a Gaussian matrix is :math:`\chi_{d-k+1}`, independent.

    Parameters
    ----------
    dim, n : int
        Width d and depth, at least 1.

    Returns
    -------
    ndarray, shape (dim,)
        k = 1, …, d.
    """
    dim, n = _width(dim), _depth(n)
    return np.asarray(polygamma(1, np.arange(dim, 0, -1) / 2) / (4 * n))


def log_norm(dim: int, n: int, sigma: float = 1.0, *, activation: str = "linear") -> LogLaw:
    r"""Mean and variance of :math:`\ln|h_n|`, with ReLU given that the network is alive.

    .. math:: \text{linear:}\quad \frac n2\left[\ln 2 + \psi(d/2) - \ln d\right] + n\ln\sigma,
              \qquad \frac n4 \psi'(d/2) .

    ReLU (He weights): the same of the mixture of :math:`\chi^2_K` over
    :math:`P(K=k) = \binom dk / (2^d - 1)`, :math:`k = 1, \dots, d`, with 2/d in place of 1/d:

    .. math:: \frac n2\left(\mathrm E\,m_K - \ln d + \ln 2\right) + n\ln\sigma, \qquad
              \frac n4\left(\mathrm E\,\psi'(K/2) + \mathrm{Var}\,m_K\right), \qquad
              m_k = \ln 2 + \psi(k/2) .

    Parameters
    ----------
    dim, n : int
        Width and depth, at least 1 and 0.
    sigma : float
        Positive.
    activation : {"linear", "relu"}

    Returns
    -------
    LogLaw

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    dim, n, sigma = _width(dim), _depth(n, 0), _scale(sigma)
    if choice("activation", activation, ACTIVATIONS) == "linear":
        units, weight, gain = np.array([dim]), np.ones(1), 1.0
    else:
        units, weight, gain = np.arange(1, dim + 1), _alive_units(dim), 2.0
    center = digamma(units / 2) - digamma(dim / 2)  # about zero, so that squares do not cancel
    mean = float(weight @ center)
    spread = float(weight @ (polygamma(1, units / 2) + (center - mean) ** 2))
    layer = (math.log(2 * gain / dim) + float(digamma(dim / 2)) + mean) / 2 + math.log(sigma)
    return LogLaw(n * layer, n * spread / 4)


def log_second_moment(dim: int, n: int, sigma: float = 1.0, *, activation: str = "linear") -> float:
    r""":math:`\ln \mathrm E|h_n|^2 = 2n\ln\sigma`: what He's factor 2 is chosen for.

    Dead networks count, with norm zero.

    Parameters
    ----------
    dim, n : int
        Width d and depth, at least 1 and 0.
    sigma : float
        Positive.
    activation : {"linear", "relu"}

    Returns
    -------
    float
    """
    choice("activation", activation, ACTIVATIONS)
    _width(dim)
    return 2 * _depth(n, 0) * math.log(_scale(sigma))


def log_moment_ratio(dim: int, n: int, *, activation: str = "linear") -> float:
    r""":math:`\ln\left[\mathrm E|h_n|^4 / (\mathrm E|h_n|^2)^2\right]`, exact at any width.

    .. math:: n\ln(1 + 2/d)\quad\text{(linear)}, \qquad n\ln(1 + 5/d)\quad\text{(ReLU)} ,

    for :math:`\mathrm E(\chi^2_d)^2 = d^2 + 2d` and, K being Binomial(d, ½),
    :math:`\mathrm E(\chi^2_K)^2 = \mathrm E[K^2 + 2K] = (d^2 + 5d)/4` (Hanin 2018). Dead networks
    count, with norm zero; given that the network is alive, add :func:`log_alive`.

    Parameters
    ----------
    dim, n : int
        Width d and depth, at least 1 and 0.
    activation : {"linear", "relu"}

    Returns
    -------
    float
    """
    dim, n = _width(dim), _depth(n, 0)
    excess = 2 if choice("activation", activation, ACTIVATIONS) == "linear" else 5
    return n * math.log1p(excess / dim)


def log_alive(dim: int, n: int) -> float:
    r"""Log probability :math:`n\ln(1 - 2^{-d})` that no layer of a ReLU network is dead."""
    return _depth(n, 0) * math.log1p(-(2.0 ** -_width(dim)))


def dead(dim: int, n: int) -> float:
    r"""Probability :math:`1 - (1 - 2^{-d})^n` that a ReLU network is dead after n layers."""
    return -math.expm1(log_alive(dim, n))


def _alive_units(dim: int) -> Array:
    """Binomial(d, ½) given that it is not zero: k = 1..d."""
    k = np.arange(1, dim + 1)
    logs = gammaln(dim + 1) - gammaln(k + 1) - gammaln(dim - k + 1)
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def _width(dim: int) -> int:
    return integer("dim", dim, low=1)


def _depth(n: int, low: int = 1) -> int:
    return integer("n", n, low=low)


def _scale(sigma: float) -> float:
    return real("sigma", sigma, above=0)
