r"""How exactly a gradient and a Hessian are computed near a point, found out by probing.

Points a few spacings of floating-point numbers away must have the gradient
:math:`g + H\delta`; what they have instead is rounding:

.. math:: \max_j \|g(x+\delta_j) - g(x) - H(x)\delta_j\|, \qquad
    |\delta_j|_i = 16\,\varepsilon \max(|x_i|, \ell),

with :math:`\ell` the length over which the Hessian changes, so that curvature adds only
:math:`O(\varepsilon^2)`. No bound of rounding errors need be known, and nothing depends on units.

References
----------
Hamming (1971), Introduction to Applied Numerical Analysis, §6; Moré & Wild (2011), SIAM J. Sci.
Comput. 33, 1292 (noise estimated by differences over steps near the spacing of numbers).
"""

from __future__ import annotations

import numpy as np

from critpoints.census.local import Local, move
from critpoints.protocols import FloatArray, Landscape

_EPS = float(np.finfo(float).eps)
_PROBES = 4
_REACH = 16  # spacings of floating-point numbers
_SAFETY = 16.0
"""A gradient of so many times the noise may be rounding."""


def noise(
    landscape: Landscape, points: FloatArray, bends: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Rounding of the gradient (2-norm) and of the Hessian (Frobenius norm) at points: (m,) each.

    Parameters
    ----------
    landscape : Landscape
    points : ndarray, shape (m, ambient)
    bends : ndarray, shape (m,)
        Lengths over which the Hessian changes by its own size.
    """
    domain = landscape.domain
    if not len(points):
        return np.empty(0), np.empty(0)
    with np.errstate(all="ignore"):
        gradient, hessian = landscape.derivatives(points)
    bends = np.where(np.isfinite(bends), bends, 0.0)
    size = _REACH * _EPS * np.maximum(np.abs(points), bends[:, None])
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_PROBES, points.shape[1]))
    of_gradient, of_hessian = np.zeros(len(points)), np.zeros(len(points))
    for sign in signs:
        there = move(domain, points, domain.tangent(points, sign * size))
        step = there - points
        if domain.period is not None:
            step = step - domain.period * np.round(step / domain.period)
        with np.errstate(all="ignore"):
            g, h = landscape.derivatives(there)
            odd = domain.tangent(points, g - gradient - np.einsum("mij,mj->mi", hessian, step))
            of_gradient = np.fmax(of_gradient, np.linalg.norm(odd, axis=1))
            of_hessian = np.fmax(of_hessian, np.linalg.norm(h - hessian, axis=(1, 2)))
    return of_gradient, of_hessian


def rounding_level(landscape: Landscape, points: FloatArray, bends: FloatArray) -> FloatArray:
    """Norms of gradients that rounding alone explains: (m,).

    Sixteen times the noise, and what the spacing of floating-point numbers at the point makes of
    its Hessian.
    """
    here = Local(landscape, points)
    of_gradient, _ = noise(landscape, points, bends)
    with np.errstate(all="ignore"):
        spacing = 4 * _EPS * np.abs(points).max(axis=1) * np.linalg.norm(here.hessian, axis=(1, 2))
    return np.asarray(_SAFETY * of_gradient + np.where(np.isfinite(spacing), spacing, 0.0))
