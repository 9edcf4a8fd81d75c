"""Index laws against exact ones by chi-square, against independent matrices where none is known.

Every p-value must exceed that of |z| = 4. The control, a GOE whose diagonal has half its variance,
must be refused by the same tests.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from critpoints.ensembles import (
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    ShiftedGaussian,
    Wigner,
)
from critpoints.protocols import Ensemble
from tests.conformance.agreement import P_LIMIT, p_exact, p_ratios, p_same, ratio_and_error

SIZE = 100_000
R2, R3, R6 = math.sqrt(2), math.sqrt(3), math.sqrt(6)


def symmetric(*ends: float) -> list[float]:
    """Law of an even number of bins from its first half, or with the middle from what is left."""
    return [*ends, *ends[::-1]]


def completed(*ends: float) -> list[float]:
    return [*ends, 1 - 2 * sum(ends), *ends[::-1]]


GOE_3 = (math.pi - 2 * R2) / (4 * math.pi)
GOE = {
    1: symmetric(0.5),
    2: completed((2 - R2) / 4),
    3: symmetric(GOE_3, 0.5 - GOE_3),
    4: completed(0.25 - R2 / 16 - 1 / (2 * math.pi), R2 / 8),
}
"""Symmetric under k -> d - k; no degenerate bin."""
FIXED_2 = completed((1 - 1 / R3) / 2)
CRITICAL_MINIMUM = {1: 0.5, 2: 0.25, 3: (29 - 6 * R6) / 116, 4: 0.0598857780, 5: 0.0286711436}
CRITICAL_4 = completed(0.0598857780, 0.25)


def counted(ensemble: Ensemble, seed: int, size: int = SIZE) -> np.ndarray:
    drawn = ensemble.sample_index(np.random.default_rng(seed), size)
    return np.bincount(drawn, minlength=ensemble.dim + 2)


def counted_dense(ensemble: Ensemble, seed: int, size: int = SIZE) -> np.ndarray:
    drawn = Ensemble.sample_index(ensemble, np.random.default_rng(seed), size)
    return np.bincount(drawn, minlength=ensemble.dim + 2)


def counted_minima(ensemble: Ensemble, seed: int, size: int = SIZE) -> np.ndarray:
    hits = int(ensemble.sample_minimum(np.random.default_rng(seed), size).sum())
    return np.array([hits, size - hits])


@pytest.mark.parametrize("dim", GOE)
def test_goe_on_every_route(dim: int) -> None:
    law = [*GOE[dim], 0.0]
    goe = GaussianEnsemble(dim)
    assert p_exact(counted(goe, dim), law) > P_LIMIT
    assert p_exact(counted_dense(goe, dim), law) > P_LIMIT
    assert p_exact(counted_dense(Wigner(dim), dim), law) > P_LIMIT
    assert p_exact(counted_minima(goe, dim), [law[0], 1 - law[0]]) > P_LIMIT


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_control_with_half_the_diagonal_variance_is_refused(dim: int) -> None:
    matrices = GaussianEnsemble(dim).sample(np.random.default_rng(dim), SIZE)
    axes = np.arange(dim)
    matrices[:, axes, axes] *= 0.5**0.5
    index = (np.linalg.eigvalsh(matrices) < 0).sum(axis=1)
    counts = np.bincount(index, minlength=dim + 2)
    assert p_exact(counts, [*GOE[dim], 0.0]) < P_LIMIT
    assert p_same(counts, counted(GaussianEnsemble(dim), dim)) < P_LIMIT
    hits = int((index == 0).sum())
    minimum = GOE[dim][0]
    assert p_exact([hits, SIZE - hits], [minimum, 1 - minimum]) < P_LIMIT


def test_goe_at_dim_5_and_the_shape_of_the_law() -> None:
    minimum = (3 * math.pi - 8 - R2) / (24 * math.pi)
    goe = GaussianEnsemble(5)
    size = 2_000_000
    assert p_exact(counted_minima(goe, 1, size), [minimum, 1 - minimum]) > P_LIMIT
    counts = counted(goe, 2)
    assert p_same(counts[:6], counts[5::-1]) > P_LIMIT
    assert counts[6] == 0


def test_three_populations_have_three_answers_at_dim_2() -> None:
    size = 400_000
    critical = IsotropicField(2).index_weights(np.random.default_rng(3), size)
    found = [
        counted_minima(GaussianEnsemble(2), 1, size)[0] / size,
        counted_minima(IsotropicField(2, "fixed"), 2, size)[0] / size,
        ratio_and_error(critical)[0][0],
    ]
    error = 0.5 / math.sqrt(size)
    assert found == pytest.approx([0.1464466, 0.2113249, 0.25], abs=4 * error)
    assert np.diff(found).min() > 20 * error  # the control: they can be told apart


def test_isotropic_at_a_fixed_point() -> None:
    law = [*FIXED_2, 0.0]
    for ensemble in (IsotropicField(2, "fixed"), ShiftedGaussian(2, 0.5)):
        assert p_exact(counted(ensemble, 4), law) > P_LIMIT
        assert p_exact(counted_dense(ensemble, 5), law) > P_LIMIT
        assert p_exact(counted_minima(ensemble, 6), [law[0], 1 - law[0]]) > P_LIMIT
    assert p_exact(counted(ShiftedGaussian(2, 0.45), 4), law) < P_LIMIT  # control


@pytest.mark.parametrize("dim", CRITICAL_MINIMUM)
def test_isotropic_critical_points_by_both_routes(dim: int) -> None:
    field = IsotropicField(dim)
    identity = field.index_weights(np.random.default_rng(dim), SIZE)
    determinant = Ensemble.index_weights(field, np.random.default_rng(100 + dim), SIZE)
    assert p_ratios(identity, determinant) > P_LIMIT
    for weights in (identity, determinant):
        law, error = ratio_and_error(weights)
        assert abs(law[0] - CRITICAL_MINIMUM[dim]) < 4 * error[0]
        assert abs(law[dim] - CRITICAL_MINIMUM[dim]) < 4 * error[dim]
        assert law[dim + 1] == 0
        signs = (-1.0) ** np.arange(dim + 1)
        assert abs(signs @ law[:-1]) < 4 * error.sum()  # Euler characteristic of nothing
        if dim == 4:
            assert (np.abs(law[:-1] - CRITICAL_4) < 4 * error[:-1]).all()


@pytest.mark.parametrize("dim", [2, 3, 4, 5])
def test_isotropic_control_without_weights_is_refused(dim: int) -> None:
    counts = counted(IsotropicField(dim), dim)
    minimum = CRITICAL_MINIMUM[dim]
    assert p_exact([counts[0], SIZE - counts[0]], [minimum, 1 - minimum]) < P_LIMIT


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
@pytest.mark.parametrize("axis", [(1 / 3, 1 / 3), (0.5, 0.5), (0.2, 0.5), (1.0, 0.0)])
def test_independent_axes_by_enumeration(dim: int, axis: tuple[float, float]) -> None:
    kinds = {"minimum": axis[0], "maximum": axis[1], "inflection": 1 - sum(axis)}
    law = np.zeros(dim + 2)
    for axes in itertools.product(kinds, repeat=dim):
        place = dim + 1 if "inflection" in axes else axes.count("maximum")
        law[place] += math.prod(kinds[kind] for kind in axes)
    law[law < 1e-12] = 0.0
    ensemble = IndependentAxes(dim, *axis)
    assert law[0] == pytest.approx(axis[0] ** dim)
    assert p_exact(counted(ensemble, dim), law) > P_LIMIT
    assert p_exact(counted_dense(ensemble, dim), law) > P_LIMIT
    assert p_exact(counted_minima(ensemble, dim), [law[0], 1 - law[0]]) > P_LIMIT


def enumerated(dim: int, off_diagonal: float) -> np.ndarray:
    """Index law of symmetric matrices of signs, those off the diagonal scaled."""
    rows, columns = np.tril_indices(dim)
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=rows.size)))
    matrices = np.empty((len(signs), dim, dim))
    scaled = signs * np.where(rows == columns, 1.0, off_diagonal)
    matrices[:, rows, columns] = matrices[:, columns, rows] = scaled
    values = np.linalg.eigvalsh(matrices)
    index = np.where((np.abs(values) < 1e-9).any(axis=1), dim + 1, (values < 0).sum(axis=1))
    return np.bincount(index, minlength=dim + 2) / len(index)


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_rademacher_by_full_enumeration(dim: int) -> None:
    law = enumerated(dim, 0.5**0.5)
    assert law[-1] == 0  # √2 M is never singular modulo powers of √2
    assert p_exact(counted(Wigner(dim, "rademacher"), dim), law) > P_LIMIT
    if dim > 1:
        assert p_exact(counted(Wigner(dim, "uniform"), dim), law) < P_LIMIT  # control


@dataclass(frozen=True)
class Signs(Ensemble):
    """Symmetric matrices of plain signs: many are singular."""

    dim: int

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        signs = 2.0 * rng.integers(0, 2, (size, self.dim, self.dim)) - 1
        return np.tril(signs) + np.tril(signs, -1).swapaxes(1, 2)


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_singular_matrices_of_signs_are_counted_apart(dim: int) -> None:
    law = enumerated(dim, 1.0)
    assert law[-1] > 0.3
    assert p_exact(counted(Signs(dim), dim), law) > P_LIMIT
    assert p_exact(counted_minima(Signs(dim), dim), [law[0], 1 - law[0]]) > P_LIMIT


def quaternion_index(dim: int, rng: np.random.Generator, size: int) -> np.ndarray:
    """Index of GSE matrices as 2d×2d complex ones, whose eigenvalues come in pairs."""

    def normal() -> np.ndarray:
        return rng.standard_normal((size, dim, dim)) + 1j * rng.standard_normal((size, dim, dim))

    a, b = normal(), normal()
    a = (a + a.conj().swapaxes(1, 2)) / 2
    b = (b - b.swapaxes(1, 2)) / 2
    values = np.linalg.eigvalsh(np.block([[a, b], [-b.conj(), a.conj()]]))
    negative = (values < 0).sum(axis=1)
    assert (negative % 2 == 0).all()
    return negative // 2


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_gse_against_quaternion_matrices(dim: int) -> None:
    size = 60_000
    index = quaternion_index(dim, np.random.default_rng(dim), size)
    counts = np.bincount(index, minlength=dim + 2)
    assert p_same(counts, counted(GaussianEnsemble(dim, 4), dim)) > P_LIMIT
    assert p_same(counts, counted_dense(GaussianEnsemble(dim, 4), dim, size)) > P_LIMIT
    assert p_same(counts, counted(GaussianEnsemble(dim, 3), dim)) < P_LIMIT  # control


@pytest.mark.parametrize("dim", [2, 3, 4])
def test_gue_against_hermitian_matrices(dim: int) -> None:
    rng = np.random.default_rng(dim)
    shape = (100_000, dim, dim)
    a = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    index = (np.linalg.eigvalsh((a + a.conj().swapaxes(1, 2)) / 2) < 0).sum(axis=1)
    counts = np.bincount(index, minlength=dim + 2)
    assert p_same(counts, counted(GaussianEnsemble(dim, 2), dim)) > P_LIMIT
    assert p_same(counts, counted_dense(GaussianEnsemble(dim, 2), dim)) > P_LIMIT
    assert p_same(counts, counted(GaussianEnsemble(dim, 1.8), dim)) < P_LIMIT  # control


@pytest.mark.parametrize("beta", [0.5, 1, 2, 3, 4, 7])
def test_any_beta_at_dim_2_by_quadrature(beta: float) -> None:
    """Positive definite if a_1, a_2 > 0 and b² < a_1 a_2, b² ~ Gamma(beta/2, 1)."""

    nodes, weights = np.polynomial.legendre.leggauss(80)
    x, w = 2.25 * (nodes + 1) ** 2, 4.5 * (nodes + 1) * weights  # smooth at the root b = √(a_1 a_2)
    a, b = np.meshgrid(x, x)  # in [0, 9]²
    values = stats.gamma.cdf(a * b, beta / 2) * np.exp(-(a**2 + b**2) / 2) / (2 * math.pi)
    minimum = float(w @ values @ w)
    if beta == 1:
        assert minimum == pytest.approx(GOE[2][0], abs=1e-9)
    ensemble = GaussianEnsemble(2, beta)
    assert p_exact(counted(ensemble, 7), [*completed(minimum), 0.0]) > P_LIMIT
    assert p_exact(counted_minima(ensemble, 8), [minimum, 1 - minimum]) > P_LIMIT


@pytest.mark.parametrize("beta", [0.5, 3])
@pytest.mark.parametrize("dim", [3, 4])
def test_any_beta_against_its_dense_form(beta: float, dim: int) -> None:
    ensemble = GaussianEnsemble(dim, beta)
    assert p_same(counted(ensemble, 1), counted_dense(ensemble, 2)) > P_LIMIT


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_shift_of_variance_zero_is_the_goe(dim: int) -> None:
    law = [*GOE[dim], 0.0]
    assert p_exact(counted(ShiftedGaussian(dim, 0.0), dim), law) > P_LIMIT
