"""What an ensemble must be. Read this first; then write your own in 20 lines.

A user writes one method, ``sample``. Everything else is derived from it and may be overridden by
an equal law that is faster. ``tests/conformance`` holds every ensemble to this contract.

Examples
--------
>>> from dataclasses import dataclass
>>> import numpy as np
>>> from critpoints import Ensemble
>>> @dataclass(frozen=True)
... class Stiff(Ensemble):
...     '''Diagonal matrices with one soft direction.'''
...     dim: int
...     population = "stiff toy"
...     name, version = "stiff", 1
...     def sample(self, rng, size):
...         h = np.zeros((size, self.dim, self.dim))
...         h[:, range(self.dim), range(self.dim)] = 1.0
...         h[:, 0, 0] = rng.standard_normal(size)
...         return h
>>> Stiff(3).sample_index(np.random.default_rng(0), 4).shape
(4,)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from critpoints import inertia
from critpoints.domains import Domain
from critpoints.errors import UnreliableEstimateError
from critpoints.estimate import Estimate
from critpoints.rule import Rule, Stop
from critpoints.tally import Prefix, Tally

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Ensemble(ABC):
    """The law of a random real symmetric (or complex Hermitian) matrix: a Hessian.

    Subclasses are frozen dataclasses whose first field is ``dim``.

    Attributes
    ----------
    dim : int
        Dimension of the Hessian.
    population : str
        Whose Hessians these are; the same matrix law gives different answers for different
        populations, so every result states it.
    name, version : str and int, or None
        Together with the fields they are the identity of the law. Raise ``version`` when the
        stream of numbers drawn changes. Without them results are kept in memory only.
    kac_rice : bool
        True if the population is the critical points of a field: each sample then counts with
        weight ``|det H|`` (Kac-Rice).
    """

    dim: int
    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None

    @property
    def population(self) -> str:
        """Whose Hessians these are; a class attribute serves as well."""
        return "user-defined"

    @property
    def kac_rice(self) -> bool:
        """Whether a sample counts with weight ``|det H|``; a class attribute serves as well."""
        return False

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Draw ``size`` independent matrices: shape (size, dim, dim)."""

    def sample_index(self, rng: np.random.Generator, size: int) -> IntArray:
        """Draw indices, ``dim + 1`` for a degenerate matrix: shape (size,)."""
        return inertia.index(self.checked_sample(rng, size))

    def sample_minimum(self, rng: np.random.Generator, size: int) -> BoolArray:
        """Draw the events "all eigenvalues are positive": shape (size,)."""
        return inertia.is_minimum(self.checked_sample(rng, size))

    def index_weights(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Draw log-weights of each bin (0..dim, degenerate last): shape (size, dim + 2).

        The population's index law is ``E exp(w_k) / sum_j E exp(w_j)``. By default a sample puts
        its whole weight, 1 or ``|det H|``, on its own index.
        """
        bins, log_det = inertia.index_and_log_det(self.checked_sample(rng, size))
        weights = np.full((size, self.dim + 2), -np.inf)
        weights[np.arange(size), bins] = log_det if self.kac_rice else 0.0
        return weights

    def exact_law(self) -> tuple[str, dict[str, Any]] | None:
        """Name and parameters under which ``critpoints.theory`` knows this law, or None."""
        return None

    @property
    def normals(self) -> int | None:
        """How many standard normals make one matrix in :meth:`from_normals`; None if none do."""
        return None

    def from_normals(self, z: FloatArray) -> FloatArray:
        """Matrices as a map of standard normals, (size, normals) -> (size, dim, dim).

        Optional; splitting needs it.
        """
        raise TypeError(f"{type(self).__name__} has no from_normals")

    def sample_row(self, rng: np.random.Generator, i: int, size: int) -> FloatArray:
        """Entries (i, 0..i) of ``size`` matrices, independent of all rows before: (size, i + 1).

        Optional; grown matrices need it.
        """
        raise TypeError(f"{type(self).__name__} has no sample_row")

    def checked_sample(self, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """``sample``, refused with :class:`~critpoints.errors.InvalidBatchError` if malformed."""
        return inertia.checked(self.sample(rng, size), self.dim, size)

    def overrides(self, method: str) -> bool:
        """Whether this law has its own, faster version of a derived method."""
        return getattr(type(self), method) is not getattr(Ensemble, method)


class Source(Protocol):
    """What is sampled: anything with a dimension, an identity and a population."""

    name: ClassVar[str | None]
    version: ClassVar[int | None]

    @property
    def dim(self) -> int:
        """Its dimension."""

    @property
    def population(self) -> str:
        """Whose numbers these are."""


@dataclass(frozen=True)
class Estimator(ABC):
    """What is asked of a source: outcomes of single samples, folded into a tally, then judged.

    Everything after ``tally`` is a pure function of stored numbers. No estimator knows the exact
    answer: agreement with theory is evidence. Its fields are settings, and part of the identity
    of the data.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def method(self) -> str:
        """The word for this method in records."""

    @abstractmethod
    def rows(self, source: Any, rng: np.random.Generator, size: int) -> NDArray[Any]:
        """Outcome of each sample of a batch, first axis ``size``."""

    @abstractmethod
    def fold(self, rows: NDArray[Any], dim: int) -> Tally:
        """Sum outcomes into a tally."""

    @abstractmethod
    def stop(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> Stop | None:
        """Where ``rule`` is met by the batches so far, or None; a pure function of them."""

    @abstractmethod
    def remaining(self, prefix: Prefix, size: int, dim: int, rule: Rule) -> float:
        """Predicted number of batches still needed, ``inf`` if nothing is known."""

    @abstractmethod
    def estimate(self, tally: Tally, rule: Rule) -> list[Estimate]:
        """The answers.

        ``tally`` must end where ``rule`` says, or at a sample that does not depend on what was
        drawn (when time ran out).
        """

    @abstractmethod
    def batch_size(self, dim: int) -> int:
        """Samples per batch."""

    def tally(self, source: Any, rng: np.random.Generator, size: int) -> Tally:
        """Draw one batch and fold it."""
        return self.fold(self.rows(source, rng, size), source.dim)

    def preview(self, tally: Tally, rule: Rule) -> Estimate:
        """The estimate of a run under way: never refused, only shown."""
        try:
            return max(self.estimate(tally, rule), key=lambda e: e.log_value)
        except UnreliableEstimateError as refused:
            found: Estimate = refused.estimate
            return found

    def cut(self, rows: NDArray[Any], stop: Stop) -> NDArray[Any]:
        """The part of a replayed batch that ``stop`` asks for."""
        return rows if stop.samples is None else rows[: stop.samples]

    @property
    def storable(self) -> bool:
        """Whether its settings say all that decides its numbers."""
        return True

    def settings(self) -> dict[str, Any]:
        """What identifies the data that this estimator stores."""
        return {"name": self.name, **{f.name: getattr(self, f.name) for f in fields(self)}}

    def stream_settings(self) -> dict[str, Any]:
        """What of the settings decides the random stream: estimators alike in it share draws."""
        return self.settings()


class Landscape(ABC):
    """One real function on a domain, all methods on batches of points of shape (m, ambient).

    A user writes ``dim``, ``domain``, ``value``, ``gradient`` and one of ``hessian`` and ``hvp``.
    On a curved domain gradient and Hessian are the Riemannian ones in ambient coordinates: the
    gradient is tangent, the Hessian an ambient matrix that maps tangent vectors to tangent
    vectors.

    Attributes
    ----------
    dim : int
        Dimension of the domain, and of the Hessian.
    domain : Domain
    name, version : str and int, or None
        As for an :class:`Ensemble`.
    """

    dim: int
    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None

    @property
    def population(self) -> str:
        """Whose critical points these are; a class attribute serves as well."""
        return "critical points of one function"

    @property
    @abstractmethod
    def domain(self) -> Domain:
        """Where the function lives."""

    @property
    def euler(self) -> int | None:
        r"""What :math:`\sum (-1)^{index}` over all critical points is known to be, or None.

        On a closed domain its Euler characteristic. On a box the points on the boundary count
        too. On all of space 1 for a function that grows to infinity; say so by overriding this.
        """
        return self.domain.euler

    @abstractmethod
    def value(self, x: FloatArray) -> FloatArray:
        """Values: (m, ambient) -> (m,)."""

    @abstractmethod
    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients: (m, ambient) -> (m, ambient)."""

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians: (m, ambient) -> (m, ambient, ambient); by default a column a ``hvp``."""
        if type(self).hvp is Landscape.hvp:
            raise TypeError(f"{type(self).__name__} has neither hessian nor hvp")
        return hessian_of_products(self, x)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors: (m, ambient), (m, ambient) -> (m, ambient)."""
        if type(self).hessian is Landscape.hessian:
            raise TypeError(f"{type(self).__name__} has neither hessian nor hvp")
        found: FloatArray = np.einsum("mij,mj->mi", self.hessian(x), v)
        return found

    def derivatives(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and Hessian; override where they share work."""
        return self.gradient(x), self.hessian(x)

    @property
    def second_order(self) -> bool:
        """Whether there is a Hessian, whole or by products."""
        own = type(self)
        return own.hessian is not Landscape.hessian or own.hvp is not Landscape.hvp

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray | None:
        r"""Bounds of the third derivatives over the boxes ``center`` ± ``radius``, or None.

        Each of :math:`|\partial_i\partial_j\partial_k f|`: broadcastable to (m, dim, dim, dim).
        """
        return None

    @property
    def matrix_free(self) -> bool:
        """Whether :meth:`hvp` does without the whole Hessian."""
        return type(self).hvp is not Landscape.hvp

    @property
    def bounds_proven(self) -> bool:
        """Whether ``third_bound`` and ``rounding`` are proven; a class attribute serves as well.

        Otherwise whatever is proven by them states them as its ``assumption``. A subclass that
        overrides what they bound must say anew whether they are.
        """
        return False

    def expansion(
        self, center: FloatArray, radius: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        r"""Gradient and Hessian at the centres of boxes, and how far they carry.

        The third result bounds :math:`|H(c+\delta) - H(c)|_{ij}` over the box, the fourth
        :math:`|g(c+\delta) - g(c) - H(c)\delta|_i`: shapes (m, dim), (m, dim, dim), (m, dim, dim),
        (m, dim). By default from :meth:`third_bound`; override it where more is known.
        """
        gradient, hessian = self.derivatives(center)
        third = np.broadcast_to(
            np.asarray(self.third_bound(center, radius)), (*hessian.shape, self.dim)
        )
        bend = np.einsum("mijk,mk->mij", third, radius)
        return gradient, hessian, bend, np.einsum("mij,mj->mi", bend, radius) / 2

    def rounding(self) -> tuple[float, float] | None:
        """Bounds of the rounding error of any component of gradient and Hessian, or None."""
        return None

    def normalised(self) -> tuple[Landscape, int, int] | None:
        r"""An equal function of a size near 1, :math:`g(y) = 2^{-h} f(2^l y)`, with l and h.

        None, by default: what needs numbers near 1 then scales the arguments and the results of
        this one. Override it where the formula itself underflows or overflows.
        """
        return None

    def lagrangian(self, x: FloatArray) -> tuple[Landscape, FloatArray] | None:
        r"""On a curved domain: a function on flat space that stands for this one, and its points.

        Its coordinates are those of ``x`` and k multipliers: shape (m, ambient + k) with
        ambient = dim + k. Above every critical point there is exactly one of the new function, of
        an index larger by k and degenerate if the other is; as functions of the point multipliers
        have Lipschitz constants of at most 2 / :math:`\sqrt k`. None, by default, if none is known.
        """
        return None

    def images(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """Where known symmetries take points: arrays of the shape of ``x``, none by default.

        Each takes critical points, and no others, to critical points.
        """
        return ()

    def sample(self, rng: np.random.Generator) -> Landscape:
        """Itself: a fixed function is a law that always draws the same."""
        return self


def hessian_of_products(landscape: Landscape, x: FloatArray) -> FloatArray:
    """Hessians, a column a product: (m, ambient) -> (m, ambient, ambient)."""
    found = np.empty((*x.shape, x.shape[1]))
    for k in range(x.shape[1]):
        axis = np.zeros_like(x)
        axis[:, k] = 1.0
        found[:, :, k] = landscape.hvp(x, axis)
    return found


class RandomField(ABC):
    """The law of a random function: ``sample`` draws one.

    Subclasses are frozen dataclasses whose first field is ``dim``.
    """

    dim: int
    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None

    @property
    def population(self) -> str:
        """Whose critical points these are; a class attribute serves as well."""
        return "critical points of a random function"

    @property
    @abstractmethod
    def domain(self) -> Domain:
        """Where the functions live."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Landscape:
        """Draw one function."""


@dataclass(frozen=True, eq=False)
class State:
    """Where a batch of runs is: a value, of which every array has first axis ``runs``.

    Attributes
    ----------
    x, gradient : ndarray, shape (runs, ambient)
        Points, and the gradients there.
    step : int
        Steps taken.
    gradients, products : ndarray of int, shape (runs,)
        Gradients and Hessian-vector products used; a whole Hessian counts ``dim`` products.
    slots : mapping of str to ndarray, shape (runs, ...)
        What the rule remembers: velocities, accumulators.
    """

    x: FloatArray
    gradient: FloatArray
    step: int
    gradients: IntArray
    products: IntArray
    slots: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.x)

    def take(self, which: NDArray[Any]) -> State:
        """The runs that a mask or indices select, as copies."""
        return State(
            self.x[which],
            self.gradient[which],
            self.step,
            self.gradients[which],
            self.products[which],
            {name: slot[which] for name, slot in self.slots.items()},
        )

    def copy(self) -> State:
        """The same state in arrays of its own."""
        return self.take(np.arange(len(self)))

    def moved(
        self, landscape: Landscape, displacement: FloatArray, *, products: int = 0, **slots: Any
    ) -> State:
        """The state a step later: moved, with the gradient there and new values of ``slots``.

        The displacement is made tangent. ``products`` is what the step has cost in
        Hessian-vector products.

        Raises
        ------
        ValueError
            If the displacement has not the shape of ``x``: it is never broadcast.
        """
        if np.shape(displacement) != self.x.shape:
            raise ValueError(
                f"displacement must have the shape of x, {self.x.shape}, "
                f"got {np.shape(displacement)}"
            )
        x = landscape.domain.retract(self.x, landscape.domain.tangent(self.x, displacement))
        return State(
            x,
            landscape.gradient(x),
            self.step + 1,
            self.gradients + 1,
            self.products + products,
            {**self.slots, **slots},
        )


class Optimizer(ABC):
    """An update rule. Subclasses are frozen dataclasses whose fields are its hyper-parameters.

    A user writes ``step``; what it remembers goes into ``slots``, zeros at the start:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class SignDescent(Optimizer):
    ...     '''Signs of an averaged gradient: θ ← θ − lr sign(m), m ← βm + (1−β)g.'''
    ...     lr: float = 0.01
    ...     beta: float = 0.9
    ...     name, version = "sign", 1
    ...     slots = ("m",)
    ...     def step(self, landscape, state, rng):
    ...         m = self.beta * state.slots["m"] + (1 - self.beta) * state.gradient
    ...         return state.moved(landscape, -self.lr * np.sign(m), m=m)
    >>> SignDescent(beta=0.5)
    SignDescent(lr=0.01, beta=0.5)

    Attributes
    ----------
    name, version : str and int, or None
        As for an :class:`Ensemble`.
    order : int
        1 if it needs gradients, 2 if it needs Hessians or products with them too.
    slots : tuple of str
        Slots of the shape of ``x`` that are zero at the start.
    """

    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None
    order: ClassVar[int] = 1
    slots: ClassVar[tuple[str, ...]] = ()

    @property
    def restless(self) -> bool:
        """Whether it can leave a critical point that it is on: by noise, by the curvature there."""
        return False

    def init(self, landscape: Landscape, x: FloatArray) -> State:
        """The state before the first step, at points ``x`` of shape (runs, ambient).

        Raises
        ------
        TypeError
            If the rule needs second derivatives that the landscape has not.
        ValueError
            If ``x`` or the gradient there has the wrong shape.
        """
        if self.order > 1 and not landscape.second_order:
            raise TypeError(
                f"{self.name or type(self).__name__} needs second derivatives, "
                f"and {type(landscape).__name__} has neither hessian nor hvp"
            )
        x = np.array(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != landscape.domain.ambient:
            raise ValueError(f"x must have shape (runs, {landscape.domain.ambient}), got {x.shape}")
        gradient = np.array(landscape.gradient(x), dtype=np.float64)
        if gradient.shape != x.shape:
            raise ValueError(f"gradient must have the shape of x, {x.shape}, got {gradient.shape}")
        runs, none = len(x), np.zeros(len(x), dtype=np.int64)
        zeros = {name: np.zeros((runs, x.shape[1])) for name in self.slots}
        return State(x, gradient, 0, none + 1, none, zeros)

    @abstractmethod
    def step(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """The state a step later; ``state`` itself is left as it is."""

    def iterate(self, landscape: Landscape, state: State) -> FloatArray:
        """The points θ of the runs, at which exits are timed: shape (runs, ambient).

        ``state.x`` unless the rule takes its gradients elsewhere, as Nesterov's method does.
        """
        return state.x

    def advance(self, landscape: Landscape, state: State, rng: np.random.Generator) -> State:
        """As ``step``, but free to use the arrays of ``state`` as scratch: what the loop calls."""
        return self.step(landscape, state, rng)
