"""Losses of networks against plain numpy, their data, symmetries and training."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits

from critpoints import refs
from critpoints.landscapes.data import DataSet, load
from critpoints.landscapes.known import DeepLinear
from critpoints.landscapes.networks import Network
from critpoints.landscapes.symmetries import directions, slices
from critpoints.landscapes.training import train
from tests.conformance.landscapes import check_landscape

REGRESSION = Network(data="teacher", inputs=3, width=(4,), samples=40, decay=1e-2)
CLASSES = Network(data="digits", width=(3, 3), samples=60, activation="softplus")


def forward(network: Network, x: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """An independent network of two kinds of activation, one point."""
    phi = {"tanh": np.tanh, "softplus": lambda u: np.log(1 + np.exp(u)), "linear": lambda u: u}
    at, layer = 0, inputs
    for depth, (rows, columns) in enumerate(zip(network.layers, network.layers[1:], strict=False)):
        weights = x[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
        layer = (phi[network.activation](layer) if depth else layer) @ weights
        layer = layer + x[at : at + columns]
        at += columns
    assert at == network.dim == len(x)
    return layer


def point(network: Network, size: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return network.initial(rng, size) + 0.3 * rng.standard_normal((size, network.dim))


def test_squared_loss() -> None:
    network, x = REGRESSION, point(REGRESSION, 3)
    data = network.set
    for held, found in ((False, network.value(x)), (True, network.test_loss(x))):
        inputs, targets = (
            (data.test_inputs, data.test_targets) if held else (data.inputs, data.targets)
        )
        out = [forward(network, row, inputs) for row in x]
        expected = [0.5 * ((o - targets) ** 2).sum(axis=1).mean() for o in out]
        expected += np.zeros(3) if held else 0.5 * 1e-2 * (x**2).sum(axis=1)
        assert np.allclose(found, expected, rtol=1e-13)
    residual = [((forward(network, r, data.test_inputs) - data.test_targets) ** 2) for r in x]
    share = [r.mean() / data.test_targets.var() for r in residual]
    assert np.allclose(network.test_error(x), share, rtol=1e-12)


def test_cross_entropy() -> None:
    network, x = CLASSES, point(CLASSES, 2)
    data = network.set
    for inputs, targets, found in (
        (data.inputs, data.targets, network.value(x)),
        (data.test_inputs, data.test_targets, network.test_loss(x)),
    ):
        out = np.array([forward(network, row, inputs) for row in x])
        chance = np.exp(out) / np.exp(out).sum(axis=2, keepdims=True)
        assert np.allclose(found, -np.log((chance * targets).sum(axis=2)).mean(axis=1), rtol=1e-12)
    wrong = out.argmax(axis=2) != targets.argmax(axis=1)
    assert np.allclose(network.test_error(x), wrong.mean(axis=1))


def test_protocol_and_derivatives() -> None:
    def made(dim: int) -> Network:
        return Network(dim, "teacher", inputs=2, width=(3,), samples=20, decay=1e-2)

    check_landscape(made, dims=(13,))


def test_hessian_of_classes_is_that_of_products_and_differences() -> None:
    x = point(CLASSES, 2)
    v = np.random.default_rng(1).standard_normal(x.shape)
    hessian = CLASSES.hessian(x)
    assert np.allclose(CLASSES.hvp(x, v), np.einsum("mij,mj->mi", hessian, v), atol=1e-13)
    h = 1e-5
    change = (CLASSES.gradient(x + h * v) - CLASSES.gradient(x - h * v)) / (2 * h)
    assert np.allclose(CLASSES.hvp(x, v), change, atol=1e-8)
    slope = (CLASSES.value(x + h * v) - CLASSES.value(x - h * v)) / (2 * h)
    assert np.allclose(np.einsum("mi,mi->m", CLASSES.gradient(x), v), slope, atol=1e-8)


def test_linear_network_is_the_deep_linear_loss() -> None:
    n, hidden = 3, 2
    known = DeepLinear.of_size(n, hidden, 3)
    eye, y = np.eye(n), np.diag(known.targets)
    network = Network(data=DataSet(eye, y, eye, y, False), width=(2, 2), activation="linear")
    theirs = np.random.default_rng(2).standard_normal((4, known.dim))
    shapes = ((hidden, n), (hidden, hidden), (n, hidden))
    ends = np.cumsum([0, *(a * b for a, b in shapes)])

    def ours(rows: np.ndarray) -> np.ndarray:
        """Matrices transposed, biases 0."""
        found = np.zeros((len(rows), network.dim))
        for k, (weights, _, _) in enumerate(slices(network.layers)):
            part = rows[:, ends[k] : ends[k + 1]].reshape(-1, *shapes[k])
            found[:, weights] = part.swapaxes(1, 2).reshape(len(rows), -1)
        return found

    x = ours(theirs)
    assert np.allclose(n * network.value(x), known.value(theirs), rtol=1e-13)
    gradient = n * network.gradient(x)
    weights = np.concatenate([np.arange(w.start, w.stop) for w, _, _ in slices(network.layers)])
    assert np.allclose(gradient[:, weights], ours(known.gradient(theirs))[:, weights], atol=1e-12)


def minibatch_z(network: Network, decay: float, draws: int = 4000) -> np.ndarray:
    """z-scores of the mean minibatch gradient against the whole one plus a change of decay."""
    x = point(network, 1)
    found = network.stochastic_gradient(np.repeat(x, draws, 0), np.random.default_rng(3), 7)
    wanted = network.gradient(x)[0] + decay * x[0]
    return (found.mean(axis=0) - wanted) / (found.std(axis=0, ddof=1) / draws**0.5)


def test_minibatch_gradient_is_unbiased() -> None:
    assert np.abs(minibatch_z(REGRESSION, 0.0)).max() < 4
    assert np.abs(minibatch_z(REGRESSION, -1e-2)).max() > 4  # control: without weight decay
    whole = len(REGRESSION.set.inputs)
    x = point(REGRESSION, 2)
    found = REGRESSION.stochastic_gradient(x, np.random.default_rng(4), whole)
    assert np.allclose(found, REGRESSION.gradient(x), atol=1e-14)


@pytest.mark.parametrize(
    ("activation", "loss", "decay", "count"),
    [
        ("linear", "squared", 0.0, 9 + 3),
        ("linear", "squared", 0.1, 3),
        ("relu", "cross-entropy", 0.0, 3 + 4),
        ("tanh", "cross-entropy", 0.0, 4),
        ("tanh", "squared", 0.0, 0),
    ],
)
def test_symmetries(activation: str, loss: str, decay: float, count: int) -> None:
    network = Network(
        data="breast_cancer", inputs=4, width=(3,), samples=30, decay=decay,
        activation=activation, loss=loss,
    )  # fmt: skip
    x = point(network, 1)[0]
    modes = network.symmetries(x)
    assert modes.shape == (count, network.dim)
    if count:
        assert np.abs(modes @ network.gradient(x[None])[0]).max() < 1e-13
    if activation != "linear":  # control: the symmetries of another network are none
        other = directions(x, network.layers, "linear", loss, False)
        assert np.abs(other @ network.gradient(x[None])[0]).max() > 1e-4


def test_symmetries_are_zero_modes_of_critical_points() -> None:
    network = Network(data="diabetes", inputs=2, width=(2,), activation="linear", samples=50)
    x = train(network, "momentum", seeds=[0], steps=4000, rate=0.1, records=1).final
    assert np.linalg.norm(network.gradient(x)) < 1e-10
    modes = network.symmetries(x[0])
    values = np.abs(np.linalg.eigvalsh(network.hessian(x)[0]))
    assert np.abs(network.hessian(x)[0] @ modes.T).max() < 1e-9
    assert (values < 1e-9 * values.max()).sum() >= len(modes) > 0


def test_dim_follows_from_the_layers() -> None:
    assert REGRESSION.dim == 3 * 4 + 4 + 4 + 1
    assert Network(21, "teacher", (4,), inputs=3).dim == 21
    with pytest.raises(ValueError, match="dim must be 21, the parameters of 3-4-1, got 20"):
        Network(20, "teacher", (4,), inputs=3)
    reference = "critpoints.landscapes.networks:Network:data=teacher,width=4/2,inputs=3"
    parsed: Any = refs.parse(reference, {}, "landscape")(29)
    assert parsed == Network(data="teacher", width=(4, 2), inputs=3)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"data": "digit"}, "did you mean digits"),
        ({"data": "mnist"}, "unknown data 'mnist'"),
        ({"activation": "tan"}, "did you mean tanh"),
        ({"loss": "squares"}, "did you mean squared"),
        ({"width": (4, 0)}, "width must be at least 1, got 0"),
        ({"decay": -1.0}, "decay must be"),
        ({"inputs": 65}, "inputs must be an integer in 1..64"),
        ({"samples": 0}, "samples must be at least 1"),
        ({"data": "diabetes", "loss": "cross-entropy"}, "needs classes"),
    ],
)
def test_refuses(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network(**fields)


def test_refuses_hessians_that_do_not_fit() -> None:
    network = Network(data="teacher", width=(2000,))
    with pytest.raises(MemoryError, match=r"2,560,\d{3},\d{3} bytes.* use hvp|bytes.*use hvp"):
        network.hessian(np.zeros((1, network.dim)))
    assert not Network(activation="relu").smooth
    assert REGRESSION.smooth


def test_data() -> None:
    for name, columns in (("digits", 16), ("breast_cancer", 10), ("diabetes", 10), ("teacher", 8)):
        data = load(name, samples=100)
        assert data.inputs.shape == (100, columns)
        spread = data.inputs.std(axis=0)
        assert name == "teacher" or np.allclose(spread[spread > 0], 1)
        assert np.array_equal(load(name, samples=100).inputs, data.inputs)
        assert not np.array_equal(load(name, samples=100, seed=1).inputs, data.inputs)
    images = load_digits().images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    digits = load("digits", samples=2000)  # all there are
    assert len(digits.inputs) == 1797 - 359
    ours = np.sort(np.concatenate([digits.inputs, digits.test_inputs])[:, 5])
    wanted = np.sort(images[:, 5])
    assert np.corrcoef(ours, wanted)[0, 1] == pytest.approx(1, abs=1e-12)
    assert load("digits", inputs=5, samples=50).inputs.shape == (50, 5)


def test_data_of_the_user() -> None:
    x, y = np.ones((4, 2)), np.ones((4, 1))
    assert not DataSet(x, y, x, y, False).inputs.flags.writeable
    hole = x.copy()
    hole[1, 1] = np.nan
    for arrays, message in (
        ((hole, y, x, y, False), "inputs must be finite, got 1 NaN"),
        ((x, y[:3], x, y, False), "equally many rows"),
        ((x, y, x[:, :1], y, False), "equally many columns"),
        ((x[0], y, x, y, False), "inputs must be of shape"),
        ((x, 2 * y, x, y, True), "single 1"),
    ):
        with pytest.raises(ValueError, match=message):
            DataSet(*arrays)


def test_training_together_is_training_alone() -> None:
    seeds = [3, 8, 11]
    together = train(REGRESSION, "adam", seeds=seeds, steps=40, rate=0.01, batch=5, records=4)
    assert together.points.shape == (3, 5, REGRESSION.dim)
    assert together.steps.tolist() == [0, 10, 20, 30, 40]
    for k, seed in enumerate(seeds):
        alone = train(REGRESSION, "adam", seeds=[seed], steps=40, rate=0.01, batch=5, records=4)
        assert np.allclose(alone.points[0], together.points[k], rtol=1e-10, atol=1e-12)
    losses = REGRESSION.value(together.points.reshape(-1, REGRESSION.dim)).reshape(3, 5)
    assert np.allclose(together.losses, losses, rtol=1e-12)
    assert not np.allclose(together.points[0], together.points[1])


def test_gradient_descent_is_gradient_descent() -> None:
    x = point(REGRESSION, 2)
    found = train(REGRESSION, optax.sgd(0.2), seeds=[0, 1], steps=15, records=3, starts=x)
    for _ in range(15):
        x = x - 0.2 * REGRESSION.gradient(x)
    assert np.allclose(found.final, x, rtol=1e-12)
    assert (np.diff(found.losses, axis=1) < 0).all()


def test_64_bits_inside_whatever_the_user_has_set() -> None:
    """Sums that 32 bits would lose, before and after the user's own choice; which stays."""
    x = point(REGRESSION, 1)

    def ends() -> tuple[np.ndarray, np.ndarray]:
        runs = train(REGRESSION, seeds=[0], steps=20, records=1, starts=x, batch=40)
        return runs.final, REGRESSION.hessian(x)

    plain = ends()
    assert jax.numpy.ones(1).dtype == np.float32
    with jax.enable_x64(True):
        chosen = ends()
        assert jax.numpy.ones(1).dtype == np.float64
    for a, b in zip(plain, chosen, strict=True):
        assert a.dtype == np.float64
        assert np.array_equal(a, b)
        assert not np.array_equal(a, a.astype(np.float32))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"optimizer": "adm"}, ValueError, "did you mean adam"),
        ({"optimizer": 3}, TypeError, "optax transformation"),
        ({"seeds": []}, ValueError, "at least one run"),
        ({"seeds": [-1]}, ValueError, "seeds must be"),
        ({"steps": 0}, ValueError, "steps must be"),
        ({"records": 11}, ValueError, "records must be an integer in 1..10"),
        ({"batch": 41}, ValueError, "batch must be an integer in 1..40"),
        ({"rate": 0.0}, ValueError, "rate must be"),
        ({"starts": np.zeros((2, 21))}, ValueError, "starts must be one a seed"),
        ({"seeds": range(2000), "steps": 10_000, "records": 10_000}, MemoryError, "bytes"),
    ],
)
def test_training_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    given: dict[str, Any] = {"optimizer": "sgd", "seeds": [0], "steps": 10, "records": 2} | options
    with pytest.raises(error, match=message):
        train(REGRESSION, given.pop("optimizer"), **given)
