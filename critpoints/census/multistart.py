"""A search: Newton's method from many starts, walks from what is found, and what that is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from critpoints.census import bounds, continuum, distinct, finders, kantorovich, mass
from critpoints.census.catalogue import NOWHERE, Catalogue, Ends
from critpoints.census.chao import chao
from critpoints.census.local import Local
from critpoints.census.result import Census
from critpoints.census.units import Unit, legible
from critpoints.domains import Domain, Euclidean
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import integer, real

STARTS = 20_000
MASS = 1e-3
"""Mass of the unseen that a search aims at."""
_FIRST = 256  # starts of the first round at most; rounds double until one finds nothing new
_LIGHT = 0.64  # mass of the unseen aimed at, times starts of the first round, where these are fewer
_WALKED = 4  # one of so many starts of the first round is walked down and up too
_DOUBLINGS = 10  # of the ball that starts come from, at most
_CONTINUUM = 16  # degenerate points found once that could not be joined to a manifold
_MARGIN = 5.0  # separation in units of both errors that makes two points different ones


def multistart(
    landscape: Landscape,
    *,
    seed: int = 0,
    starts: int = STARTS,
    unseen_mass: float = MASS,
    level: float = 0.95,
    points: FloatArray | None = None,
    audit: Callable[[Census], Census] | None = None,
) -> Census:
    r"""Search from random points of the domain until what is missed is small.

    Rounds of starts double in size until one of them meets nothing new. Around every new point
    walks look for its neighbours (:mod:`~critpoints.census.finders`). On all of space the ball
    that starts come from is doubled until starts from twice the ball meet nothing new.

    Then the list is confirmed by further starts (:mod:`~critpoints.census.mass`):
    as many as bound the mass of the unseen by ``unseen_mass``, 3100 for 10⁻³, if none of them ends
    elsewhere. If some do, what they met is added, and the list is confirmed once more, until the
    bound is met as far as new points decide, and Chao's estimate of the number of points unseen
    ends below one, or ``starts`` are used up. The census is never ``complete``: a point with a
    basin below the bound may be missing.

    Points are carried over by the landscape's symmetries (``images``): Newton's method is run from
    every image of a new point.

    With an ``audit`` a search that would stop, but whose Euler sum is wrong, goes on. The audit
    is then a stopping rule: of two points missing, one of each sign, it sees nothing before and
    after, and the first sum that is right by chance ends the search. ``audit_rounds`` of the
    result says how many rounds it asked for; only where that is 0 is a right sum independent
    evidence.

    Parameters
    ----------
    landscape : Landscape
    seed : int
        Of the random starts.
    starts : int
        How many at most.
    unseen_mass : float
        The bound of the mass of the unseen that is aimed at, between 0 and 1.
    level : float
        Confidence level of the bound and of Chao's interval.
    points : array_like, shape (m, ambient), optional
        Further starts; they do not count as hits.
    audit : callable, optional
        Takes a census and returns it with its Euler sum
        (:class:`~critpoints.census.euler.Audit`).

    Raises
    ------
    ValueError
        If a number is out of range, ``points`` has the wrong shape or leaves the domain, or a bound
        of third derivatives does not hold at a sample (:mod:`~critpoints.census.bounds`).
    """
    starts = integer("starts", starts, low=1)
    unseen_mass = real("unseen_mass", unseen_mass, above=0, below=1)
    level = real("level", level, above=0, below=1)
    rng = np.random.default_rng(integer("seed", seed, low=0))
    assumption = bounds.checked(
        landscape, landscape.domain.sample(np.random.default_rng(seed), _FIRST)
    )
    search = _Search(landscape, legible(landscape), rng, starts, unseen_mass, level)
    if points is not None:
        given = search.unit.inside(_checked(landscape.domain, points))
        search.catalogue.search(given, counted=False)
    search.discover()
    extra = 0
    while True:
        search.confirm()
        if search.left and not search.settled:
            continue
        found = replace(search.census(), audit_rounds=extra, assumption=assumption)
        found = audit(found) if audit else found
        if not search.left or found.audit is not False:
            return found
        extra += 1


@dataclass
class _Search:
    """A search under way."""

    original: Landscape
    unit: Unit
    rng: np.random.Generator
    most: int
    goal: float
    level: float

    def __post_init__(self) -> None:
        self.landscape = self.unit.landscape
        self.catalogue = Catalogue(self.landscape)
        self.domain = self.landscape.domain
        self.starts = self.rejected = self.nowhere = 0
        self.walks = self.walked = 0
        self.confirmations = 0
        self.mass, self.settled = 1.0, False

    @property
    def first(self) -> int:
        """Starts of the first round."""
        return max(1, min(_FIRST, int(_LIGHT / self.goal)))

    @property
    def left(self) -> int:
        """Starts that may still be made."""
        return self.most - self.starts

    @property
    def alpha(self) -> float:
        """Error probability of the bound."""
        return 1 - self.level

    def discover(self) -> None:
        """Rounds of starts until one meets nothing new, from balls that grow on all of space."""
        self._round(min(self.first, self.left), walked=True)
        self._rounds()
        if not isinstance(self.domain, Euclidean):
            return
        for _ in range(_DOUBLINGS):
            inner = self.domain
            self.domain = Euclidean(inner.dim, 2 * inner.reach)
            if not self.left or not self._round(min(self.first, self.left), walked=True):
                self.domain = inner
                return
            self._rounds()

    def _rounds(self) -> None:
        size = self.first
        while self.left and size <= self.starts:
            if not self._round(min(size, self.left)):
                return
            size *= 2

    def _round(self, size: int, *, walked: bool = False) -> int:
        """Make starts and look around what they meet; how many ended at new points."""
        before = len(self.catalogue)
        batch = self.domain.sample(self.rng, size)
        if not self.starts and not Local(self.landscape, batch).finite.any():
            more = self.domain.sample(np.random.default_rng(0), _FIRST)
            if not Local(self.landscape, more).finite.any():
                raise ValueError("gradient and hessian must be finite, but are at no start")
        ends = self._search(batch)
        if walked:
            finders.from_starts(self.catalogue, batch[: size // _WALKED])
        self._look_around()
        return int((self.catalogue.canonical(ends.entry) >= before).sum())

    def _search(self, batch: FloatArray) -> Ends:
        ends = self.catalogue.search(batch, counted=True)
        self.starts += len(batch)
        self.rejected += ends.flat
        self.nowhere += int((ends.entry == NOWHERE).sum())
        return ends

    def _look_around(self) -> None:
        """Walk from points that are new, and from what that finds, no more often than starts."""
        while self.walked < len(self.catalogue.entry):
            room = (self.starts - self.walks) // finders.WALKS
            if room <= 0:
                return
            last = min(self.walked + room, len(self.catalogue.entry))
            self.walks += finders.around(self.catalogue, np.arange(self.walked, last))
            self.walked = last

    def confirm(self) -> None:
        """Bound the mass of the unseen by starts that the list does not depend on."""
        alpha = mass.spent(self.alpha, self.confirmations)
        size = mass.starts_for(self.goal, alpha)
        if self.confirmations:
            size = max(size, self.starts)
        size = min(size, self.left)
        if not size:
            return
        self.confirmations += 1
        listed = len(self.catalogue)
        entry = self.catalogue.canonical(self._search(self.domain.sample(self.rng, size)).entry)
        new, nowhere = int((entry >= listed).sum()), int((entry == NOWHERE).sum())
        self.mass = min(self.mass, mass.upper_limit(new + nowhere, size, alpha))
        self._look_around()
        aimed = mass.upper_limit(new, size, alpha) <= self.goal
        self.settled = (aimed and self._chao()[1] < 1) or not len(self.catalogue)

    def _chao(self) -> tuple[float, float]:
        """Chao's interval of the number of entries not met, orbits of symmetries taken as one.

        Infinite where degenerate points hardly repeat and could not be joined to manifolds.
        """
        catalogue = self.catalogue
        first = catalogue.first
        entry = catalogue.canonical(catalogue.entry[first])
        hits, facts = catalogue.hits[entry], catalogue.facts[first]
        loose = facts.degenerate & ~catalogue.manifold[entry]
        if loose.sum() >= _CONTINUUM and 2 * loose.sum() >= hits[loose].sum():
            return 0.0, np.inf
        images = self.landscape.images(facts.points) if len(first) else ()
        orbit = distinct.orbits(self.landscape.domain, facts.points, images)
        together = np.bincount(orbit, weights=hits).astype(np.int64)
        low, high = chao(together, self.level)
        size = max(len(first), 1) / max(len(together), 1)
        known = int((together == 0).sum())  # found by walks, or from the caller's points
        return max(low - known, 0.0) * size, (high - known if high > known else high) * size

    def census(self) -> Census:
        """Certify, go back to the function's own units, and sort by value."""
        landscape, catalogue, unit = self.original, self.catalogue, self.unit
        first = catalogue.first
        facts = catalogue.facts[first]
        points = landscape.domain.wrap(unit.points(facts.points))
        proof = kantorovich.certify(landscape, points)
        certified = proof.proven & ~facts.degenerate
        certified &= proof.index == (facts.eigenvalues < 0).sum(axis=1)
        error = np.where(certified, proof.error, unit.points(facts.error))
        values = landscape.value(points) if len(points) else np.empty(0)
        order = np.lexsort((*points.T[::-1], values))
        entry = catalogue.canonical(catalogue.entry[first])
        dimension = catalogue.dimension[entry]
        joined = np.flatnonzero(catalogue.joined[entry] & (dimension == 0))
        dimension[joined] = continuum.dimensions(self.landscape, facts[joined])
        inner = self.domain.reach if isinstance(self.domain, Euclidean) else math.nan
        reach = float(unit.points(np.array(inner)))
        manifold = np.where(np.isnan(dimension), -1, dimension).astype(np.int64)
        return Census(
            landscape=landscape,
            points=points[order],
            values=values[order],
            eigenvalues=unit.back(facts.eigenvalues, 2)[order],
            degenerate=facts.degenerate[order],
            manifold_dim=manifold[order],
            residuals=unit.back(facts.residuals, 1)[order],
            certified=certified[order],
            distinct=_apart(landscape.domain, points, error),
            complete=False,
            method="multistart",
            starts=self.starts,
            start_law=start_law(self.domain, reach),
            reach=reach,
            nowhere=self.nowhere,
            rejected=self.rejected,
            level=self.level,
            unseen_mass=self.mass,
            smallest_share=mass.smallest_share(self.starts, self.alpha),
            unseen=self._chao(),
        )


def start_law(domain: Domain, reach: float) -> str:
    """The law of the starts in words; on all of space they come from a ball of radius ``reach``."""
    if isinstance(domain, Euclidean):
        return f"uniform in the ball of radius {reach:.6g} about the origin"
    return f"uniform on the {type(domain).__name__.lower()}"


def _apart(domain: Domain, points: FloatArray, error: FloatArray) -> bool:
    return bool(np.isfinite(error).all()) and distinct.separated(domain, points, error, _MARGIN)


def _checked(domain: Domain, points: FloatArray) -> FloatArray:
    found = np.array(points, dtype=float)
    if found.ndim != 2 or found.shape[1] != domain.ambient:
        raise ValueError(f"points must have shape (m, {domain.ambient}), got {found.shape}")
    if not (np.isfinite(found).all() and domain.contains(found).all()):
        raise ValueError("points must lie in the domain")
    return domain.wrap(found)
