"""One Newton step on a gradient, shortened along soft directions."""

from __future__ import annotations

import numpy as np

from critpoints.census.local import norms
from critpoints.protocols import BoolArray, FloatArray

_NULL = 1e-13  # of the largest curvature: what may be rounding


def newton_step(
    gradient: FloatArray, hessian: FloatArray, cap: FloatArray, spacing: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    r"""Newton steps, components along soft directions shortened to ``cap``, (m,).

    In eigenvectors the step is :math:`p_i = -s_i c_i/\lambda_i` with the largest
    :math:`s_i \le 1` such that :math:`|p_i| \le` cap: the minimum-residual step of a Hessian
    whose soft part is truncated. Always a descent direction of :math:`\|\nabla f\|^2/2`, of slope
    :math:`-\sum_i s_i c_i^2`. Left out are modes along which both curvature and gradient are what
    rounding makes of zero.

    Parameters
    ----------
    gradient : ndarray, shape (m, dim)
    hessian : ndarray, shape (m, dim, dim)
    cap : ndarray, shape (m,)
    spacing : ndarray, shape (m,)
        By how much coordinates are rounded.

    Returns
    -------
    step : ndarray, shape (m, dim)
    fall : ndarray, shape (m,)
        :math:`\sum_i s_i c_i^2 / \sum_i c_i^2`, between 0 and 1.
    whole : ndarray of bool, shape (m,)
        Where nothing was shortened.
    """
    step = _solve(hessian, gradient)
    fall = np.ones(len(step))
    with np.errstate(invalid="ignore", over="ignore"):
        whole = np.asarray(norms(step) <= cap)
    long = ~whole
    if long.any():
        step[long], fall[long], whole[long] = _truncated(
            gradient[long], hessian[long], cap[long], spacing[long]
        )
    return step, fall, whole


def _solve(hessian: FloatArray, gradient: FloatArray) -> FloatArray:
    try:
        found = -np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:  # one singular matrix stops the batch
        return np.full_like(gradient, np.nan)
    return np.asarray(found)


def _truncated(
    gradient: FloatArray, hessian: FloatArray, cap: FloatArray, spacing: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    eigenvalues, vectors = np.linalg.eigh(hessian)
    along = np.einsum("mij,mi->mj", vectors, gradient)
    curve, wanted = np.abs(eigenvalues), np.abs(along)
    largest = curve.max(axis=1, keepdims=True)
    null = (curve <= _NULL * largest) & (wanted <= spacing[:, None] * largest)
    null |= curve == 0
    long = (wanted > curve * cap[:, None]) & ~null
    share = np.where(long, curve * cap[:, None], 1.0) / np.where(long, wanted, 1.0)
    with np.errstate(over="ignore"):
        step = np.where(null, 0.0, -share * along / np.where(null, 1.0, eigenvalues))
    norm = norms(step)
    far = norm > cap
    shorter = np.where(far, cap, 1.0) / np.where(far, norm, 1.0)
    moved = np.einsum("mij,mj->mi", vectors, step) * shorter[:, None]
    blind = null & (wanted > spacing[:, None] * largest)
    whole = ~(long | blind).any(axis=1) & ~far & ~null.all(axis=1)
    length = norms(along)
    unit = along / np.where(length > 0, length, 1.0)[:, None]
    fall = np.einsum("mj,mj->m", np.where(null, 0.0, share), unit**2)
    return moved, shorter * fall, whole
