"""The tasks that this process has started and that have not ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from cbspec.execution.cell import Cell
from cbspec.execution.lanes import LaneLocks
from cbspec.execution.messages import JobEvent
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask


@dataclass(frozen=True)
class _Started:
    locks: LaneLocks
    at: float


class StartedTasks:
    """Holds the lane locks of every running task, and releases them when it ends."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._started: dict[StageTask, _Started] = {}
        self._lanes: set[str] = set()

    def __iter__(self) -> Iterator[StageTask]:
        return iter(list(self._started))

    def __bool__(self) -> bool:
        return bool(self._started)

    def computes(self, cell: Cell) -> bool:
        """Tell whether one of the tasks computes the lane of a cell."""
        return cell.lane in self._lanes

    def add(self, task: StageTask, locks: LaneLocks) -> None:
        """Add a task that starts now, and keep its locks."""
        self._started[task] = _Started(locks, time.monotonic())
        self._lanes.update(task.lanes)

    def end(self, task: StageTask, remark: str, node: str = "") -> None:
        """Remove a task, publish how it ended, and release its locks.

        Args:
            task: the task that has ended.
            remark: how it ended, for the log.
            node: the other machine that computed it; empty for this one.
        """
        started = self._started.pop(task)
        self._lanes.difference_update(task.lanes)
        # The block releases the locks even if the end cannot be published, as on a full disk:
        # otherwise other runs on this store would wait for them
        with started.locks:
            seconds = time.monotonic() - started.at
            job = f"{task.label} on {node}" if node else task.label
            worker = self._run.worker
            self._run.record(JobEvent(worker=worker, job=job, seconds=seconds, outcome=remark))
            self._run.publish_end(task.lanes)
