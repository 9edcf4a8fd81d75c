r"""Lyapunov exponents of a product of matrices by repeated QR, many products at once.

:math:`W_n \cdots W_1 = Q_n R_n \cdots R_1` with :math:`W_i Q_{i-1} = Q_i R_i`: the logarithms of
the diagonals add up, and no number ever overflows. A QR is needed only as often as the columns
lose their independence; here every few layers, as the diagonals met so far allow.

References
----------
Benettin, Galgani, Giorgilli & Strelcyn (1980), Meccanica 15, 9; Björck (1967), BIT 7, 1: the R of
modified Gram-Schmidt is that of a nearby matrix, whatever Q lost.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from critpoints.protocols import FloatArray, IntArray

_LOSS = 16.0  # largest log range of a block's diagonal: e^16 costs 1e-9 of R
_TYPICAL = 10.0  # the mean range aimed at
_LONGEST = 16


def exponents(jacobians: Iterable[tuple[FloatArray, IntArray]], dim: int, size: int) -> FloatArray:
    r"""Finite-time exponents :math:`\frac1n \ln (R_n \cdots R_1)_{kk}` of ``size`` products.

    They are the growth rates of the nested volumes of the first k coordinate directions,
    :math:`\lambda_1 + \dots + \lambda_k = \frac1n \ln \mathrm{vol}_k`; at finite n they need not
    descend, and sorting them would bias them.

    Parameters
    ----------
    jacobians : iterable of (ndarray (size, dim, dim), ndarray of int (size,))
        Each layer's matrices, and the rank of the product up to and including that layer (dim
        unless it is known to be less).
    dim, size : int

    Returns
    -------
    ndarray, shape (size, dim)
        -inf for directions beyond the rank.
    """
    basis = np.tile(np.eye(dim), (size, 1, 1))
    rank = np.full(size, dim)
    total, n, stride = np.zeros((size, dim)), 0, 1
    block: list[FloatArray] = []
    for jacobian, rank in jacobians:
        block.append(jacobian)
        if len(block) == stride:
            basis, logs = _advance(basis, block, rank)
            total, n, stride, block = total + logs, n + stride, _next_stride(logs, stride), []
    if block:
        total, n = total + _advance(basis, block, rank)[1], n + len(block)
    return total / n


def _advance(
    basis: FloatArray, block: list[FloatArray], rank: IntArray
) -> tuple[FloatArray, FloatArray]:
    """QR after a block of layers; products that lost too many digits go layer by layer."""
    moved = basis
    for jacobian in block:
        moved = jacobian @ moved
    known = np.arange(basis.shape[2]) < rank[:, None]
    q, logs = orthonormal(moved if known.all() else moved * known[:, None, :])
    lost = np.flatnonzero(_range(logs) > _LOSS)
    if len(block) > 1 and len(lost):
        q[lost], total = _slowly(basis[lost], [jacobian[lost] for jacobian in block])
        logs[lost] = np.where(known[lost], total, -np.inf)
    return q, logs


def _slowly(basis: FloatArray, block: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """A QR after every layer."""
    total = np.zeros(basis.shape[::2])
    for jacobian in block:
        basis, r = np.linalg.qr(jacobian @ basis)
        with np.errstate(divide="ignore"):
            total += np.log(np.abs(np.diagonal(r, axis1=1, axis2=2)))
    return basis, total


def orthonormal(bases: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Q and the log diagonal of R of a batch (size, d, k), by modified Gram-Schmidt.

    A batch is worked on as (k, d, size), so that every operation runs along the samples. A column
    of zeros stays one and has logarithm -inf.
    """
    columns = np.ascontiguousarray(bases.transpose(2, 1, 0))
    norms = np.empty((len(columns), bases.shape[0]))
    for k in range(len(columns)):
        norms[k] = np.sqrt(np.einsum("is,is->s", columns[k], columns[k]))
        columns[k] /= np.where(norms[k] > 0, norms[k], 1.0)
        along = np.einsum("jis,is->js", columns[k + 1 :], columns[k])
        columns[k + 1 :] -= along[:, None] * columns[k]
    with np.errstate(divide="ignore"):
        logs = np.log(norms)
    return np.ascontiguousarray(columns.transpose(2, 1, 0)), np.ascontiguousarray(logs.T)


def _range(logs: FloatArray) -> FloatArray:
    """Largest magnitude of the finite logarithms of each row."""
    return np.asarray(np.where(np.isfinite(logs), np.abs(logs), 0.0).max(axis=1))


def _next_stride(logs: FloatArray, stride: int) -> int:
    """How many layers the next block may have, from the mean range of the last one."""
    a_layer = float(_range(logs).mean()) / stride
    return _LONGEST if a_layer * _LONGEST <= _TYPICAL else max(1, int(_TYPICAL / a_layer))
