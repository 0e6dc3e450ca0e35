"""What a back end is.

One loop drives all of them: `cbspec.execution.executor.Executor` knows the plan, what is stored and
what has failed. It hands over the tasks that are ready, longest path first, for as long as there is
room, and takes in how they ended. So a back end decides neither what is computed nor what a failure
means. It only has to compute tasks somewhere (`cbspec.execution.computing.compute`) and to bring
their results into the store of the run.
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
    """What a back end works for.

    Attributes:
        config: where the engine is found.
        store: where the results of a task have to be when it has ended.
        run: where progress is published, and where the wish to stop is read.
    """

    config: Config
    store: Store
    run: RunDirectory


class Workers(Protocol):
    """What computes tasks for one process that judges claims, until it is closed.

    Every method is called from the same thread.
    """

    def reserve(self) -> bool:
        """Tell whether one more task can be started now.

        After True comes `start` or `cancel`. A back end on which others compute what this process
        waits for, such as helpers on a cluster, may always answer False.
        """

    def cancel(self) -> None:
        """Give back what was reserved: no task is ready."""

    def start(self, task: StageTask) -> None:
        """Begin a task. Its lanes are locked, and all that it needs is stored."""

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:
        """Return the tasks that have ended since the last call, after waiting so long for one."""

    def close(self) -> None:
        """End whatever is still computed, and wait until it has ended; nobody wants it any more."""


class Backend(Protocol):
    """One way to compute jobs.

    Attributes:
        name: the word for it in ``--backend`` and ``[tool.cbspec] backend``.
    """

    name: str

    def open(self, workplace: Workplace) -> Workers:
        """Return the workers of one process. Nothing is started before the first task."""
