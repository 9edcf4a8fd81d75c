"""What the README tells people to type, typed: taken from its own text."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
SCRIPTS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SECONDS = 150


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder in which all commands run one after the other, with a store of its own."""
    return tmp_path_factory.mktemp("readme")


def typed(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell; ``critpoints`` is the one under test, ``srun`` gives one task."""
    programs = {"critpoints": f"{sys.executable} -m critpoints.cli", "srun": ""}
    line = " ".join(programs.get(word, word) for word in command.split(" "))
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(home), "SLURM_CPUS_PER_TASK": "1", "NO_COLOR": "1",
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-c", line], cwd=home, env=environment, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", [c for c in COMMANDS if "critpoints " in c])
def test_a_command_does_what_it_says(command, home):
    if "--scheduler" in command:
        with scheduler() as address:
            done = typed(re.sub(r"tcp://\S+", address, command), home)
    else:
        done = typed(command, home)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def scheduler():
    """A cluster of one worker, as the line before the command tells to start."""
    distributed = pytest.importorskip("distributed", reason="dask is needed: .[dask]")
    from contextlib import contextmanager

    @contextmanager
    def running():
        with distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            yield cluster.scheduler_address

    return running()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_a_target_of_make_is_there(command):
    if shutil.which("make") is None:
        pytest.skip("make is missing")
    target = shlex.split(command, comments=True)[1]
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_command_is_tried():
    kinds = ("make ", "critpoints ", "srun critpoints ")
    assert len(COMMANDS) > 10
    assert [c for c in COMMANDS if not c.startswith(kinds)] == []


@pytest.mark.parametrize("number", range(len(SCRIPTS)))
def test_a_script_runs(number, home):
    script = home / f"script_{number}.py"
    script.write_text(SCRIPTS[number])
    done = typed(f"{sys.executable} -W error {script.name}", home)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_class_works_on_the_command_line(home):
    (command,) = re.findall(r"`(critpoints minima --ensemble mine:[^`]*)`", TEXT)
    (script,) = (s for s in SCRIPTS if "class Spiked" in s)
    (home / "mine.py").write_text(script)
    done = typed(command, home)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT))
def test_links_and_pictures_are_there(target):
    assert (ROOT / target).exists()
