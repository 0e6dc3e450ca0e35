"""The locks of lanes: who holds them computes, and no other process of any run does."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.execution.plan import Cell
from cbspec.store import Lock, Store


class LaneLocks:
    """The lanes of some cells, locked as far as nobody else holds them.

    They are taken in one order by every process: whoever misses the first leaves the job to the one
    who has it.
    """

    def __init__(self, store: Store, cells: Iterable[Cell]) -> None:
        self._locks: dict[str, Lock] = {}
        for lane in sorted({cell.lane for cell in cells}):
            lock = store.try_lock(lane)
            if lock is not None:
                self._locks[lane] = lock
            elif not self._locks:
                return

    def __contains__(self, cell: Cell) -> bool:
        return cell.lane in self._locks

    def release(self) -> None:
        """Let go of all."""
        for lock in self._locks.values():
            lock.release()
