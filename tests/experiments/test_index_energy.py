"""The index against the height: exact laws, and what the page says of them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from critpoints.study.heights import expected_between, fractions_at
from critpoints.theory import covariance, field, spin_glass
from experiments import index_energy as script
from experiments import runner

TINY = script.Budget({(script.FIELD, 2): 25, (script.SPIN, 2): 25}, 7)


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    house = runner.House(tmp_path_factory.mktemp("heights"), "quick")
    found = script.collect(TINY, house.store, 1, None)
    runner.write_data("index_energy", found, house)
    return pd.read_parquet(house.data / "index_energy.parquet")


def _changed(frame, quantity, **columns):
    where = frame["quantity"] == quantity
    doctored = frame.copy()
    for name, change in columns.items():
        doctored.loc[where, name] = change(frame.loc[where, name])
    return script.render(doctored).claims


def test_bins_of_the_exact_laws_add_up_to_kac_rice():
    total = 25 * field.log_density(2, covariance.SquaredExponential()).value
    whole, place = expected_between("fourier", 2, -math.inf, math.inf)
    assert np.allclose(whole, total, rtol=1e-9)
    assert abs(place) < 1e-12
    parts = [
        expected_between("fourier", 2, a, b)[0] for a, b in ((-math.inf, 0.4), (0.4, math.inf))
    ]
    assert np.allclose(sum(parts), total, rtol=1e-9)
    below = expected_between("spin", 4, -math.inf, -0.7)[0]
    assert np.allclose(below, spin_glass.log_counts(4, 3, energy=-0.7).value, atol=1e-8)


def test_fractions_at_a_height():
    law = field.log_index_law_at_height(3, -1.0, 1.0).value
    assert np.allclose(fractions_at("fourier:side=4", 3, -1.0), law, atol=1e-12)
    with pytest.raises(ValueError, match="squared exponential field or a spin"):
        fractions_at("torus", 2, 0.0)


def test_honest_data(frame):
    rendered = script.render(frame)
    claims = rendered.claims
    assert claims.answer.startswith("The lower a critical point, the more often it is a minimum")
    assert "comparisons with the exact laws by height agree within |z| < 4" in claims.answer
    said = " ".join(claims.details)
    assert "25 of 25 censuses are proven complete" in said
    assert "searched for from random starts, and not proven complete; 25 of 25" in said
    assert "minima at −E_∞ = -1.633" in said
    assert claims.warnings == []
    assert "25 by multistart" in " ".join(rendered.method)
    assert "squared exponential field, d = 2: 0." in rendered.alt


def test_negative_control_off_the_law(frame):
    said = _changed(frame, "bin", z=lambda z: z + 20)
    assert "disagree" in said.answer
    assert any("contradict the exact law" in w for w in said.warnings)


def test_negative_control_high_minima(frame):
    swap = {
        name: lambda column: 1 - column
        for name in ("index_fraction", "index_fraction_low", "index_fraction_high")
    }
    said = _changed(frame, "height", **swap)
    assert said.answer.startswith("The index does not rise")


def test_negative_control_points_missing(frame):
    said = _changed(frame, "function", euler=lambda e: e + 1)
    assert sum("points are missing" in w for w in said.warnings) == 2
    said = _changed(frame, "function", complete=lambda c: c * 0)
    assert any("censuses are not proven" in w for w in said.warnings)


THRESHOLD = {5: 0.990595, 9: 0.988701}
"""Fraction of minima among the critical points of a 3-spin glass at -E_infinity."""


@pytest.mark.parametrize("dim", THRESHOLD)
def test_the_fraction_at_the_threshold_is_exact(dim):
    (_, row) = script._limits([dim])
    assert row["value"] == pytest.approx(THRESHOLD[dim], abs=6e-7)
    curve = pd.DataFrame(script._curve(script.SPIN, dim, 121))
    law = curve[(curve["quantity"] == "law") & (curve["index"] == "0")]
    between = np.interp(row["height"], law["height"].astype(float), law["value"])
    assert abs(between - THRESHOLD[dim]) > 1e-5  # control: the grid of the figure does not do


def test_the_number_at_the_threshold_does_not_depend_on_the_figure(frame):
    said = script.render(frame).claims.details
    (value,) = frame.loc[frame["quantity"] == "at threshold", "value"]
    assert any(f"{value:.6f} of the critical points" in d for d in said)
    assert any("in expectation over the disorder" in d for d in said)
    coarse = frame[~((frame["quantity"] == "law") & (frame["height"].abs() > 1))]
    assert any(f"{value:.6f} of" in d for d in script.render(coarse).claims.details)
    doctored = _changed(frame, "at threshold", value=lambda v: v / 2)
    assert any(f"{value / 2:.6f} of" in d for d in doctored.details)


def test_a_bin_without_points_is_missing_not_zero(frame):
    doctored = frame.copy()
    rows = (frame["quantity"] == "height") & (frame["low"] == -math.inf)
    doctored.loc[rows, ["index_fraction", "index_fraction_low", "index_fraction_high"]] = np.nan
    assert script.render(doctored).claims.answer.startswith("The lower a critical point")
