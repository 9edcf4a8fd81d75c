r"""Hessians too large to hold: extreme eigenvalues, index and spectral density from products.

Everything here needs ``hvp`` alone. After k steps of the Lanczos recursion from a unit vector v
the Ritz values :math:`\theta_i` and squared first components :math:`\tau_i` of their vectors are
the Gauss quadrature of v's spectral measure: :math:`v^T g(H) v \approx \sum_i \tau_i g(\theta_i)`,
exactly for polynomials up to degree 2k - 1. The mean over random v is :math:`\mathrm{tr}\,g(H)/d`.

References
----------
Golub & Meurant (2010), Matrices, Moments and Quadrature with Applications, ch. 6 and 11.
Szegő (1975), Orthogonal Polynomials, 4th ed., §3.41 (separation theorem, the inequalities).
Ubaru, Chen & Saad (2017), Fast estimation of tr(f(A)) via stochastic Lanczos quadrature, SIAM J.
Matrix Anal. Appl. 38, 1075.
Ghorbani, Krishnan & Xiao (2019), An investigation into neural net optimization via Hessian
eigenvalue density, ICML, PMLR 97, 2232.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from critpoints.errors import UnreliableEstimateError
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import choice, integer, real

_EPS = float(np.finfo(float).eps)
_MEMORY = 2**31  # bytes that vectors may fill
_WHOLE = 32  # dimensions up to which the Hessian is simply put together
_CONVERGED, _SAME = 1e-10, 1e-8  # residuals, and equal eigenvalues, in units of the largest


@dataclass(frozen=True, eq=False)
class Density:
    """Quadratures of the spectral measures of some probe vectors.

    Attributes
    ----------
    nodes, weights : ndarray, shape (probes, steps)
        Ritz values, ascending, and weights that sum to 1 in each row.
    dim : int
    zero : float
        Eigenvalues up to this size count as zero.
    """

    nodes: FloatArray
    weights: FloatArray
    dim: int
    zero: float

    def share(self, low: float, high: float, level: float = 0.95) -> tuple[float, float, float]:
        """Share of eigenvalues in (low, high): estimate and interval.

        The interval holds the error of the quadrature, by the inequalities of Chebyshev, Markov
        and Stieltjes (a node's weight may lie on either side of a bound next to it), and that of
        chance, Student's t over probes. More steps narrow the first, more probes the second.
        """
        level = real("level", level, above=0, below=1)
        inside = (self.nodes > low) & (self.nodes < high)
        middle = float(np.where(inside, self.weights, 0.0).sum(axis=1).mean())
        (low_least, low_most), (high_least, high_most) = self._below(low), self._below(high)
        least = np.maximum(high_least - low_most, 0.0)
        most = np.minimum(high_most - low_least, 1.0)
        reach = float(stats.t.ppf((1 + level) / 2, len(least) - 1))
        bottom = float(least.mean()) - reach * _error(least)
        top = float(most.mean()) + reach * _error(most)
        return middle, max(bottom, 0.0), min(top, 1.0)

    def _below(self, bound: float) -> tuple[FloatArray, FloatArray]:
        """Least and most of each probe's spectral measure below a bound: (probes,) each."""
        probes, steps = self.nodes.shape
        if np.isinf(bound):
            whole = np.full(probes, float(bound > 0))
            return whole, whole
        sums = np.concatenate([np.zeros((probes, 1)), np.cumsum(self.weights, axis=1)], axis=1)
        count = (self.nodes < bound).sum(axis=1)
        slack = int(steps < self.dim)  # with dim steps the quadrature is the measure itself
        row = np.arange(probes)
        least = sums[row, np.maximum(count - slack, 0)]
        return least, sums[row, np.minimum(count + slack, steps)]

    def index_fraction(self, level: float = 0.95) -> tuple[float, float, float]:
        """Share of negative eigenvalues beyond zero: estimate, low, high."""
        return self.share(-np.inf, -self.zero, level)

    def zero_fraction(self, level: float = 0.95) -> tuple[float, float, float]:
        """Share of eigenvalues that count as zero: estimate, low, high."""
        return self.share(-self.zero, self.zero, level)

    def moment(self, power: int) -> tuple[float, float]:
        """tr(H^power) / dim and its standard error; exact quadrature for power < 2 × steps."""
        each = (self.weights * self.nodes**power).sum(axis=1)
        return float(each.mean()), _error(each)

    def smooth(self, grid: FloatArray, width: float) -> FloatArray:
        """The density on a grid, Gaussian kernels of a stated width in place of the nodes."""
        width = real("width", width, above=0)
        away = (np.asarray(grid, float)[:, None] - self.nodes.ravel()) / width
        height = self.weights.ravel() / (len(self.nodes) * width * (2 * np.pi) ** 0.5)
        found: FloatArray = np.exp(-0.5 * away**2) @ height
        return found


def extreme_eigenvalues(
    landscape: Landscape, x: FloatArray, count: int = 6, which: str = "both"
) -> FloatArray:
    """The smallest or largest eigenvalues of the Hessian at one point, ascending.

    Parameters
    ----------
    landscape : Landscape
        On a flat domain.
    x : ndarray, shape (dim,)
    count : int
        Below dim. Multiple eigenvalues are listed as often as they occur.
    which : {"smallest", "largest", "both"}
        With ``both`` half of them from each end.

    Raises
    ------
    UnreliableEstimateError
        If the recursion does not converge.

    References
    ----------
    Lehoucq, Sorensen & Yang (1998), ARPACK Users' Guide: implicitly restarted Lanczos.
    """
    choice("which", which, ("smallest", "largest", "both"))
    x = _point(landscape, x)
    count = integer("count", count, low=1, high=max(landscape.dim - 1, 1))
    low = {"smallest": count, "largest": 0, "both": count // 2}[which]
    bottom = _Ends(landscape, x).lowest(low)
    top = -_Ends(landscape, x, sign=-1).lowest(count - low)[::-1]
    return np.concatenate([bottom, top])


def large_index(
    landscape: Landscape, x: FloatArray, zero: float = 0.0, limit: int | None = None
) -> int:
    """Number of eigenvalues below ``-zero`` at one point, from the smallest ones alone.

    More and more of them are computed until the smallest one left is not negative: cheap where the
    index is low.

    Parameters
    ----------
    landscape : Landscape
        On a flat domain.
    x : ndarray, shape (dim,)
    zero : float
        Absolute; what is smaller counts as zero. Where the Hessian is singular it must exceed
        rounding, about 1e-10 of the largest eigenvalue.
    limit : int, optional
        Largest number of eigenvalues to compute: by default all, but no more than 2 GiB of
        eigenvectors.

    Raises
    ------
    UnreliableEstimateError
        If ``limit`` eigenvalues are negative, or the recursion does not converge; the error
        carries how many are known to be negative. :func:`spectral_density` needs neither.
    """
    zero = real("zero", zero, at_least=0)
    x = _point(landscape, x)
    fitting = max(_MEMORY // (8 * landscape.dim), 1)
    limit = fitting if limit is None else integer("limit", limit, low=1)
    limit = min(limit, landscape.dim)
    found = len(_Ends(landscape, x).lowest(limit, below=-zero))
    if found == limit < landscape.dim:
        raise UnreliableEstimateError(f"the index is at least {limit}", limit)
    return found


class _Ends:
    """The low end of a Hessian's spectrum (of its negative, with sign -1), found step by step.

    The Krylov space of one vector holds one direction of each eigenspace, so that a recursion
    sees one copy of a multiple eigenvalue. What was found is therefore set apart (deflated), and
    another random start searches the rest, until the smallest eigenvalue left there is not wanted.
    """

    def __init__(self, landscape: Landscape, x: FloatArray, sign: int = 1) -> None:
        self.landscape, self.x, self.sign, self.dim = landscape, x, sign, landscape.dim
        self.rng = np.random.default_rng(0)  # ARPACK's own start is global
        self.values = np.empty(0)
        self.vectors = np.empty((self.dim, 0))

    def lowest(self, count: int, below: float = np.inf) -> FloatArray:
        """The ``count`` lowest eigenvalues, of those below a bound only, ascending."""
        if self.dim <= _WHOLE:
            eye = np.eye(self.dim)
            values = np.linalg.eigvalsh([self._product(axis) for axis in eye])
            return np.asarray(values[values < below][:count])
        reach = self._reach()
        if count == 0 or reach == 0:
            return np.zeros(count if below > 0 else 0)
        batch = min(8, count)
        while len(self.values) < self.dim:
            enough = len(self.values) >= count
            if enough and np.isfinite(below):
                break
            bound = min(below, 0.9 * reach)  # what was set apart seems to lie at reach
            if enough:
                bound = np.sort(self.values)[count - 1] - _SAME * reach
            batch = self._extend(reach, bound, batch)
            if not batch:
                break
        return np.sort(self.values)[:count]

    def _extend(self, reach: float, bound: float, batch: int) -> int:
        """Add eigenpairs below the bound; how many to ask for next, 0 if none is left."""
        values, vectors = self._solve(reach, batch)
        new = values < bound
        self.values = np.concatenate([self.values, values[new]])
        self.vectors = np.linalg.qr(np.column_stack([self.vectors, vectors[:, new]]))[0]
        if not new.any():
            return 0
        most = max(self.dim - len(self.values) - 1, 1)
        return min(2 * batch, most) if new.all() else 1

    def _solve(self, reach: float, batch: int) -> tuple[FloatArray, FloatArray]:
        """Lowest eigenpairs across those found, as the largest of reach - H.

        Shifted, since ARPACK's tolerance is relative to each eigenvalue: zeros would never do.
        """

        def across(v: FloatArray) -> FloatArray:
            rest = v - self.vectors @ (self.vectors.T @ v)
            moved = reach * rest - self._product(rest)
            return np.asarray(moved - self.vectors @ (self.vectors.T @ moved))

        operator: Any = LinearOperator((self.dim,) * 2, matvec=across, dtype=np.float64)
        start, solve = self.rng.standard_normal(self.dim), eigsh
        try:
            found, vectors = solve(operator, batch, which="LA", v0=start, tol=_CONVERGED)
        except ArpackNoConvergence:
            if batch > 1:
                return self._solve(reach, batch // 2)
            known = len(self.values)
            raise UnreliableEstimateError(
                f"Lanczos did not converge: at least {known} eigenvalues are wanted", known
            ) from None
        return reach - np.asarray(found, dtype=np.float64), np.asarray(vectors, dtype=np.float64)

    def _product(self, v: FloatArray) -> FloatArray:
        found: FloatArray = self.landscape.hvp(self.x[None], v.reshape(1, self.dim))[0]
        return self.sign * found

    def _reach(self) -> float:
        """A number clearly above the largest eigenvalue in size: 0 if the Hessian is."""
        start = self.rng.standard_normal((1, self.dim))
        start /= np.linalg.norm(start)
        diagonal, beside = _lanczos(self.landscape, self.x[None], start, min(16, self.dim))
        return 1.5 * float(np.abs(eigh_tridiagonal(diagonal[0], beside[0])[0]).max())


def spectral_density(
    landscape: Landscape,
    x: FloatArray,
    rng: np.random.Generator,
    *,
    probes: int = 16,
    steps: int = 80,
    zero: float = 1e-8,
) -> Density:
    """Stochastic Lanczos quadrature of the Hessian at one point, all probes at once.

    Parameters
    ----------
    landscape : Landscape
        On a flat domain.
    x : ndarray, shape (dim,)
    rng : numpy.random.Generator
    probes : int
        Random sign vectors (Hutchinson 1990), at least 2.
    steps : int
        Of the recursion, cut to dim. Vectors are orthogonalised twice against all before, so
        that no eigenvalue is found again.
    zero : float
        Relative to the largest Ritz value in size: what is smaller counts as zero.

    Raises
    ------
    MemoryError
        If the vectors of one probe would fill more than 2 GiB; probes are worked on together as
        far as theirs fit.
    """
    x = _point(landscape, x)
    dim = landscape.dim
    probes = integer("probes", probes, low=2)
    steps = min(integer("steps", steps, low=1), dim)
    zero = real("zero", zero, at_least=0)
    needed = 8 * steps * dim
    if needed > _MEMORY:
        raise MemoryError(
            f"{steps} vectors of {dim} parameters need {needed:,} bytes, above the limit of "
            f"{_MEMORY:,}: use fewer steps"
        )
    start = (2.0 * rng.integers(0, 2, (probes, dim)) - 1) / dim**0.5
    together = _MEMORY // needed
    blocks = [
        _lanczos(landscape, np.repeat(x[None], len(v), axis=0), v, steps)
        for v in (start[i : i + together] for i in range(0, probes, together))
    ]
    diagonal, beside = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    pairs = [eigh_tridiagonal(a, b) for a, b in zip(diagonal, beside, strict=True)]
    nodes = np.array([values for values, _ in pairs])
    weights = np.array([vectors[0] ** 2 for _, vectors in pairs])
    return Density(nodes, weights, dim, zero * float(np.abs(nodes).max()))


def _lanczos(
    landscape: Landscape, x: FloatArray, start: FloatArray, steps: int
) -> tuple[FloatArray, FloatArray]:
    """Diagonals (m, steps) and off-diagonals (m, steps - 1) of the tridiagonal forms."""
    m, dim = start.shape
    basis = np.zeros((m, steps, dim))
    diagonal, beside = np.zeros((m, steps)), np.zeros((m, steps - 1))
    v, largest = start, np.zeros(m)
    for k in range(steps):
        basis[:, k] = v
        w = landscape.hvp(x, v)
        diagonal[:, k] = np.einsum("mi,mi->m", v, w)
        for _ in range(2):
            w = w - np.einsum("mki,mk->mi", basis[:, : k + 1], _along(basis[:, : k + 1], w))
        if k + 1 == steps:
            break
        norm = np.linalg.norm(w, axis=1)
        largest = np.maximum(largest, np.abs(diagonal[:, k]) + norm)
        # An invariant space is exhausted: the rest, of weight 0, must not couple to it.
        going = norm > dim * _EPS * largest
        beside[:, k] = np.where(going, norm, 0.0)
        v = np.where(going[:, None], w / np.where(going, norm, 1.0)[:, None], 0.0)
    return diagonal, beside


def _along(basis: FloatArray, w: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("mki,mi->mk", basis, w))


def _point(landscape: Landscape, x: FloatArray) -> FloatArray:
    if not landscape.domain.flat:
        raise ValueError(f"the domain must be flat, got {landscape.domain!r}")
    found: FloatArray = np.asarray(x, dtype=np.float64)
    if found.shape != (landscape.dim,) or not np.isfinite(found).all():
        raise ValueError(f"x must be one finite point of shape ({landscape.dim},), got {found!r}")
    return found


def _error(each: FloatArray) -> float:
    return float(each.std(ddof=1) / len(each) ** 0.5)
