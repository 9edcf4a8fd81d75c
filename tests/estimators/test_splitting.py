"""Splitting against exact probabilities, and what it must refuse."""

from __future__ import annotations

import math
import time
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from critpoints.ensembles import ENSEMBLES, GaussianEnsemble, IsotropicField, SpinGlass, Wishart
from critpoints.errors import InvalidBatchError, UnreliableEstimateError
from critpoints.estimators import splitting as splitting_module
from critpoints.estimators.levels import Schedule, Target, _pilot, schedule, systematic
from critpoints.estimators.splitting import Splitting
from critpoints.protocols import Ensemble, FloatArray
from critpoints.rule import Rule
from critpoints.tally import Values
from critpoints.theory import laws

SHORT = Splitting(chains=32, refresh=0.25)


@dataclass(frozen=True)
class Scalar(Ensemble):
    """A 1 x 1 matrix: a function of one normal."""

    dim: int = 1
    kind: str = "negative"

    @property
    def normals(self) -> int:
        return 1

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return self.from_normals(rng.standard_normal((size, 1)))

    def from_normals(self, z: FloatArray) -> FloatArray:
        value = {
            "negative": lambda: -1 - z**2,
            "vanishing": lambda: -(z**2),
            "constant": lambda: -1 + 0 * z,
            "nan": lambda: z * math.nan,
        }[self.kind]()
        return value[:, :, None]


def fixed(samples: int) -> Rule:
    return Rule(None, samples, None)


def exact(ensemble: Ensemble) -> float:
    law = ensemble.exact_law()
    assert law is not None
    return float(laws.minimum(law[0], ensemble.dim, **law[1]).log[0])


def z_score(splitting: Splitting, ensemble: Ensemble, log_p: float, size: int) -> float:
    rows = splitting.rows(ensemble, np.random.default_rng(7), size)
    ratios = np.exp(rows[:, 0] - log_p)
    return float((ratios.mean() - 1) / (ratios.std(ddof=1) / math.sqrt(size)))


@pytest.mark.parametrize(
    ("ensemble", "size"),
    [
        (GaussianEnsemble(3), 100),
        (GaussianEnsemble(4), 100),
        (GaussianEnsemble(6), 60),
        (GaussianEnsemble(4, 2.0), 40),
        (IsotropicField(4, "fixed"), 60),
        (IsotropicField(5), 60),
        (SpinGlass(4, 3), 60),
    ],
    ids=repr,
)
def test_unbiased(ensemble: Ensemble, size: int) -> None:
    log_p = exact(ensemble)
    assert abs(z_score(SHORT, ensemble, log_p, size)) < 4
    assert abs(z_score(SHORT, ensemble, log_p + math.log(1.5), size)) > 4, "the control"


def test_at_most_so_many_negative() -> None:
    law = laws.index_law("gaussian", 4, beta=1.0)
    log_p = float(np.logaddexp(law.log[0], law.log[1]))
    splitting = Splitting(negatives=1, chains=32)
    assert abs(z_score(splitting, GaussianEnsemble(4), log_p, 60)) < 4


def test_intervals_cover() -> None:
    ensemble = GaussianEnsemble(5)
    log_p, runs, n = exact(ensemble), 50, 8
    rows = SHORT.rows(ensemble, np.random.default_rng(3), runs * n).reshape(runs, n, 4)
    found = [SHORT.estimate(Values(r), fixed(n))[0] for r in rows]
    covered = sum(e.log_low <= log_p <= e.log_high for e in found)
    assert abs(covered - 0.95 * runs) < 4 * math.sqrt(runs * 0.95 * 0.05)


def test_chains_that_do_not_move_are_refused() -> None:
    """Negative control: without mixing the replicates rest on few chains or scatter."""
    frozen = Splitting(chains=8, refresh=1e-6)
    rows = frozen.rows(GaussianEnsemble(9), np.random.default_rng(1), 8)
    with pytest.raises(UnreliableEstimateError) as refused:
        frozen.estimate(Values(rows), fixed(8))
    assert refused.value.estimate.status == "unreliable"


def test_a_sure_event() -> None:
    rows = SHORT.rows(Wishart(3), np.random.default_rng(0), 8)
    (found,) = SHORT.estimate(Values(rows), fixed(8))
    assert found.value == 1.0
    assert found.low < 1.0


@dataclass(frozen=True)
class Negative(Ensemble):
    """-H H^T, whose largest eigenvalue is never positive and vanishes with H."""

    dim: int

    @property
    def normals(self) -> int:
        return self.dim**2

    def sample(self, rng: np.random.Generator, size: int) -> FloatArray:
        return self.from_normals(rng.standard_normal((size, self.normals)))

    def from_normals(self, z: FloatArray) -> FloatArray:
        root = z.reshape(-1, self.dim, self.dim)
        return -root @ root.transpose(0, 2, 1)


@pytest.mark.parametrize(
    ("ensemble", "reached"),
    [
        (Scalar(1, "constant"), 1.0),
        (Scalar(1, "vanishing"), 0.2),
        (Negative(3), 1e-3),
        (Negative(8), 1e-3),
    ],
    ids=repr,
)
def test_an_impossible_event_ends_with_the_bound_reached(
    ensemble: Ensemble, reached: float
) -> None:
    """A constant score makes no progress; one that vanishes at a point makes it for ever."""
    splitting, start = Splitting(), time.process_time()
    rows = splitting.rows(ensemble, np.random.default_rng(0), 8)
    assert time.process_time() - start < 20, "it does not go on for ever"
    assert np.isneginf(rows[:, 0]).all()
    (found,) = splitting.estimate(Values(rows), fixed(8))
    assert (found.status, found.value, found.hits) == ("bound", 0.0, 0)
    assert 0 < found.high <= reached


def refusals(
    splitting: Splitting, ensemble: Ensemble, step: float, patch: pytest.MonkeyPatch, runs: int
) -> int:
    """How many of some intervals are refused when no step is longer than ``step``."""
    plan = schedule(Target(ensemble))
    slow = Schedule(plan.levels, tuple(min(step, s) for s in plan.steps))
    patch.setattr(splitting_module, "schedule", lambda _: slow)
    refused = 0
    for seed in range(runs):
        rows = splitting.rows(ensemble, np.random.default_rng(seed), 8)
        try:
            splitting.estimate(Values(rows), fixed(8))
        except UnreliableEstimateError:
            refused += 1
    return refused


@pytest.mark.parametrize("chains", [64, 256, 1024])
@pytest.mark.parametrize("dim", [4, 5, 7])
@pytest.mark.parametrize("step", [1e-9, 0.05])
def test_a_frozen_or_hardly_moving_chain_is_refused(
    dim: int, chains: int, step: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: however many chains there are, they stay near where they began."""
    slow = Splitting(chains=chains, refresh=1e-18)
    monkeypatch.setattr(splitting_module, "MIN_MOVES", 16)
    assert refusals(slow, GaussianEnsemble(dim), step, monkeypatch, 3) == 3


def test_a_healthy_chain_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the control: with its own steps the same harness accepts."""
    assert refusals(Splitting(), GaussianEnsemble(5), 1.0, monkeypatch, 3) == 0


def test_slow_chains_rest_on_few_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains that move, but forget little, are refused by their kinship alone."""
    monkeypatch.setattr(splitting_module, "MIN_MOVES", 16)
    monkeypatch.setattr(splitting_module, "MAX_MEMORY", 1.0)
    slow = Splitting(refresh=1e-18)
    assert refusals(slow, GaussianEnsemble(5), 0.14, monkeypatch, 3) == 3


@pytest.mark.parametrize("ensemble", [GaussianEnsemble(8), IsotropicField(6)], ids=repr)
def test_memory_is_as_said(ensemble: Ensemble) -> None:
    schedule(Target(ensemble))
    tracemalloc.start()
    Splitting().rows(ensemble, np.random.default_rng(0), 4)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / 2 < Splitting().memory(ensemble, 4) < 2 * peak


def test_malformed_matrices_are_refused() -> None:
    with pytest.raises(InvalidBatchError, match="NaN"):
        SHORT.rows(Scalar(1, "nan"), np.random.default_rng(0), 1)


@pytest.mark.parametrize("name", ["independent", "gse"])
def test_without_a_map_of_normals_it_says_what_is_needed(name: str) -> None:
    ensemble: Any = ENSEMBLES[name].cls(3, **ENSEMBLES[name].preset)
    with pytest.raises(ValueError, match="normals"):
        Splitting().rows(ensemble, np.random.default_rng(0), 1)


@pytest.mark.parametrize(
    "arguments", [{"event": "index"}, {"negatives": -1}, {"chains": 1}, {"refresh": 0.0}]
)
def test_bad_settings(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Splitting(**arguments)


def test_more_negatives_than_dimensions() -> None:
    with pytest.raises(ValueError, match="negatives"):
        Splitting(negatives=3).rows(GaussianEnsemble(3), np.random.default_rng(0), 1)


def test_the_schedule_is_a_pure_function_of_the_target() -> None:
    found = schedule(Target(GaussianEnsemble(5)))
    assert found == _pilot(Target(GaussianEnsemble(5)))
    assert list(found.levels) == sorted(found.levels)
    assert found.arrived
    assert len(found.steps) == len(found.levels) - 1


def test_systematic_draws_as_often_as_expected() -> None:
    weights = np.array([0.0, 1.0, 2.0, 5.0])
    counts = np.bincount(systematic(weights, 80, np.random.default_rng(0)), minlength=4)
    assert counts[0] == 0
    assert (np.abs(counts - 10 * weights) <= 1).all()


@dataclass(frozen=True)
class Coarse(Ensemble):
    """Gram matrices of ``rank`` columns in the arithmetic of ``kind``, shifted down by ``low``."""

    dim: int
    rank: int
    kind: type = np.float32
    low: float = 0.0
    population = "Gram matrices"

    @property
    def normals(self):
        return self.dim * self.rank

    def sample(self, rng, size):
        return self.from_normals(rng.standard_normal((size, self.normals)))

    def from_normals(self, z):
        factor = z.reshape(len(z), self.dim, self.rank).astype(self.kind)
        shift = (self.low * np.eye(self.dim)).astype(self.kind)
        return factor @ factor.transpose(0, 2, 1) - shift


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_splitting_takes_every_precision_and_judges_by_it(kind: type) -> None:
    """Singular matrices end with a bound; shifted ones of full rank agree with plain sampling."""
    rows = Splitting().rows(Coarse(3, 2, kind), np.random.default_rng(1), 2)
    assert (rows[:, 0] == -np.inf).all()
    law = Coarse(3, 6, kind, 1.0)
    plain = law.sample_minimum(np.random.default_rng(2), 40_000).mean()
    found = np.exp(Splitting().rows(law, np.random.default_rng(1), 16)[:, 0])
    assert abs(found.mean() - plain) < 4 * found.std(ddof=1) / 4 + 4 * math.sqrt(plain / 40_000)
