"""The core that a process takes before it computes, so that no core has two at once."""

from __future__ import annotations

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock


class Core:
    """One core of the run, while this process holds it."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._lock: Lock | None = None

    def take(self) -> bool:
        """Take a core; return False if this process has one already, or none is free."""
        if self._lock is None:
            self._lock = self._run.take_core()
            return self._lock is not None
        return False

    def release(self) -> None:
        """Give the core back, if this process has one."""
        if self._lock:
            self._lock.release()
        self._lock = None
