"""The interface of a back end.

One loop drives every back end: `cbspec.execution.executor.Executor`. It knows the plan, what is
stored and what has failed. It starts the tasks that are ready, critical path first, as long as the
back end has room, and takes in how they ended. So a back end decides neither what is computed nor
what a failure means. It computes tasks somewhere (`cbspec.execution.computing.compute`) and brings
their results into the run's store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cbspec.config import Config
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import Store


@dataclass(frozen=True)
class Workplace:
    """The project, store and run that a back end works for.

    Attributes:
        config: the project's settings, which name the engine.
        store: has to hold the results of a task when the task has ended.
        run: takes the progress, and says whether to stop.
    """

    config: Config
    store: Store
    run: RunDirectory


class Workers(Protocol):
    """Computes tasks for one process that judges claims, until it is closed.

    Every method is called from the same thread.
    """

    def reserve(self) -> bool:
        """Reserve room for one more task, and tell whether there was any.

        After True, the caller calls either `start` or `cancel`. In a process that leaves all
        computing to others, such as every one but the driver of a cluster, this is always False.
        """

    def cancel(self) -> None:
        """Give the reserved room back, because no task is ready."""

    def start(self, task: StageTask) -> None:
        """Begin to compute a task. Its lanes are locked, and its inputs are stored."""

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        """Return the tasks that have ended since the last call, each with its outcome.

        Args:
            seconds: how long to wait for one, if none has ended.
        """

    def close(self) -> None:
        """Stop every running task, and return when all have ended. Their outcomes are dropped."""


class Backend(Protocol):
    """One way to compute jobs.

    Attributes:
        name: its name in ``--backend`` and ``[tool.cbspec] backend``.
    """

    name: str

    def open(self, workplace: Workplace) -> Workers:
        """Return the workers of one process. They start nothing before the first task."""
