r"""Critical points of the spherical pure p-spin glass.

On the sphere :math:`|x|^2 = N` the energy is the Gaussian field with covariance
:math:`N (x\cdot y/N)^p`; u is the energy divided by N. Its critical points are the eigenvectors
of a random symmetric tensor. At one of them the Hessian has dimension d = N - 1 and, given the
energy, is a multiple of :math:`\mathrm{GOE}_d - x` with
:math:`x = \sqrt{Np/(2(p-1))}\,u`, so that

.. math:: E\#_k = 2\sqrt{\tfrac2p}\,(p-1)^{N/2}\,
          E_{\mathrm{GOE}_N}\big[e^{-(p-2)\lambda_{k+1}^2/(2p)}\big] ,

:math:`\lambda_1 < \dots < \lambda_N` the spectrum; the law of the index is that of GOI(c),
:math:`c = p/(2(p-1))`, weighted by the determinant. Restricting the energy to at most u restricts
:math:`\lambda_{k+1}` to at most :math:`\sqrt{Np/(2(p-1))}\,u`.

References
----------
A. Auffinger, G. Ben Arous and J. Cerny, Comm. Pure Appl. Math. 66 (2013) 165.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from critpoints import validation
from critpoints.theory import kac_rice
from critpoints.theory.result import Exact


def variance(p: int) -> float:
    r"""The variance :math:`c = p/(2(p-1))` of the shift of the Hessian at a critical point."""
    p = validation.integer("p", p, 2)
    return p / (2 * (p - 1))


def threshold_energy(p: int) -> float:
    r""":math:`E_\infty = 2\sqrt{(p-1)/p}`: above -E_infinity saddles of every index abound."""
    p = validation.integer("p", p, 2)
    return 2 * math.sqrt((p - 1) / p)


def rate(u: float, p: int) -> float:
    r"""Large-deviation rate :math:`I_1(u)` of the smallest eigenvalue, for :math:`u \le -E_\infty`.

    .. math:: I_1(u) = -\frac{u}{E_\infty^2}\sqrt{u^2-E_\infty^2}
              - \ln\big(-u+\sqrt{u^2-E_\infty^2}\big) + \ln E_\infty .
    """
    edge = threshold_energy(p)
    u = validation.real("u", u, at_most=-edge * (1 - 1e-15))
    root = math.sqrt(max(u * u - edge * edge, 0.0))
    return -u / edge**2 * root - math.log((root - u) / edge)


def complexity(u: float, p: int, index: int = 0) -> float:
    r"""Growth rate :math:`\Theta_k(u)` of the number of critical points of index k below energy u.

    .. math:: \Theta_k(u) = \tfrac12\ln(p-1) - \frac{(p-2)u^2}{4(p-1)} - (k+1)\,I_1(u)

    for :math:`u \le -E_\infty`; constant above, where higher energies have other indices.
    """
    p = validation.integer("p", p, 2)
    index = validation.integer("index", index, 0)
    u = min(validation.real("u", u), -threshold_energy(p))
    return _base_complexity(u, p) - (index + 1) * rate(u, p)


def total_complexity(p: int) -> float:
    r"""Growth rate of the number of all critical points: :math:`\frac12\ln(p-1)`."""
    return 0.5 * math.log(validation.integer("p", p, 2) - 1)


def ground_energy(p: int, index: int = 0) -> float:
    r"""The energy :math:`E_k`, where :math:`\Theta_k(-E_k) = 0`: none of index k lies below -E_k.

    E_0 is the ground state. p = 3: 1.656998, 1.652873, 1.650253 for k = 0, 1, 2.

    Raises
    ------
    ValueError
        If p < 3: at p = 2 the complexity vanishes at the threshold itself.
    """
    p = validation.integer("p", p, 3)
    index = validation.integer("index", index, 0)
    edge = threshold_energy(p)
    return -float(brentq(lambda u: complexity(u, p, index), -2 * edge - p, -edge, xtol=1e-14))


def log_counts(dim: int, p: int, *, energy: float = math.inf) -> Exact:
    r"""Log expected numbers of critical points of index 0..d, of energy at most `energy`.

    Parameters
    ----------
    dim : int
        d = N - 1, the dimension of the sphere and of the Hessian.
    p : int
        Degree, at least 2.
    energy : float
        u, an energy divided by N; all critical points by default.

    Returns
    -------
    Exact
        Shape (d + 1,); accuracy absolute, in units of the sum.

    Raises
    ------
    ValueError
        If p < 2 or the energy is not a number.
    """
    dim, p = _checked(dim, p)
    upper = _shift_at(dim, p, energy)
    found = kac_rice.log_index_measure(dim, 0.0, variance(p), upper=upper)
    log = found.log + _log_prefactor(dim, p)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def log_relative_counts(dim: int, p: int) -> Exact:
    """`log_counts` with relative accuracy at every index, at the cost of seconds."""
    dim, p = _checked(dim, p)
    found = kac_rice.log_relative_measure(dim, 0.0, variance(p))
    log = found.log + _log_prefactor(dim, p)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def log_total(dim: int, p: int, *, energy: float = math.inf) -> float:
    """Log expected number of critical points of every index, of energy at most `energy`."""
    dim, p = _checked(dim, p)
    upper = _shift_at(dim, p, energy)
    return kac_rice.log_total(dim, 0.0, variance(p), upper) + _log_prefactor(dim, p)


def log_minima(dims: list[int], p: int) -> Exact:
    """Log expected numbers of minima on spheres of several dimensions, with relative accuracy."""
    checked = [_checked(dim, p)[0] for dim in dims]
    found = kac_rice.log_minimum_measure(checked, 0.0, variance(p))
    log = found.log + np.array([_log_prefactor(dim, p) for dim in checked])
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def _checked(dim: int, p: int) -> tuple[int, int]:
    return validation.integer("dim", dim, 1), validation.integer("p", p, 2)


def _base_complexity(u: float, p: int) -> float:
    return 0.5 * math.log(p - 1) - (p - 2) * u * u / (4 * (p - 1))


def _shift_at(dim: int, p: int, energy: float) -> float:
    if energy == math.inf:
        return math.inf
    return math.sqrt((dim + 1) * variance(p)) * validation.real("energy", energy)


def _log_prefactor(dim: int, p: int) -> float:
    r"""E# over the Kac-Rice integral: from GOE_N averages to :math:`\int D_k N(x; 0, c) dx`."""
    counts = math.log(2) + 0.5 * math.log(2 / p) + (dim + 1) / 2 * math.log(p - 1)
    gauss = 0.5 * math.log(2 * math.pi * variance(p))
    return counts + gauss - 0.5 * math.log(2) - float(gammaln((dim + 1) / 2))
