"""Tables, claims and the page: what is said follows from the data."""

from __future__ import annotations

import csv
import io
import math
import re
from html.parser import HTMLParser

import pytest

import critpoints
from critpoints.report import claims, numbers, page, provenance, tables
from critpoints.report.claims import Claims


@pytest.fixture(scope="module")
def frame():
    return critpoints.sweep(["independent", "goe", "gue"], "1-6", samples=20_000)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.14644, 0.1455, 0.1473, "0.14644 (0.14550–0.14730)"),
        (4.44e-6, 3.1e-6, 6.02e-6, "4.4 (3.1–6.0)×10⁻⁶"),
        (1.0, 0.99, 1.0, "1.0000 (0.9900–1.0000)"),
    ],
)
def test_two_digits_of_the_uncertainty(value, low, high, text):
    assert numbers.interval(*(math.log10(x) for x in (value, low, high))) == text


def test_bounds_and_numbers_below_the_smallest_float():
    assert numbers.interval(-math.inf, -math.inf, math.log10(7.5e-6)) == "< 7.5×10⁻⁶"
    assert numbers.interval(-400.0, -400.1, -399.9) == "1.00 (0.79–1.26)×10⁻⁴⁰⁰"
    latex = numbers.interval(-400.0, -400.1, -399.9, style=numbers.LATEX)
    assert latex == r"{\num{1.00e-400} (\numrange{0.79e-400}{1.26e-400})}"
    assert numbers.interval(-math.inf, -math.inf, -6.0, style=numbers.LATEX) == "< 1.0e-6"
    assert numbers.interval(math.nan, math.nan, math.nan) == ""


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.14644, 0.0009, "0.14644(90)"),
        (0.035376, 0.0026, "0.0354(26)"),
        (0.5, 0.0996, "0.50(10)"),
        (12.34, 1.5, "12.3(15)"),
        (123.4, 15.2, "123(15)"),
        (1234.0, 157.0, "1230(160)"),
        (4.44e-6, 0.31e-6, "4.44(31)e-6"),
        (99.96e-6, 1.0e-6, "10.00(10)e-5"),
    ],
)
def test_latex_rounds_to_two_digits_of_the_uncertainty(value, half, text):
    ends = (math.log10(x) for x in (value, value - half, value + half))
    assert numbers.interval(*ends, style=numbers.LATEX) == text


def test_latex_writes_uneven_intervals_out():
    ends = [math.log10(x) for x in (2.0, 1.5, 3.0)]
    assert numbers.interval(*ends, style=numbers.LATEX) == (r"{\num{2.00} (\numrange{1.50}{3.00})}")


def test_an_open_end_is_infinite_in_both_styles():
    assert numbers.PLAIN.math("inf") == "∞"
    assert numbers.PLAIN.between("571", "inf") == "571–∞"
    assert numbers.LATEX.between("571", "inf") == r"{571--$\infty$}"
    assert numbers.LATEX.between("571", "580") == r"{\numrange{571}{580}}"


def test_numbers_with_exponents_in_both_styles():
    assert numbers.PLAIN.math("-2e-05") == "−2×10⁻⁵"
    assert numbers.LATEX.math("-2e-05") == "-2e-5"
    assert numbers.PLAIN.math("+1.5") == numbers.LATEX.math("+1.5") == "+1.5"


def test_latex_columns_are_as_wide_as_their_numbers(frame):
    rows = frame[frame["object"] == "goe"]
    latex = tables.to_latex(rows)
    head = latex.splitlines()[0]
    assert "S[table-format=1.4(2)" in head
    assert "S[table-format=5.0]" in head  # samples
    assert r"{\num{<" in latex
    assert "{fraction of minima}" in latex
    assert "$" not in latex


def test_factors():
    assert numbers.factor(math.log10(26.4)) == "26"
    assert numbers.factor(-math.log10(26.4)) == "26"
    assert numbers.factor(6.0) == "1.0×10⁶"


def test_tables_have_a_line_a_row(frame):
    markdown = tables.to_markdown(frame).splitlines()
    assert len(markdown) == len(frame) + 2
    assert len({line.count("|") for line in markdown}) == 1
    rows = list(csv.reader(io.StringIO(tables.to_csv(frame))))
    assert len(rows) == len(frame) + 1
    assert {len(row) for row in rows} == {len(tables.MINIMA)}


def test_latex_is_escaped(frame):
    odd = frame.head(1).assign(object="a_b:c=50%&{x}^2")
    latex = tables.to_latex(odd)
    assert r"a\_b:c=50\%\&\{x\}\textasciicircum{}2" in latex
    assert latex.startswith(r"\begin{tabular}")
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 1
    assert re.search(r"[^\x00-\x7f]", latex) is None


def test_markdown_bars_are_escaped(frame):
    assert r"a\|b" in tables.to_markdown(frame.head(1).assign(object="a|b"))


def test_index_and_base_tables(frame):
    law = critpoints.sweep(["goe"], [2], event="index", samples=2000)
    assert "degenerate" in tables.to_markdown(law, tables.INDEX)
    assert "not the limit" in tables.to_latex(critpoints.fit_bases(frame), tables.BASES)


def test_claims_follow_the_data(frame):
    said = claims.minima_claims(frame)
    assert "agrees with 1 of 3 laws (independent)" in said.answer
    assert "it is too high for 2" in said.answer
    assert re.search(r"All \d+ comparisons with exact values agree", said.answer)
    assert not any("contradict" in w for w in said.warnings)
    goe = next(d for d in said.details if d.startswith("goe"))
    assert "b = " in goe
    assert "not the limit" in goe


def test_the_front_page_prefers_an_exact_value_to_a_bound(frame):
    rows = frame[frame["dim"] == frame["dim"].max()].reset_index(drop=True)
    goe = rows["object"] == "goe"
    rows.loc[goe, ["status", "log10_estimate", "log10_exact"]] = ["incomplete", -math.inf, -9.01]
    assert "; 9.8×10⁻¹⁰ (exact) for random symmetric" in claims.minima_claims(rows).lead
    rows.loc[goe, "log10_exact"] = math.nan
    assert "; < " in claims.minima_claims(rows).lead


@pytest.mark.parametrize("z", [9.1, -9.1, math.inf])
def test_negative_control_a_contradiction_is_said(frame, z):
    doctored = frame.copy()
    row = doctored.index[(doctored["object"] == "goe") & (doctored["dim"] == 2)][0]
    doctored.loc[row, "z"] = z
    said = claims.minima_claims(doctored)
    assert "disagree" in said.answer
    assert "All" not in said.answer
    assert any(w.startswith("goe, d = 2: the samples contradict") for w in said.warnings)


def test_negative_control_a_failing_model_is_said(frame):
    doctored = frame.copy()
    rows = doctored["object"] == "independent"
    doctored.loc[rows, ["z_third", "log10_ratio_third"]] = [8.0, 1.0]
    said = claims.minima_claims(doctored)
    assert "agrees with 0 of" in said.answer
    assert "it is too low for 1" in said.answer
    assert any("independent" in d and "too low by a factor of 10" in d for d in said.details)


def test_unreliable_rows_speak_only_as_a_warning(frame):
    doctored = frame.copy()
    doctored.loc[doctored["object"] == "goe", "status"] = "unreliable"
    said = claims.minima_claims(doctored)
    assert "of 2 laws" in said.answer
    assert any("unreliable" in w for w in said.warnings)


class _Requests(HTMLParser):
    """Everything a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        kept = ("src", "href", "xlink:href", "srcset", "data", "action")
        self.found += [value for name, value in attrs if name in kept and tag != "a"]


def _page(frame, title="A title", svg="<svg></svg>"):
    section = page.Section(
        name="x",
        title=title,
        question="Why?",
        pictures=[page.Picture(svg, claims.minima_alt(frame))],
        claims=claims.minima_claims(frame),
        tables=[page.Table("Every row", frame, tables.MINIMA)],
        method=page.methods(frame),
        command="python -m experiments",
        links={"x.csv": "x.csv"},
    )
    return page.render(title, section)


def test_page_asks_nothing_of_the_network(frame):
    html = _page(frame)
    parser = _Requests()
    parser.feed(html)
    assert all(r.startswith(("#", "data:")) for r in parser.found)
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "script" not in parser.tags


def test_page_escapes_markup(frame):
    html = _page(frame.assign(object="<script>x</script>"), title="<b>& co</b>")
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;&amp; co&lt;/b&gt;" in html


def test_powers_are_raised_after_escaping():
    assert page.raised("1/3^d & b^(−d²/4), <i>n^1.95</i>") == (
        "1/3<sup>d</sup> &amp; b<sup>−d²/4</sup>, &lt;i&gt;n<sup>1.95</sup>&lt;/i&gt;"
    )


def test_page_says_what_the_data_say(frame):
    doctored = frame.copy()
    doctored.loc[doctored["dim"] == 2, "z"] = -12.0
    assert "contradict" not in _page(frame)
    assert "contradict" in _page(doctored)


def test_empty_claims_render():
    assert Claims("yes").warnings == []
    card = page.Card("x", "A <b>title</b>", "Why?", None, missing="make it")
    html = page.render_index("none", [page.Chapter("One", [card])])
    assert "<h1>none</h1>" in html
    assert "A &lt;b&gt;title&lt;/b&gt;" in html
    assert "make it" in html


def test_provenance_has_checksums_and_no_paths(frame, tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("a\n")
    record = provenance.provenance(frame, [file], "python -m experiments")
    assert record["files"] == {"data.csv": provenance.checksum(file)}
    assert len(record["specs"]) == len(frame)
    assert {"python", "critpoints", "numpy", "scipy", "pandas"} <= set(record["versions"])
    written = provenance.write(record, tmp_path / "data.json").read_text()
    assert str(tmp_path) not in written
    assert frame["digest"].iloc[0] in written


def test_negative_numbers_in_prose_have_a_true_minus():
    text = "below -1.50 (-0.5) and 3^-d, but lr=-1, 1e-8, 2-3 and spectrum=-.1/-2"
    said = "below −1.50 (−0.5) and 3<sup>−d</sup>, but lr=-1, 1e-8, 2-3 and spectrum=-.1/-2"
    assert page.raised(text) == said
