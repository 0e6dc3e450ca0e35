"""The one process of a run that hands out tasks, where a back end needs no second one."""

from __future__ import annotations

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock, Locks

FOLDER = "driver"
NAME = "driver"


class DriverLock:
    """The right to hand out the tasks of a run. The first process that asks has it to its end; the
    others wait for what it has computed.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._locks = Locks(run.path / FOLDER, leases=True)
        self._lock: Lock | None = None

    def take(self) -> bool:
        """Tell whether this process is the driver."""
        if self._lock is None:
            self._lock = self._locks.attempt(NAME)
        return self._lock is not None

    def release(self) -> None:
        """Leave it to another process."""
        if self._lock:
            self._lock.release()
        self._lock = None

    @property
    def gone(self) -> bool:
        """Tell, in a process that computes for it, whether the driver has ended or was killed."""
        if free := self._locks.attempt(NAME):
            free.release()
        return free is not None
