"""The rule for failed tasks: a lane is computed at most twice in a run.

If the stage raises or its process dies, each lane of the task is computed once more, by itself. So
a lane that fails does not take the other lanes of its job with it.

A result that the store cannot take, as on a full disk, is not computed again: it would take as long
and be lost again.
"""

from __future__ import annotations

from cbspec.execution.cell import Cell
from cbspec.execution.messages import Failure
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.worklist import Worklist


class Attempts:
    """Decides after each task which lanes are tried again and which have failed.

    Every method returns a remark on the task for the log.

    Attributes:
        unstored: whether the store could not take a result of this process.
    """

    def __init__(self, run: RunDirectory, work: Worklist) -> None:
        self.unstored = False
        self._run = run
        self._work = work

    def succeeded(self, task: StageTask) -> str:
        """Record that a task succeeded, and for which lanes it was the second attempt."""
        again = self._run.suspects().intersection(task.lanes)
        if not again:
            return "done"
        for lane in again:
            self._run.recover(lane)
        return "done at the second attempt"

    def failed(self, task: StageTask, outcome: TaskOutcome) -> str:
        """Record that a task failed, and for each lane whether it is tried again or has failed."""
        if path := task.changed():
            # Code or data was edited while the stage ran. The error may come from the edit alone,
            # and a result would not be that of its key, so the run stops
            self._run.stop(changed=path.as_posix())
            return "stopped"
        # Look at the disk again: a result that the stage contradicted was taken away
        self._work.forget(cell.key for cell in task.cells)
        missing = {cell.lane: cell for cell in task.cells if not self._work.has(cell)}
        if not missing:
            return f"failed after its results were stored ({outcome.reason})"
        if outcome.ending == "store":
            self.unstored = True
            for lane, cell in missing.items():
                self._run.fail(lane, _failure(cell, outcome))
            return "not stored"
        if len(task.lanes) > 1:
            for lane, cell in missing.items():
                self._run.suspect(lane, _failure(cell, outcome))
            singly = f"its {len(task.lanes)} replicas are computed one by one"
            return f"failed, {singly} ({outcome.reason})"
        [(lane, cell)] = missing.items()
        if outcome.ending == "failed" and lane not in self._run.suspects():
            self._run.suspect(lane, _failure(cell, outcome))
            return f"failed, is tried once more ({outcome.reason})"
        self._run.fail(lane, _failure(cell, outcome))
        return "failed"


def _failure(cell: Cell, outcome: TaskOutcome) -> Failure:
    where = f" on {outcome.node}" if outcome.node else ""
    return Failure(
        what=f"{cell}{where}",
        reason=outcome.reason,
        traceback=outcome.traceback,
        unstored=outcome.ending == "store",
    )
