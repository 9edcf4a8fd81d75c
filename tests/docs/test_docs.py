"""The pages build without a warning, and what they show is true."""

import doctest
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import critpoints
from critpoints import cli
from critpoints.study.store import Store

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
EXAMPLES = sorted((DOCS / "examples").glob("*.py"))
PAGES = sorted(DOCS.glob("*.rst"))
MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(critpoints.__path__, "critpoints.")
    if not m.name.endswith("__main__")
)


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", source, out],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_pages_build_without_a_warning_and_every_command_on_them_runs(tmp_path):
    done = build(DOCS, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Half-width of the interval" in (tmp_path / "commands.html").read_text()
    models = (tmp_path / "models.html").read_text()
    assert all(name in models for name in critpoints.ensembles.ENSEMBLES)
    reference = (tmp_path / "api" / "index.html").read_text()
    missing = [
        name
        for name in critpoints.__all__
        if name[0] != "_" and not re.search(rf'href="[^"]*"[^>]*><code[^>]*>.*critpoints\.{name}<',
                                            reference)
    ]  # fmt: skip
    assert not missing, "public names without a link"


def test_a_command_that_fails_fails_the_build(tmp_path):
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(DOCS)!r})\nextensions = ['generated']\n"
        "import generated\ngenerated.write_api = lambda app: None\n"
    )
    (tmp_path / "index.rst").write_text("T\n=\n\n.. run:: critpoints exact -e nosuch --dims 2\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode != 0
    assert "unknown ensemble 'nosuch'" in done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_run_on_a_page(example):
    """The build runs it, in a process of its own and with a time limit."""
    line = f".. run:: python examples/{example.name}\n"
    assert any(line in page.read_text() for page in PAGES)
    if example.name.startswith("own_"):
        assert len(example.read_text().splitlines()) <= 30


OWN = {
    "own_ensemble": [
        "minima -e own_ensemble:Spiked:strength=2 --dims 1-2 --samples 500",
        "index -e own_ensemble:Spiked --dims 2 --samples 500",
    ],
    "own_landscape": [
        "census -l own_landscape:Egg --dims 1-2",
        "escape -p own_landscape:Egg --dims 2 -o gd:lr=.1 --runs 160",
    ],
    "own_loss": [
        "census -l own_loss:Loss:decay=.2 --dims 2",
        "escape -p own_loss:Loss --dims 2 -o gd:lr=.1 --runs 160",
    ],
    "own_optimizer": ["escape -p quadratic --dims 2 -o own_optimizer:SignDescent:lr=.1 --runs 5"],
    "own_problem": ["escape -p own_problem:Top:width=.01 --dims 1-2 -o gd:lr=.1 --runs 5"],
}
"""Commands that take the class of an example by its reference."""


def test_every_example_of_a_class_is_tried_on_the_command_line():
    assert set(OWN) == {path.stem for path in EXAMPLES if path.name.startswith("own_")}


@pytest.mark.parametrize("command", [line for lines in OWN.values() for line in lines])
def test_a_class_of_an_example_works_by_reference(command, tmp_path, monkeypatch, capsys):
    """Nothing but the table is printed: importing the file runs no example."""
    monkeypatch.syspath_prepend(DOCS / "examples")
    store = str(tmp_path / "store.sqlite")
    words = [*command.split(), "--jobs", "1", "--store", store, "--format", "json"]
    assert cli.run(words) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)
    assert printed.err == ""
    with Store.reading(store) as kept:
        in_memory = "-p own_l" in command  # what wraps a function has no identity
        assert bool(kept.entries()) != in_memory


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_computes_is_what_it_says(page):
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=OPTIONS)
    assert failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert failed == 0


def test_a_wrong_example_is_noticed(tmp_path):
    page = tmp_path / "wrong.rst"
    page.write_text(">>> 1 + 1\n3\n")
    failed, _ = doctest.testfile(str(page), module_relative=False, verbose=False)
    assert failed == 1


def test_the_citation_names_this_version():
    assert f"version: {critpoints.__version__}\n" in (ROOT / "CITATION.cff").read_text()
