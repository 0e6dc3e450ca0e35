"""The counter of a run: a folder where the driver puts tasks, and where helpers take them.

A helper holds a lease on the task that it computes, and brings the outcome back. If the helper is
killed, its lease runs out, and another helper takes the task.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import msgspec

from cbspec.config import Config
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import TaskOutcome
from cbspec.store import Lock, Locks

FOLDER = "counter"
# That one task may lose at one point; what kills its machine is not tried for ever
MOST_HELPERS = 5
MOST_LIMITS = 2  # helpers with their whole time for it, until a point counts as longer than that


@dataclass(frozen=True)
class PutTask:
    """A task on the counter.

    Attributes:
        task: the task as `cbspec.execution.wire.packed` returns it.
        layout: `LAYOUT` of the driver.
        loaded: implementation -> files of the project that its runs were seen to load.
    """

    task: bytes
    layout: int
    loaded: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class TakenTask:
    """A task that this helper computes.

    Attributes:
        name: the name of the task on the counter.
        task: the task itself.
        lease: keeps other helpers away until it is released.
    """

    name: str
    task: PutTask
    lease: Lock


class Counter:
    """The counter of a run. The driver and all helpers see the same one.

    Tasks are pickles, so reading one executes it. They are as trusted as the project's code, which
    lies in the same folder.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._folder = run.path / FOLDER
        self._leases = Locks(self._folder / "leases", leases=True)

    # --- of the driver

    def open(self, config: Config, hash_seed: str) -> None:
        """Open the counter, and tell helpers which project and hash seed the run has."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("project", pickle.dumps((config, hash_seed)))

    def put(self, name: str, task: PutTask) -> None:
        """Put a task on the counter."""
        self._write(f"{name}.task", pickle.dumps(task))

    def taken(self, name: str) -> bool:
        """Tell whether a helper has taken a task."""
        return (self._folder / f"{name}.takers").exists()

    @property
    def takes(self) -> int:
        """Return how often helpers have taken the tasks that have not ended."""
        takes = 0
        for path in self._folder.glob("[!.]*.takers"):
            with suppress(FileNotFoundError):  # its task has ended since
                takes += len(path.read_text().splitlines())
        return takes

    def outcomes(self) -> dict[str, TaskOutcome]:
        """Return task name -> outcome for the tasks that have ended, and remove the outcomes."""
        outcomes = {}
        for path in sorted(self._folder.glob("[!.]*.outcome")):
            outcomes[path.stem] = msgspec.json.decode(path.read_bytes(), type=TaskOutcome)
            path.unlink()
        return outcomes

    # --- of a helper

    @property
    def project(self) -> tuple[Config, str] | None:
        """Return the project's settings and the hash seed; None if the counter is not open."""
        try:
            project: tuple[Config, str] = pickle.loads((self._folder / "project").read_bytes())
        except FileNotFoundError:
            return None
        return project

    def take(self) -> TakenTask | None:
        """Take the first task that no other helper computes; None if there is none."""
        for path in sorted(self._folder.glob("[!.]*.task")):
            lease = self._leases.attempt(path.stem)
            if lease is None:
                continue
            try:
                task: PutTask = pickle.loads(path.read_bytes())
            except FileNotFoundError:  # the task has ended since the folder was listed
                lease.release()
                continue
            return TakenTask(path.stem, task, lease)
        return None

    def bring(self, taken: TakenTask, outcome: TaskOutcome) -> None:
        """Bring back the outcome of a task, and release its lease."""
        self._write(f"{taken.name}.outcome", msgspec.json.encode(outcome))
        for suffix in ("task", "takers", "spent"):
            (self._folder / f"{taken.name}.{suffix}").unlink(missing_ok=True)
        taken.lease.release()

    def count(self, name: str, reached: str) -> int:
        """Count one more taker of a task, and return how many found it at the same point in a row.

        Args:
            name: the name of the task.
            reached: how far the task is, by what is stored of it.
        """
        path = self._folder / f"{name}.takers"
        with path.open("a") as takers:
            takers.write(f"{reached}\n")
        last = takewhile(reached.__eq__, reversed(path.read_text().splitlines()))
        return len(list(last))

    def spend(self, name: str, reached: str, seconds: float) -> None:
        """Note how long a helper had a task that it found at a point, when Slurm ended it."""
        with (self._folder / f"{name}.spent").open("a") as spent:
            spent.write(f"{reached} {seconds}\n")

    def spent(self, name: str, reached: str) -> list[float]:
        """Return how long helpers that Slurm ended had had a task, found at the same point."""
        try:
            lines = (self._folder / f"{name}.spent").read_text().splitlines()
        except FileNotFoundError:
            return []
        seconds = []
        for line in lines:
            at, _, time = line.rpartition(" ")
            if at == reached:
                seconds.append(float(time))
        return seconds

    def _write(self, name: str, content: bytes) -> None:
        scratch: Path = self._folder / f".{name}.{self._run.worker}.{os.getpid()}"
        scratch.write_bytes(content)
        scratch.replace(self._folder / name)
