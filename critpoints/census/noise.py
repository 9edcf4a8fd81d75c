r"""How exactly a gradient and a Hessian are computed near a point, found out by probing.

For a smooth function differences about x leave only terms of higher order,

.. math:: \tfrac12\bigl(g(x+\delta) - g(x-\delta)\bigr) - H\delta = O(|\delta|^3), \qquad
    \tfrac12\bigl(g(x+\delta) + g(x-\delta)\bigr) - g = O(|\delta|^2),

and the second is the same for H. What is found for moves of a few spacings of floating-point
numbers, and of 10⁻⁹ and 10⁻⁸ of the length over which the Hessian changes, is rounding. Moves of
several sizes are needed because rounding errors of neighbouring points can be equal; the longest
of all is one of 10⁻⁸ of the coordinates, of which only the first difference is taken. No bound of
rounding errors need be known, and nothing depends on units.

References
----------
Hamming (1971), Introduction to Applied Numerical Analysis, §6; Moré & Wild (2011), SIAM J. Sci.
Comput. 33, 1292 (noise estimated by differences over small steps).
"""

from __future__ import annotations

import numpy as np

from critpoints.census.local import Local, move, norms, room
from critpoints.protocols import FloatArray, Landscape

_EPS = float(np.finfo(float).eps)
_SPACINGS = 16
_APART = 1e-8  # of the coordinates
_SHARES = (0.0, 1e-9, 1e-8)  # of the length over which the Hessian changes
_CLOSE = 1e-3  # of that length: the longest move
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
    of_gradient, of_hessian = np.zeros(len(points)), np.zeros(len(points))
    if not len(points):
        return of_gradient, of_hessian
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (len(_SHARES) + 1, points.shape[1]))
    sizes = [np.maximum(_SPACINGS * _EPS * np.abs(points), s * bends[:, None]) for s in _SHARES]
    sizes += [np.maximum(sizes[0], np.minimum(_APART * np.abs(points), _CLOSE * bends[:, None]))]
    free = room(domain, points)
    with np.errstate(all="ignore"):
        gradient, hessian = landscape.derivatives(points)
        for size, sign in zip(sizes, signs, strict=True):
            step = domain.tangent(points, sign * np.minimum(size, free))
            up, down = move(domain, points, step), move(domain, points, -step)
            rise, fall = landscape.derivatives(up), landscape.derivatives(down)
            half = _apart(landscape, up, down) / 2
            odd = (rise[0] - fall[0]) / 2 - np.einsum("mij,mj->mi", hessian, half)
            of_gradient = np.fmax(of_gradient, norms(domain.tangent(points, odd)))
            if size is not sizes[-1]:
                even = domain.tangent(points, (rise[0] + fall[0]) / 2 - gradient)
                of_gradient = np.fmax(of_gradient, norms(even))
                of_hessian = np.fmax(of_hessian, norms((rise[1] + fall[1]) / 2 - hessian))
    return of_gradient, of_hessian


def _apart(landscape: Landscape, x: FloatArray, y: FloatArray) -> FloatArray:
    """Vectors from one point to another, the short way round a torus."""
    gap = x - y
    period = landscape.domain.period
    return gap if period is None else np.asarray(gap - period * np.round(gap / period))


def rounding_level(landscape: Landscape, points: FloatArray, bends: FloatArray) -> FloatArray:
    """Norms of gradients that rounding alone explains: (m,)."""
    return level(Local(landscape, points), noise(landscape, points, bends)[0])


def level(here: Local, of_gradient: FloatArray) -> FloatArray:
    """Norms of gradients that rounding alone explains, given the noise of the gradient: (m,).

    Sixteen times the noise, and what the spacing of floating-point numbers at the point makes of
    its Hessian.
    """
    with np.errstate(all="ignore"):
        spacing = 4 * _EPS * np.abs(here.points).max(axis=1, initial=0.0) * norms(here.hessian)
    return np.asarray(_SAFETY * of_gradient + np.where(np.isfinite(spacing), spacing, 0.0))
