"""A particle filter over the pivots of a beta-Hermite matrix, twisted or not."""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from critpoints.ensembles.hermite import Hermite
from critpoints.estimators.particles import Particles
from critpoints.estimators.replicates import Replicate
from critpoints.estimators.twist import Twist, balance, first, fitted
from critpoints.protocols import FloatArray

INFLATION = 1.2
"""Draws have this variance relative to Laplace's: tails must be heavier than the target's."""
SHIFT_DF = 8.0
"""Degrees of freedom of the Student law that draws the shift: its tail is heavier than any."""
LEAST = 1e-100
"""Draws below this are raised to it: neither they nor their reciprocals then overflow."""


def twisted(form: Hermite, dim: int, det: int, rng: np.random.Generator, size: int) -> Replicate:
    r"""Estimate :math:`E[|\det H|^{det}; H \succ 0]` with ``size`` particles.

    A particle is a shift and the current pivot. From x it draws u = g/x and the next pivot y from
    Gamma laws that match f(u, y | x) h(y) at its peak (:mod:`~critpoints.estimators.twist`), and
    is weighted by target over proposal. The diagonal draw of the last row is integrated out where
    there is no determinant: it is positive with probability :math:`\Phi(\xi - u)`.
    """
    twist = fitted(form, dim, det)
    cloud = Particles(size)
    offset = _shifts(form, twist, rng, cloud)
    shift = twist.centre + offset
    x = ahead = np.zeros(size)
    for i in range(dim):
        k, rate = twist.power[i] + 1, twist.rate_at(i, offset)
        u = np.zeros(size)
        if i:
            if (kept := cloud.resample(rng)) is not None:
                x, ahead, offset, shift, rate = (
                    part[kept] for part in (x, ahead, offset, shift, rate)
                )
            u, log_ratio = _couplings(form.beta * i / 2, k, x, shift, rate, rng)
            cloud.weigh(log_ratio - ahead + det * np.log(x))
        if i == dim - 1 and not det:
            cloud.weigh(special.log_ndtr(shift - u))
            break
        x, log_ratio = _pivots(k, u, shift, rate, rng)
        ahead = twist.log(i, x, offset)
        cloud.weigh(log_ratio + ahead)
    if det:
        cloud.weigh(np.log(x) - ahead)
    return cloud.replicate()


def untwisted(form: Hermite, dim: int, rng: np.random.Generator, size: int) -> Replicate:
    """Estimate P(H > 0) from draws of the law itself, each pivot drawn positive."""
    cloud = Particles(size)
    shift = form.mean + math.sqrt(form.variance) * rng.standard_normal(size)
    x = np.ones(size)
    for i in range(dim):
        u = np.zeros(size)
        if i:  # a pivot that is nearly zero has no future, however large a number says so
            u = np.minimum(rng.standard_gamma(form.beta * i / 2, size) / x, 1 / LEAST)
        cloud.weigh(special.log_ndtr(shift - u))
        if (kept := cloud.resample(rng)) is not None:
            u, shift = u[kept], shift[kept]
        log_left = special.log_ndtr(shift - u) + np.log1p(-rng.random(size))
        # rounding may put a draw far in the tail on zero itself
        x = np.maximum(shift - u - special.ndtri_exp(log_left), LEAST)
    return cloud.replicate()


def _shifts(form: Hermite, twist: Twist, rng: np.random.Generator, cloud: Particles) -> FloatArray:
    """Offsets of the shift from the twist's centre, and their weights."""
    if not form.variance:
        return np.zeros(cloud.size)
    z = rng.standard_t(SHIFT_DF, cloud.size)
    scale = 1 / math.sqrt(twist.precision)
    offset: FloatArray = z * scale
    prior = stats.norm.logpdf(twist.centre + offset, form.mean, math.sqrt(form.variance))
    cloud.weigh(prior - stats.t.logpdf(z, SHIFT_DF) + math.log(scale))
    return offset


def _couplings(
    s: float, k: float, x: FloatArray, shift: FloatArray, rate: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw u = g/x; its density over the proposal's, as a logarithm."""
    u, y = balance(x, shift, s, k, rate)
    drawn, log_density = _gamma(u, s + u * u * k / (k + y * y), s, rng)
    law = s * np.log(drawn * x) - drawn * x - special.gammaln(s)
    return drawn, law - log_density


def _pivots(
    k: float, u: FloatArray, shift: FloatArray, rate: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    r"""Draw y given u; its density over the proposal's, as a logarithm.

    The twisted target is :math:`y^{k-1} e^{-\rho y - (y+u-\xi)^2/2}`. Where the power decides its
    width a Gamma law fits both tails, where the Gaussian does a truncated normal one; the other
    way round one tail of the proposal would be too light.
    """
    mode = first(shift - u, k, rate)
    y, log_density = _gamma(mode, k + mode * mode, k, rng)
    gaussian = np.flatnonzero(mode * mode > k - 1)
    if gaussian.size:
        y[gaussian], log_density[gaussian] = _normal(mode[gaussian], k, rng)
    law = np.log(y) - (y + u - shift) ** 2 / 2 - math.log(2 * math.pi) / 2
    return y, law - log_density


def _normal(mode: FloatArray, k: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Positive normal draws around a mode in ln y, and ln density over d ln y."""
    precision = 1 + (k - 1) / mode**2
    mean, root = mode - 1 / (mode * precision), np.sqrt(precision / INFLATION)
    log_positive = special.log_ndtr(mean * root)
    z = special.ndtri_exp(log_positive + np.log1p(-rng.random(mode.size)))
    y = np.maximum(mean - z / root, LEAST)
    log_density = np.log(y * root) - z * z / 2 - math.log(2 * math.pi) / 2 - log_positive
    return y, log_density


def _gamma(
    mode: FloatArray, curvature: FloatArray, least: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Gamma draws with this mode and curvature of the logarithm, and ln density over d ln u."""
    shape = np.maximum(curvature / INFLATION, least)
    drawn = np.maximum(rng.standard_gamma(shape), LEAST)
    log_density = shape * np.log(drawn) - drawn - special.gammaln(shape)
    return mode * drawn / shape, log_density
