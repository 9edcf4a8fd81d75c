"""How each named population computes its law; `critpoints.theory.laws` is the door."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints import validation
from critpoints.theory import asymptotic, confined, field, kac_rice, pfaffian, pivots, product
from critpoints.theory import spin_glass as spin
from critpoints.theory.result import Exact

Array = NDArray[np.float64]
_ROUNDING = 1e-14
_BULK = 0.01  # an end that is larger has relative accuracy already
_RELATIVE_UP_TO = 20  # a tenth of a second: beyond, the Pfaffian


@dataclass(frozen=True)
class Population:
    """The laws of one name: `law` and `count` of one dimension, `minima` of many."""

    parameters: dict[str, Any]  # with defaults; None where there is none
    law: Callable[..., Exact]
    minima: Callable[..., list[Exact]]
    law_up_to: float = math.inf
    minimum_up_to: float = math.inf
    count: Callable[..., Exact] | None = None
    asymptotic: Callable[..., float | None] | None = None


def exact(log: Array, like: Exact) -> Exact:
    """Other logarithms, found in the same way and as well."""
    return Exact(log, like.method, like.accuracy, like.accuracy_kind)


def _separate(found: Exact) -> list[Exact]:
    return [exact(found.log[i : i + 1], found) for i in range(found.log.size)]


def _with_ends(found: Exact, first: Callable[[], Exact], last: Callable[[], Exact]) -> Exact:
    """Relative accuracy at both ends; what is drowned in the absolute error between is zero."""
    total = np.logaddexp.reduce(found.log)
    log = np.where(found.log > total + math.log(found.accuracy), found.log, -math.inf)
    if min(log[0], log[-1]) > total + math.log(_BULK):
        return exact(log, found)
    log[0], log[-1] = first().log[-1], last().log[-1]
    return Exact(log, f"{found.method}; ends: pivot recursion", found.accuracy, "absolute")


def _mirror_symmetric(found: Exact, end: Callable[[], Exact]) -> Exact:
    return _with_ends(found, end, end)


def _closed(log: Array) -> Exact:
    return Exact(log, "closed form", _ROUNDING, "relative")


def _independent_law(dim: int, **axis: float) -> Exact:
    return _closed(product.log_index_law(dim, **axis))


def _independent_minima(dims: Sequence[int], **axis: float) -> list[Exact]:
    return [_closed(np.array([product.log_minimum(dim, **axis)])) for dim in dims]


def _wishart_law(dim: int) -> Exact:
    return _closed(np.where(np.arange(dim + 2) == 0, 0.0, -math.inf))


def _wishart_minima(dims: Sequence[int]) -> list[Exact]:
    return [_closed(np.zeros(1)) for _ in dims]


def _gaussian_law(dim: int, beta: float) -> Exact:
    beta = validation.real("beta", beta, above=0)
    if dim <= _RELATIVE_UP_TO or beta not in (1.0, 2.0):
        return pivots.log_index_law(dim, beta=beta)
    found = pfaffian.index_law(dim, beta=int(beta))
    return _mirror_symmetric(found, lambda: pivots.log_minimum(dim, beta=beta))


def _gaussian_minima(dims: Sequence[int], beta: float) -> list[Exact]:
    beta = validation.real("beta", beta, above=0)
    found = pivots.log_minimum(max(dims), beta=beta)
    return _separate(exact(found.log[np.asarray(dims) - 1], found))


def _gaussian_asymptotic(dim: int, beta: float) -> float | None:
    if beta == 1 and dim >= asymptotic.GAUSSIAN_FROM:
        return asymptotic.log_minimum_gaussian(dim)
    if beta != 1 and dim >= asymptotic.LEADING_FROM:
        return asymptotic.log_minimum_leading(dim, beta)
    return None


def _shifted_law(dim: int, variance: float, weighted: bool) -> Exact:
    def end() -> Exact:
        return field.log_minimum([dim], variance=variance, weighted=weighted)

    found = field.log_index_law(dim, variance=variance, weighted=weighted)
    return _mirror_symmetric(found, end)


def _shifted_minima(dims: Sequence[int], variance: float, weighted: bool) -> list[Exact]:
    return _separate(field.log_minimum(list(dims), variance=variance, weighted=weighted))


def _goi_law(dim: int, variance: float) -> Exact:
    if validation.real("variance", variance, at_least=0) == 0:
        return _gaussian_law(dim, 1.0)
    return _shifted_law(dim, variance, False)


def _goi_minima(dims: Sequence[int], variance: float) -> list[Exact]:
    return _shifted_minima(dims, variance, False)


def _isotropic_law(dim: int, at: str) -> Exact:
    return _shifted_law(dim, field.HALF, _at_critical(at))


def _isotropic_minima(dims: Sequence[int], at: str) -> list[Exact]:
    return _shifted_minima(dims, field.HALF, _at_critical(at))


def _isotropic_asymptotic(dim: int, at: str) -> float | None:
    if _at_critical(at) and dim >= asymptotic.ISOTROPIC_FROM:
        return asymptotic.log_minimum_isotropic(dim)
    return None


def _at_critical(at: str) -> bool:
    return validation.choice("at", at, ("critical", "fixed")) == "critical"


def _spin_law(dim: int, p: int) -> Exact:
    return _shifted_law(dim, spin.variance(p), True)


def _spin_minima(dims: Sequence[int], p: int) -> list[Exact]:
    return _shifted_minima(dims, spin.variance(p), True)


def _spin_count(dim: int, p: int) -> Exact:
    return _mirror_symmetric(spin.log_counts(dim, p), lambda: spin.log_minima([dim], p))


def _confined_count(dim: int, mass: float) -> Exact:
    return _with_ends(
        confined.log_counts(dim, mass),
        lambda: confined.log_minima(dim, mass),
        lambda: confined.log_maxima(dim, mass),
    )


def _confined_law(dim: int, mass: float) -> Exact:
    found = _confined_count(dim, mass)
    return exact(found.log - confined.log_total(dim, mass), found)


def _confined_minima(dims: Sequence[int], mass: float) -> list[Exact]:
    found = [confined.log_minima(dim, mass) for dim in dims]
    return [
        exact(one.log - confined.log_total(dim, mass), one)
        for dim, one in zip(dims, found, strict=True)
    ]


_INTEGRATED = kac_rice.LAW_UP_TO, kac_rice.MINIMUM_UP_TO

POPULATIONS: dict[str, Population] = {
    "independent": Population(
        {"minimum": product.THIRD, "maximum": product.THIRD, "inflection": product.THIRD},
        _independent_law,
        _independent_minima,
    ),
    "gaussian": Population(
        {"beta": 1.0}, _gaussian_law, _gaussian_minima, 100, 1000, asymptotic=_gaussian_asymptotic
    ),
    "wishart": Population({}, _wishart_law, _wishart_minima),
    "goi": Population({"variance": None}, _goi_law, _goi_minima, *_INTEGRATED),
    "isotropic": Population(
        {"at": "critical"},
        _isotropic_law,
        _isotropic_minima,
        *_INTEGRATED,
        asymptotic=_isotropic_asymptotic,
    ),
    "spin-glass": Population({"p": 3}, _spin_law, _spin_minima, *_INTEGRATED, count=_spin_count),
    "confined": Population(
        {"mass": None}, _confined_law, _confined_minima, *_INTEGRATED, count=_confined_count
    ),
}
