"""Re-judge the committed long tier: batches recompute, and their sums agree with theory."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from critpoints.rule import Rule
from critpoints.study.frame import z_score
from critpoints.study.spec import Spec
from critpoints.tally import Counts, Moments, Tally, total
from critpoints.theory import laws

from .__main__ import BATCHES, HOME, specs

COMMITTED = json.loads((HOME / "tallies.json").read_text())
RULE = Rule(rel_error=None, samples=1, seconds=None)


def tally_of(spec: Spec, data: list[float]) -> Tally:
    kind = Counts if spec.estimator.name == "proportion" else Moments
    return kind(np.array([-np.inf if x is None else x for x in data]))


def worst_z(spec: Spec, tallies: list[Tally]) -> float:
    name, parameters = spec.ensemble.exact_law()
    door = laws.minimum if spec.estimator.event == "minima" else laws.index_law
    exact = door(name, spec.ensemble.dim, **parameters).log
    estimates = spec.estimator.estimate(total(tallies), RULE)
    found = [z_score(e, x) for e, x in zip(estimates, exact, strict=True) if e.status == "ok"]
    return max((abs(z) for z in found if z is not None), default=0.0)


def test_every_row_of_the_study_is_committed_whole():
    assert [row["digest"] for row in COMMITTED] == [spec.digest for spec in specs()]
    assert {len(row["tallies"]) for row in COMMITTED} == {BATCHES}


@pytest.mark.parametrize("row", range(len(COMMITTED)))
def test_agrees_with_the_exact_law(row):
    spec = specs()[row]
    tallies = [tally_of(spec, data) for data in COMMITTED[row]["tallies"]]
    assert worst_z(spec, tallies) < 4


def test_randomly_chosen_batches_recompute():
    for row in random.SystemRandom().sample(range(len(COMMITTED)), 12):
        spec = specs()[row]
        batch = random.SystemRandom().randrange(BATCHES)
        again, stored = spec.run(batch), tally_of(spec, COMMITTED[row]["tallies"][batch])
        assert again.agrees(stored), (spec.ref, spec.ensemble.dim, batch)


def test_a_made_up_result_is_caught():
    """Negative control: a tenth more hits in every batch of GOE d=4 must be seen."""
    row = next(
        i for i, s in enumerate(specs())
        if s.ref == "goe" and s.ensemble.dim == 4 and s.estimator.event == "minima"
    )  # fmt: skip
    spec = specs()[row]
    doctored = [np.array(data) for data in COMMITTED[row]["tallies"]]
    tallies = [Counts(data + np.array([-1, 1]) * (data[1] // 10)) for data in doctored]
    assert worst_z(spec, tallies) > 4
    assert not spec.run(0).agrees(tallies[0])
