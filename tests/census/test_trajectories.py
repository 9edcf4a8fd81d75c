"""Critical points of networks from training runs; ends that are none are rejected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from critpoints.census.trajectories import NetworkCensus, search, trajectory_census
from critpoints.domains import Box, Domain, Euclidean, Sphere
from critpoints.landscapes.networks import Network
from critpoints.landscapes.training import Training, train
from critpoints.protocols import Landscape


class Tilted(Landscape):
    r""":math:`x^3/3 + \varepsilon x + y^2/2`: its gradient's norm has a minimum ε at 0, no zero.

    With ε < 0 there are two critical points, of index 0 and 1.
    """

    dim = 2

    def __init__(self, epsilon: float, where: Domain | None = None) -> None:
        self.epsilon, self.where = epsilon, where

    @property
    def domain(self) -> Domain:
        return self.where or Euclidean(2)

    def value(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0] ** 3 / 3 + self.epsilon * x[:, 0] + x[:, 1] ** 2 / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.stack([x[:, 0] ** 2 + self.epsilon, x[:, 1]], axis=1)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        found = np.zeros((len(x), 2, 2))
        found[:, 0, 0] = 2 * x[:, 0]
        found[:, 1, 1] = 1
        return found


STARTS = np.random.default_rng(1).uniform(0.2, 1.0, (30, 2))


def test_gradient_flat_ends_are_rejected() -> None:
    """The negative control: the norm of the gradient alone would accept them all."""
    found = search(Tilted(1e-7), STARTS, tolerance=1e-5)
    assert found.small.all()
    assert not found.accepted.any()
    assert np.allclose(found.gradient_norms, 1e-7, rtol=1e-3)
    alone = search(Tilted(1e-7), STARTS, tolerance=1e-5, flat=0)
    assert alone.accepted.all()
    large = search(Tilted(0.1), STARTS)
    assert not large.small.any()
    assert (large.flatness < 1e-3).all()


def test_memory_bounds_how_many_searches_run_together(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search(Tilted(-0.25), STARTS)
    monkeypatch.setattr("critpoints.census.trajectories._SCALE", 7)
    alike = search(Tilted(-0.25), STARTS)
    monkeypatch.setattr("critpoints.census.trajectories._BLOCK", 7 * 8 * 2**2)
    blocks = search(Tilted(-0.25), STARTS)
    assert np.array_equal(blocks.points, alike.points)
    assert np.array_equal(blocks.accepted, whole.accepted)
    network = Network(data="teacher", inputs=2, width=(5000,), samples=10)
    with pytest.raises(MemoryError, match=r"20001 parameters .* 9,600,960,024 bytes.* by hvp"):
        search(network, np.zeros((1, network.dim)))


def test_tails_are_rejected() -> None:
    """Where gradient and Hessian fade together no critical point is near."""

    class Tail(Tilted):
        def value(self, x: np.ndarray) -> np.ndarray:
            return np.exp(-x[:, 0]) + x[:, 1] ** 2 * np.exp(-x[:, 0])

        def gradient(self, x: np.ndarray) -> np.ndarray:
            fade = np.exp(-x[:, 0])
            return np.stack([-fade * (1 + x[:, 1] ** 2), 2 * fade * x[:, 1]], axis=1)

        def hessian(self, x: np.ndarray) -> np.ndarray:
            fade, y = np.exp(-x[:, 0]), x[:, 1]
            rows = [[fade * (1 + y**2), -2 * fade * y], [-2 * fade * y, 2 * fade]]
            return np.moveaxis(np.array(rows), 2, 0)

    found = search(Tail(0.0), STARTS)
    assert found.small.all()
    assert not found.accepted.any()


@pytest.mark.parametrize("method", ["newton-mr", "gradient-norm", "saddle-free"])
def test_each_method_finds_what_it_looks_for(method: str) -> None:
    found = search(Tilted(-0.25), STARTS, method=method, steps=2000)
    assert found.accepted.all()
    assert np.allclose(np.abs(found.points[:, 0]), 0.5, atol=1e-8)
    assert np.allclose(found.points[:, 1], 0, atol=1e-8)
    negative = (found.eigenvalues < 0).sum(axis=1)
    if method == "saddle-free":
        assert (negative == 0).all()
    left = search(Tilted(-0.25), STARTS * [-1, 1], method="newton-mr")
    assert (left.eigenvalues < 0).sum(axis=1).max() == 1


def test_points_that_are_not_isolated_are_found() -> None:
    """A valley: the Hessian is singular wherever the gradient vanishes."""

    class Valley(Tilted):
        def value(self, x: np.ndarray) -> np.ndarray:
            return (np.einsum("mi,mi->m", x, x) - 1) ** 2 / 4

        def gradient(self, x: np.ndarray) -> np.ndarray:
            return (np.einsum("mi,mi->m", x, x) - 1)[:, None] * x

        def hessian(self, x: np.ndarray) -> np.ndarray:
            bowl = (np.einsum("mi,mi->m", x, x) - 1)[:, None, None] * np.eye(2)
            return bowl + 2 * x[:, :, None] * x[:, None, :]

    found = search(Valley(0.0), 2 * STARTS)
    assert found.accepted.all()
    assert np.allclose(np.linalg.norm(found.points, axis=1), 1, atol=1e-10)
    assert np.abs(found.eigenvalues[:, 0]).max() < 1e-10


@pytest.fixture(scope="module")
def training() -> Training:
    network = Network(data="teacher", inputs=2, width=(3,), samples=40, decay=1e-3)
    return train(network, seeds=range(6), steps=400, rate=0.2, batch=10, records=8)


@pytest.fixture(scope="module")
def census(training: Training) -> NetworkCensus:
    return trajectory_census(training, np.random.default_rng(2), starts=48, noise=0.4)


def test_points_are_critical(training: Training, census: NetworkCensus) -> None:
    network = training.network
    assert census.network is network
    assert 5 < len(census) <= census.small <= census.starts == 48
    assert census.flat == census.small - len(census)
    assert 0 < census.stalled <= census.starts - census.small
    norms = np.linalg.norm(network.gradient(census.points), axis=1)
    assert norms.max() < 1e-8
    assert np.allclose(norms, census.gradient_norms, rtol=0, atol=1e-13)
    dense = np.linalg.eigvalsh(network.hessian(census.points))
    assert np.allclose(census.eigenvalues, dense, atol=1e-12)
    assert np.allclose(census.losses, network.value(census.points))
    assert np.allclose(census.test_errors, network.test_error(census.points))
    assert ((census.index > 0) & (census.losses > census.losses.min())).any()
    assert np.isin(census.steps, training.steps).all()


def test_zero_modes_are_not_in_the_index(census: NetworkCensus) -> None:
    total = census.index + census.zero_modes
    positive = (census.eigenvalues > census.zero).sum(axis=1)
    assert (total + positive == census.network.dim).all()
    assert (census.symmetric == 0).all()  # weight decay breaks them all


def test_records(census: NetworkCensus) -> None:
    records = census.records()
    assert len(records) == len(census)
    first = records[0]
    assert first["index_fraction"] == first["index"] / census.network.dim
    assert first["loss"] == census.losses[0]
    assert {type(v) for r in records for v in r.values()} == {int, float, str}
    assert first["method"] == "newton-mr"


def test_repeatable(training: Training, census: NetworkCensus) -> None:
    again = trajectory_census(training, np.random.default_rng(2), starts=48, noise=0.4)
    assert np.array_equal(again.points, census.points)


def test_symmetric_modes_of_classes_are_zero_modes() -> None:
    network = Network(data="breast_cancer", inputs=2, width=(1,), samples=200)
    runs = train(network, seeds=range(4), steps=100, records=4)
    found = trajectory_census(runs, np.random.default_rng(3), starts=16, noise=0.5)
    assert len(found) > 0
    assert (found.symmetric == 2).all()  # shifts of the softmax: by the unit, and the bias
    assert (found.zero_modes >= 2).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "newton"}, "did you mean newton-mr"),
        ({"tolerance": 0.0}, "tolerance must be"),
        ({"flat": 1.0}, "flat must be"),
        ({"steps": 0}, "steps must be"),
        ({"starts": np.zeros((3, 5))}, "starts must have shape"),
        ({"starts": np.full((3, 2), np.nan)}, "starts must be finite"),
    ],
)
def test_search_refuses(options: dict[str, Any], message: str) -> None:
    given = {"starts": STARTS} | options
    with pytest.raises(ValueError, match=message):
        search(Tilted(0.1), given.pop("starts"), **given)


def test_refuses_curved_domains_and_kinks(training: Training) -> None:
    with pytest.raises(ValueError, match="domain must be flat"):
        search(Tilted(0.1, Sphere(2)), STARTS)
    assert search(Tilted(-0.25, Box(2, -2, 2)), STARTS).accepted.all()
    network = Network(data="teacher", inputs=2, width=(3,), samples=40, activation="relu")
    kinked = Training(network, training.seeds, training.steps, training.points, training.losses)
    with pytest.raises(ValueError, match="relu has kinks"):
        trajectory_census(kinked, np.random.default_rng(0), starts=2)
