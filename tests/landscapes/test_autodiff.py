"""JAX functions as landscapes: right derivatives, 64 bits, few compilations, plain errors."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from critpoints.domains import Domain, Euclidean, Sphere, Torus
from critpoints.landscapes.autodiff import Batched, from_jax, require
from tests.conformance.landscapes import check_batches, check_calculus, check_pickle, check_shapes


def waves(x: Any) -> Any:
    return jnp.sum(jnp.cos(x)) + jnp.sin(x[0] - 2 * x[1]) + jnp.sum(x**2) / 4


def test_derivatives_and_protocol() -> None:
    landscape = from_jax(waves, 3)
    rng = np.random.default_rng(1)
    check_shapes(landscape, rng)
    check_batches(landscape, rng)
    check_calculus(landscape, rng, 20)
    check_pickle(landscape, rng)


def test_hessian_in_closed_form() -> None:
    x = np.random.default_rng(2).standard_normal((5, 2))
    hessian = from_jax(lambda u: u[0] ** 3 * u[1] ** 2, 2).hessian(x)
    a, b = x.T
    expected = np.array([[6 * a * b**2, 6 * a**2 * b], [6 * a**2 * b, 2 * a**3]])
    assert np.allclose(hessian, np.moveaxis(expected, 2, 0), rtol=1e-14)


def test_64_bits_here_and_the_users_setting_elsewhere() -> None:
    before = jnp.ones(1).dtype
    landscape = from_jax(lambda x: jnp.sum((x - 1 / 3) ** 2), 1)
    assert landscape.value(np.array([[1 / 3 + 1e-9]]))[0] == pytest.approx(1e-18, rel=1e-6)
    assert jnp.ones(1).dtype == before == jnp.float32


def test_sizes_of_batches_share_what_is_compiled() -> None:
    traced = []

    def f(x: Any) -> Any:
        traced.append(1)
        return jnp.sum(x**2)

    landscape = from_jax(f, 2)
    x = np.random.default_rng(3).standard_normal((16, 2))
    landscape.value(x)
    traced.clear()
    for size in range(1, 17):
        assert np.allclose(landscape.value(x[:size]), (x[:size] ** 2).sum(axis=1))
    assert len(traced) <= 3  # 1, 4, 16


def test_blocks_are_the_batch() -> None:
    squares = Batched(lambda x, data: data * x**2, rows=5)
    assert squares.rows == 4
    x = np.random.default_rng(4).standard_normal((11, 3))
    assert np.array_equal(squares(x, data=2.0), 2 * x**2)


def test_jax_is_imported_when_needed_only() -> None:
    code = (
        "import sys, critpoints, critpoints.landscapes.autodiff, critpoints.landscapes.networks,"
        "critpoints.landscapes.training, critpoints.census.trajectories;"
        "assert not {'jax', 'optax', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_jax_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(
        ImportError, match=r"^jax is needed .*pip install '\.\[networks\]' in a checkout"
    ):
        from_jax(waves, 2)
    with pytest.raises(ImportError, match=r"^no_such_package is needed"):
        require("no_such_package.part")


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x, r"scalar of float64, got shape \(2,\)"),
        (lambda x: jnp.float32(x[0]), "got shape .* of float32"),
        (lambda x: x[0] > 0, "scalar of float64, got shape .* of bool"),
        (lambda x: x @ jnp.ones(3), r"cannot take a point of shape \(2,\)"),
        (lambda x: float(x[0]), "cannot take a point"),
        (lambda x: jnp.sqrt(-1 - x @ x), "value of f is not a number"),
        (lambda x: jnp.linalg.norm(0 * x), "gradient of f is not a number"),
    ],
)
def test_refuses_functions(f: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_jax(f, 2)


@pytest.mark.parametrize("domain", [Euclidean(3), Sphere(2)])
def test_refuses_domains(domain: Domain) -> None:
    with pytest.raises(ValueError, match="domain must be flat and of dimension 2"):
        from_jax(waves, 2, domain)


def test_refuses_what_is_no_function_domain_or_point() -> None:
    with pytest.raises(TypeError, match="f must be callable"):
        from_jax(3, 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="domain must be a Domain"):
        from_jax(waves, 2, "torus")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"points must have shape \(m, 2\)"):
        from_jax(waves, 2).value(np.zeros(2))


def test_domain_is_kept() -> None:
    landscape = from_jax(lambda x: jnp.sum(jnp.cos(x)), 2, Torus(2))
    assert landscape.domain == Torus(2)
    assert landscape.euler == 0
    assert pickle.loads(pickle.dumps(from_jax(waves, 2))).dim == 2  # noqa: S301 - our own bytes
    assert jax.numpy is jnp
