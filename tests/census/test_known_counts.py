"""Every family whose critical points are known: the census has each once, and the right counts."""

import numpy as np
import pytest

from critpoints.census import census
from critpoints.census.cells import Cells
from critpoints.census.enclosure import enclose
from critpoints.census.subdivision import subdivide
from critpoints.landscapes import (
    Autoencoder,
    DeepLinear,
    DoubleWell,
    Factorisation,
    InvertedWells,
    KnownLandscape,
    MonkeySaddle,
    Octopus,
    Quadratic,
    Rastrigin,
    RayleighQuotient,
    StyblinskiTang,
)

DIMS = (1, 2, 3, 4)
PROVEN = [
    *(family(dim) for family in (InvertedWells, StyblinskiTang, Quadratic) for dim in DIMS),
    *(DoubleWell(dim, tilt) for tilt in (0.0, 0.3, -0.38) for dim in DIMS),
    *(Factorisation(dim) for dim in DIMS),
    Factorisation(3, (2.0, -1.0, 0.5)),
    *(Rastrigin(dim) for dim in (1, 2, 3)),
]
SEARCHED = [
    *(RayleighQuotient(dim) for dim in DIMS),
    RayleighQuotient(2, (3.0, -1.0, 0.5)),
    *(Octopus(dim) for dim in (1, 2, 3)),
]


@pytest.mark.parametrize("landscape", PROVEN, ids=str)
def test_proven_counts(landscape: KnownLandscape) -> None:
    found = census(landscape)
    assert found.counts.tolist() == landscape.known_counts()
    assert found.complete
    assert found.distinct
    assert found.certified.all()
    assert found.assumption == ""
    assert found.audit
    known = landscape.known().points
    nearest = np.array([np.abs(known - x).max(axis=1).argmin() for x in found.points])
    assert len(set(nearest.tolist())) == len(known)


@pytest.mark.parametrize("landscape", SEARCHED, ids=str)
def test_searched_counts(landscape: KnownLandscape) -> None:
    found = census(landscape)
    assert found.counts.tolist() == landscape.known_counts()
    assert found.distinct
    assert not found.complete
    assert found.audit is not False


@pytest.mark.parametrize(
    "landscape",
    [Autoencoder.of_size(2), DeepLinear.of_size(2, 1, 2), *(MonkeySaddle(d) for d in (2, 3, 4))],
    ids=str,
)
def test_of_degenerate_families_the_isolated_points_are_counted(landscape: KnownLandscape) -> None:
    known = landscape.known()
    simple = known.index[known.nullity == 0]
    found = census(landscape, starts=512, max_cells=20_000)
    assert found.counts.tolist() == np.bincount(simple, minlength=landscape.dim + 1).tolist()
    assert not found.complete


def pair(dim: int, gap: float, width: float) -> tuple[Cells, DoubleWell]:
    """Two boxes of the same half-widths about the minimum at (-1, …), ``gap`` apart on axis 0."""
    center = -np.ones((2, dim))
    center[1, 0] += gap
    return Cells(center, np.full((2, dim), width)), DoubleWell(dim)


def test_two_boxes_of_one_point_are_one() -> None:
    """Tight boxes that reach over both boxes: only their hull can tell."""
    for dim in (1, 2, 3):
        boxes, landscape = pair(dim, 0.5e-14, 1.2e-14)
        found = enclose(landscape, boxes, landscape.rounding())
        assert len(found.points) + len(found.lost) <= 2
        assert len(found.points) <= 1 or found.unsettled


def test_boxes_of_two_points_are_two() -> None:
    """The control: different points are never joined."""
    landscape = DoubleWell(2)
    known = landscape.known().points
    boxes = Cells(known, np.full_like(known, 0.1))
    found = enclose(landscape, boxes, landscape.rounding())
    assert len(found.points) == 9
    assert found.unsettled == 0


@pytest.mark.parametrize("landscape", [Rastrigin(2), Factorisation(3), DoubleWell(3)], ids=str)
def test_what_may_be_listed_twice_is_not_complete(
    landscape: KnownLandscape, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were no two boxes ever told to be the same, nothing would be complete."""
    monkeypatch.setattr(
        "critpoints.census.enclosure._share_a_zero",
        lambda *args: np.zeros(len(args[3]), dtype=bool),
    )
    monkeypatch.setattr(
        "critpoints.census.enclosure._inside",
        lambda *args: np.zeros(len(args[4]), dtype=bool),
    )
    found = subdivide(landscape)
    total = sum(landscape.known_counts())
    assert len(found) > total
    assert not found.distinct
    assert not found.complete
    assert found.undecided > 0
