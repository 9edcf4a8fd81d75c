"""Which critical points are minima, and how fast an optimizer gets past the rest.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from critpoints._version import __version__

if TYPE_CHECKING:
    from critpoints.ensembles import (
        ConfinedField,
        GaussianEnsemble,
        IndependentAxes,
        IsotropicField,
        NetworkHessian,
        ShiftedGaussian,
        SpinGlass,
        Wigner,
        Wishart,
    )
    from critpoints.errors import RangeWarning, StoreError, UnreliableEstimateError
    from critpoints.estimate import Estimate
    from critpoints.protocols import Ensemble
    from critpoints.study.exact import exact
    from critpoints.study.frame import fit_bases
    from critpoints.study.sweep import index_law, minima_fraction, sweep

_HOME = {
    "ConfinedField": "ensembles",
    "Ensemble": "protocols",
    "Estimate": "estimate",
    "GaussianEnsemble": "ensembles",
    "IndependentAxes": "ensembles",
    "IsotropicField": "ensembles",
    "NetworkHessian": "ensembles",
    "RangeWarning": "errors",
    "SpinGlass": "ensembles",
    "ShiftedGaussian": "ensembles",
    "StoreError": "errors",
    "UnreliableEstimateError": "errors",
    "Wigner": "ensembles",
    "Wishart": "ensembles",
    "exact": "study.exact",
    "fit_bases": "study.frame",
    "index_law": "study.sweep",
    "minima_fraction": "study.sweep",
    "sweep": "study.sweep",
}

__all__ = [
    "ConfinedField",
    "Ensemble",
    "Estimate",
    "GaussianEnsemble",
    "IndependentAxes",
    "IsotropicField",
    "NetworkHessian",
    "RangeWarning",
    "ShiftedGaussian",
    "SpinGlass",
    "StoreError",
    "UnreliableEstimateError",
    "Wigner",
    "Wishart",
    "__version__",
    "exact",
    "fit_bases",
    "index_law",
    "minima_fraction",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'critpoints' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"critpoints.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
