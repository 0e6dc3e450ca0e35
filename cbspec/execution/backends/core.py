"""The core that a process takes before it computes, so that no more compute than there are."""

from __future__ import annotations

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock


class Core:
    """At most one core of the run, held by this process."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._lock: Lock | None = None

    def take(self) -> bool:
        """Take a core; False where this process has one, or none is free."""
        if self._lock is None:
            self._lock = self._run.take_core()
            return self._lock is not None
        return False

    def release(self) -> None:
        """Give the core back; without one nothing happens."""
        if self._lock:
            self._lock.release()
        self._lock = None
