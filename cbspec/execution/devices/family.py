"""The interface of a device family, one kind of device that stages compute on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

TorchBuild = tuple[str, str | None]
"""The version of torch, and the CUDA version that it was built for; None if for none."""


class DeviceFamily(Protocol):
    """One kind of device. A stage gets its name as ``job.device``.

    Attributes:
        name: its name in ``--device``, in keys and in the ledger.
        wide: whether a job may hold several arms, to keep the device busy.
        tf32: whether the device can round the factors of matrix products to 10 bits.
    """

    name: str
    wide: bool
    tf32: bool

    def absent(self, torch: TorchBuild | None) -> str:
        """Return why this machine has no such device; empty if it has one.

        Args:
            torch: the version of the installed torch; None without torch. Do not import torch to
                find out more: that takes seconds.
        """

    def processes(self, threads: int) -> int | None:
        """Return how many processes may compute at once; None for any number.

        Args:
            threads: the threads of each process.
        """

    def places(self) -> Sequence[Mapping[str, str]]:
        """Return the environment variables that confine a process to each device of this machine.

        The processes of a run share the devices. Fewer than two mean that no process is confined.
        """

    def share(self) -> float:
        """Return the greatest share of its device's memory that this process held; 0 if unknown.

        It is called after each task, and counts since the last call. Memory that the process does
        not need between two tasks is given back.
        """

    def clock(self) -> float:
        """Return a count of seconds. The difference of two counts is the time spent computing."""
