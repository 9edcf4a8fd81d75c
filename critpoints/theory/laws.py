"""The door: exact laws and asymptotics by the name of a population.

A population is what its name and parameters say; the dimension is that of the Hessian.

=============  ===============================  ==================================================
name           parameters (defaults)            population
=============  ===============================  ==================================================
independent    minimum, maximum, inflection     axes that decide independently (one third each)
gaussian       beta (1)                         beta-Hermite: GOE, GUE, GSE for 1, 2, 4
wishart        none                             positive definite: index 0
goi            variance (required)              GOE + xi I, xi ~ N(0, c), at a fixed point
isotropic      at ("critical")                  Hessian of an isotropic Gaussian field at its
                                                critical points or at a "fixed" point
spin-glass     p (3)                            critical points of the spherical pure p-spin
confined       mass (required)                  critical points of a confined field
=============  ===============================  ==================================================

Probabilities of a minimum have relative accuracy at any depth. An index law has it where that
is affordable (the Gaussian ensembles up to d = 100, integrals over a shift up to d = 12); elsewhere
it is absolute but for its two ends, and what lies below is marked as drowned: -inf with a bound,
never zero.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from critpoints import validation
from critpoints.errors import RangeWarning
from critpoints.theory._populations import POPULATIONS, Population, exact
from critpoints.theory.result import Exact

NAMES = tuple(POPULATIONS)


def index_law(name: str, dim: int, **parameters: Any) -> Exact:
    """Log probabilities of index 0..d and, last, of a degenerate Hessian.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    dim : int
        d, at least 1.
    **parameters
        Those of the population.

    Returns
    -------
    Exact
        Shape (d + 2,).

    Raises
    ------
    ValueError
        For an unknown name or parameter, or a parameter out of range.
    AccuracyError
        If an evaluation fails its own checks.

    Warns
    -----
    RangeWarning
        If the dimension is beyond the range in which the law has been verified.
    """
    return index_laws(name, [dim], **parameters)[0]


def index_laws(name: str, dims: Sequence[int], **parameters: Any) -> list[Exact]:
    """`index_law` in several dimensions, in one pass where the recursion allows it.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    dims : sequence of int
        Each at least 1.
    **parameters
        Those of the population.

    Returns
    -------
    list of Exact
        One a dimension, shape (d + 2,). Errors and warnings are those of `index_law`.
    """
    population, parameters = _resolve(name, parameters)
    checked = [_dimension(name, dim, population.law_up_to, "index law") for dim in dims]
    found = population.laws(checked, **parameters) if checked else []
    return [_certain(_padded(law, dim)) for law, dim in zip(found, checked, strict=True)]


def minimum(name: str, dim: int, **parameters: Any) -> Exact:
    """Log probability of a minimum, with relative accuracy; shape (1,).

    Parameters, errors and warnings as in `index_law`.

    Returns
    -------
    Exact
        Log probability, and relative accuracy at any depth.
    """
    return minima(name, [dim], **parameters)[0]


def minima(name: str, dims: Sequence[int], **parameters: Any) -> list[Exact]:
    """`minimum` in several dimensions, in one pass where the recursion allows it.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    dims : sequence of int
        Each at least 1.
    **parameters
        Those of the population.

    Returns
    -------
    list of Exact
        One a dimension, shape (1,). Errors and warnings are those of `index_law`.
    """
    population, parameters = _resolve(name, parameters)
    checked = [_dimension(name, dim, population.minimum_up_to, "minimum") for dim in dims]
    found = population.minima(checked, **parameters) if checked else []
    return [_certain(one) for one in found]


def count(name: str, dim: int, **parameters: Any) -> Exact | None:
    """Log expected numbers of critical points of index 0..d (last: degenerate, none).

    Parameters, errors and warnings as in `index_law`.

    Returns
    -------
    Exact or None
        Shape (d + 2,); None for a population that is not the critical points of one function.
    """
    population, parameters = _resolve(name, parameters)
    if population.count is None:
        return None
    dim = _dimension(name, dim, population.law_up_to, "expected count")
    return _padded(population.count(dim, **parameters), dim)


def asymptotic(name: str, dim: int, **parameters: Any) -> float | None:
    """Asymptotic log probability of a minimum.

    Parameters and errors as in `index_law`.

    Returns
    -------
    float or None
        None where no formula is known, or where the dimension is below its stated range.
    """
    population, parameters = _resolve(name, parameters)
    dim = validation.integer("dim", dim, 1)
    return population.asymptotic(dim, **parameters) if population.asymptotic else None


def _resolve(name: str, given: dict[str, Any]) -> tuple[Population, dict[str, Any]]:
    """The population and all its parameters, every one named and present."""
    population = POPULATIONS[validation.choice("population", name, NAMES)]
    for key in given:
        if key not in population.parameters:
            near = validation.nearest(key, population.parameters)
            raise ValueError(f"{name} has no parameter {key!r}{near}")
    merged = {**population.parameters, **given}
    missing = [key for key, value in merged.items() if value is None]
    if missing:
        raise ValueError(f"{name} needs a value for {', '.join(missing)}")
    return population, merged


def _dimension(name: str, dim: int, verified: float, what: str) -> int:
    dim = validation.integer("dim", dim, 1)
    if dim > verified:
        message = f"the {what} of {name} is verified up to dim = {verified:g}, got dim = {dim}"
        warnings.warn(message, RangeWarning, stacklevel=3)
    return dim


def _padded(found: Exact, dim: int) -> Exact:
    """With the bin of the degenerate Hessians, empty unless the law has one."""
    if found.log.size == dim + 2:
        return found
    log, drowned = np.append(found.log, -math.inf), np.append(found.drowned, False)
    return Exact(log, found.method, found.accuracy, found.accuracy_kind, drowned=drowned)


def _certain(found: Exact) -> Exact:
    """Probabilities: rounding does not take them above 1."""
    return exact(np.minimum(found.log, 0.0), found)
