"""The check that the derivatives of a function are derivatives, and that its period is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from critpoints.domains import Torus
from critpoints.landscapes.differences import differences, inner, noise, widths
from critpoints.protocols import FloatArray, IntArray, Landscape
from critpoints.validation import shown

_DIRECTIONS = 32  # axes along which differences are taken, at random where there are more
_RELATIVE = 1e-6  # of the largest component of the point: what no derivative is asked to reach
_AS_GOOD = 100.0  # times the least error: differences of one of these steps must agree
_WHOLE = 512  # dimension up to which a Hessian is looked at as a matrix
_SEAM = 2.0**-30  # distance from the seam of a torus, in periods


def check_derivatives(landscape: Landscape, rng: np.random.Generator, points: int = 4) -> None:
    """Hold gradient and Hessian against central differences at random points of the domain.

    A component counts as wrong if it differs, for all steps whose error is near the least, by
    more than 1e-6 of the largest of its point, the error of the difference and its own noise
    (:mod:`~critpoints.landscapes.differences`). None of these depends on the units of the function
    or of its domain. On a torus value and gradient must be the same on both sides of the seam.

    Along 32 axes at most. Beyond dimension 512 a landscape with Hessian-vector products of its own
    is checked by these alone, in memory in proportion to the dimension.

    Raises
    ------
    TypeError
        If an output is complex, in single precision, or no array of numbers.
    ValueError
        If an output has the wrong shape or is not finite, the gradient is not the derivative of
        the value, the Hessian not that of the gradient, ``hvp`` not the Hessian's product, or
        the function not periodic on a torus. The message names the point, the component, what was
        given, and what differences give with their error.
    """
    domain = landscape.domain
    for count in (1, points):
        x = inner(domain, domain.sample(rng, count))
        _finite("value", checked_output("value", landscape.value(x), (count,)), x)
        gradient = checked_output("gradient", landscape.gradient(x), x.shape)
        _finite("gradient", gradient, x)
    axes = np.arange(domain.dim)
    if domain.dim > _DIRECTIONS:
        axes = np.sort(rng.choice(axes, _DIRECTIONS, replace=False))
    frame = domain.frame(x, axes)
    own = noise(landscape.gradient, domain, x, rng)
    error = noise(landscape.value, domain, x, rng)
    found = [differences(landscape.value, domain, x, d, error) for d in np.moveaxis(frame, 2, 0)]
    stated = np.einsum("mai,ma->mi", frame, gradient)
    own_along = np.einsum("mai,ma->mi", np.abs(frame), own)
    what = "gradient is not the derivative of value"
    _compare_differences(what, x, stated, found, own_along, axes)
    _compare("gradient is not tangent", x, gradient, domain.tangent(x, gradient), own)
    if isinstance(domain, Torus):
        _check_seam(landscape, x, axes, error, own)
    if landscape.second_order:
        _check_hessian(landscape, x, axes, own, rng)


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
    landscape: Landscape,
    x: FloatArray,
    axes: IntArray,
    error: FloatArray,
    rng: np.random.Generator,
) -> None:
    domain = landscape.domain
    frame = domain.frame(x, axes)
    v, w = (domain.tangent(x, u) for u in rng.standard_normal((2, *x.shape)))
    if landscape.matrix_free and domain.dim > _WHOLE:
        columns = [_product(landscape, x, d) for d in np.moveaxis(frame, 2, 0)]
        own = _noise_of_products(landscape, x, v, rng)
        _compare_products(landscape, x, v, w, own)
    else:
        shape = (*x.shape, x.shape[1])
        whole = _finite("hessian", checked_output("hessian", landscape.hessian(x), shape), x)
        columns = list(np.moveaxis(whole @ frame, 2, 0))
        own = _noise_of_products(landscape, x, v, rng)
        rough = own[:, :, None] + own[:, None, :]
        _compare("hessian is not symmetric", x, whole, whole.swapaxes(1, 2), rough)
        product, along = _product(landscape, x, v), np.einsum("mij,mj->mi", whole, v)
        _compare("hvp is not hessian times vector", x, product, along, own)
        _compare("hessian is not tangent", x, product, domain.tangent(x, product), own)
    for k, axis in enumerate(axes):
        bends, doubt = differences(landscape.gradient, domain, x, frame[:, :, k], error)
        bends = np.stack([domain.tangent(x, b) for b in bends])
        what = "hessian is not the derivative of gradient"
        _compare_differences(what, x, columns[k], [(bends, doubt)], own, column=int(axis))


def _product(landscape: Landscape, x: FloatArray, v: FloatArray) -> FloatArray:
    return _finite("hvp", checked_output("hvp", landscape.hvp(x, v), x.shape), x)


def _noise_of_products(
    landscape: Landscape, x: FloatArray, v: FloatArray, rng: np.random.Generator
) -> FloatArray:
    domain = landscape.domain
    return noise(lambda y: _product(landscape, y, domain.tangent(y, v)), domain, x, rng)


def _compare_products(
    landscape: Landscape, x: FloatArray, v: FloatArray, w: FloatArray, own: FloatArray
) -> None:
    """Symmetry without a matrix: w·Hv must be v·Hw."""
    image = _product(landscape, x, v)
    along = np.einsum("mi,mi->m", w, image)
    across = np.einsum("mi,mi->m", v, _product(landscape, x, w))
    size = np.linalg.norm(w, axis=1) * np.linalg.norm(image, axis=1)
    allowed = _RELATIVE * size + np.einsum("mi,mi->m", np.abs(w), own)
    gap = np.abs(along - across) > allowed
    if gap.any():
        row = int(gap.argmax())
        raise ValueError(
            f"hvp is not symmetric: at x = {shown(x[row])} w·Hv is {along[row]:.10g}, but v·Hw "
            f"is {across[row]:.10g}"
        )


def _check_seam(
    landscape: Landscape, x: FloatArray, axes: IntArray, error: FloatArray, own: FloatArray
) -> None:
    """Compare the seam along each axis with a period further, and with just before that."""
    length = float(widths(landscape.domain)[0])
    slope = float(np.abs(landscape.gradient(x)).max())
    swing = max(float(np.ptp(landscape.value(x))), slope * length)
    kinds = (
        ("value", landscape.value, swing, error),
        ("gradient", landscape.gradient, slope, own),
    )
    for axis in axes:
        for end in (length, length * (1 - _SEAM)):
            here, there = x.copy(), x.copy()
            here[:, axis], there[:, axis] = 0.0, end
            for name, function, size, rough in kinds:
                _compare_sides(name, function, here, there, size, rough)


def _compare_sides(
    name: str,
    function: Callable[[FloatArray], FloatArray],
    here: FloatArray,
    there: FloatArray,
    size: float,
    rough: FloatArray,
) -> None:
    one, two = function(here), function(there)
    allowed = 4 * _RELATIVE * size + rough + 64 * np.finfo(float).eps * np.abs(one)
    bad = ~(np.abs(one - two) <= allowed).reshape(len(here), -1).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"domain must be a period of the function, but {name} is {one[row]} at x = "
            f"{shown(here[row])} and {two[row]} across the seam at x = {shown(there[row])}"
        )


def _compare_differences(
    fault: str,
    x: FloatArray,
    stated: FloatArray,
    found: list[tuple[FloatArray, FloatArray]],
    own: FloatArray,
    axes: IntArray | None = None,
    column: int | None = None,
) -> None:
    """Raise if a component stated agrees with no difference of a suitable step.

    ``found`` holds differences and errors with a first axis for steps: one component each, or all
    components of a column of the Hessian.
    """
    if column is None:
        slopes, doubts = (np.stack([f[k] for f in found], axis=-1) for k in (0, 1))
    else:
        ((slopes, doubts),) = found
    least = doubts.min(axis=0)
    best = np.take_along_axis(slopes, doubts.argmin(axis=0)[None], axis=0)[0]
    known = np.where(np.isfinite(least), np.abs(best), 0.0)
    largest = known.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        allowed = doubts + own + _RELATIVE * largest
        agrees = (np.abs(stated - slopes) <= allowed) & (doubts <= _AS_GOOD * least)
    wrong = ~agrees.any(axis=0) & np.isfinite(least)
    if not wrong.any():
        return
    excess = np.where(wrong, np.abs(stated - best), -np.inf)
    row, at = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), excess.shape)
    place = (int(at), column) if axes is None else int(axes[at])
    raise ValueError(
        f"{fault}: at x = {shown(x[row])} component {place} is given as {stated[row, at]:.10g}, "
        f"but differences give {best[row, at]:.10g} ± {least[row, at]:.1g}"
    )


def _compare(
    fault: str, x: FloatArray, stated: FloatArray, other: FloatArray, error: FloatArray
) -> None:
    """Raise if two ways to one thing differ; the worst component is named."""
    largest = np.abs(other).max(axis=tuple(range(1, other.ndim)), keepdims=True)
    excess = np.abs(stated - other) - error - _RELATIVE * largest
    if (excess <= 0).all():
        return
    worst = np.argmax(np.where(np.isnan(excess), np.inf, excess))
    at = tuple(int(i) for i in np.unravel_index(worst, excess.shape))
    place = at[1] if len(at) == 2 else at[1:]
    raise ValueError(
        f"{fault}: at x = {shown(x[at[0]])} component {place} is {stated[at]:.10g} one way and "
        f"{other[at]:.10g} the other"
    )


def _finite(name: str, found: FloatArray, x: FloatArray) -> FloatArray:
    bad = ~np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{name} must be finite, got {found[row]} at x = {shown(x[row])}")
    return found
