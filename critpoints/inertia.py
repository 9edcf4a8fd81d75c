"""How many eigenvalues are negative: counted from pivots, without the eigenvalues.

Sylvester's law of inertia: if H = L D Lᴴ with L invertible, then H and D have equally many
negative eigenvalues. For unit lower triangular L the entries of D are the pivots of Gaussian
elimination; they cost d³/6 multiplications and vectorise over the samples of a batch. Without
pivoting elimination is unstable for some indefinite matrices: every count from it therefore
passes an a-posteriori certificate (`_certified`); what does not pass gets its eigenvalues.

All arithmetic is in double precision, but matrices are judged by the ε of the precision that they
come in: a singular matrix that was computed in single precision has eigenvalues of 1e-8, not
1e-16, and either sign is then nothing but rounding.

References
----------
Golub & Van Loan, Matrix Computations, 4th ed., §4.4 and §8.4.2 (LDLᵀ, Sturm counts, inertia).
Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., thm 9.3 (backward error of LU).
Kahan, Accurate eigenvalues of a symmetric tri-diagonal matrix, Stanford CS-41 (1966).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from critpoints.errors import InvalidBatchError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Draw = Callable[[int, int], Floats]

EPS = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).tiny)

# Measured on GOE: pivots cost a third of batched `eigvalsh` at every d up to 48, but the
# certificate loses a factor e^(-d/2), so that from d ≈ 50 most samples need eigenvalues anyway.
_PIVOT_DIM = 40
# Numbers a block of matrices may hold so that it and its factor stay in a 2 MB cache.
_BLOCK = 100_000
# Samples a block of vectorised tridiagonal recursions.
_ROW = 8192
_SYMMETRY = 1e-10
_ROUNDED = 16  # d ε times this is the asymmetry that rounding alone may leave in a product


def index(matrices: NDArray[Any]) -> Integers:
    """Count the negative eigenvalues of each matrix of a batch.

    Parameters
    ----------
    matrices : (m, d, d) real symmetric or complex Hermitian, finite (see `checked`).

    Returns
    -------
    (m,) the index 0…d, or d+1 for a degenerate matrix: some |λ| ≤ d ε ‖H‖₂, ε as in `precision`.
    """
    return _inertia(doubled(matrices), precision(matrices), shifted=True)[0]


def index_and_log_det(matrices: NDArray[Any]) -> tuple[Integers, Floats]:
    """Return `index` and ln |det H| = Σ ln |pivot|, which is −inf for a degenerate matrix.

    ``matrices`` is as in `index`; both results are (m,). The logarithm has an absolute error of
    about ε t ‖H⁻¹‖, t the element growth of `_eliminate`.
    """
    return _inertia(doubled(matrices), precision(matrices), shifted=False)


def precision(matrices: NDArray[Any]) -> float:
    """Return the ε by which matrices are judged: that of their dtype, and at least 2⁻⁵².

    2⁻¹⁰ for float16, 2⁻²³ for float32 and complex64; integers are exact, and longer floats are
    rounded to double precision, in which all is computed.
    """
    dtype = np.asarray(matrices).dtype
    return max(EPS, float(np.finfo(dtype).eps)) if dtype.kind in "fc" else EPS


def _inertia(batch: NDArray[Any], eps: float, shifted: bool) -> tuple[Integers, Floats]:
    """Index and ln |det|, the latter up to the shift of `_by_pivots` if there is one."""
    size, dim = batch.shape[:2]
    count = np.empty(size, dtype=np.int64)
    log_det = np.empty(size)
    doubtful = np.ones(size, dtype=np.bool_)
    if dim <= _PIVOT_DIM:
        for block in _slices(size, max(_BLOCK // dim**2, 128)):
            count[block], log_det[block], certain = _by_pivots(batch[block], eps, shifted)
            doubtful[block] = ~certain
    if doubtful.any():
        count[doubtful], log_det[doubtful] = _by_eigenvalues(batch[doubtful], eps)
    return count, log_det


def is_minimum(matrices: NDArray[Any]) -> Booleans:
    """Tell which matrices are positive definite and not degenerate: index(H) = 0.

    The leading blocks of size 1, 2, 4, … are tried in turn and only survivors go on. By Cauchy's
    interlacing a block's smallest eigenvalue bounds that of H from above, so a block that is
    indefinite or degenerate settles the matter; all blocks together cost 1/7 of the last.
    ``matrices`` is as in `index`; the result is (m,) boolean.
    """
    batch, eps = doubled(matrices), precision(matrices)
    size, dim = batch.shape[:2]
    # Every diagonal entry is a block of size 1 in some order of the axes.
    alive = np.flatnonzero((np.einsum("mii->im", batch).real > 0).all(axis=0))
    for lead in [*(2**j for j in range(1, dim.bit_length()) if 2**j < dim), dim]:
        alive = alive[_inertia(batch[alive, :lead, :lead], eps, shifted=True)[0] == 0]
    result = np.zeros(size, dtype=np.bool_)
    result[alive] = True
    return result


def tridiagonal_index(diagonal: Floats, squared: Floats) -> Integers:
    """Count the negative eigenvalues of tridiagonal symmetric matrices.

    The pivots δ_0 = a_0, δ_i = a_i − g_i/δ_{i−1} are those of `index`; for a tridiagonal matrix
    they are backward stable without pivoting (Kahan 1966), in the unit of a, with g in its square.

    Parameters
    ----------
    diagonal : (d, m) a_i, finite; a row an entry of the diagonal, a column a sample.
    squared : (d−1, m) g_1…g_{d−1} ≥ 0, finite: row i−1 holds the square of the entry that
        couples rows i−1 and i.

    Returns
    -------
    (m,) the index 0…d. Degenerate matrices are not told apart: an exact zero counts as positive,
    which a law with a density meets with probability zero.
    """
    return _sturm(lambda i, _: diagonal[i], lambda i, _: squared[i - 1], *diagonal.shape)


def streamed_index(diagonal: Draw, squared: Draw, dim: int, size: int) -> Integers:
    """Count as `tridiagonal_index` does, drawing the entries as they are needed.

    GOE has a_i ~ N(0, 1), g_i ~ Gamma(i/2, 1) (Dumitriu & Edelman, J. Math. Phys. 43 (2002) 5830).

    Memory is O(size). The order of draws is a function of (size, dim) alone: blocks of 8192
    samples, in each a_0, then a_1, g_1, then a_2, g_2, …

    Parameters
    ----------
    diagonal : ``diagonal(i, m)`` draws a_i for m samples, i = 0…dim−1.
    squared : ``squared(i, m)`` draws g_i ≥ 0, the squared entry that couples rows i−1 and i, for
        m samples, i = 1…dim−1.
    dim, size : dimension of the matrices and their number.

    Returns
    -------
    (size,) the index 0…dim, degenerate matrices not told apart.
    """
    count = np.empty(size, dtype=np.int64)
    for block in _slices(size, _ROW):
        count[block] = _sturm(diagonal, squared, dim, block.stop - block.start)
    return count


def sieve(
    diagonal: Draw, squared: Draw, dim: int, size: int, shift: Floats | None = None
) -> Booleans:
    """Tell which tridiagonal matrices are positive definite, drawing no more than that needs.

    A row is drawn only for samples whose pivots were all positive so far, and g_i only where
    a_i > 0: otherwise δ_i = a_i − g_i/δ_{i−1} is negative whatever g_i is. Entries must be
    independent across rows and samples. Order of draws: a block of samples after another, in each
    a_0, a_1, g_1, …; block sizes are a function of (size, dim).
    The parameters are those of `streamed_index`, m the number alive; the result is (size,) boolean.
    ``shift``, (size,) or None, is added to the whole diagonal of each sample.
    """
    result = np.zeros(size, dtype=np.bool_)
    for block in _slices(size, 4 * _ROW):
        part = None if shift is None else shift[block]
        alive = _survivors(diagonal, squared, dim, block.stop - block.start, part)
        result[block.start + alive] = True
    return result


def checked(matrices: Any, dim: int, size: int) -> NDArray[Any]:
    """Return what a sampler returned as a batch of numbers, or say what is wrong.

    It should be (size, dim, dim), real symmetric or complex Hermitian, and finite. Its dtype is
    kept, because it says how far the numbers were rounded (see `precision`); integers, which are
    exact, become float64.

    Raises
    ------
    InvalidBatchError
        Wrong shape or dtype; NaN or infinity; in some matrix |h_ij − conj h_ji| exceeds both
        1e-10 max |h| and 16 d ε max |h|.
    """
    batch = np.asarray(matrices)
    if batch.shape != (size, dim, dim):
        raise InvalidBatchError(
            f"sampler returned shape {batch.shape}, expected {(size, dim, dim)}"
        )
    if batch.dtype.kind not in "iufc":
        raise InvalidBatchError(f"sampler returned dtype {batch.dtype}, expected real or complex")
    allowed = max(_SYMMETRY, _ROUNDED * dim * precision(batch))
    for block in _slices(size, max(_BLOCK // max(dim, 1) ** 2, 1)):
        _check_block(doubled(batch[block]), allowed, block.start)
    return batch if batch.dtype.kind in "fc" else doubled(batch)


def _check_block(block: NDArray[Any], allowed: float, start: int) -> None:
    """Pass exact symmetry in one cheap look; only what fails it is examined sample by sample."""
    adjoint = block.swapaxes(1, 2).conj()
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(block.sum()) and (block == adjoint).all():
            return
        finite = np.isfinite(block).all(axis=(1, 2))
        defect = np.abs(block - adjoint).max(axis=(1, 2))
    if not finite.all():
        raise InvalidBatchError(f"sample {start + finite.argmin()} contains NaN or infinity")
    bad = defect > allowed * np.abs(block).max(axis=(1, 2))
    if bad.any():
        first = int(bad.argmax())
        kind = "Hermitian" if np.iscomplexobj(block) else "symmetric"
        raise InvalidBatchError(
            f"sample {start + first} is not {kind}: max |H - Hᴴ| = {defect[first]:.3g}"
        )


def _by_pivots(block: NDArray[Any], eps: float, shifted: bool) -> tuple[Integers, Floats, Booleans]:
    """Index, ln |det| and whether both are certain, from the pivots of H/‖H‖_F − τ.

    The shift τ is of the order of rounding. It proves positive definite what is (see `_certified`)
    but would spoil the last digits of an ill-conditioned determinant, so that is done without.
    """
    dim = block.shape[1]
    shift = 4 * dim * eps * (2 + np.sqrt(dim)) if shifted else 0.0
    # Whatever overflows or divides by zero here ends as a NaN, hence uncertified.
    with np.errstate(all="ignore"):
        norm = np.sqrt(np.einsum("mij,mij->m", block, block.conj()).real)
        pivots, trace = _eliminate(block, norm, shift)
        log_det = np.log(np.abs(pivots)).sum(axis=0)
        certain = _certified(pivots, log_det, trace, eps, shift)
        return (pivots < 0).sum(axis=0), log_det + dim * np.log(norm), certain


def _eliminate(block: NDArray[Any], norm: Floats, shift: float) -> tuple[Floats, Floats]:
    """Pivots (d, m) of H/norm − shift = L D Lᴴ, and t = tr(|L| |D| |L|ᴴ), the element growth.

    Column by column: c_ik = h_ik − Σ_{j<k} l_ij conj(c_kj), δ_k = c_kk, l_ik = c_ik/δ_k. Samples
    come last, so that inner loops are contiguous; ``columns[k, i]`` is h_ik and becomes c_ik.
    """
    columns = np.array(block.transpose(2, 1, 0), order="C")  # a copy even where d = 1
    columns /= norm
    lower = np.empty_like(columns)
    trace = np.zeros(len(norm))
    for k, column in enumerate(columns):
        c, l_k = column[k:], lower[k, k:]
        c[0] -= shift
        c -= np.einsum("jm,jim->im", columns[:k, k].conj(), lower[:k, k:])
        np.divide(c, c[0].real, out=l_k)
        trace += np.abs(np.einsum("im,im->m", c, l_k.conj()).real)
    return np.einsum("iim->im", columns).real, trace


def _certified(
    pivots: Floats, log_det: Floats, trace: Floats, eps: float, shift: float
) -> Booleans:
    """Tell for which matrices the pivots prove the index and that none is degenerate.

    In units of ‖H‖_F the computed factors are exact for H − τ + E, ‖E‖_F ≤ dεt (Higham, thm 9.3);
    the error allowed here, 4dε(1+t), also pays for scaling, complex arithmetic and degeneracy.
    Either of these is enough:

    - The nuclear norm of L D Lᴴ is at most N = min(t, √d (1 + error)), so that d−1 eigenvalues
      multiply to at most (N/(d−1))^(d−1), and the least is at least |det| ((d−1)/N)^(d−1), which
      exceeds the error and τ.
    - All pivots are positive and τ exceeds the error, so that H − error is positive definite
      (Rump, Verification of positive definiteness, BIT 46 (2006) 433).
    """
    dim = len(pivots)
    others = dim - 1
    error = 4 * dim * eps * (1 + trace) + shift
    nuclear = np.minimum(trace, np.sqrt(dim) * (1 + error))
    log_least = log_det + others * np.log(max(others, 1) / nuclear)
    definite = (pivots > 0).all(axis=0) & (error < 2 * shift)
    certain: Booleans = definite | (log_least > np.log(error))
    return certain


def _by_eigenvalues(matrices: NDArray[Any], eps: float) -> tuple[Integers, Floats]:
    values = np.linalg.eigvalsh(matrices)
    size = np.abs(values)
    dim = values.shape[1]
    degenerate = (size <= dim * eps * size.max(axis=1, keepdims=True)).any(axis=1)
    with np.errstate(divide="ignore"):
        log_det = np.where(degenerate, -np.inf, np.log(size).sum(axis=1))
    return np.where(degenerate, dim + 1, (values < 0).sum(axis=1)), log_det


def _sturm(diagonal: Draw, squared: Draw, dim: int, size: int) -> Integers:
    """Count negative pivots of one block of tridiagonal matrices, a row at a time."""
    count = np.zeros(size, dtype=np.int64)
    pivot = np.full(size, np.inf)
    for i in range(dim):
        row = diagonal(i, size)
        pivot = row - _quotient(squared(i, size), pivot) if i else row
        count += pivot < 0
    return count


def _survivors(
    diagonal: Draw, squared: Draw, dim: int, size: int, shift: Floats | None
) -> Integers:
    """Positions of the samples of one block all of whose pivots are positive."""
    alive = np.arange(size)
    pivot = np.empty(size)
    for i in range(dim):
        row = diagonal(i, alive.size)
        if shift is not None:
            row += shift.take(alive)
        keep = np.flatnonzero(row > 0)
        alive, row = alive.take(keep), row.take(keep)
        if i:
            row -= _quotient(squared(i, keep.size), pivot.take(keep))
            keep = np.flatnonzero(row > 0)
            alive, row = alive.take(keep), row.take(keep)
        pivot = row
        if not alive.size:
            break
    return alive


def _quotient(squared: Floats, pivot: Floats) -> Floats:
    """g/δ, where an exact zero δ is replaced by the least normal number (``pivmin`` of dstebz).

    That makes 0/0 zero. All else IEEE infinity settles: g/δ may overflow, then the next pivot is
    infinite with the right sign and the one after it starts afresh from its diagonal entry.
    """
    zero = pivot == 0
    with np.errstate(over="ignore", under="ignore"):
        quotient: Floats = squared / (np.where(zero, _TINY, pivot) if zero.any() else pivot)
    return quotient


def doubled(matrices: NDArray[Any]) -> NDArray[Any]:
    """Return the same in double precision, real or complex: what LAPACK takes."""
    return np.asarray(matrices, dtype=np.complex128 if np.iscomplexobj(matrices) else np.float64)


def _slices(size: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, size)) for start in range(0, size, step))
