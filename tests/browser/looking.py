"""What the tests ask of a page in a browser."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def open_page(browser: Any, page: Any, *, width: int = 1200, theme: str = "light") -> None:
    """Open a file at a width and in a theme, and forget what was logged before."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wish(browser, "prefers-color-scheme", theme)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(page.as_uri())


def wish(browser: Any, name: str, value: str) -> None:
    """Tell pages what the user prefers."""
    features = [
        {"name": name, "value": value},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def complaints(browser: Any) -> list[str]:
    """Errors and warnings on the console."""
    return [entry["message"] for entry in browser.get_log("browser")]


def requests(browser: Any) -> tuple[list[str], list[str]]:
    """Addresses asked for, and failures, since the page was opened."""
    events = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    failed = [
        e["params"].get("errorText", "failed")
        for e in events
        if e["method"] == "Network.loadingFailed"
    ]
    return asked, failed


def violations(browser: Any) -> list[str]:
    """What axe-core finds, a line a rule with the elements concerned.

    The package brings axe-core; the browser that it is meant for is not needed.
    """
    browser.execute_script(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations));"
    )
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'][:150] for node in rule['nodes'][:3]]}"
        for rule in found
    ]
