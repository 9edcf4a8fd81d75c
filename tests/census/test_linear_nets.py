"""The census of linear networks finds the critical values and indices that are known, no other."""

from __future__ import annotations

import numpy as np
import pytest

from critpoints.census.spectrum import large_index
from critpoints.census.trajectories import Found, search, trajectory_census
from critpoints.landscapes.data import DataSet
from critpoints.landscapes.known import Autoencoder, DeepLinear
from critpoints.landscapes.networks import Network
from critpoints.landscapes.training import train

Net = Autoencoder | DeepLinear
ZERO = 1e-6  # of the typical Hessian


def ends(net: Net, starts: int = 400, size: float = 0.8, steps: int = 300) -> Found:
    rng = np.random.default_rng(0)
    return search(net, size * rng.standard_normal((starts, net.dim)), steps=steps)


def seen(net: Net, found: Found) -> set[tuple[float, int, int]]:
    """Value, index and zero modes of what was accepted."""
    values = net.value(found.points).round(6)
    zero = ZERO * found.typical
    index = (found.eigenvalues < -zero).sum(axis=1)
    modes = (np.abs(found.eigenvalues) <= zero).sum(axis=1)
    rows = np.column_stack([values, index, modes])[found.accepted].tolist()
    return {(value, int(k), int(m)) for value, k, m in rows}


def wanted(net: Net) -> set[tuple[float, int, int]]:
    known = net.known()
    rows = zip(known.values.round(6).tolist(), known.index, known.nullity, strict=True)
    return {(value, int(k), int(m)) for value, k, m in rows}


@pytest.mark.parametrize(
    "net",
    [
        Autoencoder.of_size(4, 2),
        Autoencoder.of_size(3, 1, (5.0, 1.0, 0.2)),
        DeepLinear.of_size(3, 2, 2, (3.0, 2.0, 1.0)),
    ],
    ids=str,
)
def test_two_layers(net: Net) -> None:
    found = ends(net)
    assert found.accepted.all()
    assert seen(net, found) == wanted(net)
    early = ends(net, steps=2)  # control: what has not arrived is not among them
    assert not early.accepted.any()
    other = net.value(early.points).round(6)
    assert not set(other.tolist()) & {value for value, _, _ in wanted(net)}


@pytest.mark.parametrize("n", [2, 3])
def test_three_layers_of_one_unit(n: int) -> None:
    r"""Where the product vanishes the index depends on the point: with the middle weight z alone
    the Hessian is :math:`-z\,\mathrm{tr}(Y\,dW_3\,dW_1)`, of index n; with z = 0 it is of rank 2
    and index 1; where all vanish it is 0 and the point rejected, as a tail would be.
    """
    net = DeepLinear.of_size(n, 1, 3)
    found = ends(net)
    points, index = found.points[found.accepted], index_of(found)
    values = net.value(points).round(6)
    highest = float((net.targets**2).sum() / 2)
    free, turning = values == highest, np.abs(points[:, n]) > 1e-3
    fitted = {(value, k) for value, k, _ in wanted(net) if value < highest}
    assert set(zip(values[~free].tolist(), index[~free].tolist(), strict=True)) == fitted
    assert set(index[free & turning].tolist()) == {n}
    assert set(index[free & ~turning].tolist()) == {1}
    start = np.random.default_rng(1).standard_normal((8, net.dim))
    start[0] *= 1e-6
    assert search(net, start).accepted.tolist()[0] is False


def test_deeper_networks() -> None:
    """Index as known where all hidden units are in use; elsewhere it is a least one."""
    net = DeepLinear.of_size(2, 2, 3)
    found = ends(net)
    least = {value: k for value, k, _ in wanted(net)}
    values, index = net.value(found.points[found.accepted]).round(6), index_of(found)
    assert set(values.tolist()) == set(least)
    bound = np.array([least[v] for v in values.tolist()])
    assert (index >= bound).all()
    assert (index[values == 0] == 0).all()
    assert (index > bound).any()  # points that are not balanced


def test_index_by_products_alone() -> None:
    """Lanczos at points whose index and zero modes are known, and against the dense index."""
    net = Autoencoder.of_size(7, 3)
    known = net.known()
    dense = np.linalg.eigvalsh(net.hessian(known.points))
    zero = ZERO * float(np.abs(dense).max())
    some = np.random.default_rng(0).permutation(len(known))[:24]
    found = [large_index(net, x, zero) for x in known.points[some]]
    assert found == known.index[some].tolist() == (dense[some] < -zero).sum(axis=1).tolist()
    assert known.nullity[some].min() >= 0 < known.nullity[some].max()


def index_of(found: Found) -> np.ndarray:
    return (found.eigenvalues[found.accepted] < -ZERO * found.typical).sum(axis=1)


def test_a_network_of_linear_units() -> None:
    """By JAX, with biases, from training runs; inputs ±e_i, so that biases vanish."""
    n, spectrum = 3, (3.0, 2.0, 1.0)
    inputs, targets = np.vstack([np.eye(n), -np.eye(n)]), np.diag(spectrum)
    targets = np.vstack([targets, -targets])
    data = DataSet(inputs, targets, inputs, targets, False)
    network = Network(data=data, width=(2,), activation="linear")
    runs = train(network, "momentum", seeds=range(6), steps=200, rate=0.05, records=20)
    rng = np.random.default_rng(0)
    found = trajectory_census(runs, rng, starts=300, noise=0.5, zero=ZERO)
    assert len(found) == found.small == found.starts
    rows = zip((n * found.losses).round(6).tolist(), found.index.tolist(), strict=True)
    assert set(rows) == {(v, k) for v, k, _ in wanted(DeepLinear.of_size(n, 2, 2, spectrum))}
    assert np.array_equal(found.zero_modes, found.symmetric)
    assert found.symmetric.min() > 0
