"""Cooperative execution of a frozen plan: many processes, one store, no coordinator.

Each process holds the same plan and repeats one step: take a free core and the first job, longest
path first, whose inputs are stored and whose lanes nobody has locked, and compute what is missing
of it. A process that finds no such job or no core, because others compute, sleeps a moment. A
killed process loses its locks to the kernel, and its job is anyone's again.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cbspec.errors import CbspecError, StageError, Stopped, StoreError, place_of
from cbspec.execution.job import DIVERGED, MissingInput, RunningJob
from cbspec.execution.plan import Cell, Plan, PlannedJob, Planner, closure
from cbspec.execution.rundir import Event, Failure, RunDirectory
from cbspec.execution.waiting import Waiting
from cbspec.fingerprint import Code
from cbspec.stage import Stage
from cbspec.store import Lock, LostEntry, Store, StoredResult

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
        device: ``"cpu"`` or ``"cuda"``.
        code: the engine's source code, which may change during the run; None where nothing is
            watched.
    """

    def __init__(
        self,
        planner: Planner,
        store: Store,
        run: RunDirectory,
        device: str,
        code: Code | None = None,
    ) -> None:
        self.planner = planner
        self.store = store
        self.run = run
        self.device = device
        self.plan = Plan(())
        self._pause = IDLE_SECONDS
        self._stored: set[str] = set()
        self._after: dict[Cell, float] = {}
        self._code = code
        self._expected: Mapping[str, Mapping[int, Sequence[Cell]]] = {}
        self._drawn: dict[str, int] = {}
        self._users: Mapping[str, Sequence[str]] = {}
        self._otherwise = ""
        self._waiting = Waiting(run, store, self._has)

    def adopt(self, cells: Iterable[Cell], after: Mapping[Cell, float] | None = None) -> None:
        """Plan these cells besides those planned already (the whole run at first, more seeds of a
        claim later).

        Args:
            after: the cost of what may have to follow them.
        """
        self._after |= after or {}
        known = dict.fromkeys(self.plan.cells)
        if fresh := [cell for cell in cells if cell not in known]:
            self.plan = self.planner.plan(
                [*known, *fresh], wide=self.device == "cuda", after=self._after
            )

    def expect(self, further: Mapping[str, Mapping[int, Sequence[Cell]]]) -> None:
        """Take in what claims may ask for later, and plan it once any process of the run says so.

        Args:
            further: claim -> number of seeds -> all its cells for as many seeds.
        """
        self._expected = further

    def name_users(self, users: Mapping[str, Sequence[str]], otherwise: str = "") -> None:
        """Tell whom cells are for, which is shown behind them while they are computed.

        Args:
            users: digest of a stage call -> the arms that need it, such as ``"6A.a vec_m4"``.
            otherwise: what is shown behind a cell that nobody of these needs.
        """
        self._users = users
        self._otherwise = otherwise

    def ensure(self, cells: Sequence[Cell]) -> dict[Cell, StoredResult]:
        """Work on the plan until these cells are stored, and return them.

        Raises:
            StageError: one of them, or something it needs, could not be computed in this run.
            Stopped: the run was asked to stop.
        """
        while True:
            if failure := self._failure(cells):
                raise StageFailed(failure)
            if all(self._has(cell) for cell in cells):
                entries = {cell: self.store.get(cell.key) for cell in cells}
                stored = {cell: entry for cell, entry in entries.items() if entry is not None}
                if len(stored) == len(entries):
                    self._waiting.end()
                    return stored
                # damaged: computed again
                self._stored -= {cell.key for cell in entries.keys() - stored.keys()}
            elif self.step():
                self._waiting.end()
            else:
                self._waiting.go_on(cells)
                time.sleep(self._pause)

    def drain(self) -> None:
        """Help until nothing of the plan is left to compute and no other worker is busy, or the run
        is stopped.

        Once every worker has come here, none can ask for more. A worker that was killed never
        comes, and is waited for a moment.
        """
        self.run.rest()
        quiet = 0.0
        while quiet < QUIET_SECONDS:
            try:
                if self.step():
                    self._waiting.end()
                    quiet = 0.0
                    continue
            except Stopped:
                return
            failed = self.run.failed()
            ready = any(self._computable(job, failed) for job in self.plan.jobs)
            waiting = ready or self.run.busy()
            if not waiting and self.run.at_rest:
                self._waiting.end()
                return
            self._waiting.go_on(self.plan.cells)
            quiet = 0.0 if waiting else quiet + self._pause
            time.sleep(self._pause)

    def work_off(self) -> None:
        """Compute every job of the plan that is ready and free, then leave the rest to others."""
        while self.step():
            continue

    def step(self) -> bool:
        """Compute one job; False when no job is ready and free, or no core is."""
        self.run.heed()
        self._pause = WAITING_SECONDS
        if (core := self.run.core()) is None:
            return False
        with core:
            self._pause = IDLE_SECONDS
            self._hear()
            failed = self.run.failed()
            return any(self._attempt(job, failed) for job in self.plan.jobs)

    def _hear(self) -> None:
        """Plan the seeds that claims have drawn in any process of the run."""
        for claim, seeds in self.run.drawn().items():
            if seeds > self._drawn.get(claim, 0):
                self._drawn[claim] = seeds
                self.adopt(self._expected.get(claim, {}).get(seeds, ()))

    def _label(self, cells: Sequence[Cell]) -> str:
        """Return ``"train_bp seeds 42,123 for 6A.a vec_m4 and 3 more"``."""
        users = list(
            dict.fromkeys(user for cell in cells for user in self._users.get(cell.call.digest, ()))
        )
        purpose = f"for {users[0]}" if users else self._otherwise
        if len(users) > 1:
            purpose += f" and {len(users) - 1} more"
        return f"{PlannedJob(tuple(cells))} {purpose}".rstrip()

    def _failure(self, cells: Sequence[Cell]) -> Failure | None:
        """Return why the first of these cells that cannot be computed in this run cannot be."""
        failed = self.run.failed()
        blocks = (self._block(cell, failed) for cell in cells)
        return next((self.run.failure(block.lane) for block in blocks if block), None)

    def _block(self, cell: Cell, failed: Collection[str]) -> Cell | None:
        """Return the failed cell, itself or one it needs, that keeps a cell from being computed.

        A stored cell needs nothing, and one that was stored before its lane failed has not failed.
        """
        if not failed or self._has(cell):
            return None
        suspects = (suspect for suspect in closure([cell]) if suspect.lane in failed)
        return next((suspect for suspect in suspects if not self._has(suspect)), None)

    def _computable(self, job: PlannedJob, failed: Collection[str]) -> list[Cell]:
        """Return the cells of a job that are not stored and that no failed cell blocks."""
        missing = (cell for cell in job.cells if not self._has(cell))
        return [cell for cell in missing if not self._block(cell, failed)]

    def _has(self, cell: Cell) -> bool:
        if cell.key not in self._stored and self.store.has(cell.key):
            self._stored.add(cell.key)
        return cell.key in self._stored

    def _attempt(self, job: PlannedJob, failed: Collection[str]) -> bool:
        missing = self._computable(job, failed)
        if not missing or not all(
            self._has(needed) for cell in missing for needed in cell.inputs.values()
        ):
            return False
        with self._locked(missing) as lanes:
            mine = [cell for cell in self._computable(job, self.run.failed()) if cell.lane in lanes]
            if mine:
                self._compute(mine)
            return bool(mine)

    @contextmanager
    def _locked(self, cells: Collection[Cell]) -> Iterator[set[str]]:
        """Lock the lanes of these cells, as far as nobody else holds them.

        Taken in one order by every process: whoever misses the first leaves the job to the one who
        has it.
        """
        held: dict[str, Lock] = {}
        try:
            for lane in sorted({cell.lane for cell in cells}):
                lock = self.store.try_lock(lane)
                if lock is None and not held:
                    break
                if lock is not None:
                    held[lane] = lock
            yield set(held)
        finally:
            for lock in held.values():
                lock.release()

    def _compute(self, cells: Sequence[Cell]) -> None:
        """Compute cells together; where that fails or has killed a process, each lane by itself.

        So only those lanes fail that do so alone.
        """
        lanes: dict[str, list[Cell]] = {}
        for cell in cells:
            lanes.setdefault(cell.lane, []).append(cell)
        if not self.run.killed().isdisjoint(lanes) or not self._settles(cells):
            for lane in lanes.values():
                if missing := [cell for cell in lane if not self._has(cell)]:
                    self._settles(missing)

    def _settles(self, cells: Sequence[Cell]) -> bool:
        """Compute cells, or record why that failed.

        Returns:
            False where several lanes failed together: whose failure it is, nobody knows.
        """
        label, began = self._label(cells), time.monotonic()
        outcome = "failed"
        try:
            self._run(label, cells)
            outcome = "done"
        except (Stopped, KeyboardInterrupt):
            outcome = "stopped"
            raise
        except (MissingInput, LostEntry) as lost:
            self._stored.discard(lost.key)
            outcome = f"put back, an input has to be computed again ({lost})"
        except StoreError:
            raise
        except (Exception, SystemExit) as error:
            # Whatever an implementation raises is this claim's error, not the run's.
            lanes = {cell.lane for cell in cells}
            if len(lanes) > 1:
                outcome = f"failed, its {len(lanes)} replicas are computed one by one"
                return False
            self._fail(cells[0], error)
        finally:
            self.run.tell(None)
            self.run.record(
                Event(
                    worker=self.run.worker,
                    job=label,
                    seconds=time.monotonic() - began,
                    outcome=outcome,
                )
            )
        return True

    def _run(self, label: str, cells: Sequence[Cell]) -> None:
        # The last point of each wins
        lanes = {cell.lane: cell for cell in sorted(cells, key=lambda cell: cell.call.point)}
        points = sorted({cell.call.point for cell in cells})
        healthy = [cell for cell in lanes.values() if self._inherited(cell) is None]
        start = self._resumable(healthy, points[0])
        stage = cells[0].call.stage
        running = RunningJob(
            label,
            healthy,
            points,
            start,
            self.planner,
            self.store,
            self.run,
            self.device,
            self._code,
        )
        for cell in cells:
            if reason := self._inherited(cell):
                running.invalidate(cell, reason)
        if healthy:
            running.advance(start, max(points[-1], 1), self._unit(healthy[0]))
            _execute(stage, running)
        if absent := [cell for cell in cells if not self._has(cell)]:
            raise StageError(
                "its implementation returned without a result"
                f"{_instead(absent, running.emitted.values())}"
            )

    def _inherited(self, cell: Cell) -> str | None:
        """Return why a cell is invalid before it is computed: one of its inputs diverged."""
        for input_cell in cell.inputs.values():
            entry = self.store.get(input_cell.key)
            if entry is None:
                raise MissingInput(input_cell)
            if reason := entry.provenance.get(DIVERGED):
                return str(reason)
        return None

    def _resumable(self, lanes: Sequence[Cell], before: int) -> int:
        """Return the latest point before the first wanted one that every lane has stored; 0 if
        there is none.
        """
        if not lanes or not lanes[0].call.stage.progress:
            return 0
        for point in range(before - 1, 0, -1):
            if all(self._resumes(self.planner.at(cell, point)) for cell in lanes):
                return point
        return 0

    def _resumes(self, cell: Cell) -> bool:
        if not self.store.has(cell.key):
            return False
        entry = self.store.get(cell.key)
        return entry is not None and DIVERGED not in entry.provenance

    @staticmethod
    def _unit(cell: Cell) -> str:
        return cell.call.stage.progress or "step"

    def _fail(self, cell: Cell, error: Exception | SystemExit) -> None:
        what = str(error) if isinstance(error, CbspecError) else _raised(error, cell.call.stage)
        message = f"{cell} could not be computed: {what}"
        self.run.fail(cell.lane, Failure(message=message, traceback=traceback.format_exc()))


def _execute(stage: Stage, running: RunningJob) -> None:
    """Import a stage's implementation and run it on a job.

    Raises:
        SourceChanged: its code changed.
    """
    try:
        implementation = stage.implemented
        running.check_code()
        implementation(running)
    except Exception as error:
        if not isinstance(error, Stopped):
            running.check_code()  # a file that is edited halfway raises what it likes
        raise


def _instead(absent: Sequence[Cell], emitted: Iterable[int]) -> str:
    """Say which points of a trajectory are missing, and which were emitted instead."""
    if not absent[0].call.stage.progress:
        return ""
    wanted = ", ".join(map(str, sorted({cell.call.point for cell in absent})))
    emitted_points = ", ".join(map(str, sorted(set(emitted)))) or "no point"
    return f" at {absent[0].call.stage.progress} {wanted}; it emitted at {emitted_points}"


def _raised(error: BaseException, stage: Stage) -> str:
    """Describe an exception: ``"IndexError: list index out of range (lab/nets.py:12 in forward)"``,
    with its notes.
    """
    head, newline, rest = "".join(traceback.format_exception_only(error)).strip().partition("\n")
    package = sys.modules.get(stage.implementation.partition(":")[0].partition(".")[0])
    path = next(iter(getattr(package, "__path__", [getattr(package, "__file__", None)])))
    return f"{head}{place_of(error, Path(path).with_suffix('')) if path else ''}{newline}{rest}"


class StageFailed(StageError):
    """A stage that this claim needs could not be computed; its traceback is kept for whoever
    asks.
    """

    def __init__(self, failure: Failure) -> None:
        self.traceback = failure.traceback
        super().__init__(failure.message)
