"""Locks by name, between processes.

Where the file system has locks, the kernel holds them, and a process that is killed has released
them. Elsewhere they are leases: files that their holder touches again and again. That of a process
which is gone from this machine is free at once, that of a machine which is gone after
`LEASE_SECONDS`.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from filelock import BaseFileLock, FileLock, SoftFileLease, Timeout

from cbspec.errors import StoreError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, whose file systems all have locks
    flock = None  # type: ignore[assignment]

SUFFIX = ".lock"
LEASE_SECONDS = 45.0  # a holder touches its lease three times as often
POLL_SECONDS = 0.01
LONGEST = 120  # characters of a name that a file name has in full


class Lock:
    """A lock that is held, until `release`, the end of its ``with`` block, or the end of the
    process.
    """

    def __init__(self, path: Path, held: BaseFileLock) -> None:
        self._path = path
        self._held = held

    def release(self) -> None:
        """Let go; a second time does nothing."""
        if not self._held.is_locked:
            return  # the file of that name may be another holder's by now
        # Unlinking while holding is what makes it safe: whoever opened this file and gets its lock
        # after us finds it without a name and tries again with a new one (filelock >= 3.21 checks).
        # Windows unlinks on its own, and so does a lease.
        if not isinstance(self._held, SoftFileLease):
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
    """The locks of one folder: one file per name that is held, and none for a name that is not.

    Args:
        leases: have leases wherever the folder lies, because other machines hold locks of it, too:
            some file systems have locks that another machine does not see.
    """

    def __init__(self, folder: Path, *, leases: bool = False) -> None:
        self.folder = folder
        self._leases = leases
        self._watched: dict[Path, SoftFileLease] = {}

    def attempt(self, name: str) -> Lock | None:
        """Take the lock without waiting; None while another holder, in this process or another, has
        it.

        Raises:
            OSError: where the folder cannot be written.
        """
        return self._take(self._path(name), timeout=0)

    def take(self, name: str, timeout: float = 60) -> Lock:
        """Take the lock, waiting up to `timeout` seconds for it.

        Raises:
            StoreError: when it is still held then.
            OSError: where the folder cannot be written.
        """
        path = self._path(name)
        if lock := self._take(path, timeout):
            return lock
        holder = self.holder(name) or "another process"
        raise StoreError(f"{path}: still locked by {holder} after {timeout:g} s")

    def holder(self, name: str) -> str:
        """Return who holds a lock: ``"process 123 on node7"``; empty if nobody does."""
        try:
            lines = self._path(name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return ""
        fields = dict(line.partition("=")[::2] for line in lines)
        if "pid" not in fields or "host" not in fields:
            return ""
        return f"process {fields['pid']} on {fields['host']}"

    def sweep(self) -> int:
        """Remove the lock files that processes left behind when they were killed; how many."""
        swept = 0
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if lock := self._take(path, timeout=0):
                lock.release()
                swept += 1
        return swept

    def _take(self, path: Path, timeout: float) -> Lock | None:
        self.folder.mkdir(parents=True, exist_ok=True)
        held = self._lock_at(path)
        if held.is_locked:
            return None  # by this process, which could take it again
        try:
            held.acquire(timeout=timeout)
        except Timeout:
            return None
        if not isinstance(held, SoftFileLease):
            with suppress(OSError):  # the note is for people
                path.write_text(f"pid={os.getpid()}\nhost={socket.gethostname()}\n")
        return Lock(path, held)

    def _lock_at(self, path: Path) -> BaseFileLock:
        if self._has_locks:
            return FileLock(
                path, thread_local=False, poll_interval=POLL_SECONDS, fallback_to_soft=False
            )
        # Always the same object: a lease has run out when this one has seen it unchanged for long
        if path not in self._watched:
            self._watched[path] = SoftFileLease(
                path, lease_duration=LEASE_SECONDS, thread_local=False, poll_interval=POLL_SECONDS
            )
        return self._watched[path]

    @cached_property
    def _has_locks(self) -> bool:
        """Tell whether the file system of the folder has locks, and these suffice."""
        if self._leases:
            return False
        if flock is None:
            return True
        with tempfile.TemporaryFile(dir=self.folder) as probe:
            try:
                flock(probe, LOCK_EX | LOCK_NB)
            except OSError:
                return False
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{file_name(name)}{SUFFIX}"


def file_name(name: str) -> str:
    """Return a file name for any name; different names have different ones."""
    quoted = quote(name, safe="", errors="surrogatepass")
    if len(quoted) <= LONGEST:
        return quoted
    # A quoted name has no blank, so that no other name is this one
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{quoted[:LONGEST]} {digest[:32]}"
