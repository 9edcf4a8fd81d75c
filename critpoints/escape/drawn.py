"""Random functions, started at saddles of their own that a census has found."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from critpoints import refs
from critpoints.census import Census, census
from critpoints.domains import Domain
from critpoints.escape.problem import DOWN, Problem, Saddle, leaving
from critpoints.landscapes import LANDSCAPES, SphericalSpin, TorusPolynomial
from critpoints.optimizers.exits import Drop, Exit
from critpoints.protocols import Landscape, RandomField
from critpoints.validation import integer, real

_DRAWS, _STARTS, _CELLS = 20, 50, 50_000
_KEPT = 64
_RECENT: dict[tuple[DrawnProblem, str], tuple[Saddle, Any]] = {}
"""Saddles by problem and state of the stream, with the state after the draw."""


@dataclass(frozen=True)
class DrawnProblem(Problem):
    """A critical point of a random function that is no minimum: one of those found, at random.

    A census of the function lists all of them where it is cheap to prove that it does, up to
    dimension 3 or so, and those that 50 starts lead to otherwise. Runs are out nine tenths of the
    way down to the highest of the lower minima found: below that every way down leads. The 32 runs
    of a batch share function and saddle.

    Attributes
    ----------
    proven : bool
        Whether the saddle must be certified: not on a sphere, where the census has no proof.
    """

    random: ClassVar[bool] = True
    batch = 32
    proven: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.field()

    @abstractmethod
    def field(self) -> RandomField:
        """The law of the function."""

    def exit(self, found: Census, chosen: int) -> Exit | None:
        """The exit from a point of a census; None where it does not say where the way down ends."""
        lower = found.values[(found.index == 0) & ~found.degenerate]
        here = float(found.values[chosen])
        lower = lower[lower < here]
        return Drop(DOWN * (here - float(lower.max())), here) if lower.size else None

    def saddle(self, rng: np.random.Generator) -> Saddle:
        """Draw a function, find its critical points, choose one with a negative curvature.

        Optimizers that are compared share their streams, and so the same census again and again:
        the last ones are remembered.

        Raises
        ------
        ValueError
            If 20 functions in a row show none.
        """
        source = rng.bit_generator
        if not isinstance(source, np.random.PCG64DXSM):
            return self._drawn(rng)
        key = (self, repr(source.state))
        known = _RECENT.get(key)
        if known is None:
            known = _RECENT[key] = self._drawn(rng), source.state
            if len(_RECENT) > _KEPT:
                _RECENT.pop(next(iter(_RECENT)), None)
        saddle, source.state = known
        return saddle

    def _drawn(self, rng: np.random.Generator) -> Saddle:
        for _ in range(_DRAWS):
            landscape: Landscape = self.field().sample(rng)
            seed = int(rng.integers(2**63))
            found = census(landscape, seed=seed, starts=_STARTS, max_cells=_CELLS, audit=False)
            fit = found.certified if self.proven else ~found.degenerate
            good = np.flatnonzero(fit & ~found.degenerate & (found.index > 0))
            if good.size:
                chosen = int(rng.choice(good))
                exit_ = self.exit(found, chosen)
                if exit_ is not None:
                    return Saddle(landscape, found.points[chosen], exit_)
        raise ValueError(f"no saddle found in {_DRAWS} draws of {self.field()!r}")


@dataclass(frozen=True)
class RandomProblem(DrawnProblem):
    """A saddle of a random trigonometric polynomial on the torus.

    Parameters
    ----------
    dim : int
    width : float
        In units of length; periods are 2π.
    degree : int
    """

    degree: int = 2

    population = "runs from saddles of random torus polynomials"
    name = "random"
    version = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "degree", integer("degree", self.degree, low=1))
        super().__post_init__()

    def field(self) -> TorusPolynomial:
        """Of that degree."""
        return TorusPolynomial(self.dim, degree=self.degree)


@dataclass(frozen=True)
class SpinProblem(DrawnProblem):
    """A saddle of the spherical p-spin model, found by Newton's method and not certified.

    Parameters
    ----------
    dim : int
        Dimension of the sphere, of radius 1.
    width : float
    p : {2, 3, 4}
    """

    p: int = 3

    population = "runs from saddles of the spherical p-spin"
    name = "spin"
    version = 2
    proven: ClassVar[bool] = False

    def field(self) -> SphericalSpin:
        """With these p."""
        return SphericalSpin(self.dim, self.p)


@dataclass(frozen=True)
class FunctionProblem(DrawnProblem):
    """A saddle of a function of the user's own, or of functions drawn from a law of theirs.

    What ``critpoints escape --problem mine:Loss`` starts from, where ``Loss`` is a landscape. Runs
    are out at ``radius`` along the negative eigenspace: a function of the user's need not have a
    minimum.

    Parameters
    ----------
    dim : int
    width, radius : float
        In the units of the function.
    law : Landscape or RandomField
        Hashable, as a frozen dataclass is. It needs second derivatives; to start optimizers from
        a known saddle of a function without, use :func:`from_saddle`.

    Raises
    ------
    TypeError
        If ``law`` is not of this kind.
    """

    radius: float = 0.2
    law: Landscape | RandomField | None = None

    population = "runs from saddles of a user's own function"
    proven: ClassVar[bool] = False

    def __post_init__(self) -> None:
        law = self.law
        if not isinstance(law, Landscape | RandomField):
            raise TypeError(f"law must be a Landscape or a RandomField, got {law!r}")
        if type(law).__hash__ is None:
            raise TypeError(f"law must be hashable, a frozen dataclass: got {law!r}")
        if isinstance(law, Landscape) and not law.second_order:
            raise TypeError(
                f"{type(law).__name__} has neither hessian nor hvp, by which its saddles are found"
            )
        super().__post_init__()
        object.__setattr__(self, "radius", real("radius", self.radius, above=0))
        if self.dim != law.dim:
            raise ValueError(f"dim must be {law.dim}, got {self.dim}")

    def exit(self, found: Census, chosen: int) -> Exit:
        """At ``radius``."""
        return leaving(found.landscape, found.points[chosen], self.radius)

    @property
    def label(self) -> str:
        """The reference of the law."""
        return refs.describe(self.law, LANDSCAPES)

    def field(self) -> RandomField:
        """The law, or one that always draws the function."""
        return self.law if isinstance(self.law, RandomField) else _Always(self.dim, self.law)


@dataclass(frozen=True)
class _Always(RandomField):
    """The law of one function."""

    dim: int
    function: Any

    @property
    def domain(self) -> Domain:
        found: Domain = self.function.domain
        return found

    def sample(self, rng: np.random.Generator) -> Landscape:
        """The function."""
        found: Landscape = self.function
        return found
