"""Slurm as the process that judges sees it: tasks lie on a counter, and helpers are submitted for
as long as some wait there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.driver import DriverLock
from cbspec.execution.backends.slurm.counter import Counter, PutTask
from cbspec.execution.backends.slurm.jobs import HelperJobs
from cbspec.execution.backends.slurm.request import request
from cbspec.execution.hashes import hash_seed
from cbspec.execution.messages import waiting
from cbspec.execution.numerics import LAYOUT
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.wire import packed

AHEAD = 2  # tasks on the counter for each helper, so that none waits when it ends one
LOOK_SECONDS = 0.05  # between two looks for outcomes
FUTILE = 3  # how often all helpers may end before they took a task, until the run gives up


class Slurm:
    """Computes in Slurm jobs, which share the project's folder and the store.

    The process that judges keeps the plan, and puts tasks that are ready on a counter, critical
    path first. Helpers, which are Slurm jobs, take them, and end when the run does.
    """

    name = "slurm"

    def open(self, workplace: Workplace) -> SlurmWorkers:
        """Return the workers of one process."""
        return SlurmWorkers(workplace)


class SlurmWorkers:
    """Implements `cbspec.execution.backends.Workers`, with room for as many tasks as helpers."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._wanted = request(workplace.config.slurm)
        self._driver = DriverLock(workplace.run)
        self._counter = Counter(workplace.run)
        self._jobs: HelperJobs | None = None
        self._offered: dict[str, StageTask] = {}
        self._number = 0
        self._futile = 0
        self._takes = 0
        self._told = ""  # why Slurm lets helpers wait

    def reserve(self) -> bool:
        return self._driver.take() and len(self._offered) < AHEAD * self._wanted.helpers

    def cancel(self) -> None:
        pass

    def start(self, task: StageTask) -> None:
        run, config = self._workplace.run, self._workplace.config
        if self._jobs is None:
            self._counter.open(config, hash_seed())
            self._jobs = HelperJobs(self._wanted, run.path, run.path.parent.parent / "slurm")
        name = f"{self._number:07d}"
        self._number += 1
        self._offered[name] = task
        loaded = {path: self._workplace.store.loaded.of(path) for path in task.code}
        self._counter.put(name, PutTask(packed(task), LAYOUT, loaded))
        self._publish_waiting(task)

    def _publish_waiting(self, task: StageTask) -> None:
        reason = f" (Slurm: {self._told})" if self._told else ""
        run = self._workplace.run
        run.publish(waiting(run.worker, f"{task.label} waits for a helper{reason}", task.lanes))

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        if self._jobs is None or not self._offered:
            return []
        self._summon(self._jobs)
        deadline = time.monotonic() + seconds
        while not (outcomes := self._counter.outcomes()) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        self._show_waiting(self._jobs.pending)
        ended = []
        for name, outcome in outcomes.items():
            self._futile = 0
            ended.append((self._offered.pop(name), outcome))
        if self._futile > FUTILE:
            ended += self._given_up(self._jobs)
        return ended

    def _summon(self, jobs: HelperJobs) -> None:
        """Submit helpers for the tasks that lack one, up to the wanted number."""
        alive = jobs.alive
        helpers = min(len(self._offered), self._wanted.helpers)
        lacking = math.ceil(helpers / self._wanted.tasks) - alive
        if lacking <= 0:
            return
        if alive == 0:
            before, self._takes = self._takes, self._counter.takes
            self._futile = 0 if self._takes > before else self._futile + 1
        if self._futile <= FUTILE:
            jobs.submit(lacking)

    def _show_waiting(self, reason: str) -> None:
        """Tell why Slurm lets helpers wait, and remove what is told of tasks that they have begun.

        Of these, helpers publish the progress.
        """
        changed, self._told = reason != self._told, reason
        for name, task in self._offered.items():
            if self._counter.taken(name):
                self._workplace.run.publish_end(task.lanes, self._workplace.run.worker)
            elif changed:
                self._publish_waiting(task)

    def _given_up(self, jobs: HelperJobs) -> list[tuple[StageTask, TaskOutcome]]:
        words = jobs.last_words()
        reason = f"its helpers ended before they had computed anything: {words or 'no word'}"
        offered, self._offered = self._offered, {}
        outcome = TaskOutcome(ending="refused", reason=reason)
        return [(task, outcome) for task in offered.values()]

    def close(self) -> None:
        if self._jobs:
            self._jobs.cancel()
        self._jobs = None
        self._offered.clear()
        self._driver.release()
