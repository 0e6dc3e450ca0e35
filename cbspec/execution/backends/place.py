"""The device that a process computes on, if its machine has several of a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock


class Place:
    """One device of this machine, kept until `release`: a process cannot move to another one."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._number = 0
        self._lock: Lock | None = None

    def take(self, devices: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        """Take a device in turn with the other processes of the run on this machine.

        Args:
            devices: the environment variables that confine a process to each of them.

        Returns:
            Those of one device; none where there is no choice.
        """
        if len(devices) < 2:
            return {}
        if self._lock is None:
            self._number, self._lock = self._run.take_turn()
        return devices[self._number % len(devices)]

    def release(self) -> None:
        """Give the device back; does nothing if this process has none."""
        if self._lock:
            self._lock.release()
        self._lock = None
