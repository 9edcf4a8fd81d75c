"""Entries as maps of normals: the law of ``sample``, and splitting over them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from critpoints.ensembles import Wigner
from critpoints.ensembles.wigner import ENTRIES, QUANTILES
from critpoints.estimators import Splitting

LAWS = {
    "gaussian": stats.norm(),
    "uniform": stats.uniform(-(3**0.5), 2 * 3**0.5),
    "laplace": stats.laplace(0, 0.5**0.5),
    "student": stats.t(5, 0, 0.6**0.5),
}
SIZE = 50_000


def entries(name: str, seed: int, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Diagonal and off-diagonal entries of mapped 2 × 2 matrices."""
    z = np.random.default_rng(seed).standard_normal((size, 3))
    matrices = Wigner(2, name).from_normals(z)
    np.testing.assert_array_equal(matrices, matrices.swapaxes(1, 2))
    return matrices[:, 0, 0], matrices[:, 1, 0] * 2**0.5


@pytest.mark.parametrize("name", LAWS)
def test_mapped_entries_have_their_law(name: str) -> None:
    for part in entries(name, 1):
        assert stats.kstest(part, LAWS[name].cdf).pvalue > 6e-5
        other = "laplace" if name != "laplace" else "student"
        assert stats.kstest(part, LAWS[other].cdf).pvalue < 6e-5, "the control"


@pytest.mark.parametrize("name", ENTRIES)
def test_mapped_entries_are_distributed_as_sampled_ones(name: str) -> None:
    sampled = Wigner(2, name).sample(np.random.default_rng(2), SIZE)
    for drawn, mapped in zip((sampled[:, 0, 0], sampled[:, 1, 0] * 2**0.5), entries(name, 3),
                             strict=True):  # fmt: skip
        assert stats.ks_2samp(drawn, mapped).pvalue > 6e-5
        assert stats.ks_2samp(drawn, mapped + 0.1).pvalue < 6e-5, "the control"


def test_rademacher_signs_are_even() -> None:
    for part in entries("rademacher", 4):
        assert set(part.round(12)) == {-1.0, 1.0}
        assert abs(part.mean()) * math.sqrt(SIZE) < 4


@pytest.mark.parametrize("name", ["laplace", "student"])
def test_quantiles_keep_their_digits_far_out(name: str) -> None:
    z = np.array([1e-9, 0.5, 3.0, 8.0, 20.0, 35.0])
    found = QUANTILES[name](z, 5.0)
    np.testing.assert_allclose(QUANTILES[name](-z, 5.0), -found, rtol=1e-14)
    np.testing.assert_allclose(LAWS[name].logsf(found), special.log_ndtr(-z), rtol=1e-8)


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("dim", [3, 4, 5])
def test_splitting_agrees_with_the_sieve(name: str, dim: int) -> None:
    ensemble, size, runs = Wigner(dim, name), 400_000, 24
    hits = int(ensemble.sample_minimum(np.random.default_rng([dim, 5]), size).sum())
    assert hits > 20
    rows = Splitting(chains=32, refresh=0.25).rows(ensemble, np.random.default_rng(dim), runs)
    found = np.exp(rows[:, 0])
    mean, error = found.mean(), found.std(ddof=1) / math.sqrt(runs)
    z = (mean - hits / size) / math.hypot(error, math.sqrt(hits) / size)
    assert abs(z) < 4
    wrong = (3 * mean - hits / size) / math.hypot(3 * error, math.sqrt(hits) / size)
    assert abs(wrong) > 4, "the control"
