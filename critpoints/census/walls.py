"""Whether a point found next to a wall of a box is one beyond it.

Walls reflect the steps of a search, so that one which converges to a point just outside ends just
inside. A last Newton step, not reflected, tells.
"""

from __future__ import annotations

import numpy as np

from critpoints.domains import Box
from critpoints.protocols import BoolArray, FloatArray, Landscape

_NEAR = 1e-6  # of the width: points further inside are not looked at
_EPS = float(np.finfo(float).eps)


def beyond(landscape: Landscape, points: FloatArray) -> BoolArray:
    """Which points have a Newton step that leaves the box by more than rounding: shape (m,)."""
    found = np.zeros(len(points), dtype=np.bool_)
    box = landscape.domain
    if not isinstance(box, Box) or not len(points):
        return found
    low, high = box.ends
    room = np.minimum(points - low, high - points)
    near = room.min(axis=1) <= _NEAR * float((high - low).max())
    x = points[near]
    gradient, hessian = landscape.derivatives(x)
    usable = np.asarray(np.isfinite(gradient).all(axis=1) & np.isfinite(hessian).all(axis=(1, 2)))
    step = np.zeros_like(x)
    inverse = np.linalg.pinv(hessian[usable], hermitian=True)
    step[usable] = -np.einsum("mij,mj->mi", inverse, gradient[usable])
    short = np.abs(step).max(axis=1) <= _NEAR * float((high - low).max())
    out = np.maximum(low - (x + step), x + step - high) - 8 * _EPS * np.abs(x)
    found[near] = short & (out.max(axis=1) > 0)
    return found
