r"""Critical points of a network's loss, searched from where training passes by.

Two rules decide what is one. A small gradient is not enough: where :math:`\nabla f` lies in the
kernel of the Hessian its norm has a stationary point that is no zero (gradient-flat, Frye et al.),
and in a tail both fade. A point is accepted if

.. math:: \|g\| \le \mathrm{tolerance} \times \text{typical } \|g\| \quad\text{and}\quad
    \|Hg\| > \mathrm{flat} \times \text{typical } \|H\| \times \|g\|.

Where :math:`\|g\|` is down to rounding its direction means nothing, and :math:`\|H\|` itself must
exceed that share of the typical one. A critical point whose Hessian vanishes altogether cannot be
told from a tail and is rejected.

References
----------
Dauphin et al. (2014), Identifying and attacking the saddle point problem in high-dimensional
non-convex optimization, NeurIPS 27. Frye, Simon, Wadia, Ligeralde, DeWeese & Bouchard (2021),
Critical point-finding methods reveal gradient-flat regions of deep network losses, Neural
Computation 33, arXiv:2003.10397.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from critpoints.census import minres
from critpoints.census.scale import Scale, scale_of
from critpoints.landscapes.networks import Network
from critpoints.landscapes.training import Training
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape
from critpoints.validation import choice, integer, real

_SCALE = 32  # starts by which sizes are judged
_BLOCK = 2**28  # bytes that the Hessians of searches under way together may fill
_MEMORY = 2**31  # bytes that one Hessian, its eigenvectors and the work on them may fill


@dataclass(frozen=True, eq=False)
class Found:
    r"""Where searches ended on any landscape, and which ends are critical points.

    Attributes
    ----------
    points : ndarray, shape (m, dim)
        All ends, one a start.
    gradient_norms : ndarray, shape (m,)
    flatness : ndarray, shape (m,)
        :math:`\|Hg\| / \|g\|` over the typical norm of a Hessian.
    eigenvalues : ndarray, shape (m, dim)
        Ascending.
    small : ndarray of bool, shape (m,)
        Where the gradient is small: what a search without the second rule would accept.
    accepted : ndarray of bool, shape (m,)
        Where it is small and the point not gradient-flat.
    typical : float
        Norm of a Hessian (Frobenius, median over the starts).
    """

    points: FloatArray
    gradient_norms: FloatArray
    flatness: FloatArray
    eigenvalues: FloatArray
    small: BoolArray
    accepted: BoolArray
    typical: float


def search(
    landscape: Landscape,
    starts: FloatArray,
    *,
    method: str = "newton-mr",
    tolerance: float = 1e-8,
    flat: float = 1e-6,
    steps: int = 200,
) -> Found:
    r"""Search for a critical point from every start, and judge the ends.

    Parameters
    ----------
    landscape : Landscape
        Smooth, on a flat domain, of up to some thousand dimensions: Hessians are dense.
    starts : ndarray, shape (m, dim)
    method : {"newton-mr", "gradient-norm", "saddle-free"}
        See :mod:`critpoints.census.minres`.
    tolerance : float
        Largest gradient in units of the median over the starts.
    flat : float
        A ratio :math:`\|Hg\| / \|g\|` up to this share of the typical Hessian's norm is
        gradient-flat.
    steps : int
        Iterations at most.

    Returns
    -------
    Found
        Where the searches ended, one a start, and which ends are critical points.

    Raises
    ------
    ValueError
        If an argument is out of range or the domain curved.
    MemoryError
        If a Hessian with its eigenvectors would fill more than 2 GiB.
    """
    rule = minres.RULES[choice("method", method, minres.RULES)]
    tolerance = real("tolerance", tolerance, above=0)
    flat = real("flat", flat, at_least=0, below=1)
    steps = integer("steps", steps, low=1)
    if not landscape.domain.flat:
        raise ValueError(f"the domain must be flat, got {landscape.domain!r}")
    starts = np.asarray(starts, dtype=np.float64)
    if starts.ndim != 2 or starts.shape[1] != landscape.dim or not len(starts):
        raise ValueError(f"starts must have shape (m, {landscape.dim}), got {starts.shape}")
    if not np.isfinite(starts).all():
        raise ValueError("starts must be finite")
    together = _together(landscape.dim)
    scale = scale_of(landscape, starts[: min(_SCALE, together)])
    parts = [
        _ends(landscape, starts[i : i + together], rule, scale, steps)
        for i in range(0, len(starts), together)
    ]
    points, norms, eigenvalues, turned = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    typical = max(scale.hessian, 1e-300)
    small: BoolArray = norms <= max(tolerance * scale.gradient, scale.floor)
    exact = norms <= scale.floor
    curved = np.where(exact, np.abs(eigenvalues).max(axis=1), turned) > flat * typical
    return Found(points, norms, turned / typical, eigenvalues, small, small & curved, typical)


def _together(dim: int) -> int:
    """How many searches fit side by side: each holds a Hessian, a copy and eigenvectors."""
    each = 8 * dim**2
    if 3 * each > _MEMORY:
        raise MemoryError(
            f"a Hessian of {dim} parameters and its eigenvectors need {3 * each:,} bytes, above "
            f"the limit of {_MEMORY:,}: critpoints.census.spectrum judges single points by hvp"
        )
    return max(1, _BLOCK // each)


def _ends(
    landscape: Landscape, starts: FloatArray, rule: minres.Rule, scale: Scale, steps: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Points, norms of their gradients, eigenvalues, and |Hg| / |g|."""
    ends = minres.descend(landscape, starts, rule, scale, steps)
    norms = np.asarray(np.linalg.norm(ends.gradients, axis=1), dtype=np.float64)
    return ends.points, norms, *_curvature(landscape, ends)


def _curvature(landscape: Landscape, ends: minres.Ends) -> tuple[FloatArray, FloatArray]:
    """Eigenvalues at the ends, and |Hg| / |g|; zeros where something is not finite."""
    hessian = np.array(landscape.hessian(ends.points), dtype=np.float64)
    whole = np.isfinite(hessian).all(axis=(1, 2)) & np.isfinite(ends.gradients).all(axis=1)
    whole = np.asarray(whole, dtype=np.bool_)
    hessian[~whole] = 0.0
    gradients = np.where(whole[:, None], ends.gradients, 0.0)
    size = np.linalg.norm(gradients, axis=1)
    unit = gradients / np.where(size > 0, size, 1.0)[:, None]
    turned = np.linalg.norm(np.einsum("mij,mj->mi", hessian, unit), axis=1)
    return np.asarray(np.linalg.eigvalsh(hessian)), np.asarray(turned)


@dataclass(frozen=True, eq=False)
class NetworkCensus:
    """Critical points of a network's loss. They need not be different ones, nor all there are.

    Attributes
    ----------
    network : Network
    method : str
    points : ndarray, shape (m, dim)
    runs, steps : ndarray, shape (m,)
        Training run (its place in the training) and step at which the search began.
    losses, test_losses, test_errors : ndarray, shape (m,)
    gradient_norms, flatness : ndarray, shape (m,)
    eigenvalues : ndarray, shape (m, dim)
        Ascending.
    zero : float
        Eigenvalues up to this size count as zero: a stated share of a typical Hessian's norm.
    symmetric : ndarray of int, shape (m,)
        Zero modes that continuous symmetries of the network explain.
    starts : int
        Searches begun.
    small, flat : int
        How many ended at a small gradient, and how many of them were rejected as gradient-flat.
    stalled : int
        How many ended gradient-flat at a gradient that is not small.
    """

    network: Network
    method: str
    points: FloatArray
    runs: IntArray
    steps: IntArray
    losses: FloatArray
    test_losses: FloatArray
    test_errors: FloatArray
    gradient_norms: FloatArray
    flatness: FloatArray
    eigenvalues: FloatArray
    zero: float
    symmetric: IntArray
    starts: int
    small: int
    flat: int
    stalled: int

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def index(self) -> IntArray:
        """Eigenvalues below -zero: (m,)."""
        return np.asarray((self.eigenvalues < -self.zero).sum(axis=1), dtype=np.int64)

    @cached_property
    def zero_modes(self) -> IntArray:
        """Eigenvalues that count as zero: (m,)."""
        inside = np.abs(self.eigenvalues) <= self.zero
        return np.asarray(inside.sum(axis=1), dtype=np.int64)

    @property
    def index_fraction(self) -> FloatArray:
        """Index over the number of parameters: (m,)."""
        found: FloatArray = self.index / self.network.dim
        return found

    def records(self) -> list[dict[str, Any]]:
        """One flat record a point."""
        shared = {"dim": self.network.dim, "method": self.method}
        columns = {
            "run": self.runs,
            "step": self.steps,
            "loss": self.losses,
            "test_loss": self.test_losses,
            "test_error": self.test_errors,
            "gradient_norm": self.gradient_norms,
            "flatness": self.flatness,
            "index": self.index,
            "index_fraction": self.index_fraction,
            "zero_modes": self.zero_modes,
            "symmetric_modes": self.symmetric,
            "lowest": self.eigenvalues[:, 0],
            "highest": self.eigenvalues[:, -1],
        }
        rows = zip(*(c.tolist() for c in columns.values()), strict=True)
        return [{**shared, **dict(zip(columns, row, strict=True))} for row in rows]


def trajectory_census(
    training: Training,
    rng: np.random.Generator,
    *,
    starts: int = 100,
    noise: float = 0.0,
    zero: float = 1e-8,
    method: str = "newton-mr",
    tolerance: float = 1e-8,
    flat: float = 1e-6,
    steps: int = 200,
) -> NetworkCensus:
    """Search for critical points from random records of training runs.

    Parameters
    ----------
    training : Training
    rng : numpy.random.Generator
    starts : int
        Searches.
    noise : float
        Standard deviation added to every coordinate of a start, to leave the valleys that
        training follows.
    zero : float
        Eigenvalues up to this share of a typical Hessian's norm count as zero.
    method, tolerance, flat, steps
        See :func:`search`.

    Raises
    ------
    ValueError
        If the network is not smooth, or an argument is out of range.
    """
    network = training.network
    if not network.smooth:
        raise ValueError(f"activation {network.activation} has kinks: a Hessian is no guide there")
    starts = integer("starts", starts, low=1)
    noise = real("noise", noise, at_least=0)
    zero = real("zero", zero, at_least=0, below=1)
    run = rng.integers(0, len(training.points), starts)
    record = rng.integers(0, len(training.steps), starts)
    begin = training.points[run, record] + noise * rng.standard_normal((starts, network.dim))
    found = search(network, begin, method=method, tolerance=tolerance, flat=flat, steps=steps)
    kept = found.accepted
    points, eigenvalues = found.points[kept], found.eigenvalues[kept]
    modes = [len(network.symmetries(x)) for x in points]
    return NetworkCensus(
        network=network,
        method=method,
        points=points,
        runs=run[kept],
        steps=training.steps[record[kept]],
        losses=network.value(points),
        test_losses=network.test_loss(points),
        test_errors=network.test_error(points),
        gradient_norms=found.gradient_norms[kept],
        flatness=found.flatness[kept],
        eigenvalues=eigenvalues,
        zero=zero * found.typical,
        symmetric=np.array(modes, dtype=np.int64),
        starts=starts,
        small=int(found.small.sum()),
        flat=int((found.small & ~found.accepted).sum()),
        stalled=int((~found.small & (found.flatness <= flat)).sum()),
    )
