"""Which of many points are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from critpoints.domains import Domain
from critpoints.protocols import FloatArray, IntArray


def tree(domain: Domain, points: FloatArray) -> cKDTree[Any, Any]:
    """Neighbours in the domain's metric; on a sphere by chords, which order points alike."""
    if domain.period is None:
        return cKDTree(points)
    return cKDTree(points, boxsize=np.full(points.shape[1], domain.period))


def merge(domain: Domain, points: FloatArray, radii: FloatArray) -> IntArray:
    """Number the points such that those within the sum of their radii share a number: (m,).

    Chains of such pairs are followed. Coarse cells are emptied first, so that thousands of copies
    of one point cost no more than a sort.
    """
    if not len(points):
        return np.empty(0, dtype=np.int64)
    first, cell = _cells(points, float(radii.min()) / points.shape[1] ** 0.5)
    sample, reach = points[first], radii[first]
    joined = _pairs(domain, sample, float(2 * reach.max()))
    gaps = domain.distance(sample[joined[:, 0]], sample[joined[:, 1]])
    joined = joined[gaps <= reach[joined[:, 0]] + reach[joined[:, 1]]]
    return _components(joined, len(sample))[cell]


def orbits(domain: Domain, points: FloatArray, images: tuple[FloatArray, ...]) -> IntArray:
    """Number the points such that those nearest to images of each other share a number: (m,)."""
    here = np.arange(len(points))
    pairs = [np.stack([here, tree(domain, points).query(image)[1]], axis=1) for image in images]
    return _components(np.concatenate([np.empty((0, 2), np.int64), *pairs]), len(points))


def separated(domain: Domain, points: FloatArray, radii: FloatArray, margin: float) -> bool:
    """Whether every two points are further apart than ``margin`` times the sum of their radii."""
    if len(points) < 2:
        return True
    close = _pairs(domain, points, float(2 * margin * radii.max()))
    gaps = domain.distance(points[close[:, 0]], points[close[:, 1]])
    return bool((gaps > margin * (radii[close[:, 0]] + radii[close[:, 1]])).all())


def _components(pairs: IntArray, size: int) -> IntArray:
    """Number what chains of pairs connect: (size,)."""
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _pairs(domain: Domain, points: FloatArray, radius: float) -> IntArray:
    found = tree(domain, points).query_pairs(radius, output_type="ndarray")
    return np.asarray(found, dtype=np.int64).reshape(-1, 2)


def _cells(points: FloatArray, side: float) -> tuple[IntArray, IntArray]:
    """One point of each occupied cell of a grid, and the place of every point's cell in them."""
    if side <= 0:
        return np.arange(len(points)), np.arange(len(points))
    corner = np.floor(points / side)
    _, first, cell = np.unique(corner, axis=0, return_index=True, return_inverse=True)
    return first, cell.reshape(-1)
