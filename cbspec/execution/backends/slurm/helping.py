"""A helper: a process on a machine that shares the project's folder, and computes for a run.

It takes tasks from the run's counter until the run ends.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from cbspec.config import Config
from cbspec.errors import CbspecError, printable
from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.driver import DriverLock
from cbspec.execution.backends.local import Local, LocalWorkers
from cbspec.execution.backends.matching import Matching
from cbspec.execution.backends.slurm.counter import (
    MOST_HELPERS,
    MOST_LIMITS,
    Counter,
    PutTask,
    TakenTask,
)
from cbspec.execution.computing import do_nothing, resume_point
from cbspec.execution.hashes import HASH_SEED
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import Store

IDLE_SECONDS = 0.2
LOOK_SECONDS = 5.0  # between two looks whether the driver is alive
WHOLE = 0.9  # of its time limit is all that a helper can have for a task, after it has started


def open_runs(config: Config) -> Iterator[Path]:
    """Yield the folder of every run of a project whose driver is alive and hands out tasks."""
    for path in sorted(config.runs.glob("*")):
        run = RunDirectory(path, "none")
        if path.is_dir() and Counter(run).project is not None and not DriverLock(run).gone:
            yield path


class _AbandonedError(Exception):
    """Nobody waits for the outcome of a task."""


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
        run = RunDirectory(self.path, _name())
        counter = Counter(run)
        project = counter.project
        if project is None:
            return
        config, os.environ[HASH_SEED] = project
        bench = HelperBench(config, run, counter, self.minutes)
        if "SLURM_JOB_ID" in os.environ:
            # Slurm sends SIGTERM to a job that it preempts or cancels, or whose time is over.
            # submitit would ignore it
            signal.signal(signal.SIGTERM, bench.end)
        try:
            while not (bench.abandoned or run.stopped):
                if taken := counter.take():
                    counter.bring(taken, bench.compute(taken))
                else:
                    time.sleep(IDLE_SECONDS)
        except _AbandonedError:
            pass
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
        minutes: the time limit, counted from now on; 0 if there is none.
    """

    def __init__(
        self, config: Config, run: RunDirectory, counter: Counter, minutes: int = 0
    ) -> None:
        self._config = config
        self._minutes = minutes
        self._until = time.time() + 60 * minutes if minutes else None
        self._note_end: Callable[[], None] = do_nothing
        self._counter = counter
        self._run = run
        self._driver = DriverLock(run)
        self._looked = time.monotonic()
        self._store = Store(config.store)
        self._workers: LocalWorkers = Local().open(Workplace(config, self._store, run))
        self._surroundings = Surroundings.of_project(config)
        self._matching: Matching | None = None

    @property
    def abandoned(self) -> bool:
        """Tell whether the run has ended, or its driver was killed; looks seldom for the latter."""
        if not self._run.path.is_dir():
            return True
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        return self._driver.gone

    def compute(self, taken: TakenTask) -> TaskOutcome:
        """Compute a task, and return how it ended.

        Raises:
            _AbandonedError: nobody waits for the outcome.
        """
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
        if given_up := self._given_up(taken.name, reached):
            return given_up
        self._run.publish_end(task.lanes)  # of helpers that were lost at it
        self._note_end = partial(self._spend, taken.name, reached, time.time())
        self._workers.start(task)
        while not (ended := self._workers.ended(IDLE_SECONDS)):
            if self.abandoned:
                self._workers.close()
                raise _AbandonedError
        self._note_end = do_nothing
        [(_, outcome)] = ended
        self._run.publish_end(task.lanes, self._run.worker)
        return msgspec.structs.replace(outcome, node=_node())

    def _given_up(self, name: str, reached: str) -> TaskOutcome | None:
        """Return the failure of a task that helpers were lost at, if one more may not try it."""
        lost = self._counter.count(name, reached) - 1
        spent = self._counter.spent(name, reached)
        whole = [seconds for seconds in spent if seconds >= WHOLE * 60 * self._minutes]
        if self._minutes and len(whole) >= MOST_LIMITS:
            reason = (
                f"{MOST_LIMITS} helpers had their whole time limit of {self._minutes} min for it and "
                "stored no further point: raise time=, or have the stage save points more often"
            )
            return TaskOutcome(ending="refused", reason=reason, node=_node())
        if lost >= MOST_HELPERS:
            reason = f"{lost} helpers were lost while they computed it"
            return TaskOutcome(ending="failed", reason=reason, node=_node())
        return None

    def _spend(self, name: str, reached: str, since: float) -> None:
        self._counter.spend(name, reached, time.time() - since)

    def end(self, *_: object) -> None:
        """Note how long this process had its task, and die at once, as Slurm asks."""
        with suppress(OSError):  # the run may have ended, and its folder with it
            self._note_end()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)

    def _received(self, put: PutTask) -> StageTask:
        if self._matching is None:
            self._matching = Matching(self._config, put.loaded, self._config.runs.parent)
        return self._matching.received(put.task, self._surroundings, put.layout)

    def close(self) -> None:
        """End the child process that computes."""
        self._workers.close()


def _name() -> str:
    """Return the name of this process in a run: node, job, and its number in the job."""
    job = os.environ.get("SLURM_JOB_ID", os.getpid())
    number = os.environ.get("SLURM_PROCID", "0")
    return f"{_node()}.{job}" if number == "0" else f"{_node()}.{job}.{number}"


def _node() -> str:
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()
