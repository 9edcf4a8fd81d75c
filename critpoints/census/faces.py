"""The faces of a box, and a function on one of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from critpoints.domains import Box
from critpoints.protocols import FloatArray, Landscape

Fixed = Mapping[int, float]


def faces(box: Box) -> Iterator[dict[int, float]]:
    """Every open face but the interior, as the axes it fixes: 3^dim - 1 of them."""
    low, high = box.ends
    for sides in itertools.product((None, 0, 1), repeat=box.dim):
        if any(side is not None for side in sides):
            yield {
                axis: float((low, high)[side][axis])
                for axis, side in enumerate(sides)
                if side is not None
            }


def inward(box: Box, fixed: Fixed) -> FloatArray:
    """+1 on axes fixed at their lower end, -1 at their upper one: shape (len(fixed),)."""
    low, _ = box.ends
    return np.array([1.0 if end == low[axis] else -1.0 for axis, end in fixed.items()])


@dataclass(frozen=True, eq=False)
class Restricted(Landscape):
    """A function on a box with some coordinates held fixed: a function on a smaller box.

    Parameters
    ----------
    whole : Landscape
        On a box.
    fixed : mapping of int to float
        Axes and where they are held; at least one axis must stay free.
    """

    whole: Landscape
    fixed: Fixed
    dim: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", self.whole.dim - len(self.fixed))

    @cached_property
    def free(self) -> list[int]:
        """Axes that are left."""
        return [axis for axis in range(self.whole.dim) if axis not in self.fixed]

    @cached_property
    def domain(self) -> Box:
        low, high = self._box.ends
        free = self.free
        return Box(self.dim, tuple(low[free].tolist()), tuple(high[free].tolist()))

    @cached_property
    def _box(self) -> Box:
        box = self.whole.domain
        if not isinstance(box, Box):
            raise TypeError(f"only a function on a box has faces, got one on {box}")
        return box

    def embed(self, x: FloatArray, at: Fixed | None = None) -> FloatArray:
        """Points of the whole box: (m, dim) -> (m, whole.dim)."""
        found = np.empty((len(x), self.whole.dim))
        found[:, self.free] = x
        for axis, end in (self.fixed if at is None else at).items():
            found[:, axis] = end
        return found

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return self.whole.value(self.embed(x))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients along the face: (m, dim) -> (m, dim)."""
        return self.whole.gradient(self.embed(x))[:, self.free]

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians along the face: (m, dim) -> (m, dim, dim)."""
        return self._block(self.whole.hessian(self.embed(x)), 2)

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian along the face."""
        gradient, hessian = self.whole.derivatives(self.embed(x))
        return gradient[:, self.free], self._block(hessian, 2)

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray | None:
        """The whole function's bounds, on a box without width along fixed axes."""
        still = dict.fromkeys(self.fixed, 0.0)
        width = self.embed(np.broadcast_to(radius, center.shape), still)
        bound = self.whole.third_bound(self.embed(center), width)
        if bound is None:
            return None
        shape = (len(center), *(self.whole.dim,) * 3)
        return self._block(np.broadcast_to(bound, shape), 3)

    def rounding(self) -> tuple[float, float] | None:
        """That of the whole function."""
        return self.whole.rounding()

    @property
    def bounds_proven(self) -> bool:
        """Whether those of the whole function are."""
        return self.whole.bounds_proven

    def normalised(self) -> tuple[Landscape, int, int] | None:
        """The whole function in its units, on the same face."""
        known = self.whole.normalised()
        if known is None:
            return None
        whole, length, height = known
        fixed = {axis: math.ldexp(end, -length) for axis, end in self.fixed.items()}
        return Restricted(whole, fixed), length, height

    def _block(self, tensor: FloatArray, order: int) -> FloatArray:
        return tensor[np.ix_(range(len(tensor)), *[self.free] * order)]
