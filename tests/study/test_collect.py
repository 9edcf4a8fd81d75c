"""A result is a function of (spec, rule): not of workers, backends, order or the store's state."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

import critpoints.study.workers as module
from critpoints.ensembles import (
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    ShiftedGaussian,
    Wigner,
)
from critpoints.errors import StoreError
from critpoints.estimators import Proportion, Weighted
from critpoints.protocols import Ensemble
from critpoints.rule import Rule
from critpoints.study.collect import Outcome, collect
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.study.sweep import minima_fraction
from critpoints.tally import Counts

SPECS = [
    Spec(GaussianEnsemble(3), Proportion("minima"), seed=5, batch=256),
    Spec(Wigner(2, "uniform"), Proportion("minima", "dense"), seed=5, batch=64),
    Spec(IndependentAxes(4), Proportion("index"), seed=5, batch=128),
    Spec(IsotropicField(3), Weighted("index"), seed=5, batch=64),
]
RULE = Rule(0.1, None, None)
FIXED = Rule(None, 3001, None)
POOLED = [(2, "loky"), (2, "threading"), (3, "threading")]


def answers(outcomes: list[Outcome]) -> list[object]:
    return [outcome.estimates for outcome in outcomes]


@pytest.fixture(scope="module")
def alone() -> dict[Rule, list[object]]:
    return {rule: answers(collect(SPECS, rule)) for rule in (RULE, FIXED)}


@pytest.mark.parametrize("rule", [RULE, FIXED])
@pytest.mark.parametrize(("jobs", "backend"), POOLED)
def test_workers_do_not_matter(
    alone: dict[Rule, list[object]],
    rule: Rule,
    jobs: int,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)  # start the pool however little there is
    assert answers(collect(SPECS, rule, jobs=jobs, backend=backend)) == alone[rule]


@pytest.mark.parametrize("rule", [RULE, FIXED])
def test_the_order_of_rows_does_not_matter(alone: dict[Rule, list[object]], rule: Rule) -> None:
    assert answers(collect(SPECS[::-1], rule))[::-1] == alone[rule]
    assert [answers(collect([spec], rule))[0] for spec in SPECS] == alone[rule]


@pytest.mark.parametrize("rule", [RULE, FIXED])
def test_batches_in_any_order_and_resumed(alone: dict[Rule, list[object]], rule: Rule) -> None:
    with Store() as store:
        for spec in SPECS:
            for number in (4, 1, 0, 2):  # a hole at 3
                store.put(spec, [(number, spec.run(number), 0.0)])
        assert answers(collect(SPECS, rule, store=store)) == alone[rule]
        assert answers(collect(SPECS, rule, store=store)) == alone[rule]


@pytest.mark.parametrize("rule", [RULE, FIXED])
def test_extending_gives_what_running_at_once_gives(
    alone: dict[Rule, list[object]], rule: Rule, tmp_path: Path
) -> None:
    for samples in (100, 700, 2000):
        with Store(tmp_path / "s") as store:
            collect(SPECS, Rule(None, samples, None), store=store)
    with Store(tmp_path / "s") as store:
        assert answers(collect(SPECS, rule, store=store)) == alone[rule]


@pytest.mark.parametrize("rule", [RULE, FIXED])
def test_a_store_with_more_than_needed_changes_nothing(
    alone: dict[Rule, list[object]], rule: Rule
) -> None:
    with Store() as store:
        collect(SPECS, Rule(None, 60_000, None), store=store)
        before = [len(store.prefix(spec)) for spec in SPECS]
        assert answers(collect(SPECS, rule, store=store)) == alone[rule]
        assert [len(store.prefix(spec)) for spec in SPECS] == before


def test_fixed_samples_are_exactly_those(alone: dict[Rule, list[object]]) -> None:
    assert {e.samples for row in alone[FIXED] for e in row} == {3001}
    assert {e.status for row in alone[FIXED] for e in row} <= {"ok", "bound", "unreliable"}


def test_another_seed_another_answer(alone: dict[Rule, list[object]]) -> None:
    """The control of all equalities above."""
    others = [Spec(s.source, s.estimator, 6, s.batch) for s in SPECS]
    found = answers(collect(others, FIXED))
    assert all(a != b for a, b in zip(found, alone[FIXED], strict=True))


def test_numbers_of_any_type_are_one_identity() -> None:
    for same in (
        Spec(GaussianEnsemble(np.int64(3), 1), Proportion("minima"), np.int64(5), np.int32(256)),
        Spec(GaussianEnsemble(3, np.float32(1)), Proportion("minima"), 5, 256),
    ):
        assert same.digest == SPECS[0].digest
    assert (
        Spec(ShiftedGaussian(2, 1), Proportion()).digest
        == Spec(ShiftedGaussian(2, 1.0), Proportion()).digest
    )


def test_digests_differ_where_the_data_do() -> None:
    base = SPECS[0]
    varied = [
        Spec(GaussianEnsemble(4), base.estimator, 5, 256),
        Spec(GaussianEnsemble(3, 2), base.estimator, 5, 256),
        Spec(base.source, Proportion("index"), 5, 256),
        Spec(base.source, Proportion("minima", "dense"), 5, 256),
        Spec(base.source, base.estimator, 6, 256),
        Spec(base.source, base.estimator, 5, 128),
        Spec(IsotropicField(3, "fixed"), base.estimator, 5, 256),
    ]
    assert len({spec.digest for spec in [base, *varied]}) == 8


@dataclass(frozen=True)
class Anonymous(Ensemble):
    dim: int
    shape: object = math.cos  # a function: known by its name, not by its address

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return rng.standard_normal((size, self.dim, 1)) * np.eye(self.dim)


@dataclass(frozen=True)
class Named(Anonymous):
    name, version = "named", 1


class Loose(Ensemble):
    """A name and a version, but fields that nobody knows."""

    name, version = "loose", 1

    def __init__(self, dim: int, scale: float) -> None:
        self.dim, self.scale = dim, scale

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return np.full((size, 1, 1), self.scale)


@pytest.mark.parametrize("ensemble", [Anonymous(2), Named(2), Loose(1, 1.0), Loose(1, -1.0)])
def test_without_an_identity_nothing_is_stored(ensemble: Ensemble) -> None:
    spec = Spec(ensemble, Proportion("minima", "dense"), batch=64)
    assert not spec.storable
    with Store() as store:
        (outcome,) = collect([spec], FIXED, store=store)
        assert store.prefix(spec) == []
    assert outcome.estimates[0].samples == 3001
    assert Spec(Named(2, (1, 2.5)), Proportion("minima", "dense")).storable
    assert " at 0x" not in str(spec.identity())


def test_a_function_as_a_field_gives_the_same_in_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)

    def outcome(jobs: int) -> list[object]:
        spec = Spec(Anonymous(2), Proportion("minima", "dense"), batch=64)
        return answers(collect([spec], FIXED, jobs=jobs))

    assert outcome(1) == outcome(2)


def test_time_ends_a_run_as_incomplete() -> None:
    start = time.monotonic()
    specs = [Spec(GaussianEnsemble(d), Proportion("minima"), batch=256) for d in (2, 12)]
    easy, rare = collect(specs, Rule(0.05, None, 0.5))
    assert time.monotonic() - start < 5
    assert easy.estimates[0].status == "ok"
    assert rare.estimates[0].status == "incomplete"
    assert rare.estimates[0].samples >= 256
    assert rare.estimates[0].high > 0


def test_a_cap_on_samples_below_the_precision_is_incomplete() -> None:
    (outcome,) = collect(SPECS[:1], Rule(0.01, 1000, None))
    assert outcome.estimates[0].status == "incomplete"
    assert outcome.estimates[0].samples == 1000


@dataclass(frozen=True)
class Threads(Ensemble):
    """Positive where BLAS has one thread, negative where it has more."""

    dim: int

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        pools = threadpoolctl.threadpool_info()
        blas = [pool["num_threads"] for pool in pools if pool["user_api"] == "blas"]
        return np.full((size, 1, 1), 1.0 if blas and max(blas) == 1 else -1.0)


@pytest.mark.parametrize(("jobs", "backend"), [(1, "loky"), *POOLED])
def test_blas_has_one_thread_inside_a_batch_and_its_own_after(
    jobs: int, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        control = Threads(1).sample(np.random.default_rng(0), 1)
        spec = Spec(Threads(1), Proportion("minima", "dense"), batch=4)
        (outcome,) = collect([spec], Rule(None, 64, None), jobs=jobs, backend=backend)
        after = Threads(1).sample(np.random.default_rng(0), 1)
    assert outcome.estimates[0].value == 1.0
    assert control == after == -1.0


def test_an_interrupt_leaves_what_was_stored(tmp_path: Path) -> None:
    calls = []

    def interrupt(*_: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt

    spec = SPECS[0]
    with Store(tmp_path / "s") as store, pytest.raises(KeyboardInterrupt):
        collect([spec], RULE, store=store, progress=interrupt)
    with Store(tmp_path / "s") as store:
        kept = store.prefix(spec)
        assert len(kept) >= 3
        assert all(t.agrees(spec.run(k)) for k, t in enumerate(kept))
        assert answers(collect([spec], RULE, store=store)) == answers(collect([spec], RULE))


def test_an_error_in_a_worker_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)

    class Broken(Anonymous):
        def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
            raise ZeroDivisionError("mine")

    spec = Spec(Broken(2), Proportion("minima", "dense"), batch=4)
    for jobs, backend in [(1, "loky"), (2, "threading")]:
        with pytest.raises(ZeroDivisionError, match="mine"):
            collect([spec], FIXED, jobs=jobs, backend=backend)


def test_nothing_to_do() -> None:
    assert collect([], RULE) == []


def test_a_subclass_is_not_served_the_batches_of_its_parent(tmp_path):
    class Certain(GaussianEnsemble):
        def sample_minimum(self, rng, size):
            return np.ones(size, dtype=np.bool_)

    file = tmp_path / "store.sqlite"
    options = {"samples": 1000, "store": file}
    assert minima_fraction(GaussianEnsemble(3), **options).value < 0.1
    assert minima_fraction(Certain(3), **options).value == 1


def test_a_recorded_batch_that_is_not_the_recomputed_one_is_refused(tmp_path):
    spec = Spec(GaussianEnsemble(6), Proportion("minima"))
    with Store(tmp_path / "store.sqlite") as store:
        store.put(spec, [(0, Counts([spec.batch - 500, 500]), 0.0)])
        with pytest.raises(StoreError, match="another result"):
            collect([spec], Rule(0.1, None, None), store=store)


SCRIPT = """
from dataclasses import dataclass
import numpy as np
from critpoints import Ensemble, sweep
from critpoints.estimators import Proportion
from critpoints.study.replay import recompute
from critpoints.study.spec import Spec

@dataclass(frozen=True)
class Mine(Ensemble):
    dim: int
    name, version = "mine", 1
    def sample(self, rng, size):
        return rng.standard_normal((size, 1, 1)) * np.eye(self.dim)

if __name__ == "__main__":
    table = sweep([Mine(2)], [2], samples=1000, store="store")
    print(table[["object", "digest", "hits"]].to_string(index=False, header=False))
    here, there = ([t for _, t, _ in recompute(Spec(Mine(2), Proportion()), [0, 1], jobs)]
                   for jobs in (1, 2))
    assert all(a.agrees(b) for a, b in zip(here, there, strict=True))
"""


def test_a_class_is_the_same_whether_its_file_is_run_or_imported(tmp_path: Path) -> None:
    """Also in workers, whose own main module is another."""
    (tmp_path / "law_run.py").write_text(SCRIPT)
    again = "import law_run; from critpoints import sweep; " + (
        "t = sweep(['law_run:Mine'], [2], samples=1000); "
        "print(t[['object', 'digest', 'hits']].to_string(index=False, header=False))"
    )
    said = [
        subprocess.run(
            [sys.executable, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout
        for words in (["law_run.py"], ["-m", "law_run"], ["-c", again])
    ]
    assert said[0].split()[0] == "law_run:Mine"
    assert len(set(said)) == 1


def test_a_spec_takes_its_address_with_it() -> None:
    """A worker could not work it out for a class of the script that is run."""
    there = pickle.loads(pickle.dumps(SPECS[0]))  # noqa: S301 - our own
    assert there == SPECS[0]
    assert {"digest", "address"} <= set(vars(there))
