"""When a running job saves points that no claim reads, so that a killed process loses little."""

from __future__ import annotations

import time

USUAL_SECONDS = 120.0  # a killed run loses at most this much of a long trajectory
SOONEST_SECONDS = 5.0  # between two saves shortly before the end of the process


class Autosave:
    """Tells which points of a trajectory to save although no claim reads them.

    Args:
        until: when the process will be ended by others (`time.time`); None if nobody will.
    """

    def __init__(self, until: float | None = None) -> None:
        self._until = until
        self._saved_at = time.monotonic()
        self._point: int | None = None

    def saved(self) -> None:
        """Record that a result was stored just now."""
        self._saved_at = time.monotonic()

    def due(self, point: int) -> bool:
        """Tell whether to save a point: it was due before, or the last save is long ago."""
        # Asked once for each replica: a run resumes only where all lanes of a job are stored
        if point != self._point and time.monotonic() - self._saved_at < self._seconds:
            return False
        self._point = point
        return True

    @property
    def _seconds(self) -> float:
        """Return how long after the last save the next one is due.

        Where the process will be ended, a save is due once the end is no further ahead than the
        last save is behind. So a process whose time suffices for one point saves at least one.
        """
        if self._until is None:
            return USUAL_SECONDS
        return min(USUAL_SECONDS, max(self._until - time.time(), SOONEST_SECONDS))
