r"""Hermite functions, and their integrals, by stable recurrences.

.. math:: \varphi_j(x) = (2^j j!\sqrt\pi)^{-1/2}\,H_j(x)\,e^{-x^2/2},\qquad
          \int\varphi_j\varphi_k = \delta_{jk}.

References
----------
NIST Digital Library of Mathematical Functions, 18.9; W. Gautschi, SIAM Review 9 (1967) 24.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Array = NDArray[np.float64]


def functions(n: int, x: Array) -> Array:
    r"""Values of :math:`\varphi_0, \dots, \varphi_{n-1}` at x, shape (n, \*x.shape).

    .. math:: \varphi_{j+1} = \sqrt{\tfrac{2}{j+1}}\,x\,\varphi_j
              - \sqrt{\tfrac{j}{j+1}}\,\varphi_{j-1}.
    """
    phi = np.zeros((n, *x.shape))
    phi[0] = math.pi**-0.25 * np.exp(-x * x / 2)
    if n > 1:
        phi[1] = math.sqrt(2) * x * phi[0]
    for j in range(1, n - 1):
        phi[j + 1] = math.sqrt(2 / (j + 1)) * x * phi[j] - math.sqrt(j / (j + 1)) * phi[j - 1]
    return phi


def integrals(phi: Array, x: Array) -> Array:
    r"""Integrals :math:`\int_{-\infty}^x\varphi_j`, given `phi` = ``functions(n, x)``.

    .. math:: \int\varphi_{j+1} = \sqrt{\tfrac{j}{j+1}}\int\varphi_{j-1}
              - \sqrt{\tfrac{2}{j+1}}\,\varphi_j,

    stable upward since no coefficient of an earlier integral exceeds 1.
    """
    below = np.zeros_like(phi)
    below[0] = math.pi**-0.25 * math.sqrt(2 * math.pi) * ndtr(x)
    if len(phi) > 1:
        below[1] = -math.sqrt(2) * phi[0]
    for j in range(1, len(phi) - 1):
        below[j + 1] = math.sqrt(j / (j + 1)) * below[j - 1] - math.sqrt(2 / (j + 1)) * phi[j]
    return below


def times_argument(f: Array) -> Array:
    r"""From :math:`f_j` linear in :math:`\varphi_j`, j < n, to the same of :math:`x\varphi_j`.

    .. math:: x\varphi_j = \sqrt{\tfrac{j+1}{2}}\,\varphi_{j+1} + \sqrt{\tfrac j2}\,\varphi_{j-1};

    the result has one row less, j < n - 1.
    """
    j = np.arange(len(f) - 1).reshape(-1, *[1] * (f.ndim - 1))
    result: Array = np.sqrt((j + 1) / 2) * f[1:]
    result[1:] += np.sqrt(j[1:] / 2) * f[:-2]
    return result
