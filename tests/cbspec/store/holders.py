"""Processes that hold locks, contend for them, and sweep."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path

from cbspec.store import Store
from tests.support.patience import PATIENCE

Spawn = Callable[..., BaseProcess]


def files(store: Store) -> list[str]:
    """The names of all lock files and temporary folders."""
    return sorted(
        path.name for place in ("locks", "tmp") for path in (store.root / place).glob("*")
    )


def hold(root: Path, names: list[str], told: Connection) -> None:
    held = [Store(root).try_lock(name) for name in names]
    told.send([lock is not None for lock in held])
    signal.pause()


def held_by_another(store: Store, spawn: Spawn, *names: str) -> BaseProcess:
    ours, theirs = Pipe()
    process = spawn(hold, store.root, list(names), theirs)
    assert ours.poll(PATIENCE)
    assert [True] * len(names) == ours.recv()
    return process


def contend(root: Path, rounds: int) -> None:
    """Count up a file under the lock, in a way that loses counts if two processes ever hold it at
    once.
    """
    store, counter = Store(root), root / "counter"
    while rounds:
        if lock := store.try_lock("lane"):
            with lock:
                count = int(counter.read_text())
                time.sleep(0)
                counter.write_text(str(count + 1))
            rounds -= 1


def sweep_forever(root: Path) -> None:
    while True:
        Store(root).sweep()
