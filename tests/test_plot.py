"""Figures: axes in, axes out, nothing global touched."""

from __future__ import annotations

import math
import re
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import critpoints
from critpoints import plot
from critpoints.plot import canvas, census, index_law, marks, minima_fraction, profile, trajectories
from critpoints.plot.escape import escape_times
from critpoints.plot.minima import NEAR, _places
from critpoints.study import pictures
from critpoints.study.census import draw
from critpoints.study.race import race


@pytest.fixture(scope="module")
def frame():
    return critpoints.sweep(["independent", "goe", "isotropic", "wishart"], "1-7", samples=4000)


def test_returns_the_axes_and_leaves_style_alone(frame):
    before = dict(mpl.rcParams)
    ax = Figure().add_subplot()
    assert minima_fraction(frame, ax) is ax
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in vars(sys.modules["critpoints.plot.minima"])
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_legend_names_objects_populations_and_models(frame):
    ax = minima_fraction(frame, Figure().add_subplot())
    texts = [t.get_text().strip() for t in ax.get_legend().get_texts()]
    assert {"goe", "isotropic", "model $3^{-d}$", "model $2^{-d}$", "exact"} <= set(texts)
    for population in frame["population"].unique():
        assert population[:1].upper() + population[1:] in texts


def test_rows_without_a_hit_are_arrows_at_their_bound(frame):
    bounds = frame[frame["status"] == "bound"]
    assert len(bounds)
    ax = minima_fraction(frame, Figure().add_subplot())
    drawn = np.concatenate([line.get_ydata() for line in ax.lines]).astype(float)
    for high in bounds["log10_high"]:
        assert np.isclose(drawn, high).any()
    assert any("no hit" in t.get_text() for t in ax.get_legend().get_texts())


def test_without_exact_values(frame):
    ax = minima_fraction(frame.assign(log10_exact=math.nan), Figure().add_subplot())
    assert "exact" not in [t.get_text().strip() for t in ax.get_legend().get_texts()]


def test_probabilities_below_the_smallest_float(frame):
    shifted = frame[frame["object"] == "independent"].copy()
    for end in ("estimate", "low", "high", "exact"):
        shifted[f"log10_{end}"] -= 400.0
    ax = minima_fraction(shifted, Figure().add_subplot())
    assert ax.get_ylim()[0] < -400


def test_unreliable_rows_are_marked(frame):
    doubted = frame.assign(status=["unreliable", *frame["status"][1:]])
    ax = minima_fraction(doubted, Figure().add_subplot())
    assert any("unreliable" in t.get_text() for t in ax.get_legend().get_texts())


def test_only_points_that_would_hide_each_other_move(frame):
    places = _places(frame, NEAR * 5)
    moved = frame[places != frame["dim"]]
    assert set(moved["dim"]) & {1}
    assert (
        places[frame["object"] == "wishart"] == frame.loc[frame["object"] == "wishart", "dim"]
    ).all()
    assert (
        not frame.assign(place=places).duplicated(["place", "log10_estimate", "log10_high"]).any()
    )


def test_marks_differ():
    found = marks.marks([f"name{i}" for i in range(30)]).values()
    assert len({(m.color, m.marker) for m in found}) == 30


@pytest.mark.parametrize("ensembles", [["goe"], ["goe", "independent"]])
def test_index_law(ensembles):
    frame = critpoints.sweep(ensembles, [3], event="index", samples=3000)
    ax = index_law(frame, Figure().add_subplot())
    heights = sum(bar.get_height() for bar in ax.patches)
    assert heights == pytest.approx(len(ensembles), abs=0.01)
    labels = [t.get_text() for t in ax.get_xticklabels()]
    assert labels[:4] == ["0", "1", "2", "3"]
    assert ("degenerate" in labels) == ("independent" in ensembles)
    assert any("random matrices" in t.get_text() for t in ax.get_legend().get_texts())


DRAWN = {
    "minima_fraction": lambda: critpoints.sweep(["goe"], "1-3", samples=500),
    "index_law": lambda: critpoints.sweep(["goe"], [3], event="index", samples=500),
    "census": lambda: critpoints.censuses(["torus:degree=1"], [2], draws=3),
    "trajectories": lambda: paths(["gd:lr=.02", "adam"], steps=30, side=5),
    "profile": lambda: race(["gd", "newton"], ["monkey"], "2", runs=4, tuning_runs=2, budget=20,
                            grid={"lr": (0.1,)}).results,
}  # fmt: skip


def paths(optimizers, **options):
    found = draw("torus:degree=1", 2).landscape
    return pictures.trajectories(found, optimizers, [1.0, 2.0], **options)


@pytest.mark.parametrize("name", DRAWN)
def test_the_public_functions_take_axes_return_them_and_touch_no_style(name):
    before, frame, ax = dict(mpl.rcParams), DRAWN[name](), Figure().add_subplot()
    same = frame.copy(deep=True)
    assert getattr(plot, name)(frame, ax) is ax
    assert dict(mpl.rcParams) == before
    assert frame.equals(same)
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert len(ax.lines) + len(ax.patches) + len(ax.collections) > 1
    assert ax.get_legend() is not None


def test_census_draws_the_means_and_what_theory_expects():
    frame = critpoints.censuses(["torus:degree=1"], [2], draws=5)
    ax = census(frame, Figure().add_subplot())
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels == [f"{frame['object'][0]}, $d$ = 2, exact", f"{frame['object'][0]}, $d$ = 2"]
    means = np.mean(frame["counts"].tolist(), axis=0)
    drawn = [line.get_ydata() for line in ax.lines]
    assert any(len(y) == 3 and np.allclose(y, means) for y in drawn)


def test_trajectories_break_where_they_go_around_and_refuse_other_functions():
    frame = paths(["gd:lr=.02", "momentum:lr=3"], steps=60)
    ways = frame[frame["quantity"] == "path"]
    far = ways[ways["optimizer"] == "momentum:lr=3"][["x", "y"]].to_numpy()
    steps = np.abs(np.diff(far, axis=0)).max(axis=1)
    assert np.isnan(steps).any()
    assert np.nanmax(steps) <= math.pi
    ax = trajectories(frame, Figure().add_subplot())
    assert {t.get_text() for t in ax.get_legend().get_texts()} == {"gd:lr=.02", "momentum:lr=3"}
    with pytest.raises(ValueError, match="two variables"):
        pictures.trajectories(draw("torus:degree=1", 1).landscape, ["gd"], [1.0])
    with pytest.raises(ValueError, match="at least one"):
        paths([])


def test_escape_times_are_drawn_also_where_no_mean_is_stated():
    """A mean is stated where all runs escaped; where none is, no logarithmic axis can be drawn."""
    rows = pd.DataFrame({"optimizer": "gd", "value": [1.0, 2.0], "mean": np.nan, "predicted": 9.0})
    rows = rows.assign(mean_low=np.nan, mean_high=np.nan)
    scales = {}
    for name, shown in {"theory": rows, "nothing": rows.assign(predicted=np.nan)}.items():
        figure = canvas.draw(lambda f, s=shown: escape_times(s, "start", f.subplots()), (4, 3))
        scales[name] = figure.axes[0].get_yscale()
    assert scales == {"theory": "log", "nothing": "linear"}


def test_the_profile_ends_at_the_share_of_problems_solved():
    frame = DRAWN["profile"]()
    ax = profile(frame, Figure().add_subplot())
    ends = [line.get_ydata()[-1] for line in ax.lines if len(line.get_ydata())]
    tuned = frame[frame["setting"] == "tuned"]
    assert sorted(ends) == sorted((tuned["median"] < np.inf).astype(float))


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_files_come_out_the_same(frame, kind, tmp_path):
    def once(name):
        figure = canvas.draw(lambda f: minima_fraction(frame, f.add_subplot()), (6, 4))
        return canvas.save(figure, tmp_path / f"{name}.{kind}").read_bytes()

    assert once("a") == once("b")


def test_inline_svg_takes_the_colour_of_the_page(frame):
    figure = canvas.draw(lambda f: minima_fraction(frame, f.add_subplot()), (6, 4))
    svg = canvas.inline_svg(figure, "one")
    assert svg.startswith("<svg")
    assert "currentColor" in svg
    assert canvas.INK not in svg
    assert "<metadata" not in svg
    ids = set(re.findall(r'\bid="([^"]*)"', svg))
    assert all(name.startswith("one-") for name in ids)
    assert set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', svg))
    assert {a or b for a, b in re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', svg)} <= ids
