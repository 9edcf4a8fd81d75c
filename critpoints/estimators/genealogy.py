"""Who descends from whom among Markov chains, and how much of their ancestors they remember."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from critpoints.protocols import FloatArray


@dataclass
class Genealogy:
    r"""Kinship of the chains of several replicates, level after level.

    The proposal :math:`z' = \sqrt{1-s^2}\,z + s\xi` leaves of a normal z, after a accepted moves,
    the part :math:`m = (1-s^2)^{a/2}`. Two chains whose last common ancestor walked at level i are
    correlated, in any function of their states, by at most

    .. math:: K = \prod_{i < l < j} m_l^2,

    with m the mean over a replicate's chains: 1 where they start from visits of one chain, and 1
    for ever if nothing moves. (The bound is exact for linear functions of free normals; on a convex
    set, such as :math:`\lambda_1 > \ell`, they forget no slower: Brascamp & Lieb 1976.) All that is
    asked of kinship are sums :math:`\sum_{ab} K_{ab} e_a e_b`, which need but the sums of e over
    families: the chains with one ancestor in a level. Families nest.

    References
    ----------
    Chan & Lai (2013), Ann. Stat. 41, 2877; Lee & Whiteley (2018), Biometrika 105, 609 (kinship
    without memory); Brascamp & Lieb (1976), J. Funct. Anal. 22, 366.
    """

    ancestors: list[NDArray[np.intp]] = field(default_factory=list)
    memories: list[FloatArray] = field(default_factory=list)

    def descend(self, parent: NDArray[np.intp]) -> None:
        """A new generation: for each chain the one it starts from."""
        self.ancestors = [*(older[parent] for older in self.ancestors), parent]

    def walked(self, memory: FloatArray) -> None:
        """The generation walked, and kept of its start so much: shape (replicates,)."""
        self.memories.append(memory)

    def correlated(self, owner: NDArray[np.intp], e: FloatArray, size: int) -> FloatArray:
        r""":math:`\sum_{ab} K_{ab} e_a e_b` of each replicate: shape (size,).

        ``owner`` is the replicate of each chain, of ``size`` replicates. To be asked before the
        present generation has ``walked``.
        """
        total: FloatArray = np.bincount(owner, e * e, size).astype(np.float64)
        nearer, kinship = total, np.ones(size)
        for age, ancestor in enumerate(reversed(self.ancestors)):
            if age:
                kinship = kinship * np.square(self.memories[-age])
            families = _squares(ancestor, owner, e, size)
            total = total + kinship * (families - nearer)
            nearer = families
        return total


def _squares(
    ancestor: NDArray[np.intp], owner: NDArray[np.intp], e: FloatArray, size: int
) -> FloatArray:
    """Squared sums of e over families, added up in each replicate."""
    families, kin = np.unique(ancestor, return_inverse=True)
    head = np.zeros(families.size, dtype=np.intp)
    head[kin] = owner
    sums = np.bincount(kin, e, families.size)
    return np.bincount(head, sums * sums, size).astype(np.float64)
