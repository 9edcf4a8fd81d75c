"""A real scheduler and real workers on this machine: the same answers, also when a worker dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import critpoints.study.workers as module
from critpoints import cli
from critpoints.ensembles import GaussianEnsemble, IsotropicField
from critpoints.estimators import Proportion, Weighted
from critpoints.rule import Rule
from critpoints.study.collect import collect
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from tests.study.test_collect import Threads

SPECS = [
    Spec(GaussianEnsemble(4), Proportion("minima", "dense"), seed=2, batch=4000),
    Spec(IsotropicField(3), Weighted("index"), seed=2, batch=1000),
]
RULE = Rule(None, 80_000, None)
LIMIT = 60.0  # nothing here waits longer


def started(name: str, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.{name}", *arguments]
    places = os.pathsep.join(place for place in sys.path if place)
    with log.open("wb") as file:
        return subprocess.Popen(
            command, stdout=file, stderr=file, env=os.environ | {"PYTHONPATH": places}
        )


def stopped(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.kill()
        process.wait(timeout=LIMIT)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A scheduler and two workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        port = self.address.rpartition(":")[2]
        self.scheduler = started(
            "dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard",
            log=folder / "scheduler.log",
        )  # fmt: skip
        self.workers = [
            started(
                "dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                "--local-directory", str(folder), "--death-timeout", "60",
                log=folder / f"worker{k}.log",
            )
            for k in range(2)
        ]  # fmt: skip
        self.backend = f"dask:scheduler={self.address}"

    def wait(self) -> None:
        from distributed import Client

        with Client(self.address, timeout=LIMIT, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=LIMIT)

    def stop(self) -> None:
        stopped(*self.workers, self.scheduler)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    watchdog = threading.Timer(5 * LIMIT, made.stop)  # a cluster that is gone cannot hang a test
    watchdog.start()
    try:
        made.wait()
        yield made
    finally:
        watchdog.cancel()
        made.stop()


COMMANDS = [
    "minima -e goe --dims 2 --samples 300000",
    "minima -e goe --dims 6 --method grown --samples 8",
    "index -e isotropic --dims 2 --samples 20000",
    "census -l torus:degree=1 --dims 1 --draws 4",
    "escape -p quadratic:curvature=.7 --dims 4 -o gd:lr=.1 --runs 600",
    "race -p quadratic -o gd --grid lr=.1/.2 --runs 40 --tuning-runs 8",
    "depth -p ginibre --dims 3 --n 5 --samples 3000",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_samples_does_so_on_a_cluster(
    cluster: Cluster, capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    """The rows of the stores are those of this machine, bit for bit."""
    where = {
        "here": ["--jobs", "1"],
        "there": ["--backend", "dask", "--scheduler", cluster.address],
    }
    for name, options in where.items():
        words = [*command.split(), *options, "--format", "csv", "--store", str(tmp_path / name)]
        assert cli.run(words) == 0, capfd.readouterr().err
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_runs_are_computed_again_on_a_cluster(
    cluster: Cluster, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store, file = ["--store", str(tmp_path / "s")], str(tmp_path / "a.csv")
    assert cli.run([*COMMANDS[0].split(), "--jobs", "1", "--format", "csv", *store]) == 0
    (digest,) = {row[0] for row in content(tmp_path / "s")}
    assert cli.run(["runs", "export", str(digest)[:12], "--to", file, *store]) == 0
    there = ["--backend", "dask", "--scheduler", cluster.address]
    assert cli.run(["runs", "replay", file, *there]) == 0
    assert cli.run(["runs", "verify", "--recompute", "2", *store, *there]) == 0
    assert capfd.readouterr().out.splitlines()[-2:] == ["equal", "1 runs are sound"]


def test_blas_has_one_thread_on_a_cluster_too(cluster: Cluster) -> None:
    spec = Spec(Threads(1), Proportion("minima", "dense"), batch=4)
    (outcome,) = collect([spec], Rule(None, 64, None), jobs=-1, backend=cluster.backend)
    assert outcome.estimates[0].value == 1.0


def test_a_cluster_gives_what_workers_here_give_also_when_one_of_its_dies(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(name: str, backend: str) -> list[tuple[object, ...]]:
        with Store(tmp_path / name) as store:
            found = collect(SPECS, RULE, store=store, jobs=2, backend=backend)
        assert [outcome.estimates for outcome in found] == alone
        return content(tmp_path / name)

    alone = [outcome.estimates for outcome in collect(SPECS, RULE)]
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)
    rows = sample("loky", "loky")
    assert len(rows) == 100
    assert sample("dask", cluster.backend) == rows

    spread, killed = module.Workers._spread, []

    def with_a_kill(self: module.Workers, spec: Spec, numbers: range) -> object:
        if not killed and len(numbers) > 8:
            victim = cluster.workers[0]
            killed.append(threading.Timer(0.05, victim.send_signal, [signal.SIGKILL]))
            killed[0].start()
        return spread(self, spec, numbers)

    monkeypatch.setattr(module.Workers, "_spread", with_a_kill)
    assert sample("killed", cluster.backend) == rows
    assert cluster.workers[0].wait(timeout=LIMIT) == -signal.SIGKILL
    assert sample("after", cluster.backend) == rows  # one worker is left


def content(path: Path) -> list[tuple[object, ...]]:
    """Everything in a store but the times."""
    with sqlite3.connect(path) as db:
        found = db.execute(
            "SELECT digest, number, kind, shape, payload, checksum "
            "FROM batch JOIN spec ON spec = id ORDER BY digest, number"
        ).fetchall()
    db.close()
    return found


def test_a_cluster_without_workers_and_none_at_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    command = ["minima", "-e", "goe", "--dims", "2", "--samples", "10", "--backend", "dask"]
    start = time.monotonic()
    assert cli.run([*command, "--scheduler", f"tcp://127.0.0.1:{free_port()}"]) == 2
    assert time.monotonic() - start < LIMIT
    assert "does not answer" in capsys.readouterr().err


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    command = ["minima", "-e", "goe", "--dims", "2", "--samples", "10", "--backend", "dask"]
    assert cli.run([*command, "--scheduler", "tcp://127.0.0.1:9"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install '.[dask]' in a checkout" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--backend", "dask"], "--scheduler"),
        (["--scheduler", "tcp://a:1"], "--backend dask"),
        (["--backend", "dask", "--scheduler", "here"], "tcp://host:port"),
        (["--backend", "dask", "--scheduler", "inproc://x"], "tcp://host:port"),
    ],
)
def test_bad_addresses(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert cli.run(["minima", "-e", "goe", "--dims", "2", "--samples", "10", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
