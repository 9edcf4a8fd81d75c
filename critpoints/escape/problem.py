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

from critpoints.curvature import eigen
from critpoints.optimizers.exits import Distance, Exit
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import integer, real

DOWN = 0.9
"""Where the way down ends, a run is out when f has fallen by this share of it.

Nearer to the saddle a rule whose step has the length of its rate would be out at its first step
if the rate is large, wherever that leads; this far down it must have settled.
"""


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
    tol, bound : float
        When a run is at rest, and when it has diverged: as for :func:`~critpoints.optimizers.run`.
    """

    dim: int
    width: float = 1e-3

    name: ClassVar[str | None] = None
    version: ClassVar[int | None] = None
    random: ClassVar[bool] = False
    tol: ClassVar[float] = 1e-8
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


def leaving(
    landscape: Landscape, point: FloatArray, radius: float, *, anywhere: bool = False
) -> Distance:
    """Exit at a distance along the negative eigenspace; in any direction without a Hessian.

    Raises
    ------
    ValueError
        If no curvature is negative, unless ``anywhere``: in any direction then.
    """
    if not landscape.second_order:
        return Distance(radius, point)
    values, vectors = eigen(landscape, point[None])
    negative = values[0] < 0
    if not negative.any():
        if anywhere:
            return Distance(radius, point)
        raise ValueError(f"point must have a negative curvature, got {values[0].tolist()}")
    return Distance(radius, point, vectors[0][:, negative])


def batch_size(dim: int) -> int:
    """256 runs, or 32 where a step of a second-order method takes seconds."""
    return 256 if dim <= 128 else 32


def value_at(landscape: Landscape, point: FloatArray) -> float:
    """f at one point."""
    return float(landscape.value(point[None])[0])
