"""Every page of the report in a browser: nothing missing, nothing fetched, legible to all."""

from __future__ import annotations

from urllib.parse import unquote, urlparse

import pytest

from tests.browser import looking

PAGES = ("index", "minima_fraction", "explore")
SIZES = """return [...document.querySelectorAll('img, svg, canvas')]
    .filter(e => !e.closest('[hidden]')).map(e => [e.getBoundingClientRect().width,
    e.getBoundingClientRect().height, e.tagName !== 'IMG' || e.naturalWidth > 0]);"""
WIDE = "return document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(params=PAGES)
def page(request, report):
    return report / f"{request.param}.html"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_fails_and_nothing_is_fetched(chromium, page, theme):
    looking.open_page(chromium, page, theme=theme)
    asked, failed = looking.requests(chromium)
    assert looking.complaints(chromium) == []
    assert failed == []
    assert page.as_uri() in asked
    assert all(urlparse(address).scheme in ("file", "data") for address in asked)


def test_negative_control_an_error_and_a_lost_file_are_seen(chromium, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<img src='lost.png'><script>nonsense()</script>")
    looking.open_page(chromium, page)
    assert any("nonsense" in said for said in looking.complaints(chromium))
    assert looking.requests(chromium)[1]


def test_pictures_have_a_size_and_links_lead_somewhere(chromium, page):
    looking.open_page(chromium, page)
    sizes = chromium.execute_script(SIZES)
    assert sizes
    assert all(width > 10 and height > 10 and loaded for width, height, loaded in sizes)
    links = chromium.execute_script("return [...document.querySelectorAll('a')].map(a => a.href)")
    assert links
    for link in links:
        address = urlparse(link)
        assert address.scheme == "file"
        assert (page.parent / unquote(address.path)).exists(), link


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible(chromium, page, theme, width):
    looking.open_page(chromium, page, theme=theme, width=width)
    chromium.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert looking.violations(chromium) == []
    assert chromium.execute_script("return document.documentElement.lang") == "en"
    assert chromium.execute_script(WIDE) <= 0


def test_themes_differ(chromium, page):
    colour = "return getComputedStyle(document.body).backgroundColor"
    looking.open_page(chromium, page, theme="light")
    light = chromium.execute_script(colour)
    looking.wish(chromium, "prefers-color-scheme", "dark")
    assert chromium.execute_script(colour) != light


def test_negative_control_faults_of_access_are_seen(chromium, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        "<p style='color: #bbb; background: #fff; width: 900px'>grey</p><img src='data:,'>"
    )
    looking.open_page(chromium, page, width=360)
    found = " ".join(looking.violations(chromium))
    for rule in ("color-contrast", "image-alt", "html-has-lang", "landmark-one-main"):
        assert rule in found
    assert (
        chromium.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        >= 0
    )
