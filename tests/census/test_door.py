"""The one door: which method it takes, what it returns, and what it refuses."""

from dataclasses import dataclass

import numpy as np
import pytest

import critpoints.census
from critpoints.census import Census, census
from critpoints.census.cost import predicted_cells
from critpoints.domains import Box, Domain, Sphere, Torus
from critpoints.landscapes import (
    InvertedWells,
    MonkeySaddle,
    RayleighQuotient,
    StyblinskiTang,
    TorusPolynomial,
)
from critpoints.protocols import Landscape


@dataclass(frozen=True, eq=False)
class Wells(Landscape):
    """A user's own class: Σ x⁴/4 - x²/2, 3^d points of which 2^d are minima."""

    dim: int = 2
    fault: str = ""

    @property
    def domain(self):
        return Box(self.dim, -1.5, 1.7)

    def value(self, x):
        found = (x**4 / 4 - x**2 / 2).sum(axis=1)
        return {
            "value shape": found[:, None], "value nan": found * np.nan,
            "value complex": found + 0j, "value other": found * 1.01,
        }.get(self.fault, found)  # fmt: skip

    def gradient(self, x):
        found = x**3 - x
        return {
            "gradient shape": found.T, "gradient inf": found + np.inf,
            "gradient complex": found + 0j, "gradient sign": -found,
        }.get(self.fault, found)  # fmt: skip

    def hessian(self, x):
        found = (3 * x**2 - 1)[:, :, None] * np.eye(self.dim)
        skew = np.triu(np.ones((self.dim, self.dim)), 1)
        return {
            "hessian shape": found[:, 0], "hessian nan": found * np.nan,
            "hessian skew": found + skew, "hessian other": found + np.eye(self.dim),
        }.get(self.fault, found)  # fmt: skip


class NoHessian(Wells):
    hessian = Landscape.hessian


class Flat(Domain):
    """A user's own domain that has no volume."""

    volume, euler = 0.0, None

    def sample(self, rng, size):
        return np.zeros((size, self.dim))


@dataclass(frozen=True, eq=False)
class Elsewhere(Wells):
    on: object = None

    @property
    def domain(self):
        return self.on


def test_a_class_of_ones_own():
    found = census(Wells())
    assert isinstance(found, Census)
    assert found.method == "multistart"
    assert found.counts.tolist() == [4, 4, 1]
    assert found.audit
    assert set(np.round(found.points, 9).ravel()) == {-1.0, 0.0, 1.0}


def test_auto_proves_what_it_can():
    proven = census(InvertedWells(2))
    assert proven.method == "subdivision"
    assert proven.complete
    assert proven.certified.all()
    assert proven.counts.tolist() == [1, 4, 4]
    searched = census(InvertedWells(2), max_cells=10)
    assert searched.method == "multistart"
    assert searched.counts.tolist() == [1, 4, 4]
    assert census(RayleighQuotient(3)).method == "multistart"


def test_a_proof_that_was_begun_says_what_it_left_undecided():
    monkey = census(MonkeySaddle(2))
    assert monkey.method == "multistart"
    proven = census(MonkeySaddle(2), method="subdivision")
    assert 0 < monkey.undecided == proven.undecided
    assert 0 < monkey.undecided_volume == proven.undecided_volume < 1
    assert not monkey.complete
    searched = census(MonkeySaddle(2), method="multistart")
    assert (searched.undecided, searched.undecided_volume) == (0, 0.0)


def test_a_method_that_is_asked_for_is_taken():
    for method in ("subdivision", "multistart"):
        found = census(StyblinskiTang(2), method=method)
        assert found.method == method
        assert found.counts.tolist() == [4, 4, 1]
        assert found.audit
    with pytest.raises(ValueError, match="box or a torus"):
        census(RayleighQuotient(3), method="subdivision")
    with pytest.raises(ValueError, match="no third_bound"):
        census(Wells(), method="subdivision")


def test_the_cost_is_predicted_to_an_order_of_magnitude():
    """Cells examined, from the budgets that do and do not suffice."""
    landscape = TorusPolynomial(2, 4).sample(np.random.default_rng(0))
    predicted = predicted_cells(landscape)
    assert not census(landscape, method="subdivision", max_cells=int(predicted / 20)).complete
    assert census(landscape, method="subdivision", max_cells=int(predicted * 20)).complete
    assert predicted_cells(TorusPolynomial(2, 8).sample(np.random.default_rng(0))) > 2 * predicted
    assert predicted_cells(Wells()) == np.inf
    assert predicted_cells(RayleighQuotient(3)) == np.inf


def test_seed_and_starts_reach_the_search():
    landscape = RayleighQuotient(5)
    few = census(landscape, starts=8, seed=1)
    assert few.starts == 8
    assert np.array_equal(few.points, census(landscape, starts=8, seed=1).points)
    assert not few.audit or len(few) % 2 == 0


def test_records_say_it_point_by_point():
    found = census(InvertedWells(1))
    records = found.records()
    assert [r["index"] for r in records] == found.index.tolist() == [0, 1, 1]
    assert [r["point"] for r in records] == [0, 1, 2]
    assert records[0]["x"] == pytest.approx([0.0], abs=1e-15)
    assert records[0]["eigenvalues"] == pytest.approx([1.0])
    assert records[0]["certified"] is True


def test_public_face():
    assert set(critpoints.census.__all__) == {"Census", "census"}


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("value shape", ValueError, "value of .* must have shape"),
        ("value nan", ValueError, "value must be finite"),
        ("value complex", TypeError, "value must return real numbers"),
        ("value other", ValueError, "gradient is not the derivative of value"),
        ("gradient shape", ValueError, "gradient of .* must have shape"),
        ("gradient inf", ValueError, "gradient must be finite"),
        ("gradient complex", TypeError, "gradient must return real numbers"),
        ("gradient sign", ValueError, "gradient is not the derivative of value"),
        ("hessian shape", ValueError, "hessian of .* must have shape"),
        ("hessian nan", ValueError, "hessian must be finite"),
        ("hessian skew", ValueError, "hessian is not symmetric"),
        ("hessian other", ValueError, "hessian is not the derivative of gradient"),
    ],
)
def test_a_landscape_that_contradicts_itself(fault, error, says):
    with pytest.raises(error, match=says):
        census(Wells(fault=fault))


def test_what_is_no_landscape():
    with pytest.raises(TypeError, match="law of a random function"):
        census(TorusPolynomial(2))
    with pytest.raises(TypeError, match="must be a Landscape"):
        census(lambda x: x)
    with pytest.raises(TypeError, match="must have a hessian or hvp"):
        census(NoHessian())


@pytest.mark.parametrize(
    ("on", "error", "says"),
    [
        (None, TypeError, "must live on a Domain"),
        (Torus(3), ValueError, "dim must be that of the domain, 3, got 2"),
        (Flat(2), ValueError, "positive volume"),
    ],
)
def test_domains_that_do_not_fit(on, error, says):
    with pytest.raises(error, match=says):
        census(Elsewhere(on=on))
    with pytest.raises(ValueError, match="high must be above low"):
        Box(2, 1.0, 1.0)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"method": "newton"}, ValueError, "unknown method"),
        ({"method": 3}, TypeError, "method must be"),
        ({"starts": 0}, ValueError, "starts must be"),
        ({"starts": -1}, ValueError, "starts must be"),
        ({"starts": 2.5}, TypeError, "starts must be"),
        ({"max_cells": -1}, ValueError, "max_cells must be"),
        ({"seed": -1}, ValueError, "seed must be"),
        ({"seed": None}, TypeError, "seed must be"),
        ({"audit": "yes"}, TypeError, "audit must be"),
    ],
)
def test_bad_arguments(change, error, says):
    with pytest.raises(error, match=says):
        census(Wells(), **change)


def test_a_sphere_of_ones_own_is_checked_on_its_tangent_space():
    @dataclass(frozen=True, eq=False)
    class Height(Landscape):
        """x₀ on the sphere, whose gradient is e₀ - x₀ x and whose Hessian is -x₀ P."""

        dim: int = 2
        ambient_gradient: bool = False

        @property
        def domain(self):
            return Sphere(self.dim)

        def value(self, x):
            return x[:, 0]

        def gradient(self, x):
            whole = np.zeros_like(x)
            whole[:, 0] = 1.0
            return whole if self.ambient_gradient else self.domain.tangent(x, whole)

        def hvp(self, x, v):
            return -x[:, :1] * self.domain.tangent(x, v)

    found = census(Height())
    assert found.counts.tolist() == [1, 0, 1]
    assert found.audit
    assert found.points == pytest.approx(np.array([[-1.0, 0, 0], [1.0, 0, 0]]), abs=1e-12)
    with pytest.raises(ValueError, match="not tangent"):
        census(Height(ambient_gradient=True))


def test_a_sphere_whose_volume_underflows():
    sphere = Sphere(1000)
    assert sphere.volume == 0.0
    assert Sphere(2).volume == pytest.approx(4 * np.pi)
    assert Torus(2000).volume == np.inf
    found = census(RayleighQuotient(500), starts=1)
    assert found.starts == 1
