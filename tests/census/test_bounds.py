"""A bound of third derivatives carries no proof before it was held against samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from critpoints.census import census
from critpoints.census.bounds import check_bounds
from critpoints.census.multistart import multistart
from critpoints.census.subdivision import subdivide
from critpoints.census.units import unit
from critpoints.domains import Box, Domain, Euclidean
from critpoints.landscapes import (
    Factorisation,
    FourierField,
    MonkeySaddle,
    Quadratic,
    Rastrigin,
    StyblinskiTang,
    TorusPolynomial,
    from_callables,
)
from critpoints.landscapes.trigonometric import TrigonometricSum
from critpoints.protocols import Landscape


class Gaussians:
    """A sum of six Gaussians in the plane, with all derivatives up to the third."""

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        rng = np.random.default_rng(seed)
        self.center, self.steep = rng.uniform(-1, 1, (6, 2)), rng.uniform(4, 40, 6)
        self.height = scale * rng.normal(size=6)

    def parts(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gap = x[:, None] - self.center
        return gap, self.height * np.exp(-self.steep * (gap**2).sum(axis=2) / 2)

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.parts(x)[1].sum(axis=1)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        gap, e = self.parts(x)
        return -np.einsum("mn,mni->mi", e * self.steep, gap)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        gap, e = self.parts(x)
        curved = np.einsum("mn,mni,mnj->mij", e * self.steep**2, gap, gap)
        return curved - (e @ self.steep)[:, None, None] * np.eye(2)

    def third(self, x: np.ndarray) -> np.ndarray:
        gap, e = self.parts(x)
        line = np.einsum("mn,mni->mi", e * self.steep**2, gap)[:, :, None, None] * np.eye(2)
        cube = np.einsum("mn,mni,mnj,mnk->mijk", e * self.steep**3, gap, gap, gap)
        return line + line.swapaxes(1, 2) + line.swapaxes(1, 3) - cube

    def everywhere(self) -> float:
        """t³ exp(-t²/2) is at most 1.4, t exp(-t²/2) at most .61."""
        return float((np.abs(self.height) * self.steep**1.5).sum() * (1.4 + 3 * 0.61))

    def landscape(self, bound: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Landscape:
        return from_callables(
            self.value, self.gradient, self.hessian, domain=Box(2, -1.3, 1.2), third_bound=bound,
            rounding=(1e-12 * np.abs(self.height).max(), 1e-11 * np.abs(self.height).max()),
        )  # fmt: skip


def wrong_bounds(f: Gaussians) -> dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]:
    return {
        "radius forgotten": lambda c, _: np.abs(f.third(c)),
        "zero": lambda c, _: np.zeros((len(c), 2, 2, 2)),
        "a twentieth": lambda c, _: np.full((len(c), 2, 2, 2), f.everywhere() / 20),
        "one component": lambda c, _: f.everywhere() * (np.indices((2, 2, 2)).sum(axis=0) != 3)
        * np.ones((len(c), 1, 1, 1)),
    }  # fmt: skip


@pytest.mark.parametrize("fault", wrong_bounds(Gaussians(0)))
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_wrong_bounds_of_sums_of_gaussians_are_refused(fault: str, scale: float) -> None:
    for seed in range(30):
        f = Gaussians(seed, scale)
        landscape = f.landscape(wrong_bounds(f)[fault])
        with pytest.raises(ValueError, match="third_bound must bound the third derivatives"):
            subdivide(landscape, max_cells=1)


def test_the_message_names_point_component_bound_and_size() -> None:
    f = Gaussians(1)
    with pytest.raises(ValueError, match="third_bound") as caught:
        census(f.landscape(lambda c, _: np.ones((len(c), 2, 2, 2))), method="subdivision")
    said = str(caught.value)
    assert "and the bound 1, at x = [" in said
    assert "component (" in said
    size = float(said.split(") is ")[1].split(" by differences", maxsplit=1)[0])
    assert 1 < size < f.everywhere()


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_right_bounds_pass(scale: float) -> None:
    """The control: no right bound is refused, and what is then complete is right."""
    for seed in range(10):
        f = Gaussians(seed, scale)
        landscape = f.landscape(lambda c, _, f=f: np.full((len(c), 2, 2, 2), f.everywhere()))
        found = subdivide(landscape, max_cells=20_000)
        assert "third derivatives hold" in found.assumption
        if found.complete:
            assert census(landscape, method="subdivision").audit


@pytest.mark.parametrize("seed", range(3))
def test_the_bounds_of_the_package_pass(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for landscape in (
        TorusPolynomial(3, 2).sample(rng), FourierField(2).sample(rng), Rastrigin(3),
        StyblinskiTang(2), Factorisation(3), Factorisation(2, (1e-220, 2e-220)), MonkeySaddle(3),
        Quadratic(2, (1e-200, -1e-200)),
    ):  # fmt: skip
        check_bounds(unit(landscape), seed)


def test_an_ill_conditioned_hessian_is_not_called_steep() -> None:
    """Rounding of the Hessian is allowed for, also where no bound of it is stated."""
    offset = 1e6

    def landscape(error: tuple[float, float] | None) -> Landscape:
        return from_callables(
            lambda x: (x**2).sum(axis=1) / 2,
            lambda x: x,
            lambda x: ((x + offset) - offset * (1 - 1e-16 * x) - x + 1)[:, :, None] * np.eye(1),
            domain=Box(1, -1.0, 1.3), third_bound=lambda c, _: np.zeros((len(c), 1, 1, 1)),
            rounding=error, check=False,
        )  # fmt: skip

    for error in (None, (1e-9, 1e-9)):
        check_bounds(unit(landscape(error)))
    with pytest.raises(ValueError, match="third_bound"):
        check_bounds(unit(landscape((0.0, 0.0))))


class Narrow(TrigonometricSum):
    """An expansion that claims too little."""

    def expansion(self, center, radius):
        gradient, hessian, bend, rest = super().expansion(center, radius)
        return gradient, hessian, bend / 30, rest / 30


def test_an_expansion_of_ones_own_is_held_against_samples() -> None:
    f = TorusPolynomial(2, 3).sample(np.random.default_rng(0))
    with pytest.raises(ValueError, match="expansion must bound how gradient and Hessian vary"):
        subdivide(Narrow(f.on, f.waves, f.cosine, f.sine))


def test_certificates_of_a_search_rest_on_checked_bounds_too() -> None:
    """In a box and in all of space."""
    f = Gaussians(0)
    for domain in (Box(2, -1.3, 1.2), Euclidean(2, 1.5)):

        def made(bound: Callable, domain: Domain = domain) -> Landscape:
            return from_callables(
                f.value, f.gradient, f.hessian, domain=domain, third_bound=bound,
                rounding=(1e-11, 1e-9),
            )  # fmt: skip

        found = multistart(made(lambda c, _: np.full((len(c), 2, 2, 2), f.everywhere())), starts=64)
        assert found.certified.any()
        assert found.assumption.startswith("the bounds of the third derivatives hold, and so do")
        for fault in wrong_bounds(f).values():
            with pytest.raises(ValueError, match="third_bound must bound"):
                multistart(made(fault), starts=64)
    assert multistart(Rastrigin(1), starts=64).assumption == ""
    nothing = from_callables(f.value, f.gradient, f.hessian, domain=Box(2, -1.3, 1.2))
    assert multistart(nothing, starts=64).assumption == ""
