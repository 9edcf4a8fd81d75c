r"""Asymptotic formulas, each with the range in which it has been compared with exact values.

Normalisation: GOE_n has density proportional to exp(-tr M^2/2), the beta-Hermite ensemble its
tridiagonal generalisation. All logarithms are natural. Outside its range a formula still returns
its value, with a `RangeWarning`.
"""

from __future__ import annotations

import math
import warnings

from critpoints import validation
from critpoints.errors import RangeWarning

LEADING_FROM = 30
GAUSSIAN_FROM = 3
VARIANCE_FROM = 4
ISOTROPIC_FROM = 10

_LN3 = math.log(3.0)


def log_minimum_leading(n: int, beta: float = 1.0) -> float:
    r"""Leading order of :math:`\ln P(M_n \succ 0)` for the beta-Hermite ensemble.

    .. math:: \ln P_n \approx -\beta\,\frac{\ln 3}{4}\,n^2 .

    Range: n >= 30, where the neglected term of order n is below 5% for beta = 1.

    Parameters
    ----------
    n : int
        Dimension, at least 1.
    beta : float
        Dyson index, positive.

    References
    ----------
    D. S. Dean and S. N. Majumdar, Phys. Rev. Lett. 97 (2006) 160201; Phys. Rev. E 77 (2008)
    041108.
    """
    n = validation.integer("n", n, 1)
    beta = validation.real("beta", beta, above=0)
    _check_range("the leading order of ln P_n", "n", n, LEADING_FROM)
    return -beta * _LN3 / 4 * n**2


def log_minimum_gaussian(n: int) -> float:
    r"""Expansion of :math:`\ln P(\mathrm{GOE}_n \succ 0)` to constant order.

    .. math:: \ln P_n = -\frac{\ln 3}{4} n^2 + \frac12\ln(2\sqrt3-3)\,n - \frac{1}{24}\ln n
              - 0.01722317 + O(1/n).

    Range: n >= 3; the error of P_n is 0.6% at n = 3 and 0.16% at n = 10.

    References
    ----------
    G. Borot, B. Eynard, S. N. Majumdar and C. Nadal, J. Stat. Mech. (2011) P11024
    (arXiv:1009.1945). The constant is the one that exact values give.
    """
    n = validation.integer("n", n, 1)
    _check_range("the expansion of ln P_n", "n", n, GAUSSIAN_FROM)
    linear = 0.5 * math.log(2 * math.sqrt(3) - 3)
    return -_LN3 / 4 * n**2 + linear * n - math.log(n) / 24 - 0.01722317


def index_variance(n: int) -> float:
    r"""Variance of the number of negative eigenvalues of GOE_n.

    .. math:: \mathrm{Var} \approx \frac{1}{\pi^2}
              \left[\ln n + \gamma + 1 + 3\ln 2 - \frac{\pi^2}{8}\right].

    Range: n >= 4; exact minus formula is -0.0128 at n = 4, -0.0052 at 10, -0.0016 at 32.

    References
    ----------
    S. N. Majumdar, C. Nadal, A. Scardicchio and P. Vivo, Phys. Rev. Lett. 103 (2009) 220603;
    Phys. Rev. E 83 (2011) 041105.
    """
    n = validation.integer("n", n, 1)
    _check_range("the index variance", "n", n, VARIANCE_FROM)
    constant = 0.5772156649015329 + 1 + 3 * math.log(2) - math.pi**2 / 8
    return (math.log(n) + constant) / math.pi**2


def log_minimum_isotropic(dim: int) -> float:
    r"""Expansion of ln f_0(d), f_0 the fraction of minima of a smooth isotropic Gaussian field.

    .. math:: \ln f_0 = -d + \frac{4\sqrt2}{3}\sqrt d - \frac{2^{7/4}}{3} d^{1/4}
              - \frac{25}{96}\ln d - 1.335 + 1.02\,d^{-1/4} + \dots

    The base is e, yet f_0(d)/f_0(d+1) creeps up to it: 2.00 at d = 1, 2.43 at d = 40 to 63.
    Derived from the law of the smallest eigenvalue of GOE_{d+1}; its last two terms are fitted to
    exact values. Range: d >= 10, where f_0 is right within 1%.

    References
    ----------
    A. Auffinger, G. Ben Arous and J. Cerny, Comm. Pure Appl. Math. 66 (2013) 165 (the identity
    behind it, Lemma 3.3).
    """
    d = validation.integer("dim", dim, 1)
    _check_range("the expansion of ln f_0", "dim", d, ISOTROPIC_FROM)
    quarter = math.sqrt(math.sqrt(d))
    powers = -d + 4 * math.sqrt(2) / 3 * quarter**2 - 2**1.75 / 3 * quarter
    return powers - 25 / 96 * math.log(d) - 1.335 + 1.02 / quarter


def _check_range(what: str, symbol: str, value: int, low: int) -> None:
    if value < low:
        message = f"{what} is stated for {symbol} >= {low}, got {symbol} = {value}"
        warnings.warn(message, RangeWarning, stacklevel=3)
