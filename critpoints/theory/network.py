r"""The spectrum of a large neural network's Hessian, by free probability.

Model: :math:`H = JJ^T/m + W`, J an n x m standard normal matrix, :math:`\varphi = n/m` the ratio
of parameters to data, and W a Wigner matrix whose semicircle has variance :math:`2\varepsilon`,
with :math:`\varepsilon` the energy (loss). R-transforms add, so the Stieltjes transform
:math:`g(z) = \int \rho(x)\,dx/(z-x)` satisfies

.. math:: z = 2\varepsilon g + \frac{1}{1-\varphi g} + \frac1g ,

a cubic in g. Because z is explicit in g, so is the antiderivative of g along the spectrum, and the
fraction of negative eigenvalues needs no quadrature.

References
----------
J. Pennington and Y. Bahri, Geometry of neural network loss surfaces via random matrix theory,
ICML 2017, PMLR 70, 2798.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints import validation


def critical_energy(ratio: float) -> float:
    r"""Energy :math:`\varepsilon_c` below which the limiting spectrum is nonnegative.

    .. math:: \varepsilon_c = \frac{1 - 20\varphi - 8\varphi^2 + (1+8\varphi)^{3/2}}{16},
              \qquad \varphi < 1 ,

    and 0 from :math:`\varphi = 1` on, where the Gauss-Newton part is singular.

    Parameters
    ----------
    ratio : float
        :math:`\varphi = n/m`, positive.
    """
    ratio = validation.real("ratio", ratio, above=0)
    if ratio >= 1:
        return 0.0
    value: float = (1 - 20 * ratio - 8 * ratio**2 + (1 + 8 * ratio) ** 1.5) / 16
    return max(value, 0.0)


def index_fraction(energy: ArrayLike, ratio: float) -> NDArray[np.float64]:
    r"""Limiting fraction :math:`\alpha(\varepsilon,\varphi)` of negative Hessian eigenvalues.

    With :math:`g_0` the root of :math:`z(g_0) = 0` in the lower half plane and
    :math:`U(g) = \int g\,z'(g)\,dg`,

    .. math:: \alpha = 1 - \frac1\pi\,\mathrm{Im}\,U(g_0),\qquad U(g) = \varepsilon g^2
              + \frac1\varphi\left[\ln(1-\varphi g) + \frac{1}{1-\varphi g}\right] - \ln g .

    Near :math:`\varepsilon_c` it grows like :math:`(\varepsilon/\varepsilon_c - 1)^{3/2}`, but
    only there.

    Parameters
    ----------
    energy : array_like
        :math:`\varepsilon \ge 0`, any shape.
    ratio : float
        :math:`\varphi = n/m`, positive.

    Returns
    -------
    ndarray
        Shape of `energy`; accurate to about 1e-12.

    Raises
    ------
    ValueError
        If an energy is negative or not finite, or the ratio is not positive.
    """
    energies = _energies(energy)
    threshold = critical_energy(ratio)
    fractions = [_fraction(e, ratio) if e > threshold else 0.0 for e in energies.ravel()]
    return np.array(fractions).reshape(energies.shape)


def density(x: ArrayLike, energy: float, ratio: float) -> NDArray[np.float64]:
    r"""Limiting density :math:`\rho(x) = -\mathrm{Im}\,g(x)/\pi` of the Hessian's eigenvalues.

    The atom that :math:`JJ^T/m` has at zero for :math:`\varphi > 1` is smoothed as soon as
    :math:`\varepsilon > 0`, which is required.

    Parameters
    ----------
    x : array_like
        Points, any shape.
    energy : float
        :math:`\varepsilon > 0`.
    ratio : float
        :math:`\varphi = n/m`, positive.
    """
    points = np.asarray(x, dtype=float)
    energy = validation.real("energy", energy, above=0)
    ratio = validation.real("ratio", ratio, above=0)
    values = [-_stieltjes(float(z), energy, ratio).imag / np.pi for z in points.ravel()]
    return np.array(values).reshape(points.shape)


def edges(energy: float, ratio: float) -> tuple[float, float]:
    r"""Smallest and largest point of the limiting spectrum: the real branch points of z(g).

    Solves :math:`z'(g) = 2\varepsilon + \varphi/(1-\varphi g)^2 - 1/g^2 = 0` for g < 0 and for
    :math:`0 < g < 1/\varphi`.
    """
    energy = validation.real("energy", energy, above=0)
    ratio = validation.real("ratio", ratio, above=0)
    square = np.array([ratio**2, -2 * ratio, 1.0])
    quartic = np.polyadd(2 * energy * np.append(square, [0, 0]), [ratio, 0, 0])
    roots = np.roots(np.polysub(quartic, square))
    real = roots[np.abs(roots.imag) < 1e-9 * np.abs(roots)].real
    left = real[real < 0].max()
    right = real[(real > 0) & (real < 1 / ratio)].min()
    return _position(left, energy, ratio), _position(right, energy, ratio)


def _energies(energy: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(energy, dtype=float)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise ValueError(f"energy must be finite and >= 0, got {energy!r}")
    return values


def _position(g: float, energy: float, ratio: float) -> float:
    return float(2 * energy * g + 1 / (1 - ratio * g) + 1 / g)


def _stieltjes(z: float, energy: float, ratio: float) -> complex:
    """The root of z(g) = z with the most negative imaginary part (real outside the spectrum)."""
    cubic = [
        -2 * energy * ratio,
        2 * energy + z * ratio,
        1 - ratio - z,
        1.0,
    ]
    roots = np.roots(cubic)
    return complex(roots[np.argmin(roots.imag)])


def _fraction(energy: float, ratio: float) -> float:
    g = _stieltjes(0.0, energy, ratio)
    inside = 1 - ratio * g
    primitive = energy * g**2 + (np.log(inside) + 1 / inside) / ratio - np.log(g)
    return float(max(1 - primitive.imag / np.pi, 0.0))
