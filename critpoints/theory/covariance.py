r"""Isotropic covariances as far as critical points know them: two derivatives at the origin.

A centred isotropic field of unit variance has :math:`\mathrm{Cov} = \rho(|x-y|^2)`. Its gradient
and Hessian at a point involve only :math:`\rho'(0) < 0` and :math:`\rho''(0) > 0`, derivatives in
:math:`r^2`, and the shape of their joint law only

.. math:: \kappa = -\rho'(0)/\sqrt{\rho''(0)},\qquad \kappa^2 \le 1 + 2/d .

References
----------
D. Cheng and A. Schwartzman, Bernoulli 24 (2018) 3422. C. E. Rasmussen and C. K. I. Williams,
Gaussian Processes for Machine Learning (2006), chapter 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from critpoints import validation


class Covariance(Protocol):
    """Anything that can say its two derivatives at the origin."""

    def derivatives(self, dim: int) -> tuple[float, float]:
        r""":math:`\rho'(0)` and :math:`\rho''(0)` in dimension `dim`."""
        ...


@dataclass(frozen=True)
class SquaredExponential:
    r""":math:`\rho = e^{-r^2/(2\ell^2)}`: kappa = 1."""

    length: float = 1.0

    def __post_init__(self) -> None:
        validation.real("length", self.length, above=0)

    def derivatives(self, dim: int) -> tuple[float, float]:
        r""":math:`-1/(2\ell^2)` and :math:`1/(4\ell^4)`."""
        return -0.5 / self.length**2, 0.25 / self.length**4


@dataclass(frozen=True)
class Matern:
    r""":math:`\rho = 2^{1-\nu} s^\nu K_\nu(s)/\Gamma(\nu)`, :math:`s = \sqrt{2\nu}\,r/\ell`.

    Twice differentiable, as critical points need, only for :math:`\nu > 2`:
    :math:`\kappa^2 = (\nu-2)/(\nu-1)`.
    """

    nu: float
    length: float = 1.0

    def __post_init__(self) -> None:
        nu = validation.real("nu", self.nu)
        if nu <= 2:
            raise ValueError(f"nu must be > 2 for a twice differentiable field, got {nu!r}")
        validation.real("length", self.length, above=0)

    def derivatives(self, dim: int) -> tuple[float, float]:
        r""":math:`-\nu/(2(\nu-1)\ell^2)` and :math:`\nu^2/(4(\nu-1)(\nu-2)\ell^4)`."""
        first = -self.nu / (2 * (self.nu - 1) * self.length**2)
        second = self.nu**2 / (4 * (self.nu - 1) * (self.nu - 2) * self.length**4)
        return first, second


@dataclass(frozen=True)
class RationalQuadratic:
    r""":math:`\rho = (1 + r^2/(2\alpha\ell^2))^{-\alpha}`: :math:`\kappa^2 = \alpha/(\alpha+1)`."""

    alpha: float
    length: float = 1.0

    def __post_init__(self) -> None:
        validation.real("alpha", self.alpha, above=0)
        validation.real("length", self.length, above=0)

    def derivatives(self, dim: int) -> tuple[float, float]:
        r""":math:`-1/(2\ell^2)` and :math:`(1+1/\alpha)/(4\ell^4)`."""
        return -0.5 / self.length**2, (1 + 1 / self.alpha) / (4 * self.length**4)


@dataclass(frozen=True)
class PlaneWave:
    r"""Random superposition of waves of one wavenumber k: :math:`\Delta f = -k^2 f`.

    :math:`\rho = \Gamma(d/2)\,(2/kr)^{d/2-1} J_{d/2-1}(kr)`, which depends on the dimension and
    has the largest :math:`\kappa^2` possible, 1 + 2/d.
    """

    wavenumber: float = 1.0

    def __post_init__(self) -> None:
        validation.real("wavenumber", self.wavenumber, above=0)

    def derivatives(self, dim: int) -> tuple[float, float]:
        r""":math:`-k^2/(2d)` and :math:`k^4/(4d(d+2))`."""
        dim = validation.integer("dim", dim, 1)
        return -(self.wavenumber**2) / (2 * dim), self.wavenumber**4 / (4 * dim * (dim + 2))


def kappa(covariance: Covariance, dim: int) -> float:
    r""":math:`\kappa = -\rho'(0)/\sqrt{\rho''(0)}`, checked against :math:`\kappa^2 \le 1+2/d`.

    Raises
    ------
    ValueError
        If the derivatives are not those of a covariance in dimension `dim`.
    """
    dim = validation.integer("dim", dim, 1)
    first, second = covariance.derivatives(dim)
    validation.real("rho'(0)", first, below=0)
    validation.real("rho''(0)", second, above=0)
    return checked_kappa(-first / math.sqrt(second), dim)


def checked_kappa(value: float, dim: int) -> float:
    r"""`value` if it is positive and :math:`\kappa^2 \le 1 + 2/d`, as every covariance has it."""
    result = validation.real("kappa", value, above=0)
    if result**2 > (1 + 2 / dim) * (1 + 1e-12):
        raise ValueError(
            f"kappa must satisfy kappa^2 <= 1 + 2/d = {1 + 2 / dim:g}, got kappa = {value!r}"
        )
    return result
