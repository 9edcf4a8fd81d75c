"""The loss of a fully connected network as a function of its parameters."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from critpoints.domains import Euclidean
from critpoints.landscapes.autodiff import Batched, Derivatives, points, require
from critpoints.landscapes.data import DataSet, load
from critpoints.landscapes.symmetries import directions, slices
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import choice, integer, real

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": lambda u: require("jax.numpy").tanh(u),
    "softplus": lambda u: require("jax.nn").softplus(u),
    "relu": lambda u: require("jax.nn").relu(u),
    "linear": lambda u: u,
}
LOSSES = ("auto", "squared", "cross-entropy")

_MEMORY = 2**31  # bytes that the Hessians of one call may fill


@dataclass(frozen=True)
class Network(Landscape):
    r"""Mean loss of a fully connected network over a data set, plus weight decay.

    With layers :math:`a_0 = x`, :math:`a_l = \phi(a_{l-1} W_l + b_l)` and a linear last layer,

    .. math:: f(\theta) = \frac1n \sum_{i=1}^n \ell(a_L(x_i), y_i)
        + \frac{\lambda}{2} |\theta|^2,

    where :math:`\ell` is :math:`\tfrac12 |a - y|^2` or the cross-entropy
    :math:`-\sum_k y_k \ln \mathrm{softmax}(a)_k`. The point :math:`\theta` is
    :math:`(W_1, b_1, W_2, b_2, \ldots)`, each matrix row by row.

    Parameters
    ----------
    dim : int, optional
        Number of parameters. It follows from the other fields, so it may be left out; what is
        given must agree.
    data : str or DataSet
        See :func:`critpoints.landscapes.data.load`.
    width : tuple of int
        Units of the hidden layers, none for a linear model.
    activation : {"tanh", "softplus", "relu", "linear"}
        With ``relu`` the function has kinks (``smooth`` is False): critical points may lie on
        them, and a Hessian says nothing there.
    loss : {"auto", "squared", "cross-entropy"}
        ``auto`` is cross-entropy for classes and squared else.
    decay : float
        Weight decay :math:`\lambda`, on biases too.
    inputs, samples, data_seed
        Arguments of ``load``; without meaning for a ``DataSet``.

    Raises
    ------
    ValueError
        If a name is unknown, a width is not positive, or dim is not the number of parameters.
    ImportError
        Without JAX (when first evaluated) or scikit-learn (for its data sets).
    """

    dim: int = None  # type: ignore[assignment]  # an int once constructed
    data: str | DataSet = "digits"
    width: tuple[int, ...] = (8,)
    activation: str = "tanh"
    loss: str = "auto"
    decay: float = 0.0
    inputs: int | None = None
    samples: int = 500
    data_seed: int = 0

    population = "critical points of a network's loss"
    name = "network-loss"
    version = 1

    def __post_init__(self) -> None:
        width = self.width if isinstance(self.width, (tuple, list)) else (self.width,)
        object.__setattr__(self, "width", tuple(integer("width", w, low=1) for w in width))
        choice("activation", self.activation, ACTIVATIONS)
        choice("loss", self.loss, LOSSES)
        object.__setattr__(self, "decay", real("decay", self.decay, at_least=0))
        if self.loss == "cross-entropy" and not self.set.classes:
            raise ValueError(f"loss cross-entropy needs classes, which {self.data!r} has not")
        count = sum((i + 1) * o for i, o in itertools.pairwise(self.layers))
        if self.dim is not None and integer("dim", self.dim) != count:
            layers = "-".join(map(str, self.layers))
            raise ValueError(f"dim must be {count}, the parameters of {layers}, got {self.dim}")
        object.__setattr__(self, "dim", count)

    @cached_property
    def set(self) -> DataSet:
        """The data."""
        if isinstance(self.data, DataSet):
            return self.data
        return load(self.data, self.inputs, self.samples, self.data_seed)

    @property
    def layers(self) -> tuple[int, ...]:
        """Units of all layers, inputs first."""
        return self.set.inputs.shape[1], *self.width, self.set.targets.shape[1]

    @property
    def smooth(self) -> bool:
        """Whether the loss has two derivatives everywhere."""
        return self.activation != "relu"

    @property
    def domain(self) -> Euclidean:
        """All of space, with the norm of :meth:`initial` points as its reach."""
        return Euclidean(self.dim, float(sum(self.layers[1:])) ** 0.5)

    @property
    def architecture(self) -> tuple[tuple[int, ...], str, str]:
        """Layers, activation and loss: what has to be compiled anew."""
        loss = self.loss
        if loss == "auto":
            loss = "cross-entropy" if self.set.classes else "squared"
        return self.layers, self.activation, loss

    @property
    def arrays(self) -> tuple[FloatArray, FloatArray, float]:
        """Inputs, targets and decay: what compiled functions are given."""
        return self.set.inputs, self.set.targets, self.decay

    def value(self, x: FloatArray) -> FloatArray:
        """Training loss with decay: (m, dim) -> (m,)."""
        return self._rules.value(points(x, self.dim), data=self.arrays)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, dim) -> (m, dim)."""
        return self._rules.gradient(points(x, self.dim), data=self.arrays)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors, at about the cost of two gradients each."""
        return self._rules.hvp(points(x, self.dim), points(v, self.dim), data=self.arrays)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, dim) -> (m, dim, dim).

        Raises
        ------
        MemoryError
            If they would fill more than 2 GiB; :mod:`critpoints.census.spectrum` needs none.
        """
        x = points(x, self.dim)
        needed = 8 * len(x) * self.dim**2
        if needed > _MEMORY:
            raise MemoryError(
                f"{len(x)} Hessians of {self.dim} parameters need {needed:,} bytes, above the "
                f"limit of {_MEMORY:,}: use hvp (critpoints.census.spectrum) or fewer points"
            )
        return self._rules.hessian(x, data=self.arrays)

    def stochastic_gradient(
        self, x: FloatArray, rng: np.random.Generator, batch: int
    ) -> FloatArray:
        """Gradients over minibatches of samples drawn without replacement, one for each point.

        Their mean over the draw is the gradient, decay included.
        """
        x = points(x, self.dim)
        count = len(self.set.inputs)
        batch = integer("batch", batch, low=1, high=count)
        drawn = rng.random((len(x), count)).argpartition(batch - 1, axis=1)[:, :batch]
        return _minibatch(self.architecture)(x, drawn, data=self.arrays)

    def test_loss(self, x: FloatArray) -> FloatArray:
        """Loss over the test samples, without decay: (m,)."""
        held = self.set.test_inputs, self.set.test_targets, 0.0
        return self._rules.value(points(x, self.dim), data=held)

    def test_error(self, x: FloatArray) -> FloatArray:
        """Share of test samples misclassified; of variance unexplained in a regression: (m,)."""
        truth = self.set.test_targets
        out = self.outputs(x, self.set.test_inputs)
        if self.set.classes:
            found: FloatArray = (out.argmax(axis=2) != truth.argmax(axis=1)).mean(axis=1)
            return found
        residual = ((out - truth) ** 2).sum(axis=(1, 2))
        return np.asarray(residual / ((truth - truth.mean(axis=0)) ** 2).sum())

    def outputs(self, x: FloatArray, inputs: FloatArray) -> FloatArray:
        """Last layers: (m, dim), (n, p) -> (m, n, k)."""
        return _outputs(self.architecture)(points(x, self.dim), data=np.asarray(inputs, float))

    def initial(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Points to train from: weights N(0, 1 / fan-in), biases 0 (LeCun et al. 1998)."""
        found = np.zeros((size, self.dim))
        for weights, _, (fan_in, _) in slices(self.layers):
            scale = fan_in**-0.5
            found[:, weights] = scale * rng.standard_normal((size, weights.stop - weights.start))
        return found

    def symmetries(self, x: FloatArray) -> FloatArray:
        """Orthonormal directions in which the loss is constant at one point, (dim,): (k, dim)."""
        return directions(points(x[None], self.dim)[0], *self.architecture, self.decay > 0)

    @property
    def _rules(self) -> Derivatives:
        # The larger of the two sets of samples decides; activations and their derivatives.
        count = max(len(self.set.inputs), len(self.set.test_inputs))
        return _derivatives(self.architecture, self.dim, count.bit_length())


@dataclass(frozen=True)
class Loss:
    """The function of an architecture, in JAX: ``loss(x, (inputs, targets, decay))``."""

    layers: tuple[int, ...]
    activation: str
    loss: str

    def __call__(self, x: Any, data: tuple[Any, Any, Any]) -> Any:
        """Scalar loss at one point."""
        jnp = require("jax.numpy")
        inputs, targets, decay = data
        out = self.outputs(x, inputs)
        if self.loss == "squared":
            each = 0.5 * jnp.sum((out - targets) ** 2, axis=1)
        else:
            each = -jnp.sum(targets * require("jax.nn").log_softmax(out, axis=1), axis=1)
        return jnp.mean(each) + 0.5 * decay * jnp.sum(x**2)

    def outputs(self, x: Any, inputs: Any) -> Any:
        """The last layer: (n, k)."""
        activation, layer = ACTIVATIONS[self.activation], inputs
        for number, (weights, biases, shape) in enumerate(slices(self.layers)):
            layer = activation(layer) if number else layer
            layer = layer @ x[weights].reshape(shape) + x[biases]
        return layer

    def minibatch(self, x: Any, drawn: Any, data: tuple[Any, Any, Any]) -> Any:
        """Gradient over the samples drawn."""
        inputs, targets, decay = data
        return require("jax").grad(self)(x, (inputs[drawn], targets[drawn], decay))


@lru_cache(maxsize=32)
def _derivatives(
    architecture: tuple[tuple[int, ...], str, str], dim: int, magnitude: int
) -> Derivatives:
    # Data sets of like size share what is compiled: magnitude is that of their samples.
    return Derivatives(Loss(*architecture), dim, 2 * sum(architecture[0]) << magnitude)


@lru_cache(maxsize=32)
def _minibatch(architecture: tuple[tuple[int, ...], str, str]) -> Batched:
    return Batched(Loss(*architecture).minibatch)


@lru_cache(maxsize=32)
def _outputs(architecture: tuple[tuple[int, ...], str, str]) -> Batched:
    return Batched(Loss(*architecture).outputs, 256)
