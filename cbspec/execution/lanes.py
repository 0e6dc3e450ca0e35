"""The locks of lanes. Only the process that holds a lane's lock computes the lane."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.execution.cell import Cell
from cbspec.store import Lock, Store


class LaneLocks:
    """Locks the lanes of some cells, except those that another process holds.

    `cell in locks` tells whether the lane of a cell is locked here.

    Args:
        store: the store that keeps the lock files.
        cells: the cells whose lanes are locked.

    Raises:
        StoreError: the store cannot be written. No lane is locked then.
    """

    def __init__(self, store: Store, cells: Iterable[Cell]) -> None:
        self._locks: dict[str, Lock] = {}
        try:
            self._take(store, sorted({cell.lane for cell in cells}))
        except BaseException:
            self.release()
            raise

    def _take(self, store: Store, lanes: Iterable[str]) -> None:
        # Every process locks the lanes of a job in the same order. If another one has the first,
        # it is at this job, and taking some of the rest would only split the batch.
        for lane in lanes:
            lock = store.try_lock(lane)
            if lock is not None:
                self._locks[lane] = lock
            elif not self._locks:
                return

    def __contains__(self, cell: Cell) -> bool:
        return cell.lane in self._locks

    def __enter__(self) -> LaneLocks:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release every lock."""
        for lock in self._locks.values():
            lock.release()
