"""Locks between processes, each with a name.

If the file system supports locks, the kernel holds them, and releases those of a killed process.
Otherwise they are leases: files that their holder keeps touching. The lease of a process that is
gone from this machine is free at once, that of a machine that is gone after `LEASE_SECONDS`.
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
LONGEST = 120  # characters of a name that its file name keeps; the rest becomes a digest


class Lock:
    """A lock that this process holds, until `release` or the end of its ``with`` block."""

    def __init__(self, path: Path, held: BaseFileLock) -> None:
        self._path = path
        self._held = held

    def release(self) -> None:
        """Release the lock. A second call does nothing."""
        if not self._held.is_locked:
            return  # by now the file of that name may belong to another holder
        # The file is removed before the lock is released. A process that has opened the file in the
        # meantime, and gets its lock next, sees that the file has no name any more and tries again
        # with a new one (filelock >= 3.21 checks this). On Windows, and for a lease, filelock
        # removes the file itself
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
    """The locks of one folder. A lock that is held is a file there; others have no file.

    Args:
        folder: the folder of the lock files.
        leases: use leases on every file system, because other machines take these locks as well.
            Some file systems have locks that other machines do not see.
    """

    def __init__(self, folder: Path, *, leases: bool = False) -> None:
        self.folder = folder
        self._leases = leases
        self._watched: dict[Path, SoftFileLease] = {}

    def attempt(self, name: str) -> Lock | None:
        """Take a lock without waiting; return None if it is held, in this process or another.

        Raises:
            OSError: the folder cannot be written.
        """
        return self._take(self._path(name), timeout=0)

    def take(self, name: str, timeout: float = 60, *, noted: bool = True) -> Lock:
        """Take a lock, and wait up to `timeout` seconds for it.

        Args:
            noted: write down who holds the lock, for `holder`; this doubles what a lock costs.

        Raises:
            StoreError: the lock is still held after that time.
            OSError: the folder cannot be written.
        """
        path = self._path(name)
        if lock := self._take(path, timeout, noted):
            return lock
        holder = self.holder(name) or "another process"
        raise StoreError(f"{path}: still locked by {holder} after {timeout:g} s")

    def holder(self, name: str) -> str:
        """Return the holder of a lock: ``"process 123 on node7"``; empty if nobody holds it."""
        try:
            lines = self._path(name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return ""
        fields = dict(line.partition("=")[::2] for line in lines)
        if "pid" not in fields or "host" not in fields:
            return ""
        return f"process {fields['pid']} on {fields['host']}"

    def sweep(self) -> int:
        """Remove the lock files of killed processes, and return how many there were."""
        swept = 0
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if lock := self._take(path, timeout=0):
                lock.release()
                swept += 1
        return swept

    def _take(self, path: Path, timeout: float, noted: bool = True) -> Lock | None:
        held = self._lock_at(path)
        if held.is_locked:
            return None  # held by this process; filelock would let it in a second time
        try:
            held.acquire(timeout=timeout)
        except Timeout:
            return None
        if noted and not isinstance(held, SoftFileLease):
            with suppress(OSError):  # the text is only for `holder`
                path.write_text(f"pid={os.getpid()}\nhost={socket.gethostname()}\n")
        return Lock(path, held)

    def _lock_at(self, path: Path) -> BaseFileLock:
        if self._has_locks:
            return FileLock(
                path, thread_local=False, poll_interval=POLL_SECONDS, fallback_to_soft=False
            )
        # Always the same object: it takes a lease as expired once it has itself seen the file
        # unchanged for long enough
        if path not in self._watched:
            self._watched[path] = SoftFileLease(
                path, lease_duration=LEASE_SECONDS, thread_local=False, poll_interval=POLL_SECONDS
            )
        return self._watched[path]

    @cached_property
    def _has_locks(self) -> bool:
        """Tell whether to use the locks of the file system."""
        if self._leases:
            return False
        if flock is None:
            return True
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.folder) as probe:
            try:
                flock(probe, LOCK_EX | LOCK_NB)
            except OSError:
                return False
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{file_name(name)}{SUFFIX}"


def file_name(name: str) -> str:
    """Return a file name for any text. Different texts have different file names."""
    quoted = quote(name, safe="", errors="surrogatepass")
    if len(quoted) <= LONGEST:
        return quoted
    # A quoted text has no blank, so none of the short file names equals this one
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{quoted[:LONGEST]} {digest[:32]}"
