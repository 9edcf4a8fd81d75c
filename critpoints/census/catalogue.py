"""The critical points that a search has met so far: each once, and how often."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from critpoints.census import classify, continuum, distinct, newton, walls
from critpoints.census.classify import Kinds, kinds
from critpoints.census.deflation import Deflation
from critpoints.census.follow import first_radius, follow
from critpoints.census.local import Local
from critpoints.census.probes import WIDE
from critpoints.census.sinks import Sinks
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape

NOWHERE = -1
_MERGE = 1e-9  # of the length over which the Hessian changes: what is nearer is one point
_SAMPLES = 64  # points of a manifold that are kept
_NEAREST = 4  # entries that a new degenerate point is compared with
_SINK = 0.05  # of bend × least / largest curvature: where Newton's method converges to a point
_CROSSINGS = 8  # degenerate points around which crossing manifolds are looked for
_FAMILIES = 48  # degenerate points, not joined to any other, that are still compared one by one


@dataclass(frozen=True)
class Ends:
    """Where the runs of a batch ended.

    Attributes
    ----------
    entry : ndarray of int, shape (m,)
        Number in the catalogue, -1 for a run that ended nowhere.
    flat : int
        Runs that ended at gradient-flat points.
    """

    entry: IntArray
    flat: int


class Catalogue:
    """Points met, numbered as they come. Points of one manifold share an entry.

    Attributes
    ----------
    facts : Kinds
        Of every point that is kept: one per isolated point, up to 64 per manifold.
    entry : ndarray of int
        Of every point kept.
    """

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        nothing = np.empty((0, landscape.domain.ambient))
        self.facts = kinds(landscape, nothing, np.empty(0))
        self.entry: IntArray = np.empty(0, dtype=np.int64)
        self.dimension = np.empty(0)  # of every entry: 0 if isolated, NaN if not known
        self.joined: BoolArray = np.empty(0, dtype=np.bool_)  # entries of several points
        self.alias: IntArray = np.empty(0, dtype=np.int64)
        self.hits: IntArray = np.empty(0, dtype=np.int64)
        self.crossings = 0
        self.fresh: set[int] = set()

    def __len__(self) -> int:
        return len(self.hits)

    @property
    def radii(self) -> FloatArray:
        """Within which another point counts as the same one."""
        return _radii(self.facts)

    @property
    def manifold(self) -> BoolArray:
        """Entries that are manifolds: several points joined, or continued along null directions."""
        return np.asarray(self.joined | (np.nan_to_num(self.dimension) > 0))

    @property
    def first(self) -> IntArray:
        """One point of every entry: the most regular one, with the smallest gradient."""
        entry = self.canonical(self.entry)
        order = np.lexsort((self.facts.residuals, self.facts.nullity, entry))
        return np.asarray(order[np.unique(entry[order], return_index=True)[1]])

    def search(
        self, starts: FloatArray, *, counted: bool, deflation: Deflation | None = None
    ) -> Ends:
        """Run Newton's method from ``starts`` and enter what is found.

        Runs that are ``counted`` are hits of the start law. Where these stall they walk on, to a
        point of the index that the Hessian has there, or else down to a minimum. What symmetries
        of the landscape make of new points is entered too.
        """
        sinks = self._sinks()
        runs = newton.search(self.landscape, starts, sinks, deflation)
        if counted:
            runs = _walked_on(self.landscape, starts, runs, sinks)
        good = runs.outcome == newton.CONVERGED
        good &= self.landscape.domain.contains(runs.points)
        entry = np.full(len(starts), NOWHERE)
        before = len(self.entry)
        rows = np.flatnonzero(good)
        rows = rows[~walls.beyond(self.landscape, runs.points[rows])]
        entry[rows] = self._enter(runs, rows)
        if counted:
            hit = self.canonical(entry[entry >= 0])
            self.hits += np.bincount(hit, minlength=len(self))
        flat = int((runs.outcome == newton.FLAT).sum())
        new = self.facts.points[before:]
        isolated = ~self.facts.degenerate[before:]
        for image in self.landscape.images(new[isolated]) if isolated.any() else ():
            self.search(image, counted=False)
        return Ends(entry, flat)

    def _sinks(self) -> Sinks:
        """Simple points, within a share of the distance over which they are alone."""
        facts = self.facts[~self.facts.degenerate]
        size = np.abs(facts.eigenvalues)
        alone = facts.bends * size.min(axis=1) / size.max(axis=1)
        return Sinks(self.landscape.domain, facts.points, _SINK * alone)

    def repellent(self, most: int) -> Deflation:
        """What keeps runs away from points met, the ``most`` that were met most often."""
        hits = self.hits[self.canonical(self.entry)]
        rows = np.argsort(-hits, kind="stable")[:most]
        facts = self.facts[rows]
        return Deflation(self.landscape.domain, facts.points, facts.bends)

    def _enter(self, runs: newton.Runs, converged: IntArray) -> IntArray:
        """Entries of points that runs converged to."""
        points, steps, bends = (a[converged] for a in (runs.points, runs.steps, runs.bends))
        found = np.full(len(points), NOWHERE)
        if not len(points):
            return found
        radius = classify.SAFETY * steps + 4 * np.finfo(float).eps * np.abs(points).max(axis=1)
        known = np.isfinite(bends)
        radius[known] = np.minimum(radius, 1e-2 * bends)[known] + _MERGE * bends[known]
        found = self._listed(points, radius)
        rows = np.flatnonzero(found == NOWHERE)
        label = distinct.merge(self.landscape.domain, points[rows], radius[rows])
        order = np.lexsort((steps[rows], label))
        label_of, first = np.unique(label[order], return_index=True)
        if not len(label_of):
            return found
        chosen = rows[order[first]]
        spans = runs.spans[converged][chosen]
        facts = kinds(self.landscape, points[chosen], bends[chosen], spans)
        real = facts.critical & self.landscape.domain.contains(facts.points)
        entries = np.full(len(chosen), NOWHERE)
        entries[real] = self._admit(facts[real])
        found[rows] = entries[label]
        return found

    def _listed(self, points: FloatArray, radius: FloatArray) -> IntArray:
        """Entries of points that are listed already, -1 for others."""
        if not len(self.entry):
            return np.full(len(points), NOWHERE)
        domain = self.landscape.domain
        near = np.asarray(distinct.tree(domain, self.facts.points).query(points)[1])
        gap = domain.distance(points, self.facts.points[near])
        same = gap <= radius + self.radii[near]
        return np.where(same, self.entry[near], NOWHERE)

    def _admit(self, facts: Kinds) -> IntArray:
        """Entries of judged points; two that turn out to be one, now that they are polished, are
        entered once."""
        entries = self._listed(facts.points, _radii(facts))
        rows = np.flatnonzero((entries == NOWHERE) & ~facts.degenerate)
        label = distinct.merge(self.landscape.domain, facts.points[rows], _radii(facts)[rows])
        if len(label):
            order = np.lexsort((facts.error[rows], label))
            _, first = np.unique(label[order], return_index=True)
            base = len(self)
            self._append(facts[rows[order[first]]], np.zeros(len(first)))
            entries[rows] = base + label
        rows = np.flatnonzero((entries == NOWHERE) & facts.degenerate)
        entries[rows] = self._degenerate(facts[rows])
        return entries

    def _degenerate(self, facts: Kinds) -> IntArray:
        """Entries of degenerate points: met before, on manifolds that are known, or new."""
        entries = np.full(len(facts.points), NOWHERE)
        if not len(entries):
            return entries
        for rank in range(_NEAREST):
            rows = np.flatnonzero(entries == NOWHERE)
            entries[rows] = self._joined_to(facts[rows], self._nearest(facts[rows], rank))
        for _ in range(_FAMILIES):
            rows = np.flatnonzero(entries == NOWHERE)
            if not len(rows):
                break
            entries[rows[0]] = self._new(facts[rows[:1]])[0]
            sample = np.flatnonzero(self.entry == entries[rows[0]])[0]
            entries[rows[1:]] = self._joined_to(facts[rows[1:]], np.repeat(sample, len(rows) - 1))
        rows = np.flatnonzero(entries == NOWHERE)
        entries[rows] = self._new(facts[rows])
        self._bridge()
        return entries

    def _new(self, facts: Kinds) -> IntArray:
        """Enter degenerate points, each by itself."""
        numbers = len(self) + np.arange(len(facts.points))
        dimension = np.nan_to_num(continuum.dimensions(self.landscape, facts))
        self._append(facts, dimension)
        self.fresh.update(numbers.tolist())
        crossing = np.flatnonzero((dimension == 0) & (facts.nullity > 1))
        for row in crossing[: max(_CROSSINGS - self.crossings, 0)]:
            self.crossings += 1
            self._branch(facts[np.array([row])])
        return numbers

    def _branch(self, point: Kinds) -> None:
        """Enter manifolds that cross at a degenerate point."""
        ends = continuum.branches(self.landscape, point)
        if len(ends):
            found = kinds(self.landscape, ends, np.repeat(point.bends, len(ends)))
            inside = self.landscape.domain.contains(found.points)
            self._admit(found[found.critical & found.degenerate & inside])

    def _nearest(self, facts: Kinds, rank: int) -> IntArray:
        """The nearest point kept of the nearest degenerate entry, or of the next ones: (m,).

        Numbers of points, -1 where there are not so many entries.
        """
        found = np.full(len(facts.points), NOWHERE)
        kept = np.flatnonzero(self.facts.degenerate)
        entries, family = np.unique(self.canonical(self.entry[kept]), return_inverse=True)
        if rank >= len(entries) or not len(found):
            return found
        gap = np.full((len(found), len(entries)), np.inf)
        near = np.zeros(gap.shape, dtype=np.int64)
        for k in range(len(entries)):
            mine = kept[family == k]
            places = distinct.tree(self.landscape.domain, self.facts.points[mine])
            distance, which = places.query(facts.points)
            gap[:, k], near[:, k] = distance, mine[np.asarray(which)]
        chosen = np.argsort(gap, axis=1, kind="stable")[:, rank]
        return np.take_along_axis(near, chosen[:, None], axis=1)[:, 0]

    def _joined_to(self, facts: Kinds, samples: IntArray) -> IntArray:
        """The entry of a point that is kept, where others are that point or on its manifold."""
        found = np.full(len(samples), NOWHERE)
        rows = np.flatnonzero(samples >= 0)
        if not len(rows):
            return found
        some, others = facts[rows], self.facts[samples[rows]]
        gap = self.landscape.domain.distance(some.points, others.points)
        same = np.asarray(gap <= _radii(some) + _radii(others))
        linked = same.copy()
        linked[~same] = continuum.connected(self.landscape, some[~same], others[~same])
        found[rows[linked]] = self.canonical(self.entry[samples[rows[linked]]])
        for entry in np.unique(found[rows[linked & ~same]]):
            self._keep(int(entry), some[linked & ~same & (found[rows] == entry)])
        return found

    def _keep(self, entry: int, facts: Kinds) -> None:
        """Some of the points that were found on a manifold."""
        room = _SAMPLES - int((self.canonical(self.entry) == entry).sum())
        self.joined[entry] = True
        if room > 0:
            facts = facts[np.arange(len(facts.points))[:room]]
            self.facts = self.facts.joined(facts)
            self.entry = np.append(self.entry, np.full(len(facts.points), entry))
            self.fresh.add(entry)

    def _bridge(self) -> None:
        """Join manifolds that are one, now that more of their points are known."""
        degenerate = np.flatnonzero(self.facts.degenerate)
        families = np.unique(self.canonical(self.entry[degenerate]))[-_FAMILIES:]
        pairs = [
            self._closest(int(a), int(b))
            for i, a in enumerate(families)
            for b in families[i + 1 :]
            if {int(a), int(b)} & self.fresh
        ]
        self.fresh.clear()
        if not pairs:
            return
        mine, theirs = (np.array(side) for side in zip(*pairs, strict=True))
        linked = continuum.connected(self.landscape, self.facts[mine], self.facts[theirs])
        for a, b in zip(mine[linked], theirs[linked], strict=True):
            self._unite(int(self.entry[a]), int(self.entry[b]))

    def _closest(self, entry: int, other: int) -> tuple[int, int]:
        """The nearest points that are kept of two entries."""
        canonical = self.canonical(self.entry)
        mine, theirs = np.flatnonzero(canonical == entry), np.flatnonzero(canonical == other)
        places = distinct.tree(self.landscape.domain, self.facts.points[mine])
        gap, near = places.query(self.facts.points[theirs])
        best = int(np.argmin(gap))
        return int(mine[np.asarray(near)[best]]), int(theirs[best])

    def _unite(self, entry: int, other: int) -> None:
        """Make two entries one, under the smaller number."""
        first, second = sorted((int(self.alias[entry]), int(self.alias[other])))
        if first == second:
            return
        self.alias[self.alias == second] = first
        self.joined[first] = True
        self.dimension[first] = max(self.dimension[first], self.dimension[second])
        self.hits[first] += self.hits[second]
        self.hits[second] = 0

    def canonical(self, entries: IntArray) -> IntArray:
        """Entries, those that turned out to be parts of others under the others' numbers."""
        found = np.array(entries)
        found[found >= 0] = self.alias[found[found >= 0]]
        return found

    def _append(self, facts: Kinds, dimension: FloatArray) -> None:
        new = np.arange(len(self), len(self) + len(dimension))
        self.facts = self.facts.joined(facts)
        self.entry = np.concatenate([self.entry, new])
        self.dimension = np.concatenate([self.dimension, dimension])
        self.joined = np.concatenate([self.joined, np.zeros(len(new), dtype=np.bool_)])
        self.alias = np.concatenate([self.alias, new])
        self.hits = np.concatenate([self.hits, np.zeros(len(new), dtype=np.int64)])


def _walked_on(
    landscape: Landscape, starts: FloatArray, runs: newton.Runs, sinks: Sinks
) -> newton.Runs:
    """Runs that have not converged, after a walk and Newton's method once more."""
    found = newton.Runs(*(getattr(runs, f.name).copy() for f in fields(runs)))
    for down in (False, True):
        rows = np.flatnonzero(found.outcome != newton.CONVERGED)
        local = Local(landscape, starts[rows] if down else found.points[rows])
        rows, finite = rows[local.finite], local.finite
        if not len(rows):
            break
        index = (np.linalg.eigvalsh(local.hessian[finite]) < 0).sum(axis=1)
        index = np.zeros_like(index) if down else index
        radius = first_radius(landscape.domain, local.gradient[finite], local.hessian[finite])
        ends, which = follow(landscape, local.points[finite], index, radius)
        again = newton.search(landscape, ends, sinks)
        arrived = again.outcome == newton.CONVERGED
        rows = rows[which[arrived]]
        spans = np.where(np.isfinite(again.spans[arrived]), again.spans[arrived], found.spans[rows])
        for f in fields(found):
            getattr(found, f.name)[rows] = getattr(again, f.name)[arrived]
        found.spans[rows] = spans
    return found


def _radii(facts: Kinds) -> FloatArray:
    """Errors of points, bounded: that of a degenerate one must not swallow its surroundings."""
    found: FloatArray = np.minimum(facts.error, WIDE * facts.bends)
    return found + _MERGE * facts.bends
