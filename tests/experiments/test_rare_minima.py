"""The experiment on rare minima: small, read back from Parquet, and with doctored data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from critpoints.report import claims_rare
from experiments import rare_minima
from experiments.runner import House, write_data

TINY = rare_minima.Budget((4, 12, 20), (5, 6), (3,), 8, 8, 2**12, (2, 3), 2**14)


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    house = House(Path(tmp_path_factory.mktemp("rare")), "quick")
    write_data("rare_minima", rare_minima.collect(TINY, house.store, 1, None), house)
    return pd.read_parquet(house.data / "rare_minima.parquet")


def test_the_page_says_what_was_measured(frame: pd.DataFrame) -> None:
    found = rare_minima.render(frame)
    assert "at d = 20" in found.claims.answer
    assert "agree within |z| < 4" in found.claims.answer
    assert "not universal" in found.claims.answer
    details = " ".join(found.claims.details)
    assert "d = 6" in details
    assert "OpenTURNS" in details
    assert "Saito" in details
    assert "goe by grown" in found.alt
    assert len(found.figure.axes) == 3
    assert all(table.body for table in found.tables)
    assert "independent runs" in " ".join(found.method or ())


def test_plain_sampling_ends_where_the_exact_curve_says(frame: pd.DataFrame) -> None:
    assert claims_rare.plain_reach(frame) == 6
    higher = frame.assign(log10_exact=frame["log10_exact"] / 2)
    assert claims_rare.plain_reach(higher) > 6


def test_doctored_data_warn(frame: pd.DataFrame) -> None:
    doctored = frame.copy()
    wrong = (doctored["object"] == "goe") & (doctored["dim"] == 20)
    wrong &= doctored["quantity"] == "probability"
    doctored.loc[wrong, "z"] = 9.0
    claims = rare_minima.render(doctored).claims
    assert "contradict" in " ".join(claims.warnings)
    assert "disagree" in claims.answer


def test_equal_exponents_would_be_called_universal(frame: pd.DataFrame) -> None:
    exact = frame[frame["quantity"] == "exact"].set_index("dim")["log10_exact"]
    doctored = frame.copy()
    rows = doctored["object"].str.startswith("wigner")
    for name in ("log10_estimate", "log10_low", "log10_high"):
        doctored.loc[rows, name] = doctored.loc[rows, "dim"].map(exact)
    answer = rare_minima.render(doctored).claims.answer
    assert "the same for all entries" in answer
    assert "not universal" not in answer
