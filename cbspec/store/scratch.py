"""Temporary folders in which everything is written before one rename makes it visible."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cbspec.store.lock import Locks


class Scratch:
    """Folders under ``tmp/``. Each is covered by a lock of its own name, which tells a live one
    from one left behind by a kill.

    A process id would not: it may be in use again, or belong to another machine that shares the
    store.
    """

    def __init__(self, folder: Path, locks: Locks) -> None:
        self.root = folder
        self._locks = locks

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield a new, empty folder on the store's file system, and remove it with all that is left
        in it.
        """
        with self._place() as path:
            path.mkdir(parents=True)
            yield path

    def remove(self, folder: Path) -> None:
        """Remove a folder of the store: whole from one moment to the next for whoever reads it, and
        also on a full disk.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with self._place() as path:
            folder.rename(path)

    def replace(self, target: Path, data: bytes) -> None:
        """Give `target` the content `data`, atomically."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self.folder() as scratch:
            write(scratch / target.name, data)
            (scratch / target.name).replace(target)

    def sweep(self) -> int:
        """Remove the folders of processes that are gone; how many."""
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
        # Lock before folder, and folder gone before lock: at no moment is there a folder that a
        # sweep could mistake.
        with self._locks.take(name):
            try:
                yield self.root / name
            finally:
                shutil.rmtree(self.root / name, ignore_errors=True)


def write(path: Path, data: bytes) -> None:
    """Write a new file through to the disk, so that a power cut after the rename does not find it
    empty.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
