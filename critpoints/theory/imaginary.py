r"""Index laws when the shift of the Hessian has a negative variance.

Given its height, the Hessian of an isotropic field with :math:`\kappa > 1` (plane waves are the
extreme) is GOE_d - x with x "normal" of variance :math:`-v`, :math:`0 < v \le 1/d`: the trace
fluctuates *less* than that of GOE. With :math:`D_k` entire in x, its law is the average over
imaginary shifts

.. math:: \int D_k(\mu + iy; d)\,N(y; 0, v)\,dy .

De Bruijn's Pfaffian holds for complex weights: Hermite functions :math:`|s-\mu|\varphi_j(s)`
acquire a factor :math:`e^{-iys}`, and :math:`D_k(\mu+iy)` a factor :math:`e^{dy^2/2}` that
:math:`N(y; 0, v)` outweighs. At :math:`v = 1/d`, where the trace is fixed, what is left is a
Fourier transform that falls off like a power of y, the faster the larger d.

References
----------
N. G. de Bruijn, J. Indian Math. Soc. 19 (1955) 133. A. J. Bray and D. S. Dean, Phys. Rev. Lett. 98
(2007) 150201.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from critpoints.errors import AccuracyError
from critpoints.theory import hermite, pfaffian
from critpoints.theory.result import Exact

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_ORDER = 20
_BLOCK = 12
_MAX_BLOCKS = 200
_SMALL = 1e-10  # of the integrand at y = 0: where a sum over y may stop
_ACCURACY = 1e-7


def log_index_law(dim: int, mean: float, variance: float) -> Exact:
    r"""Log index law of GOE_d - x weighted by its determinant, x of negative variance.

    Parameters
    ----------
    dim : int
        d, at least 1.
    mean : float
        :math:`\mu`, the mean of x.
    variance : float
        :math:`-v`, in [-1/d, 0).

    Returns
    -------
    Exact
        Shape (d + 1,), normalised; absolute accuracy.

    Raises
    ------
    AccuracyError
        If two step sizes disagree by more than 1e-7, or a probability is more negative than that.
    """
    if dim == 1:
        return _one_dimension(mean, max(1 + variance, 0.0))
    step = 0.5 * min(1 / math.sqrt(dim), math.sqrt(-variance))
    coarse, fine = (_average(dim, mean, -variance, h) for h in (step, 0.8 * step))
    defect = max(float(np.abs(coarse - fine).max()), -float(fine.min()))
    if not defect < _ACCURACY:
        raise AccuracyError(
            f"index law at imaginary shifts in dimension {dim}: off by {defect:.1e}"
        )
    with np.errstate(divide="ignore"):
        log = np.log(np.maximum(fine, 0.0))
    return Exact(log, "Pfaffian at imaginary shifts", max(10 * defect, 1e-9), "absolute")


def _one_dimension(mean: float, variance: float) -> Exact:
    """H = N(-mean, variance): the halves of E|H|, in closed form, also for variance 0."""
    deviation = math.sqrt(variance)
    if deviation > 0:
        t = mean / deviation
        density = deviation * math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
        halves = np.array([density - mean * ndtr(-t), density + mean * ndtr(t)])
    else:
        halves = np.array([max(-mean, 0.0), max(mean, 0.0)])
    if halves.sum() == 0:
        halves += 1.0  # the limit from either variance or mean > 0, by symmetry
    with np.errstate(divide="ignore"):
        return Exact(
            np.log(np.maximum(halves, 0.0) / halves.sum()), "closed form", 1e-14, "absolute"
        )


def _average(dim: int, mean: float, v: float, step: float) -> Array:
    """Trapezoidal sum over y >= 0, twice the real part; normalised."""
    excess = max(1 / v - dim, 0.0) / 2  # 0 where the trace is fixed
    total, size = np.zeros(dim + 1), 0.0
    for block in range(_MAX_BLOCKS):
        y: Array = (block * _BLOCK + np.arange(float(_BLOCK))) * step
        terms = _generating_law(dim, mean, y).real * np.exp(-excess * y**2)[:, None]
        if block == 0:
            size = float(np.abs(terms[0]).max())
            terms[0] /= 2
        total += terms.sum(axis=0)
        if np.abs(terms[-_BLOCK // 2 :]).max() < _SMALL * size:
            return np.asarray(total / total.sum())
    raise AccuracyError(f"the transform in dimension {dim} does not fall off")


def _generating_law(dim: int, mean: float, y: Array) -> Complex:
    r""":math:`D_k(\mu+iy)\,e^{-dy^2/2}` up to one constant, shape (len(y), dim + 1)."""
    z = np.exp(2j * np.pi * np.arange(dim + 1) / (dim + 1))
    reach = math.sqrt(2 * dim) + 7.0
    middle = min(max(mean, -reach), reach)
    below = _side(dim, mean, y, -reach, middle)
    above = _side(dim, mean, y, middle, reach)
    cross = below[1][:, :, None] * above[1][:, None, :]
    power = z[:, None, None]
    size = dim + dim % 2
    a = np.zeros((y.size, z.size, size, size), dtype=np.complex128)
    a[..., :dim, :dim] = (
        above[0][:, None]
        + power * (cross - cross.transpose(0, 2, 1))[:, None]
        + power**2 * below[0][:, None]
    )
    if dim % 2:
        border = above[1][:, None] + z[:, None] * below[1][:, None]
        a[..., :dim, dim], a[..., dim, :dim] = border, -border
    phase, log = pfaffian.log_pfaffian(a.reshape(-1, size, size))
    values = (phase * np.exp(log)).reshape(y.size, z.size)
    return np.asarray(np.fft.fft(values, axis=1) / z.size)


def _side(dim: int, mean: float, y: Array, low: float, high: float) -> tuple[Complex, Complex]:
    """Skew products (len(y), d, d) and integrals (len(y), d) of one side of the shift."""
    s, weight, cumulate = _panels(low, high, math.sqrt(2 * dim) + float(y[-1]) + 3)
    real = np.abs(s - mean) * hermite.functions(dim, s)[:dim]
    psi = real * np.exp(-1j * y[:, None] * s)[:, None, :]
    inside = (psi.reshape(*psi.shape[:2], -1, _ORDER)) @ cumulate.T
    sums = np.add.reduce((psi * weight).reshape(inside.shape), axis=3)
    before = np.cumsum(sums, axis=2) - sums
    whole = before[:, :, -1] + sums[:, :, -1]
    running = (inside + before[..., None]).reshape(psi.shape)
    product = ((2 * running - whole[:, :, None]) * weight) @ psi.transpose(0, 2, 1)
    return (product - product.transpose(0, 2, 1)) / 2, whole


def _panels(low: float, high: float, frequency: float) -> tuple[Array, Array, Array]:
    """Gauss-Legendre nodes and weights, and the matrix that integrates from a panel's start."""
    node, weight = np.polynomial.legendre.leggauss(_ORDER)
    count = max(1, math.ceil((high - low) * frequency / 8))
    half = (high - low) / (2 * count)
    starts = low + 2 * half * np.arange(count)
    nodes = (starts[:, None] + half * (1 + node)).ravel()
    legendre = np.polynomial.legendre.legvander(node, _ORDER)
    degree = np.arange(1, _ORDER)
    primitive = np.empty((_ORDER, _ORDER))
    primitive[:, 0] = node + 1
    primitive[:, 1:] = (legendre[:, degree + 1] - legendre[:, degree - 1]) / (2 * degree + 1)
    coefficients = (legendre[:, :_ORDER] * weight[:, None]).T * (np.arange(_ORDER) + 0.5)[:, None]
    return nodes, np.tile(half * weight, count), half * primitive @ coefficients
