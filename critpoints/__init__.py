"""Which critical points are minima, and how fast an optimizer gets past the rest.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from critpoints._version import __version__

if TYPE_CHECKING:
    from critpoints.census import Census
    from critpoints.domains import Box, Euclidean, Sphere, Torus
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
    from critpoints.errors import (
        ContradictionError,
        EvaluationError,
        RangeWarning,
        StoreError,
        UnreliableEstimateError,
    )
    from critpoints.escape import Problem, Saddle, from_saddle
    from critpoints.estimate import Estimate
    from critpoints.landscapes import (
        FourierField,
        Network,
        SphericalSpin,
        TorusPolynomial,
        from_callables,
        from_jax,
    )
    from critpoints.protocols import Ensemble, Landscape, Optimizer, RandomField
    from critpoints.study.census import by_index, censuses
    from critpoints.study.depth import products
    from critpoints.study.escape import escape_runs, escapes
    from critpoints.study.exact import exact
    from critpoints.study.frame import fit_bases
    from critpoints.study.networks import network_points, trainings
    from critpoints.study.race import race
    from critpoints.study.ranking import ranking
    from critpoints.study.sweep import index_law, minima_fraction, sweep

_HOME = {
    "Box": "domains",
    "Census": "census",
    "ConfinedField": "ensembles",
    "ContradictionError": "errors",
    "Ensemble": "protocols",
    "Estimate": "estimate",
    "Euclidean": "domains",
    "EvaluationError": "errors",
    "FourierField": "landscapes",
    "GaussianEnsemble": "ensembles",
    "IndependentAxes": "ensembles",
    "IsotropicField": "ensembles",
    "Landscape": "protocols",
    "Network": "landscapes",
    "NetworkHessian": "ensembles",
    "Optimizer": "protocols",
    "Problem": "escape",
    "RandomField": "protocols",
    "RangeWarning": "errors",
    "Saddle": "escape",
    "ShiftedGaussian": "ensembles",
    "Sphere": "domains",
    "SphericalSpin": "landscapes",
    "SpinGlass": "ensembles",
    "StoreError": "errors",
    "Torus": "domains",
    "TorusPolynomial": "landscapes",
    "UnreliableEstimateError": "errors",
    "Wigner": "ensembles",
    "Wishart": "ensembles",
    "by_index": "study.census",
    "censuses": "study.census",
    "escape_runs": "study.escape",
    "escapes": "study.escape",
    "exact": "study.exact",
    "fit_bases": "study.frame",
    "from_callables": "landscapes",
    "from_jax": "landscapes",
    "from_saddle": "escape",
    "index_law": "study.sweep",
    "minima_fraction": "study.sweep",
    "network_points": "study.networks",
    "products": "study.depth",
    "race": "study.race",
    "ranking": "study.ranking",
    "sweep": "study.sweep",
    "trainings": "study.networks",
}
_ROOMS = (
    "census", "depth", "ensembles", "escape", "estimators", "landscapes", "optimizers", "plot",
    "report", "study", "theory",
)  # fmt: skip

__all__ = [
    "Box",
    "Census",
    "ConfinedField",
    "ContradictionError",
    "Ensemble",
    "Estimate",
    "Euclidean",
    "EvaluationError",
    "FourierField",
    "GaussianEnsemble",
    "IndependentAxes",
    "IsotropicField",
    "Landscape",
    "Network",
    "NetworkHessian",
    "Optimizer",
    "Problem",
    "RandomField",
    "RangeWarning",
    "Saddle",
    "ShiftedGaussian",
    "Sphere",
    "SphericalSpin",
    "SpinGlass",
    "StoreError",
    "Torus",
    "TorusPolynomial",
    "UnreliableEstimateError",
    "Wigner",
    "Wishart",
    "__version__",
    "by_index",
    "censuses",
    "escape_runs",
    "escapes",
    "exact",
    "fit_bases",
    "from_callables",
    "from_jax",
    "from_saddle",
    "index_law",
    "minima_fraction",
    "network_points",
    "products",
    "race",
    "ranking",
    "sweep",
    "trainings",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"critpoints.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'critpoints' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"critpoints.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS})
