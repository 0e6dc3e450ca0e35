"""The back end that computes in the process that judges the claims, for debugging."""

from __future__ import annotations

from collections.abc import Sequence

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.core import Core
from cbspec.execution.computing import compute
from cbspec.execution.output import plain_output
from cbspec.execution.stage_process import computed_apart
from cbspec.execution.task import StageTask, TaskOutcome


class Inline:
    """Computes one task after the other in the process that judges the claims.

    For a debugger: a breakpoint in a stage works. A stage that ends its process ends the run, and
    time limits do not hold.
    """

    name = "inline"

    def open(self, workplace: Workplace) -> InlineWorkers:
        """Return the workers of one process."""
        return InlineWorkers(workplace)


class InlineWorkers:
    """Implements `cbspec.execution.backends.Workers`. A task has ended when `start` returns."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._core = Core(workplace.run)
        self._ended: list[tuple[StageTask, TaskOutcome]] = []

    def reserve(self) -> bool:
        return not self._ended and self._core.take()

    def cancel(self) -> None:
        self._core.release()

    def start(self, task: StageTask) -> None:
        try:
            work = self._workplace
            with plain_output():
                outcome = compute(task, work.store, work.run)
            if outcome.ending == "unsuited":
                outcome = computed_apart(task, work)  # an earlier stage has changed this one
            self._ended.append((task, outcome))
        finally:
            self._core.release()

    def ended(self, seconds: float) -> Sequence[tuple[StageTask, TaskOutcome]]:  # noqa: ARG002
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        self._core.release()
