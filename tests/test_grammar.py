"""Random input to every parser: a value or a plain error, never a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from critpoints import cli, refs
from critpoints.ensembles import GaussianEnsemble, IndependentAxes, IsotropicField, Wigner
from critpoints.estimators import Proportion, Weighted
from critpoints.study.memory import parse_bytes
from critpoints.study.objects import KINDS, parse_dims
from critpoints.study.replay import digest_of, rebuild
from critpoints.study.spec import Spec

QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}
PIECES = st.sampled_from(
    ["goe", "beta", "isotropic", "wigner", "torus", "quadratic", ":", "=", ",", "/", "-", "beta=",
     "entries=", "df=", "at=", "1", "1e999", "nan", "-1", "", " ", "²", "\x00", "é", "student"]
)  # fmt: skip
TEXT = st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=8).map("".join))


@settings(max_examples=900, **QUICK)
@given(TEXT, st.sampled_from(["ensemble", "landscape", "problem", "product"]))
def test_references(text: str, kind: str) -> None:
    registry, _ = KINDS[kind]
    if ":" in text and text.partition(":")[0] not in registry:
        text = text.replace(":", "")  # a module would be imported
    try:
        found = refs.parse(text, registry, kind)
    except (ValueError, TypeError):
        return
    assert refs.parse(str(found), registry, kind) == found


@settings(max_examples=600, **QUICK)
@given(st.one_of(TEXT, st.text("0123456789-, ", max_size=12)))
def test_dimensions_and_bytes(text: str) -> None:
    try:
        dims = parse_dims(text)
    except ValueError as error:
        assert "dims" in str(error)  # noqa: PT017
    else:
        assert dims
        assert all(1 <= d <= 2000 for d in dims)
        assert len(set(dims)) == len(dims)
    try:
        assert parse_bytes("memory", text) > 0
    except ValueError as error:
        assert "memory" in str(error)  # noqa: PT017


WORDS = st.one_of(
    st.sampled_from(
        ["minima", "index", "exact", "census", "escape", "depth", "list", "runs", "show", "verify",
         "-e", "goe",
         "--dims", "0", "-1", "--seed", "--level", "--samples", "--format", "json", "--help",
         "--backend", "dask", "--scheduler", "--max-memory", "--log-json", "--index", "--draws"]
    ),
    st.text(string.printable, max_size=6),
)  # fmt: skip


@settings(max_examples=300, **QUICK)
@given(st.lists(WORDS, max_size=6))
def test_whole_commands(words: list[str]) -> None:
    """Nothing is sampled: every command lacks what it needs, or asks for nothing."""
    words = [word for word in words if "/" not in word and ":" not in word and "." not in word]
    if {"minima", "index", "census", "escape"} & set(words):
        words = [*words, "--dims", "0"]
    said, printed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        status = cli.run(words)
    assert status in (0, 2)
    assert "Traceback" not in said.getvalue()
    if status == 2:
        assert said.getvalue().startswith("critpoints: ")


REAL = st.floats(0.01, 100, allow_nan=False)
SOURCES = st.one_of(
    st.builds(GaussianEnsemble, st.integers(1, 50), REAL),
    st.builds(Wigner, st.integers(1, 50), st.sampled_from(["uniform", "gaussian"])),
    st.builds(IndependentAxes, st.integers(1, 50), st.floats(0, 0.5), st.floats(0, 0.5)),
)
SPECS = st.one_of(
    st.builds(Spec, SOURCES, st.builds(Proportion, st.sampled_from(["minima", "index"])),
              st.integers(0, 2**70), st.integers(0, 10**6)),
    st.builds(Spec, st.builds(IsotropicField, st.integers(1, 50)),
              st.builds(Weighted, st.sampled_from(["minima", "index"])), st.integers(0, 9)),
)  # fmt: skip


@settings(max_examples=400, **QUICK)
@given(SPECS)
def test_specs_come_back_from_json(spec: Spec) -> None:
    again = rebuild(json.loads(json.dumps(spec.identity())))
    assert again == spec
    assert again.digest == spec.digest == digest_of(spec.identity())


@settings(max_examples=200, **QUICK)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["object", "parameters", "dim", "estimator", "name", "seed",
                                 "batch", "population"]),
                inner, max_size=6,
            ),
        ),
        max_leaves=8,
    )
)  # fmt: skip
def test_identities_of_nonsense_are_refused(identity: object) -> None:
    with pytest.raises(ValueError, match="cannot be recomputed"):
        rebuild(identity)
