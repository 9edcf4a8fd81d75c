r"""Critical points of stationary Gaussian fields that need not be isotropic (Kac-Rice).

At any point gradient and Hessian of a stationary field are independent. With the spectral moments
:math:`\Lambda_{ij} = E\,\partial_i f\,\partial_j f` and
:math:`M_{ijkl} = E\,\partial_{ij} f\,\partial_{kl} f`, the expected number of critical points of
index k a unit volume is

.. math:: (2\pi)^{-d/2} (\det\Lambda)^{-1/2}\; E\bigl[\,|\det H|\,1\{\mathrm{index}(H) = k\}\bigr],

:math:`H \sim N(0, M)`. H and -H have one law, so index k is as frequent as d - k.

References
----------
R. J. Adler and J. E. Taylor, Random Fields and Geometry (2007), ch. 11. S. O. Rice, Bell System
Tech. J. 24 (1945) 46. J. P. Imhof, Biometrika 48 (1961) 419.
"""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, stats

from critpoints.theory.result import Exact

Array = NDArray[np.float64]
REPLICATES = 16
LOG2_POINTS = 16
SCRAMBLE = 20_160_301  # any integer: it makes the scrambled nets, hence the result, repeatable


def log_density(second: ArrayLike, fourth: ArrayLike) -> Exact:
    r"""Log expected numbers of critical points a unit volume, by index 0..d.

    Closed form for d = 1 (Rice), a one-dimensional integral for d = 2 (the determinant is a
    quadratic form, :math:`E|Q| = \frac{2}{\pi}\int_0^\infty (1 - \mathrm{Re}\,\varphi_Q(t))
    t^{-2} dt`), scrambled Sobol points beyond, with four standard errors as accuracy.

    Parameters
    ----------
    second : array_like, shape (d, d)
        Covariance of the gradient, positive definite.
    fourth : array_like, shape (d, d, d, d)
        Covariance of the Hessian's entries.

    Returns
    -------
    Exact
        Shape (d + 1,).

    Raises
    ------
    ValueError
        If the shapes do not fit, or a moment matrix is not positive (semi)definite.

    Examples
    --------
    Rice's zero-crossing rate of the derivative, for one frequency: two points a period.

    >>> float(log_density([[0.5]], [[[[0.5]]]]).value.sum() * 2 * math.pi)
    2.0
    """
    gradient, entries = _checked(second, fourth)
    dim = len(gradient)
    if dim == 1:
        mean = np.full(2, math.sqrt(entries[0, 0] / (2 * math.pi)))
        found = Exact(np.log(mean), "closed form", 1e-14)
    elif dim == 2:
        found = _plane(entries)
    else:
        found = _sobol(entries, dim)
    log_at_zero = -(dim * math.log(2 * math.pi) + np.linalg.slogdet(gradient)[1]) / 2
    return Exact(found.log + log_at_zero, found.method, found.accuracy)


def _plane(entries: Array) -> Exact:
    """Half of the points are saddles, since E det H = 0; the rest minima and maxima."""
    form = np.array([[0.0, 0.0, 0.5], [0.0, -1.0, 0.0], [0.5, 0.0, 0.0]])  # of (h11, h12, h22)
    root = _root(entries)
    weights = np.linalg.eigvalsh(root.T @ form @ root)
    scale = np.abs(weights).max()
    weights = weights / scale

    def integrand(t: float) -> float:
        characteristic = np.prod((1 - 2j * weights * t) ** -0.5)
        return float((1 - characteristic.real) / t**2)

    near, error = integrate.quad(integrand, 1e-7, 1, epsabs=0, epsrel=1e-10)
    far, more = integrate.quad(integrand, 1, np.inf, epsabs=0, epsrel=1e-10)
    start = 1e-7 * integrand(1e-3)  # the integrand is flat at zero and cancels below 1e-7
    mean = 2 / math.pi * scale * (near + far + start)
    accuracy = (error + more) / (near + far) + 1e-9
    return Exact(np.log(mean * np.array([0.25, 0.5, 0.25])), "quadrature", accuracy)


def _sobol(entries: Array, dim: int) -> Exact:
    means = np.array([_replicate(_root(entries), dim, k) for k in range(REPLICATES)])
    mean = means.mean(axis=0)
    error = means.std(axis=0, ddof=1) / math.sqrt(REPLICATES)
    return Exact(np.log(mean), "quasi-Monte Carlo", float(4 * (error / mean).max()))


def _replicate(root: Array, dim: int, number: int) -> Array:
    """Mean of |det H| by index over one scrambled net, and over its mirror image."""
    sobol = stats.qmc.Sobol(root.shape[1], scramble=True, seed=SCRAMBLE + number)
    normals = stats.norm.ppf(sobol.random_base2(LOG2_POINTS))
    hessian = np.empty((len(normals), dim, dim))
    rows, columns = np.transpose(_pairs(dim))
    hessian[:, rows, columns] = hessian[:, columns, rows] = normals @ root.T
    eigenvalues = np.linalg.eigvalsh(hessian)
    index = (eigenvalues < 0).sum(axis=1)
    total = np.bincount(index, np.abs(eigenvalues.prod(axis=1)), dim + 1) / len(normals)
    return (total + total[::-1]) / 2


def _checked(second: ArrayLike, fourth: ArrayLike) -> tuple[Array, Array]:
    """Covariances of the gradient and of the Hessian's distinct entries."""
    gradient, full = np.asarray(second, float), np.asarray(fourth, float)
    dim = len(gradient)
    if gradient.shape != (dim, dim) or full.shape != (dim,) * 4:
        raise ValueError(
            f"second and fourth must have shapes (d, d) and (d, d, d, d), "
            f"got {gradient.shape} and {full.shape}"
        )
    pairs = _pairs(dim)
    entries = np.array([[full[i, j, k, m] for k, m in pairs] for i, j in pairs])
    if not np.linalg.eigvalsh(gradient)[0] > 0:
        raise ValueError("second must be positive definite: the field is constant along a line")
    values = np.linalg.eigvalsh(entries)
    if values[0] < -1e-9 * values[-1] or values[-1] <= 0:
        raise ValueError("fourth must be positive semidefinite and not zero")
    return gradient, entries


def _pairs(dim: int) -> list[tuple[int, int]]:
    return list(combinations_with_replacement(range(dim), 2))


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    found: Array = vectors * np.sqrt(np.maximum(values, 0.0))
    return found
