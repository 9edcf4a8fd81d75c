"""Matrices whose pivots are a Markov chain: a tridiagonal form and a common shift."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hermite:
    r"""The law of a beta-Hermite matrix plus :math:`\xi I`, :math:`\xi \sim N(\mu, c)`.

    In the tridiagonal form of the matrix (diagonal :math:`a_i \sim N(0, 1)`, squared
    off-diagonals :math:`g_i \sim \Gamma(\beta i/2, 1)`) the pivots are

    .. math:: d_1 = a_1 + \xi, \qquad d_{i+1} = a_{i+1} + \xi - g_i/d_i,

    and all eigenvalues are positive if all pivots are. An ensemble that is of this kind, up to
    scale and any weight :math:`|\det H|`, says so by a property ``hermite``.

    Attributes
    ----------
    beta : float
    mean, variance : float
        :math:`\mu` and c of the shift.

    References
    ----------
    Dumitriu & Edelman (2002), J. Math. Phys. 43, 5830.
    """

    beta: float = 1.0
    mean: float = 0.0
    variance: float = 0.0
