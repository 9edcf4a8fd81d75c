"""The certified census: every critical point in a box or on a torus, with proof.

The domain is divided into cells. A cell is dropped when it provably holds no critical point,
settled when Krawczyk's test proves exactly one in a somewhat larger box (so that a point on the
face of a cell is not lost), and else cut down to its Newton set or halved. What is proven rests on
:mod:`~critpoints.census.krawczyk`, on the landscape's ``third_bound`` and on its ``rounding``. All
of it happens in units in which the function is near 1 (:mod:`~critpoints.census.units`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from critpoints.census import krawczyk
from critpoints.census.bounds import assumption, check_bounds
from critpoints.census.cells import Cells, join, whole
from critpoints.census.enclosure import Found, enclose, near_degenerate
from critpoints.census.kantorovich import eigenvalue_error
from critpoints.census.result import Census
from critpoints.census.units import UNDERFLOW, Unit, unit
from critpoints.domains import Box, Torus
from critpoints.protocols import BoolArray, FloatArray, IntArray, Landscape
from critpoints.validation import integer, real

_BATCH_NUMBERS = 2**16  # third derivatives held at once; what a cache holds
_ASSUMED = 1e-13  # of the largest gradient and Hessian: rounding errors that no bound is known of
MEMORY = 1e9
"""Bytes that cells may take."""
_LARGEST = 2.0  # half-widths of the box of a settled cell, in those of the cell


@dataclass
class _Search:
    """What is settled so far."""

    landscape: Landscape
    rounding: tuple[float, float]
    smallest: FloatArray
    settled: list[Cells] = field(default_factory=list)
    stuck: list[Cells] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """How many cells are put by."""
        return sum(map(len, self.settled)) + sum(map(len, self.stuck))

    def advance(self, cells: Cells) -> Cells:
        """Decide cells or cut them into smaller ones."""
        boxes = krawczyk.expand(self.landscape, cells.center, cells.radius, self.rounding)
        boxes = boxes[boxes.may_hold_zero]
        sets = krawczyk.newton(boxes, self.rounding)
        meets = sets.meets(boxes)
        boxes, sets = boxes[meets], sets[meets]
        is_open = ~self._settle(boxes, sets)
        boxes, sets = boxes[is_open], sets[is_open]
        stuck = self._stuck(boxes)
        self.stuck.append(boxes[stuck].cells)
        return _smaller(boxes[~stuck], sets[~stuck])

    def _settle(self, boxes: krawczyk.Expansion, sets: krawczyk.Newton) -> BoolArray:
        """Try Krawczyk's test on inflated cells that it may fit: shape (m,)."""
        radius = np.maximum(boxes.radius, np.abs(sets.step) + 2 * sets.width) * 1.01
        # A cell cut down to the size of rounding errors must grow by more than its own size.
        largest = np.maximum(_LARGEST * boxes.radius, 1e3 * self.smallest)
        fits = krawczyk.everywhere(radius <= largest)
        rows = np.flatnonzero(fits)
        center, radius = boxes.center[rows], radius[rows]
        proven = krawczyk.unique_zero(self.landscape, center, sets[rows], radius)
        self.settled.append(Cells(center[proven], radius[proven]))
        fits[rows[~proven]] = False
        return fits

    def _stuck(self, boxes: krawczyk.Expansion) -> BoolArray:
        """Cells too small to go on with, or in which the gradient varies by rounding only."""
        tiny = krawczyk.everywhere(boxes.radius <= self.smallest)
        varies = krawczyk.times(np.abs(boxes.hessian) + boxes.bend, boxes.radius)
        return tiny | krawczyk.everywhere(varies <= 16 * self.rounding[0])


def subdivide(
    landscape: Landscape,
    *,
    max_cells: int = 10_000_000,
    memory: float = MEMORY,
    tolerance: float = 1e-8,
) -> Census:
    """Find and certify every critical point in a box or on a torus.

    Parameters
    ----------
    landscape : Landscape
        On a :class:`~critpoints.domains.Box` or :class:`~critpoints.domains.Torus`, with a
        ``third_bound``. On a box its derivatives must exist, and the bound hold, a little beyond
        the faces too. Without ``rounding`` the errors are taken to be 1e-13 of the largest
        gradient and Hessian at 256 points. That, and bounds that are not ``bounds_proven``, the
        census states as its ``assumption``.
    max_cells : int
        Cells to examine at most.
    memory : float
        Bytes that cells, those under way and those put by, may take at most.
    tolerance : float
        Half-width, in units of the domain's, below which a cell is left undecided.

    Returns
    -------
    Census
        Complete if no cell is left over. What is left over counts as ``undecided``, and holds
        the degenerate points, which are listed but not certified. A point too close to the face
        of a box to say on which side it lies is undecided as well, and so are one of a Hessian so
        badly scaled that rounding hides the sign of an eigenvalue, and two that may be one.

    Raises
    ------
    ValueError
        If the domain is neither box nor torus, there is no bound of the third derivatives or it
        does not hold at a sample (:mod:`~critpoints.census.bounds`), or a derivative is not
        finite.
    ContradictionError
        If the census is complete, but the Euler sum of the torus is wrong; it carries the census.

    References
    ----------
    Neumaier (1990), Interval Methods for Systems of Equations, chapter 5.
    """
    max_cells = integer("max_cells", max_cells, low=1)
    memory = real("memory", memory, above=0)
    tolerance = real("tolerance", tolerance, above=0, below=1)
    _check(landscape)
    small = unit(landscape)
    check_bounds(small)
    cells = whole(small.landscape.domain)
    search = _Search(small.landscape, _rounding(small.landscape), tolerance * cells.radius[0])
    most = max(int(memory / bytes_of_a_cell(landscape.dim)), 1)
    examined = 0
    while 0 < len(cells) <= min(most - search.kept, max_cells - examined):
        examined += len(cells)
        rows = max(_BATCH_NUMBERS // landscape.dim**3, 64)
        cells = join([search.advance(cells[k : k + rows]) for k in range(0, len(cells), rows)])
    return _census(landscape, small, search, cells)


def bytes_of_a_cell(dim: int) -> int:
    """Centres and radii, of halves and copies too; Hessians and inverses at points found."""
    return 8 * dim * (16 + 2 * dim)


def _check(landscape: Landscape) -> None:
    """Refuse what cannot be searched."""
    domain = landscape.domain
    if not isinstance(domain, Box | Torus):
        raise ValueError(f"subdivision needs a box or a torus, got {domain}: use multistart")
    cells = whole(domain)
    with np.errstate(all="ignore"):  # in units of its own it may overflow
        known = landscape.third_bound(cells.center, cells.radius)
    if known is None:
        raise ValueError(
            f"{type(landscape).__name__} has no third_bound, without which nothing is proven: "
            "use multistart"
        )


def _rounding(landscape: Landscape) -> tuple[float, float]:
    """Bounds of rounding errors; from the sizes at some points if the landscape has none."""
    known = landscape.rounding()
    if known is not None:
        return known
    points = landscape.domain.sample(np.random.default_rng(0), 256)
    gradient, hessian = (np.abs(a).max() for a in landscape.derivatives(points))
    errors = _ASSUMED * float(gradient + hessian), _ASSUMED * float(hessian)
    return errors[0] + UNDERFLOW, errors[1] + UNDERFLOW


def _back(small: Unit, rounding: tuple[float, float]) -> tuple[float, float]:
    first, second = (float(small.back(np.array(e), k)) for k, e in enumerate(rounding, 1))
    return first, second


def _smaller(boxes: krawczyk.Expansion, sets: krawczyk.Newton) -> Cells:
    """Cells cut down to their Newton sets, and halved where that saves less than half."""
    low = np.fmax(-boxes.radius, sets.step - sets.width)  # fmax: infinity less infinity
    high = np.fmin(boxes.radius, sets.step + sets.width)
    cells = boxes.cells.cut(low, np.maximum(low, high))
    small = cells.volumes <= boxes.cells.volumes / 2
    boxes, rest = boxes[~small], cells[~small]
    halves = rest.halves(_axis(boxes.bend, rest.radius))
    return join([cells[small], *(half[boxes.parts_may_hold_zero(half)] for half in halves)])


def _axis(bend: FloatArray, radius: FloatArray) -> IntArray:
    """The axis along which the Hessian varies most over a cell.

    The longest where it is constant, or nothing bounds how it varies.
    """
    weight = bend.sum(axis=1)
    weight = np.where(np.isfinite(weight).all(axis=1, keepdims=True), weight, 1.0)
    weight += 1e-3 * weight.max(axis=1, keepdims=True) + 1e-300
    return np.asarray((weight * radius).argmax(axis=1))


def _census(landscape: Landscape, small: Unit, search: _Search, left: Cells) -> Census:
    """Polish and merge what is settled; state what is left over."""
    function, domain = search.landscape, search.landscape.domain
    found = enclose(function, join(search.settled), search.rounding)
    stuck = join(search.stuck)
    found = Found.join(found, near_degenerate(function, stuck, found.points, search.rounding))
    values = function.value(found.points)
    order = np.argsort(values, kind="stable")
    points = found.points[order]
    gradient, hessian = function.derivatives(points)
    eigenvalues = np.asarray(np.linalg.eigvalsh(hessian), dtype=float)
    smallest = np.abs(eigenvalues).min(axis=1)
    curvatures = small.back(eigenvalues, 2)
    unsigned = ~(smallest > eigenvalue_error(eigenvalues, search.rounding))
    unsigned |= ~np.isfinite(curvatures).all(axis=1) | (curvatures == 0).any(axis=1)
    unsigned &= ~found.degenerate[order]
    degenerate = found.degenerate[order] | unsigned
    open_cells = join([left, stuck, found.lost])
    undecided = len(open_cells) + found.unsettled + int(found.face.sum() + unsigned.sum())
    volume = float(open_cells.volumes.sum()) / domain.volume
    index = (eigenvalues[~degenerate] < 0).sum(axis=1)
    torus = isinstance(domain, Torus)
    census = Census(
        landscape=landscape,
        points=small.points(points),
        values=small.back(values[order], 0),
        eigenvalues=curvatures,
        degenerate=degenerate,
        residuals=small.back(np.linalg.norm(gradient, axis=1), 1),
        certified=~degenerate & ~found.face[order],
        distinct=not found.unsettled,
        complete=undecided == 0,
        method="subdivision",
        undecided=undecided,
        undecided_volume=min(volume, 1.0),
        euler=int(((-1) ** index).sum()) if torus else None,
        euler_expected=landscape.euler if torus else None,
        assumption=assumption(landscape, _back(small, search.rounding)),
    )
    return census.consistent()
