"""Training of networks: all runs at once, their trajectories thinned and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from critpoints.landscapes.autodiff import double_precision, points, require
from critpoints.landscapes.networks import Loss, Network
from critpoints.protocols import FloatArray, IntArray
from critpoints.seeding import stream
from critpoints.validation import choice, integer, real

OPTIMIZERS: dict[str, Callable[[Any, float], Any]] = {
    "sgd": lambda optax, rate: optax.sgd(rate),
    "momentum": lambda optax, rate: optax.sgd(rate, momentum=0.9),
    "nesterov": lambda optax, rate: optax.sgd(rate, momentum=0.9, nesterov=True),
    "adagrad": lambda optax, rate: optax.adagrad(rate),
    "rmsprop": lambda optax, rate: optax.rmsprop(rate),
    "adam": lambda optax, rate: optax.adam(rate),
    "adamw": lambda optax, rate: optax.adamw(rate),
}
"""Optax's rules with its own defaults, momentum 0.9 (Sutskever et al. 2013)."""

_MEMORY = 2**31  # bytes that the recorded points may fill


@dataclass(frozen=True, eq=False)
class Training:
    """Trajectories of several runs.

    Attributes
    ----------
    network : Network
    seeds : ndarray, shape (runs,)
        A run is a function of the arguments of :func:`train` and its own seed alone.
    steps : ndarray, shape (records,)
        Steps after which points were recorded; the first is 0.
    points : ndarray, shape (runs, records, dim)
    losses : ndarray, shape (runs, records)
        Training loss over all samples, with decay.
    """

    network: Network
    seeds: IntArray
    steps: IntArray
    points: FloatArray
    losses: FloatArray

    @property
    def final(self) -> FloatArray:
        """Where the runs ended: (runs, dim)."""
        last: FloatArray = self.points[:, -1]
        return last


def train(
    network: Network,
    optimizer: Any = "sgd",
    *,
    seeds: Sequence[int],
    steps: int,
    rate: float = 0.1,
    batch: int | None = None,
    records: int = 20,
    starts: FloatArray | None = None,
) -> Training:
    """Train a network from several starts at once (``vmap`` over runs, ``scan`` over steps).

    Parameters
    ----------
    network : Network
    optimizer : str or optax.GradientTransformation
        A name of ``OPTIMIZERS``, which takes ``rate``, or a transformation complete with its own.
    seeds : sequence of int
        One a run: of its start and of its minibatches. Two runs of one seed are the same run.
    steps : int
        Cut to a multiple of the steps between two records.
    rate : float
        Learning rate of a named optimizer.
    batch : int, optional
        Samples a minibatch, drawn with replacement; all samples by default.
    records : int
        Points recorded after the start, evenly spaced.
    starts : ndarray, optional
        Shape (runs, dim); :meth:`Network.initial` points by default.

    Raises
    ------
    ValueError
        If an argument is out of range or the optimizer is unknown.
    MemoryError
        If the recorded points would fill more than 2 GiB.
    """
    seeds = [integer("seeds", s, low=0, high=2**32 - 1) for s in seeds]
    if not seeds:
        raise ValueError("seeds must name at least one run, got none")
    steps = integer("steps", steps, low=1)
    records = integer("records", records, low=1, high=steps)
    if batch is not None:
        batch = integer("batch", batch, low=1, high=len(network.set.inputs))
    between = steps // records
    needed = 8 * len(seeds) * ((records + 1) * network.dim + between * (batch or 0))
    if needed > _MEMORY:
        raise MemoryError(
            f"{needed:,} bytes of records and minibatches, above {_MEMORY:,}: use fewer runs, or "
            "fewer records of large networks, or more records of small ones"
        )
    begin = _starts(network, seeds, starts)
    path = _run(network, _rule(optimizer, rate), begin, seeds, (between, records, batch))
    losses = network.value(path.reshape(-1, network.dim)).reshape(path.shape[:2])
    return Training(network, np.array(seeds), np.arange(records + 1) * between, path, losses)


def _run(
    network: Network,
    rule: Any,
    begin: FloatArray,
    seeds: list[int],
    plan: tuple[int, int, int | None],
) -> FloatArray:
    """Points after every ``between`` steps: (runs, records + 1, dim)."""
    between, records, batch = plan
    advance = _compiled(network.architecture, rule, between, batch is None)
    # Minibatches are drawn here: JAX's own generator takes longer to compile than all the rest.
    streams = [stream("network minibatches", s) for s in seeds]
    count, drawn = len(network.set.inputs), None
    path = [begin]
    with double_precision():
        state = (begin, require("jax").vmap(rule.init)(begin))
        for _ in range(records):
            if batch is not None:
                shape = (between, batch)
                drawn = np.stack([rng.integers(0, count, shape, np.int32) for rng in streams])
            state = advance(state, drawn, network.arrays)
            path.append(np.array(state[0]))
    return np.stack(path, axis=1)


def _starts(network: Network, seeds: list[int], starts: FloatArray | None) -> FloatArray:
    if starts is None:
        streams = [stream("network start", s) for s in seeds]
        return np.concatenate([network.initial(rng, 1) for rng in streams])
    starts = points(starts, network.dim)
    if len(starts) != len(seeds):
        raise ValueError(f"starts must be one a seed, {len(seeds)}, got {len(starts)}")
    return starts


def _rule(optimizer: Any, rate: float) -> Any:
    """The optax transformation; a named one is made once, so that it is compiled once."""
    if isinstance(optimizer, str):
        return _named(choice("optimizer", optimizer, OPTIMIZERS), real("rate", rate, above=0))
    if not callable(getattr(optimizer, "init", None)):
        raise TypeError(f"optimizer must be a name or an optax transformation, got {optimizer!r}")
    return optimizer


@lru_cache(maxsize=32)
def _named(name: str, rate: float) -> Any:
    return OPTIMIZERS[name](require("optax"), rate)


@lru_cache(maxsize=16)
def _compiled(
    architecture: tuple[tuple[int, ...], str, str], rule: Any, between: int, whole: bool
) -> Callable[..., Any]:
    """Some steps of one run, vectorised over runs, as one compiled function."""
    jax = require("jax")
    loss = Loss(*architecture)

    def advance(state: Any, drawn: Any, data: Any) -> Any:
        def step(state: Any, now: Any) -> Any:
            x, memory = state
            g = jax.grad(loss)(x, data) if whole else loss.minibatch(x, now, data)
            move, memory = rule.update(g, memory, x)
            return (x + move, memory), None

        return jax.lax.scan(step, state, drawn, length=between)[0]

    compiled: Callable[..., Any] = jax.jit(jax.vmap(advance, in_axes=(0, 0, None)))
    return compiled
