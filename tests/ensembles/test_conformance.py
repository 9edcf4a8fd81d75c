"""Registered ensembles and variants of each, against the protocol; and four that must fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from critpoints import refs
from critpoints.ensembles import ENSEMBLES
from critpoints.ensembles.gaussian import goe
from critpoints.protocols import Ensemble
from tests.conformance.ensembles import check_ensemble

VARIANTS = [
    "independent:minimum=0.5,maximum=0.5",
    "independent:minimum=0.2,maximum=0.7",
    "beta:beta=0.5",
    "beta:beta=3",
    "wigner:entries=rademacher",
    "wigner:entries=uniform",
    "wigner:entries=laplace",
    "wigner:entries=student,df=3",
    "wishart:aspect=1",
    "goi:variance=0",
    "goi:variance=2",
    "isotropic:at=fixed",
]


@pytest.mark.parametrize("reference", [*ENSEMBLES, *VARIANTS])
def test_conforms(reference: str) -> None:
    check_ensemble(refs.parse(reference, ENSEMBLES, "ensemble"))


@dataclass(frozen=True)
class Honest(Ensemble):
    """The least a user writes: the controls below differ from it in one point each."""

    dim: int

    population = "control"
    name, version = "control", 1

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return goe(rng, size, self.dim)


@dataclass(frozen=True)
class WrongIndex(Honest):
    """Counts a tridiagonal form whose diagonal has half its variance."""

    def sample_index(self, rng: np.random.Generator, size: int) -> np.ndarray:
        matrices = goe(rng, size, self.dim)
        axes = np.arange(self.dim)
        matrices[:, axes, axes] *= 0.5**0.5
        return (np.linalg.eigvalsh(matrices) < 0).sum(axis=1)


@dataclass(frozen=True)
class WrongMinimum(Honest):
    """Takes a positive diagonal for positive definiteness."""

    def sample_minimum(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return (np.einsum("mii->mi", goe(rng, size, self.dim)) > 0).all(axis=1)


@dataclass(frozen=True)
class WrongWeights(Honest):
    """Forgets the weight |det H| of a Kac-Rice population."""

    kac_rice = True

    def index_weights(self, rng: np.random.Generator, size: int) -> np.ndarray:
        weights = np.full((size, self.dim + 2), -np.inf)
        weights[np.arange(size), self.sample_index(rng, size)] = 0.0
        return weights


@dataclass(frozen=True)
class Forgetful(Honest):
    """Draws from a generator of its own."""

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return goe(np.random.default_rng(), size, self.dim)


def test_a_user_class_with_only_sample_conforms() -> None:
    check_ensemble(Honest)


CONTROLS = [
    (WrongIndex, "sample_index is not the index"),
    (WrongMinimum, "sample_minimum is not index 0"),
    (WrongWeights, "index_weights give another law"),
    (Forgetful, "sample"),
]


@pytest.mark.parametrize(("control", "why"), CONTROLS)
def test_controls_are_refused(control: type[Ensemble], why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check_ensemble(control)
