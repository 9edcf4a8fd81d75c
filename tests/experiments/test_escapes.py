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
    assert re.search(r"descent [\d.]+ \([\d.]+–[\d.]+\) times longer", ratio)


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
    assert "median time of heavy-ball momentum grows like a power" in said.answer
    swapped = octopus.render(octopus_frame({"gd": power, "momentum": exponential})).claims
    assert "grows like a power 1.20 of" in swapped.answer


def test_a_small_octopus_runs(tmp_path) -> None:
    frame = octopus.collect(octopus.Budget((2, 3), 4, 1000), tmp_path / "s", 1, None)
    assert (frame["escaped"] == 4).all()
    assert "too few numbers of saddles" in octopus.render(frame).claims.answer


def test_who_damps_is_judged_by_the_envelope() -> None:
    """With momentum .8 it falls by √.8 = .894 a step, with gradient descent by |1 − 1.9| = .9."""
    frame = momentum.collect(momentum.Budget(150, 11), None, 1, None)
    said = momentum.render(frame).claims.answer
    assert said.startswith("Gradient descent takes 44 steps until its oscillation")
    damped, rest = said.split("It is not damped by")
    assert "Nesterov momentum (lr=.6, momentum=.8)" in damped
    assert "heavy-ball momentum (lr=1.9, momentum=.5)" in damped
    assert rest.startswith(" heavy-ball momentum (lr=1.9, momentum=.8) (45 steps).")
    assert "arrives after 29 steps" in said


def test_without_damping_none_is_said_to_damp() -> None:
    """The control: fewer turns of the same envelope are no damping, and wild ones are none."""
    frame = momentum.collect(momentum.Budget(150, 11), None, 1, None)
    others = frame["optimizer"].notna() & ~frame["optimizer"].fillna("").str.startswith("gd")
    slow = frame.copy()
    step = slow.loc[others, "step"]
    slow.loc[others, "y"] = 0.5 * 0.9**step * np.sign(np.cos(step / 5 + 0.1))
    said = momentum.render(slow).claims.answer
    assert "It is damped by none of the others" in said
    wild = frame.copy()
    wild.loc[others, "y"] = 0.5 * (-1.0) ** wild.loc[others, "step"]
    said = momentum.render(wild).claims.answer
    assert "It is damped by none of the others" in said
    assert "more steps than it was given" in said


def test_the_budget_decides_whether_adagrad_arrives() -> None:
    short = adaptive.render(adaptive.collect(adaptive.Budget(3000), None, 1, None)).claims
    assert short.answer.startswith("AdaGrad does not reach the minimum within 3000 steps")
    assert "the number of steps decides" in short.answer
    assert "not among them: AdaGrad (lr=.5)" in short.answer
    frame = adaptive.collect(adaptive.Budget(40_000), None, 1, None)
    long = adaptive.render(frame).claims.answer
    assert long.startswith("AdaGrad reaches the minimum, but only after 34")
    assert "The number of steps decides" in long
    assert "adaGrad" not in short.answer + long
    there = adaptive.render(frame.assign(left=0.0)).claims.answer  # the control: all at once
    assert there.startswith("AdaGrad reaches the minimum after 0 steps, first of all")
    assert "All 6 optimizers reach the minimum" in there


def test_the_slope_has_the_derivatives_it_says() -> None:
    plain, x = adaptive.slope_and_plain(), np.linspace(-4, 5, 19)[:, None]
    step = 1e-5
    slope = (plain.value(x + step) - plain.value(x - step)) / (2 * step)
    bend = (plain.gradient(x + step) - plain.gradient(x - step))[:, 0] / (2 * step)
    assert plain.gradient(x)[:, 0] == pytest.approx(slope, abs=1e-8)
    assert plain.hessian(x)[:, 0, 0] == pytest.approx(bend, abs=1e-7)
