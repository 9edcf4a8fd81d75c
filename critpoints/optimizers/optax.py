"""Any optax gradient transformation as an optimizer: the extra ``networks``."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from critpoints.protocols import FloatArray, Landscape, Optimizer, State


class Transformation(Protocol):
    """What is used of an ``optax.GradientTransformation``."""

    init: Any
    update: Any

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class Optax(Optimizer):
    """θ ← θ + update(g), the update from optax, run by run, in double precision.

    Parameters
    ----------
    transformation : optax.GradientTransformation
        Such as ``optax.adam(1e-3)``. Its state becomes slots, one a leaf; on a curved domain
        updates are made tangent, and its state is not transported.
    noisy : bool
        Whether it moves where the gradient is zero (noise, weight decay).

    Notes
    -----
    Noise comes from the transformation's own key, another one for each run, not from the
    generator of the loop. JAX computes in single precision unless told otherwise; here it is told
    in a local context, and the caller's own setting stays as it is. It has no name: results are
    kept in memory only.

    Raises
    ------
    ImportError
        If JAX is not installed.
    TypeError
        If ``transformation`` is none.
    """

    transformation: Transformation
    noisy: bool = False

    @property
    def restless(self) -> bool:
        """``noisy``."""
        return self.noisy

    def __post_init__(self) -> None:
        _jax()
        if not (hasattr(self.transformation, "init") and hasattr(self.transformation, "update")):
            raise TypeError(
                "transformation must be an optax.GradientTransformation, "
                f"got {self.transformation!r}"
            )
        if not isinstance(self.noisy, bool):
            raise TypeError(f"noisy must be true or false, got {self.noisy!r}")

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """With a slot for every leaf of the transformation's state."""
        state = super().init(landscape, x)
        with _double():
            leaves = _compiled(self.transformation)[0](state.x, np.arange(len(state)))
            slots = {str(k): np.array(leaf) for k, leaf in enumerate(leaves)}
        return State(state.x, state.gradient, 0, state.gradients, state.products, slots)

    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later."""
        with _double():
            leaves = [state.slots[str(k)] for k in range(len(state.slots))]
            move, after = _compiled(self.transformation)[1](state.gradient, leaves, state.x)
            slots = {str(k): np.array(leaf) for k, leaf in enumerate(after)}
        moved = state.moved(landscape, np.asarray(move))
        return State(moved.x, moved.gradient, moved.step, moved.gradients, moved.products, slots)


def _jax() -> Any:
    try:
        import jax  # noqa: PLC0415 - an extra, loaded when it is used
    except ImportError as error:
        raise ImportError(
            "optax optimizers need JAX: pip install '.[networks]' in a checkout of critpoints"
        ) from error
    return jax


def _double() -> AbstractContextManager[Any]:
    """Double precision in this block only."""
    jax = _jax()
    if not hasattr(jax, "enable_x64"):  # JAX before 0.8
        jax = importlib.import_module("jax.experimental")
    context: AbstractContextManager[Any] = jax.enable_x64(True)
    return context


@lru_cache(maxsize=32)
def _compiled(transformation: Transformation) -> tuple[Any, Any]:
    """``init(x) -> leaves`` and ``update(g, leaves, x) -> (move, leaves)``, over runs."""
    jax = _jax()

    def is_key(leaf: Any) -> bool:
        return bool(jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key))

    def init(x: Any, run: Any) -> Any:
        leaves = jax.tree.leaves(transformation.init(x))
        return [
            jax.random.key_data(jax.random.fold_in(leaf, run)) if is_key(leaf) else leaf
            for leaf in leaves
        ]

    def update(gradient: Any, leaves: Any, x: Any) -> Any:
        first, structure = jax.tree.flatten(transformation.init(x))
        known = [
            jax.random.wrap_key_data(leaf) if is_key(old) else leaf
            for leaf, old in zip(leaves, first, strict=True)
        ]
        move, state = transformation.update(gradient, jax.tree.unflatten(structure, known), x)
        leaves = jax.tree.leaves(state)
        return move, [jax.random.key_data(leaf) if is_key(leaf) else leaf for leaf in leaves]

    return jax.jit(jax.vmap(init)), jax.jit(jax.vmap(update))
