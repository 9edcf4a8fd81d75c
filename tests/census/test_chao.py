"""Chao's interval against draws whose number of unseen kinds is known."""

import math

import numpy as np
import pytest

from critpoints.census.chao import chao


def coverage(weights, draws, level, replicates=2000, seed=0):
    """How often the interval holds the number of kinds not drawn, and how often its low end."""
    rng = np.random.default_rng(seed)
    hits = rng.multinomial(draws, weights, size=replicates)
    missing = (hits == 0).sum(axis=1)
    low, high = np.array([chao(h, level) for h in hits]).T
    return np.mean((low <= missing) & (missing <= high)), np.mean(low <= missing)


def z_below(share, nominal, replicates=2000):
    """Standard deviations by which a coverage falls short of the nominal one."""
    return (nominal - share) / math.sqrt(nominal * (1 - nominal) / replicates)


def test_coverage_where_basins_are_equal():
    for kinds, draws in ((100, 150), (100, 250), (300, 450)):
        both, _ = coverage(np.full(kinds, 1 / kinds), draws, 0.95)
        assert z_below(both, 0.95) < 4


def test_control_an_interval_at_half_the_level_falls_short():
    both, _ = coverage(np.full(100, 0.01), 150, 0.5)
    assert z_below(both, 0.95) > 4


def test_unequal_basins_make_it_a_lower_bound():
    weights = np.geomspace(1, 1e-4, 200)
    both, below = coverage(weights / weights.sum(), 400, 0.95)
    assert z_below(below, 0.975) < 4
    assert z_below(both, 0.95) > 4  # nothing tells of kinds that are hardly ever drawn


def test_the_formula_by_hand():
    """n = 20, S = 9, f1 = 4, f2 = 2."""
    hits = np.array([1, 1, 1, 1, 2, 2, 3, 4, 5])
    a = 19 / 20
    estimate = a * 4 * 3 / (2 * 3)
    variance = a * 12 / 6 + a**2 * 4 * 49 / 36 + a**2 * 16 * 2 * 9 / (4 * 81)
    factor = math.exp(1.959963984540054 * math.sqrt(math.log(1 + variance / estimate**2)))
    assert chao(hits) == pytest.approx(
        (math.floor(estimate / factor), estimate * factor), rel=1e-12
    )


def test_no_doubletons_and_only_singletons():
    for hits in ([1, 1, 1, 5], [1, 1, 1, 1, 1], [1, 1]):
        low, high = chao(hits)
        assert 0 <= low < high < math.inf
        assert low == int(low)


def test_many_hits_leave_little_room():
    low, high = chao([50, 60, 70])
    assert low == 0 < high == 1e-6  # it never ends at 0
    assert chao([10**6, 10**6])[1] > 0
    assert chao([1])[1] > chao([2])[1] > chao([10])[1] > 0
    assert chao([]) == chao([0, 0]) == (0.0, math.inf)
    assert chao([3, 0, 0, 4]) == chao([3, 4])


@pytest.mark.parametrize("hits", [[-1, 2], [0.5, 1.0]])
def test_hits_are_whole_numbers(hits):
    with pytest.raises(ValueError, match="hits must be"):
        chao(hits)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_level_is_a_probability(level):
    with pytest.raises(ValueError, match="level must be"):
        chao([1, 2], level)
