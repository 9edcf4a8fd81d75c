"""Points that are known, as the ends of runs that have come near them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from critpoints.census.distinct import tree
from critpoints.domains import Domain
from critpoints.protocols import FloatArray, IntArray


@dataclass(frozen=True)
class Sinks:
    """Simple points that are known, within whose radii Newton's method converges to them.

    Attributes
    ----------
    domain : Domain
    points : ndarray, shape (k, ambient)
    radii : ndarray, shape (k,)
    """

    domain: Domain
    points: FloatArray
    radii: FloatArray

    @cached_property
    def _tree(self) -> Any:
        return tree(self.domain, self.points)

    def reached(self, x: FloatArray) -> IntArray:
        """The point whose radius each row lies in, -1 if it lies in none: (m,)."""
        if not len(self.points) or not len(x):
            return np.full(len(x), -1)
        near = np.asarray(self._tree.query(x)[1])
        inside = self.domain.distance(x, self.points[near]) <= self.radii[near]
        return np.where(inside, near, -1)
