"""The index from pivots against eigenvalues, against exact laws, and against what breaks pivots."""

import math

import numpy as np
import pytest

from critpoints import inertia
from critpoints.errors import InvalidBatchError

EPS = np.finfo(float).eps
ROOT2 = math.sqrt(2)
LAW_4 = [0.25 - ROOT2 / 16 - 1 / (2 * math.pi), ROOT2 / 8]
LAWS = {
    2: [(2 - ROOT2) / 4, ROOT2 / 2, (2 - ROOT2) / 4],
    3: [p := (math.pi - 2 * ROOT2) / (4 * math.pi), 0.5 - p, 0.5 - p, p],
    4: [*LAW_4, 1 - 2 * sum(LAW_4), *LAW_4[::-1]],
}


def by_eigenvalues(matrices):
    values = np.linalg.eigvalsh(matrices)
    dim = values.shape[1]
    size = np.abs(values)
    degenerate = (size <= dim * EPS * size.max(axis=1, keepdims=True)).any(axis=1)
    return np.where(degenerate, dim + 1, (values < 0).sum(axis=1))


def goe(rng, dim, size):
    a = rng.standard_normal((size, dim, dim))
    return (a + a.swapaxes(1, 2)) / 2


def gue(rng, dim, size):
    a = rng.standard_normal((size, dim, dim)) + 1j * rng.standard_normal((size, dim, dim))
    return (a + a.conj().swapaxes(1, 2)) / 2


def wishart(rng, dim, size):
    a = rng.standard_normal((size, dim, dim))
    return a @ a.swapaxes(1, 2)


def shifted(rng, dim, size):
    return goe(rng, dim, size) + np.sqrt(dim) * np.eye(dim)


def rademacher(rng, dim, size):
    return np.sign(goe(rng, dim, size))


def integers(rng, dim, size):
    a = rng.integers(-1, 2, (size, dim, dim))
    return np.tril(a) + np.tril(a, -1).swapaxes(1, 2)


def zero_diagonal(rng, dim, size):
    return goe(rng, dim, size) * (1 - np.eye(dim))


def diagonal_with_zeros(rng, dim, size):
    return rng.integers(-1, 2, (size, dim, 1)) * np.eye(dim)


def singular(rng, dim, size):
    a = rng.standard_normal((size, dim, max(dim - 1, 1)))
    sign = rng.choice([-1.0, 1.0], (size, 1, a.shape[2]))
    return (a * sign) @ a.swapaxes(1, 2)


def graded(rng, dim, size):
    scale = 10.0 ** rng.uniform(-6, 0, (size, dim, 1))
    return scale * goe(rng, dim, size) * scale.swapaxes(1, 2)


def cauchy(rng, dim, size):
    a = rng.standard_cauchy((size, dim, dim))
    return a + a.swapaxes(1, 2)


FAMILIES = [goe, gue, wishart, shifted, rademacher, integers, zero_diagonal]
FAMILIES += [diagonal_with_zeros, singular, graded, cauchy]
SCALES = [1.0, 1e-150, 1e150]


def clear(matrices, factor=1e3):
    """Matrices whose every eigenvalue is either far from the degeneracy threshold or zero."""
    size = np.abs(np.linalg.eigvalsh(matrices))
    edge = matrices.shape[1] * EPS * size.max(axis=1, keepdims=True)
    return ((size > factor * edge) | (size <= edge)).all(axis=1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 8, 13, 20, 33, 45])
def test_agrees_with_eigenvalues_at_every_scale(family, dim):
    matrices = family(np.random.default_rng(dim), dim, 60_000 // (dim + 10) ** 2 * 5)
    sure = clear(matrices)
    assert sure.mean() > 0.2
    matrices = matrices[sure]
    expected = by_eigenvalues(matrices)
    for scale in SCALES:
        count, log_det = inertia.index_and_log_det(matrices * scale)
        np.testing.assert_array_equal(count, expected)
        np.testing.assert_array_equal(inertia.index(matrices * scale), expected)
        np.testing.assert_array_equal(inertia.is_minimum(matrices * scale), expected == 0)
        regular = count <= dim
        exact = np.linalg.slogdet(matrices[regular])[1] + dim * math.log(scale)
        tolerance = 1e-8 + 1e4 * dim * EPS * np.linalg.cond(matrices[regular])
        assert (np.abs(log_det[regular] - exact) < tolerance).all()
        assert (log_det[~regular] == -np.inf).all()


def test_batches_longer_than_a_block_keep_their_order():
    matrices = goe(np.random.default_rng(5), 3, 40_000)
    np.testing.assert_array_equal(inertia.index(matrices), by_eigenvalues(matrices))
    np.testing.assert_array_equal(inertia.is_minimum(matrices), by_eigenvalues(matrices) == 0)


def test_cases_that_break_elimination_without_pivoting():
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    tiny = np.array([[1e-20, 1.0], [1.0, 0.0]])
    hidden = np.array([[1e-20, 1.0, 1.0], [1.0, 1.0, 2.0], [1.0, 2.0, -1.0]])
    np.testing.assert_array_equal(inertia.index(np.stack([swap, -swap, tiny, -tiny])), 1)
    np.testing.assert_array_equal(inertia.index(hidden[None]), by_eigenvalues(hidden[None]))
    for pairs in (1, 4, 10):
        blocks = np.kron(np.eye(pairs), swap)[None]
        count, log_det = inertia.index_and_log_det(blocks)
        assert count.tolist() == [pairs]
        assert log_det == pytest.approx(0, abs=1e-12)
    reversal = np.eye(9)[::-1][None]
    assert inertia.index(reversal).tolist() == [4]


@pytest.mark.parametrize("leading", [1e-4, 1e-8, 1e-12, 1e-16, 1e-20, 1e-300, 0.0])
def test_tiny_leading_entries(leading):
    matrices = goe(np.random.default_rng(3), 8, 500)
    matrices[:, [0, 3], [0, 3]] = leading
    np.testing.assert_array_equal(inertia.index(matrices), by_eigenvalues(matrices))


def test_unit_pivots_do_not_hide_a_degenerate_matrix():
    """L Lᵀ with −1 below the diagonal: all pivots 1, least eigenvalue near 4^(−d)."""
    lower = np.eye(38) - np.tril(np.ones((38, 38)), -1)
    matrix = (lower @ lower.T)[None]
    assert inertia.index(matrix).tolist() == [39]
    assert not inertia.is_minimum(matrix).any()


def test_eigenvalues_on_either_side_of_the_degeneracy_threshold():
    dim = 6
    basis = np.linalg.qr(np.random.default_rng(2).standard_normal((dim, dim)))[0]
    for least, expected in [(1e-10, 0), (1e-13, 0), (-1e-13, 1), (1e-16, dim + 1)]:
        values = np.array([1.0, 1.0, 0.7, 0.5, 0.3, least])
        matrix = ((basis * values) @ basis.T)[None]
        assert inertia.index((matrix + matrix.swapaxes(1, 2)) / 2).tolist() == [expected]


def test_large_errors_do_not_pass_for_large_determinants():
    """Zero pivots that rounding turned into 1e-17: L D Lᵀ is then far from H, with a huge det."""
    matrices = integers(np.random.default_rng(7), 20, 3000)
    matrices = matrices[clear(matrices)]
    for scale in (0.1, 1 / 3, 1e150):
        count, _ = inertia.index_and_log_det(matrices * scale)
        np.testing.assert_array_equal(count, by_eigenvalues(matrices))


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_the_argument_is_left_alone(dim):
    matrices = goe(np.random.default_rng(0), dim, 10)
    before = matrices.copy()
    inertia.index_and_log_det(matrices)
    inertia.is_minimum(inertia.checked(matrices, dim, 10))
    np.testing.assert_array_equal(matrices, before)


def test_zero_and_empty_batches():
    for dim in (1, 2, 7, 60):
        count, log_det = inertia.index_and_log_det(np.zeros((3, dim, dim)))
        assert count.tolist() == [dim + 1] * 3
        assert (log_det == -np.inf).all()
        assert not inertia.is_minimum(np.zeros((3, dim, dim))).any()
        assert inertia.index(np.zeros((0, dim, dim))).shape == (0,)
        assert inertia.is_minimum(np.zeros((0, dim, dim))).shape == (0,)


@pytest.mark.parametrize("scale", SCALES)
def test_dimension_500(scale):
    rng = np.random.default_rng(1)
    matrices = np.concatenate([goe(rng, 500, 2), wishart(rng, 500, 1) + np.eye(500)]) * scale
    np.testing.assert_array_equal(inertia.index(matrices), by_eigenvalues(matrices))
    assert inertia.is_minimum(matrices).tolist() == [False, False, True]


# Tridiagonal matrices.


def dense(diagonal, squared):
    dim, size = diagonal.shape
    matrices = np.zeros((size, dim, dim))
    row = np.arange(dim)
    matrices[:, row, row] = diagonal.T
    matrices[:, row[1:], row[:-1]] = matrices[:, row[:-1], row[1:]] = np.sqrt(squared).T
    return matrices


def hermite(rng, dim, beta=1):
    """Callables that draw the β-Hermite ensemble and record what they drew."""
    drawn = {"a": [], "g": []}

    def diagonal(_, m):
        drawn["a"].append(rng.standard_normal(m))
        return drawn["a"][-1].copy()

    def squared(i, m):
        assert 1 <= i < dim
        drawn["g"].append(rng.standard_gamma(beta * i / 2, m))
        return drawn["g"][-1].copy()

    return diagonal, squared, drawn


@pytest.mark.parametrize("dim", [1, 2, 3, 10, 30, 500])
def test_tridiagonal_agrees_with_dense(dim):
    size = 2000 if dim < 100 else 20
    diagonal, squared, drawn = hermite(np.random.default_rng(dim), dim)
    streamed = inertia.streamed_index(diagonal, squared, dim, size)
    a, g = np.array(drawn["a"]), np.array(drawn["g"]).reshape(dim - 1, size)
    np.testing.assert_array_equal(streamed, by_eigenvalues(dense(a, g)))
    for scale in SCALES:
        np.testing.assert_array_equal(inertia.tridiagonal_index(a * scale, g * scale**2), streamed)


def test_tridiagonal_zero_pivots_and_overflow():
    ring = np.zeros((4, 1))
    assert inertia.tridiagonal_index(ring, np.ones((3, 1))).tolist() == [2]
    assert inertia.tridiagonal_index(ring, np.zeros((3, 1))).tolist() == [0]
    assert inertia.tridiagonal_index(-np.ones((4, 1)), np.zeros((3, 1))).tolist() == [4]
    split = inertia.tridiagonal_index(np.array([[0.0], [0.0], [-1.0]]), np.array([[1.0], [0.0]]))
    assert split.tolist() == [2]
    steep = np.array([[1e-300], [1e-300], [1.0]])
    assert inertia.tridiagonal_index(steep, np.full((2, 1), 1e300)).tolist() == [1]


def test_sieve_finds_the_minima_of_its_own_draws():
    """Each sample's entries are fixed in advance and found again by the value of the first."""
    dim, size = 5, 20_000
    rng = np.random.default_rng(8)
    a = rng.standard_normal((dim, size)) + 1.5
    g = rng.standard_gamma(0.5, (dim - 1, size))
    expected = inertia.tridiagonal_index(a, g) == 0
    alive = np.arange(size)
    pivot = np.full(size, np.inf)

    def diagonal(i, m):
        nonlocal alive, pivot
        keep = pivot > 0
        alive, pivot = alive[keep], pivot[keep]
        assert m == alive.size
        entries = a[i, alive]
        if i == 0:
            pivot = entries
        return entries.copy()

    def squared(i, m):
        nonlocal alive, pivot
        keep = a[i, alive] > 0
        alive, pivot = alive[keep], pivot[keep]
        assert m == alive.size
        pivot = a[i, alive] - g[i - 1, alive] / pivot
        return g[i - 1, alive].copy()

    np.testing.assert_array_equal(inertia.sieve(diagonal, squared, dim, size), expected)
    assert 0.01 < expected.mean() < 0.9


def test_sieve_stops_when_none_is_alive_and_repeats_itself():
    diagonal, squared, drawn = hermite(np.random.default_rng(1), 500)
    assert not inertia.sieve(diagonal, squared, 500, 1000).any()
    assert len(drawn["a"]) < 20
    runs = [inertia.sieve(*hermite(np.random.default_rng(4), 3)[:2], 3, 100_000) for _ in range(2)]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("beta", [1, 2])
def test_sieve_streamed_and_dense_agree_in_law(dim, beta):
    size = 200_000
    diagonal, squared, _ = hermite(np.random.default_rng(dim), dim, beta)
    sieved = inertia.sieve(diagonal, squared, dim, size).mean()
    streamed = (inertia.streamed_index(diagonal, squared, dim, size) == 0).mean()
    ensemble = {1: goe, 2: gue}[beta]
    minima = inertia.is_minimum(ensemble(np.random.default_rng(9), dim, size)).mean()
    error = math.sqrt(2 * streamed / size)
    assert abs(sieved - streamed) < 4 * error
    assert abs(minima - streamed) < 4 * error


# Exact laws.


def z_score(counts, law):
    """χ² of counts against a law, brought to a z-score by Wilson & Hilferty's cube root."""
    expected = np.array(law) * counts.sum()
    chi2 = ((counts - expected) ** 2 / expected).sum()
    spread = 2 / (9 * (len(law) - 1))
    return ((chi2 / (len(law) - 1)) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)


def index_counts(dim, diagonal_sd, route, size=200_000):
    rng = np.random.default_rng(100 + dim)
    if route == "dense":
        matrices = goe(rng, dim, size)
        matrices[:, range(dim), range(dim)] *= diagonal_sd
        count = inertia.index(matrices)
    else:
        diagonal, squared, _ = hermite(rng, dim)
        count = inertia.streamed_index(
            lambda i, m: diagonal_sd * diagonal(i, m), squared, dim, size
        )
    return np.bincount(count, minlength=dim + 1)


@pytest.mark.parametrize("route", ["dense", "tridiagonal"])
@pytest.mark.parametrize("dim", [2, 3, 4])
def test_exact_goe_law_and_its_negative_control(dim, route):
    assert sum(LAWS[dim]) == pytest.approx(1)
    assert z_score(index_counts(dim, 1.0, route), LAWS[dim]) < 4
    assert z_score(index_counts(dim, math.sqrt(0.5), route), LAWS[dim]) > 4


# What a sampler may return.


def test_checked_accepts_and_converts():
    rng = np.random.default_rng(0)
    assert inertia.checked(integers(rng, 3, 4), 3, 4).dtype == np.float64
    assert inertia.checked(gue(rng, 3, 4).astype(np.complex64), 3, 4).dtype == np.complex64
    rounded = goe(rng, 3, 4) * (1 + 1e-13 * rng.standard_normal((4, 3, 3)))
    np.testing.assert_array_equal(inertia.checked(rounded, 3, 4), rounded)
    huge = np.full((2, 3, 3), 1e308)
    np.testing.assert_array_equal(inertia.checked(huge, 3, 2), huge)
    assert inertia.checked(np.zeros((0, 3, 3)), 3, 0).shape == (0, 3, 3)


PRECISIONS = [np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.int64]


def gram(kind, dim, rank, size):
    """A Aᴴ of rank min(dim, rank), computed in the arithmetic of ``kind``."""
    rng = np.random.default_rng(5)
    shape = (size, dim, rank)
    if kind is np.int64:
        factor = rng.integers(-9, 10, shape)
    elif kind is np.complex64:
        factor = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    else:
        factor = rng.standard_normal(shape)
    factor = factor.astype(kind)
    return inertia.checked(factor @ factor.conj().transpose(0, 2, 1), dim, size)


@pytest.mark.parametrize("kind", PRECISIONS)
@pytest.mark.parametrize("dim", [2, 4, 9])
def test_matrices_are_judged_by_the_precision_that_they_come_in(kind, dim):
    """Rank d − 1 is degenerate, and full rank is told from it where ε leaves room."""
    singular = gram(kind, dim, dim - 1, 4000)
    assert (inertia.index(singular) == dim + 1).all()
    assert (inertia.index_and_log_det(singular)[1] == -np.inf).all()
    assert not inertia.is_minimum(singular).any()
    full = gram(kind, dim, 3 * dim, 4000)
    assert (inertia.index(full) == 0).mean() > (0.9 if kind is np.float16 else 0.999)
    assert not (inertia.index(-full) == 0).any()


def test_single_precision_judged_as_double_would_find_minima():
    """Negative control: cast before it is judged, half of what is singular passes for minima."""
    singular = gram(np.float32, 4, 3, 4000)
    assert 0.3 < inertia.is_minimum(singular.astype(np.float64)).mean() < 0.7


def test_the_precision_of_a_dtype():
    assert [inertia.precision(np.zeros(1, kind)) for kind in PRECISIONS] == [
        2.0**-10, 2.0**-23, 2.0**-52, 2.0**-52, 2.0**-23, 2.0**-52,
    ]  # fmt: skip


def test_asymmetry_is_judged_by_the_precision_too():
    rng = np.random.default_rng(0)
    rounded = goe(rng, 3, 4) * (1 + 1e-6 * rng.standard_normal((4, 3, 3)))
    single = rounded.astype(np.float32)
    np.testing.assert_array_equal(inertia.checked(single, 3, 4), single)
    with pytest.raises(InvalidBatchError, match="not symmetric"):
        inertia.checked(rounded, 3, 4)
    single[2, 0, 1] *= 1.01
    with pytest.raises(InvalidBatchError, match="sample 2 is not symmetric"):
        inertia.checked(single, 3, 4)


def spoiled(position, value, ensemble=goe):
    matrices = ensemble(np.random.default_rng(0), 3, 30_000)
    matrices[position] = value
    return matrices


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        (np.zeros((30_000, 3)), r"shape \(30000, 3\), expected \(30000, 3, 3\)"),
        (np.zeros((30_000, 3, 4)), "shape"),
        (np.zeros((30_000, 3, 3), dtype=object), "dtype object"),
        (np.zeros((30_000, 3, 3), dtype=bool), "dtype bool"),
        (spoiled((20_001, 1, 2), np.nan), "sample 20001 contains NaN"),
        (spoiled((7, 1, 1), np.inf), "sample 7 contains NaN or infinity"),
        (spoiled((12_345, 0, 2), 1.0), "sample 12345 is not symmetric"),
        (spoiled((5, 0, 0), 1j, gue), "sample 5 is not Hermitian"),
        (gue(np.random.default_rng(0), 3, 30_000).real + 0.01j, "sample 0 is not Hermitian"),
    ],
)
def test_checked_refuses_in_one_line(matrices, message):
    with pytest.raises(InvalidBatchError, match=message) as caught:
        inertia.checked(matrices, 3, 30_000)
    assert "\n" not in str(caught.value)
