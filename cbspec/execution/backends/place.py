"""The choice of a device, if a machine has several of one family."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from cbspec.execution.rundir import RunDirectory
from cbspec.store import Lock, Locks

Variables = Mapping[str, str]
"""The environment variables that confine a process to a device."""
ROUNDING = 1e-9  # of sums of thirds


class Reservation(NamedTuple):
    """A share of a device that a process claims.

    Attributes:
        device: the device.
        share: the share of its memory; 0 between two tasks.
        since: when it was made, in nanoseconds: whoever came first has room first.
    """

    device: Variables
    share: float
    since: int


class DevicePlace:
    """The device of this process, and the share of its memory that is set aside.

    The processes of a run on one machine write their claims into one folder. A claim counts as long
    as its process holds the lock of the same name.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._folder = run.path / "turns"
        self._locks = Locks(self._folder)
        # Slurm gives each of its jobs devices of its own, which may have the same names
        self._machine = f"{socket.gethostname()}.{os.environ.get('SLURM_JOB_ID', '')}"
        self._name = ""
        self._lock: Lock | None = None
        self._claim: Reservation | None = None

    def claim(self, devices: Sequence[Variables], share: float) -> Variables:
        """Claim a share of one of several devices: of the same one as before, if it has room.

        Returns:
            The variables of the chosen device.
        """
        with self._locks.take(f"{self._machine}.choosing", noted=False):
            others = self._others()
            chosen = self._claim.device if self._claim else None
            if chosen is None or not _fits(share, chosen, others):
                chosen = min(devices, key=lambda device: _load(device, others))
            self._write(Reservation(chosen, share, time.time_ns()))
        return chosen

    @property
    def free(self) -> bool:
        """Tell whether the claimed share fits beside those that were claimed before it."""
        claim = self._claim
        if claim is None:
            return True
        before = [other for other in self._others() if other.since < claim.since]
        return _fits(claim.share, claim.device, before)

    def vacate(self) -> None:
        """Give the share back. The device stays that of this process."""
        if self._claim and self._claim.share:
            self._write(self._claim._replace(share=0.0))

    def release(self) -> None:
        """Give the device back, if this process has one."""
        if self._lock:
            self._path(self._name).unlink(missing_ok=True)
            self._lock.release()
        self._lock, self._claim = None, None

    def _others(self) -> list[Reservation]:
        """Return the claims of the other processes; remove those of killed ones."""
        claims = []
        for path in self._folder.glob(f"{self._machine}.*.claim"):
            if path == self._path(self._name):
                continue
            if lock := self._locks.attempt(path.stem):
                path.unlink(missing_ok=True)
                lock.release()
                continue
            with suppress(FileNotFoundError):  # it was given back just now
                claims.append(msgspec.json.decode(path.read_bytes(), type=Reservation))
        return claims

    def _write(self, claim: Reservation) -> None:
        self._take_lock()
        path = self._path(self._name)
        scratch = path.with_suffix(".new")
        scratch.write_bytes(msgspec.json.encode(claim))
        scratch.replace(path)
        self._claim = claim

    def _take_lock(self) -> None:
        number = 0
        while self._lock is None:
            self._name = f"{self._machine}.{number}"
            self._lock = self._locks.attempt(self._name)
            number += 1

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.claim"


def _fits(share: float, device: Variables, claims: Sequence[Reservation]) -> bool:
    return share + _load(device, claims)[0] <= 1 + ROUNDING


def _load(device: Variables, claims: Sequence[Reservation]) -> tuple[float, int]:
    """Return the sum of the shares of a device that are claimed, and how many processes it has."""
    shares = [claim.share for claim in claims if claim.device == device]
    return sum(shares), len(shares)
