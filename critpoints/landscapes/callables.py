"""A function of one's own as a landscape, and the check that its derivatives are derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from critpoints.domains import Box, Domain, Euclidean, Sphere, Torus
from critpoints.protocols import FloatArray, IntArray, Landscape
from critpoints.seeding import stream
from critpoints.validation import integer, real

Function = Callable[..., Any]
_STEPS = (1e-4, 1e-6)  # of a unit of length; the smaller serves waves shorter than the larger
_DIRECTIONS = 32  # axes along which differences are taken, at random where there are more
_RELATIVE = 1e-6  # of the largest component: what is smaller is not told from rounding


def from_callables(
    f: Function,
    grad: Function,
    hess: Function | None = None,
    *,
    domain: Domain,
    hvp: Function | None = None,
    third_bound: Function | None = None,
    rounding: tuple[float, float] | None = None,
    euler: int | None = None,
    batched: bool = True,
    rng: np.random.Generator | None = None,
) -> CallableLandscape:
    """A landscape from functions, checked at random points of the domain.

    Parameters
    ----------
    f, grad : callable
        Values (m, ambient) -> (m,) and gradients (m, ambient) -> (m, ambient).
    hess : callable, optional
        Hessians (m, ambient) -> (m, ambient, ambient).
    domain : Domain
        On a sphere gradient and Hessian are the Riemannian ones in ambient coordinates.
    hvp : callable, optional
        Hessians times vectors, (m, ambient), (m, ambient) -> (m, ambient).
    third_bound : callable, optional
        Bounds of the third derivatives over boxes, see
        :meth:`~critpoints.protocols.Landscape.third_bound`. They are taken on trust.
    rounding : tuple of float, optional
        Bounds of the rounding error of a component of gradient and Hessian.
    euler : int, optional
        The known sum of (-1)^index, if not the domain's: 1 for a function on all of space that
        grows to infinity.
    batched : bool
        False for functions of one point: (ambient,) -> (), (ambient,), (ambient, ambient).
    rng : Generator, optional
        Draws the points of the check; a fixed stream by default.

    Returns
    -------
    CallableLandscape

    Raises
    ------
    ValueError, TypeError
        As by :func:`check_derivatives`.

    Examples
    --------
    >>> import numpy as np
    >>> from critpoints.domains import Box
    >>> well = from_callables(
    ...     lambda x: x @ x / 2, lambda x: x, lambda x: np.eye(2), domain=Box(2), batched=False
    ... )
    >>> well.hessian(np.zeros((3, 2))).shape
    (3, 2, 2)
    """
    if not isinstance(domain, Domain):
        raise TypeError(f"domain must be a domain, got {domain!r}")
    functions = {"f": f, "grad": grad, "hess": hess, "hvp": hvp, "third_bound": third_bound}
    for name, function in functions.items():
        if not (callable(function) or (function is None and name not in ("f", "grad"))):
            raise TypeError(f"{name} must be a function, got {function!r}")
    if not isinstance(batched, bool):
        raise TypeError(f"batched must be True or False, got {batched!r}")
    if not (rng is None or isinstance(rng, np.random.Generator)):
        raise TypeError(f"rng must be a numpy.random.Generator, got {rng!r}")
    one = (lambda g: g) if batched else _mapped
    found = CallableLandscape(
        domain,
        one(f),
        one(grad),
        hess and one(hess),
        hvp and one(hvp),
        third_bound and one(third_bound),
        _checked_rounding(rounding),
        None if euler is None else integer("euler", euler),
    )
    check_derivatives(found, rng or stream("from_callables"))
    return found


@dataclass(frozen=True, eq=False)
class CallableLandscape(Landscape):
    """What :func:`from_callables` makes: functions of batches on a domain."""

    on: Domain
    f: Function
    grad: Function
    hess: Function | None
    product: Function | None
    third: Function | None
    errors: tuple[float, float] | None
    index_sum: int | None
    dim: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dim", self.on.dim)

    @property
    def domain(self) -> Domain:
        return self.on

    @property
    def euler(self) -> int | None:
        """As given, else the domain's."""
        return self.on.euler if self.index_sum is None else self.index_sum

    @property
    def second_order(self) -> bool:
        """Whether ``hess`` or ``hvp`` was given."""
        return self.hess is not None or self.product is not None

    def value(self, x: FloatArray) -> FloatArray:
        """Values, their shape checked."""
        return _called("value", self.f, (len(x),), x)

    def gradient(self, x: FloatArray) -> FloatArray:
        """Gradients, their shape checked."""
        return _called("gradient", self.grad, x.shape, x)

    def hessian(self, x: FloatArray) -> FloatArray:
        """Hessians, their shape checked; a column a product if only ``hvp`` was given."""
        if self.hess is not None:
            return _called("hessian", self.hess, (*x.shape, x.shape[1]), x)
        columns = [self.hvp(x, np.broadcast_to(e, x.shape)) for e in np.eye(x.shape[1])]
        return np.stack(columns, axis=2)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Hessians times vectors."""
        if self.product is not None:
            return _called("hvp", self.product, x.shape, x, v)
        if self.hess is None:
            raise TypeError("hess or hvp must be given where a Hessian is needed")
        return np.asarray(np.einsum("mij,mj->mi", self.hessian(x), v))

    def third_bound(self, center: FloatArray, radius: FloatArray) -> FloatArray | None:
        """As given, or None."""
        if self.third is None:
            return None
        radius = np.broadcast_to(radius, center.shape)
        shape = (len(center), *(self.dim,) * 3)
        found = np.asarray(self.third(center, radius) if len(center) else np.zeros(shape))
        if found.dtype.kind not in "iuf":
            raise TypeError(f"third_bound must return real numbers, got {found.dtype}")
        try:
            found = np.broadcast_to(found.astype(float), shape)
        except ValueError:
            raise ValueError(
                f"third_bound of {len(center)} boxes must fit the shape {shape}, got {found.shape}"
            ) from None
        if not (found >= 0).all():
            raise ValueError("third_bound must not be negative or NaN")
        return found

    def rounding(self) -> tuple[float, float] | None:
        """As given, or None."""
        return self.errors


def check_derivatives(landscape: Landscape, rng: np.random.Generator, points: int = 4) -> None:
    """Hold gradient and Hessian against central differences at random points of the domain.

    A component counts as wrong if it differs by more than 1e-6 of the largest of its point, plus
    what the two step sizes differ by and the rounding of the differences.

    Raises
    ------
    TypeError
        If an output is complex, in single precision, or no array of numbers.
    ValueError
        If an output has the wrong shape or is not finite, the gradient is not the derivative of
        the value, the Hessian not that of the gradient, or ``hvp`` not the Hessian's product. The
        message names the point, the component and both numbers.
    """
    domain = landscape.domain
    for count in (1, points):
        x = _inner(domain, domain.sample(rng, count))
        value = _finite("value", checked_output("value", landscape.value(x), (count,)), x)
        gradient = checked_output("gradient", landscape.gradient(x), x.shape)
        _finite("gradient", gradient, x)
    axes = np.arange(domain.dim)
    if domain.dim > _DIRECTIONS:
        axes = np.sort(rng.choice(axes, _DIRECTIONS, replace=False))
    basis = domain.basis(x)[:, :, axes]
    slopes, error = _differences(landscape.value, domain, x, basis, np.abs(value).max())
    stated = np.einsum("mai,ma->mi", basis, gradient)
    _compare("gradient is not the derivative of value", x, stated, slopes, error, axes)
    _compare("gradient is not tangent", x, gradient, domain.tangent(x, gradient))
    if landscape.second_order:
        _check_hessian(landscape, x, axes, rng)


def checked_output(name: str, found: Any, shape: tuple[int, ...]) -> FloatArray:
    """A function's output as float64 of the shape wanted, else TypeError or ValueError."""
    result = np.asarray(found)
    if result.dtype.kind not in "iuf":
        raise TypeError(f"{name} must return real numbers, got {result.dtype}")
    if result.dtype.kind == "f" and result.dtype.itemsize < 8:
        raise TypeError(f"{name} must return double precision, got {result.dtype}")
    if result.shape != shape:
        raise ValueError(
            f"{name} of {shape[0]} points must have shape {shape}, got {result.shape}; "
            "a function of one point needs batched=False"
        )
    return result.astype(float, copy=False)


def _check_hessian(
    landscape: Landscape, x: FloatArray, axes: IntArray, rng: np.random.Generator
) -> None:
    domain, basis = landscape.domain, landscape.domain.basis(x)
    shape = (*x.shape, x.shape[1])
    whole = _finite("hessian", checked_output("hessian", landscape.hessian(x), shape), x)
    stated = basis.swapaxes(1, 2) @ whole @ basis
    _compare("hessian is not symmetric", x, stated, stated.swapaxes(1, 2))
    size = np.abs(landscape.gradient(x)).max()
    bends, error = _differences(landscape.gradient, domain, x, basis[:, :, axes], size)
    bends, error = basis.swapaxes(1, 2) @ bends, np.abs(basis).swapaxes(1, 2) @ error
    _compare("hessian is not the derivative of gradient", x, stated[:, :, axes], bends, error, axes)
    v = np.einsum("mai,mi->ma", basis, rng.standard_normal((len(x), domain.dim)))
    product = checked_output("hvp", landscape.hvp(x, v), x.shape)
    _compare("hvp is not hessian times vector", x, product, np.einsum("mij,mj->mi", whole, v))
    _compare("hessian is not tangent", x, product, domain.tangent(x, product))


def _differences(
    function: Callable[[FloatArray], FloatArray],
    domain: Domain,
    x: FloatArray,
    basis: FloatArray,
    size: float,
) -> tuple[FloatArray, FloatArray]:
    """Derivatives along basis vectors, last axis, and bounds of their errors.

    Of each component the better of two pairs of steps: the difference of a pair, extrapolated,
    bounds its truncation, and the size of the function its rounding.
    """

    def central(h: float) -> FloatArray:
        moves = h * np.moveaxis(basis, 2, 0)
        ends = [function(domain.retract(x, s)) - function(domain.retract(x, -s)) for s in moves]
        return np.stack(ends, axis=-1) / (2 * h)

    found, error = np.zeros(()), np.array(np.inf)
    for step in _STEPS:
        h = step * _unit(domain)
        coarse, fine = central(h), central(h / 2)
        doubt = np.abs(fine - coarse) + 100 * np.finfo(float).eps * size / h
        found = np.where(doubt < error, (4 * fine - coarse) / 3, found)
        error = np.minimum(doubt, error)
    return found, error


def _compare(
    fault: str,
    x: FloatArray,
    stated: FloatArray,
    wanted: FloatArray,
    error: FloatArray | float = 0.0,
    axes: IntArray | None = None,
) -> None:
    """Raise if a component stated is not the one wanted; the worst is named.

    ``axes`` says which components the last axis holds, if not all.
    """
    largest = np.abs(wanted).max(axis=tuple(range(1, wanted.ndim)), keepdims=True)
    excess = np.abs(stated - wanted) - error - _RELATIVE * largest - 1e-13
    if (excess <= 0).all():
        return
    worst = np.argmax(np.where(np.isnan(excess), np.inf, excess))
    at = tuple(int(i) for i in np.unravel_index(worst, excess.shape))
    place = at[1:] if axes is None else (*at[1:-1], int(axes[at[-1]]))
    raise ValueError(
        f"{fault}: at x = {x[at[0]]} component {place[0] if len(place) == 1 else place} "
        f"is {stated[at]:.10g}, but should be {wanted[at]:.10g}"
    )


def _finite(name: str, found: FloatArray, x: FloatArray) -> FloatArray:
    bad = ~np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{name} must be finite, got {found[row]} at x = {x[row]}")
    return found


def _inner(domain: Domain, x: FloatArray) -> FloatArray:
    """Points moved off the boundary of a box, so that differences stay inside."""
    if not isinstance(domain, Box):
        return x
    low, high = domain.ends
    return np.clip(x, low + 0.01 * (high - low), high - 0.01 * (high - low))


def _unit(domain: Domain) -> float:
    """A length within the domain, at most 1."""
    if isinstance(domain, Box):
        low, high = domain.ends
        return min(1.0, float((high - low).min()))
    size = {Torus: "length", Sphere: "radius", Euclidean: "reach"}.get(type(domain))
    return min(1.0, getattr(domain, size)) if size else 1.0


def _called(name: str, function: Function, shape: tuple[int, ...], *batches: Any) -> FloatArray:
    """A function of batches, never called without a point."""
    return checked_output(name, function(*batches), shape) if shape[0] else np.zeros(shape)


def _checked_rounding(given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TypeError(f"rounding must be two numbers, got {given!r}")
    of_gradient, of_hessian = (real("rounding", bound, at_least=0) for bound in given)
    return of_gradient, of_hessian


def _mapped(function: Function) -> Function:
    """A function of one point as one of a batch."""

    def rows(*batches: FloatArray) -> Any:
        return np.array([function(*row) for row in zip(*batches, strict=True)])

    return rows
