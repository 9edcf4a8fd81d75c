r"""Index law of GOE and GUE from one Pfaffian or determinant, with absolute accuracy.

The eigenvalues have density proportional to
:math:`\prod_{i<j}|\lambda_i-\lambda_j|^\beta\,e^{-\sum\lambda_i^2/2}`. With Hermite functions
:math:`\psi_j(y) = |y - x|^w\varphi_j(y)` split at the shift x, the generating function
:math:`G(z) = \sum_k D_k z^k` of

.. math:: D_k(x; n) = E\big[\,|\det(M - x)|^w\;1\{\mathrm{index}(M - x) = k\}\,\big]

is, for :math:`\beta = 1`, up to a known constant, the Pfaffian of

.. math:: A_{jk}(z) = \iint\psi_j(y)\,\psi_k(y')\,\mathrm{sgn}(y'-y)\,
          z^{1\{y<x\}+1\{y'<x\}}\,dy\,dy' = A^{++} + zA^{+-} + z^2A^{--},

bordered for odd n with :math:`\int\psi_j z^{1\{y<x\}}`; for :math:`\beta = 2` the determinant of
:math:`\int\varphi_j\varphi_k\,|y-x|^w z^{1\{y<x\}}`. G is taken at the (n+1)-th roots of unity,
where nothing exceeds G(1), and inverted by a Fourier transform.

References
----------
N. G. de Bruijn, J. Indian Math. Soc. 19 (1955) 133. M. Chiani, J. Multivariate Anal. 129 (2014) 69.
M. Wimmer, ACM Trans. Math. Softw. 38 (2012) 30 (Pfaffians by the Parlett-Reid algorithm).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from critpoints import validation
from critpoints.errors import AccuracyError
from critpoints.theory import hermite
from critpoints.theory.result import Exact

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

BOUND = 1e-12  # on the noise; unweighted, 2e-14 is seen at n = 100
_ORDER = 20  # Gauss-Legendre nodes a panel
_CHUNK = 4e6  # matrix entries worked on at a time, 64 MB


class _Side(NamedTuple):
    """The functions on one side of every shift."""

    phi: Array  # (m, n, points) Hermite functions
    psi: Array  # (m, n, points) the same times |y - x|^w
    twice: Array  # (m, n, points) integral up to a point minus integral from there on
    whole: Array  # (m, n) integral over the side
    weight: Array  # (m, 1, points) of the quadrature


class Rule(NamedTuple):
    """How the integrals are discretised: half-width beyond the edge, radians a panel."""

    margin: float = 6.5
    phase: float = 22.0


def index_law(
    n: int,
    *,
    beta: int = 1,
    shift: ArrayLike = 0.0,
    weighted: bool = False,
    _rule: Rule | None = None,
) -> Exact:
    r"""All :math:`D_k(x; n)`, k = 0..n, of GOE (beta 1) or GUE (beta 2), at every shift x.

    Parameters
    ----------
    n : int
        Size of the matrix, at least 1.
    beta : {1, 2}
    shift : float or array (m,)
        x.
    weighted : bool
        By the absolute determinant or not; D_k is on its natural scale, so that the sum over k is
        1 if not.

    Returns
    -------
    Exact
        Shape (n + 1,), or (m, n + 1) for an array of shifts; absolute accuracy in units of the
        sum over k: ten times the noise seen, and at least 1e-14.

    Raises
    ------
    AccuracyError
        If the Hermite functions are not orthonormal under the quadrature, if the unweighted mass
        is not 1, or if a value is negative beyond the stated accuracy.
    """
    n = validation.integer("n", n, 1)
    beta = validation.integer("beta", beta, 1, 2)
    x = np.asarray(shift, dtype=np.float64)
    if x.ndim > 1 or not np.isfinite(x).all():
        raise ValueError(f"shift must be a finite number or a vector of them, got {shift!r}")
    rows = min(1000, max(1, int(_CHUNK / ((n // 2 + 1) * (n + 1) ** 2))))
    parts = [
        _laws(n, beta, block, weighted, _rule or Rule())
        for block in np.split(x.reshape(-1), range(rows, x.size, rows))
    ]
    law, scale = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    accuracy = max(1e-14, 10 * max(part[2] for part in parts))
    with np.errstate(divide="ignore", over="ignore"):
        log = np.log(np.maximum(law, 0.0)) + scale[:, None]
        value = law * np.exp(scale)[:, None]
    shape = (*x.shape, n + 1)
    method = "Pfaffian" if beta == 1 else "determinant"
    return Exact(log.reshape(shape), method, accuracy, "absolute", value.reshape(shape))


def _laws(n: int, beta: int, x: Array, weighted: bool, rule: Rule) -> tuple[Array, Array, float]:
    """Laws normalised to sum 1, shape (m, n + 1), the logs of their sums, and the noise seen."""
    z = np.exp(2j * np.pi * np.arange((n + 1) // 2 + 1) / (n + 1))  # the others are conjugate
    generating = _pfaffians if beta == 1 else _determinants
    phase, log = generating(n, x, z, weighted, rule)
    scale = log[:, 0]
    law = np.fft.irfft(np.conj(phase) * np.exp(log - scale[:, None]), n + 1)
    defect = max(-float(law.min()), 0.0 if weighted else float(np.abs(np.expm1(scale)).max()))
    if not (defect < BOUND and np.isfinite(law).all()):
        raise AccuracyError(f"index law of size {n}: defect {defect:.1e} above {BOUND:.0e}")
    return law, scale, defect


def _pfaffians(n: int, x: Array, z: Complex, weighted: bool, rule: Rule) -> tuple[Complex, Array]:
    """Phase and log modulus of G(z) for beta = 1, each (m, len(z))."""
    below, above = _sides(n, x, weighted, rule)
    side = [(s.twice * s.weight) @ s.psi.transpose(0, 2, 1) for s in (below, above)]
    low, high = ((a - a.transpose(0, 2, 1)) / 2 for a in side)
    cross = below.whole[:, :, None] * above.whole[:, None, :]
    cross = cross - cross.transpose(0, 2, 1)
    power = z[:, None, None]
    size = n + n % 2
    a = np.zeros((len(x), len(z), size, size), dtype=np.complex128)
    a[..., :n, :n] = high[:, None] + power * cross[:, None] + power**2 * low[:, None]
    if n % 2:
        border = above.whole[:, None] + z[:, None] * below.whole[:, None]
        a[..., :n, n], a[..., n, :n] = border, -border
    phase, log = log_pfaffian(a.reshape(-1, size, size))
    shape = len(x), len(z)
    return phase.reshape(shape), log.reshape(shape) + _log_constant(n)


def _determinants(
    n: int, x: Array, z: Complex, weighted: bool, rule: Rule
) -> tuple[Complex, Array]:
    """Phase and log modulus of G(z) for beta = 2; the eigenvalues are scaled by 1/sqrt(2)."""
    below, above = _sides(n, x / math.sqrt(2), weighted, rule)
    low, high = ((s.psi * s.weight) @ s.phi.transpose(0, 2, 1) for s in (below, above))
    phase, log = np.linalg.slogdet(high[:, None] + z[:, None, None] * low[:, None])
    return phase, log + weighted * n / 2 * math.log(2)


def _sides(n: int, x: Array, weighted: bool, rule: Rule) -> tuple[_Side, _Side]:
    """What lies below and above every shift; raises if orthonormality is missed."""
    edge = math.sqrt(2 * n) + rule.margin
    middle, end = np.clip(x, -edge, edge), np.full_like(x, edge)
    ends = (-end, middle), (middle, end)
    below, above = (_side(n, x, low, high, weighted=weighted, rule=rule) for low, high in ends)
    norm = sum(np.sum(s.phi**2 * s.weight, axis=2) for s in (below, above))
    defect = float(np.abs(norm - 1).max())
    if not defect < BOUND:
        raise AccuracyError(f"Hermite functions are orthonormal only to {defect:.1e}")
    return below, above


def _side(n: int, x: Array, low: Array, high: Array, *, weighted: bool, rule: Rule) -> _Side:
    """Values and integrals of the functions between `low` and `high`, one of which is x."""
    nodes, weight = _quadrature(low, high, (2 * math.sqrt(2 * n) + 8) / rule.phase)
    points = np.concatenate([low[:, None], nodes, high[:, None]], axis=1)
    phi = hermite.functions(n + weighted, points)
    integral = hermite.integrals(phi, points)
    psi = phi
    if weighted:
        sign = np.where(low < x, -1.0, 1.0)[:, None]
        psi = sign * (hermite.times_argument(phi) - x[:, None] * phi[:n])
        integral = sign * (hermite.times_argument(integral) - x[:, None] * integral[:n])
    phi, psi, integral = (f[:n].transpose(1, 0, 2) for f in (phi, psi, integral))
    first, last, inside = integral[:, :, :1], integral[:, :, -1:], slice(1, -1)
    twice = 2 * integral[:, :, inside] - first - last
    whole = (last - first)[:, :, 0]
    return _Side(phi[:, :, inside], psi[:, :, inside], twice, whole, weight[:, None])


def _quadrature(low: Array, high: Array, density: float) -> tuple[Array, Array]:
    """Composite Gauss-Legendre nodes and weights (m, points) with `density` panels a unit."""
    node, weight = np.polynomial.legendre.leggauss(_ORDER)
    count = max(1, math.ceil(float((high - low).max()) * density))
    part = (np.arange(count)[:, None] + (node + 1) / 2).reshape(-1) / count
    length = (high - low)[:, None]
    return low[:, None] + length * part, length * np.tile(weight / (2 * count), count)


def _log_constant(n: int) -> float:
    r"""Log of :math:`\big(2^{-n}\,\Gamma(\tfrac{n+1}2)/\sqrt\pi\big)^{1/2} = n!/(Z_n\prod c_j)`.

    Z_n is Mehta's integral and c_j the leading coefficients of the Hermite functions; the product
    telescopes by the duplication formula, which keeps fifteen digits.
    """
    return float(gammaln((n + 1) / 2) - math.log(math.pi) / 2 - n * math.log(2)) / 2


def log_pfaffian(a: Complex) -> tuple[Complex, Array]:
    """Phase and log modulus of the Pfaffians of skew matrices (m, 2r, 2r); `a` is overwritten."""
    phase, log = np.ones(len(a), dtype=np.complex128), np.zeros(len(a))
    every = np.arange(len(a))
    while a.shape[-1]:
        pivot = 1 + np.argmax(np.abs(a[:, 0, 1:]), axis=1)
        phase[pivot != 1] *= -1
        a[every, 1], a[every, pivot] = a[every, pivot], a[every, 1]
        a[every, :, 1], a[every, :, pivot] = a[every, :, pivot], a[every, :, 1]
        top = a[:, 0, 1].copy()
        phase[top == 0] = 0.0
        top[top == 0] = 1.0
        size = np.abs(top)
        phase *= top / size
        log += np.log(size)
        pair = np.stack([a[:, 0, 2:] / top[:, None], a[:, 1, 2:]], axis=2)
        turned = np.stack([-pair[:, :, 1], pair[:, :, 0]], axis=1)
        a = a[:, 2:, 2:] + pair @ turned
    return phase, log
