"""The choice of a device, if a machine has several of one family."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock, Locks


class DevicePlace:
    """The device of this process, kept until `release`: a process cannot move to another one."""

    def __init__(self, run: RunDirectory) -> None:
        self._locks = Locks(run.path / "turns")
        self._number = 0
        self._lock: Lock | None = None

    def take(self, devices: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        """Choose a device, so that the processes of the run on this machine share them evenly.

        Args:
            devices: for each device, the environment variables that confine a process to it.

        Returns:
            The variables of the chosen device; none if there is only one device.
        """
        if len(devices) < 2:
            return {}
        if self._lock is None:
            self._take_lowest()
        return devices[self._number % len(devices)]

    def _take_lowest(self) -> None:
        """Take the lowest number that no other process of the run on this machine holds."""
        machine = socket.gethostname()  # processes of several machines may share the folder
        while not (lock := self._locks.attempt(f"{machine}.{self._number}")):
            self._number += 1
        self._lock = lock

    def release(self) -> None:
        """Give the device back, if this process has one."""
        if self._lock:
            self._lock.release()
        self._lock, self._number = None, 0
