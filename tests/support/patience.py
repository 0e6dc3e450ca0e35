"""Waiting for other processes: as long as it takes on a busy machine, and not forever."""

from __future__ import annotations

import time
from collections.abc import Callable

# Seconds after which a process is taken to hang; how fast anything is, no test asks
PATIENCE = 600.0


def until(reached: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return when `reached` says so, asked for so many seconds.

    Raises:
        AssertionError: naming `what` was awaited in vain.
    """
    deadline = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)
