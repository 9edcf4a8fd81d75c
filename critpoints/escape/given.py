"""Saddles of a user's own functions, given by their coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from critpoints.curvature import curvature, gradient_rounding
from critpoints.escape.problem import Problem, Saddle, leaving, value_at
from critpoints.lengths import lengths
from critpoints.optimizers.exits import Drop, Exit
from critpoints.protocols import FloatArray, Landscape
from critpoints.validation import real

_SHARE = 0.1  # of the gradients of the starts that the gradient at a saddle may have
_ULPS = 10.0


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
    force : bool
        Whether a point that is not a saddle will do.
    """

    landscape: Landscape | None = None
    point: tuple[float, ...] = ()
    radius: float | None = None
    drop: float | None = None
    force: bool = False

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
        if not isinstance(self.force, bool):
            raise TypeError(f"force must be true or false, got {self.force!r}")
        if not self.force:
            check_saddle(self.landscape, np.array([point]), self.width)

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
            exits.append(leaving(self.landscape, point, self.radius, anywhere=self.force))
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
    force: bool = False,
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
    force : bool
        Take the point though it is not critical or has no negative curvature, as a degenerate
        saddle has none: runs then leave by the slope, or not at all.

    Returns
    -------
    SaddleProblem
        Of the landscape's dimension; it starts around the point, at distances of about ``width``.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or neither ``radius`` nor ``drop`` is given: the scale of
        a function is not known from its values. Unless forced, if the point is no saddle: where
        ‖∇f‖ is more than a tenth of what it is at distances of ``width``, or no eigenvalue of the
        Hessian is negative beyond doubt (:mod:`critpoints.curvature`).

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
    return SaddleProblem(
        landscape.dim, width, landscape, tuple(given.tolist()), radius, drop, force
    )


def check_saddle(landscape: Landscape, point: FloatArray, width: float) -> None:
    """Refuse a point, (1, ambient), that is not critical or has no negative curvature.

    Critical is relative: Newton's step from there is at most a tenth of ``width``, or the gradient
    is within ten times its rounding. Without a Hessian the gradient is compared with what it
    changes by over ``width`` along the axes, in the median, and nothing is known of curvatures.

    Raises
    ------
    ValueError
        The message names ‖∇f‖ and what is allowed, or the smallest eigenvalue and its doubt.
    """
    gradient = landscape.gradient(point)
    size = float(lengths(gradient)[0])
    allowed = _allowed(landscape, point, gradient, width)
    if not size <= allowed:
        raise ValueError(
            f"point must be critical: |∇f| = {size:.3g} there, and at most {allowed:.3g} is "
            f"allowed, a tenth of the gradients at distances of width = {width:g}; force=True "
            "starts from it nevertheless"
        )
    if not landscape.second_order:
        return
    seen = curvature(landscape, point, gradient)
    if not seen.negative[0]:
        raise ValueError(
            f"point must have a negative curvature, and the smallest is {seen.values[0, 0]:.3g}, "
            f"not below −{seen.doubt[0, 0]:.3g}, within which it cannot be told from zero; "
            "force=True starts from it nevertheless"
        )


def _allowed(landscape: Landscape, point: FloatArray, gradient: FloatArray, width: float) -> float:
    """The largest gradient that a critical point may have."""
    size = float(lengths(gradient)[0])
    rounding = _ULPS * float(gradient_rounding(landscape, point, gradient)[0])
    if landscape.second_order:
        seen = curvature(landscape, point, gradient)
        step = float(lengths(seen.newton)[0])
        near = size * _SHARE * width / step if step > 0 else 0.0
        return max(near, _ULPS * float(seen.rounding[0]))
    domain = landscape.domain
    axes = width * np.concatenate([np.eye(domain.ambient), -np.eye(domain.ambient)])
    centre = np.tile(point, (len(axes), 1))
    around = landscape.gradient(domain.retract(centre, domain.tangent(centre, axes)))
    return max(_SHARE * float(np.median(lengths(around - gradient))), rounding)
