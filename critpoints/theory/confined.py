r"""Critical points of a confined random field, and how they become trivial.

The landscape is :math:`\mu|x|^2/2 + V(x)` on R^N with V a centred Gaussian field,
:math:`\mathrm{Cov} = N f(|x-y|^2/2N)`; its one parameter is the mass
:math:`m = \mu/\sqrt{f''(0)}`. By Kac-Rice the expected number of critical points of index k is

.. math:: E\#_k = \Big(\frac{2}{N m^2}\Big)^{N/2} \int D_k(x; N)\,
          N\big(x; -m\sqrt{N/2}, \tfrac12\big)\,dx ,

with D_k of `critpoints.theory.kac_rice`. Their alternating sum is 1. Above m = 1 one minimum
is left; below it their number grows exponentially in N.

References
----------
Y. V. Fyodorov, Phys. Rev. Lett. 92 (2004) 240601. Y. V. Fyodorov and C. Nadal, Phys. Rev. Lett.
109 (2012) 167203.
"""

from __future__ import annotations

import math

from critpoints import validation
from critpoints.theory import kac_rice
from critpoints.theory.result import Exact

TRANSITION_MASS = 1.0
VARIANCE = 0.5


def log_counts(dim: int, mass: float) -> Exact:
    r"""Log expected numbers of critical points of index 0..N, shape (N + 1,).

    Parameters
    ----------
    dim : int
        N, the dimension of space and of the Hessian.
    mass : float
        m, positive.

    Returns
    -------
    Exact
        Accuracy absolute, in units of the total number.

    Raises
    ------
    ValueError
        If the mass is not positive.
    """
    dim, mass = _checked(dim, mass)
    found = kac_rice.log_index_measure(dim, _mean(dim, mass), VARIANCE)
    log = found.log + _log_prefactor(dim, mass)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def log_relative_counts(dim: int, mass: float) -> Exact:
    """`log_counts` with relative accuracy at every index, at the cost of seconds."""
    dim, mass = _checked(dim, mass)
    found = kac_rice.log_relative_measure(dim, _mean(dim, mass), VARIANCE)
    log = found.log + _log_prefactor(dim, mass)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def log_total(dim: int, mass: float) -> float:
    r"""Log expected number of all critical points, to about 1e-13.

    .. math:: E\# = \Big(\frac{2}{N m^2}\Big)^{N/2} \sqrt{\tfrac2\pi}\,
              \Gamma\big(\tfrac{N+1}2\big) \int \rho_{N+1}(\lambda)\,
              e^{\lambda^2/2 - (\lambda - m\sqrt{N/2})^2}\,d\lambda .
    """
    dim, mass = _checked(dim, mass)
    total = kac_rice.log_total(dim, _mean(dim, mass), VARIANCE)
    return total + _log_prefactor(dim, mass)


def log_minima(dim: int, mass: float) -> Exact:
    """Log expected number of minima, with relative accuracy; shape (1,)."""
    dim, mass = _checked(dim, mass)
    return _extrema(dim, mass, _mean(dim, mass))


def log_maxima(dim: int, mass: float) -> Exact:
    """Log expected number of maxima, with relative accuracy; shape (1,)."""
    dim, mass = _checked(dim, mass)
    return _extrema(dim, mass, -_mean(dim, mass))


def total_complexity(mass: float) -> float:
    r"""Growth rate :math:`\lim \ln E\#/N = (m^2-1)/2 - \ln m` for m < 1, and 0 above."""
    mass = validation.real("mass", mass, above=0)
    return (mass**2 - 1) / 2 - math.log(mass) if mass < TRANSITION_MASS else 0.0


def minima_complexity(mass: float) -> float:
    r"""Growth rate of the number of minima: :math:`-\ln m - 3/2 + 2m - m^2/2`, 0 from m = 1 on."""
    mass = validation.real("mass", mass, above=0)
    return -math.log(mass) - 1.5 + 2 * mass - mass**2 / 2 if mass < TRANSITION_MASS else 0.0


def _checked(dim: int, mass: float) -> tuple[int, float]:
    return validation.integer("dim", dim, 1), validation.real("mass", mass, above=0)


def _mean(dim: int, mass: float) -> float:
    return -mass * math.sqrt(dim / 2)


def _extrema(dim: int, mass: float, mean: float) -> Exact:
    found = kac_rice.log_minimum_measure([dim], mean, VARIANCE)
    log = found.log + _log_prefactor(dim, mass)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def _log_prefactor(dim: int, mass: float) -> float:
    return dim / 2 * math.log(2 / (dim * mass**2))
