"""A particle filter over the leading minors of a dense matrix."""

from __future__ import annotations

import numpy as np

from critpoints import inertia
from critpoints.ensembles.rows import border, extended
from critpoints.errors import InvalidBatchError
from critpoints.estimators.particles import Particles
from critpoints.estimators.replicates import Replicate
from critpoints.protocols import Ensemble, FloatArray


def estimate(ensemble: Ensemble, rng: np.random.Generator, size: int) -> Replicate:
    """Estimate P(H > 0) with ``size`` particles, each the inverse Cholesky factor of a minor.

    Where the ensemble knows the law of its diagonal (``diagonal_above``), the draw of the
    diagonal entry is integrated out: the weight is the probability that the pivot is positive,
    and the entry is drawn from what is left. Otherwise the weight is 0 or 1; a pivot of at most
    d ε times its diagonal entry, ε that of the dtype of the row, is degenerate and weighs 0.

    Raises
    ------
    InvalidBatchError
        If ``sample_row`` returns a wrong shape, or NaN or infinity.
    """
    above = getattr(ensemble, "diagonal_above", None)
    cloud = Particles(size)
    inverse = np.empty((size, 0, 0))
    for i in range(ensemble.dim):
        reached = cloud.replicate()
        row, eps = _row(ensemble, rng, i, size)
        z, norm = border(inverse, row[:, :i])
        diagonal = row[:, i]
        least = ensemble.dim * eps * diagonal
        cloud.weigh(
            _log_positive(diagonal - norm - least) if above is None else above(rng, norm)[0]
        )
        if cloud.log_estimate == -np.inf:
            return reached._replace(log_estimate=-np.inf)
        if (kept := cloud.resample(rng)) is not None:
            inverse, z, norm, diagonal = inverse[kept], z[kept], norm[kept], diagonal[kept]
        if above is not None:
            _, diagonal = above(rng, norm)
        inverse = extended(inverse, z, np.where(diagonal > norm, diagonal - norm, 1.0))
    return cloud.replicate()


def _row(
    ensemble: Ensemble, rng: np.random.Generator, i: int, size: int
) -> tuple[FloatArray, float]:
    """A row in double precision, and the ε of the precision that it came in."""
    drawn = np.asarray(ensemble.sample_row(rng, i, size))
    row = np.asarray(drawn, dtype=np.float64)
    if row.shape != (size, i + 1) or not np.isfinite(row).all():
        raise InvalidBatchError(
            f"sample_row must return finite numbers of shape {(size, i + 1)}, got {row.shape}"
        )
    return row, inertia.precision(drawn)


def _log_positive(pivot: FloatArray) -> FloatArray:
    """0 for a positive pivot, ``-inf`` otherwise."""
    return np.where(pivot > 0, 0.0, -np.inf)
