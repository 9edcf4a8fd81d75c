"""Critical points of many functions, counted by index: one row a function."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from critpoints.census.door import MAX_CELLS, METHODS, census
from critpoints.census.multistart import MASS, STARTS
from critpoints.census.newton import bytes_of_a_search
from critpoints.census.result import Census
from critpoints.census.subdivision import MEMORY, bytes_of_a_cell
from critpoints.domains import Box, Torus
from critpoints.estimate import Estimate
from critpoints.protocols import Landscape, RandomField
from critpoints.rule import Rule
from critpoints.runs import Runs, ratio
from critpoints.tally import Tally
from critpoints.validation import choice, integer, real

SUMMARY = (
    "degenerate", "euler", "euler_expected", "distinct", "certified", "complete", "undecided",
    "undecided_volume", "starts", "reach", "nowhere", "unseen_mass", "smallest_share", "chao_low",
    "chao_high", "rejected", "assumed", "note", "rounds",
)  # fmt: skip
"""Columns after the counts by index; numbers that do not apply are NaN.

``rounds`` is 1 for subdivision, 0 for a search, -k for one of which the audit asked k more rounds.
"""


RECORDS = 2
"""Of rows and of the search that fills them; raised when either changes."""

NOTES = (
    "",
    "the function's Euler sum is not known",
    "a point is degenerate",
    "not applicable: the function or a derivative is unbounded or undefined",
    "not applicable: the gradient jumps",
    "not applicable: the Hessian jumps",
    "not applicable: a point may be listed twice",
    "a critical point lies on the boundary",
    "faces were not searched",
    "not applicable",
)
"""Why there is no audit, by the number in the column ``note``; the first that fits."""

_SPENT = {"max_cells": MAX_CELLS, "starts": STARTS, "unseen_mass": MASS}


@dataclass(frozen=True)
class CensusCounts(Runs):
    """The census of one function a row.

    Parameters
    ----------
    search : {"auto", "subdivision", "multistart"}
    heights : tuple of float
        Edges of bins of the value in which points are counted by index too, outermost bins open.
    max_cells : int
        Cells that subdivision may examine. Functions drawn do not depend on it, nor on the next
        two.
    starts : int
        Starts that a search may make.
    unseen_mass : float
        The bound of the mass of the unseen that a search aims at.
    """

    search: str = "auto"
    heights: tuple[float, ...] = ()
    max_cells: int = MAX_CELLS
    starts: int = STARTS
    unseen_mass: float = MASS

    name: ClassVar[str] = "census"

    def __post_init__(self) -> None:
        choice("method", self.search, METHODS)
        edges = tuple(real("heights", edge) for edge in self.heights)
        if any(b <= a for a, b in pairwise(edges)):
            raise ValueError(f"heights must increase, got {self.heights}")
        object.__setattr__(self, "heights", edges)
        object.__setattr__(self, "max_cells", integer("max_cells", self.max_cells, low=1))
        object.__setattr__(self, "starts", integer("starts", self.starts, low=1))
        mass = real("unseen_mass", self.unseen_mass, above=0, below=1)
        object.__setattr__(self, "unseen_mass", mass)

    def settings(self) -> dict[str, Any]:
        """As every estimator's, without what may be spent on a function where it is the usual.

        What is recorded of a function is part of it.
        """
        usual = {name for name, value in _SPENT.items() if getattr(self, name) == value}
        given = {k: v for k, v in super().settings().items() if k not in usual}
        return given | {"records": RECORDS}

    def stream_settings(self) -> dict[str, Any]:
        """The same functions whatever may be spent on each."""
        return {k: v for k, v in super().settings().items() if k not in _SPENT}

    def memory(self, source: Any, size: int) -> int:
        """Bytes of one census: cells as far as subdivision may go, or matrices of a search."""
        subdivided = self.search != "multistart" and isinstance(source.domain, Box | Torus)
        cells = self.max_cells * bytes_of_a_cell(source.dim) if subdivided else 0
        return max(min(cells, int(MEMORY)), bytes_of_a_search(source.domain.ambient))

    @property
    def method(self) -> str:
        """``census``, and how points are searched for."""
        return f"census:{self.search}"

    def columns(self, dim: int) -> tuple[str, ...]:
        """Counts by index, the summary, and counts by height and index."""
        bins = len(self.heights) + 1 if self.heights else 0
        return (
            *(f"index_{k}" for k in range(dim + 1)),
            *SUMMARY,
            *(f"height_{b}_index_{k}" for b in range(bins) for k in range(dim + 1)),
        )

    def one(self, source: Landscape | RandomField, rng: np.random.Generator) -> Census:
        """Draw one function and take its census."""
        landscape = source.sample(rng)
        seed = int(rng.integers(2**63))
        return census(
            landscape, method=self.search, seed=seed, max_cells=self.max_cells,
            starts=self.starts, unseen_mass=self.unseen_mass,
        )  # fmt: skip

    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
        """A row a function."""
        return np.array([self._row(self.one(source, rng)) for _ in range(size)])

    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The fraction of critical points that are minima; functions are the independent unit."""
        counts = tally.data[:, : self._bins(tally)]
        return [ratio(counts[:, 0], counts.sum(axis=1), rule.level, self.method)]

    def _bins(self, tally: Tally) -> int:
        width = int(tally.data.shape[1]) - len(SUMMARY)
        return width // (len(self.heights) + 2) if self.heights else width

    def _row(self, found: Census) -> NDArray[np.float64]:
        by_height = [found.counts[:0]]
        if self.heights:
            place = np.searchsorted(self.heights, found.values)
            dim = len(found.counts) - 1
            for b in range(len(self.heights) + 1):
                inside = found.index[place == b]
                by_height.append(np.bincount(inside, minlength=dim + 2)[: dim + 1])
        return np.concatenate([found.counts, _summary(found), *by_height]).astype(float)


def _summary(found: Census) -> list[float]:
    searched = found.unseen is not None
    estimate = found.unseen if found.unseen is not None else (np.nan, np.nan)
    return [
        float(found.degenerate.sum()),
        np.nan if found.euler is None else found.euler,
        np.nan if found.euler_expected is None else found.euler_expected,
        float(found.distinct),
        float(found.certified.all()),
        float(found.complete),
        float(found.undecided),
        found.undecided_volume,
        float(found.starts) if searched else np.nan,
        found.reach,
        float(found.nowhere) if searched else np.nan,
        found.unseen_mass,
        found.smallest_share,
        *estimate,
        float(found.rejected),
        float(bool(found.assumption)),
        float(next((k for k, note in enumerate(NOTES) if note and note in found.audit_note), 0)),
        float(found.method == "subdivision") - found.audit_rounds,
    ]
