"""Gradient descent, plain and with gradient noise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from critpoints.optimizers.first_order import FirstOrder
from critpoints.protocols import FloatArray, State


@dataclass(frozen=True)
class GradientDescent(FirstOrder):
    """Steepest descent, θ ← θ − εg.

    Stable on a quadratic of largest curvature L for ε < 2/L; along curvature −γ a deviation
    grows by 1 + εγ a step.

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as in PyTorch's and Keras' SGD.
    clip, sigma
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.

    References
    ----------
    Cauchy (1847), C. R. Acad. Sci. 25, 536. Goodfellow, Bengio & Courville (2016), Deep Learning,
    section 4.3.
    """

    name = "gd"
    version = 1

    def displacement(self, state: State, lr: float, rng: np.random.Generator) -> FloatArray:
        """−εg."""
        move = state.gradient
        move *= -lr
        return move


@dataclass(frozen=True)
class StochasticGradientDescent(GradientDescent):
    """Gradient descent with Gaussian gradient noise, θ ← θ − ε(g + ξ), ξ ~ N(0, SSᵀ).

    Parameters
    ----------
    lr : float or callable
        0.01 by default, as in PyTorch's and Keras' SGD.
    clip
        As in :class:`~critpoints.optimizers.first_order.FirstOrder`.
    sigma : tuple of float
        S: one standard deviation for all coordinates, one for each, or a matrix row by row; for
        noise of covariance C ``sigma=covariance_sigma(C)``. Unit covariance by default, a
        normalisation; the noise of Ge et al. has unit length.

    References
    ----------
    Robbins & Monro (1951), Ann. Math. Stat. 22, 400. Ge, Huang, Jin & Yuan (2015), COLT,
    arXiv:1503.02101.
    """

    sigma: tuple[float, ...] = field(default=(1.0,), kw_only=True)

    name = "sgd"
    version = 1
