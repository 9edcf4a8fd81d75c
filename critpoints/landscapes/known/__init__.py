"""Functions whose critical points are all known, a family a file."""

from critpoints.landscapes.known.base import KnownLandscape, KnownPoints
from critpoints.landscapes.known.linear_nets import Autoencoder, DeepLinear
from critpoints.landscapes.known.octopus import Octopus
from critpoints.landscapes.known.quadratic import MonkeySaddle, Quadratic
from critpoints.landscapes.known.separable import (
    DoubleWell,
    InvertedWells,
    Rastrigin,
    StyblinskiTang,
)
from critpoints.landscapes.known.spectral import Factorisation, RayleighQuotient

__all__ = [
    "Autoencoder",
    "DeepLinear",
    "DoubleWell",
    "Factorisation",
    "InvertedWells",
    "KnownLandscape",
    "KnownPoints",
    "MonkeySaddle",
    "Octopus",
    "Quadratic",
    "Rastrigin",
    "RayleighQuotient",
    "StyblinskiTang",
]
