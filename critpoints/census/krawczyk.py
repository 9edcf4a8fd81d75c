r"""What is proven about the zeros of the gradient in a box.

A box is a centre c and half-widths r. The landscape's ``expansion`` bounds, over the box, the
remainder ρ of the gradient and the variation B of the Hessian:

.. math:: g(c+\delta) = g + H\delta + \rho, \qquad |H(c+\delta) - H|_{ij} \le B_{ij} .

- **Exclusion**: no zero if some :math:`|g_i| > \sum_j |H_{ij}| r_j + |\rho_i|`.
- **Newton set**: with any matrix Y, here the inverse of H, a zero has
  :math:`|\delta - z| \le w`, where z = -Yg and :math:`w = |Y||\rho| + |1 - YH| r`. A box that it
  misses holds no zero; else the zeros lie in the intersection.
- **Krawczyk's test**: on a box of half-widths R the map :math:`\delta \mapsto \delta - Y
  g(c+\delta)` is a contraction in the maximum norm weighted by 1/R if
  :math:`(|1 - YH| + |Y| B) R < R`, and maps the box to itself if :math:`|z| + w \le R`. Then the
  box holds exactly one zero, and every Hessian in it is nonsingular, so that the index is the
  same all over it.

A box is dropped only where a comparison of numbers proves it empty: what overflows to infinity or
NaN (the inverse of a Hessian that all but vanishes) proves nothing.

Rounding: ``rounding`` bounds the error of what the landscape computes and is added to \|ρ\| and to
\|1 − YH\|. The arithmetic of the tests themselves, sums of at most d² products of such numbers,
has relative errors below 1e-14, which every bound is widened by. So is it by an absolute 2^-1000,
for what underflows: numbers must be near 1 (:mod:`~critpoints.census.units`).

References
----------
Krawczyk (1969), Computing 4, 187. Neumaier (1990), Interval Methods for Systems of Equations,
chapter 5. Rump (2010), Acta Numerica 19, 287.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from critpoints.census.cells import Cells
from critpoints.census.units import UNDERFLOW
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

SLACK = 1e-14
_WIDER = 1 + 1e-13


@dataclass(frozen=True)
class Expansion:
    """A batch of boxes with the derivatives at their centres.

    Attributes
    ----------
    center, radius : ndarray, shape (m, d)
    gradient : ndarray, shape (m, d)
    hessian : ndarray, shape (m, d, d)
    bend : ndarray, shape (m, d, d)
        B, what the Hessian may vary by.
    remainder : ndarray, shape (m, d)
        Bound of ρ and of rounding errors.
    """

    center: FloatArray
    radius: FloatArray
    gradient: FloatArray
    hessian: FloatArray
    bend: FloatArray
    remainder: FloatArray

    def __getitem__(self, rows: BoolArray | IntArray) -> Expansion:
        return Expansion(*(getattr(self, f.name)[rows] for f in fields(self)))

    @property
    def cells(self) -> Cells:
        """The boxes alone."""
        return Cells(self.center, self.radius)

    @property
    def may_hold_zero(self) -> BoolArray:
        """Where exclusion fails: shape (m,)."""
        reach = times(np.abs(self.hessian), self.radius) + self.remainder
        return ~_anywhere_above(np.abs(self.gradient), reach)

    def parts_may_hold_zero(self, parts: Cells) -> BoolArray:
        """The same for a part of each box, by the expansion about the centre of the whole."""
        gradient = self.gradient + times(self.hessian, parts.center - self.center)
        reach = times(np.abs(self.hessian), parts.radius) + self.remainder
        return ~_anywhere_above(np.abs(gradient), reach)


@dataclass(frozen=True)
class Newton:
    """Newton sets of a batch of boxes: all zeros of a box have ``|δ - step| <= width``.

    Attributes
    ----------
    inverse : ndarray, shape (m, d, d)
        ``|Y|``.
    defect : ndarray, shape (m, d, d)
        Bound of ``|1 - Y H|`` for the true Hessian at the centre.
    blur : ndarray, shape (m, d)
        Error of ``step`` by rounding.
    step, width : ndarray, shape (m, d)
    """

    inverse: FloatArray
    defect: FloatArray
    blur: FloatArray
    step: FloatArray
    width: FloatArray

    def meets(self, boxes: Expansion) -> BoolArray:
        """Whether the Newton set and the box have a point in common: shape (m,)."""
        return ~_anywhere_above(np.abs(self.step), boxes.radius + self.width)

    def __getitem__(self, rows: BoolArray | IntArray) -> Newton:
        return Newton(*(getattr(self, f.name)[rows] for f in fields(self)))


def expand(
    landscape: Landscape, center: FloatArray, radius: FloatArray, rounding: tuple[float, float]
) -> Expansion:
    """Derivatives at the centres and their variation over the boxes.

    A bound that is no number bounds nothing: it becomes infinite, lest a comparison with it
    exclude the box.

    Raises
    ------
    ValueError
        If a derivative is not finite.
    """
    gradient, hessian, bend, remainder = landscape.expansion(center, radius)
    if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
        raise ValueError("gradient and Hessian must be finite on the whole domain and next to it")
    errors = rounding[0] + rounding[1] * radius.sum(axis=1)[:, None] + UNDERFLOW
    bend, remainder = (np.where(np.isnan(b), np.inf, b) for b in (bend, remainder + errors))
    return Expansion(center, radius, gradient, hessian, bend, remainder)


def newton(boxes: Expansion, rounding: tuple[float, float]) -> Newton:
    """Newton sets."""
    inverse = _inverse(boxes.hessian)
    step = -times(inverse, boxes.gradient)
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(np.eye(boxes.center.shape[1]) - inverse @ boxes.hessian)
        inverse = np.abs(inverse)
        gap += inverse @ (SLACK * np.abs(boxes.hessian) + UNDERFLOW) + UNDERFLOW
    blur = times(inverse, SLACK * np.abs(boxes.gradient) + rounding[0] + UNDERFLOW)
    blur += UNDERFLOW
    width = (times(inverse, boxes.remainder) + times(gap, boxes.radius) + blur) * _WIDER
    defect = gap + rounding[1] * inverse.sum(axis=2, keepdims=True)
    return Newton(inverse, defect, blur, step, np.where(np.isnan(width), np.inf, width))


def unique_zero(
    landscape: Landscape, center: FloatArray, sets: Newton, radius: FloatArray
) -> BoolArray:
    """Where Krawczyk's test proves exactly one zero in ``center`` ± ``radius``: shape (m,)."""
    _, _, bend, remainder = landscape.expansion(center, radius)
    shift = times(sets.defect, radius) + UNDERFLOW
    bent = times(sets.inverse, times(bend, radius) + UNDERFLOW)
    unique = (shift + bent) * _WIDER < radius
    kept = times(sets.inverse, remainder + UNDERFLOW)
    exists = (np.abs(sets.step) + sets.blur + shift + kept) * _WIDER <= radius
    return everywhere(unique & exists)


def at_points(landscape: Landscape, points: FloatArray, rounding: tuple[float, float]) -> Newton:
    """Newton sets of the points themselves: steps and their rounding errors."""
    gradient, hessian = landscape.derivatives(points)
    none = np.zeros_like(points)
    flat = Expansion(points, none, gradient, hessian, np.zeros_like(hessian), none)
    return newton(flat, rounding)


def times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Matrices times vectors, row by row."""
    with np.errstate(over="ignore", invalid="ignore"):  # no bound, and NaN proves nothing
        return np.asarray(np.matmul(matrices, vectors[:, :, None])[:, :, 0])


def everywhere(holds: BoolArray) -> BoolArray:
    """Rows in which all components hold."""
    return np.asarray(holds.all(axis=1))


def _anywhere_above(size: FloatArray, bound: FloatArray) -> BoolArray:
    """Rows in which some component exceeds its bound, whatever rounding did to the two."""
    return np.asarray((size > bound * _WIDER).any(axis=1))


def _inverse(hessian: FloatArray) -> FloatArray:
    """Inverses; any matrix serves where there is none."""
    try:
        return np.asarray(np.linalg.inv(hessian))
    except np.linalg.LinAlgError:  # one singular matrix stops the batch
        return np.asarray(np.linalg.pinv(hessian, hermitian=True))
