"""Runs are killed, starved of disk, run twice at once, and still give the same rows."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from joblib.externals.loky import reusable_executor

import critpoints.study.workers as module
from critpoints import cli
from critpoints.errors import StoreError
from critpoints.study import disks
from critpoints.study.collect import Run, collect
from critpoints.study.ledger import check
from critpoints.study.spec import Spec
from critpoints.study.store import Store
from critpoints.tally import Counts
from tests.study.survivors import (
    HEARING,
    KEPT,
    RULE,
    SPECS,
    in_small_chunks,
    sample,
    small_chunk,
    started,
    starved,
)

WORKERS_KILLED = 12


def rows(path: Path) -> list[tuple[object, ...]]:
    """Everything in a store but the times."""
    with sqlite3.connect(path) as db:
        found = db.execute(
            "SELECT digest, identity, number, kind, shape, payload, checksum "
            "FROM batch JOIN spec ON spec = id ORDER BY digest, number"
        ).fetchall()
    db.close()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    path = tmp_path_factory.mktemp("whole") / "s"
    sample(path)
    return rows(path)


def test_a_hundred_kills_of_the_parent(whole: list[tuple[object, ...]], tmp_path: Path) -> None:
    """Killed at any instant, also while the file is made, and begun again until it is done."""
    started(sample, tmp_path / "first").join()  # the server of processes is there now
    begun = time.monotonic()
    started(in_small_chunks, tmp_path / "timed").join()
    length = time.monotonic() - begun
    clock = random.Random(20)  # noqa: S311
    kills, finished, grown = 0, 0, set()
    while kills < 100:
        path = tmp_path / str(finished)
        child = started(in_small_chunks, path)
        child.join(clock.uniform(0, length))
        child.kill()
        child.join()
        if child.exitcode == -signal.SIGKILL:
            kills += 1
            if path.exists() and path.stat().st_size:
                with Store(path) as store:
                    grown.add(sum(entry.batches for entry in store.entries()))
            if kills % 10 == 0:  # the next begins anew
                sample(path)
                assert rows(path) == whole
                finished += 1
            continue
        assert child.exitcode == 0
        assert rows(path) == whole
        finished += 1
    assert len(grown) > 5, "no kill fell into a run under way"


def test_kills_of_workers(
    whole: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool that loses a worker is replaced once by itself; the answer is the same."""
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)
    spread, killed = module.Workers._spread, []

    def with_a_kill(self: module.Workers, spec: Spec, numbers: object) -> object:
        if len(numbers) > 8 and id(spec) not in killed:  # type: ignore[arg-type]
            spread(self, spec, numbers)  # the workers are there now
            for process in list(self._pool._backend._workers._processes):
                os.kill(process, signal.SIGKILL)
            killed.append(id(spec))
            time.sleep(0.1)
        return spread(self, spec, numbers)

    monkeypatch.setattr(module.Workers, "_spread", with_a_kill)
    sample(tmp_path / "s", jobs=2)
    assert killed
    assert rows(tmp_path / "s") == whole


def test_workers_killed_at_random_instants(
    whole: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they work, and every third time while they start, replacing one that was killed."""
    begun: list[int] = []

    def counted(self: Run, jobs: int) -> range:
        begun.append(jobs)
        return small_chunk(self, jobs)

    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)
    monkeypatch.setattr("critpoints.study.collect.Run.next", counted)
    clock, over, kills, seen = random.Random(21), threading.Event(), 0, 0  # noqa: S311

    def killing() -> None:
        nonlocal kills, seen
        while kills < WORKERS_KILLED and not over.wait(clock.uniform(0, 0.3)):
            executor = reusable_executor._executor
            workers = list(executor._processes) if executor else []
            if workers and (len(begun) > seen + 1 or kills % 3 == 0):
                with contextlib.suppress(ProcessLookupError):  # it has just been replaced
                    os.kill(clock.choice(workers), signal.SIGKILL)
                    kills, seen = kills + 1, len(begun)

    killer = threading.Thread(target=killing)
    killer.start()
    done = 0
    try:
        while killer.is_alive():
            with contextlib.suppress(ChildProcessError):  # twice over one chunk: again
                sample(tmp_path / str(done), jobs=2)
                assert rows(tmp_path / str(done)) == whole
                done += 1
    finally:
        over.set()
        killer.join()
    sample(tmp_path / str(done), jobs=2)
    assert rows(tmp_path / str(done)) == whole
    assert kills == WORKERS_KILLED


def test_workers_that_are_always_killed_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POOL_SECONDS", 0.0)

    def suicide(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with Store(tmp_path / "s") as store:
        store.put(SPECS[0], [(k, SPECS[0].run(k), 0.1) for k in range(8)])
        monkeypatch.setattr(module, "run_with", suicide)
        with pytest.raises(ChildProcessError, match="run the same command again"):
            collect(SPECS[:1], RULE, store=store, jobs=2)
        assert len(store.prefix(SPECS[0])) == 8


def test_two_writers_at_once(whole: list[tuple[object, ...]], tmp_path: Path) -> None:
    """Four processes make and fill one store; nothing is counted twice."""
    path = tmp_path / "deep" / "s"
    children = [started(sample, path) for _ in range(4)]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    assert rows(path) == whole
    with Store.reading(path) as store:
        assert store.defects() == []


def test_a_full_disk_by_pages(whole: list[tuple[object, ...]], tmp_path: Path) -> None:
    """What SQLite raises when nothing is left (ENOSPC); afterwards the same command goes on."""
    path = tmp_path / "s"
    with Store(path) as store:
        store._db.execute("PRAGMA max_page_count = 8")
        with pytest.raises(StoreError, match=r"disk is full.*kept.*same command"):
            collect(SPECS, RULE, store=store)
        kept = sum(entry.batches for entry in store.entries())
    assert 0 < kept < len(whole)
    sample(path)
    assert rows(path) == whole


def test_a_disk_that_takes_no_more_bytes(whole: list[tuple[object, ...]], tmp_path: Path) -> None:
    """The system refuses to write (here by a limit of the file's size)."""
    path = tmp_path / "s"
    Store(path).close()
    child = started(starved, path)
    child.join()
    assert child.exitcode == KEPT
    sample(path)
    assert rows(path) == whole


SMALL_DISK = """
mount -t tmpfs -o size=512k none "$1" || exit 77
again() { "$2" -m critpoints.cli $3 --store "$1/s" --format csv > /dev/null; }
again "$@" && exit 1
cp "$1/s" "$1/s-wal" "$4"
mount -o remount,size=16m "$1"
again "$@" && cp "$1/s" "$5"
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A file system in memory with half of the room that is needed (ENOSPC), which then grows.

    Where it may not be mounted, the two tests above stand for it.
    """
    command = "escape -p quadratic --dims 2 -o gd:lr=.1 --runs 20000 --jobs 1"
    assert cli.run([*command.split(), "--format", "csv", "--store", str(tmp_path / "whole")]) == 0
    names = [tmp_path / name for name in ("disk", "cut", "grown")]
    for folder in names[:2]:
        folder.mkdir()
    disk, cut, grown = map(str, names)
    script = ["unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", disk, sys.executable, command]
    done = subprocess.run([*script, cut, grown], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or done.returncode == 77:
        return
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert "the disk is full; what was recorded is kept" in line
    assert 0 < rows_in(tmp_path / "cut" / "s") < len(rows(tmp_path / "whole"))
    assert rows(tmp_path / "grown") == rows(tmp_path / "whole")


def test_a_clock_that_goes_backwards(
    whole: list[tuple[object, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10**9, 0, -1000))
    monkeypatch.setattr(time, "time", lambda: next(now))
    sample(tmp_path / "s")
    assert rows(tmp_path / "s") == whole


ENDLESS = {
    "minima": "-e goe --dims 9 --method sieve --rel-error .001 --seconds 600 --jobs 2",
    "index": "-e wigner:entries=uniform --dims 9 --samples 100000000 --jobs 1",
    "census": "-l torus:degree=3 --dims 2 --draws 100000 --jobs 2",
    "escape": "-p quadratic:curvature=.7 --dims 10 -o gd:lr=.01 --runs 10000000 --jobs 1",
    "race": "-p quadratic -p cliff --runs 100000 --jobs 2",
    "depth": "-p ginibre --dims 30 --n 50 --samples 10000000 --jobs 1",
}


@pytest.mark.parametrize("command", ENDLESS)
def test_a_terminal_interrupt_is_one_line(tmp_path: Path, command: str) -> None:
    """SIGINT to the whole group, as a terminal sends it; what was recorded stays."""
    words = [
        sys.executable, "-c", HEARING, command, *ENDLESS[command].split(),
        "--store", str(tmp_path / "s"), "--log-json", str(tmp_path / "log"),
    ]  # fmt: skip
    with subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        log = tmp_path / "log"
        while not log.exists() or len(log.read_text().splitlines()) < 6:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().splitlines() == [
        "critpoints: interrupted; what was recorded is kept for the same command"
    ]
    with Store.reading(tmp_path / "s") as store:
        assert store.entries()[0].batches > 0
        assert check(store) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    words = [
        sys.executable, "-m", "critpoints.cli", "minima", *ENDLESS["minima"].split(),
        "--store", str(tmp_path / "s"),
    ]  # fmt: skip
    with subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: any("popen_loky" in line for line in session(process.pid)))
        wait_until(lambda: rows_in(tmp_path / "s") > 40)
        process.kill()
    wait_until(lambda: not session(process.pid))


def session(leader: int) -> list[str]:
    """Command lines of the living processes of a session."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            command = (place / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(command)
    return found


def rows_in(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.reading(path) as store:
        return sum(entry.batches for entry in store.entries())


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home {root}/home nfs4 rw 0 0
//box/share {root}/with\\040space cifs rw 0 0
tmpfs {root}/home/local tmpfs rw 0 0
host {root}/shared 9p rw 0 0
bad line
"""


@pytest.mark.parametrize(
    ("place", "refused"),
    [("home/me/s", "nfs4"), ("with space/s", "cifs"), ("home/local/s", None), ("shared/s", None),
     ("homeless/s", None)],
)  # fmt: skip
def test_network_disks_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, refused: str | None
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS.format(root=tmp_path).replace("with space", "with\\040space"))
    monkeypatch.setattr(disks, "MOUNTS", mounts)
    if refused is None:
        Store(tmp_path / place).close()
        return
    with pytest.raises(StoreError, match=rf"{refused}.*--store.*runs export"):
        Store(tmp_path / place)
    assert not (tmp_path / place).parent.exists()


def test_a_closed_store_is_read_on_a_network_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a copy that was brought there; a log beside it means that somebody writes."""
    path = tmp_path / "home" / "s"
    sample(path)
    (tmp_path / "mounts").write_text(MOUNTS.format(root=tmp_path))
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "mounts")
    with Store.reading(path) as store:
        assert len(store.entries()) == len(SPECS)
    assert [p.name for p in path.parent.iterdir()] == ["s"]
    path.with_name("s-wal").touch()
    with pytest.raises(StoreError, match="nfs4"):
        Store.reading(path)


def test_a_system_without_a_table_of_mounts_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "none")
    assert disks.filesystem(tmp_path) is None
    disks.refuse_network(tmp_path)


def change(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


OTHERS: dict[str, tuple[tuple[str, ...], str]] = {
    "older": (("PRAGMA user_version = 1",), "older critpoints"),
    "newer": (("PRAGMA user_version = 3",), "newer critpoints"),
    "a trigger": (
        ("CREATE TRIGGER t AFTER INSERT ON batch BEGIN DELETE FROM spec; END",),
        "did not make",
    ),
    "a view in place of a table": (
        ("ALTER TABLE batch RENAME TO b", "CREATE VIEW batch AS SELECT * FROM b"),
        "did not make",
    ),
    "a table more": (("CREATE TABLE more (x)",), "did not make"),
    "another program": (("PRAGMA application_id = 7",), "another program"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_schema_is_refused_untouched(tmp_path: Path, name: str) -> None:
    statements, message = OTHERS[name]
    path = tmp_path / "s"
    sample(path)
    change(path, *statements)
    before = path.read_bytes()
    for opened in (Store, Store.reading):
        with pytest.raises(StoreError, match=message):
            opened(path)
    assert path.read_bytes() == before


def test_flipped_bits_and_cut_files_never_change_an_answer(
    whole: list[tuple[object, ...]], tmp_path: Path
) -> None:
    """Every damage is an error, or what is read is what was written."""
    path = tmp_path / "s"
    sample(path)
    sound = path.read_bytes()
    correct = {spec.digest: [spec.run(k).to_bytes() for k in range(256)] for spec in SPECS}
    rng, seen = random.Random(3), 0  # noqa: S311
    for trial in range(150):
        damaged = bytearray(sound)
        if trial % 3 == 0:
            damaged = damaged[: rng.randrange(1, len(sound))]
        else:
            damaged[rng.randrange(len(sound))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        for log in tmp_path.glob("s-*"):
            log.unlink()
        try:
            with Store(path) as store:
                for spec in SPECS:
                    read = [tally.to_bytes() for tally in store.prefix(spec)]
                    assert read == correct[spec.digest][: len(read)]
        except StoreError:
            seen += 1
    assert seen > 50
    path.write_bytes(b"")
    sample(path)  # an empty file is a store that was not begun
    assert rows(path) == whole


def test_a_hundred_thousand_batches_are_read_together(tmp_path: Path) -> None:
    spec = SPECS[0]
    with Store(tmp_path / "s") as store:
        store.put(spec, [(k, Counts([16 - k % 3, k % 3]), 0.1) for k in range(5000)])
        store.put(spec, [(5001, Counts([16, 0]), 0.1)])
        assert len(store.batches(spec)) == 5000
        assert len(store.stored(spec.digest)) == 5001
        store.remove(spec.digest)
        assert store.stored(spec.digest) == store.entries() == []
    assert threading.active_count() < 50
