"""Temporary folders. Everything is written there first, and one rename makes it visible."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cbspec.store.lock import Locks


class Scratch:
    """The temporary folders of a store. Each has a lock of its own name while it is in use.

    The lock tells a folder in use from one that a killed process left behind. A process id would
    not do: it may be in use again, or belong to another machine that shares the store.

    Args:
        folder: the folder that holds them.
        locks: the locks of the store.
    """

    def __init__(self, folder: Path, locks: Locks) -> None:
        self.root = folder
        self._locks = locks

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield a new, empty folder on the store's file system, and remove it after the block."""
        with self._place() as path:
            path.mkdir(parents=True)
            yield path

    def remove(self, folder: Path) -> None:
        """Remove a folder of the store. Readers see all of it or nothing."""
        # A rename needs no space, so this also works on a full disk
        self.root.mkdir(parents=True, exist_ok=True)
        with self._place() as path:
            folder.rename(path)

    def replace(self, target: Path, data: bytes) -> None:
        """Write or replace a file atomically."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.folder() as scratch:
            write(scratch / target.name, data)
            (scratch / target.name).replace(target)

    def sweep(self) -> int:
        """Remove the folders of killed processes, and return how many there were."""
        swept = 0
        for path in self.root.iterdir() if self.root.exists() else ():
            if lock := self._locks.attempt(path.name):
                with lock:
                    shutil.rmtree(path, ignore_errors=True)
                swept += 1
        return swept

    @contextmanager
    def _place(self) -> Iterator[Path]:
        name = f"tmp-{os.getpid()}-{secrets.token_hex(8)}"
        # The lock is taken before the folder is made, and released after it is gone. So `sweep`
        # never sees a folder in use without its lock
        path = self.root / name
        with self._locks.take(name, noted=False):
            try:
                yield path
            finally:
                _remove(path)


def _remove(path: Path) -> None:
    """Remove a folder. If its content was moved away, one call is enough."""
    try:
        path.rmdir()
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


def write(path: Path, data: bytes) -> None:
    """Write a new file and flush it to the disk.

    Without the flush, a power cut after the rename could leave a file of the right name and no
    content.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
