"""What every ensemble must satisfy. Import it to test your own::

from tests.conformance.ensembles import check_ensemble

def test_mine():
    check_ensemble(MyEnsemble)                        # a class, or
    check_ensemble(lambda dim: MyEnsemble(dim, 0.3))  # anything that takes a dimension
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from critpoints.protocols import Ensemble
from tests.conformance.agreement import P_LIMIT, p_ratios, p_same

Factory = Callable[[int], Ensemble]
EPS = float(np.finfo(float).eps)


def check_ensemble(
    factory: Factory, dims: Iterable[int] = (1, 2, 3, 5), size: int = 20_000, seed: int = 1
) -> None:
    """Hold the ensembles ``factory(dim)`` to the protocol; raises AssertionError if one fails.

    Every override is judged against the matrices of ``sample`` and their eigenvalues, at
    two-sided |z| < 4.
    """
    for dim in dims:
        ensemble = factory(dim)
        check_value(ensemble, factory(dim))
        check_named(ensemble)
        check_sample(ensemble, seed)
        check_repeatable(ensemble, seed)
        check_index(ensemble, size, seed)
        check_minimum(ensemble, size, seed)
        check_weights(ensemble, size, seed)


def check_value(ensemble: Ensemble, twin: Ensemble) -> None:
    """A frozen dataclass: equal when built alike, hashable, picklable."""
    assert dataclasses.is_dataclass(ensemble)
    assert next(iter(dataclasses.fields(ensemble))).name == "dim"
    assert ensemble == twin
    assert hash(ensemble) == hash(twin)
    assert pickle.loads(pickle.dumps(ensemble)) == ensemble  # noqa: S301 - our own bytes
    with pytest.raises(dataclasses.FrozenInstanceError):
        ensemble.dim = 99


def check_named(ensemble: Ensemble) -> None:
    """An identity, and a population that says whose Hessians these are."""
    assert isinstance(ensemble.name, str)
    assert ensemble.name
    assert isinstance(ensemble.version, int)
    assert isinstance(ensemble.population, str)
    assert ensemble.population
    assert isinstance(ensemble.kac_rice, bool)


def check_sample(ensemble: Ensemble, seed: int) -> None:
    """Shape, symmetry and finiteness, for one matrix and for many."""
    for size in (1, 7):
        batch = ensemble.sample(np.random.default_rng(seed), size)
        assert batch.shape == (size, ensemble.dim, ensemble.dim)
        assert np.isfinite(batch).all()
        assert np.array_equal(batch, batch.conj().swapaxes(1, 2))


def check_repeatable(ensemble: Ensemble, seed: int) -> None:
    """The generator given is the only source of randomness."""
    for method in ("sample", "sample_index", "sample_minimum", "index_weights"):
        draw = getattr(ensemble, method)
        first, second = (draw(np.random.default_rng(seed), 11) for _ in range(2))
        assert np.array_equal(first, second), method


def check_index(ensemble: Ensemble, size: int, seed: int) -> None:
    """``sample_index`` has the law of the eigenvalues of ``sample``."""
    drawn = ensemble.sample_index(np.random.default_rng([seed, 1]), size)
    assert drawn.shape == (size,)
    assert drawn.dtype == np.int64
    assert drawn.min() >= 0
    assert drawn.max() <= ensemble.dim + 1
    dense = dense_index(ensemble, np.random.default_rng([seed, 2]), size)
    bins = ensemble.dim + 2
    p = p_same(np.bincount(drawn, minlength=bins), np.bincount(dense, minlength=bins))
    assert p > P_LIMIT, f"sample_index is not the index at dim {ensemble.dim}: p = {p:.2g}"


def check_minimum(ensemble: Ensemble, size: int, seed: int) -> None:
    """``sample_minimum`` happens as often as all eigenvalues of ``sample`` are positive."""
    drawn = ensemble.sample_minimum(np.random.default_rng([seed, 3]), size)
    assert drawn.shape == (size,)
    assert drawn.dtype == np.bool_
    dense = dense_index(ensemble, np.random.default_rng([seed, 4]), size) == 0
    p = p_same(np.bincount(drawn, minlength=2), np.bincount(dense, minlength=2))
    assert p > P_LIMIT, f"sample_minimum is not index 0 at dim {ensemble.dim}: p = {p:.2g}"


def check_weights(ensemble: Ensemble, size: int, seed: int) -> None:
    """``index_weights`` are log-weights of the bins, and the law that they make is the same."""
    weights = ensemble.index_weights(np.random.default_rng([seed, 5]), size)
    assert weights.shape == (size, ensemble.dim + 2)
    assert not np.isnan(weights).any()
    assert (weights < np.inf).all()
    if ensemble.kac_rice:  # |det H| = 0: a degenerate Hessian has no weight
        assert (weights[:, -1] == -np.inf).all()
    dense = dense_weights(ensemble, np.random.default_rng([seed, 6]), size)
    p = p_ratios(weights, dense)
    assert p > P_LIMIT, f"index_weights give another law at dim {ensemble.dim}: p = {p:.2g}"


def dense_index(ensemble: Ensemble, rng: np.random.Generator, size: int) -> np.ndarray:
    """Index of drawn matrices from their eigenvalues, ``dim + 1`` where degenerate."""
    values = np.linalg.eigvalsh(ensemble.sample(rng, size))
    modulus = np.abs(values)
    small = modulus <= ensemble.dim * EPS * modulus.max(axis=1, keepdims=True)
    return np.where(small.any(axis=1), ensemble.dim + 1, (values < 0).sum(axis=1))


def dense_weights(ensemble: Ensemble, rng: np.random.Generator, size: int) -> np.ndarray:
    """Log-weights from the eigenvalues of drawn matrices."""
    state = rng.bit_generator.state
    bins = dense_index(ensemble, rng, size)
    weights = np.full((size, ensemble.dim + 2), -np.inf)
    rows = np.arange(size)
    weights[rows, bins] = 0.0
    if ensemble.kac_rice:
        rng.bit_generator.state = state
        weights[rows, bins] = np.linalg.slogdet(ensemble.sample(rng, size)).logabsdet
        weights[:, -1] = -np.inf
    return weights
