"""The octopus: saddles in a row, along which gradient descent takes exponential time."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from critpoints.domains import Box
from critpoints.landscapes.known.base import KnownLandscape, KnownPoints
from critpoints.protocols import FloatArray
from critpoints.validation import integer, real


@dataclass(frozen=True)
class Octopus(KnownLandscape):
    r"""The function of Du et al. (2017), extended to all of space.

    In the tubes of the paper it is theirs: with :math:`|x_j|` in [2τ, 6τ] for j < i,

    .. math:: \sum_{j<i}[L(|x_j|-4\tau)^2-\nu] - \gamma x_i^2 + L\sum_{j>i}x_j^2,\qquad |x_i|<\tau,

    and between τ and 2τ the quartic :math:`g_1(|x_i|)` and the quintic step s lead from one piece
    to the next. All of it, and an extension beyond the tubes (which the paper only asserts to
    exist, by Whitney's theorem), is :math:`f = F_1` of the recursion

    .. math:: F_i = h(|x_i|) + (1-s(|x_i|))\,L\sum_{j>i}x_j^2 + s(|x_i|)\,F_{i+1},
        \qquad F_{d+1} = 0

    with h the three pieces in :math:`x_i` alone and s 0 below τ and 1 above 2τ. It is twice
    continuously differentiable, even in every coordinate, and grows to infinity.

    Since h decreases on (0, 2τ] and :math:`F_{i+1} \le L\sum_{j>i}x_j^2`, there is no critical
    point but: for each i the :math:`2^{i-1}` saddles :math:`(\pm4\tau, \dots, \pm4\tau, 0, \dots,
    0)` with i - 1 coordinates ±4τ, of index 1 with curvatures -2γ and 2L; and :math:`2^d` minima
    :math:`(\pm4\tau, \dots, \pm4\tau)`, of value -dν.

    Parameters
    ----------
    dim : int
    tau, L, gamma : float
        τ, L and γ, positive. The paper's theorem wants τ ≥ e and starts in [-1, 1]^dim.

    References
    ----------
    Du, Jin, Lee, Jordan, Póczos & Singh (2017), NIPS 30; arXiv:1705.10412, section 4 and
    appendix.
    """

    dim: int
    tau: float = math.e
    L: float = 2.0
    gamma: float = 1.0

    population = "critical points of the octopus"
    name = "octopus"
    version = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        for name in ("tau", "L", "gamma"):
            object.__setattr__(self, name, real(name, getattr(self, name), above=0))

    @property
    def domain(self) -> Box:
        return Box(self.dim, -6 * self.tau, 6 * self.tau)

    @cached_property
    def nu(self) -> float:
        r"""ν = :math:`4L\tau^2 - g_1(2\tau)`, by how much each stage lies below the last."""
        quartic = -4 * self.gamma + (-14 * self.L + 10 * self.gamma) / 3
        quartic += (5 * self.L - 3 * self.gamma) / 2
        return (4 * self.L - quartic) * self.tau**2

    def _height(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """h, h' and h'' as functions of one signed coordinate."""
        tau, steep, gamma = self.tau, self.L, self.gamma
        t, sign = np.abs(x), np.sign(x)
        u = t - tau
        cubic, quartic = (
            (-14 * steep + 10 * gamma) / (3 * tau),
            (5 * steep - 3 * gamma) / 2 / tau**2,
        )
        pieces = [
            (-gamma * t**2, -2 * gamma * t, np.full_like(t, -2 * gamma)),
            (
                -gamma * t**2 + cubic * u**3 + quartic * u**4,
                -2 * gamma * t + 3 * cubic * u**2 + 4 * quartic * u**3,
                -2 * gamma + 6 * cubic * u + 12 * quartic * u**2,
            ),
            (
                steep * (t - 4 * tau) ** 2 - self.nu,
                2 * steep * (t - 4 * tau),
                np.full_like(t, 2 * steep),
            ),
        ]
        where = [t < tau, t < 2 * tau]
        found = [np.select(where, [p[k] for p in pieces[:2]], pieces[2][k]) for k in range(3)]
        return found[0], sign * found[1], found[2]

    def _step(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """s, s' and s'' as functions of one signed coordinate: 10u³ - 15u⁴ + 6u⁵."""
        u = np.clip(np.abs(x) / self.tau - 1, 0.0, 1.0)
        first = 30 * u**2 * (1 - u) ** 2 * np.sign(x) / self.tau
        second = 60 * u * (1 - u) * (1 - 2 * u) / self.tau**2
        return u**3 * (10 - 15 * u + 6 * u**2), first, second

    def _stages(self, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        r"""Products :math:`S_i=\prod_{j<i}s_j`, :math:`F_i`, and :math:`F_{i+1}` less its bound.

        The bound is :math:`L\sum_{j>i}x_j^2`; shapes (m, dim).
        """
        height, step = self._height(x)[0], self._step(x)[0]
        reached = np.ones_like(x)
        np.cumprod(step[:, :-1], axis=1, out=reached[:, 1:])
        stage, gap = np.empty_like(x), np.empty_like(x)
        below, outer = np.zeros(len(x)), np.zeros(len(x))
        for i in range(self.dim - 1, -1, -1):
            gap[:, i] = below - outer
            below = height[:, i] + outer + step[:, i] * gap[:, i]
            stage[:, i] = below
            outer = outer + self.L * x[:, i] ** 2
        return reached, stage, gap

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return self._stages(x)[1][:, 0]

    def gradient(self, x: FloatArray) -> FloatArray:
        r"""Gradients, :math:`\partial_if = S_i\,\partial_iF_i + (1-S_i)\,2Lx_i`."""
        reached, _, gap = self._stages(x)
        own = self._height(x)[1] + self._step(x)[1] * gap
        return np.asarray(reached * own + (1 - reached) * 2 * self.L * x)

    def hessian(self, x: FloatArray) -> FloatArray:
        r"""Hessians; off the diagonal, for i < j,

        .. math:: \partial_i\partial_jf
            = S_i\,s'(x_i)\prod_{i<k<j}s_k\,(\partial_jF_j - 2Lx_j) .
        """
        (_, slope, bend), (step, rise, turn) = self._height(x), self._step(x)
        reached, _, gap = self._stages(x)
        excess = slope + rise * gap - 2 * self.L * x
        found = np.zeros((*x.shape, self.dim))
        for i in range(self.dim):
            found[:, i, i] = reached[:, i] * (bend[:, i] + turn[:, i] * gap[:, i])
            found[:, i, i] += (1 - reached[:, i]) * 2 * self.L
            chain = reached[:, i] * rise[:, i]
            for j in range(i + 1, self.dim):
                found[:, i, j] = found[:, j, i] = chain * excess[:, j]
                chain = chain * step[:, j]
        return found

    def known_counts(self) -> list[int]:
        """Minima, and saddles of index 1."""
        return [2**self.dim, 2**self.dim - 1, *[0] * (self.dim - 1)]

    def _known(self) -> KnownPoints:
        rows = [
            [*signs, *[0.0] * (self.dim - stage)]
            for stage in range(self.dim + 1)
            for signs in itertools.product((-1.0, 1.0), repeat=stage)
        ]
        points = 4 * self.tau * np.array(rows)
        return KnownPoints.of(self, points, (points[:, -1] == 0).astype(np.int64))
