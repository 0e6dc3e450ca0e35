"""Executing a frozen plan: many processes, one store, no coordinator.

Each process that judges claims holds the same plan and repeats one step: take in what its workers
(`cbspec.execution.backends`) have computed, and start the first job, longest path first, whose
inputs are stored and whose lanes nobody has locked. A process that finds no such job, because
others compute, sleeps a moment. A killed process loses its locks to the kernel, and its jobs are
anyone's again.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack

from cbspec.errors import Stopped, StoreError
from cbspec.execution.attempts import Attempts
from cbspec.execution.backends.backend import Workers
from cbspec.execution.cell import Cell
from cbspec.execution.devices import FAMILIES
from cbspec.execution.failure import StageFailed
from cbspec.execution.lanes import LaneLocks
from cbspec.execution.outlook import OutlookPublisher
from cbspec.execution.plan import Planner
from cbspec.execution.refiling import keep_loaded
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.started import StartedTasks
from cbspec.execution.taking import Taking
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.execution.waiting import Waiting
from cbspec.execution.worklist import Worklist
from cbspec.fingerprint.signature import Watch
from cbspec.stage import stages_of
from cbspec.store import Store, StoredResult

QUIET_SECONDS = 0.5  # between a worker's last stage and the seeds that its verdict may ask for
IDLE_SECONDS = 0.05  # how long to sleep when everything ready is being computed elsewhere
# How long when every core is taken: looking at the plan takes time from them
WAITING_SECONDS = 0.25


class Executor:
    """One process' share in executing a plan.

    Args:
        planner: names the cells.
        store: where results lie, shared by all processes.
        run: what the processes of this run tell each other.
        workers: what computes.
        watch: implementation, and those of its inputs -> what tells whether their code changed;
            None where nothing is watched.
        taking: takes results from a shared store in place of computing them; None without one.

    Attributes:
        computed: what was computed here.
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
        self._workers = workers
        self._watch = watch
        self._taking = taking
        self._attempts = Attempts(run, self.work)
        self._waiting = Waiting(run, store, self.work.has)
        self._pause = IDLE_SECONDS
        self._started = StartedTasks(run)
        self._outlook = OutlookPublisher(run, self.work)
        self.computed: list[Cell] = []

    def plan_cells(self, cells: Iterable[Cell], after: Mapping[Cell, float] | None = None) -> None:
        """Plan these cells besides those planned already; see `Worklist.plan_cells`."""
        cells = list(cells)
        self.take(cells)
        self.work.plan_cells(cells, after)

    def take(self, cells: Sequence[Cell]) -> None:
        """Take from a shared store, where there is one, what these cells lack."""
        if self._taking:
            self._taking.take(cells, self.planner)

    def ensure(self, cells: Sequence[Cell]) -> dict[Cell, StoredResult]:
        """Work on the plan until these cells are stored, and return them.

        Raises:
            StageFailed: one of them, or something it needs, could not be computed in this run.
            Stopped: the run was asked to stop.
        """
        while True:
            if failure := self.work.failure(cells):
                raise StageFailed(failure)
            if all(map(self._settled, cells)):
                if (results := self.work.results(cells)) is not None:
                    self._waiting.end()
                    return results
            elif self.step():
                self._waiting.end()
            else:
                self._waiting.keep_waiting(cells)
                time.sleep(self._pause)

    def _settled(self, cell: Cell) -> bool:
        """Tell whether a cell is stored for good: what is still computed may contradict itself."""
        return self.work.has(cell) and not self._started.computes(cell)

    def drain(self) -> None:
        """Help until nothing of the plan is left to compute and no other worker is busy, or the run
        is stopped.

        Once every worker has come here, none can ask for more. A worker that was killed never
        comes, and is waited for a moment.
        """
        self.run.finish_judging()
        quiet = 0.0
        while quiet < QUIET_SECONDS:
            try:
                if self.step():
                    self._waiting.end()
                    quiet = 0.0
                    continue
            except (Stopped, StoreError):  # the claims of this worker are judged
                return
            waiting = self.work.unfinished() or self.run.busy()
            if not waiting and self.run.at_rest:
                self._waiting.end()
                return
            self._waiting.keep_waiting(self.work.plan.cells)
            quiet = 0.0 if waiting else quiet + self._pause
            time.sleep(self._pause)

    def work_off(self) -> None:
        """Compute every job of the plan that is ready and free, then leave the rest to others."""
        while self.step():
            continue

    def step(self) -> bool:
        """Start what can be started and take in what has ended, waiting a moment for it; False
        when nothing is computed here and no job is ready and free, or no core is.
        """
        try:
            self.run.raise_if_stopped()
            self._start_ready()
            self._outlook.publish()
            if not self._started:
                return False
            for task, outcome in self._workers.ended(WAITING_SECONDS):
                self._settle(task, outcome)
        except (Stopped, KeyboardInterrupt):
            self.close()
            raise
        return True

    def close(self) -> None:
        """End what is still computed here; results that are stored are kept."""
        self._workers.close()
        for task in self._started:
            self._started.end(task, "stopped")

    # --- starting

    def _start_ready(self) -> None:
        self._pause = WAITING_SECONDS
        while self._workers.reserve():
            self._pause = IDLE_SECONDS
            with ExitStack() as unless_started:
                unless_started.callback(self._workers.cancel)
                if not self._start_first():
                    return
                unless_started.pop_all()

    def _start_first(self) -> bool:
        """Start the first task that is ready and free; False where there is none."""
        self.work.plan_drawn_seeds()
        ready = self.work.ready(self.run.failed(), self.run.suspects())
        return any(map(self._start, ready))

    def _start(self, cells: Sequence[Cell]) -> bool:
        """Start a task of those cells that nobody else computes; False where there are none.

        Whatever fails on the way, no lock is left behind: this process would wait for itself.
        """
        with ExitStack() as unless_started:
            locks = unless_started.enter_context(LaneLocks(self.store, cells))
            # Under the locks nobody else can have begun what is still missing
            mine = self.work.computable(filter(locks.__contains__, cells), self.run.failed())
            if not mine:
                return False
            task = self._task(mine)
            self._started.add(task, locks)
            unless_started.pop_all()
            unless_started.callback(self._started.end, task, "stopped")
            self._workers.start(task)
            unless_started.pop_all()
            return True

    def _task(self, cells: Sequence[Cell]) -> StageTask:
        implementation = cells[0].call.stage.implementation
        code = {}
        for stage in stages_of([cells[0].call]).values():  # the same for all of them
            code[stage.implementation] = self.planner.fingerprint(stage.implementation).digest
        fingerprint = self.planner.fingerprint(implementation)
        self.store.codes.keep(fingerprint.digest, fingerprint.definitions)
        return StageTask(
            label=self.work.label(cells),
            cells=tuple(cells),
            numerics=self.planner.numerics,
            code=code,
            surroundings=self.planner.surroundings,
            watch=self._watch(implementation, *code) if self._watch else None,
            timeout=self.work.timeout(cells),
        )

    # --- ending

    def _settle(self, task: StageTask, outcome: TaskOutcome) -> None:
        """Take in how a task ended; raise where the store cannot be used."""
        for damage in outcome.damages:
            warnings.warn(damage, stacklevel=1)
        remark: str = outcome.ending
        try:
            remark = self._remark(task, outcome)
        finally:
            self._started.end(task, remark, outcome.node)
        if outcome.ending == "store":
            raise StoreError(outcome.reason)

    def _remark(self, task: StageTask, outcome: TaskOutcome) -> str:
        """Keep what follows from how a task ended, and return what the log says of it."""
        if outcome.ending == "lost input":
            self.work.forget([outcome.key])
            return f"put back, an input has to be computed again ({outcome.reason})"
        if outcome.ending in ("failed", "refused", "unsuited"):
            return self._attempts.failed(task, outcome)
        if outcome.ending == "done":
            self.computed += task.cells
            return self._attempts.succeeded(task) + keep_loaded(self.store, task, outcome)
        return outcome.ending
