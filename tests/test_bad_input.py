"""Every bad value is refused with an error that names the argument, before anything is drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer

import critpoints
from critpoints import (
    Box,
    ConfinedField,
    Ensemble,
    Euclidean,
    FourierField,
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    Network,
    NetworkHessian,
    ShiftedGaussian,
    Sphere,
    SphericalSpin,
    SpinGlass,
    Torus,
    TorusPolynomial,
    Wigner,
    Wishart,
    by_index,
    censuses,
    cli,
    escape_runs,
    escapes,
    exact,
    fit_bases,
    from_callables,
    from_jax,
    from_saddle,
    index_law,
    minima_fraction,
    network_points,
    products,
    race,
    ranking,
    sweep,
    trainings,
)
from critpoints.errors import InvalidBatchError
from critpoints.estimators import Proportion, Weighted
from critpoints.optimizers import optimizer
from critpoints.report import export
from critpoints.rule import Rule
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
    ("ensembles", lambda: exact([], "1-2")),
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


CALLED_ELSEWHERE = {  # in CONSTRUCTORS, by their parameter's name in BAD_CALLS, or under LAWS
    "GaussianEnsemble", "IndependentAxes", "IsotropicField", "ShiftedGaussian", "Wigner", "Wishart",
    "Torus", "Euclidean", "Sphere", "TorusPolynomial", "SphericalSpin", "FourierField",
    "censuses", "escapes", "exact", "from_callables", "index_law", "minima_fraction", "products",
    "sweep",
}  # fmt: skip
RESULTS_AND_BASES = {
    "ContradictionError",
    "EvaluationError",
    "Census", "Ensemble", "Estimate", "Landscape", "Optimizer", "Problem", "RandomField", "Saddle",
    "RangeWarning", "StoreError", "UnreliableEstimateError",
}  # fmt: skip
PUBLIC: dict[str, list[tuple[str, Callable[[], object]]]] = {
    "Box": [
        ("dim", lambda: Box(0)),
        ("low", lambda: Box(1, [1.0], [0.0])),
        ("low", lambda: Box(1, [NAN], [1.0])),
        ("low", lambda: Box(2, [0.0], [1.0, 2.0, 3.0])),
    ],
    "ConfinedField": [
        ("dim", lambda: ConfinedField(0)),
        ("mass", lambda: ConfinedField(2, mass=-1)),
        ("mass", lambda: ConfinedField(2, mass=NAN)),
    ],
    "Network": [
        ("width", lambda: Network(width=(0,))),
        ("activation", lambda: Network(activation="tan")),
        ("loss", lambda: Network(loss="absolute")),
    ],
    "NetworkHessian": [
        ("dim", lambda: NetworkHessian(0)),
        ("ratio", lambda: NetworkHessian(2, -1)),
        ("ratio", lambda: NetworkHessian(2, math.inf)),
    ],
    "SpinGlass": [
        ("dim", lambda: SpinGlass(0)),
        ("p", lambda: SpinGlass(2, 1)),
        ("p", lambda: SpinGlass(2, 2.5)),
    ],
    "by_index": [("level", lambda: by_index(pd.DataFrame(), level=1.0))],
    "escape_runs": [
        ("runs", lambda: escape_runs(["quadratic"], [2], ["gd"], runs=0)),
        ("seconds", lambda: escape_runs(["quadratic"], [2], ["gd"], seconds=NAN)),
        ("jobs", lambda: escape_runs(["quadratic"], [2], ["gd"], jobs=0)),
        ("backend", lambda: escape_runs(["quadratic"], [2], ["gd"], backend="mpi")),
        ("max_memory", lambda: escape_runs(["quadratic"], [2], ["gd"], max_memory="x")),
    ],
    "fit_bases": [
        ("table", lambda: fit_bases(3)),
        ("table", lambda: fit_bases(None)),
        ("table", lambda: fit_bases(pd.DataFrame({"a": [1]}))),
    ],
    "from_jax": [
        ("dim", lambda: from_jax(abs, 0)),
        ("domain", lambda: from_jax(abs, 2, 3)),
        ("domain", lambda: from_jax(abs, 2, Sphere(2))),
        ("f", lambda: from_jax(3, 2)),
    ],
    "from_saddle": [
        ("landscape", lambda: from_saddle(3, [0.0])),
        ("radius", lambda: from_saddle(SADDLE, [0.0, 0.0])),
        ("point", lambda: from_saddle(SADDLE, [0.0], radius=1)),
        ("point", lambda: from_saddle(SADDLE, [NAN, 0.0], radius=1)),
        ("radius", lambda: from_saddle(SADDLE, [0.0, 0.0], radius=-1)),
        ("drop", lambda: from_saddle(SADDLE, [0.0, 0.0], drop=0)),
    ],
    "network_points": [
        ("searches", lambda: network_points(["network-loss"], searches=0)),
        ("noise", lambda: network_points(["network-loss"], {"noise": -1})),
    ],
    "race": [
        ("optimizer", lambda: race([], ["quadratic"])),
        ("problem", lambda: race(["gd"], [])),
        ("runs", lambda: race(["gd"], ["quadratic"], runs=0)),
        ("budget", lambda: race(["gd"], ["quadratic"], budget=0)),
        ("level", lambda: race(["gd"], ["quadratic"], level=0)),
    ],
    "ranking": [("level", lambda: ranking(pd.DataFrame(), level=NAN))],
    "trainings": [
        ("runs", lambda: trainings(["network-loss"], runs=0)),
        ("rate", lambda: trainings(["network-loss"], {"rate": 0})),
    ],
}
SADDLE = from_callables(
    lambda x: x[..., 0] ** 2 - x[..., 1] ** 2,
    lambda x: np.stack([2 * x[..., 0], -2 * x[..., 1]], axis=-1),
    domain=Euclidean(2),
)


@pytest.mark.parametrize(("name", "call"), [pair for pairs in PUBLIC.values() for pair in pairs])
def test_the_other_public_names(name: str, call: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"\b{name}s?\b"):
        call()


def test_no_public_name_is_forgotten() -> None:
    named = {name for name in critpoints.__all__ if callable(getattr(critpoints, name))}
    assert named == {*PUBLIC, *CALLED_ELSEWHERE, *RESULTS_AND_BASES}


SOUND = {
    "minima": "-e goe --dims 2 --samples 10 --jobs 1 --store s",
    "index": "-e goe --dims 2 --samples 10 --jobs 1 --store s",
    "exact": "-e goe --dims 2",
    "census": "-l torus:degree=1 --dims 1 --jobs 1 --store s",
    "depth": "-p ginibre --dims 2 --n 2 --samples 10 --jobs 1 --store s",
    "escape": "-p quadratic --dims 2 -o gd:lr=.1 --runs 4 --jobs 1 --store s",
    "race": "-p quadratic -o gd --runs 4 --tuning-runs 2 --grid lr=.1 --jobs 1 --store s",
    "network": "-l network-loss:width=2,inputs=4,samples=40 --steps 5 --jobs 1 --store s",
    "explore": "--draws 1 --out e.html",
    "demo": "--out d.png",
    "list": "ensembles",
    "runs list": "--store s",
    "runs show": "DIGEST --store s",
    "runs export": "DIGEST --to b.csv --store s",
    "runs verify": "--recompute 1 --store s",
    "runs remove": "DIGEST --store s",
    "runs replay": "a.csv",
}
"""Every command, with options that it takes."""
WRONG: dict[str, tuple[str, ...]] = {
    "ensemble": ("geo", "beta:beta=0", "beta:beta", ""),
    "landscape": ("toros", "torus:degree=0", ""),
    "problem": ("quadrat", "quadratic:index=x", ""),
    "optimizer": ("gdd", "gd:lr=0", ""),
    "product": ("ginibr", "ginibre:m=2"),
    "dims": ("0", "-1", "x", "5-2", "2.5", ""),
    "n": ("0", "x", ""),
    "a": ("x", "nan"),
    "b": ("x", "inf"),
    "rel_error": ("0", "-1", "nan", "x"),
    "samples": ("0", "-1", "1.5", "x"),
    "seconds": ("0", "-1", "nan", "x"),
    "level": ("0", "1", "nan", "x"),
    "interval": ("wald", ""),
    "method": ("guess", ""),
    "seed": ("-1", "1.5", "x"),
    "jobs": ("0", "-2", "x"),
    "backend": ("mpi", "dask", ""),
    "scheduler": ("tcp://a:1", ""),
    "max_memory": ("0", "x", "-1M", "1k"),
    "log_json": ("/dev/null/x",),
    "store": ("/dev/null/x", ""),
    "form": ("xml",),
    "show": ("x",),
    "index": ("-1", "3", "x"),
    "draws": ("0", "-1", "x"),
    "max_cells": ("0", "-1", "1.5", "x"),
    "starts": ("0", "-1", "1.5", "x"),
    "unseen_mass": ("0", "1", "-1", "nan", "x"),
    "runs": ("0", "-1", "x"),
    "tuning_runs": ("0", "x"),
    "steps": ("0", "x"),
    "gradients": ("0", "x"),
    "products": ("0", "x"),
    "searches": ("0", "-1", "x"),
    "trainings": ("0", "x"),
    "rate": ("0", "nan", "x"),
    "noise": ("-1", "nan", "x"),
    "iterations": ("0", "x"),
    "budget": ("0", "x"),
    "grid": ("lr", "lr=x", "speed=1", ""),
    "recompute": ("-1", "x"),
    "to": ("a.xls",),
    "out": ("/dev/null/x.png",),
}
FREE = {"allow"}  # a name that no file holds allows nothing


def options() -> list[tuple[str, str, str]]:
    """Every option of every command that takes a value, with a wrong one."""
    found = []
    for command in SOUND:
        group: Any = typer.main.get_command(cli.app)
        for word in command.split():
            group = group.commands[word]
        for option in group.params:
            taken = option.param_type_name == "option" and not option.is_flag
            if taken and option.name not in FREE:
                found += [(command, option.name, max(option.opts, key=len))]
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store and an export."""
    home = tmp_path_factory.mktemp("home")
    store = str(home / "s")
    assert cli.run(["minima", *SOUND["minima"].split()[:-1], store, "--format", "csv"]) == 0
    with Store.reading(store) as kept:
        export.write(kept, [kept.entries()[0].digest], home / "a.csv")
    return home


@pytest.mark.parametrize(("command", "name", "option"), options())
def test_every_option_of_every_command(
    command: str, name: str, option: str, home: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line that names the option or the value; nothing is printed, written or removed."""
    monkeypatch.chdir(home)
    with Store.reading("s") as kept:
        (entry,) = kept.entries()
    before = {path.name for path in home.iterdir()}
    sound = SOUND[command].replace("DIGEST", entry.digest[:12]).split()
    for value in WRONG[name]:
        assert cli.run([*command.split(), *sound, option, value]) == 2, value
        said = capsys.readouterr()
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert line.startswith("critpoints: ")
        known = [name, name.replace("_", "-"), option.lstrip("-"), *re.split(r"\W+", value)]
        assert any(word in line for word in known if word), line
    with Store.reading("s") as kept:
        assert kept.entries() == [entry]
    assert {path.name for path in home.iterdir()} == before


def test_no_command_is_forgotten() -> None:
    root: Any = typer.main.get_command(cli.app)
    names = {name for name in root.commands if name != "runs"}
    names |= {f"runs {name}" for name in root.commands["runs"].commands}
    assert names == set(SOUND)


def test_there_are_many_bad_values() -> None:
    commands = sum(len(WRONG[name]) for _, name, _ in options())
    assert commands + len(BAD_CALLS) + len(CONSTRUCTORS) + sum(map(len, PUBLIC.values())) > 300
