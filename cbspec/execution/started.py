"""The tasks that a process has started and whose end it has not taken in."""

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
    """Holds the locks of each task for as long as it is computed."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._started: dict[StageTask, _Started] = {}
        self._lanes: set[str] = set()

    def __iter__(self) -> Iterator[StageTask]:
        return iter(list(self._started))

    def __bool__(self) -> bool:
        return bool(self._started)

    def computes(self, cell: Cell) -> bool:
        """Tell whether one of the tasks is on the lane of a cell."""
        return cell.lane in self._lanes

    def add(self, task: StageTask, locks: LaneLocks) -> None:
        """Take in a task that starts now."""
        self._started[task] = _Started(locks, time.monotonic())
        self._lanes.update(task.lanes)

    def end(self, task: StageTask, remark: str, node: str = "") -> None:
        """Let go of a task and its locks, and tell the run how it ended, and on which other machine.

        The locks go even where that cannot be told, as on a full disk: other runs on the same store
        would wait for them.
        """
        started = self._started.pop(task)
        self._lanes.difference_update(task.lanes)
        with started.locks:
            seconds = time.monotonic() - started.at
            job = f"{task.label} on {node}" if node else task.label
            worker = self._run.worker
            self._run.record(JobEvent(worker=worker, job=job, seconds=seconds, outcome=remark))
            self._run.publish_end(task.lanes)
