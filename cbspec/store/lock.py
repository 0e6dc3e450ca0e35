"""Locks by name. The kernel holds them: a process that is killed has released them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from cbspec.errors import StoreError

SUFFIX = ".lock"


class Lock:
    """A lock that is held, until `release`, the end of its ``with`` block, or the end of the
    process.
    """

    def __init__(self, path: Path, held: FileLock) -> None:
        self._path = path
        self._held = held

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if not self._held.is_locked:
            return  # the file of that name may be another holder's by now
        # Unlinking while holding is what makes it safe: whoever opened this file and gets its lock
        # after us finds it
        # without a name and tries again with a new one (filelock >= 3.21 checks). Windows unlinks
        # on its own.
        with suppress(OSError):
            self._path.unlink()
        self._held.release()

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class Locks:
    """The locks of one folder: one file per name that is held, and none for a name that is not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def attempt(self, name: str) -> Lock | None:
        """Take the lock without waiting; None while another holder, in this process or another, has
        it.

        Raises:
            OSError: where the folder cannot be written.
        """
        return self._take(name, timeout=0)

    def take(self, name: str, timeout: float = 60) -> Lock:
        """Take the lock, waiting up to `timeout` seconds for it.

        Raises:
            StoreError: when it is still held then.
            OSError: where the folder cannot be written.
        """
        if lock := self._take(name, timeout):
            return lock
        raise StoreError(f"{self._path(name)}: still locked by another process after {timeout:g} s")

    def sweep(self) -> int:
        """Remove the lock files that processes left behind when they were killed; how many."""
        swept = 0
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if lock := self.attempt(unquote(path.name.removesuffix(SUFFIX))):
                lock.release()
                swept += 1
        return swept

    def _take(self, name: str, timeout: float) -> Lock | None:
        self.folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(self._path(name), thread_local=False, poll_interval=0.01)
        try:
            held.acquire(timeout=timeout)
        except Timeout:
            return None
        return Lock(self._path(name), held)

    def _path(self, name: str) -> Path:
        return self.folder / f"{quote(name, safe='')}{SUFFIX}"
