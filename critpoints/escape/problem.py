"""What an escape problem must be: a saddle, starts near it, and when a run has left.

Examples
--------
A problem of one's own is a class with one method:

>>> from dataclasses import dataclass
>>> import numpy as np
>>> from critpoints.escape import Problem, Saddle
>>> from critpoints.landscapes import DoubleWell
>>> from critpoints.optimizers import Drop
>>> @dataclass(frozen=True)
... class Top(Problem):
...     '''From the top between the wells.'''
...     name, version = "top", 1
...     def saddle(self, rng):
...         wells = DoubleWell(self.dim)
...         top = np.zeros(self.dim)
...         return Saddle(wells, top, Drop(0.1, float(wells.value(top[None])[0])))
>>> Top(2, width=0.1).width
0.1
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from critpoints.optimizers.exits import Distance, Drop, Exit
from critpoints.optimizers.spectral import eigen
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import integer, real


@dataclass(frozen=True, eq=False)
class Saddle:
    """Where runs start, and when they have left.

    Attributes
    ----------
    landscape : Landscape
    point : ndarray, shape (ambient,)
        A critical point that is no minimum.
    exit : Exit or sequence of Exit
        A run has escaped when the first of them is reached.
    """

    landscape: Landscape
    point: FloatArray
    exit: Exit | Sequence[Exit]

    @property
    def value(self) -> float:
        """f at the saddle."""
        return value_at(self.landscape, self.point)


@dataclass(frozen=True)
class Problem(ABC):
    r"""Runs that start around a saddle at :math:`x_0 = x_s + \xi`, ξ normal.

    Subclasses are frozen dataclasses; a user writes ``saddle``.

    Attributes
    ----------
    dim : int
        Dimension of the Hessian.
    width : float
        Standard deviation of each coordinate of ξ (of its tangent part on a curved domain); with
        0 every run starts on the saddle itself.
    name, version : str and int, or None
        As for an :class:`~critpoints.protocols.Ensemble`. Raise ``version`` when starts, the
        landscape or the exit change.
    population : str
        Whose escape times these are.
    batch : int
        Runs that share one call of ``saddle``. Where saddles are random, only these groups are
        independent, and intervals count them.
    bound : float
        A run with ‖x‖ > bound has diverged.
    """

    dim: int
    width: float = 1e-3

    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None
    random: ClassVar[bool] = False
    bound: ClassVar[float] = 1e12

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", integer("dim", self.dim, low=1))
        object.__setattr__(self, "width", real("width", self.width, at_least=0))

    @property
    def population(self) -> str:
        """Whose escape times these are; a class attribute serves as well."""
        return "runs from a user-defined saddle"

    @property
    def batch(self) -> int:
        """Runs that share one call of ``saddle``; a class attribute serves as well."""
        return batch_size(self.dim)

    @property
    def label(self) -> str | None:
        """How records call the problem if its reference would not do."""
        return None

    @property
    def tol(self) -> float:
        """Gradients below this count as zero: 1e-8, and well below those of the starts."""
        return 1e-8 * (min(self.width, 1.0) or 1.0)

    @abstractmethod
    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The saddle, drawn where it is random."""

    def start(self, saddle: Saddle, rng: np.random.Generator, runs: int) -> FloatArray:
        """Starting points: shape (runs, ambient).

        Raises
        ------
        ValueError
            If some lie outside the domain.
        """
        domain = saddle.landscape.domain
        centre = np.tile(saddle.point, (runs, 1))
        push = self.width * rng.standard_normal(centre.shape)
        x = centre if self.width == 0 else domain.retract(centre, domain.tangent(centre, push))
        if not domain.contains(x).all():
            raise ValueError(f"width must keep starts inside the domain, got {self.width:g}")
        return x

    def exact_law(self) -> dict[str, Any] | None:
        """Curvatures, width and radius if the problem is a quadratic that theory knows, or None."""
        return None


@dataclass(frozen=True)
class SaddleProblem(Problem):
    """Runs from a given saddle of a given function; see :func:`from_saddle`.

    Parameters
    ----------
    dim : int
    width : float
    landscape : Landscape
    point : tuple of float
    radius, drop : float, optional
    """

    landscape: Landscape | None = None
    point: tuple[float, ...] = ()
    radius: float | None = None
    drop: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.landscape, Landscape):
            raise TypeError(f"landscape must be a Landscape, got {self.landscape!r}")
        if self.dim != self.landscape.dim:
            raise ValueError(f"dim must be {self.landscape.dim}, got {self.dim}")
        if self.radius is None and self.drop is None:
            raise ValueError(
                "radius and drop are both None: one is needed to say when a run has left"
            )
        for name, value in (("radius", self.radius), ("drop", self.drop)):
            if value is not None:
                real(name, value, above=0)
        point = tuple(real("point", c) for c in self.point)
        object.__setattr__(self, "point", point)
        ambient = self.landscape.domain.ambient
        if len(point) != ambient:
            raise ValueError(f"point must have {ambient} coordinates, got {len(point)}")
        if not self.landscape.domain.contains(np.array([point])).all():
            raise ValueError(f"point must lie in the domain, got {point}")

    @property
    def population(self) -> str:
        return "runs from a saddle of one function"

    @property
    def label(self) -> str:
        """The class of the landscape."""
        return f"from_saddle:{type(self.landscape).__name__}"

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """The one that was given."""
        if self.landscape is None:  # never: checked above
            raise TypeError("landscape must be a Landscape, got None")
        point = np.array(self.point)
        exits: list[Exit] = []
        if self.radius is not None:
            exits.append(leaving(self.landscape, point, self.radius))
        if self.drop is not None:
            exits.append(Drop(self.drop, value_at(self.landscape, point)))
        return Saddle(self.landscape, point, tuple(exits))


def from_saddle(
    landscape: Landscape,
    point: ArrayLike,
    *,
    width: float = 1e-3,
    radius: float | None = None,
    drop: float | None = None,
) -> SaddleProblem:
    """Make a problem from any function and one of its saddles; kept in memory only.

    Parameters
    ----------
    landscape : Landscape
    point : array_like, shape (ambient,)
        The saddle, such as a point of a :class:`~critpoints.census.Census`.
    width : float
        Of the starts around it.
    radius : float, optional
        A run has left at this distance along the negative eigenspace (in any direction, if there
        is no Hessian).
    drop : float, optional
        A run has left this far below f(point). Of both exits the first counts.

    Returns
    -------
    SaddleProblem
        Of the landscape's dimension; it starts around the point, at distances of about ``width``.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or neither ``radius`` nor ``drop`` is given: the scale of
        a function is not known from its values.

    Examples
    --------
    >>> from critpoints import escapes, from_saddle
    >>> from critpoints.landscapes import DoubleWell
    >>> top = from_saddle(DoubleWell(2), [0, 0], drop=0.1)
    >>> escapes(top, None, ["gd:lr=.1"], runs=100)["escaped"].tolist()
    [100]
    """
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape must be a Landscape, got {landscape!r}")
    given = np.asarray(point, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"point must be one point, got shape {given.shape}")
    return SaddleProblem(landscape.dim, width, landscape, tuple(given.tolist()), radius, drop)


def leaving(landscape: Landscape, point: FloatArray, radius: float) -> Distance:
    """Exit at a distance along the negative eigenspace; in any direction without a Hessian.

    Raises
    ------
    ValueError
        If no curvature is negative.
    """
    if not landscape.second_order:
        return Distance(radius, point)
    values, vectors = eigen(landscape, point[None])
    negative = values[0] < 0
    if not negative.any():
        raise ValueError(f"point must have a negative curvature, got {values[0].tolist()}")
    return Distance(radius, point, vectors[0][:, negative])


def batch_size(dim: int) -> int:
    """256 runs, or 32 where a step of a second-order method takes seconds."""
    return 256 if dim <= 128 else 32


def value_at(landscape: Landscape, point: FloatArray) -> float:
    """f at one point."""
    return float(landscape.value(point[None])[0])
