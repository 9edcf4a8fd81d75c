"""Escape experiments: tiny budgets, and pages that change when the data do."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from experiments import adaptive, momentum, octopus, saddle_escape


@pytest.fixture(scope="module")
def saddles() -> pd.DataFrame:
    return saddle_escape.collect(saddle_escape.Budget(40), None, 1, None)


def test_theory_holds_at_saddles_and_doctored_times_do_not(saddles: pd.DataFrame) -> None:
    honest = saddle_escape.render(saddles)
    assert "96 of 96 measured means agree" in honest.claims.answer
    assert not honest.claims.warnings
    assert "does not matter to gradient descent" in honest.claims.answer
    assert "nan" not in honest.alt
    doctored = saddle_escape.render(saddles.assign(z=saddles["z"] + 20))
    assert "0 of 96" in doctored.claims.answer
    assert len(doctored.claims.warnings) == 96


def test_a_dimension_that_matters_is_said(saddles: pd.DataFrame) -> None:
    grown = saddles.copy()
    rows = grown["varied"] == "dimension"
    for name in ("mean", "mean_low", "mean_high"):
        grown.loc[rows, name] *= grown.loc[rows, "value"]
    grown.loc[rows, "z"] = 50.0
    assert "matters to gradient descent" in saddle_escape.render(grown).claims.answer
    assert "does not matter" not in saddle_escape.render(grown).claims.answer


def test_statements_about_means_have_intervals(saddles: pd.DataFrame) -> None:
    said = saddle_escape.render(saddles).claims
    pattern = r"\d \((\d+\.\d+)–(\d+\.\d+)\) steps"
    assert len(re.findall(pattern, said.answer + " " + " ".join(said.details))) >= 6
    gd = next(sentence for sentence in said.details if sentence.startswith("gd:"))
    low, high = map(float, re.findall(pattern, gd)[0])
    assert low < np.log(10) / np.log(1.1) < high  # the rate of escape is known exactly
    ratio = next(sentence for sentence in said.details if "times longer" in sentence)
    assert re.search(r"the escape [\d.]+ \([\d.]+–[\d.]+\) times longer", ratio)


def test_scatter_gives_growth_its_interval() -> None:
    times = (4.0 ** np.arange(2, 7) * [1.05, 0.95, 1.05, 0.95, 1.05]).tolist()
    answer = octopus.render(octopus_frame({"gd": times})).claims.answer
    found = re.search(r"multiplies by [\d.]+ \(([\d.]+)–([\d.]+)\) with", answer)
    low, high = map(float, found.groups())
    assert 3.5 < low < 4 < high < 4.5


def octopus_frame(law: dict[str, list[float]]) -> pd.DataFrame:
    """Median times by optimizer for 2, 3, … saddles."""
    rows = [
        {"optimizer": name, "problem": "octopus", "population": "p", "dim": d, "value": float(d),
         "median": t, "budget": 10_000, "runs": 9, "escaped": 9, "status": "ok", "level": 0.95,
         "seed": 0, "mean": t, "mean_low": t, "mean_high": t, "predicted": np.nan, "z": np.nan,
         "gradient_evaluations": t}
        for name, times in law.items()
        for d, t in enumerate(times, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_laws_of_growth_are_told_apart() -> None:
    d = np.arange(2, 7)
    exponential, power = (4.0**d).tolist(), (10.0 * d**1.2).tolist()
    said = octopus.render(octopus_frame({"gd": exponential, "momentum": power})).claims
    assert "multiplies by 4.00 with every further saddle" in said.answer  # no scatter
    assert "momentum grows like a power" in said.answer
    swapped = octopus.render(octopus_frame({"gd": power, "momentum": exponential})).claims
    assert "grows like a power 1.20 of" in swapped.answer


def test_a_small_octopus_runs(tmp_path) -> None:
    frame = octopus.collect(octopus.Budget((2, 3), 4, 1000), tmp_path / "s", 1, None)
    assert (frame["escaped"] == 4).all()
    assert "too few numbers of saddles" in octopus.render(frame).claims.answer


def test_momentum_damps_and_data_without_it_do_not_say_so() -> None:
    frame = momentum.collect(momentum.Budget(150, 11), None, 1, None)
    assert momentum.render(frame).claims.answer.startswith("Momentum damps the oscillation")
    wild = frame.copy()
    pushed = wild["optimizer"].fillna("").str.startswith("momentum")
    wild.loc[pushed, "y"] = 0.5 * (-1.0) ** wild.loc[pushed, "step"]
    assert momentum.render(wild).claims.answer.startswith("It is not so that momentum damps")


def test_adagrad_stops_and_rmsprop_goes_on() -> None:
    frame = adaptive.collect(adaptive.Budget(3000), None, 1, None)
    said = adaptive.render(frame).claims
    assert said.answer.startswith("AdaGrad stops before the minimum")
    assert "rmsprop:lr=.01,beta=.9 did not" not in said.answer
    there = frame.assign(left=0.0)
    assert adaptive.render(there).claims.answer.startswith("It is not so that adaGrad stops")


def test_the_slope_has_the_derivatives_it_says() -> None:
    plain, x = adaptive.slope_and_plain(), np.linspace(-4, 5, 19)[:, None]
    step = 1e-5
    slope = (plain.value(x + step) - plain.value(x - step)) / (2 * step)
    bend = (plain.gradient(x + step) - plain.gradient(x - step))[:, 0] / (2 * step)
    assert plain.gradient(x)[:, 0] == pytest.approx(slope, abs=1e-8)
    assert plain.hessian(x)[:, 0, 0] == pytest.approx(bend, abs=1e-7)
