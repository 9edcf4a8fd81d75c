"""The appendix compiles, escapes what it is given, and follows from the data."""

from __future__ import annotations

import re
import shutil
import subprocess

import pandas as pd
import pytest

import critpoints
from critpoints.report import appendix, tables
from critpoints.report.page import Table
from experiments import minima_fraction, runner
from experiments.runner import House, write_data

ODD = "50% of a_b & #1 {x}^2 ~ ⅓ε≈10⁻⁶ – “naïve” 漢 \\ $"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("paper"), "quick")
    frame = critpoints.sweep(["goe", "independent"], "1-3", samples=2000)
    write_data("minima_fraction", frame, house)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "FIGURES", ("pdf", "png"))
        patch.setattr(minima_fraction, "QUESTION", ODD)
        runner.write_pages({"One": {"minima_fraction": minima_fraction}}, house)
        before = (house.reports / "appendix.tex").read_bytes()
        runner.write_pages({"One": {"minima_fraction": minima_fraction}}, house)
    assert (house.reports / "appendix.tex").read_bytes() == before
    return house


def test_compiles_without_bad_references_or_boxes(house):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is missing: install texlive-latex-recommended and lmodern")
    if not subprocess.run(["kpsewhich", "siunitx.sty"], capture_output=True, check=False).stdout:
        pytest.skip("siunitx is missing: install texlive-science")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "appendix.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=house.reports, capture_output=True, check=False)
        log = done.stdout.decode("utf-8", "replace")
        assert done.returncode == 0, log[-2000:]
    assert "undefined" not in log
    assert [w for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(w) > 10] == []


def test_has_the_answer_the_figure_and_the_digests(house):
    text = (house.reports / "appendix.tex").read_text()
    frame = pd.read_parquet(house.data / "minima_fraction.parquet")
    answer = minima_fraction.render(frame).claims.answer
    assert appendix.plain(answer) in text
    assert "{minima_fraction.pdf}" in text
    assert all(digest[:12] in text for digest in frame["digest"].dropna())


def test_special_signs():
    assert appendix.plain("a_b 5% ⅓ 10⁻⁶") == (
        r"a\_b 5\% \ensuremath{1/3} 10\ensuremath{^{-}}\ensuremath{^6}"
    )
    assert appendix.plain("1/3^d, b^(−d/2), n^1.95, a^") == (
        r"1/3\ensuremath{^{d}}, b\ensuremath{^{\ensuremath{-}d/2}}, n\ensuremath{^{1.95}}, "
        r"a\textasciicircum{}"
    )
    assert appendix.plain("漢") == "[U+6F22]"


def test_long_tables_say_where_the_rest_is():
    frame = pd.DataFrame({"object": [f"row {i}" for i in range(50)]})
    table = appendix._table(Table("Many", frame, tables.BASES[:1]), "minima_fraction")
    assert "row 39" in table["body"]
    assert "row 40" not in table["body"]
    assert table["note"] == r"10 more rows: see minima\_fraction.csv."
