"""Random products through the study: exact laws beside, the same whoever computes them."""

from __future__ import annotations

import math

import pytest

from critpoints.depth import RandomProduct
from critpoints.study.depth import parse_layers, products

NETWORKS = ["ginibre:n=20", "orthogonal:n=20,sigma=2.0", "he-relu:n=5"]


def test_norms_agree_with_the_exact_laws(tmp_path) -> None:
    found = products(NETWORKS, [3, 6], samples=4000, store=tmp_path / "s")
    assert len(found) == 3 * 2 * 2
    assert (found["z"].abs().dropna() < 4).all()
    assert found["z"].notna().sum() == 2 * 3  # Ginibre both norms, ReLU the signal
    certain = found[found["object"].str.startswith("orthogonal")]
    assert certain["mean"].tolist() == pytest.approx([20 * math.log(2)] * 4)
    relu = found[found["object"].str.startswith("he-relu")]
    share = relu["alive"] / relu["samples"]
    error = (relu["alive_exact"] * (1 - relu["alive_exact"]) / relu["samples"]) ** 0.5
    assert ((share - relu["alive_exact"]) / error).abs().max() < 4
    again = products(NETWORKS, [3, 6], samples=4000, store=tmp_path / "s", jobs=2)
    assert again.equals(found)


def test_exponents_agree_with_newman_and_another_scale_does_not() -> None:
    right = products("ginibre:n=50", [4], samples=1000, quantity="exponents")
    assert right["k"].tolist() == [1, 2, 3, 4]
    assert (right["z"].abs() < 4).all()
    wrong = products(RandomProduct(4, 50, sigma=1.01), samples=1000, quantity="exponents")
    shifted = (wrong["mean"] - right["exact"]) / ((wrong["high"] - wrong["low"]) / 3.92)
    assert (shifted.abs() > 4).any()


def test_layers() -> None:
    assert parse_layers("1-3,10") == [1, 2, 3, 10]
    for text in ("0", "3-1", "x", "1-2-3", "9999999"):
        with pytest.raises(ValueError, match="n must"):
            parse_layers(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": []}, "at least one network"),
        ({"networks": "ginibr:n=2"}, "did you mean ginibre"),
        ({"networks": "ginibre:n=0"}, "n must be at least 1"),
        ({"samples": 1}, "samples must be at least 2"),
        ({"quantity": "norm"}, "did you mean norms"),
        ({"level": 1.0}, "level must be"),
    ],
)
def test_bad_input(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        products(**{"networks": "ginibre:n=2", "dims": [2]} | options)
