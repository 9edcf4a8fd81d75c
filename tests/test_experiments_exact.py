"""Experiments that set exact values beside samples: what is said follows from the data."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import critpoints
from critpoints.plot import glass, index_law, index_variance, scaling, trivial
from critpoints.report import claims_scaling, page
from critpoints.study.bases import local_bases
from critpoints.study.joined import computed, sampled
from critpoints.study.moments import index_variances
from experiments import __main__ as door
from experiments import index_law as index
from experiments import runner, spin_glass, trivialisation
from experiments import scaling as powers

TINY = {
    index: index.Budget((4,), {"goe": (4, 8, 16), "isotropic": (4, 8)}, 4000),
    powers: powers.Budget("1-20", "1-2", 0.2, 4000),
    spin_glass: spin_glass.Budget("1-6", "1-2", 4000),
    trivialisation: trivialisation.Budget((4, 8), range(30, 151, 40), ("confined:mass=1.0",), 4000),
}


@pytest.fixture(scope="module")
def frames():
    return {script: script.collect(tiny, None, 1, None) for script, tiny in TINY.items()}


def _said(script, frame):
    return script.render(frame).claims


def test_honest_data_say_the_theory_holds(frames):
    said = {script: _said(script, frame) for script, frame in frames.items()}
    assert "index follows [ln d" in said[index].answer
    assert "grows like d^0.9" in " ".join(said[index].details)
    assert "3 returns, with d²/4" in said[powers].answer
    assert any("does not show the limit" in w and "e = 2.718" in w for w in said[powers].notes)
    assert "(b → e² = 7.389 as d → ∞)" in said[powers].answer
    assert "The lower the energy, the lower the index" in said[spin_glass].answer
    assert "vanish at the lowest energies" in said[spin_glass].details[0]
    assert "nears the complexity" in said[spin_glass].details[1]
    assert "critical points multiply" in said[trivialisation].answer
    assert all("falls with d" in d for d in said[trivialisation].details)
    for claims in said.values():
        assert "comparisons with exact values agree" in claims.answer
        assert not any("wrong" in w for w in claims.warnings)


@pytest.mark.parametrize("script", list(TINY), ids=lambda s: s.__name__.split(".")[-1])
def test_negative_control_samples_off_the_law_are_a_warning(frames, script):
    frame = frames[script].copy()
    frame.loc[frame["digest"].notna(), "z"] = 12.0
    said = _said(script, frame)
    assert "disagree" in said.answer
    assert any("contradict" in w for w in said.warnings)


def test_an_average_over_the_disorder_is_not_said_of_every_sample(frames):
    answer = _said(spin_glass, frames[spin_glass]).answer
    assert "on average over the disorder" in answer
    assert "expected number of saddles vanishes" in answer
    assert "only minima" not in answer
    frame = frames[spin_glass].copy()
    lowest = frame["quantity"] == "lowest energy"
    frame.loc[lowest, "energy"] = frame.loc[lowest, "energy"].to_numpy()[::-1]
    said = _said(spin_glass, frame).answer
    assert "not ordered by index" in said
    assert "expected number of saddles vanishes" not in said


def test_negative_control_another_variance(frames):
    frame = frames[index].copy()
    wide = frame["digest"].isna() & (frame["dim"] == 16)
    frame.loc[wide, "log10_exact"] /= 2
    assert "does not follow" in _said(index, frame).answer


def test_negative_control_another_base(frames):
    frame = frames[powers].copy()
    exact = frame["digest"].isna()
    frame.loc[exact, "log10_exact"] *= 1.1
    assert "the base is not 3" in _said(powers, frame).answer
    frame.loc[exact, "log10_exact"] = -(frame.loc[exact, "dim"].astype(float) ** 1.5)
    assert "neither d nor d²" in _said(powers, frame).answer


def test_negative_control_a_settled_base(frames):
    frame = frames[powers].copy()
    exact = frame["digest"].isna()
    frame.loc[exact, "log10_exact"] = -0.5 * frame.loc[exact, "dim"]
    assert any("has settled at 3.162" in w for w in _said(powers, frame).notes)


def test_negative_control_energies_and_curves(frames):
    frame = frames[spin_glass].copy()
    lowest = frame["quantity"] == "lowest energy"
    frame.loc[lowest, "energy"] = frame.loc[lowest, "energy"].to_numpy()[::-1]
    said = _said(spin_glass, frame)
    assert "not ordered by index" in said.answer
    assert "do not vanish" in said.details[0]


@pytest.mark.parametrize("script", [spin_glass, trivialisation])
def test_negative_control_counts_that_do_not_add_up(frames, script):
    frame = frames[script].copy()
    frame.loc[frame["quantity"] == "count", "log10_count"] += 1e-6
    assert any("a count is wrong" in w for w in _said(script, frame).warnings)


def test_negative_control_a_landscape_that_stays_complex(frames):
    frame = frames[trivialisation].copy()
    counts = (frame["quantity"] == "count") & (frame["mass"] > 1)
    frame.loc[counts, "log10_count"] += 1.0
    assert "more than one minimum is left" in _said(trivialisation, frame).answer


def test_plots_return_their_axes(frames):
    bases = local_bases(frames[powers])
    cases = [
        (index_law, sampled(frames[index])),
        (index_variance, index_variances(frames[index])),
        (scaling.against_dim, frames[powers]),
        (scaling.against_square, frames[powers]),
        (scaling.local_bases, bases),
        (scaling.square_bases, bases),
        (glass.complexities, frames[spin_glass]),
        (glass.counts, frames[spin_glass]),
        (trivial.total_rate, frames[trivialisation]),
        (trivial.minima_rate, frames[trivialisation]),
        (trivial.counts, frames[trivialisation].query("dim == 8")),
    ]
    for plot, frame in cases:
        ax = Figure().add_subplot()
        assert plot(frame, ax) is ax
        assert ax.get_xlabel()
        assert ax.get_ylabel()
        assert ax.get_legend().get_texts()


def test_variances_of_the_index(frames):
    found = index_variances(frames[index]).set_index(["object", "kind", "dim"])
    law = np.array([0.00245670926, np.sqrt(2) / 8])
    expected = 2 * (4 * law[0] + law[1])
    assert found.loc[("goe", "exact", 4), "variance"] == pytest.approx(expected, rel=1e-8)
    row = found.loc[("goe", "sampled", 4)]
    assert row["low"] < expected < row["high"]


def test_page_and_provenance_name_what_is_exact(frames, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "FIGURES", ())
    house = runner.House(tmp_path, "quick")
    for script, frame in frames.items():
        name = script.__name__.split(".")[-1]
        assert door.EXPERIMENTS[name] is script
        runner.write_data(name, frame, house)
        record = json.loads((house.data / f"{name}.json").read_text())
        assert len(record["specs"]) == sampled(frame)["digest"].nunique()
        assert all(row["accuracy"] <= 1e-9 for row in record["exact"])
    runner.write_pages(door.CHAPTERS, house)
    for script in frames:
        html = (house.reports / f"{script.__name__.split('.')[-1]}.html").read_text()
        assert html.count("Exact values, without sampling") == 1
        assert "nan" not in html.split("<main>")[1].lower().replace("nano", "")


def test_a_frame_without_samples_has_no_word_of_them(frames):
    exact = computed(frames[trivialisation]).drop(columns=["digest"])
    text = " ".join(page.methods(exact))
    assert "samples" not in text
    assert "absolute accuracy" in text


@pytest.mark.parametrize(("name", "limit"), [("isotropic", 1.0), ("isotropic:at=fixed", 2.0)])
def test_bases_of_fields_go_to_the_limits_that_the_page_names(name, limit):
    """ln b against 1/√d is nearly straight from d = 60 to 80."""
    rows = critpoints.exact([name], "60-80")
    drop = -np.diff(rows["log10"].to_numpy()) * math.log(10)
    assert np.polyfit(rows["dim"].to_numpy()[:-1] ** -0.5, drop, 1)[1] == pytest.approx(
        limit, rel=0.02
    )
    number = float(claims_scaling.LIMITS[name].partition("= ")[2])
    assert number == pytest.approx(math.exp(limit), abs=5e-4)


def test_the_base_is_told_at_the_dimension_where_it_is(frames):
    frame = next(frame for script, frame in frames.items() if script is powers)
    bases = local_bases(frame).dropna(subset="base").query("object == 'isotropic'").iloc[-1]
    answer = _said(powers, frame).answer
    assert f"b = P(d)/P(d+1) = {bases['base']:.3f} at d = {bases['dim']} (b → e = 2.718" in answer
