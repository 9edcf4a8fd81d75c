"""Minima that fill a circle are one manifold, not thousands of points."""

import numpy as np

from critpoints import Box, from_callables
from critpoints.census import census

# The Mexican hat (|x|^2 - 1)^2: a maximum at 0, and minima on the unit circle.
hat = from_callables(
    lambda x: ((x**2).sum(axis=1) - 1) ** 2,
    lambda x: 4 * ((x**2).sum(axis=1, keepdims=True) - 1) * x,
    lambda x: (
        4 * ((x**2).sum(axis=1) - 1)[:, None, None] * np.eye(2) + 8 * x[:, :, None] * x[:, None, :]
    ),
    domain=Box(2, -2.0, 2.5),
)
for point in census(hat).records():
    print(
        f"value {point['value']:.3f}, manifold of dimension {point['manifold_dim']}, "
        f"eigenvalues {np.round(point['eigenvalues'], 6) + 0.0}"
    )
