"""The interactive page: its numbers are those of the package, and it answers mouse and keys."""

from __future__ import annotations

import re

import numpy as np
import pytest

from critpoints.optimizers import optimizer, run
from critpoints.report import explore
from critpoints.study.census import draw
from tests.browser import looking

ENDING = r"(minimum|saddle|maximum) \d+ of \d+, index [012]"
CELLS = """return [...document.querySelectorAll('#runs tbody tr')].map(
    row => [...row.cells].map(cell => cell.innerText));"""
PIXELS = "return canvas.toDataURL()"


@pytest.fixture
def page(chromium, report):
    looking.open_page(chromium, report / "explore.html")
    return chromium


def ended(page) -> str:
    """Wait for the end of a race: what is said then."""
    from selenium.webdriver.support.ui import WebDriverWait

    said = lambda d: d.find_element("id", "said").text  # noqa: E731
    WebDriverWait(page, 20, 0.05).until(lambda d: said(d).startswith("The race is over"))
    return said(page)


def test_the_function_is_the_one_of_the_package(page):
    f = draw("torus:degree=3", 2, 0).landscape
    x = np.random.default_rng(1).uniform(0, 6, (20, 2))
    found = page.execute_script(
        "return arguments[0].map(p => [value(now.f, p), ...gradient(now.f, p)])", x.tolist()
    )
    np.testing.assert_allclose(np.array(found)[:, 0], f.value(x), atol=1e-12)
    np.testing.assert_allclose(np.array(found)[:, 1:], f.gradient(x), atol=1e-12)


@pytest.mark.parametrize("name", explore.RULES)
def test_paths_are_those_of_the_package(page, name):
    f = draw("torus:degree=3", 2, 0).landscape
    steps, lr, start = 60, 0.02, [2.0, 2.5]
    found = page.execute_script(
        "return race(now.f, DATA.rules.find(r => r.name === arguments[0]), arguments[1],"
        " arguments[2], arguments[3]).path", name, start, lr, steps,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    rule = optimizer(f"{name}:lr={lr}")
    result = run(rule, f, [start], rng=rng, steps=steps, tol=0, record_every=1)
    np.testing.assert_allclose(np.mod(found, 2 * np.pi), result.path[:, 0], atol=1e-9)
    other = run(optimizer(f"{name}:lr=.021"), f, [start], rng=rng, steps=steps, tol=0)
    assert np.abs(np.mod(found[-1], 2 * np.pi) - other.x[0]).max() > 1e-6


def test_a_click_starts_a_race_that_ends_at_critical_points(page):
    before = page.execute_script(PIXELS)
    page.find_element("id", "map").click()
    said = ended(page)
    assert page.execute_script(PIXELS) != before
    rows = page.execute_script(CELLS)
    assert len(rows) == len(explore.RULES)
    for (title, steps, height, where), name in zip(rows, explore.RULES.values(), strict=True):
        assert title.endswith(name)
        assert int(steps) > 0
        assert re.fullmatch(r"−?\d+\.\d\d", height)
        assert re.search(ENDING, where) or (steps, where) == ("3000", "still on its way")
        assert f"{name}: {where} after {steps} steps" in said
    assert sum(re.search(ENDING, row[3]) is not None for row in rows) >= 4
    assert looking.complaints(page) == []


def test_a_converged_run_stands_at_a_minimum_of_the_census(page):
    page.find_element("id", "map").click()
    ended(page)
    census = draw("torus:degree=3", 2, 0)
    ends = page.execute_script(
        "return now.runs.filter(r => r.end === 'converged').map(r => r.path[r.path.length - 1])"
    )
    assert ends
    gaps = [
        census.landscape.domain.distance(np.mod([end], 2 * np.pi), census.points).min()
        for end in ends
    ]
    assert max(gaps) < 1e-5


def test_the_keyboard_moves_the_cross_and_starts(page):
    from selenium.webdriver import ActionChains, Keys

    for _ in range(12):
        ActionChains(page).send_keys(Keys.TAB).perform()
        if page.switch_to.active_element.get_attribute("id") == "map":
            break
    assert page.switch_to.active_element.get_attribute("id") == "map"
    start = page.execute_script("return now.cursor")
    ActionChains(page).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP).perform()
    moved = page.execute_script("return now.cursor")
    assert moved[0] > start[0]
    assert moved[1] > start[1]
    assert page.find_element("id", "said").text.startswith("Cross at (")
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert "after" in ended(page)


def test_degree_height_and_another_function(page):
    def counts():
        return page.execute_script(
            "return [0, 1, 2].map(k => [...document.getElementById(`kind-${k}`).cells]"
            ".slice(1, 3).map(c => Number(c.innerText)))"
        )

    def slide(name, value):
        page.execute_script(
            "const e = document.getElementById(arguments[0]); e.value = arguments[1];"
            "e.dispatchEvent(new Event('input'))", name, value,
        )  # fmt: skip

    for group, degree in enumerate((1, 2, 3, 4)):
        slide("group", group)
        census = draw(f"torus:degree={degree}", 2, 0)
        slide("height", 1000)
        whole = page.execute_script("return height()")
        below = [int(((census.index == k) & (census.values < whole)).sum()) for k in range(3)]
        assert counts() == [list(row) for row in zip(census.counts.tolist(), below, strict=True)]
        slide("height", 0)
        assert [low for _, low in counts()] == [0, 0, 0]
        picture = page.execute_script(PIXELS)
        slide("height", 500)
        assert page.execute_script(PIXELS) != picture
    page.find_element("id", "another").click()
    assert [n for n, _ in counts()] == draw("torus:degree=4", 2, 1).counts.tolist()
    assert looking.complaints(page) == []


def test_motion_unless_less_is_asked_for(page):
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-reduced-motion", "value": "no-preference"}]},
    )
    page.execute_script(
        "DATA.milliseconds = 400; window.frames_ = 0;"
        "const old = showRuns; showRuns = () => { window.frames_++; old(); };"
    )
    page.find_element("id", "map").click()
    ended(page)
    assert page.execute_script("return window.frames_") > 3


def test_the_file_comes_out_the_same_and_cannot_be_broken_by_data():
    page = explore.render("a <b> title", {"one": "torus:degree=1"}, draws=1)
    assert page == explore.render("a <b> title", {"one": "torus:degree=1"}, draws=1)
    assert page != explore.render("a <b> title", {"one": "torus:degree=1"}, draws=1, seed=1)
    assert "a &lt;b&gt; title" in page
    assert len(explore.standard_page("title")) < 2_000_000
    assert explore._embedded({"x": "</script>"}) == '{"x":"\\u003c/script>"}'


@pytest.mark.parametrize(("ref", "said"), [("spin", "sum of waves"), ("torus:degree=x", "degree")])
def test_other_functions_are_refused(ref, said):
    with pytest.raises((ValueError, TypeError), match=said):
        explore.render("title", {"x": ref}, draws=1)
