"""Escapes from saddles of a network: the page says what the runs say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from critpoints.escape.networks import NetworkProblem
from critpoints.report import claims_escape_networks
from experiments import network_escape

COSTS = {"gd:lr=.2": 400.0, "adam:lr=.01": 50.0, "adam": 90.0, "newton-cg": 120.0}


def _frame(costs: dict[str, float], left: float = 1.0) -> pd.DataFrame:
    runs = pd.DataFrame(
        [
            {
                "quantity": "run", "optimizer": name, "run": j, "group": j // 4, "cost": c + j,
                "outcome": "escaped" if j < 48 * left else "out_of_budget",
            }
            for name, c in costs.items()
            for j in range(48)
        ]
    )  # fmt: skip
    rows = pd.DataFrame(
        [
            {
                "quantity": "optimizer", "optimizer": name, "runs": 48, "escaped": 48 * left,
                "median": c, "dim": 61, "seed": 0, "drop": 3e-4, "steps": 1000,
                "population": "net", "gradient_evaluations": c, "hessian_products": 0.0,
                "status": "ok",
            }
            for name, c in costs.items()
        ]
    )  # fmt: skip
    return pd.concat([rows, runs], ignore_index=True)


def test_the_cheapest_setting_of_each_is_told() -> None:
    page = network_escape.render(_frame(COSTS))
    assert page.claims.answer.startswith(
        "The cheapest way below the saddles was that of Adam (lr=.01): 74 "
    )
    assert "At its best gradient descent (lr=.2) needs 424 " in page.claims.answer
    assert not page.claims.warnings
    assert "newton-cg 144" in page.alt


def test_other_runs_make_another_answer() -> None:
    answer = claims_escape_networks.escape_claims(_frame({**COSTS, "newton-cg": 1.0})).answer
    assert "was that of Newton-CG: " in answer
    near = claims_escape_networks.escape_claims(_frame({**COSTS, "newton-cg": 55.0})).answer
    assert "overlaps those of Newton-CG, from which it is not told apart" in near
    tied = claims_escape_networks.escape_claims(
        _frame({**COSTS, "newton-cg": COSTS["adam:lr=.01"]})
    )
    assert "is shared by Adam (lr=.01) and Newton-CG: " in tied.answer


def test_runs_that_stay_are_not_called_cheap() -> None:
    claims = claims_escape_networks.escape_claims(_frame(COSTS, left=0.25))
    assert claims.answer.startswith("No optimizer took half")
    assert not claims.warnings
    assert sum("did not get below" in note for note in claims.notes) == len(COSTS)
    assert "36 of 48 runs did not" in claims.notes[0]


def test_a_saddle_of_the_network_is_one() -> None:
    problem = NetworkProblem(units=2, inputs=4, samples=40)
    found = problem.saddle(np.random.default_rng(1))
    again = problem.saddle(np.random.default_rng(1))
    np.testing.assert_array_equal(found.point, again.point)
    x = found.point[None]
    assert np.linalg.norm(found.landscape.gradient(x)) < 1e-6
    assert np.linalg.eigvalsh(found.landscape.hessian(x)[0])[0] < 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="dim must be 61"):
        NetworkProblem(dim=5)
    with pytest.raises(ValueError, match="drop"):
        NetworkProblem(drop=0.0)
