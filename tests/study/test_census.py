"""Censuses of many functions: the same whoever computes them, intervals over functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from critpoints.census import counts as module
from critpoints.census.counts import CensusCounts
from critpoints.landscapes import InvertedWells, TorusPolynomial
from critpoints.runs import mean, ratio
from critpoints.study.census import by_index, censuses, draw, one
from critpoints.study.spec import Spec

TORUS = "torus:degree=2"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return censuses([TORUS], [1, 2], draws=30, seed=3)


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return one.drop(columns="seconds").equals(other.drop(columns="seconds"))


def test_every_census_is_proven_and_its_euler_sum_is_zero(frame: pd.DataFrame) -> None:
    assert len(frame) == 60
    assert frame[["distinct", "certified", "complete"]].all(axis=None)
    assert (frame["euler"] == 0).all()
    assert (frame["euler_expected"] == 0).all()
    assert (frame["critical_points"] == frame["counts"].map(sum)).all()
    assert (frame["seconds"] > 0).all()


def test_workers_store_and_seed(frame: pd.DataFrame, tmp_path) -> None:
    part = censuses([TORUS], [1, 2], draws=12, seed=3, store=tmp_path / "s")
    more = censuses([TORUS], [1, 2], draws=30, seed=3, store=tmp_path / "s", jobs=2)
    assert same(more, frame)
    assert same(part[part["dim"] == 2].reset_index(drop=True), frame[30:42].reset_index(drop=True))
    assert not same(censuses([TORUS], [1, 2], draws=30, seed=4), frame)


def test_times_come_from_the_store(tmp_path) -> None:
    first, again = (censuses([TORUS], [1], draws=3, store=tmp_path / "s") for _ in range(2))
    assert first.equals(again)


def test_a_draw_can_be_seen_again(frame: pd.DataFrame) -> None:
    found = draw(TORUS, 2, 7, seed=3)
    row = frame[(frame["dim"] == 2) & (frame["draw"] == 7)].iloc[0]
    assert found.counts.tolist() == row["counts"]
    assert np.abs(found.landscape.gradient(found.points)).max() < 1e-9
    assert [r["index"] for r in found.records()] == found.index.tolist()


def test_fewer_cells_are_other_data_of_the_same_functions() -> None:
    usual, few = (
        Spec(TorusPolynomial(2), estimator)
        for estimator in (CensusCounts("subdivision"), CensusCounts("subdivision", (), 500))
    )
    assert "max_cells" not in usual.identity()["estimator"]
    assert usual.digest != few.digest
    assert usual.address == few.address
    whole, part, x = one(usual, 0), one(few, 0), np.ones((1, 2))
    assert np.array_equal(whole.landscape.value(x), part.landscape.value(x))
    assert whole.complete
    assert not part.complete
    assert part.undecided > 0


def test_rounds_of_the_audit_reach_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = module.census
    monkeypatch.setattr(module, "census", lambda *a, **k: replace(usual(*a, **k), audit_rounds=2))
    (row,) = censuses(["spin"], [1]).to_dict("records")
    assert (row["method"], row["audit_rounds"]) == ("multistart", 2)
    monkeypatch.setattr(module, "census", usual)
    (row,) = censuses(["spin"], [1], seed=1).to_dict("records")
    assert (row["method"], row["audit_rounds"], row["certified"]) == ("multistart", 0, True)


def test_known_functions_are_counted() -> None:
    (row,) = censuses([InvertedWells(2)]).to_dict("records")
    assert row["counts"] == [1, 4, 4]
    assert row["object"] == "inverted-wells"


def test_heights_sort_the_points() -> None:
    cut = censuses([TORUS], [2], draws=5, seed=3, heights=(-0.5, 0.5))
    for record in cut.to_dict("records"):
        table = np.array(record["counts_by_height"])
        assert table.shape == (3, 3)
        assert table.sum(axis=0).tolist() == record["counts"]
    total = np.sum(cut["counts_by_height"].tolist(), axis=0)
    assert total[0, 0] > total[0, 2]  # low points are minima rather than maxima
    assert total[2, 0] < total[2, 2]


def test_rows_by_index(frame: pd.DataFrame) -> None:
    found = by_index(frame).set_index(["dim", "index"])
    plane = np.array(frame.loc[frame["dim"] == 2, "counts"].tolist())
    assert found.loc[(2, 1), "count"] == plane[:, 1].mean()
    assert found.loc[(2, 1), "fraction"] == pytest.approx(0.5, abs=1e-12)  # Euler, exactly
    assert found.loc[(2, 1), "fraction_low"] == pytest.approx(0.5, abs=1e-12)
    low, high = found.loc[(2, 0), ["fraction_low", "fraction_high"]]
    assert low < 0.25 < high
    assert found.loc[(2, 0), "density"] == pytest.approx(plane[:, 0].mean() / (2 * np.pi) ** 2)


def test_ratio_intervals_cover_and_points_as_units_would_not() -> None:
    """Clustered data: one function has few points, another many, and they are alike inside."""
    rng = np.random.default_rng(0)
    hits = {"functions": 0, "points": 0}
    for _ in range(2000):
        whole = rng.integers(5, 40, 25).astype(float)
        part = rng.binomial(whole.astype(int), rng.choice([0.1, 0.5], 25)).astype(float)
        found = ratio(part, whole, 0.95, "x")
        hits["functions"] += found.low < 0.3 < found.high
        centre = part.sum() / whole.sum()
        half = 1.96 * np.sqrt(centre * (1 - centre) / whole.sum())
        hits["points"] += abs(centre - 0.3) < half
    assert hits["functions"] / 2000 > 0.92
    assert hits["points"] / 2000 < 0.75


def test_ratio_and_mean_at_the_edges() -> None:
    none = ratio(np.zeros(10), np.ones(10), 0.95, "x")
    assert none.status == "bound"
    assert none.high == pytest.approx(1 - 0.025**0.1)
    one = ratio(np.ones(1), np.full(1, 4.0), 0.95, "x")
    assert (one.value, one.low, one.high, one.status) == (0.25, 0.0, 1.0, "incomplete")
    assert mean(np.array([3.0]), 0.95) == (3.0, -np.inf, np.inf)
    centre, low, high = mean(np.array([1.0, 2.0, 3.0]), 0.95)
    assert (centre, high - centre) == (2.0, pytest.approx(4.3026527 / 3**0.5))
    assert low < centre


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 0}, "draws must be an integer in 1"),
        ({"method": "subdivison"}, "did you mean subdivision"),
        ({"heights": (1.0, 0.0)}, "heights must increase"),
        ({"dims": "0"}, "dims must be"),
        ({"landscapes": []}, "at least one landscape"),
        ({"landscapes": ["toras"]}, "did you mean torus"),
        ({"landscapes": ["torus:degree=0"]}, "degree must be"),
        ({"seconds": -1}, "seconds must be"),
    ],
)
def test_bad_input(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        censuses(**{"landscapes": [TORUS], "dims": [1]} | options)


def test_an_instance_brings_its_dimension() -> None:
    found = censuses(TorusPolynomial(1, degree=1), draws=2)
    assert found["counts"].tolist() == [[1, 1], [1, 1]]
    with pytest.raises(TypeError, match="dim is needed"):
        censuses([TORUS])


def test_a_failed_audit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a census that loses a point must not pass."""
    whole = module.census

    def lossy(*args: object, **options: object) -> object:
        found = whole(*args, **options)
        keep = np.arange(len(found)) > 0
        cut = {n: getattr(found, n)[keep] for n in ("points", "values", "eigenvalues")}
        sums = int(((-1.0) ** found.index[keep]).sum())
        flags = {n: getattr(found, n)[keep] for n in ("degenerate", "residuals", "certified")}
        return replace(found, **cut, **flags, euler=sums)

    monkeypatch.setattr(module, "census", lossy)
    row = CensusCounts().rows(TorusPolynomial(1, degree=1), np.random.default_rng(0), 1)[0]
    said = dict(zip(CensusCounts().columns(1), row, strict=True))
    assert said["euler"] != said["euler_expected"]
