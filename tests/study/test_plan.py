"""Which method is chosen, and that the choice is a pure function of what is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

from critpoints import Ensemble, minima_fraction, sweep
from critpoints.ensembles import (
    ConfinedField,
    GaussianEnsemble,
    IsotropicField,
    Wigner,
    Wishart,
)
from critpoints.errors import UnreliableEstimateError
from critpoints.estimators import Grown
from critpoints.study.objects import build
from critpoints.study.plan import CROWD, METHODS, _named, plan


def chosen(ensemble: Ensemble, rel_error: float | None = 0.1) -> str:
    return plan(ensemble, "minima", "auto", rel_error).estimator.method


def test_counting_where_it_is_cheap_and_filters_where_minima_are_rare() -> None:
    assert [chosen(GaussianEnsemble(d)) for d in (1, 4, 8, 40)] == ["sieve", "sieve"] + 2 * [
        "grown"
    ]
    assert [chosen(IsotropicField(d)) for d in (2, 10, 30)] == ["identity", "identity", "tilted"]
    assert chosen(Wishart(30)) == "plain"


def test_a_number_of_samples_is_a_number_of_samples() -> None:
    assert chosen(GaussianEnsemble(20), None) == "sieve"
    row = sweep(["goe"], [20], samples=1000).iloc[0]
    assert (row["method"], row["samples"], row["status"]) == ("sieve", 1000, "bound")


def test_the_reason_is_part_of_the_record_and_the_choice_repeats() -> None:
    first, again = (sweep(["goe", "isotropic"], [2, 12], rel_error=0.1) for _ in range(2))
    assert first.equals(again)
    assert (
        first["why"].str.contains("counting needs|predicted work|only (?:grown|tilted) fits").all()
    )
    assert (first["z"].abs() < 4).all()
    asked = sweep(["goe"], [2], rel_error=0.1, method="grown").iloc[0]
    assert (asked["method"], asked["why"]) == ("grown", "asked for")


def test_sixty_dimensions_without_choosing_anything() -> None:
    found = minima_fraction("goe", 60)
    assert found.method == "grown"
    assert found.log10_value == pytest.approx(-439.492418, abs=0.03)


def test_gaussian_entries_are_the_goe_in_any_dimension() -> None:
    found = minima_fraction("wigner", 60)
    assert found.method == "grown"
    assert found.log10_value == pytest.approx(-439.492418, abs=0.03)


@pytest.mark.parametrize("ref", ["wigner:entries=uniform", "network:energy=1"])
def test_no_pilot_is_started_that_would_not_end(ref: str) -> None:
    found = plan(build("ensemble", ref, 60), "minima", "auto", 0.1)
    assert found.estimator.method in ("plain", "sieve")
    assert "too dear" in found.why
    assert "splitting (" in found.why


@pytest.mark.parametrize(
    "ref", ["goe", "isotropic", "goi", "spin-glass", "wigner", "wigner:entries=uniform", "network"]
)
def test_a_choice_is_cheap(ref: str) -> None:
    if ref == "network":
        ref = "network:energy=1"
    spent = []
    for dim in (4, 12, 18, 40, 60):
        start = time.process_time()
        plan(build("ensemble", ref, dim), "minima", "auto", 0.1, 60.0)
        spent.append(time.process_time() - start)
    assert sum(spent) < 5 * 0.5


def test_the_time_allowed_decides_what_is_too_dear() -> None:
    law = build("ensemble", "network:energy=1", 12)
    assert plan(law, "minima", "auto", 0.1, 600.0).estimator.method == "splitting"
    found = plan(law, "minima", "auto", 0.1, 1.0)
    assert found.estimator.method != "splitting"
    assert "too dear: splitting" in found.why


def test_planning_is_seen() -> None:
    seen: list[tuple[int, int, int]] = []
    sweep(["goe"], [2, 3], samples=100, planning=lambda k, n, e: seen.append((k, n, e.dim)))
    assert seen == [(0, 2, 2), (1, 2, 3)]


@dataclass(frozen=True)
class Never(Ensemble):
    """Negative definite: no method can see a minimum, and none fits."""

    dim: int
    name, version = "never", 1

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return -np.broadcast_to(np.eye(self.dim), (size, self.dim, self.dim)).copy()


def test_what_cannot_be_compared_is_counted() -> None:
    found = plan(Never(3), "minima", "auto", 0.1)
    assert found.estimator.method == "plain"
    assert "0 hits" in found.why


@pytest.mark.parametrize(
    ("ensemble", "event", "method", "message"),
    [
        (GaussianEnsemble(3), "minima", "grwon", "did you mean grown"),
        (GaussianEnsemble(3), "index", "grown", "does not estimate 'index'"),
        (IsotropicField(3), "minima", "grown", "use identity, determinant or tilted"),
        (GaussianEnsemble(3), "minima", "tilted", "spectrum identity"),
        (Wishart(3), "minima", "grown", "needs an ensemble with its own sample_row"),
        (Never(3), "minima", "splitting", "needs an ensemble with its own from_normals"),
        (Wigner(3), "minima", "identity", "use plain or sieve"),
    ],
)
def test_a_method_that_does_not_fit_is_refused(
    ensemble: Ensemble, event: str, method: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        plan(ensemble, event, method)


def test_every_method_has_a_law_that_it_fits() -> None:
    fits = {
        method
        for method in METHODS[1:]
        for ensemble in (GaussianEnsemble(4), IsotropicField(4))
        for event in ("minima", "index")
        if _accepts(ensemble, event, method)
    }
    assert fits == set(METHODS[1:])


def _accepts(ensemble: Ensemble, event: str, method: str) -> bool:
    try:
        return plan(ensemble, event, method).estimator.method == method
    except ValueError:
        return False


UNIFORM = {6: 1.28555e-6, 8: 1.8831e-11}
"""P(M > 0) of Wigner matrices with uniform entries, by an independent particle filter."""


@pytest.mark.parametrize("dim", UNIFORM)
def test_auto_does_not_stay_with_a_filter_that_must_refuse(dim: int) -> None:
    found = minima_fraction("wigner:entries=uniform", dim, rel_error=0.1, seconds=60)
    assert found.status == "ok"
    assert abs(found.log_value - np.log(UNIFORM[dim])) < 2 * (found.log_high - found.log_low)


def advised(refused: UnreliableEstimateError) -> str:
    """The method that a refusal names."""
    return str(refused).rpartition("method '")[2].rstrip("'")


@pytest.mark.parametrize(
    ("ensemble", "method", "samples"),
    [
        (Wigner(8, "uniform"), "grown", 64),
        (Wigner(10, "uniform"), "grown", 16),
        (GaussianEnsemble(30), "grown:particles=2048,twist=none", 8),
        (GaussianEnsemble(4), "splitting:chains=8,refresh=0.02", 8),
        (IsotropicField(20), "identity", 20_000),
        (ConfinedField(8, 2.5), "identity", 20_000),
    ],
    ids=repr,
)
def test_the_advice_of_a_refusal_gives_an_accepted_estimate(
    ensemble: Ensemble, method: str, samples: int
) -> None:
    with pytest.raises(UnreliableEstimateError) as refused:
        minima_fraction(ensemble, samples=samples, method=method)
    advice = advised(refused.value)
    enough = 20_000 if advice == "determinant" else 16
    found = minima_fraction(ensemble, samples=enough, method=advice)
    assert found.status == "ok"
    assert found.doubt is None
    assert refused.value.estimate.doubt == str(refused.value)


def test_the_lighter_weights_are_taken() -> None:
    def route(mass: float, dim: int, event: str) -> str:
        return plan(ConfinedField(dim, mass), event).estimator.method

    for event in ("minima", "index"):
        assert [route(m, 8, event) for m in (0.5, 1.0, 2.0, 3.0)] == 2 * ["identity"] + 2 * [
            "determinant"
        ]
    table = sweep(["confined:mass=2"], [8], event="index", samples=2**16)
    trusted = table[table["status"] == "ok"]
    assert set(trusted["index"]) >= {0, 1}
    assert (trusted["z"].abs() < 4).all()
    assert table.loc[table["index"] == 3, "status"].item() != "ok"
    assert table.loc[table["status"] == "unreliable", "doubt"].notna().all()


def test_settings_of_methods() -> None:
    chosen_method = plan(GaussianEnsemble(4), "minima", "grown:particles=64").estimator
    assert chosen_method == Grown(particles=64)
    for method, message in (
        ("grown:particle=64", "did you mean particles"),
        ("grown:event=minima", "has no key 'event'"),
        ("grown:particles=many", "particles"),
        ("plain:particles=64", "method 'plain' has no settings"),
    ):
        with pytest.raises(ValueError, match=message):
            plan(GaussianEnsemble(4), "minima", method)


def test_two_filters_are_told_apart_by_their_particles() -> None:
    assert _named(Grown()) == "grown"
    assert _named(Grown(particles=CROWD)) == f"grown with {CROWD} particles"
