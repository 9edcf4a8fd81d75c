"""A browser without a window, and a small report to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments import __main__ as door
from experiments import minima_fraction
from experiments.runner import House, sample, write_pages

TINY = minima_fraction.Budget("1-3", 0.2, {"fast": 3000, "dense": 1000})
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--force-prefers-reduced-motion",
)  # fmt: skip


@pytest.fixture(scope="session")
def report(tmp_path_factory) -> Path:
    """The folder of a report in which one experiment was made and the others were not."""
    root = tmp_path_factory.mktemp("report")
    house = House(root, "quick")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(minima_fraction.PRESETS, "quick", TINY)
        sample("minima_fraction", minima_fraction, house, 1, None)
    write_pages(door.CHAPTERS, house)
    return house.reports


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Iterator[object]:
    """Chromium that keeps a log of its console and of its requests."""
    program, driver = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if program is None or driver is None:
        pytest.skip("chromium and chromedriver are needed: apt-get install chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is needed: .[test]")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()
