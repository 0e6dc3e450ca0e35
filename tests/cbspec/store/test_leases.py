"""Locks on a file system that has none: leases, which run out where their holder is gone."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from cbspec.store import Locks, Store
from tests.cbspec.store.holders import contend, files, held_by_another, sweep_forever
from tests.support.patience import PATIENCE, until

Spawn = Callable[..., BaseProcess]
LEASE = 0.2  # seconds
OF_ANOTHER_HOST = (
    f"filelock/2\npid=1\nhost=node7\nmode=lease\ntoken=aa\nduration={LEASE}\nstart=1\n\n"
)


@pytest.fixture(autouse=True)
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system answers as one without locks does."""

    def refused(_file: object, _operation: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("cbspec.store.lock.flock", refused)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that runs out at once where nobody touches it."""
    monkeypatch.setattr("cbspec.store.lock.LEASE_SECONDS", LEASE)


def left_by_another_host(store: Store) -> Path:
    """What a worker of another host leaves behind when the host is gone."""
    path = store.root / "locks" / "lane.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(OF_ANOTHER_HOST)
    return path


def test_a_lease_excludes_another_process(store: Store, spawn: Spawn) -> None:
    """What another process holds cannot be taken, nor swept, and its holder is known."""
    process = held_by_another(store, spawn, "lane")

    assert store.try_lock("lane") is None
    assert store.sweep() == 0
    assert store.holder("lane").startswith(f"process {process.pid} on ")


def test_a_lease_excludes_within_a_process(store: Store) -> None:
    """A lease excludes a second holder in the same process; after its release it can be taken."""
    first = store.try_lock("lane")

    assert first is not None
    assert store.try_lock("lane") is None
    first.release()
    first.release()
    second = store.try_lock("lane")
    assert second is not None
    second.release()
    assert files(store) == []


def test_the_lease_of_a_killed_process_is_free_at_once(store: Store, spawn: Spawn) -> None:
    """A process of this host that is gone holds nothing any more."""
    process = held_by_another(store, spawn, "lane")
    process.kill()
    process.join()

    lock = store.try_lock("lane")

    assert lock is not None
    lock.release()


@pytest.mark.usefixtures("short")
def test_the_lease_of_a_lost_host_runs_out(store: Store) -> None:
    """Whoever sees a lease of another host that is not touched any more gets it in the end."""
    left_by_another_host(store)

    assert store.try_lock("lane") is None
    assert store.holder("lane") == "process 1 on node7"
    with Locks(store.root / "locks").take("lane", timeout=PATIENCE):
        assert store.holder("lane").startswith(f"process {os.getpid()} on ")


@pytest.mark.usefixtures("short")
def test_looking_again_and_again_is_waiting(store: Store) -> None:
    """A worker that only ever looks, as an executor does, gets the lane of a lost host, too."""
    left_by_another_host(store)

    while (lock := store.try_lock("lane")) is None:
        assert store.holder("lane") == "process 1 on node7"

    lock.release()
    assert files(store) == []


@pytest.mark.usefixtures("short")
def test_a_lease_that_is_touched_does_not_run_out(
    store: Store, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that lives keeps its lease for longer than one lasts, by the clock of who waits."""
    held_by_another(store, spawn, "lane")
    path, clock, ahead = store.root / "locks" / "lane.lock", time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: clock() + ahead)

    for _ in range(4):
        assert store.try_lock("lane") is None
        touched = path.stat().st_mtime_ns
        until(lambda before=touched: path.stat().st_mtime_ns != before, "the holder's touch")
        ahead += 0.9 * LEASE


def test_exclusion_while_leases_come_and_go(store: Store, spawn: Spawn) -> None:
    """No two processes ever hold a lease at once, though each release and each sweep unlinks its
    file.
    """
    store.root.mkdir()
    (store.root / "counter").write_text("0")
    spawn(sweep_forever, store.root)
    workers = [spawn(contend, store.root, 30) for _ in range(3)]
    for worker in workers:
        worker.join(PATIENCE)

    assert [worker.exitcode for worker in workers] == [0] * 3
    assert (store.root / "counter").read_text() == "90"


def test_results_are_stored_and_collected(store: Store) -> None:
    """A store without locks stores, reads, sweeps and collects as any other."""
    store.put("ab" * 32, measures={"height": 1.0})

    assert store.get("ab" * 32).measures == {"height": 1.0}
    assert [holding.key for holding in store.gc(0)] == ["ab" * 32]
    assert files(store) == []
