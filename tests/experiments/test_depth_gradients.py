"""Depth: the page says what the data say."""

from __future__ import annotations

import pandas as pd
import pytest

from critpoints.report import claims_depth
from experiments import depth_gradients
from experiments.runner import Rendered

BUDGET = depth_gradients.Budget((1, 5, 20), 20, 64, (0.5, 2), (4, 16), 256)


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("depth")
    found = depth_gradients.collect(BUDGET, folder / "store.sqlite", 1, None)
    found.to_parquet(folder / "frame.parquet")
    return pd.read_parquet(folder / "frame.parquet")


def test_the_page_is_complete(frame: pd.DataFrame) -> None:
    page = depth_gradients.render(frame)
    assert isinstance(page, Rendered)
    assert "diag(1, 2) the gradient explodes" in page.claims.answer
    assert "diag(0.5, 0.9) the gradient vanishes" in page.claims.answer
    assert "agree with Newman" in " ".join(page.claims.details)
    assert not page.claims.warnings
    assert "2, 4, 8, 16" in page.alt
    assert "orthogonal 10^0.00" in page.more[0].alt or "orthogonal 10^-0.00" in page.more[0].alt


def test_what_keeps_the_gradient_is_told_from_what_does_not(frame: pd.DataFrame) -> None:
    answer = depth_gradients.render(frame).claims.answer
    lost, kept = answer.split("It keeps its size for ")
    assert "orthogonal" in kept
    assert "Gaussian, σ = 0.8" in lost


def test_wrong_exponents_are_called_wrong(frame: pd.DataFrame) -> None:
    off = frame.assign(z=frame["z"].where(frame["panel"] != "exponents", 9.0))
    claims = claims_depth.depth_claims(off)
    assert "30 of 30 disagree" in " ".join(claims.details)
    assert len(claims.warnings) == 30


def test_a_wrong_variance_is_called_wrong(frame: pd.DataFrame) -> None:
    claims = claims_depth.depth_claims(frame.assign(variance=2 * frame["variance"]))
    assert any("variance (z = +" in warning for warning in claims.warnings)
    assert "is not n ψ′" in " ".join(claims.details)


def test_an_example_that_shrinks_is_not_said_to_explode(frame: pd.DataFrame) -> None:
    rows = frame["panel"] == "power"
    signs = {c: frame[c].where(~rows, -frame[c]) for c in ("log10_dy_da", "log10_dy_db")}
    answer = claims_depth.depth_claims(frame.assign(**signs)).answer
    assert "diag(1, 2) the gradient explodes" not in answer
