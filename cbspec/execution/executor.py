"""The executor: many processes compute one frozen plan into one store, without a coordinator.

Every process that judges claims holds the same plan and repeats one step (`Executor.step`):

1. Start the first jobs, critical path first, whose inputs are stored and whose lanes are unlocked.
2. Take in the tasks that its workers (`cbspec.execution.backends`) have finished.

If no job is ready because others compute it, the process sleeps a moment. If a process is killed,
the kernel releases its locks, and any other process takes over its jobs.
"""

from __future__ import annotations

import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack

from cbspec.errors import BackendError, Stopped, StoreError
from cbspec.execution.attempts import Attempts
from cbspec.execution.backends.backend import Workers
from cbspec.execution.cell import Cell
from cbspec.execution.devices import FAMILIES
from cbspec.execution.failure import error_of
from cbspec.execution.lanes import LaneLocks
from cbspec.execution.outlook import OutlookPublisher
from cbspec.execution.plan import Planner
from cbspec.execution.refiling import keep_loaded
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.started import StartedTasks
from cbspec.execution.taking import Taking, keep_code
from cbspec.execution.task import StageTask, TaskOutcome, planned_task
from cbspec.execution.waiting import Waiting
from cbspec.execution.worklist import Worklist
from cbspec.fingerprint.signature import Watch
from cbspec.store import Store, StoredResult

QUIET_SECONDS = 0.5  # without a job, before a process stops helping: a verdict may ask for seeds
IDLE_SECONDS = 0.05  # sleep between two looks at the plan while a core is free
WAITING_SECONDS = 0.25  # the same while every core computes; looking takes time from them


class Executor:
    """Computes a plan together with the executors of the run's other processes.

    Args:
        planner: computes the keys of cells and groups cells into jobs.
        store: holds the results; shared by all processes.
        run: the messages between the processes of this run.
        workers: computes tasks; the back end decides where.
        watch: returns, for the implementations of a stage and of its inputs, what tells whether
            their code was edited. None to watch nothing.
        taking: fetches results from a shared store instead of computing them; None without one.

    Attributes:
        work: the plan, and which of its cells are still missing.
        workers: what computes tasks for this process.
        computed: the cells that this process has computed.
    """

    def __init__(
        self,
        planner: Planner,
        store: Store,
        run: RunDirectory,
        workers: Workers,
        watch: Callable[..., Watch] | None = None,
        taking: Taking | None = None,
    ) -> None:
        self.planner = planner
        self.store = store
        self.run = run
        self.work = Worklist(planner, store, run, wide=FAMILIES[planner.numerics.device].wide)
        self.workers = workers
        self._watch = watch
        self._taking = taking
        self._attempts = Attempts(run, self.work)
        self._waiting = Waiting(run, store, self.work.has)
        self._pause = IDLE_SECONDS
        self._started = StartedTasks(run)
        self._outlook = OutlookPublisher(run, self.work)
        self.computed: list[Cell] = []

    def plan_cells(self, cells: Iterable[Cell], after: Mapping[Cell, float] | None = None) -> None:
        """Add cells to the plan; see `Worklist.plan_cells`."""
        cells = list(cells)
        self.take(cells)
        self.work.plan_cells(cells, after)

    def take(self, cells: Sequence[Cell]) -> None:
        """Fetch the missing results of these cells from the shared store, if there is one."""
        if self._taking:
            self._taking.take(cells, self.planner)

    def ensure(self, cells: Sequence[Cell]) -> dict[Cell, StoredResult]:
        """Work on the plan until these cells are stored, and return their results.

        Raises:
            StageFailed: one of the cells, or one of their inputs, could not be computed.
            Stopped: the run was asked to stop.
            StoreError: the store cannot be used, or could not take one of them.
        """
        # Of ten thousand cells, those that are settled are not looked at again
        open_cells = deque(cells)
        while True:
            if failure := self.work.failure(open_cells):
                raise error_of(failure)
            while open_cells and self._settled(open_cells[0]):
                open_cells.popleft()
            if not open_cells:
                if (results := self.work.results(cells)) is not None:
                    self._waiting.end()
                    return results
                open_cells.extend(cells)
            elif self.step():
                self._waiting.end()
            else:
                self._waiting.keep_waiting(cells)
                time.sleep(self._pause)

    def _settled(self, cell: Cell) -> bool:
        """Tell whether a cell is stored and no task here computes its lane any more."""
        # A stage that still runs may contradict its result, and the stored one is then rejected
        return self.work.has(cell) and not self._started.computes(cell)

    def drain(self) -> None:
        """Help to compute the plan until nothing of it is left, or the run is stopped.

        A process calls this after it has judged its claims. Once all have, no claim can ask for
        more seeds. If one was killed before, the others leave `QUIET_SECONDS` after the last job.
        After a result that the store could not take, none is computed that no claim here needs.
        """
        self.run.finish_judging()
        quiet = 0.0
        while quiet < QUIET_SECONDS and not self._attempts.unstored:
            try:
                if self.step():
                    self._waiting.end()
                    quiet = 0.0
                    continue
            except (BackendError, Stopped, StoreError):  # its claims are judged: nothing is lost
                return
            waiting = self.work.unfinished() or self.run.busy()
            if not waiting and self.run.at_rest:
                self._waiting.end()
                return
            self._waiting.keep_waiting(self.work.plan.cells)
            quiet = 0.0 if waiting else quiet + self._pause
            time.sleep(self._pause)

    def work_off(self) -> None:
        """Compute every job that is ready and unlocked, and leave the rest to other processes."""
        while self.step():
            continue

    def step(self) -> bool:
        """Start ready jobs, take in ended tasks, and tell whether this process computes any.

        Raises:
            Stopped: the run was asked to stop.
            StoreError: the store cannot be used.
        """
        try:
            self.run.raise_if_stopped()
            self._start_ready()
            self._outlook.publish()
            if not self._started:
                return False
            for task, outcome in self.workers.ended(WAITING_SECONDS):
                self._settle(task, outcome)
        except (Stopped, KeyboardInterrupt):
            self.close()
            raise
        return True

    def close(self) -> None:
        """Stop every task of this process. Stored results stay."""
        self.workers.close()
        for task in self._started:
            self._started.end(task, "stopped")

    # --- starting

    def _start_ready(self) -> None:
        self._pause = WAITING_SECONDS
        while self.workers.reserve():
            self._pause = IDLE_SECONDS
            # The stack undoes the reservation, unless a task was started and `pop_all` empties it
            with ExitStack() as unless_started:
                unless_started.callback(self.workers.cancel)
                if not self._start_first():
                    return
                unless_started.pop_all()

    def _start_first(self) -> bool:
        """Start the first task that is ready and unlocked; return False if there is none."""
        self.work.plan_drawn_seeds()
        ready = self.work.ready(self.run.failed(), self.run.suspects())
        return any(map(self._start, ready))

    def _start(self, cells: Sequence[Cell]) -> bool:
        """Start a task of the cells that no other process computes; False if none is left."""
        if all(map(self._started.computes, cells)):
            return False
        # If anything fails, the stack releases the locks: this process would wait for them itself
        with ExitStack() as unless_started:
            locks = unless_started.enter_context(LaneLocks(self.store, cells))
            # Asked again under the locks: another process may have stored some cells since `ready`
            mine = self.work.computable(filter(locks.__contains__, cells), self.run.failed())
            if not mine:
                return False
            task = self._task(mine)
            self._started.add(task, locks)
            unless_started.pop_all()
            unless_started.callback(self._started.end, task, "stopped")
            self.workers.start(task)
            unless_started.pop_all()
            return True

    def _task(self, cells: Sequence[Cell]) -> StageTask:
        keep_code(cells, self.planner, self.store)
        label, timeout = self.work.label(cells), self.work.timeout(cells)
        return planned_task(cells, self.planner, label, watch=self._watch, timeout=timeout)

    # --- ending

    def _settle(self, task: StageTask, outcome: TaskOutcome) -> None:
        """Record how a task ended, and release its locks."""
        for damage in outcome.damages:
            warnings.warn(damage, stacklevel=1)
        remark: str = outcome.ending
        try:
            remark = self._remark(task, outcome) + keep_loaded(self.store, task, outcome)
        finally:
            self._started.end(task, remark, outcome.node)

    def _remark(self, task: StageTask, outcome: TaskOutcome) -> str:
        """Act on the outcome of a task, and return a remark for the log."""
        if outcome.ending == "lost input":
            self.work.forget([outcome.key])
            return f"put back, an input has to be computed again ({outcome.reason})"
        if outcome.ending in ("failed", "refused", "unsuited", "store"):
            self.computed += [cell for cell in task.cells if self.store.has(cell.key)]
            return self._attempts.failed(task, outcome)
        if outcome.ending == "done":
            self.computed += task.cells
            return self._attempts.succeeded(task)
        return outcome.ending
