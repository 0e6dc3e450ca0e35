"""The locks of lanes: who holds them computes, and no other process of any run does."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.execution.cell import Cell
from cbspec.store import Lock, Store


class LaneLocks:
    """The lanes of some cells, locked as far as nobody else holds them.

    They are taken in one order by every process: whoever misses the first leaves the job to the one
    who has it.

    Raises:
        StoreError: the store cannot be written. None is locked then.
    """

    def __init__(self, store: Store, cells: Iterable[Cell]) -> None:
        self._locks: dict[str, Lock] = {}
        try:
            self._take(store, sorted({cell.lane for cell in cells}))
        except BaseException:
            self.release()
            raise

    def _take(self, store: Store, lanes: Iterable[str]) -> None:
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
        """Let go of all."""
        for lock in self._locks.values():
            lock.release()
