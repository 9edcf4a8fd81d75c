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
_RELATIVE_UP_TO = 100  # four seconds: beyond, the Pfaffian
_INTEGRATED_UP_TO = 12  # four seconds: beyond, what is drowned is bounded
_RESOLVED = 1e-4  # a relative accuracy that is worse is improved on, where that is affordable


@dataclass(frozen=True)
class Population:
    """The laws of one name: `count` of one dimension, `laws` and `minima` of many."""

    parameters: dict[str, Any]  # with defaults; None where there is none
    laws: Callable[..., list[Exact]]
    minima: Callable[..., list[Exact]]
    law_up_to: float = math.inf
    minimum_up_to: float = math.inf
    count: Callable[..., Exact] | None = None
    asymptotic: Callable[..., float | None] | None = None


def exact(log: Array, like: Exact) -> Exact:
    """Other logarithms, found in the same way and as well."""
    return Exact(log, like.method, like.accuracy, like.accuracy_kind, drowned=like.drowned)


def _separate(found: Exact) -> list[Exact]:
    return [exact(found.log[i : i + 1], found) for i in range(found.log.size)]


def _each(law: Callable[..., Exact]) -> Callable[..., list[Exact]]:
    """Laws of many dimensions, one after another."""
    return lambda dims, **parameters: [law(dim, **parameters) for dim in dims]


def _with_ends(found: Exact, first: Callable[[], Exact], last: Callable[[], Exact]) -> Exact:
    """Relative accuracy at both ends; what is drowned in the absolute error between is said so."""
    total = np.logaddexp.reduce(found.log)
    drowned = ~(found.log > total + math.log(found.accuracy))
    log = np.where(drowned, -math.inf, found.log)
    if min(log[0], log[-1]) > total + math.log(_BULK):
        return exact(log, found)
    log[0], log[-1] = first().log[-1], last().log[-1]
    drowned[0] = drowned[-1] = False
    method = f"{found.method}; ends: pivot recursion"
    return Exact(log, method, found.accuracy, "absolute", drowned=drowned)


def _resolved(found: Exact, relative: Callable[[], Exact]) -> Exact:
    """The same with relative accuracy at every index, where that is both needed and affordable."""
    inside = found.log[1:-1]
    low = np.logaddexp.reduce(found.log) + math.log(found.accuracy / _RESOLVED)
    if found.log.size - 1 > _INTEGRATED_UP_TO or not (inside < low).any():
        return found
    return relative()


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


def _gaussian_laws(dims: Sequence[int], beta: float) -> list[Exact]:
    beta = validation.real("beta", beta, above=0)
    near = [dim for dim in dims if dim <= _RELATIVE_UP_TO or beta not in (1.0, 2.0)]
    found = pivots.log_index_laws(max(near), beta=beta) if near else []
    return [found[dim - 1] if dim in near else _far_gaussian_law(dim, beta) for dim in dims]


def _far_gaussian_law(dim: int, beta: float) -> Exact:
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

    def relative() -> Exact:
        measure = kac_rice.log_relative_measure(dim, 0.0, variance, weighted=weighted)
        total = kac_rice.log_total(dim, 0.0, variance) if weighted else 0.0
        return exact(measure.log - total, measure)

    found = field.log_index_law(dim, variance=variance, weighted=weighted)
    return _resolved(_mirror_symmetric(found, end), relative)


def _shifted_minima(dims: Sequence[int], variance: float, weighted: bool) -> list[Exact]:
    return _separate(field.log_minimum(list(dims), variance=variance, weighted=weighted))


def _goi_law(dim: int, variance: float) -> Exact:
    if validation.real("variance", variance, at_least=0) == 0:
        return _gaussian_laws([dim], 1.0)[0]
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
    found = _mirror_symmetric(spin.log_counts(dim, p), lambda: spin.log_minima([dim], p))
    return _resolved(found, lambda: spin.log_relative_counts(dim, p))


def _confined_count(dim: int, mass: float) -> Exact:
    found = _with_ends(
        confined.log_counts(dim, mass),
        lambda: confined.log_minima(dim, mass),
        lambda: confined.log_maxima(dim, mass),
    )
    return _resolved(found, lambda: confined.log_relative_counts(dim, mass))


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
        _each(_independent_law),
        _independent_minima,
    ),
    "gaussian": Population(
        {"beta": 1.0}, _gaussian_laws, _gaussian_minima, 100, 1000, asymptotic=_gaussian_asymptotic
    ),
    "wishart": Population({}, _each(_wishart_law), _wishart_minima),
    "goi": Population({"variance": None}, _each(_goi_law), _goi_minima, *_INTEGRATED),
    "isotropic": Population(
        {"at": "critical"},
        _each(_isotropic_law),
        _isotropic_minima,
        *_INTEGRATED,
        asymptotic=_isotropic_asymptotic,
    ),
    "spin-glass": Population(
        {"p": 3}, _each(_spin_law), _spin_minima, *_INTEGRATED, count=_spin_count
    ),
    "confined": Population(
        {"mass": None},
        _each(_confined_law),
        _confined_minima,
        *_INTEGRATED,
        count=_confined_count,
    ),
}
