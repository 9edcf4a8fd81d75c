"""Every bad value is refused with an error that names the argument, before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from critpoints import (
    Ensemble,
    Euclidean,
    FourierField,
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    ShiftedGaussian,
    Sphere,
    SphericalSpin,
    Torus,
    TorusPolynomial,
    Wigner,
    Wishart,
    censuses,
    escapes,
    exact,
    from_callables,
    index_law,
    minima_fraction,
    sweep,
)
from critpoints.errors import InvalidBatchError
from critpoints.estimators import Proportion, Weighted
from critpoints.optimizers import optimizer
from critpoints.report import export
from critpoints.rule import Rule
from critpoints.study.depth import products
from critpoints.study.spec import Spec
from critpoints.study.store import Store

NAN = math.nan
LAWS: list[Callable[..., Any]] = [minima_fraction, index_law]

CONSTRUCTORS: list[tuple[str, Callable[[], object]]] = [
    ("dim", lambda: GaussianEnsemble(0)),
    ("dim", lambda: IsotropicField(-1)),
    ("dim", lambda: Wishart(2.5)),
    ("dim", lambda: Wigner("2")),
    ("dim", lambda: ShiftedGaussian(None)),
    ("dim", lambda: IndependentAxes(True)),
    ("beta", lambda: GaussianEnsemble(2, 0)),
    ("beta", lambda: GaussianEnsemble(2, -1)),
    ("beta", lambda: GaussianEnsemble(2, NAN)),
    ("beta", lambda: GaussianEnsemble(2, "1")),
    ("beta", lambda: GaussianEnsemble(2, 10**400)),
    ("variance", lambda: ShiftedGaussian(2, -0.1)),
    ("variance", lambda: ShiftedGaussian(2, math.inf)),
    ("aspect", lambda: Wishart(2, 0.5)),
    ("df", lambda: Wigner(2, "student", 2)),
    ("entries", lambda: Wigner(2, "cauchy")),
    ("entries", lambda: Wigner(2, 3)),
    ("at", lambda: IsotropicField(2, "critial")),
    ("minimum", lambda: IndependentAxes(2, 1.5)),
    ("minimum", lambda: IndependentAxes(2, -0.1)),
    ("maximum", lambda: IndependentAxes(2, 0.6, 0.6)),
    ("event", lambda: Proportion("maxima")),
    ("route", lambda: Proportion("minima", "slow")),
    ("route", lambda: Weighted("minima", "dense")),
    ("rel_error", lambda: Rule(None, None, None)),
    ("batch", lambda: Spec(GaussianEnsemble(2), Proportion(), batch=-1)),
]


@pytest.mark.parametrize(("name", "make"), CONSTRUCTORS)
def test_constructors(name: str, make: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
        make()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rel_error", 0),
        ("rel_error", -1),
        ("rel_error", NAN),
        ("rel_error", 1e-300),
        ("rel_error", "0.1"),
        ("samples", 0),
        ("samples", -5),
        ("samples", 1e6),
        ("samples", 10**16),
        ("seconds", 0),
        ("seconds", NAN),
        ("seconds", math.inf),
        ("level", 1.5),
        ("level", 0),
        ("level", 1),
        ("level", "95%"),
        ("seed", -1),
        ("seed", 1.0),
        ("seed", None),
        ("jobs", 0),
        ("jobs", -2),
        ("jobs", 1.5),
        ("backend", "dask"),
        ("method", "magic"),
        ("method", None),
        ("store", 3),
    ],
)
def test_options(law: Callable[..., object], name: str, value: object) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
        law("goe", 2, **{name: value})


@pytest.mark.parametrize(
    "dims", [0, -1, 2.5, "x", "5-2", 10**9, "1-1000000000", "", "1-", "-3", "2.5", "1,,2", "1-²"]
)
def test_dims_of_a_sweep(dims: object) -> None:
    with pytest.raises((ValueError, TypeError), match="dims"):
        sweep(["goe"], dims)


@pytest.mark.parametrize("dims", [[], [1, 0], [1, 2.5], [True], None, [2001]])
def test_dims_as_a_list(dims: object) -> None:
    with pytest.raises((ValueError, TypeError), match="dims"):
        sweep(["goe"], dims)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dim", [0, -1, 2.5, "x", None, 10**9])
def test_dim_of_one_row(law: Callable[..., object], dim: object) -> None:
    with pytest.raises((ValueError, TypeError), match="dim"):
        law("goe", dim)


@pytest.mark.parametrize(
    ("ensemble", "message"),
    [
        ("geo", "unknown ensemble 'geo'"),
        ("goi:varience=1", "'varience': did you mean variance"),
        ("beta:beta=0", "beta"),
        ("goi:variance=x", "variance"),
        (3, "ensemble"),
        (int, "ensemble"),
        (np.ndarray, "ensemble"),
    ],
)
def test_ensembles(ensemble: object, message: str) -> None:
    for call in (minima_fraction, index_law):
        with pytest.raises((ValueError, TypeError), match=message):
            call(ensemble, 2)
    with pytest.raises((ValueError, TypeError), match=message):
        sweep([ensemble], "2")


def test_a_sweep_of_nothing_and_an_unknown_event() -> None:
    with pytest.raises(ValueError, match="ensembles"):
        sweep([], "1-3")
    for ensemble in ("goe", "wishart", "isotropic"):
        with pytest.raises(ValueError, match="unknown event 'maxima'"):
            sweep([ensemble], "2", event="maxima")


@pytest.mark.parametrize(
    ("ensemble", "method"),
    [("goe", "identity"), ("isotropic", "sieve"), ("isotropic", "plain"), ("goe", "pivots"),
     ("network", "sieve")],
)  # fmt: skip
def test_methods_that_do_not_fit(ensemble: str, method: str) -> None:
    with pytest.raises(ValueError, match=f"method '{method}'"):
        minima_fraction(ensemble, 2, method=method)


def test_dims_may_be_an_iterator() -> None:
    table = sweep(["goe", "independent"], iter([1, 2]), samples=100)
    assert list(table["dim"]) == [1, 2, 1, 2]


def skewed(matrices: np.ndarray) -> np.ndarray:
    matrices[0, 0, 1] += 1e-3
    return matrices


def with_nan(matrices: np.ndarray) -> np.ndarray:
    matrices[-1, 1, 1] = np.nan
    return matrices


SPOILT: dict[str, tuple[Callable[[np.ndarray], object], str]] = {
    "not symmetric": (skewed, "sample 0 is not symmetric"),
    "nan": (with_nan, "NaN or infinity"),
    "infinite": (lambda m: m / np.zeros(()), "NaN or infinity"),
    "one too few": (lambda m: m[1:], "shape"),
    "not square": (lambda m: m[:, :, :1], "shape"),
    "one matrix": (lambda m: m[0], "shape"),
    "text": (lambda m: m.astype(str), "dtype"),
    "nothing": (lambda _: None, "shape"),
}


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("kac_rice", [False, True])
def test_what_a_user_class_returns(name: str, kac_rice: bool) -> None:
    spoil, message = SPOILT[name]

    @dataclass(frozen=True)
    class Mine(Ensemble):
        dim: int

        def sample(self, rng: np.random.Generator, size: int) -> Any:
            with np.errstate(divide="ignore", invalid="ignore"):
                return spoil(np.ones((size, 1, 1)) * np.eye(self.dim))

    Mine.kac_rice = kac_rice
    for ask in LAWS:
        with pytest.raises(InvalidBatchError, match=message):
            ask(Mine(2), samples=100)


def test_stores_that_cannot_be_used(tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("dear diary")
    for path in (diary, str(diary), tmp_path, diary / "below"):
        with pytest.raises(ValueError, match="store"):
            minima_fraction("goe", 2, samples=100, store=path)
    assert diary.read_text() == "dear diary"
    assert list(tmp_path.iterdir()) == [diary]


class _Listed(Ensemble):
    """Overrides with what is not an array of outcomes."""

    def __init__(self, dim: int, minimum: object) -> None:
        self.dim, self.minimum = dim, minimum

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return np.broadcast_to(np.eye(self.dim), (size, self.dim, self.dim))

    def sample_minimum(self, rng: np.random.Generator, size: int) -> np.ndarray:
        return self.minimum(size)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("minimum", "said"),
    [
        (lambda size: np.full(size, 4), r"0\.\.1"),
        (lambda size: np.full(size, 0.5), "booleans or integers"),
        (lambda size: np.ones(size - 1, bool), "shape"),
    ],
)
def test_an_override_that_returns_no_outcomes(minimum: object, said: str) -> None:
    with pytest.raises(InvalidBatchError, match=said):
        minima_fraction(_Listed(2, minimum), samples=10)


BAD_CALLS: list[tuple[str, Callable[[], object]]] = [
    ("draws", lambda: censuses(["torus"], [1], draws=0)),
    ("draws", lambda: censuses(["torus"], [1], draws=1.5)),
    ("draws", lambda: censuses(["torus"], [1], draws=None)),
    ("method", lambda: censuses(["torus"], [1], method="guess")),
    ("method", lambda: censuses(["torus"], [1], method=None)),
    ("seconds", lambda: censuses(["torus"], [1], seconds=0)),
    ("seconds", lambda: censuses(["torus"], [1], seconds=NAN)),
    ("heights", lambda: censuses(["torus"], [1], heights=(1, 1))),
    ("heights", lambda: censuses(["torus"], [1], heights=(NAN,))),
    ("seed", lambda: censuses(["torus"], [1], seed=-1)),
    ("jobs", lambda: censuses(["torus"], [1], jobs=0)),
    ("backend", lambda: censuses(["torus"], [1], backend="mpi")),
    ("store", lambda: censuses(["torus"], [1], store=1)),
    ("max_memory", lambda: censuses(["torus"], [1], max_memory="much")),
    ("max_memory", lambda: censuses(["torus"], [1], max_memory=0)),
    ("max_memory", lambda: sweep(["goe"], "1", max_memory=1.5)),
    ("max_memory", lambda: sweep(["goe"], "1", max_memory=True)),
    ("max_memory", lambda: sweep(["goe"], "1", max_memory="1M")),
    ("landscapes", lambda: censuses([], [1])),
    ("landscape", lambda: censuses(["toros"], [1])),
    ("landscape", lambda: censuses([3], [1])),
    ("dims", lambda: censuses(["torus"], "0")),
    ("dims", lambda: censuses(["torus"], [2.5])),
    ("dim", lambda: censuses(["torus"])),
    ("backend", lambda: minima_fraction("goe", 2, backend="dask:scheduler=nowhere")),
    ("backend", lambda: minima_fraction("goe", 2, backend="dask:scheduler=")),
    ("backend", lambda: minima_fraction("goe", 2, backend=None)),
    ("interval", lambda: minima_fraction("goe", 2, interval="wald")),
    ("dim", lambda: Torus(0)),
    ("dim", lambda: Euclidean(0)),
    ("dim", lambda: Sphere(0)),
    ("lr", lambda: optimizer("gd:lr=0")),
    ("lr", lambda: optimizer("adam:lr=-1")),
    ("lr", lambda: optimizer("gd:lr=nan")),
    ("beta", lambda: optimizer("momentum:lr=.1,beta=1")),
    ("beta", lambda: optimizer("nesterov:lr=.1,beta=-1")),
    ("optimizer", lambda: optimizer("gdd")),
    ("optimizer", lambda: optimizer(3)),
    ("runs", lambda: escapes(["quadratic"], [2], ["gd"], runs=0)),
    ("steps", lambda: escapes(["quadratic"], [2], ["gd"], steps=0)),
    ("steps", lambda: escapes(["quadratic"], [2], ["gd"], steps=1.5)),
    ("gradients", lambda: escapes(["quadratic"], [2], ["gd"], gradients=-1)),
    ("problem", lambda: escapes(["quadrat"], [2], ["gd"])),
    ("optimizer", lambda: escapes(["quadratic"], [2], ["gdd"])),
    ("problem", lambda: escapes([], [2], ["gd"])),
    ("optimizer", lambda: escapes(["quadratic"], [2], [])),
    ("dims", lambda: escapes(["quadratic"], "x", ["gd"])),
    ("seed", lambda: escapes(["quadratic"], [2], ["gd"], seed=-1)),
    ("ensemble", lambda: exact(["geo"], "1-2")),
    ("dims", lambda: exact(["goe"], "2-1")),
    ("index", lambda: exact(["goe"], "2", index=3)),
    ("index", lambda: exact(["goe"], "2", index=-1)),
    ("samples", lambda: products(["ginibre:n=2"], [2], samples=1)),
    ("quantity", lambda: products(["ginibre:n=2"], [2], quantity="x")),
    ("product", lambda: products(["ginibr"], [2])),
    ("n", lambda: products(["ginibre:n=0"], [2])),
    ("level", lambda: products(["ginibre:n=2"], [2], level=2)),
    ("degree", lambda: TorusPolynomial(2, degree=0)),
    ("dim", lambda: TorusPolynomial(0)),
    ("p", lambda: SphericalSpin(3, p=1)),
    ("dim", lambda: SphericalSpin(0)),
    ("dim", lambda: FourierField(-1)),
    ("f", lambda: from_callables(2, np.sin, domain=Torus(1))),
    ("domain", lambda: from_callables(np.sin, np.cos, domain=3)),
    ("suffix", lambda: export.write(Store(), [], Path("x.xls"))),
    ("digest", lambda: export.write(Store(), ["xyz"], Path("x.csv"))),
]


@pytest.mark.parametrize(("name", "call"), BAD_CALLS)
def test_every_door_names_the_argument(name: str, call: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"\b{name}s?\b"):
        call()
