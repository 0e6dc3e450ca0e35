"""The driver of a run: the one process that hands out tasks to a cluster."""

from __future__ import annotations

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock, Locks

FOLDER = "driver"
NAME = "driver"


class DriverLock:
    """The lock of the driver. The first process that takes it is the driver until it ends.

    The others judge claims too, and wait for the results that the driver has computed.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._locks = Locks(run.path / FOLDER, leases=True)
        self._lock: Lock | None = None

    def take(self) -> bool:
        """Tell whether this process is the driver; become it if there is none."""
        if self._lock is None:
            self._lock = self._locks.attempt(NAME)
        return self._lock is not None

    def release(self) -> None:
        """Let another process become the driver."""
        if self._lock:
            self._lock.release()
        self._lock = None

    @property
    def gone(self) -> bool:
        """Tell whether the driver has ended or was killed. For processes that compute for it."""
        if free := self._locks.attempt(NAME):
            free.release()
        return free is not None
