"""The default back end: every process that judges claims computes in one child process.

It serves one machine, or several that share the store.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.core import Core
from cbspec.execution.backends.place import DevicePlace
from cbspec.execution.devices import FAMILIES
from cbspec.execution.messages import waiting
from cbspec.execution.packing import keep_share, share_of
from cbspec.execution.stage_process import StageProcess
from cbspec.execution.task import StageTask, TaskOutcome

# To import the engine takes seconds if it uses torch. That does not count as the stage's time, but
# it must end at some point
IMPORT_SECONDS = 120.0


class Local:
    """Computes in child processes, one for each process that judges claims.

    They cooperate through the store: each takes the first job that is ready and unlocked. A stage
    runs in a process of its own so that it cannot harm the process that judges.
    """

    name = "local"

    def open(self, workplace: Workplace) -> LocalWorkers:
        """Return the workers of one process."""
        return LocalWorkers(workplace)


class LocalWorkers:
    """Implements `cbspec.execution.backends.Workers`, with one task at a time.

    The child process is kept from one task to the next. After a failure it is replaced, since the
    failed stage may have left it broken.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._core = Core(workplace.run)
        self._place = DevicePlace(workplace.run)
        self._process: StageProcess | None = None
        self._device: Mapping[str, str] = {}  # of the task
        self._process_device: Mapping[str, str] = {}
        self._waits = False  # for room on the device
        self._task: StageTask | None = None
        self._deadline: float | None = None
        self._start_error: OSError | None = None

    def reserve(self) -> bool:
        return self._task is None and self._core.take()

    def cancel(self) -> None:
        self._core.release()

    def start(self, task: StageTask) -> None:
        self._task = task
        self._deadline = None
        devices = FAMILIES[task.numerics.device].places()
        if len(devices) > 1:
            self._device = self._place.claim(devices, share_of(task, self._workplace.store))
        self._waits = not self._place.free
        if self._waits:
            run = self._workplace.run
            run.publish(waiting(run.worker, f"{task.label} waits for room", task.lanes))
        else:
            self._begin(task)

    def _begin(self, task: StageTask) -> None:
        try:
            self._process = self._process_for(self._device)
        except OSError as error:  # out of memory, or no further process is allowed
            self._process, self._start_error = None, error
            return
        self._process.send(task)
        if task.limit is not None:
            self._deadline = time.monotonic() + max(task.limit, IMPORT_SECONDS)

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        task = self._task
        if task is None:
            return []
        if self._waits:
            if not self._place.free:  # others fill the device
                time.sleep(seconds)
                return []
            self._waits = False
            self._begin(task)
        outcome = self._outcome(task, seconds)
        if outcome is None:
            return []
        if outcome.ending == "unsuited" and self._process:
            self._process.close()
            self.start(task)
            return []
        if self._process and outcome.ending in ("failed", "refused"):
            self._process.kill()
        keep_share(task, outcome, self._workplace.store)
        self._finish()
        return [(task, outcome)]

    def _outcome(self, task: StageTask, seconds: float) -> TaskOutcome | None:
        if self._process is None:
            reason = f"no process could be started for it: {self._start_error}"
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
        self._place.release()
        self._finish()

    def _process_for(self, device: Mapping[str, str]) -> StageProcess:
        """Return a living process on a device: the last one, or a new one.

        All stages share one process. It cannot move to another device.
        """
        if self._process and self._process.alive and device == self._process_device:
            return self._process
        if self._process:
            self._process.close()
        self._process_device = device
        return StageProcess(self._workplace, device)

    def _finish(self) -> None:
        self._task = None
        self._place.vacate()
        self._core.release()


def _overtime(task: StageTask) -> TaskOutcome:
    limit = f"{task.timeout:g} s a replica"
    return TaskOutcome(ending="refused", reason=f"it took longer than its time limit of {limit}")
