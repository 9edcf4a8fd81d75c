"""Re-judge the committed searches: nothing false at any scale, and bounds that hold."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from scipy.stats import binom

from . import scales, search
from .__main__ import HOME

LEVEL = 0.95


def covered(bounds: np.ndarray, elsewhere: np.ndarray, starts: int) -> np.ndarray:
    """Where a bound is not below what fresh starts say, by three of their standard errors."""
    share = elsewhere / starts
    return bounds >= share - 3 * np.sqrt(np.maximum(share * (1 - share), 1 / starts) / starts)


def plausible(held: int, of: int) -> bool:
    """Whether bounds that hold with probability 95% could hold so seldom, once in a thousand."""
    return bool(binom.cdf(held, of, LEVEL) > 1e-3)


def judged(cases: list[list[float]], starts: int, part: float = 0.5) -> None:
    """Bounds below 1 hold as often as they say; a part of each, by default half, does not."""
    rows = np.array([case for case in cases if case[2] < 1], dtype=float)
    bounds, elsewhere = rows[:, 2], rows[:, 3]
    assert plausible(int(covered(bounds, elsewhere, starts).sum()), len(rows))
    assert not plausible(int(covered(part * bounds, elsewhere, starts).sum()), len(rows))
    assert (elsewhere > 0).mean() > 0.3  # masses that are missed


def test_bounds_of_missing_mass_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick version, on functions that the committed study does not have."""
    monkeypatch.setattr(search, "FRESH", 1000)
    judged([search.mass(number) for number in range(10_000, 10_060)], 1000, 0.2)


@pytest.fixture(scope="module")
def committed() -> dict[str, list[list[float]]]:
    records = json.loads((HOME / "search.json").read_text())
    return {record["study"]: record["cases"] for record in records}


def test_the_studies_are_committed_whole(committed: dict[str, list[list[float]]]) -> None:
    assert [case[0] for case in committed["scales"]] == list(range(search.SCALES))
    assert [case[0] for case in committed["masses"]] == list(range(search.MASSES))


def test_nothing_is_false_at_any_scale(committed: dict[str, list[list[float]]]) -> None:
    cases = committed["scales"]
    assert len(cases) >= 2000
    assert [case for case in cases if case[6]] == []
    normal = [case[1] for case in cases if scales.case(int(case[0])).normal]
    assert "refused" not in normal
    assert normal.count("whole") > 0.95 * len(normal)


def test_the_bounds_hold(committed: dict[str, list[list[float]]]) -> None:
    assert sum(case[2] < 1 for case in committed["masses"]) >= 300
    judged(committed["masses"], search.FRESH)


def test_randomly_chosen_cases_recompute(committed: dict[str, list[list[float]]]) -> None:
    chosen = random.SystemRandom()
    for number in chosen.sample(range(search.SCALES), 4):
        assert scales.record(number) == committed["scales"][number]
    for number in chosen.sample(range(search.MASSES), 2):
        found, stored = search.searched(number), committed["masses"][number]
        assert len(found) == stored[1]
        assert found.unseen_mass == pytest.approx(stored[2], rel=1e-9)
