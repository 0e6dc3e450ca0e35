"""A helper: a process on a machine that shares the project's folder, and computes for a run.

It takes tasks from the run's counter until the run ends.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cbspec.config import Config
from cbspec.errors import CbspecError, printable
from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.driver import DriverLock
from cbspec.execution.backends.local import Local, LocalWorkers
from cbspec.execution.backends.matching import Matching
from cbspec.execution.backends.slurm.counter import MOST_HELPERS, Counter, PutTask, TakenTask
from cbspec.execution.computing import resume_point
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.stage_process import HASH_SEED
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import Store

IDLE_SECONDS = 0.2
LOOK_SECONDS = 5.0  # between two looks whether the driver is alive


def open_runs(config: Config) -> Iterator[Path]:
    """Yield the folder of every run of a project whose driver is alive and hands out tasks."""
    for path in sorted(config.runs.glob("*")):
        run = RunDirectory(path, "none")
        if path.is_dir() and Counter(run).project is not None and not DriverLock(run).gone:
            yield path


class Helper:
    """Computes the tasks of one run.

    submitit calls it in a Slurm job, and again after the job was requeued.

    Args:
        path: the run's folder.
        minutes: the time limit, after which Slurm ends this process; 0 if it has none.
    """

    def __init__(self, path: Path, minutes: int = 0) -> None:
        self.path = path
        self.minutes = minutes

    def __call__(self) -> None:
        """Compute one task after the other until the run ends."""
        if "SLURM_JOB_ID" in os.environ:
            # Slurm sends SIGTERM to a job that it preempts or cancels. submitit would ignore it, but
            # a helper has nothing to tidy up and may die at once
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        run = RunDirectory(self.path, f"{_node()}.{os.environ.get('SLURM_JOB_ID', os.getpid())}")
        counter, driver = Counter(run), DriverLock(run)
        project = counter.project
        if project is None:
            return
        config, os.environ[HASH_SEED] = project
        until = time.time() + 60 * self.minutes if self.minutes else None
        bench = HelperBench(config, run, counter, until)
        looked = time.monotonic()
        try:
            while self.path.is_dir() and not run.stopped:
                taken = counter.take()
                if taken:
                    counter.bring(taken, bench.compute(taken))
                    continue
                if time.monotonic() - looked > LOOK_SECONDS:
                    looked = time.monotonic()
                    if driver.gone:
                        return
                time.sleep(IDLE_SECONDS)
        except FileNotFoundError:
            if self.path.is_dir():  # else the run has ended
                raise
        finally:
            bench.close()


class HelperBench:
    """Computes the tasks of a helper, one after the other, into the run's store.

    Args:
        config: the project's settings.
        run: takes the progress.
        counter: counts how often a task is taken.
        until: when the helper will be ended (`time.time`); None if it will not.
    """

    def __init__(
        self, config: Config, run: RunDirectory, counter: Counter, until: float | None = None
    ) -> None:
        self._config = config
        self._until = until
        self._counter = counter
        self._run = run
        self._store = Store(config.store)
        self._workers: LocalWorkers = Local().open(Workplace(config, self._store, run))
        self._surroundings = Surroundings.of_project(config)
        self._matching: Matching | None = None

    def compute(self, taken: TakenTask) -> TaskOutcome:
        """Compute a task, and return how it ended."""
        try:
            task = self._received(taken.task)
        except CbspecError as error:
            reason = printable(str(error))
            return TaskOutcome(ending="refused", reason=reason, node=_node())
        missing = [cell for cell in task.cells if not self._store.has(cell.key)]
        if not missing:  # the helper before was lost after it had computed everything
            return TaskOutcome(ending="done", node=_node())
        task = dataclasses.replace(task, cells=tuple(missing), until=self._until)
        reached = f"{len(missing)} {resume_point(task, self._store)}"
        takers = self._counter.count(taken.name, reached)
        if takers > MOST_HELPERS:
            reason = f"{takers - 1} helpers were lost while they computed it"
            if self._until is not None:
                reason += "; does one point of it take longer than their time limit?"
            return TaskOutcome(ending="failed", reason=reason, node=_node())
        self._workers.start(task)
        while not (ended := self._workers.ended(IDLE_SECONDS)):
            if not self._run.path.is_dir():  # the run has ended: nobody waits for the outcome
                self._workers.close()
                raise FileNotFoundError(self._run.path)
        [(_, outcome)] = ended
        self._run.publish_end(task.lanes, self._run.worker)
        return msgspec.structs.replace(outcome, node=_node())

    def _received(self, put: PutTask) -> StageTask:
        if self._matching is None:
            self._matching = Matching(self._config, put.loaded, self._config.runs.parent)
        return self._matching.received(put.task, self._surroundings, put.layout)

    def close(self) -> None:
        """End the child process that computes."""
        self._workers.close()


def _node() -> str:
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()
