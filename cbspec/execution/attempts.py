"""What a failed attempt means: a lane is computed at most twice in a run.

It is computed once more after its stage raised or its process died, and then by itself, so that only
those lanes of a job fail that do so alone.
"""

from __future__ import annotations

from cbspec.execution.cell import Cell
from cbspec.execution.messages import Failure
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.worklist import Worklist


class Attempts:
    """The attempts at the lanes of a run.

    Each method returns what the log says of the task.
    """

    def __init__(self, run: RunDirectory, work: Worklist) -> None:
        self._run = run
        self._work = work

    def succeeded(self, task: StageTask) -> str:
        """Record that a task was computed, and whether that took a second attempt."""
        again = self._run.suspects().intersection(task.lanes)
        if not again:
            return "done"
        for lane in again:
            self._run.recover(lane)
        return "done at the second attempt"

    def failed(self, task: StageTask, outcome: TaskOutcome) -> str:
        """Record that a task failed: whether its lanes are computed once more, or have failed."""
        if path := task.changed():
            # Code and data that are edited halfway fail as they like, and with others than the key's
            self._run.stop(changed=path.as_posix())
            return "stopped"
        self._work.forget(cell.key for cell in task.cells)  # a result may have been rejected
        missing = {cell.lane: cell for cell in task.cells if not self._work.has(cell)}
        if not missing:
            return f"failed after its results were stored ({outcome.reason})"
        if len(task.lanes) > 1:
            for lane, cell in missing.items():
                self._run.suspect(lane, _failure(cell, outcome))
            return f"failed, its {len(task.lanes)} replicas are computed one by one"
        [(lane, cell)] = missing.items()
        if outcome.ending == "failed" and lane not in self._run.suspects():
            self._run.suspect(lane, _failure(cell, outcome))
            return f"failed, is tried once more ({outcome.reason})"
        self._run.fail(lane, _failure(cell, outcome))
        return "failed"


def _failure(cell: Cell, outcome: TaskOutcome) -> Failure:
    where = f" on {outcome.node}" if outcome.node else ""
    return Failure(what=f"{cell}{where}", reason=outcome.reason, traceback=outcome.traceback)
