"""What can be found from points that are known: neighbours of small basins, which starts miss.

From every point walks lead along soft and unstable modes, both ways: down the unstable ones to
minima, and up the soft ones to saddles of the next index. Some of the starts are also walked down
to minima and up to maxima, and sent through Newton's method once more, kept away from all that is
known (deflation). What is found in these ways counts as points, never as hits of the start law.
"""

from __future__ import annotations

import numpy as np

from critpoints.census.catalogue import Catalogue
from critpoints.census.follow import first_radius, follow
from critpoints.census.local import Local, move
from critpoints.protocols import FloatArray, IntArray

_MODES = 2  # of each kind that are walked along from a point
WALKS = 4 * _MODES
"""Walks from a point at most."""
_FIRST = 0.3  # of the length over which the Hessian changes: where a walk begins
_DEFLATED = 64  # starts that are tried once more, and points they are kept away from


def around(catalogue: Catalogue, rows: IntArray) -> int:
    """Walk away from some of the points that are kept.

    Parameters
    ----------
    catalogue : Catalogue
    rows : ndarray of int
        Their numbers.

    Returns
    -------
    int
        Walks made, at most :data:`WALKS` per point.
    """
    origin, mode, index = _departures(catalogue, rows[~catalogue.facts.degenerate[rows]])
    if not len(origin):
        return 0
    landscape, facts = catalogue.landscape, catalogue.facts
    radius = _FIRST * facts.bends[origin]
    starts = move(landscape.domain, facts.points[origin], radius[:, None] * mode)
    ends, _ = follow(landscape, starts, index, radius, mode)
    catalogue.search(ends, counted=False)
    return len(origin)


def _departures(catalogue: Catalogue, rows: IntArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Points, tangent vectors to leave along, and indices to look for: the softest modes first."""
    facts = catalogue.facts
    local = Local(catalogue.landscape, facts.points[rows])
    values, vectors = facts.eigenvalues[rows], facts.vectors[rows]
    negative = values < 0
    index = negative.sum(axis=1)
    parts = []
    for wanted, goal in ((negative, np.zeros_like(index)), (~negative, index + 1)):
        size = np.where(wanted, np.abs(values), np.inf)
        order = np.argsort(size, axis=1)
        for k in range(min(_MODES, values.shape[1])):
            along = np.take_along_axis(vectors, order[:, k][:, None, None], axis=2)[:, :, 0]
            ambient = local.vector(along)
            some = np.isfinite(np.take_along_axis(size, order[:, k : k + 1], axis=1)[:, 0])
            parts += [(rows[some], sign * ambient[some], goal[some]) for sign in (1.0, -1.0)]
    origin, mode, goal = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return origin, mode, goal


def from_starts(catalogue: Catalogue, starts: FloatArray) -> None:
    """Walk down and up from starts, and try those that ended at known points once more."""
    landscape, half = catalogue.landscape, np.repeat([0, 1], len(starts))
    local = Local(landscape, np.concatenate([starts, starts]))
    radius = first_radius(landscape.domain, local.gradient, local.hessian)
    ends, _ = follow(landscape, local.points, half * landscape.dim, radius)
    catalogue.search(ends, counted=False)
    if len(catalogue):
        repellent = catalogue.repellent(_DEFLATED)
        catalogue.search(starts[:_DEFLATED], counted=False, deflation=repellent)
