r"""Newton's method kept away from points that are known already.

The gradient is multiplied by

.. math:: \eta(x) = \prod_i \Bigl(1 + \frac{\ell_i^2}{\|x - x_i\|^2}\Bigr),

which has no other zeros and does not vanish at the known points. By the Sherman–Morrison formula
its Newton step is the usual one, p, times :math:`1/(1 - p \cdot \nabla\ln\eta)`: the direction
stays, the length and the sign change.

References
----------
Farrell, Birkisson & Funke (2015), Deflation techniques for finding distinct solutions of nonlinear
partial differential equations, SIAM J. Sci. Comput. 37, A2026.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from critpoints.domains import Domain
from critpoints.protocols import FloatArray


@dataclass(frozen=True)
class Deflation:
    """Known points, (k, ambient), and the lengths within which they repel, (k,)."""

    domain: Domain
    points: FloatArray
    lengths: FloatArray

    def applied(self, x: FloatArray, step: FloatArray, cap: FloatArray) -> FloatArray:
        """Steps of the deflated gradient, no longer than ``cap``: (m, ambient)."""
        gap = x[:, None, :] - self.points
        if self.domain.period is not None:
            gap = gap - self.domain.period * np.round(gap / self.domain.period)
        square = np.einsum("mki,mki->mk", gap, gap)
        with np.errstate(all="ignore"):
            weight = -2 * self.lengths**2 / (square * (square + self.lengths**2))
            slope = np.einsum("mk,mki,mi->m", weight, gap, step)
            scaled = step / (1 - slope)[:, None]
            shorter = np.minimum(1.0, cap / np.linalg.norm(scaled, axis=1))
        found = scaled * np.where(np.isfinite(shorter), shorter, 0.0)[:, None]
        return np.where(np.isfinite(found), found, step)
