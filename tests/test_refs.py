"""One grammar: what is written is read back, and what is misspelt is told so."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from critpoints import refs
from critpoints.ensembles import (
    ENSEMBLES,
    GaussianEnsemble,
    IndependentAxes,
    IsotropicField,
    ShiftedGaussian,
    Wigner,
    Wishart,
)
from critpoints.refs import Entry, parse

POSITIVE = st.floats(1e-3, 1e3)
DIMS = st.integers(1, 50)
SHARES = st.integers(0, 100).flatmap(lambda a: st.tuples(st.just(a), st.integers(0, 100 - a)))
INSTANCES = st.one_of(
    st.builds(GaussianEnsemble, DIMS, st.one_of(st.sampled_from([1, 2, 4]), POSITIVE)),
    st.builds(ShiftedGaussian, DIMS, POSITIVE),
    st.builds(IsotropicField, DIMS, st.sampled_from(["critical", "fixed"])),
    st.builds(
        Wigner, DIMS, st.sampled_from(["gaussian", "uniform", "student"]), st.floats(2.5, 99)
    ),
    st.builds(Wishart, DIMS, st.floats(1, 10)),
    st.builds(lambda d, s: IndependentAxes(d, s[0] / 100, s[1] / 100), DIMS, SHARES),
)


def made(text: str, dim: int = 2) -> object:
    return parse(text, ENSEMBLES, "ensemble")(dim)


@given(INSTANCES)
def test_every_instance_is_found_again_from_its_reference(instance: GaussianEnsemble) -> None:
    text = refs.describe(instance, ENSEMBLES)
    assert made(text, instance.dim) == instance
    assert str(parse(text, ENSEMBLES, "ensemble")) == text


def test_canonical_references() -> None:
    canonical = {
        "goe": GaussianEnsemble(2),
        "gse": GaussianEnsemble(2, 4),
        "beta:beta=3.0": GaussianEnsemble(2, 3),
        "isotropic": IsotropicField(2),
        "isotropic:at=fixed": IsotropicField(2, "fixed"),
        "goi:variance=2.0": ShiftedGaussian(2, 2),
    }
    for text, instance in canonical.items():
        assert refs.describe(instance, ENSEMBLES) == text
    assert made("wigner:df=7, entries=student") == Wigner(2, "student", 7.0)
    ref = parse("wigner:df=7,entries=student", ENSEMBLES, "ensemble")
    assert str(ref) == "wigner:entries=student,df=7.0"
    assert str(parse("goi:variance=.5", ENSEMBLES, "ensemble")) == "goi"


@dataclass(frozen=True)
class Toy:
    dim: int
    spectrum: tuple[float, ...] = (1.0,)
    steps: int = 3
    loud: bool = False
    rate: float | None = None
    label: str = "a"


TOYS = {"toy": Entry(Toy), "loud-toy": Entry(Toy, {"loud": True})}


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=4).map(tuple),
    st.integers(-5, 5),
    st.booleans(),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_values_take_the_type_of_their_field(
    spectrum: tuple[float, ...], steps: int, loud: bool, rate: float | None
) -> None:
    toy = Toy(2, spectrum, steps, loud, rate)
    assert parse(refs.describe(toy, TOYS), TOYS, "toy")(2) == toy


def test_lists_and_switches() -> None:
    assert parse("toy:spectrum=-.7/1/1,loud=yes", TOYS, "toy")(2) == Toy(2, (-0.7, 1, 1), loud=True)
    for bad in ("toy:loud=maybe", "toy:steps=1.5", "toy:spectrum=1//2", "toy:rate="):
        with pytest.raises(ValueError, match=bad[4:].partition("=")[0]):
            parse(bad, TOYS, "toy")


def test_a_class_of_ones_own() -> None:
    text = "critpoints.ensembles.shifted:ShiftedGaussian:variance=2"
    assert made(text, 3) == ShiftedGaussian(3, 2.0)
    assert made("critpoints.ensembles:IsotropicField", 3) == IsotropicField(3)
    assert str(parse(text, ENSEMBLES, "ensemble")) == text + ".0"
    toy = Toy(2, (1.0, 2.0))
    name = f"{Toy.__module__}:Toy"
    assert refs.describe(toy, ENSEMBLES) == f"{name}:spectrum=1.0/2.0"


BAD = {
    "goee": r"unknown ensemble 'goee': did you mean goe",
    "isotropc": r"did you mean isotropic\?",
    "zzzz": r"unknown ensemble 'zzzz': allowed are independent, goe",
    "": r"unknown ensemble ''",
    "goi:varience=1": r"no key 'varience': did you mean variance\?",
    "goe:beta=2": r"'goe' has no keys, got 'beta'",
    "goi:dim=3": r"has no key 'dim'",
    "goi:variance": r"'variance' is not key=value",
    "goi:variance=1,variance=2": r"key 'variance' is given twice",
    "goi:variance=x": r"variance must be a value of type float, got 'x'",
    "goi:variance=": r"variance must be a value of type float, got ''",
    "nowhere.at.all:Class": r"cannot import ensemble 'nowhere.at.all:Class'",
    ".relative:Class": r"cannot import ensemble",
    "os.path:Missing": r"cannot import ensemble 'os.path:Missing'",
    "os.path:join": r"'os.path:join' is not a class",
}


@pytest.mark.parametrize("text", BAD)
def test_mistakes_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=BAD[text]):
        made(text)


def test_a_module_that_fails_is_named(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "failing_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(ValueError, match=re.escape("cannot import ensemble 'failing_module:A'")):
        made("failing_module:A")


def test_only_text_is_a_reference() -> None:
    with pytest.raises(TypeError, match="ensemble must be a reference such as"):
        parse(3, ENSEMBLES, "ensemble")


class WithoutDim:
    """No constructor at all."""


@dataclass(frozen=True)
class DimLast:
    scale: float = 1.0
    dim: int = 2


@pytest.mark.parametrize("name", ["WithoutDim", "DimLast"])
def test_a_class_that_takes_no_dimension_is_told_what_is_needed(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} .*frozen dataclass whose first field is dim"):
        made(f"{__name__}:{name}")


@pytest.mark.parametrize(
    ("text", "said", "unsaid"),
    [
        ("geo", "did you mean", "wigner"),
        ("isotropc", "did you mean isotropic?", "wishart"),
        ("mine", "allowed are", "did you mean"),
        ("goe:bta=2", "'goe' has no keys, got 'bta'", "choose"),
        ("beta:bta=2", "did you mean beta?", "no keys"),
    ],
)
def test_only_near_names_are_proposed(text: str, said: str, unsaid: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        made(text)
    assert unsaid not in str(refused.value)
