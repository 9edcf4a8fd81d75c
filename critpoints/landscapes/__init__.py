"""Random and fixed functions whose critical points are studied, a family a file."""

from critpoints.landscapes.autodiff import from_jax
from critpoints.landscapes.callables import from_callables
from critpoints.landscapes.derivatives import check_derivatives
from critpoints.landscapes.fields import ConfinedField, FourierField
from critpoints.landscapes.known import (
    Autoencoder,
    DeepLinear,
    DoubleWell,
    Factorisation,
    InvertedWells,
    KnownLandscape,
    KnownPoints,
    MonkeySaddle,
    Octopus,
    Quadratic,
    Rastrigin,
    RayleighQuotient,
    StyblinskiTang,
)
from critpoints.landscapes.networks import Network
from critpoints.landscapes.separable import SeparableField
from critpoints.landscapes.sphere import SphericalSpin
from critpoints.landscapes.trigonometric import TorusPolynomial
from critpoints.refs import Entry

LANDSCAPES: dict[str, Entry] = {
    "torus": Entry(TorusPolynomial),
    "fourier": Entry(FourierField),
    "confined-field": Entry(ConfinedField),
    "spin": Entry(SphericalSpin),
    "separable": Entry(SeparableField),
    "inverted-wells": Entry(InvertedWells),
    "double-well": Entry(DoubleWell),
    "styblinski-tang": Entry(StyblinskiTang),
    "rastrigin": Entry(Rastrigin),
    "rayleigh": Entry(RayleighQuotient),
    "factorisation": Entry(Factorisation),
    "autoencoder": Entry(Autoencoder),
    "deep-linear": Entry(DeepLinear),
    "quadratic": Entry(Quadratic),
    "monkey": Entry(MonkeySaddle),
    "octopus": Entry(Octopus),
    "network-loss": Entry(Network),
}
"""Names of the landscapes in references."""

__all__ = [
    "LANDSCAPES",
    "Autoencoder",
    "ConfinedField",
    "DeepLinear",
    "DoubleWell",
    "Factorisation",
    "FourierField",
    "InvertedWells",
    "KnownLandscape",
    "KnownPoints",
    "MonkeySaddle",
    "Network",
    "Octopus",
    "Quadratic",
    "Rastrigin",
    "RayleighQuotient",
    "SeparableField",
    "SphericalSpin",
    "StyblinskiTang",
    "TorusPolynomial",
    "check_derivatives",
    "from_callables",
    "from_jax",
]
