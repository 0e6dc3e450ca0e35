"""Saying what a run waits for when another run on the same store computes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import Status
from cbspec.execution.rundir import RunDirectory
from cbspec.store import Store

LOOK_SECONDS = 5.0  # of waiting before, and between, two looks at who holds the locks


class Waiting:
    """Publishes which other process this one waits for.

    Processes of the same run are left out: the progress display shows what they compute.

    Args:
        run: takes the message.
        store: knows who holds the locks.
        has: tells whether a cell is stored.
    """

    def __init__(self, run: RunDirectory, store: Store, has: Callable[[Cell], bool]) -> None:
        self._run = run
        self._store = store
        self._has = has
        self._began = 0.0
        self._looked = 0.0
        self._published = False

    def keep_waiting(self, cells: Iterable[Cell]) -> None:
        """Note that this process has nothing to do until these cells are stored.

        Call it again and again while that is so; now and then it publishes who computes them.
        """
        now = time.time()
        if not self._began:
            self._began = self._looked = now
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self.publish(cells)

    def publish(self, cells: Iterable[Cell]) -> None:
        """Look up who computes these cells or their inputs, and publish it."""
        ours = {lane for status in self._run.statuses() for lane in status.lanes}
        for cell in closure(cells):
            if cell.lane in ours or self._has(cell):
                continue
            if holder := self._store.holder(cell.lane):
                self._publish(f"waits for {cell}, which {holder} computes")
                return

    def end(self) -> None:
        """Publish that this process no longer waits."""
        if self._published:
            self._run.publish_end((), self._run.worker)
        self._began, self._published = 0.0, False

    def _publish(self, job: str) -> None:
        now = time.time()
        began = self._began or now
        self._published = True
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
