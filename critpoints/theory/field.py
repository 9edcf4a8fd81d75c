r"""Critical points of isotropic Gaussian fields, by index.

The Hessian of a centred field with covariance :math:`\rho(|x-y|^2)`, :math:`\rho(0) = 1`, is
:math:`\sqrt{8\rho''}\,\mathrm{GOI}(\tfrac12)`, independent of the gradient, where
:math:`\mathrm{GOI}(c) = \mathrm{GOE}_d + \xi I` with :math:`\xi \sim N(0, c)`. At a fixed point
it is that; at a critical point its law is weighted by :math:`|\det|` (Kac-Rice), and the index
has the law

.. math:: f_k(d) = \frac{E\,e^{-\lambda_{k+1}^2/2}}{\sum_j E\,e^{-\lambda_j^2/2}} ,

:math:`\lambda` the ordered spectrum of :math:`\mathrm{GOE}_{d+1}`, for every covariance.

References
----------
Y. V. Fyodorov, Phys. Rev. Lett. 92 (2004) 240601. A. J. Bray and D. S. Dean, Phys. Rev. Lett. 98
(2007) 150201. D. Cheng and A. Schwartzman, Bernoulli 24 (2018) 3422.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from critpoints import validation
from critpoints.theory import imaginary, kac_rice
from critpoints.theory.covariance import Covariance, checked_kappa, kappa
from critpoints.theory.result import Exact

HALF = 0.5
_FLAT = 1e-12  # rounding of 1 - kappa^2 at kappa = 1


def log_index_law(dim: int, *, variance: float = HALF, weighted: bool = True) -> Exact:
    r"""Log probabilities of index 0..d of GOI(c), weighted by its determinant or not.

    Parameters
    ----------
    dim : int
        d, at least 1.
    variance : float
        c, at least 0; one half for an isotropic field, p/(2(p-1)) for the spherical p-spin.
    weighted : bool
        True at a critical point, False at a fixed point.

    Returns
    -------
    Exact
        Shape (d + 1,), absolute accuracy.

    Raises
    ------
    ValueError
        If the dimension or the variance is out of range.
    """
    dim, variance = _checked(dim, variance)
    found = kac_rice.log_index_measure(dim, 0.0, variance, weighted=weighted)
    return _normalised(found)


def log_minimum(dims: list[int], *, variance: float = HALF, weighted: bool = True) -> Exact:
    r"""Log probability that GOI(c) is positive definite, in several dimensions at once.

    Parameters and errors as in `log_index_law`.

    Returns
    -------
    Exact
        Shape (len(dims),), relative accuracy at any depth.
    """
    checked = [_checked(dim, variance)[0] for dim in dims]
    found = kac_rice.log_minimum_measure(checked, 0.0, variance, weighted=weighted)
    if not weighted:
        return found
    log = found.log - np.array([kac_rice.log_total(dim, 0.0, variance) for dim in checked])
    return Exact(log, found.method, found.accuracy, found.accuracy_kind)


def log_index_law_at_height(dim: int, height: float, kappa: float) -> Exact:
    r"""Log law of the index at critical points of height u, for a field of unit variance.

    .. math:: H \mid f=u \;\sim\; \sqrt{8\rho''}\,\big[\mathrm{GOE}_d - \kappa u/\sqrt2
              + N\big(0, \tfrac{1-\kappa^2}{2}\big) I\big],
              \qquad \kappa = -\rho'/\sqrt{\rho''} .

    Parameters
    ----------
    dim : int
        d, at least 1.
    height : float
        u, in standard deviations of the field.
    kappa : float
        Positive. Above 1 the shift has a negative variance: an average over imaginary shifts.

    Returns
    -------
    Exact
        Shape (d + 1,), absolute accuracy.

    Raises
    ------
    ValueError
        If :math:`\kappa^2 > 1 + 2/d`.
    """
    dim = validation.integer("dim", dim, 1)
    height = validation.real("height", height)
    kappa = checked_kappa(kappa, dim)
    mean, variance = kappa * height / math.sqrt(2), (1 - kappa**2) / 2
    if variance < -_FLAT:
        return imaginary.log_index_law(dim, mean, max(variance, -1 / dim))
    found = kac_rice.log_index_measure(dim, mean, max(variance, 0.0))
    return _normalised(found)


def index_fraction_at_height(height: ArrayLike, dim: int, kappa: float) -> NDArray[np.float64]:
    r"""Large-d fraction of negative eigenvalues at critical points of height u.

    .. math:: \alpha = \tfrac12 + \frac{t\sqrt{1-t^2} + \arcsin t}{\pi},\qquad
              t = \frac{\kappa u}{(1+\kappa^2)\sqrt d} .

    Low critical points are minima, high ones saddles. Within 0.0025 of the exact mean at d = 100.

    References
    ----------
    A. J. Bray and D. S. Dean, Phys. Rev. Lett. 98 (2007) 150201.
    """
    dim = validation.integer("dim", dim, 1)
    kappa = checked_kappa(kappa, dim)
    t = np.clip(kappa * np.asarray(height, float) / ((1 + kappa**2) * math.sqrt(dim)), -1, 1)
    fraction: NDArray[np.float64] = 0.5 + (t * np.sqrt(1 - t**2) + np.arcsin(t)) / math.pi
    return fraction


def log_density(dim: int, covariance: Covariance) -> Exact:
    r"""Log expected number of critical points of index 0..d in a unit volume.

    .. math:: \Big(\frac{2\rho''}{\pi|\rho'|}\Big)^{d/2}
              \int D_k(x; d)\,N\big(x; 0, \tfrac12\big)\,dx .

    Parameters
    ----------
    dim : int
        d, at least 1.
    covariance : Covariance
        `SquaredExponential`, `Matern`, `RationalQuadratic`, `PlaneWave`, or anything with a
        method ``derivatives(dim)``.

    Returns
    -------
    Exact
        Shape (d + 1,); accuracy absolute, in units of the sum.
    """
    scale = _log_volume(dim, covariance)
    found = kac_rice.log_index_measure(dim, 0.0, HALF)
    return Exact(found.log + scale, found.method, found.accuracy, found.accuracy_kind)


def log_total_density(dim: int, covariance: Covariance) -> float:
    r"""Log expected number of critical points of every index in a unit volume.

    .. math:: \Big(\frac{2\rho''}{\pi|\rho'|}\Big)^{d/2} \sqrt{\tfrac2\pi}\,
              \Gamma\big(\tfrac{d+1}2\big)\,S_d,\qquad
              S_d = \int \rho_{d+1}(\lambda)\,e^{-\lambda^2/2}\,d\lambda .
    """
    return _log_volume(dim, covariance) + kac_rice.log_total(dim, 0.0, HALF)


def _checked(dim: int, variance: float) -> tuple[int, float]:
    return validation.integer("dim", dim, 1), validation.real("variance", variance, at_least=0)


def _log_volume(dim: int, covariance: Covariance) -> float:
    kappa(covariance, dim)
    first, second = covariance.derivatives(dim)
    return dim / 2 * math.log(2 * second / (math.pi * -first))


def _normalised(found: Exact) -> Exact:
    return Exact(
        found.log - logsumexp(found.log), found.method, found.accuracy, found.accuracy_kind
    )
