"""Sums over kin against the matrix of kinships itself."""

from __future__ import annotations

import numpy as np
import pytest

from critpoints.estimators.genealogy import Genealogy


def kinship(ancestors: list[np.ndarray], memories: list[float]) -> np.ndarray:
    """All pairs of one replicate, from the youngest generation back."""
    found = np.eye(len(ancestors[-1]))
    remembered = 1.0
    for age, ancestor in enumerate(reversed(ancestors)):
        if age:
            remembered *= memories[-age] ** 2
        kin = (ancestor[:, None] == ancestor) & (found == 0)
        found[kin] = remembered
    return found


@pytest.mark.parametrize("memory", [0.3, 1.0])
def test_sums_are_those_of_the_matrix(memory: float) -> None:
    rng = np.random.default_rng(0)
    tree, size, chains = Genealogy(), 3, 20
    owner = np.repeat(np.arange(size), chains)
    e = rng.standard_normal(owner.size)
    for generation in range(4):
        if generation:
            tree.walked(np.full(size, memory))
        tree.descend(rng.integers(chains, size=owner.size) + chains * owner)
        found = tree.correlated(owner, e, size)
        for k in range(size):
            own = owner == k
            k_matrix = kinship([a[own] for a in tree.ancestors], [m[k] for m in tree.memories])
            assert found[k] == pytest.approx(e[own] @ k_matrix @ e[own])


def test_nothing_that_never_moves_forgets_its_first_family() -> None:
    tree, one = Genealogy(), np.ones(1)
    owner = np.zeros(4, dtype=np.intp)
    tree.descend(np.array([0, 0, 1, 1]))
    tree.walked(one)
    tree.descend(np.array([0, 1, 2, 3]))
    assert tree.correlated(owner, np.ones(4), 1) == pytest.approx(2 * 2**2)
    tree = Genealogy(tree.ancestors, [0 * one])
    assert tree.correlated(owner, np.ones(4), 1) == pytest.approx(4)
