"""A function of one's own as a landscape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from critpoints.domains import Domain
from critpoints.errors import EvaluationError
from critpoints.landscapes.derivatives import check_derivatives, checked_output
from critpoints.protocols import FloatArray, Landscape, hessian_of_products
from critpoints.seeding import stream
from critpoints.validation import integer, real, shown

Function = Callable[..., Any]


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
    check: bool = True,
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
        :meth:`~critpoints.protocols.Landscape.third_bound`. A proof holds them against samples,
        and states them as its ``assumption``.
    rounding : tuple of float, optional
        Bounds of the rounding error of a component of gradient and Hessian.
    euler : int, optional
        The known sum of (-1)^index, if not the domain's: 1 for a function on all of space that
        grows to infinity.
    batched : bool
        False for functions of one point: (ambient,) -> (), (ambient,), (ambient, ambient).
    rng : Generator, optional
        Draws the points of the check; a fixed stream by default.
    check : bool
        Whether to check the derivatives. A function that is not smooth, or dear, may go without.

    Returns
    -------
    CallableLandscape

    Raises
    ------
    ValueError, TypeError
        As by :func:`check_derivatives`; :class:`~critpoints.errors.EvaluationError`, which is a
        ValueError, where a function raises something itself.

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
    if not isinstance(check, bool):
        raise TypeError(f"check must be True or False, got {check!r}")
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
    if check:
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

    @property
    def matrix_free(self) -> bool:
        """Whether ``hvp`` was given."""
        return self.product is not None

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
        return hessian_of_products(self, x)

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
        given = (
            quoted("third_bound", self.third, center, radius) if len(center) else np.zeros(shape)
        )
        found = np.asarray(given)
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


def _called(name: str, function: Function, shape: tuple[int, ...], *batches: Any) -> FloatArray:
    """A function of batches, never called without a point."""
    if not shape[0]:
        return np.zeros(shape)
    return checked_output(name, quoted(name, function, *batches), shape)


def quoted(name: str, function: Function, x: FloatArray, *rest: Any) -> Any:
    """Call a user's function; what it raises is quoted with the point."""
    try:
        return function(x, *rest)
    except Exception as error:  # a stranger's code: anything may be raised
        row = next((k for k in range(len(x)) if _raises(function, k, x, *rest)), None)
        where = f"at x = {shown(x[row or 0])}"
        if row is None:
            where = f"for {len(x)} points at once, the first {where}"
        raise EvaluationError(f"{name} raised {type(error).__name__}: {error}, {where}") from error


def _raises(function: Function, row: int, *batches: Any) -> bool:
    try:
        function(*(batch[row : row + 1] for batch in batches))
    except Exception:
        return True
    return False


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
