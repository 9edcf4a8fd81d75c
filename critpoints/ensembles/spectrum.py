r"""The spectrum identity: Kac-Rice laws without a determinant.

For GOI(c) matrices weighted by :math:`|\det H|` the index law follows from the spectrum
:math:`\lambda_1 < \dots < \lambda_{d+1}` of a GOE matrix of one more dimension,

.. math:: f_k \propto E\,\exp\!\left[-\tfrac12\left(\tfrac1c - 1\right)\lambda_{k+1}^2\right],
          \qquad k = 0, \dots, d,

so that one spectrum serves every index at once.

References
----------
Fyodorov (2004), PRL 92, 240601; Auffinger, Ben Arous & Černý (2013), CPAM 66, 165, Lemma 3.3.
"""

from __future__ import annotations

import numpy as np

from critpoints.ensembles.dense import goe
from critpoints.protocols import FloatArray


def spectrum(rng: np.random.Generator, size: int, dim: int) -> FloatArray:
    """Increasing eigenvalues of GOE matrices: shape (size, dim)."""
    values: FloatArray = np.linalg.eigvalsh(goe(rng, size, dim)).astype(np.float64, copy=False)
    return values


def goi_weights(rng: np.random.Generator, size: int, dim: int, variance: float) -> FloatArray:
    """Log-weights of index 0..dim, degenerate last, for weighted GOI(variance)."""
    return with_degenerate(-0.5 * (1 / variance - 1) * spectrum(rng, size, dim + 1) ** 2)


def with_degenerate(weights: FloatArray) -> FloatArray:
    """Append the bin of degenerate Hessians, which a law with a density never fills."""
    return np.concatenate([weights, np.full((len(weights), 1), -np.inf)], axis=1)
