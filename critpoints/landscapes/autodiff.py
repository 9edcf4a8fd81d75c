"""Any function written in JAX as a landscape: derivatives exact, in batches, compiled once.

JAX is optional and imported when it is first needed. Everything is computed in 64 bits inside a
local context; the user's own precision setting is never touched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from critpoints.domains import Domain, Euclidean
from critpoints.landscapes.derivatives import check_derivatives
from critpoints.protocols import FloatArray, Landscape
from critpoints.seeding import stream
from critpoints.validation import integer

# Floats that the intermediate results of one compiled call may fill (8 MB): what is larger is
# cut into blocks, since it would leave the cache and could exhaust the memory.
_WORK = 2**20
# A larger block gains nothing more from vectorisation.
_ROWS = 1024


HINT = "pip install '.[networks]' in a checkout of critpoints"
"""How to install what this module needs: the package is on no index."""


def require(module: str) -> Any:
    """Import an optional module of the extra ``networks``, or say how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(f"{package} is needed here: {HINT} ({error})") from None


@contextmanager
def double_precision() -> Iterator[None]:
    """64-bit numbers in JAX inside this context and this thread only."""
    switch = getattr(require("jax"), "enable_x64", None)  # its home since JAX 0.8
    if switch is None:
        switch = require("jax.experimental").enable_x64
    with switch(True):
        yield


class Batched:
    """A rule ``rule(*rows, data)`` for one point, as a compiled function of batches of points.

    A batch is cut into blocks whose sizes are powers of four, 2 or 3 points left over padded to 4:
    for data of one shape the rule is compiled at most ``log4(rows) + 1`` times, whatever the sizes
    of the batches.

    Parameters
    ----------
    rule : callable
        JAX function of one row of each mapped argument, and of data shared by all.
    rows : int
        Rows of the largest block, rounded down to a power of four.
    """

    def __init__(self, rule: Callable[..., Any], rows: int = _ROWS) -> None:
        self.rule = rule
        self.rows = _power_of_four(max(1, rows))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rule, self.rows)  # what is compiled stays behind

    @cached_property
    def _compiled(self) -> Callable[..., Any]:
        jax = require("jax")

        def whole(mapped: tuple[Any, ...], data: Any) -> Any:
            return jax.vmap(lambda row: self.rule(*row, data))(mapped)

        compiled: Callable[..., Any] = jax.jit(whole)
        return compiled

    def __call__(self, *mapped: Any, data: Any = ()) -> FloatArray:
        """Apply the rule to every row: arrays (m, …) -> array (m, …) of float64."""
        size = len(mapped[0])
        if size == 0:  # the shape of a row comes from a row
            like = tuple(np.zeros((1, *a.shape[1:]), a.dtype) for a in mapped)
            return self(*like, data=data)[:0]
        blocks, at = [], 0
        with double_precision():
            while at < size:
                count = min(self.rows, _power_of_four(size - at))
                if count == 1 and size - at > 1 and self.rows > 1:
                    count = 4
                blocks.append(self._block(tuple(a[at : at + count] for a in mapped), count, data))
                at += count
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def _block(self, mapped: tuple[Any, ...], count: int, data: Any) -> FloatArray:
        size = len(mapped[0])
        if size < count:
            spare = count - size
            mapped = tuple(np.concatenate([a, np.repeat(a[-1:], spare, axis=0)]) for a in mapped)
        return np.array(self._compiled(mapped, data), dtype=np.float64)[:size]


def _power_of_four(count: int) -> int:
    """The largest one up to a positive count."""
    return int(1 << (count.bit_length() - 1 & ~1))


class Derivatives:
    """Value, gradient, Hessian and Hessian products of ``f(x, data)``, each a :class:`Batched`.

    Parameters
    ----------
    f : callable
        JAX function of one point, shape (dim,), and of data; returns a scalar.
    dim : int
    work : int
        Floats that its intermediate results fill; sets the sizes of blocks.
    """

    def __init__(self, f: Callable[..., Any], dim: int, work: int) -> None:
        self.f, self.dim, self.work = f, dim, work
        rows = max(1, _WORK // work)
        self._axes = min(dim, rows)  # columns of a Hessian that are worked on at once
        self.value = Batched(f, min(rows, _ROWS))
        self.gradient = Batched(self._gradient, min(rows, _ROWS))
        self.hvp = Batched(self._hvp, min(rows, _ROWS))
        self.hessian = Batched(self._hessian, min(rows // self._axes, _ROWS))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.f, self.dim, self.work)

    def _gradient(self, x: Any, data: Any) -> Any:
        return require("jax").grad(self.f)(x, data)

    def _hvp(self, x: Any, v: Any, data: Any) -> Any:
        """Forward derivative of the gradient (Pearlmutter 1994)."""
        return require("jax").jvp(lambda y: self._gradient(y, data), (x,), (v,))[1]

    def _hessian(self, x: Any, data: Any) -> Any:
        """Derivatives of the gradient along all axes, a block of them at a time."""
        jax = require("jax")
        dim, block = self.dim, self._axes
        _, tangent = jax.linearize(lambda y: self._gradient(y, data), x)
        blocks = -(-dim // block)
        axes = jax.numpy.eye(blocks * block, dim, dtype=x.dtype).reshape(blocks, block, dim)
        rows = jax.lax.map(jax.vmap(tangent), axes).reshape(blocks * block, dim)[:dim]
        return (rows + rows.T) / 2


@dataclass(frozen=True, eq=False)
class JaxLandscape(Landscape):
    """A JAX function on a flat domain; made and checked by :func:`from_jax`."""

    dim: int
    f: Callable[[Any], Any]
    where: Domain

    @property
    def domain(self) -> Domain:
        """Box, torus or all of space."""
        return self.where

    @cached_property
    def _rules(self) -> Derivatives:
        return Derivatives(_WithoutData(self.f), self.dim, self.dim)

    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, dim) -> (m,)."""
        return self._rules.value(points(x, self.dim))

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return self._rules.gradient(points(x, self.dim))

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim)."""
        return self._rules.hessian(points(x, self.dim))

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors: (m, dim), (m, dim) -> (m, dim)."""
        return self._rules.hvp(points(x, self.dim), points(v, self.dim))


@dataclass(frozen=True, eq=False)
class _WithoutData:
    f: Callable[[Any], Any]

    def __call__(self, x: Any, _: Any) -> Any:
        return self.f(x)


def from_jax(
    f: Callable[[Any], Any], dim: int, domain: Domain | None = None, *, check: bool = True
) -> JaxLandscape:
    """Make a landscape of a function written with ``jax.numpy``.

    Parameters
    ----------
    f : callable
        Takes one point, shape (dim,), and returns a scalar. It is traced and compiled, so it must
        be pure, and must not branch in Python on values.
    dim : int
    domain : Domain, optional
        Box, torus or (the default) all of space.
    check : bool
        Whether to hold the derivatives, which a rule of one's own may have spoilt, and the period
        of a torus against differences (:func:`~critpoints.landscapes.check_derivatives`).

    Returns
    -------
    JaxLandscape
        With numpy arrays of float64 in and out.

    Raises
    ------
    ImportError
        Without JAX.
    ValueError
        If f cannot take a point of dim coordinates, does not return a real scalar, or if value or
        gradient is not a number at points drawn from the domain, or the domain does not fit, or
        as by :func:`~critpoints.landscapes.check_derivatives`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> bowl = from_jax(lambda x: jnp.sum(jnp.cosh(x)), 2)
    >>> bowl.hessian(np.zeros((1, 2)))[0]
    array([[1., 0.],
           [0., 1.]])
    """
    dim = integer("dim", dim, low=1)
    domain = Euclidean(dim) if domain is None else domain
    if not isinstance(domain, Domain):
        raise TypeError(f"domain must be a Domain, got {domain!r}")
    if domain.dim != dim or not domain.flat:
        raise ValueError(f"domain must be flat and of dimension {dim}, got {domain!r}")
    if not callable(f):
        raise TypeError(f"f must be callable, got {f!r}")
    if not isinstance(check, bool):
        raise TypeError(f"check must be True or False, got {check!r}")
    require("jax")
    _check_signature(f, dim)
    made = JaxLandscape(dim, f, domain)
    probe = domain.sample(np.random.default_rng(0), 4)
    for name in ("value", "gradient"):
        if np.isnan(getattr(made, name)(probe)).any():
            raise ValueError(f"the {name} of f is not a number at a point of its domain")
    if check:
        check_derivatives(made, stream("from_jax"))
    return made


def points(x: Any, dim: int) -> FloatArray:
    """Check the shape of a batch of points: (m, dim)."""
    found: FloatArray = np.asarray(x, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != dim:
        raise ValueError(f"points must have shape (m, {dim}), got {found.shape}")
    return found


def _check_signature(f: Callable[[Any], Any], dim: int) -> None:
    """Trace f once, on a point without numbers."""
    jax = require("jax")
    with double_precision():
        point = jax.ShapeDtypeStruct((dim,), np.float64)
        try:
            out = jax.eval_shape(f, point)
        except Exception as error:  # f is a stranger's code: anything may be raised
            raise ValueError(f"f cannot take a point of shape ({dim},): {error}") from error
    shape, kind = getattr(out, "shape", None), getattr(out, "dtype", None)
    if shape != () or kind != np.float64:
        raise ValueError(f"f must return a scalar of float64, got shape {shape} of {kind}")
