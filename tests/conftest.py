"""In continuous integration a skipped test fails; elsewhere it says what is missing."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in continuous integration: {item.nodeid}: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's store."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
