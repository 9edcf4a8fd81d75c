"""Newton's method from many starts, until every point has been found several times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from critpoints.census import bounds, classify, distinct, kantorovich, newton, walls
from critpoints.census.result import Census
from critpoints.census.unseen import unseen
from critpoints.domains import Domain
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape
from critpoints.validation import integer, real

_FIRST = 256  # starts of the first round; then rounds double
_SEEN = 4  # on 60 random fields of dimension 3: 2 left points unseen in 6, 3 in 1, 4 in none
_CONTINUUM = 512  # starts after which degenerate points that do not repeat seem to be endless
_MANY = 16  # degenerate points, at least, to be taken for parts of a manifold
_GIVE_UP = 2048  # starts without one isolated point after which there seems to be none
_MARGIN = 5.0  # separation in units of both errors that makes two points different ones


def multistart(
    landscape: Landscape,
    *,
    seed: int = 0,
    starts: int = 20_000,
    points: FloatArray | None = None,
    tolerance: float = 1e-8,
    audit: Callable[[Census], Census] | None = None,
) -> Census:
    """Search from random points of the domain until nothing new turns up.

    Rounds of starts double in size. They stop as soon as every point was found four times and the
    interval of the number unseen (:func:`~critpoints.census.unseen.unseen`) ends below one, when
    2048 starts found no point at all, or when ``starts`` are used up. Where degenerate points
    seem to fill a manifold (16 or more, few found twice) only the nondegenerate ones count for
    that, and for ``unseen``. The census is never ``complete``: a point with a tiny basin may be
    missing whatever the interval says.

    Points are carried over by the landscape's symmetries (``images``): Newton's method is run from
    every image of a new point. These runs do not count as hits, so that an image too must be found
    four times; ``unseen`` is estimated from the hits of points and images together.

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
    points : array_like, shape (m, ambient), optional
        Further starts; they do not count as hits.
    tolerance : float
        A run may end where ‖∇f‖ is this share of its typical size; what was found is then
        polished to rounding.
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
    tolerance = real("tolerance", tolerance, above=0, below=1)
    rng = np.random.default_rng(integer("seed", seed, low=0))
    first = landscape.domain.sample(rng, min(starts, _FIRST))
    known = _Known(landscape, newton.scale_of(landscape, first), tolerance)
    given = bounds.checked(landscape, first)
    if points is not None:
        known.search(_checked(landscape.domain, points), counted=False)
    batch, extra = first, 0
    while True:
        known.search(batch, counted=True)
        left = starts - known.starts
        if left <= 0 or known.saturated():
            found = replace(known.census(), audit_rounds=extra, assumption=given)
            found = audit(found) if audit else found
            if left <= 0 or found.audit is not False:
                return found
            extra += 1
        batch = landscape.domain.sample(rng, min(left, known.starts))


class _Known:
    """The points found so far, and how often."""

    def __init__(self, landscape: Landscape, scale: newton.Scale, tolerance: float) -> None:
        self.landscape, self.scale, self.tolerance = landscape, scale, tolerance
        self.points = np.empty((0, landscape.domain.ambient))
        self.radii = np.empty(0)
        self.hits: IntArray = np.empty(0, dtype=np.int64)
        self.starts = self.rejected = 0
        self.manifold = False

    def saturated(self) -> bool:
        """Whether more starts would hardly find more."""
        hits = self.hits
        if self.starts >= _CONTINUUM:
            degenerate = classify.kinds(self.landscape, self.points, self.scale).degenerate
            self._note_manifold(degenerate)
            hits = hits[self._single(degenerate)]
        if not len(hits):
            return self.starts >= _GIVE_UP
        return bool(hits.min() >= _SEEN) and unseen(hits)[1] < 1

    def _note_manifold(self, degenerate: BoolArray) -> None:
        """Whether degenerate points fill a manifold: they are many, and few were found twice."""
        many = int(degenerate.sum())
        self.manifold |= many >= _MANY and 2 * many >= int(self.hits[degenerate].sum())

    def _single(self, degenerate: BoolArray) -> BoolArray:
        """Points that count one by one: all, or the nondegenerate ones beside a manifold."""
        return ~degenerate if self.manifold else np.ones_like(degenerate)

    def search(self, starts: FloatArray, *, counted: bool) -> None:
        """One round."""
        runs = newton.search(self.landscape, starts, self.scale, self.tolerance)
        good = runs.outcome == newton.CONVERGED
        good &= self.landscape.domain.contains(runs.points)
        good[good] = ~walls.beyond(self.landscape, runs.points[good])
        radii = classify.SAFETY * runs.steps[good] + 1e-9 * self.scale.bend
        new = self._add(runs.points[good], radii, int(counted))
        self.starts += len(starts) * counted
        self.rejected += int((runs.outcome == newton.FLAT).sum()) * counted
        for image in self.landscape.images(new) if len(new) else ():
            self.search(image, counted=False)

    def _add(self, points: FloatArray, radii: FloatArray, worth: int) -> FloatArray:
        """Count what is known, and list what is new: the copy nearest to convergence of each.

        Returns what is new.
        """
        new = np.ones(len(points), dtype=np.bool_)
        if len(self.points) and len(points):
            domain = self.landscape.domain
            near = np.asarray(distinct.tree(domain, self.points).query(points)[1])
            new = domain.distance(points, self.points[near]) > radii + self.radii[near]
            self.hits += worth * np.bincount(near[~new], minlength=len(self.hits))
        label = distinct.merge(self.landscape.domain, points[new], radii[new])
        order = np.lexsort((radii[new], label))
        _, first, count = np.unique(label[order], return_index=True, return_counts=True)
        chosen = order[first]
        self.points = np.concatenate([self.points, points[new][chosen]])
        self.radii = np.concatenate([self.radii, radii[new][chosen]])
        self.hits = np.concatenate([self.hits, worth * count])
        return points[new][chosen]

    def census(self) -> Census:
        """Polish, classify and certify."""
        landscape, domain = self.landscape, self.landscape.domain
        points, hits = self._polished()
        facts = classify.kinds(landscape, points, self.scale)
        proof = kantorovich.certify(landscape, points)
        certified = proof.proven & ~facts.degenerate
        certified &= proof.index == (facts.eigenvalues < 0).sum(axis=1)
        error = np.where(certified, proof.error, facts.error)
        values = landscape.value(points) if len(points) else np.empty(0)
        order = np.lexsort((*points.T[::-1], values))
        single = self._single(facts.degenerate)
        return Census(
            landscape=landscape,
            points=points[order],
            values=values[order],
            eigenvalues=facts.eigenvalues[order],
            degenerate=facts.degenerate[order],
            residuals=facts.residuals[order],
            certified=certified[order],
            distinct=_apart(domain, points, error),
            complete=False,
            method="multistart",
            starts=self.starts,
            rejected=self.rejected,
            unseen=self._unseen(points[single], hits[single]),
        )

    def _unseen(self, points: FloatArray, hits: IntArray) -> tuple[float, float]:
        """Interval of the number of points not found: whole orbits, as images are seen with them.

        Of that number some were found from the caller's starts, not by chance.
        """
        images = self.landscape.images(points) if len(points) else ()
        orbit = distinct.orbits(self.landscape.domain, points, images)
        together = np.bincount(orbit, weights=hits).astype(np.int64)
        low, high = unseen(together)
        size = len(points) / max(len(together), 1)
        known = int((together == 0).sum())
        return max(low - known, 0.0) * size, max(high - known, 0.0) * max(size, 1.0)

    def _polished(self) -> tuple[FloatArray, IntArray]:
        """Points at rounding accuracy; two that then turn out to be one are joined."""
        points = classify.polished(self.landscape, self.points, self.scale)
        facts = classify.kinds(self.landscape, points, self.scale)
        # The error of a degenerate point has no bound: it must not swallow its surroundings.
        radii = np.minimum(facts.error, classify.SAFETY * newton.NEAR * self.scale.bend)
        label = distinct.merge(self.landscape.domain, points, radii)
        best = np.lexsort((facts.error, label))
        first = best[np.unique(label[best], return_index=True)[1]]
        hits = np.bincount(label, weights=self.hits, minlength=len(first)).astype(np.int64)
        return points[first], hits


def _apart(domain: Domain, points: FloatArray, error: FloatArray) -> bool:
    return bool(np.isfinite(error).all()) and distinct.separated(domain, points, error, _MARGIN)


def _checked(domain: Domain, points: FloatArray) -> FloatArray:
    found = np.array(points, dtype=float)
    if found.ndim != 2 or found.shape[1] != domain.ambient:
        raise ValueError(f"points must have shape (m, {domain.ambient}), got {found.shape}")
    if not (np.isfinite(found).all() and domain.contains(found).all()):
        raise ValueError("points must lie in the domain")
    return domain.wrap(found)
