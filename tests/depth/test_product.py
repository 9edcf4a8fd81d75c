"""Random products against exact laws, whole matrices, QR at every layer and autodiff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from critpoints.depth.lyapunov import exponents, orthonormal
from critpoints.depth.product import RandomProduct
from critpoints.depth.weights import WEIGHTS
from critpoints.theory import depth


def z_scores(sample: np.ndarray, mean: Any) -> np.ndarray:
    return (sample.mean(axis=0) - mean) / (sample.std(axis=0, ddof=1) / len(sample) ** 0.5)


def two_sample(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    error = a.var(axis=0, ddof=1) / len(a) + b.var(axis=0, ddof=1) / len(b)
    return (a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(error)


@pytest.mark.parametrize("dim", range(2, 17))
def test_exponents_are_newmans(dim: int) -> None:
    found = RandomProduct(dim, 100, sigma=1.2).sample_exponents(np.random.default_rng(dim), 400)
    exact = depth.exponents(dim, 1.2)
    assert np.abs(z_scores(found, exact)).max() < 4
    assert np.abs(z_scores(found, depth.exponents(dim, 1.25))).max() > 4
    assert np.abs(z_scores(found[:, 1:], exact[:-1])).max() > 4
    spread = z_scores((found - exact) ** 2, depth.exponent_variances(dim, 100))
    assert np.abs(spread).max() < 4


@pytest.mark.parametrize("dim", [1, 3, 16])
def test_log_norms_of_ginibre_products(dim: int) -> None:
    found = RandomProduct(dim, 40, sigma=0.9).sample_logs(np.random.default_rng(1), 4000)
    law, wrong = depth.log_norm(dim, 40, 0.9), depth.log_norm(dim, 40, 0.95)
    for column in (0, 1):  # the transpose of a Ginibre matrix is one too
        logs = found[:, column]
        assert abs(z_scores(logs, law.mean)) < 4
        assert abs(z_scores((logs - law.mean) ** 2, law.variance)) < 4
        assert abs(z_scores(logs, wrong.mean)) > 4
        assert abs(z_scores((logs - law.mean) ** 2, 1.3 * law.variance)) > 4
    assert np.all(found[:, 2] == 1)


@pytest.mark.parametrize("dim", [2, 4, 12])
def test_relu_networks_given_that_they_are_alive(dim: int) -> None:
    found = RandomProduct(dim, 8, "he", activation="relu").sample_logs(
        np.random.default_rng(2), 20_000
    )
    alive = found[:, 2] == 1
    chance = depth.dead(dim, 8)
    assert abs(np.mean(~alive) - chance) < 4 * (chance * (1 - chance) / len(alive)) ** 0.5
    assert np.all(found[~alive, :2] == -np.inf)
    assert np.all(np.isfinite(found[alive]))
    logs = found[alive, 0]
    law, linear = depth.log_norm(dim, 8, activation="relu"), depth.log_norm(dim, 8)
    assert abs(z_scores(logs, law.mean)) < 4
    assert abs(z_scores((logs - law.mean) ** 2, law.variance)) < 4
    assert abs(z_scores(logs, linear.mean)) > 4


def test_moment_ratio_where_it_can_be_sampled() -> None:
    for activation, product, other in (("linear", "ginibre", "relu"), ("relu", "he", "linear")):
        law = RandomProduct(32, 4, product, activation=activation)
        square = np.exp(2 * law.sample_logs(np.random.default_rng(8), 40_000)[:, 0])
        mean, fourth = square.mean(), np.mean(square**2)
        ratio, influence = fourth / mean**2, square**2 - 2 * square * fourth / mean
        error = influence.std() / mean**2 / len(square) ** 0.5
        exact, wrong = (
            np.exp(depth.log_moment_ratio(32, 4, activation=a)) for a in (activation, other)
        )
        assert abs(ratio - exact) < 4 * error
        assert abs(ratio - wrong) > 4 * error


def test_orthogonal_products_keep_every_length() -> None:
    law = RandomProduct(8, 500, "orthogonal")
    rng = np.random.default_rng(4)
    assert np.abs(law.sample_exponents(rng, 50)).max() < 1e-12
    assert np.abs(law.sample_logs(rng, 50)[:, :2]).max() < 1e-12
    assert np.abs(RandomProduct(8, 50).sample_exponents(rng, 50)).max() > 1e-2
    scaled = RandomProduct(3, 100, "orthogonal", sigma=1e20)
    assert np.allclose(scaled.sample_logs(rng, 5)[:, :2], 2000 * np.log(10), rtol=1e-13)


def test_networks_beyond_the_range_of_doubles() -> None:
    for n, sigma in ((10_000, 0.5), (2000, 2.0)):
        found = RandomProduct(4, n, sigma=sigma).sample_logs(np.random.default_rng(5), 40)
        law = depth.log_norm(4, n, sigma)
        assert np.abs(z_scores(found[:, :2], law.mean)).max() < 4
        assert abs(law.mean) > 745  # beyond doubles


LAWS = [
    {"product": "ginibre"},
    {"product": "orthogonal", "activation": "tanh", "sigma": 1.5},
    {"product": "he", "activation": "relu"},
    {"product": "spectral", "activation": "tanh", "sigma": 3.0},
    {"product": "ginibre", "activation": "tanh", "residual": 0.7},
    {"product": "orthogonal", "activation": "relu", "residual": 0.7},
    {"product": "he", "activation": "relu", "clip": 0.8},
]


def whole(law: RandomProduct, rng: np.random.Generator, size: int, share: bool) -> np.ndarray:
    """The same network with whole matrices, which the way back uses again if ``share``."""

    def unit() -> np.ndarray:
        v = rng.standard_normal((size, law.dim))
        return v / np.linalg.norm(v, axis=1, keepdims=True)

    bend = {"linear": lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}
    slopes = {
        "linear": np.ones_like,
        "relu": lambda x: (x > 0).astype(float),
        "tanh": lambda x: 1 - np.tanh(x) ** 2,
    }
    phi, slope = bend[law.activation], slopes[law.activation]
    h, g, passed = unit(), unit(), []
    for _ in range(law.n):
        w = law.weights.matrices(rng, size)
        if law.residual is None:
            z = np.einsum("sij,sj->si", w, h)
            passed.append((w, slope(z)))
            h = phi(z)
        else:
            passed.append((w, slope(h)))
            h = h + law.residual * np.einsum("sij,sj->si", w, phi(h))
    for w, d in reversed(passed):
        back = w if share else law.weights.matrices(rng, size)
        if law.residual is None:
            g = np.einsum("sij,si->sj", back, d * g)
        else:
            g = g + law.residual * d * np.einsum("sij,si->sj", back, g)
        norm = np.linalg.norm(g, axis=1, keepdims=True)
        if law.clip is not None:
            g = g * np.minimum(1, law.clip / np.where(norm > 0, norm, 1))
    with np.errstate(divide="ignore"):
        return np.log(np.column_stack([np.linalg.norm(h, axis=1), np.linalg.norm(g, axis=1)]))


def statistics(logs: np.ndarray) -> np.ndarray:
    """Means, mean squares and the mean product, of the living."""
    a, b = logs[np.isfinite(logs).all(axis=1)].T
    return np.column_stack([a, b, a**2, b**2, a * b])


@pytest.mark.parametrize("settings", LAWS, ids=str)
def test_signal_and_gradient_have_the_law_of_whole_matrices(settings: dict[str, Any]) -> None:
    law = RandomProduct(3, 5, **settings)
    found = statistics(law.sample_logs(np.random.default_rng(6), 20_000)[:, :2])
    rng = np.random.default_rng(7)
    assert np.abs(two_sample(found, statistics(whole(law, rng, 20_000, share=True)))).max() < 4


@pytest.mark.parametrize("settings", [LAWS[0], LAWS[4]], ids=str)
def test_fresh_matrices_on_the_way_back_would_be_noticed(settings: dict[str, Any]) -> None:
    law = RandomProduct(2, 5, **settings)
    found = statistics(law.sample_logs(np.random.default_rng(6), 20_000)[:, :2])
    wrong = statistics(whole(law, np.random.default_rng(7), 20_000, share=False))
    assert np.abs(two_sample(found, wrong)).max() > 4


@pytest.mark.parametrize("product", WEIGHTS)
def test_a_layer_gives_back_the_transpose_of_what_it_was(product: str) -> None:
    """Whatever the law, (W^T v) . u = v . (W u)."""
    rng = np.random.default_rng(9)
    u, v = rng.standard_normal((2, 50, 4))
    weights = WEIGHTS[product](4, 1.3)
    z, kept = weights.forward(rng, u)
    back = weights.backward(rng, u, z, v, kept)
    assert np.allclose((back * u).sum(axis=1), (v * z).sum(axis=1), rtol=1e-11, atol=1e-12)
    whole_w = weights.matrices(rng, 30)
    top = np.linalg.norm(whole_w, 2, axis=(1, 2))
    if product in ("orthogonal", "spectral"):
        assert np.allclose(top, 1.3, rtol=1e-12)
    else:
        assert top.std() > 0.1


def test_clipping_caps_the_gradient_and_leaves_the_signal() -> None:
    settings = {"dim": 6, "n": 50, "sigma": 1.5}
    free = RandomProduct(**settings).sample_logs(np.random.default_rng(3), 200)
    clipped = RandomProduct(**settings, clip=2.0).sample_logs(np.random.default_rng(3), 200)
    assert free[:, 1].min() > np.log(2)
    assert clipped[:, 1].max() == np.log(2)
    assert np.array_equal(free[:, 0], clipped[:, 0])
    # a fresh direction each layer: a gain of 1.5 almost always, so almost always at the cap
    assert np.mean(clipped[:, 1] > np.log(1.5)) > 0.5


def test_residual_connections_tame_the_exponents() -> None:
    rng = np.random.default_rng(1)
    plain = RandomProduct(6, 60).sample_exponents(rng, 100).mean(axis=0)
    skip = RandomProduct(6, 60, residual=0.1).sample_exponents(rng, 100).mean(axis=0)
    assert np.abs(skip).max() < 0.05 < np.abs(plain).max()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"product": "spectral"},
        {"activation": "tanh", "sigma": 2.0},
        {"activation": "relu", "residual": 0.5},
    ],
    ids=str,
)
def test_blocks_of_layers_against_qr_at_every_layer(settings: dict[str, Any]) -> None:
    law, rng = RandomProduct(16, 60, **settings), np.random.default_rng(11)
    jacobians = [(j.copy(), r.copy()) for j, r in law._jacobians(rng, 100)]
    found = exponents(iter(jacobians), 16, 100)
    basis, total = np.tile(np.eye(16), (100, 1, 1)), np.zeros((100, 16))
    for jacobian, _ in jacobians:
        basis, r = np.linalg.qr(jacobian @ basis)
        total += np.log(np.abs(np.diagonal(r, axis1=1, axis2=2)))
    assert np.abs(found - total / 60).max() < 1e-9


def test_relu_layers_lose_rank() -> None:
    law = RandomProduct(6, 4, "he", activation="relu")
    jacobians = list(law._jacobians(np.random.default_rng(2), 300))
    found = exponents(iter(jacobians), 6, 300)
    product = jacobians[0][0]
    for jacobian, _ in jacobians[1:]:
        product = jacobian @ product
    singular = np.linalg.svd(product, compute_uv=False)
    rank = (singular > 1e-9 * singular[:, :1]).sum(axis=1)
    alive = singular[:, 0] > 0
    assert np.array_equal(np.isfinite(found).sum(axis=1)[alive], rank[alive])
    assert np.all(found[~alive] == -np.inf)


def test_the_jacobian_is_that_of_autodiff() -> None:
    jax = pytest.importorskip("jax")
    for settings in (LAWS[1], LAWS[2], LAWS[4]):
        law = RandomProduct(4, 3, **settings)
        drawn: list[np.ndarray] = []
        spy = _Spy(law.weights, drawn)
        rng = np.random.default_rng(3)
        start = np.random.default_rng(3).standard_normal((1, 4))
        start /= np.linalg.norm(start)
        patched = _with_weights(law, spy)
        jacobians = [j[0] for j, _ in patched._jacobians(rng, 1)]
        found = jacobians[2] @ jacobians[1] @ jacobians[0]
        with jax.enable_x64(True):
            np_ = jax.numpy
            phi = {"linear": lambda x: x, "relu": jax.nn.relu, "tanh": np_.tanh}[law.activation]

            def forward(h: Any, law: Any = law, phi: Any = phi, drawn: Any = drawn) -> Any:
                for w in drawn:
                    h = phi(w[0] @ h) if law.residual is None else h + law.residual * w[0] @ phi(h)
                return h

            expected = np.asarray(jax.jacobian(forward)(np_.asarray(start[0])))
        assert np.allclose(found, expected, rtol=1e-12, atol=1e-13)


class _Spy:
    """Weights that remember what was drawn."""

    def __init__(self, weights: Any, drawn: list[np.ndarray]) -> None:
        self.weights, self.drawn = weights, drawn

    def matrices(self, rng: np.random.Generator, size: int) -> np.ndarray:
        self.drawn.append(self.weights.matrices(rng, size).copy())
        return self.drawn[-1]


def _with_weights(law: RandomProduct, weights: Any) -> RandomProduct:
    class Patched(RandomProduct):
        @property
        def weights(self) -> Any:
            return weights

    names = ("dim", "n", "product", "sigma", "activation", "residual", "clip")
    return Patched(**{name: getattr(law, name) for name in names})


def test_orthonormal_keeps_zero_columns() -> None:
    a = np.random.default_rng(0).standard_normal((5, 4, 4))
    a[:, :, 2] = 0
    q, logs = orthonormal(a)
    assert np.all(q[:, :, 2] == 0)
    assert np.all(logs[:, 2] == -np.inf)
    others = [0, 1, 3]
    _, r = np.linalg.qr(a[:, :, others])
    assert np.allclose(logs[:, others], np.log(np.abs(np.diagonal(r, axis1=1, axis2=2))))


def test_streams_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    law = RandomProduct(3, 4)
    a, b = (law.sample_logs(np.random.default_rng(1), 7) for _ in range(2))
    assert np.array_equal(a, b)
    assert law.sample_logs(np.random.default_rng(1), 0).shape == (0, 3)
    assert law.sample_exponents(np.random.default_rng(1), 0).shape == (0, 3)
    monkeypatch.setattr("critpoints.depth.product._FLOATS", 100)
    many = law.sample_logs(np.random.default_rng(1), 7)
    assert many.shape == (7, 3)
    assert len(np.unique(many[:, 0])) == 7


def test_networks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(MemoryError, match=r"200 layers of width 2000 need 6,409,600,000 bytes"):
        RandomProduct(2000, 200, "spectral").sample_logs(np.random.default_rng(0), 1)


def bad() -> Iterator[tuple[dict[str, Any], str]]:
    yield {"dim": 0}, "dim must be at least 1, got 0"
    yield {"n": 0}, "n must be at least 1, got 0"
    yield {"product": "ginibr"}, "unknown product 'ginibr': did you mean ginibre"
    yield {"activation": "gelu"}, "unknown activation 'gelu'"
    yield {"sigma": 0.0}, r"sigma must be a finite number >= 1e-50 and <= 1e\+50, got 0.0"
    yield {"sigma": float("nan")}, "sigma must be a finite number"
    yield {"residual": -1.0}, r"residual must be a finite number >= 1e-50 .*got -1.0"
    yield {"clip": 0.0}, r"clip must be a finite number > 0, got 0.0"


@pytest.mark.parametrize(("settings", "message"), list(bad()), ids=str)
def test_bad_input(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RandomProduct(**{"dim": 2, "n": 3, **settings})
    with pytest.raises(TypeError, match="size must be an integer"):
        RandomProduct(2, 3).sample_logs(np.random.default_rng(0), 2.5)
