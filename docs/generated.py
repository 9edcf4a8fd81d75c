"""What the pages take from the package when they are built, so that it cannot go stale.

Directives: ``registry`` (a table of the objects that a reference can name), ``commands`` (every
command and its options) and ``run`` (a command or an example with the output of running it).
The pages under ``api`` are written from the modules themselves.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import inspect
import io
import json
import os
import pkgutil
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).resolve().parent
ROOMS = {
    "protocols": "What an ensemble, a landscape, an estimator and an optimizer must be",
    "domains": "Where functions live",
    "ensembles": "Laws of random Hessians",
    "landscapes": "Functions",
    "curvature": "What a Hessian says of a point, and what it cannot say",
    "census": "Critical points of one function",
    "optimizers": "Update rules",
    "escape": "Escape from saddles",
    "depth": "Signal and gradient through many layers",
    "estimators": "From samples to a probability",
    "theory": "Exact laws and asymptotics",
    "study": "Specs, plans, stores and tables",
    "plot": "Figures",
    "report": "Tables and pages",
    "estimate": "The answer of an estimator",
    "tally": "What is kept of a batch",
    "rule": "When to stop",
    "errors": "Errors and warnings",
}
"""Public rooms, each with a page."""
SECONDS = 120  # a command on a page may take


class Registry(SphinxDirective):
    """``.. registry:: ensembles``: name, keys with defaults, and a line on each object."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A table of three columns."""
        from critpoints.cli import run  # noqa: PLC0415

        with contextlib.redirect_stdout(io.StringIO()) as caught:
            run(["list", self.arguments[0], "--format", "json"])
        rows = [
            (f"``{r['name']}``", f"``{r['keys']}``" if r["keys"] else "", escaped(r["what"]))
            for r in json.loads(caught.getvalue())
        ]
        return self.parse_text_to_nodes(table(("Name", "Keys and defaults", "What"), rows))


class Commands(SphinxDirective):
    """``.. commands::``: every command, its help and its options."""

    def run(self) -> list[nodes.Node]:
        """A section a command."""
        import typer  # noqa: PLC0415

        from critpoints.cli import app  # noqa: PLC0415

        parts = [described(name, found) for name, found in leaves(typer.main.get_command(app))]
        return self.parse_text_to_nodes("\n\n".join(parts), allow_section_headings=True)


class Run(SphinxDirective):
    """``.. run:: critpoints exact …`` or ``python examples/….py``: the output is produced here.

    ``:status:`` is the exit status that is expected; any other fails the build.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"status": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        """The example's text, if it is one, and what it prints."""
        command = " ".join(self.arguments[0].split())
        output = execute(command, self.options.get("status", 0))
        shown = nodes.literal_block(f"$ {command}\n{output}", f"$ {command}\n{output}")
        shown["language"] = "text"
        script = command.removeprefix("python ")
        if script == command:
            return [shown]
        include = f".. literalinclude:: {script}\n   :language: python\n"
        return [*self.parse_text_to_nodes(include), shown]


def execute(command: str, status: int) -> str:
    """Standard output and error of a command, run in ``docs`` with a store of its own."""
    program, *arguments = shlex.split(command)
    start = [sys.executable, *(["-m", "critpoints.cli"] if program == "critpoints" else [])]
    with tempfile.TemporaryDirectory() as cache:
        paths = os.pathsep.join([str(HERE.parent), str(HERE / "examples")])
        done = subprocess.run(  # noqa: S603
            [*start, *arguments],
            cwd=HERE,
            env={**os.environ, "XDG_CACHE_HOME": cache, "PYTHONPATH": paths, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if done.returncode != status:
        raise ExtensionError(f"$ {command}\nexit status {done.returncode}\n{done.stdout}")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join(line for line in lines if line)


def leaves(group: Any, path: str = "critpoints") -> Iterator[tuple[str, Any]]:
    """Commands with their full names, groups opened."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def described(name: str, command: Any) -> str:
    """A section on one command."""
    rows = [
        (", ".join(f"``{o}``" for o in p.opts) + value(p), escaped(help_of(p)), default(p))
        for p in command.params
        if p.name != "help"
    ]
    paragraphs = [escaped(" ".join(p.split())) for p in command.help.split("\n\n")]
    options = table(("Option", "Meaning", "Default"), rows)
    return "\n".join([name, "~" * len(name), "", "\n\n".join(paragraphs), "", options])


def value(parameter: Any) -> str:
    """What an option takes."""
    if getattr(parameter, "is_flag", False) or parameter.param_type_name == "argument":
        return ""
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f" ``{'|'.join(choice.value for choice in kind)}``"
    return f" ``{parameter.metavar or getattr(kind, '__name__', 'value')}``"


def help_of(parameter: Any) -> str:
    """Its help, and whether it is required."""
    return (parameter.help or "") + (" Required." if parameter.required else "")


def default(parameter: Any) -> str:
    """Its default as it is typed; nothing for flags, and where the help says it."""
    found = parameter.default
    if found is None or isinstance(found, bool) or callable(found):
        return ""
    return f"``{getattr(found, 'value', found)}``"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A CSV table in reStructuredText."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    body = "".join(f"   {line}\n" for line in text.getvalue().splitlines())
    return f".. csv-table::\n   :header-rows: 1\n\n{body}"


def escaped(text: str) -> str:
    """Plain text, safe in reStructuredText."""
    return "".join(f"\\{c}" if c in "\\*`|_" else c for c in text)


def write_api(_: Sphinx) -> None:
    """Write a page a room, and their index."""
    folder = HERE / "api"
    folder.mkdir(exist_ok=True)
    for room, title in ROOMS.items():
        save(folder / f"{room}.rst", page(room, title))
    save(folder / "index.rst", index())


def index() -> str:
    """The flat public names, and the rooms behind them."""
    import critpoints  # noqa: PLC0415

    names = "\n".join(f"- :py:obj:`critpoints.{n}`" for n in critpoints.__all__ if n[0] != "_")
    rooms = "\n".join(f"   {room}" for room in ROOMS)
    return (
        f"Reference\n=========\n\n``import critpoints`` offers these names:\n\n{names}\n\n"
        f"All else lives in its room:\n\n.. toctree::\n   :maxdepth: 1\n\n{rooms}\n"
    )


def page(room: str, title: str) -> str:
    """All public functions and classes of a room, a section a module."""
    head = f"critpoints.{room}: {title[0].lower()}{title[1:]}"
    sections = [section(name) for name in modules(f"critpoints.{room}")]
    return "\n\n".join([f"{head}\n{'=' * len(head)}", *sections]) + "\n"


def section(name: str) -> str:
    """One module; a package without definitions of its own only speaks."""
    found = members(name)
    lines = [f".. automodule:: {name}"]
    if found:  # a ufunc that a class holds has no signature to show
        lines += [
            f"   :members: {', '.join(found)}",
            "   :exclude-members: plus",
            "",
            ".. autosummary::",
            "   :nosignatures:",
            "",
            *(f"   {n}" for n in found),
        ]
    return "\n".join([name, "-" * len(name), "", *lines])


def modules(name: str) -> list[str]:
    """A module, and the public modules inside."""
    package = importlib.import_module(name)
    inner = pkgutil.walk_packages(getattr(package, "__path__", []), f"{name}.")
    return [name, *(m.name for m in inner if "._" not in m.name)]


def members(name: str) -> list[str]:
    """Public functions and classes that a module defines."""
    found = vars(importlib.import_module(name)).items()
    return [
        key
        for key, item in found
        if not key.startswith("_")
        if (inspect.isclass(item) or inspect.isroutine(item)) and item.__module__ == name
        if item.__doc__
    ]


def save(path: Path, text: str) -> None:
    """Write only what changed, so that a second build is quick."""
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def resolve(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """Lead a name that a package re-exports to where it is defined."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("critpoints."):
        return None
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        return None
    home = f"{getattr(found, '__module__', '')}.{getattr(found, '__qualname__', '')}"
    if home in (target, "."):
        return None
    source = node.get("refdoc")
    domain = env.get_domain("py")
    return domain.resolve_xref(env, source, app.builder, "obj", home, node, content)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_directive("registry", Registry)
    app.add_directive("commands", Commands)
    app.add_directive("run", Run)
    app.connect("builder-inited", write_api)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
