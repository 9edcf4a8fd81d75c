"""Exact laws and asymptotics: the index of random Hessians, counts, escape times, depth.

`index_law`, `minimum`, `minima`, `count` and `asymptotic` find a population by its name; the
modules below them hold one subject each. Names are imported on first use, which keeps importing
the package cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from critpoints.theory import (
        asymptotic,
        confined,
        covariance,
        depth,
        escape,
        field,
        network,
        pfaffian,
        pivots,
        product,
        spin_glass,
        stationary,
    )
    from critpoints.theory.covariance import (
        Matern,
        PlaneWave,
        RationalQuadratic,
        SquaredExponential,
    )
    from critpoints.theory.laws import NAMES, count, index_law, minima, minimum
    from critpoints.theory.result import Exact

__all__ = [
    "NAMES",
    "Exact",
    "Matern",
    "PlaneWave",
    "RationalQuadratic",
    "SquaredExponential",
    "asymptotic",
    "confined",
    "count",
    "covariance",
    "depth",
    "escape",
    "field",
    "index_law",
    "minima",
    "minimum",
    "network",
    "pfaffian",
    "pivots",
    "product",
    "spin_glass",
    "stationary",
]

_HOMES = {
    "laws": ("NAMES", "count", "index_law", "minima", "minimum"),
    "covariance": ("Matern", "PlaneWave", "RationalQuadratic", "SquaredExponential"),
    "result": ("Exact",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
