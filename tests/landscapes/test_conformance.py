"""Registered landscapes and variants of each, against the protocol; and eight that must fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from critpoints import refs
from critpoints.domains import Box, Sphere, Torus
from critpoints.landscapes import LANDSCAPES
from critpoints.protocols import Landscape, RandomField
from tests.conformance.landscapes import check_landscape

DIMS = {
    "autoencoder": (2, 6),
    "deep-linear": (3, 5),
    "monkey": (2, 3),
    "autoencoder:hidden=2": (4, 12),
    "deep-linear:hidden=2,depth=4": (12, 16),
    "deep-linear:hidden=2,depth=2,spectrum=5/.5": (8,),
    "quadratic:spectrum=-.7/1/1": (3,),
    "quadratic:index=0,curvature=3": (1, 4),
    "factorisation:spectrum=2/-1": (2,),
    "rayleigh:spectrum=.5/-2/7": (2,),
}
"""Dimensions of those that do not come in every dimension."""

VARIANTS = [
    "fourier:covariance=matern,nu=2.5,length=2",
    "fourier:covariance=rational-quadratic,alpha=.7",
    "fourier:covariance=plane-wave,wavenumber=3,side=2",
    "confined-field:mass=2,covariance=matern",
    "spin:p=2",
    "spin:p=4",
    "separable:degree=5",
    "torus:degree=2,spectrum=flat",
    "double-well:tilt=-.3",
    "octopus:tau=1,L=.5,gamma=2",
]


def known(name: str) -> bool:
    """The families of this room; networks have tests of their own."""
    return not refs.parse(name, LANDSCAPES, "landscape").cls.__module__.endswith(
        ("networks", "autodiff")
    )


NAMES = [*filter(known, LANDSCAPES), *VARIANTS, *(r for r in DIMS if ":" in r)]


@pytest.mark.parametrize("reference", NAMES)
def test_conforms(reference: str) -> None:
    law = refs.parse(reference, LANDSCAPES, "landscape")
    check_landscape(law, DIMS.get(reference, (1, 2, 4)))


@dataclass(frozen=True)
class Honest(Landscape):
    """The least a user writes: the controls below differ from it in one point each."""

    dim: int

    @property
    def domain(self) -> Box:
        return Box(self.dim, -1.0, 1.0)

    def value(self, x: np.ndarray) -> np.ndarray:
        return (x**3).sum(axis=1) + np.einsum("mi,mj->m", x, x)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return 3 * x**2 + 2 * x.sum(axis=1, keepdims=True)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return 6 * x[:, :, None] * np.eye(self.dim) + 2

    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        cube = np.zeros((self.dim,) * 3)
        cube[(range(self.dim),) * 3] = 6.0
        return cube

    def rounding(self) -> tuple[float, float]:
        return 1e-14, 1e-14


class WrongGradient(Honest):
    def gradient(self, x: np.ndarray) -> np.ndarray:
        return 3 * x**2 + 1.999 * x.sum(axis=1, keepdims=True)


class WrongHessian(Honest):
    """Forgets the coupling of the axes."""

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return (6 * x[:, :, None] + 2) * np.eye(self.dim)


class WrongProduct(Honest):
    def hvp(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return 6 * x * v + 2 * v.mean(axis=1, keepdims=True)


class WrongThirdBound(Honest):
    def third_bound(self, center: np.ndarray, radius: np.ndarray) -> np.ndarray:
        return 0.99 * super().third_bound(center, radius)


class WrongRounding(Honest):
    def rounding(self) -> tuple[float, float]:
        return 0.0, 1e-14


class Mixing(Honest):
    """Lets the points of a batch see each other."""

    def value(self, x: np.ndarray) -> np.ndarray:
        return super().value(x) + 1e-6 * x.sum()


class Drifting(Honest):
    """Changes the points given."""

    def gradient(self, x: np.ndarray) -> np.ndarray:
        found = super().gradient(x)
        x[:] = np.nextafter(x, 2)
        return found


@dataclass(frozen=True)
class Forgetful(RandomField):
    """Draws from a generator of its own."""

    dim: int

    @property
    def domain(self) -> Torus:
        return Torus(self.dim)

    def sample(self, rng: np.random.Generator) -> Landscape:
        return LANDSCAPES["torus"].cls(self.dim).sample(np.random.default_rng())


@dataclass(frozen=True)
class Ambient(Landscape):
    """On a sphere, but with the derivatives of the space around it."""

    dim: int

    @property
    def domain(self) -> Sphere:
        return Sphere(self.dim)

    def value(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(self.dim + 1)[0], (len(x), 1))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return np.zeros((*x.shape, self.dim + 1))


@pytest.mark.parametrize("dims", [(1, 2, 3)])
def test_a_user_class_conforms(dims: tuple[int, ...]) -> None:
    check_landscape(Honest, dims)


CONTROLS = [
    (WrongGradient, "gradient is not the derivative of value"),
    (WrongHessian, "hessian is not the derivative of gradient"),
    (WrongProduct, "hvp is not hessian times vector"),
    (WrongThirdBound, "third_bound is exceeded"),
    (WrongRounding, "rounding"),
    (Mixing, "batches of value"),
    (Drifting, "the points given were changed"),
    (Forgetful, "sample is not repeatable"),
    (Ambient, "gradient is not tangent"),
]


@pytest.mark.parametrize(("control", "why"), CONTROLS)
def test_controls_are_refused(control: type, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        check_landscape(control, (2,))


def test_a_class_of_ones_own_by_its_reference() -> None:
    law = refs.parse(f"{__name__}:Honest", LANDSCAPES, "landscape")
    assert law(3) == Honest(3)
    made = refs.parse("critpoints.landscapes.known:DoubleWell:tilt=.1", LANDSCAPES, "landscape")(2)
    assert refs.describe(made, LANDSCAPES) == "double-well:tilt=0.1"
