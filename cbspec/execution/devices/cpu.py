"""The device family of CPUs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from cbspec.execution.devices.family import TorchBuild


class Cpu:
    """The cores of this machine. Each is kept busy by one process with narrow jobs.

    Wide jobs would not fit into the caches of a core.
    """

    name = "cpu"
    wide = False
    tf32 = False

    def absent(self, torch: TorchBuild | None) -> str:  # noqa: ARG002 - it is always there
        return ""

    def processes(self, threads: int) -> int | None:
        return max(available_cores() // threads, 1)

    def places(self) -> Sequence[Mapping[str, str]]:
        return ()

    def share(self) -> float:
        return 0.0

    def clock(self) -> float:
        """Return the CPU time of this process, which other processes on the core do not change."""
        return time.process_time()


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
