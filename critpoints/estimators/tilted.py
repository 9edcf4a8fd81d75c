"""The spectrum identity with a tilt: minima at critical points where plain spectra fail."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special

from critpoints.ensembles.hermite import Hermite
from critpoints.estimators import pivot_filter
from critpoints.estimators.base import power_of_two_above
from critpoints.estimators.grown import SCALARS, hermite_form
from critpoints.estimators.replicates import Replicate, Replicates
from critpoints.estimators.weighted import Weighted
from critpoints.protocols import Ensemble
from critpoints.seeding import stream
from critpoints.validation import integer

PILOT = 512
"""Draws by which the tails of the two routes to E |det H| are compared."""


@dataclass(frozen=True)
class Tilted(Replicates):
    r"""The fraction of minima :math:`f_0 = E\,w_0 / \sum_j E\,w_j`, each part where it is easy.

    For GOI(c) weighted by :math:`|\det H|` (isotropic and confined fields, the p-spin) the
    spectrum identity is

    .. math:: E[|\det H|; \text{index } k] = K\,E\,w_k, \qquad
              K = \sqrt2\,\Gamma\!\left(\tfrac{d+1}2\right) / \sqrt{2\pi c},

    :math:`w_k` the weights of ``index_weights``. A spectrum in d + 1 dimensions that matters for
    :math:`w_0` is rare: all its other eigenvalues are above one near zero. The left side for
    k = 0 is therefore estimated by the twisted filter over pivots, with the shift drawn from a
    tilted law; its sum over k, :math:`E|\det H|`, whose relative variance is small, from plain
    spectra, or from determinants where those have the lighter tail (:func:`normaliser`). With
    Y the mean of m of its draws and :math:`s^2` their variance, :math:`1/EY` is estimated by
    :math:`Y^{-1}(1 - s^2/(mY^2))`, whose bias is of order :math:`m^{-2}`.

    Parameters
    ----------
    particles : int
        Particles per replicate, at least 2.
    spectra : int
        Spectra a replicate, at least 2.

    References
    ----------
    Fyodorov (2004), PRL 92, 240601; Auffinger, Ben Arous & Černý (2013), CPAM 66, 165 (Lemma
    3.3); Cochran (1977), Sampling techniques, §6 (bias of a ratio).
    """

    particles: int = 2048
    spectra: int = 128

    name: ClassVar[str] = "tilted"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "particles", integer("particles", self.particles, low=2))
        object.__setattr__(self, "spectra", integer("spectra", self.spectra, low=2))
        if self.event != "minima":
            raise ValueError(f"method 'tilted' estimates 'minima' only, got event {self.event!r}")

    def memory(self, ensemble: Ensemble, size: int) -> int:
        """Bytes of the filter, and of the matrices of the spectra with a copy."""
        return 8 * (SCALARS * self.particles + 2 * self.spectra * (ensemble.dim + 1) ** 2)

    def larger(self, factor: float) -> Self:
        """More particles, and more spectra."""
        particles, spectra = (
            power_of_two_above(x * factor) for x in (self.particles, self.spectra)
        )
        return replace(self, particles=particles, spectra=spectra)

    def replicate(self, ensemble: Any, rng: np.random.Generator) -> Replicate:
        """One run of the filter over one mean of spectra."""
        form = tiltable(ensemble)
        if form is None:
            raise ValueError(
                "method 'tilted' needs critical points whose Hessians are GOI(c), weighted by "
                f"|det H|; the population is {ensemble.population!r}"
            )
        top = pivot_filter.twisted(form, ensemble.dim, 1, rng, self.particles)
        log_inverse, variance = self._inverse(ensemble, form, rng)
        found = top.log_estimate + log_inverse
        return Replicate(found, top.variance + variance, top.effective, found)

    def _inverse(
        self, ensemble: Ensemble, form: Hermite, rng: np.random.Generator
    ) -> tuple[float, float]:
        """Logarithm of an estimate of one over E |det H|, and its relative variance."""
        route = normaliser(ensemble, form)
        drawn = special.logsumexp(route.rows(ensemble, rng, self.spectra), axis=1)
        if route.route == "identity":
            drawn = drawn + log_constant(form, ensemble.dim)
        log_mean = float(special.logsumexp(drawn)) - math.log(self.spectra)
        variance = float(np.var(np.exp(drawn - log_mean), ddof=1)) / self.spectra
        return math.log1p(-min(variance, 0.5)) - log_mean, variance


def tiltable(ensemble: Ensemble) -> Hermite | None:
    """The form of an ensemble that the tilt serves, or None."""
    form = getattr(ensemble, "hermite", None)
    served = ensemble.kac_rice and ensemble.overrides("index_weights")
    return hermite_form(ensemble) if served and form is not None and form.variance else None


@lru_cache(maxsize=64)
def normaliser(ensemble: Ensemble, form: Hermite) -> Weighted:
    r"""Give the weights that estimate :math:`E|\det H|`, by the route of the lighter tail.

    Those of the spectrum identity are bounded and light where the shift has mean zero. In a steep
    well they are largest far outside the spectrum, and determinants hardly vary.
    """
    identity, determinant = Weighted("index", "identity"), Weighted("index", "determinant")
    if form.mean == 0:
        return identity

    def heavy(route: Weighted) -> float:
        rng = stream(f"normaliser of {ensemble!r} by {route.route}")
        return route.tails(route.tally(ensemble, rng, PILOT))[0]

    return min(identity, determinant, key=heavy)


def log_constant(form: Hermite, dim: int) -> float:
    """Logarithm of K, that turns weights of the spectrum identity into determinants."""
    half = math.log(2 * math.pi * form.variance) / 2
    return float(math.log(2) / 2 + special.gammaln((dim + 1) / 2) - half)
