"""Laws of a random symmetric matrix, a family a file."""

from critpoints.ensembles.confined import ConfinedField
from critpoints.ensembles.gaussian import GaussianEnsemble
from critpoints.ensembles.independent import IndependentAxes
from critpoints.ensembles.isotropic import IsotropicField
from critpoints.ensembles.network import NetworkHessian
from critpoints.ensembles.shifted import ShiftedGaussian
from critpoints.ensembles.spin_glass import SpinGlass
from critpoints.ensembles.wigner import Wigner
from critpoints.ensembles.wishart import Wishart
from critpoints.refs import Entry

ENSEMBLES = {
    "independent": Entry(IndependentAxes),
    "goe": Entry(GaussianEnsemble, {"beta": 1.0}),
    "gue": Entry(GaussianEnsemble, {"beta": 2.0}),
    "gse": Entry(GaussianEnsemble, {"beta": 4.0}),
    "beta": Entry(GaussianEnsemble),
    "wigner": Entry(Wigner),
    "wishart": Entry(Wishart),
    "goi": Entry(ShiftedGaussian),
    "isotropic": Entry(IsotropicField),
    "spin-glass": Entry(SpinGlass),
    "confined": Entry(ConfinedField),
    "network": Entry(NetworkHessian),
}
"""Names of the ensembles in references."""

__all__ = [
    "ENSEMBLES",
    "ConfinedField",
    "GaussianEnsemble",
    "IndependentAxes",
    "IsotropicField",
    "NetworkHessian",
    "ShiftedGaussian",
    "SpinGlass",
    "Wigner",
    "Wishart",
]
