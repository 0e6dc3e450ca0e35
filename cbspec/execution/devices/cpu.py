"""The processor."""

from __future__ import annotations

import os
import time

from cbspec.execution.devices.family import TorchBuild


class Cpu:
    """Cores of this machine, each filled by one process; several jobs fill them, and wide ones
    would leave their caches.
    """

    name = "cpu"
    wide = False
    tf32 = False

    def absent(self, torch: TorchBuild | None) -> str:  # noqa: ARG002 - it is always there
        return ""

    def processes(self, threads: int) -> int | None:
        return max(available_cores() // threads, 1)

    def clock(self) -> float:
        """Leave out what other processes on the core take."""
        return time.process_time()


def available_cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
