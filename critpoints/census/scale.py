"""Typical sizes of a gradient and a Hessian, by which searches of trained networks are judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.protocols import FloatArray, Landscape

_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Scale:
    """Typical sizes, so that tolerances have units.

    Attributes
    ----------
    gradient, hessian : float
        Medians of their norms over the starts.
    floor : float
        A gradient norm that rounding alone explains.
    """

    gradient: float
    hessian: float
    floor: float


def scale_of(landscape: Landscape, starts: FloatArray) -> Scale:
    """Measure the typical sizes at some points.

    Raises
    ------
    ValueError
        If gradient and Hessian are finite at none of them.
    """
    with np.errstate(all="ignore"):
        gradients, hessians = landscape.derivatives(starts)
    gradient = _typical(np.linalg.norm(gradients, axis=1))
    hessian = _typical(np.linalg.norm(hessians, axis=(1, 2)))
    return Scale(gradient, hessian, 16 * _EPS * (gradient + hessian * float(np.abs(starts).max())))


def _typical(norms: FloatArray) -> float:
    """The median, the largest where most are zero (a plateau); where f is defined at all."""
    norms = norms[np.isfinite(norms)]
    if not len(norms):
        raise ValueError("gradient and hessian must be finite, but are at no start")
    return float(np.median(norms)) or float(norms.max())
