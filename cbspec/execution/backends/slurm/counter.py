"""The counter of a run, in its folder: the driver puts tasks there, helpers take them and bring
back how they ended.

A helper holds a lease on the task that it computes. When the helper is killed the lease runs out,
and the task is anyone's again.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cbspec.config import Config
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import TaskOutcome
from cbspec.store import Lock, Locks

FOLDER = "counter"
MOST_HELPERS = 5  # that one task may cost: what ends every machine is not tried for ever


@dataclass(frozen=True)
class PutTask:
    """A task, as a helper reads it.

    Attributes:
        task: as `cbspec.execution.wire.packed` makes it.
        layout: of results, as the driver reads them.
        loaded: implementation -> files of the project that its runs were seen to load.
    """

    task: bytes
    layout: int
    loaded: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class TakenTask:
    """A task that this process computes.

    Attributes:
        takers: how many helpers have had it, this one included.
    """

    name: str
    task: PutTask
    takers: int
    lease: Lock


class Counter:
    """The counter of a run; every process of it sees the same.

    What lies there is executed when it is read: it is as trusted as the code in the project's
    folder.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._folder = run.path / FOLDER
        self._leases = Locks(self._folder / "leases", leases=True)

    # --- of the driver

    def open(self, config: Config) -> None:
        """Tell helpers which project it is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write("project", pickle.dumps(config))

    def put(self, name: str, task: PutTask) -> None:
        """Offer a task."""
        self._write(f"{name}.task", pickle.dumps(task))

    def taken(self, name: str) -> bool:
        """Tell whether a helper has begun a task."""
        return (self._folder / f"{name}.takers").exists()

    def outcomes(self) -> dict[str, TaskOutcome]:
        """Take the outcomes that helpers have brought."""
        outcomes = {}
        for path in sorted(self._folder.glob("[!.]*.outcome")):
            outcomes[path.stem] = msgspec.json.decode(path.read_bytes(), type=TaskOutcome)
            path.unlink()
        return outcomes

    # --- of a helper

    @property
    def project(self) -> Config | None:
        """Return the project of the run; None where it hands out nothing."""
        try:
            config: Config = pickle.loads((self._folder / "project").read_bytes())
        except FileNotFoundError:
            return None
        return config

    def take(self) -> TakenTask | None:
        """Take the first task that nobody computes; None if there is none."""
        for path in sorted(self._folder.glob("[!.]*.task")):
            lease = self._leases.attempt(path.stem)
            if lease is None:
                continue
            try:
                task: PutTask = pickle.loads(path.read_bytes())
            except FileNotFoundError:  # it has just ended
                lease.release()
                continue
            return TakenTask(path.stem, task, self._count(path.stem), lease)
        return None

    def bring(self, taken: TakenTask, outcome: TaskOutcome) -> None:
        """Hand in how a task ended."""
        self._write(f"{taken.name}.outcome", msgspec.json.encode(outcome))
        for suffix in ("task", "takers"):
            (self._folder / f"{taken.name}.{suffix}").unlink(missing_ok=True)
        taken.lease.release()

    def _count(self, name: str) -> int:
        """Note that a helper more has a task, and return how many have had it."""
        with (self._folder / f"{name}.takers").open("ab") as takers:
            takers.write(b"x")
            return takers.tell()

    def _write(self, name: str, content: bytes) -> None:
        scratch: Path = self._folder / f".{name}.{self._run.worker}.{os.getpid()}"
        scratch.write_bytes(content)
        scratch.replace(self._folder / name)
