"""Locks exclude, between processes too, and leave no file behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess

import pytest

from cbspec.errors import StoreError
from cbspec.store import Locks, Store
from tests.cbspec.store.holders import contend, files, held_by_another, sweep_forever
from tests.support.patience import PATIENCE

Spawn = Callable[..., BaseProcess]


def test_lock_excludes_another_process(store: Store, spawn: Spawn) -> None:
    """What another process holds cannot be taken, and what it does not hold can."""
    held_by_another(store, spawn, "lane")

    assert store.try_lock("lane") is None
    with store.try_lock("other"):
        assert files(store) == ["lane.lock", "other.lock"]


def test_lock_of_a_killed_process_is_free(store: Store, spawn: Spawn) -> None:
    """SIGKILL frees a process' locks at once, without a sweep; taking and releasing one removes the
    file that was left.
    """
    process = held_by_another(store, spawn, "lane")
    process.kill()
    process.join()

    assert files(store) == ["lane.lock"]
    lock = store.try_lock("lane")
    assert lock is not None
    lock.release()
    assert files(store) == []


def test_sweep_removes_what_the_killed_left(store: Store, spawn: Spawn) -> None:
    """A sweep removes the lock files of killed processes and leaves those that are held."""
    process = held_by_another(store, spawn, "one", "two")
    held_by_another(store, spawn, "three")
    process.kill()
    process.join()

    assert store.sweep() == 2
    assert files(store) == ["three.lock"]
    assert store.sweep() == 0


def test_lock_within_a_process(store: Store) -> None:
    """A lock excludes a second holder in the same process; after its release it can be taken again."""
    first = store.try_lock("lane")

    assert store.try_lock("lane") is None
    first.release()
    second = store.try_lock("lane")
    assert second is not None
    first.release()  # must not release, nor unlink, what another holds now
    assert store.try_lock("lane") is None
    assert files(store) == ["lane.lock"]
    second.release()
    assert files(store) == []


def test_lock_released_on_error(store: Store) -> None:
    """A ``with`` block that raises releases its lock."""
    with suppress(ZeroDivisionError), store.try_lock("lane"):
        raise ZeroDivisionError

    with store.try_lock("lane"):
        assert files(store) == ["lane.lock"]


def test_lock_waits_in_vain(store: Store) -> None:
    """A lock that stays held for the time given is a clear error that names its file."""
    with (
        store.try_lock("lane"),
        pytest.raises(
            StoreError,
            match=rf"locks/lane\.lock: still locked by process {os.getpid()} on \S+ after 0\.05 s",
        ),
    ):
        Locks(store.root / "locks").take("lane", timeout=0.05)


def test_lock_of_any_name(store: Store) -> None:
    """Names that are no file names, and that differ in them alone, are locks of their own."""
    long = "検証" * 500
    names = ["a/b", "a%2Fb", "../a", "a b", "\u00e9", "", long, f"{long}!", "\ud800"]

    locks = [store.try_lock(name) for name in names]

    assert None not in locks
    assert len(names) == len(files(store))
    assert [None] * len(names) == [store.try_lock(name) for name in names]
    for lock in locks:
        lock.release()
    assert files(store) == []


def test_exclusion_while_lock_files_come_and_go(store: Store, spawn: Spawn) -> None:
    """No two processes ever hold a lock at once, though each release and each sweep unlinks its
    file.
    """
    store.root.mkdir()
    (store.root / "counter").write_text("0")
    spawn(sweep_forever, store.root)
    workers = [spawn(contend, store.root, 80) for _ in range(3)]
    for worker in workers:
        worker.join(PATIENCE)

    assert [worker.exitcode for worker in workers] == [0] * 3
    assert (store.root / "counter").read_text() == "240"
