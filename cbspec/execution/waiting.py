"""What a run waits for, where another run on the same store computes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory
from cbspec.store import Store

LOOK_SECONDS = 5.0  # how long others of this run may take turns before it is worth a look


class Waiting:
    """Publishes for whom a process waits; that others of its own run compute is seen anyway.

    Args:
        has: tells whether a cell is stored.
    """

    def __init__(self, run: RunDirectory, store: Store, has: Callable[[Cell], bool]) -> None:
        self._run = run
        self._store = store
        self._has = has
        self._began = 0.0
        self._looked = 0.0
        self._told = False

    def keep_waiting(self, cells: Iterable[Cell]) -> None:
        """Tell who holds what these cells need; call this whenever there is nothing to do."""
        now = time.time()
        if not self._began:
            self._began = self._looked = now
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self.publish(cells)

    def publish(self, cells: Iterable[Cell]) -> None:
        """Look now who holds what these cells need, and publish it."""
        ours = {lane for status in self._run.statuses() for lane in status.lanes}
        for cell in closure(cells):
            if cell.lane in ours or self._has(cell):
                continue
            if holder := self._store.holder(cell.lane):
                self._publish(f"waits for {cell}, which {holder} computes")
                return

    def end(self) -> None:
        """Tell that this process waits no more."""
        if self._told:
            self._run.publish_end((), self._run.worker)
        self._began, self._told = 0.0, False

    def _publish(self, job: str) -> None:
        now = time.time()
        began = self._began or now
        self._told = True
        self._run.publish(
            Status(
                worker=self._run.worker,
                job=job,
                done=round(now - began),
                unit="s",
                started=began,
                updated=now,
            )
        )
