"""The back end of one machine, or of several that share the store: the processes that judge claims
work off one plan together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.core import Core
from cbspec.execution.stage_process import StageProcess
from cbspec.execution.task import StageTask, TaskOutcome

# Importing an engine takes seconds where it brings torch, and is no part of a stage's own time
IMPORT_SECONDS = 120.0


class Local:
    """Each process that judges claims computes with one process of its own.

    These cooperate over the store: whoever finds a job ready and free computes it. A stage has a
    process apart from the one that judges, so that nothing it does to its process reaches further.
    """

    name = "local"

    def open(self, workplace: Workplace) -> LocalWorkers:
        """Return the workers of one process."""
        return LocalWorkers(workplace)


class LocalWorkers:
    """Meets `cbspec.execution.backends.Workers`: one task at a time, in a process that lives from
    one task to the next. It is replaced after a failure: whatever broke may have left it broken.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._core = Core(workplace.run)
        self._process: StageProcess | None = None
        self._task: StageTask | None = None
        self._deadline: float | None = None
        self._unborn: OSError | None = None

    def reserve(self) -> bool:
        return self._task is None and self._core.take()

    def cancel(self) -> None:
        self._core.release()

    def start(self, task: StageTask) -> None:
        self._task = task
        self._deadline = None
        try:
            self._process = self._process_for(task)
        except OSError as error:  # no memory, or no process more is allowed
            self._process, self._unborn = None, error
            return
        self._process.send(task)
        if task.limit is not None:
            self._deadline = time.monotonic() + max(task.limit, IMPORT_SECONDS)

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        task = self._task
        if task is None:
            return []
        outcome = self._outcome(task, seconds)
        if outcome is None:
            return []
        if outcome.ending == "unsuited" and self._process:
            self._process.close()
            self.start(task)
            return []
        if self._process and outcome.ending in ("failed", "refused"):
            self._process.kill()
        self._finish()
        return [(task, outcome)]

    def _outcome(self, task: StageTask, seconds: float) -> TaskOutcome | None:
        if self._process is None:
            reason = f"no process could be started for it: {self._unborn}"
            return TaskOutcome(ending="failed", reason=reason)
        outcome = self._process.outcome(seconds)
        if self._process.began and task.limit is not None:
            self._deadline = self._process.began + task.limit
        if outcome is None and self._deadline and time.monotonic() > self._deadline:
            return _overtime(task)
        return outcome

    def close(self) -> None:
        if self._process:
            self._process.close()
        self._process = None
        self._finish()

    def _process_for(self, task: StageTask) -> StageProcess:  # noqa: ARG002 - see below
        """Return a process that can compute a task: the last one, unless it is dead by now.

        Stages of all kinds share it. To give each kind its own, choose by ``task.stage`` here.
        """
        if self._process and self._process.alive:
            return self._process
        if self._process:
            self._process.close()
        return StageProcess(self._workplace)

    def _finish(self) -> None:
        self._task = None
        self._core.release()


def _overtime(task: StageTask) -> TaskOutcome:
    limit = f"{task.timeout:g} s a replica"
    return TaskOutcome(ending="refused", reason=f"it took longer than its time limit of {limit}")
