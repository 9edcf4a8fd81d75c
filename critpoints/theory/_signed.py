r"""The pivot recursion with both signs: densities of the pivot, split by the number of negatives.

Both half-lines have tails like :math:`1/y^2`, since a pivot near 0 is followed by a huge one. A
half-line is cut at a reach R: near nodes x < R, in panels that shrink geometrically towards 0
where the preimages of huge pivots lie, and far nodes y = 1/v in panels of v < 1/R. Three routes,
all positive, make up one step from x' to y, :math:`y = a - x - g/x'`:

- near to near through the density of :math:`u = g/|x'|` on a grid of its own;
- near to far, where u = |y| + noise: Gauss-Hermite over the noise a;
- far to anywhere, where u = v g is small: Gauss-Laguerre over g.

References
----------
I. Dumitriu and A. Edelman, J. Math. Phys. 43 (2002) 5830. G. H. Golub and J. H. Welsch, Math.
Comp. 23 (1969) 221 (the Gauss rules).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.polynomial import hermite_e
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

from critpoints.errors import AccuracyError
from critpoints.theory import _panels

Array = NDArray[np.float64]
Long = NDArray[np.longdouble]

_SIGNS = ((0, 1.0), (1, -1.0))


class Rule(NamedTuple):
    r"""A discretisation: reach ``base + slope sqrt(2 s) + |x|``, s the largest Gamma shape.

    Panels are at most `width` long and at most ``ratio / sqrt(s)`` of their distance from 0;
    `noise` is the order of the Gauss-Hermite and Gauss-Laguerre rules up to s = 50, and one more
    for every 5 beyond, where the Gamma law bends faster; `tail` is the part of [0, 1/R] that is
    kept.
    """

    base: float = 9.0
    slope: float = 0.65
    width: float = 1.4
    ratio: float = 4.0
    order: int = 12
    noise: int = 20
    tail: float = 1.0

    def order_of_noise(self, s: float) -> int:
        """That of the Gauss rules, where s is the largest Gamma shape."""
        return self.noise + math.ceil(max(0.0, s - 50) / 5)

    def worse(self) -> Rule:
        """Narrower and coarser: what the result is compared with."""
        return self._replace(
            base=self.base - 0.75,
            slope=0.92 * self.slope,
            width=1.1 * self.width,
            ratio=1.1 * self.ratio,
            order=self.order - 1,
            noise=self.noise - 3,
        )


class _Grid(NamedTuple):
    """Nodes and weights of the half-line, near ones first, and of u."""

    near: int
    y: Array
    weight: Array
    u: Array
    bulk: Array  # (2, 2, near, len(u)) from u to near y, by sign of y and of x'
    noise: int  # order of the Gauss rules


def log_laws(n: int, beta: float, shift: float, weighted: bool, rule: Rule) -> list[Long]:
    """Logs for every index 0..m of every size m = 1..n, with one discretisation."""
    grid = _grid(n, beta, shift, rule)
    size = np.abs(grid.y)[:, None] if weighted else 1.0
    log = np.zeros(2, dtype=np.longdouble)
    first = [_normal(sign * grid.y + shift)[:, None] * size for _, sign in _SIGNS]
    f = np.zeros((2, grid.y.size, 2))
    f[0, :, :1], f[1, :, 1:] = first
    f, log = _normalised(f, log, grid.weight)
    laws = [log]
    for i in range(1, n):
        f, log = _counted(_step(f, beta * i / 2, shift, grid) * size, log)
        f, log = _normalised(f, log, grid.weight)
        laws.append(log)
    return laws


def _normalised(f: Array, log: Long, weight: Array) -> tuple[Array, Long]:
    """Every column (a number of negatives) divided by its mass, which joins the logs."""
    mass = np.einsum("y,tyk->k", weight, f)
    return f / mass, log + np.log(mass)


def _counted(f: Array, log: Long) -> tuple[Array, Long]:
    """Negative pivots move to the next column; the two parts of a column get a common scale."""
    nothing = np.array([-np.inf], dtype=np.longdouble)
    stay, move = np.concatenate([log, nothing]), np.concatenate([nothing, log])
    common = np.maximum(stay, move)
    result = np.zeros((2, f.shape[1], log.size + 1))
    result[0, :, :-1], result[1, :, 1:] = f
    result[0] *= np.exp(stay - common).astype(np.float64)
    result[1] *= np.exp(move - common).astype(np.float64)
    return result, common


def _step(f: Array, s: float, shift: float, grid: _Grid) -> Array:
    """One pivot further, before counting its sign: shape of f, (2, nodes, columns)."""
    near, y = grid.near, grid.y
    f = f * grid.weight[:, None]
    x = y[:near]
    h = np.exp(_panels.log_gamma_density(s, np.outer(grid.u, x))) * x @ f[:, :near]
    g, g_weight = _laguerre(s, grid.noise)
    small = np.outer(1 / y[near:], g)
    new = np.zeros_like(f)
    for t, sign in _SIGNS:
        new[t, near:] = _far_kernel(s, sign * shift, grid) @ f[1 - t, :near]
        for r, source in _SIGNS:
            new[t, :near] += grid.bulk[t, r] @ h[r]
            noise = (sign * y + shift)[:, None, None] + source * small
            new[t] += _normal(noise) @ g_weight @ f[r, near:]
    return new


def _far_kernel(s: float, shift: float, grid: _Grid) -> Array:
    r"""Density :math:`\int\varphi(a)\,\gamma_s(ux)\,x\,da` at far y = u - x + a, near x."""
    a, weight = hermite_e.hermegauss(grid.noise)
    x = grid.y[: grid.near]
    u = grid.y[grid.near :] + shift + a[:, None]
    if u.min() <= 0:
        raise AccuracyError("pivot recursion: the noise reaches across the range")
    density = np.exp(_panels.log_gamma_density(s, u[:, :, None] * x)) * x
    kernel: Array = np.tensordot(weight / weight.sum(), density, axes=1)
    return kernel


def _grid(n: int, beta: float, shift: float, rule: Rule) -> _Grid:
    s, power = beta * max(n - 1, 1) / 2, _panels.smoothing_power(beta)
    reach = rule.base + rule.slope * math.sqrt(2 * s) + abs(shift)
    count = math.ceil(s / reach / rule.width + 0.5)
    v_edges = np.linspace((1 - rule.tail) / reach, 1 / reach, count + 1)
    v, v_weight = _panels.composite(v_edges, rule.order)
    edges = _graded(
        0.3 * float(v.min()), reach, min(1.0, 1 / math.sqrt(s)) * rule.ratio, rule.width
    )
    x, x_weight = _panels.powered(edges, rule.order, power)
    u, u_weight = _panels.half_line(reach + rule.base + abs(shift), 0.35, rule.order + 2, power)
    bulk = np.array(
        [[_normal(t * x[:, None] + shift + r * u) * u_weight for _, r in _SIGNS] for _, t in _SIGNS]
    )
    y, weight = np.concatenate([x, 1 / v]), np.concatenate([x_weight, v_weight / v**2])
    return _Grid(x.size, y, weight, u, bulk, rule.order_of_noise(s))


def _graded(low: float, high: float, ratio: float, width: float) -> Array:
    """Edges 0, low, ..., high; panels of at most `width` and at most `ratio` of their lower end."""
    edges = [0.0, low]
    while edges[-1] < high:
        edges.append(edges[-1] + min(ratio * edges[-1], width))
    return np.array(edges) * (high / edges[-1])


def _laguerre(s: float, order: int) -> tuple[Array, Array]:
    """Gauss rule of the Gamma(s, 1) law."""
    k = np.arange(order, dtype=np.float64)
    node, vector = eigh_tridiagonal(2 * k + s, np.sqrt(k[1:] * (k[1:] - 1 + s)))
    return np.asarray(node, dtype=np.float64), np.asarray(vector[0] ** 2, dtype=np.float64)


def _normal(x: Array) -> Array:
    return np.asarray(np.exp(-x * x / 2) / math.sqrt(2 * math.pi))
