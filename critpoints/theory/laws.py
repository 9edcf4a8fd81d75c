"""The door: exact laws and asymptotics by the name of a population.

A population is what its name and parameters say, and the dimension is the Hessian's.

=============  =====================================  ==========================================
name           parameters (defaults)                  population
=============  =====================================  ==========================================
independent    minimum, maximum, inflection (1/3)     axes that decide independently
gaussian       beta (1)                               beta-Hermite: GOE, GUE, GSE for 1, 2, 4
wishart        none                                   positive definite: index 0
goi            variance (required)                    GOE + xi I, xi ~ N(0, c), unweighted
isotropic      at ("critical")                        Hessian of an isotropic field at a critical
                                                      or at a fixed point
spin-glass     p (3)                                  critical points of the spherical pure p-spin
confined       mass (required)                        critical points of a confined field
=============  =====================================  ==========================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints import validation
from critpoints.theory import product
from critpoints.theory.result import Exact

NAMES = ("independent", "gaussian", "wishart", "goi", "isotropic", "spin-glass", "confined")
_ROUNDING = 1e-14

_R2, _R3, _R6 = math.sqrt(2), math.sqrt(3), math.sqrt(6)
_GAUSSIAN_MINIMUM = {
    1: 0.5,
    2: (2 - _R2) / 4,
    3: (math.pi - 2 * _R2) / (4 * math.pi),
    4: 0.25 - _R2 / 16 - 1 / (2 * math.pi),
    5: (3 * math.pi - 8 - _R2) / (24 * math.pi),
}
_CRITICAL_MINIMUM = {1: 0.5, 2: 0.25, 3: (29 - 6 * _R6) / 116}
_FIXED_MINIMUM = {1: 0.5, 2: (1 - 1 / _R3) / 2}


def index_law(name: str, dim: int, **parameters: Any) -> Exact | None:
    """Log probabilities of index 0..dim and, last, of a degenerate Hessian; shape (dim + 2,)."""
    return _population(name)(validation.integer("dim", dim, 1), **parameters)


def minimum(name: str, dim: int, **parameters: Any) -> Exact | None:
    """Log probability of a minimum; shape (1,)."""
    dim = validation.integer("dim", dim, 1)
    if name == "gaussian" and dim == 5 and parameters.get("beta", 1) == 1:
        return _closed(np.log([_GAUSSIAN_MINIMUM[5]]))
    law = index_law(name, dim, **parameters)
    return None if law is None else _closed(law.log[:1])


def minima(name: str, dims: list[int], **parameters: Any) -> list[Exact | None]:
    """Log probability of a minimum in each of several dimensions."""
    return [minimum(name, dim, **parameters) for dim in dims]


def _independent(dim: int, **parameters: float) -> Exact:
    return _closed(product.log_index_law(dim, **parameters))


def _wishart(dim: int) -> Exact:
    return _closed(_logs([1.0, *[0.0] * (dim + 1)]))


def _gaussian(dim: int, beta: float = 1.0) -> Exact | None:
    beta = validation.real("beta", beta, above=0)
    if beta != 1 or dim > 4:
        return None
    inner = {1: [], 2: [_R2 / 2], 3: [], 4: [_R2 / 8]}[dim]
    return _symmetric(dim, _GAUSSIAN_MINIMUM[dim], inner)


def _isotropic(dim: int, at: str = "critical") -> Exact | None:
    at = validation.choice("at", at, ("critical", "fixed"))
    table = _CRITICAL_MINIMUM if at == "critical" else _FIXED_MINIMUM
    if dim not in table:
        return None
    return _symmetric(dim, table[dim], [1 - 2 * table[2]] if dim == 2 else [])


def _unknown_yet(dim: int, **parameters: float) -> None:  # noqa: ARG001
    return None


_POPULATIONS: dict[str, Callable[..., Exact | None]] = {
    "independent": _independent,
    "gaussian": _gaussian,
    "wishart": _wishart,
    "goi": _unknown_yet,
    "isotropic": _isotropic,
    "spin-glass": _unknown_yet,
    "confined": _unknown_yet,
}


def _population(name: str) -> Callable[..., Exact | None]:
    return _POPULATIONS[validation.choice("population", name, NAMES)]


def _symmetric(dim: int, end: float, inner: list[float]) -> Exact:
    """The law that is symmetric under k -> dim - k, completed by its mass in the middle."""
    if dim == 1:
        return _closed(_logs([0.5, 0.5, 0.0]))
    if dim == 2:
        return _closed(_logs([end, inner[0], end, 0.0]))
    if dim == 3:
        return _closed(_logs([end, 0.5 - end, 0.5 - end, end, 0.0]))
    middle = 1 - 2 * end - 2 * inner[0]
    return _closed(_logs([end, inner[0], middle, inner[0], end, 0.0]))


def _logs(values: list[float]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        logs: NDArray[np.float64] = np.log(values)
    return logs


def _closed(log: NDArray[np.float64]) -> Exact:
    return Exact(log, "closed form", _ROUNDING, "relative")
