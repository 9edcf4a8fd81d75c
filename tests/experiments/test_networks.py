"""Pages on networks say what the data say."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from critpoints.report import claims_networks
from critpoints.study.networks import index_curves, theories
from experiments import __main__ as door
from experiments import minima_quality, network_index
from experiments.runner import House, write_data

QUALITY = minima_quality.Budget((1, 3), 4, 40, 1e-2, 25, 60)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("quality")
    found = minima_quality.collect(QUALITY, folder / "store.sqlite", 1, None)
    again = minima_quality.collect(QUALITY, folder / "store.sqlite", 1, None)
    pd.testing.assert_frame_equal(found, again)
    write_data("minima_quality", found, House(folder, "quick"))
    return pd.read_parquet(House(folder, "quick").data / "minima_quality.parquet")


@pytest.fixture(scope="module")
def searched() -> pd.DataFrame:
    """What a sampled frame looks like, its index as text as in files."""
    loss = np.linspace(0.3, 0.4, 12)
    index = np.arange(12)
    rows = pd.DataFrame(
        {
            "quantity": "search", "object": "net", "population": "net", "dim": 60,
            "data_size": 1000, "loss": loss, "index": index, "index_fraction": index / 60,
            "flatness": 0.1, "small": 1.0, "accepted": 1.0, "method": "Newton", "seed": 0,
            "digest": "x", "test_loss": 1.0, "test_error": 0.5, "gradient_norm": 1e-16,
            "zero_modes": 0,
        }
    )  # fmt: skip
    curves = index_curves(rows.astype({"accepted": bool})).assign(quantity="curve")
    frame = pd.concat([rows, curves], ignore_index=True)
    return frame.assign(index=frame["index"].astype(str))


def test_minima_are_compared(trained: pd.DataFrame) -> None:
    page = minima_quality.render(trained)
    assert all(
        f"With {many} " in page.claims.answer for many in ("1 hidden unit", "3 hidden units")
    )
    assert not page.claims.warnings
    assert len(page.tables[0].frame) == 2


def test_equal_minima_are_called_equal(trained: pd.DataFrame) -> None:
    answer = claims_networks.quality_claims(trained.assign(test_loss=1.0)).answer
    assert answer.count(" most trainings end within 5%") == 2
    spoilt = trained.assign(test_loss=np.geomspace(1, 50, len(trained)))
    assert claims_networks.quality_claims(spoilt).answer.count("most trainings do not end") == 2


def test_training_losses_are_compared_too(trained: pd.DataFrame) -> None:
    equal = claims_networks.quality(trained.assign(loss=2.0))
    assert equal["train_share"].tolist() == [1, 1]
    assert (equal["train_share_low"] < 1).all()
    apart = claims_networks.quality(trained.assign(loss=np.geomspace(1, 50, len(trained))))
    assert (apart["train_share_high"] < 0.5).all()
    assert apart["share"].tolist() == equal["share"].tolist()
    details = claims_networks.quality_claims(trained.assign(loss=2.0)).details
    assert all("100% (86% to 100%) within 5%. Relative spread" in said for said in details)


@pytest.mark.parametrize(
    ("middle", "error", "said"),
    [
        (
            (8, 6, 4),
            0.5,
            "falls with width (standard deviation over mean 0.800, 0.600, 0.400)",
        ),
        ((4, 6, 8), 0.5, "grows with width"),
        (
            (8, 11, 7, 4),
            0.5,
            "falls from the smallest width to the largest, but not in order (",
        ),
        (
            (8, 8.1, 4),
            0.5,
            "falls from the smallest width to the largest; in between no order",
        ),
        (
            (4, 1, 8),
            0.5,
            "grows from the smallest width to the largest, but not in order (",
        ),
        (
            (8, 11, 7, 7.5),
            0.5,
            "is not told apart between the smallest width and the largest",
        ),
        ((8, np.nan), 0.5, "cannot be compared between widths."),
    ],
)
def test_a_trend_is_claimed_only_in_order(middle, error, said) -> None:
    spread = np.array(middle) / 10
    rows = pd.DataFrame({"spread": spread, "spread_low": spread - error / 10,
                         "spread_high": spread + error / 10})  # fmt: skip
    assert claims_networks._change(rows).startswith(f"The spread of test losses {said}")


def test_trainings_none_of_which_is_finite_have_no_spread(trained: pd.DataFrame) -> None:
    lost = trained.assign(loss=np.inf, test_loss=np.inf)
    rows = claims_networks.quality(lost)
    assert rows["share"].tolist() == [0, 0]
    assert rows["spread"].isna().all()
    claims = claims_networks.quality_claims(lost)
    assert len(claims.warnings) == 2


def test_trainings_that_overflow_are_reported(trained: pd.DataFrame) -> None:
    lost = trained.assign(loss=trained["loss"].where(trained["width"] > 1, np.inf))
    lost.loc[0, "loss"] = lost.loc[1, "loss"] = 1.0
    assert "no finite loss" in claims_networks.quality_claims(lost).warnings[0]


def test_an_index_that_grows_is_seen(searched: pd.DataFrame) -> None:
    page = network_index.render(searched)
    assert "grows with the loss: rank correlation 1.00" in page.claims.answer
    assert "accepted 12 and rejected 0" in page.claims.details[0]
    assert not page.claims.warnings
    assert "12 critical points" in page.alt


def test_an_index_that_falls_is_warned_of(searched: pd.DataFrame) -> None:
    share = searched["index_fraction"].where(searched["quantity"] != "search", 0)
    rows = searched["quantity"] == "search"
    share[rows] = searched.loc[rows, "index_fraction"].to_numpy()[::-1]
    claims = claims_networks.index_claims(searched.assign(index_fraction=share))
    assert "falls with the loss" in claims.answer
    assert any("against theory" in warning for warning in claims.warnings)


def test_rejected_points_are_left_out(searched: pd.DataFrame) -> None:
    kept = searched["accepted"].where(searched["loss"] < 0.32, 0.0)
    claims = claims_networks.index_claims(searched.assign(accepted=kept))
    assert "too few" in claims.answer
    assert len(claims.warnings) >= 1


def test_the_scale_of_a_theory_is_found_again() -> None:
    for name, (curve, free) in theories(0.1).items():
        offset, scale = (0.5, 0.2) if free else (0.0, 1.7)
        loss = np.linspace(0.35, 0.5, 30)
        share = curve((loss - offset) / scale)
        rows = pd.DataFrame({"accepted": True, "loss": loss, "index_fraction": share})
        found = index_curves(rows.assign(dim=10, data_size=100))
        part = found[found["theory"] == name].iloc[0]
        assert part["rms"] < 1e-6
        assert part["scale"] == pytest.approx(scale, rel=1e-3)


def test_without_jax_the_experiment_is_left_out_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.import_module

    def refuse(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "jax":
            raise ImportError("No module named 'jax'")
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", refuse)
    arguments = ["--root", str(tmp_path), "--jobs", "1", "network_index", "minima_quality"]
    assert door.main(arguments) == 3
    said = [line for line in capsys.readouterr().err.splitlines() if "begins" not in line]
    assert len(said) == 2
    assert all("pip install '.[networks]' in a checkout" in line for line in said)
    assert (tmp_path / "reports" / "quick" / "index.html").exists()
