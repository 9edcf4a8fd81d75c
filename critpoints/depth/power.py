r"""A signal through n equal layers, :math:`h^n = W^n x`, and the gradient that comes back.

The lecture-note argument: for :math:`W = \mathrm{diag}(a, b)` and :math:`y = \sum_i h^n_i`

.. math:: y = a^n x_1 + b^n x_2, \qquad
          \nabla y = (n a^{n-1} x_1,\; n b^{n-1} x_2) ,

so that a = 1, b = 2 explodes and a = ½, b = 0.9 vanishes. For any W and any linear readout c,

.. math:: y = c^\top W^n x, \qquad
          \frac{\partial y}{\partial W} = \sum_{k<n} (W^\top)^k c\, x^\top (W^\top)^{n-1-k} .

:func:`power` chooses the closed form; :func:`layered` runs the n layers forward and back.

References
----------
Bengio, Simard & Frasconi (1994), IEEE Trans. Neural Networks 5, 157; Higham (2008), Functions of
Matrices, Theorems 3.6 and 3.11 (derivative of a power by a block matrix and by divided
differences).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from critpoints.depth.wide import Wide
from critpoints.errors import AccuracyError
from critpoints.protocols import FloatArray
from critpoints.validation import integer, real

_MOST_LAYERS = 10**12
_WORST_BASIS = 1e7


@dataclass(frozen=True, eq=False)
class Signal:
    r"""What comes out after n layers, and how it depends on the weights.

    Attributes
    ----------
    hidden : Wide, shape (d,)
        :math:`h^n = W^n x`.
    y : Wide, shape ()
        :math:`c^\top h^n`.
    gradient : Wide, shape (d, d)
        :math:`\partial y/\partial W_{ij}`, all layers sharing W.
    """

    hidden: Wide
    y: Wide
    gradient: Wide


def power(w: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None = None) -> Signal:
    """Signal and gradient of n layers W by the closed form that fits W.

    A diagonal W has :func:`diagonal`, any other :func:`squaring`, which is more accurate than
    :func:`spectral` for a symmetric W too.

    Parameters
    ----------
    w : array_like, shape (d, d)
        Real, of any kind: non-normal, defective and singular ones too.
    x : array_like, shape (d,)
    n : int
        Layers, at least 0.
    readout : array_like, shape (d,), optional
        c, by default all ones: y is the sum of the last layer.

    Raises
    ------
    ValueError
        If a shape does not fit, an entry is not finite, or n is negative.
    """
    w, x, n, c = _checked(w, x, n, readout)
    if np.array_equal(w, np.diag(np.diagonal(w))):
        return diagonal(np.diagonal(w), x, n, c)
    return squaring(w, x, n, c)


def diagonal(entries: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None = None) -> Signal:
    r"""Closed form for a diagonal W, every entry to relative accuracy (n = 10⁶: about 1e-12).

    .. math:: \frac{\partial y}{\partial W_{ij}} = c_i x_j \frac{a_i^n - a_j^n}{a_i - a_j},
              \qquad \frac{\partial y}{\partial W_{ii}} = c_i x_i\, n a_i^{n-1} .

    Parameters
    ----------
    entries : array_like, shape (d,)
        The diagonal a.
    x, n, readout
        As for :func:`power`.

    Returns
    -------
    Signal
    """
    entries = np.atleast_1d(_finite("entries", entries))
    _, x, n, c = _checked(np.diag(entries), x, n, readout)
    hidden = Wide.of(entries) ** n * Wide.of(x)
    gradient = Wide.of(np.outer(c, x)) * _differences(entries, n)
    return Signal(hidden, _read(c, hidden), gradient)


def spectral(w: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None = None) -> Signal:
    r"""Closed form for :math:`W = V \Lambda V^{-1}`, eigenvalues real or complex.

    .. math:: \frac{\partial y}{\partial W} = V^{-\top}
              \left[(V^\top c)(V^{-1}x)^\top \circ \Phi\right] V^\top, \qquad
              \Phi_{pq} = \frac{\lambda_p^n - \lambda_q^n}{\lambda_p - \lambda_q} .

    The cost does not depend on n. Entries are accurate relative to the largest, to about
    ``n * 1e-16`` times the condition number of V.

    Parameters and other errors as for :func:`power`.

    Returns
    -------
    Signal

    Raises
    ------
    AccuracyError
        If the eigenvectors are almost dependent (condition number above 1e7), as those of a
        defective W: use :func:`squaring`.
    """
    w, x, n, c = _checked(w, x, n, readout)
    values, basis = np.linalg.eigh(w) if np.array_equal(w, w.T) else np.linalg.eig(w)
    condition = float(np.linalg.cond(basis))
    if not condition <= _WORST_BASIS:
        raise AccuracyError(
            f"w has eigenvectors of condition number {condition:.1e}, allowed is up to "
            f"{_WORST_BASIS:.0e}: use squaring"
        )
    radius = float(np.abs(values).max()) or 1.0
    unit = np.asarray(values / radius, dtype=complex)
    inverse = np.linalg.inv(basis)
    hidden = Wide.of((basis @ (unit**n * (inverse @ x))).real) * Wide.of(radius) ** n
    inner = np.outer(basis.T @ c, inverse @ x) * _complex_differences(unit, n)
    gradient = Wide.of((inverse.T @ inner @ basis.T).real) * Wide.of(radius) ** max(n - 1, 0)
    return Signal(hidden, _read(c, hidden), gradient)


def squaring(w: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None = None) -> Signal:
    r"""Closed form for any W: the n-th power of a block matrix by repeated squaring.

    .. math:: \begin{pmatrix} W^\top & c x^\top \\ 0 & W^\top \end{pmatrix}^n
              = \begin{pmatrix} (W^\top)^n & \partial y/\partial W \\
                0 & (W^\top)^n \end{pmatrix} .

    About :math:`2\log_2 n` products of matrices of size 2d; no eigenvalue is needed, so a
    defective W is as good as any other. Parameters and errors as for :func:`power`.

    Returns
    -------
    Signal
    """
    w, x, n, c = _checked(w, x, n, readout)
    dim = len(x)
    block = np.block([[w.T, np.outer(c, x)], [np.zeros_like(w), w.T]])
    raised, factor = Wide.of(np.eye(2 * dim)), Wide.of(block)
    for bit in reversed(bin(n)[2:]):
        raised = raised @ factor if bit == "1" else raised
        factor = factor @ factor
    hidden = raised[:dim, :dim].T @ Wide.of(x)
    return Signal(hidden, _read(c, hidden), raised[:dim, dim:])


def layered(w: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None = None) -> Signal:
    """The n layers one by one: the signal forward, the gradient by backpropagation.

    The independent check of the closed forms; cost and memory grow with n. Parameters and errors
    as for :func:`power`.

    Returns
    -------
    Signal
    """
    w, x, n, c = _checked(w, x, n, readout)
    weights, forward, back = Wide.of(w), [Wide.of(x)], [Wide.of(c)]
    for _ in range(n):
        forward.append(weights @ forward[-1])
        back.append(weights.T @ back[-1])
    if n == 0:
        return Signal(forward[0], _read(c, forward[0]), Wide.of(np.zeros_like(w)))
    gradient = Wide.stack(back[:n]).T @ Wide.stack(forward[:n][::-1])
    return Signal(forward[n], _read(c, forward[n]), gradient)


def records(
    a: float, b: float, layers: Iterable[int], x: ArrayLike = (1.0, 1.0)
) -> list[dict[str, Any]]:
    r"""The lecture-note example :math:`W = \mathrm{diag}(a, b)`, a record for each depth n.

    Parameters
    ----------
    a, b : float
        The diagonal of W.
    layers : iterable of int
        Depths n, each at least 0.
    x : array_like, shape (2,)
        Input.

    Returns
    -------
    list of dict
        Keys n, y, dy_da, dy_db, log10_y, log10_dy_da, log10_dy_db. The first three are doubles,
        ±inf or 0 where they overflow or underflow; the logarithms (of magnitudes, -inf for an
        exact zero) are authoritative.
    """
    entries = [real("a", a), real("b", b)]
    return [_record(diagonal(entries, x, n), n) for n in layers]


def _record(signal: Signal, n: int) -> dict[str, Any]:
    found = {"y": signal.y, "dy_da": signal.gradient[0, 0], "dy_db": signal.gradient[1, 1]}
    values = {name: float(number.value) for name, number in found.items()}
    logs = {f"log10_{name}": float(number.log10) for name, number in found.items()}
    return {"n": int(n), **values, **logs}


def _read(c: FloatArray, hidden: Wide) -> Wide:
    return (Wide.of(c) * hidden).sum(axis=0)


def _differences(a: FloatArray, n: int) -> Wide:
    """Divided differences of the n-th power at real points, without cancellation."""
    if n == 0:
        return Wide.of(np.zeros((len(a), len(a))))
    p, q = np.broadcast_arrays(a[:, None], a[None, :])
    first = np.abs(p) >= np.abs(q)
    top, low = np.where(first, p, q), np.where(first, q, p)
    size = np.where(top == 0, 1.0, np.abs(top))
    gap = (np.abs(top) - np.abs(low)) / size
    with np.errstate(divide="ignore"):
        shrunk = n * np.log1p(-gap)  # log of |low / top|^n
    alike = np.where(gap == 0, float(n), -np.expm1(shrunk) / np.where(gap == 0, 1.0, gap))
    apart = (-np.expm1(shrunk) if n % 2 == 0 else 1 + np.exp(shrunk)) / (2 - gap)
    return Wide.of(top) ** (n - 1) * Wide.of(
        np.where(np.sign(top) * np.sign(low) < 0, apart, alike)
    )


def _complex_differences(z: NDArray[np.complex128], n: int) -> NDArray[np.complex128]:
    """Divided differences of the n-th power at points of the complex unit disk."""
    if n == 0:
        return np.zeros((len(z), len(z)), dtype=complex)
    p, q = np.broadcast_arrays(z[:, None], z[None, :])
    first = np.abs(p) >= np.abs(q)
    top, low = np.where(first, p, q), np.where(first, q, p)
    gap = (top - low) / np.where(top == 0, 1.0, top)
    ratio = np.where(gap == 1, 1.0, 1 - gap)
    modulus = 0.5 * np.log1p(gap.real * (gap.real - 2) * (gap != 1) + gap.imag**2)
    raised = np.expm1(n * (modulus + 1j * np.angle(ratio)))
    raised = np.where(gap == 1, -1.0, raised)
    factor = np.where(gap == 0, n, -raised / np.where(gap == 0, 1.0, gap))
    found: NDArray[np.complex128] = top ** (n - 1) * factor
    return found


def _checked(
    w: ArrayLike, x: ArrayLike, n: int, readout: ArrayLike | None
) -> tuple[FloatArray, FloatArray, int, FloatArray]:
    weights = _finite("w", w)
    if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or weights.size == 0:
        raise ValueError(f"w must be a square matrix, got shape {weights.shape}")
    dim = len(weights)
    start = _vector("x", x, dim)
    c = np.ones(dim) if readout is None else _vector("readout", readout, dim)
    return weights, start, integer("n", n, low=0, high=_MOST_LAYERS), c


def _vector(name: str, values: ArrayLike, dim: int) -> FloatArray:
    vector = _finite(name, values)
    if vector.shape != (dim,):
        raise ValueError(f"{name} must have shape ({dim},), got shape {vector.shape}")
    return vector


def _finite(name: str, values: ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=float)
    if not np.all(np.isfinite(array)):
        bad = float(array[~np.isfinite(array)].flat[0])
        raise ValueError(f"{name} must have finite entries only, got {bad!r}")
    return array
