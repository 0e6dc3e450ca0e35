"""The worklist: the plan of a run, and which of its cells are still missing.

The plan grows when claims draw more seeds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import Failure
from cbspec.execution.plan import Planner
from cbspec.execution.planned import Plan, PlannedJob
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import longest
from cbspec.store import Store, StoredResult

Further = Mapping[str, Mapping[int, Sequence[Cell]]]
"""Claim -> number of seeds -> all cells that the claim reads with so many seeds."""


class Worklist:
    """The plan, which of its cells are stored, and which can be computed now.

    Args:
        planner: computes the keys of cells and groups cells into jobs.
        store: holds the results.
        run: the messages between the processes of this run.
        wide: whether a job may hold several arms, as suits a GPU.

    Attributes:
        plan: all jobs, stored ones included.
    """

    def __init__(self, planner: Planner, store: Store, run: RunDirectory, *, wide: bool) -> None:
        self.plan = Plan(())
        self._open: dict[int, PlannedJob] = {}  # index in the plan -> job with a missing cell
        self._planner = planner
        self._store = store
        self._run = run
        self._wide = wide
        self._stored: set[str] = set()
        self._wanted: dict[Cell, None] = {}
        self._needed: set[Cell] | None = None
        self._after: dict[Cell, float] = {}
        self._expected: Further = {}
        self._drawn: dict[str, int] = {}
        self._users: Mapping[str, Sequence[str]] = {}
        self._otherwise = ""
        self._limits: Mapping[str, float | None] = {}

    # --- what is planned

    def plan_cells(self, cells: Iterable[Cell], after: Mapping[Cell, float] | None = None) -> None:
        """Add cells to the plan: those of the whole run at first, more seeds of a claim later.

        Args:
            cells: the cells that claims read.
            after: cell -> cost of what a claim may ask for once it has seen the cell.
        """
        costs = {**self._after, **(after or {})}
        wanted = dict.fromkeys(cells)
        known = dict.fromkeys(self.plan.cells)
        if fresh := [cell for cell in wanted if cell not in known]:
            # First: where a cost raises, nothing of this is taken in
            self.plan = self._planner.plan([*known, *fresh], wide=self._wide, after=costs)
            self._open = dict(enumerate(self.plan.jobs))
        self._after = costs
        self._wanted |= wanted
        self._needed = None

    def expect(self, further: Further) -> None:
        """Remember the cells that claims may ask for later.

        `plan_drawn_seeds` plans them once a claim has drawn the seeds.
        """
        self._expected = further

    def plan_drawn_seeds(self) -> None:
        """Plan the additional seeds that claims have drawn, in this process or another."""
        for claim, seeds in self._run.drawn().items():
            if seeds > self._drawn.get(claim, 0):
                self._drawn[claim] = seeds
                self.plan_cells(self._expected.get(claim, {}).get(seeds, ()))

    def name_users(self, users: Mapping[str, Sequence[str]], otherwise: str = "") -> None:
        """Set which arms need which stage calls. The progress display shows it behind each job.

        Args:
            users: digest of a stage call -> the arms that need it, such as ``"6A.a vec_m4"``.
            otherwise: the text behind a job that none of these arms needs.
        """
        self._users = users
        self._otherwise = otherwise

    def label(self, cells: Sequence[Cell]) -> str:
        """Describe a job: ``"train_bp seeds 42,123 for 6A.a vec_m4 and 3 more"``."""
        users: dict[str, None] = {}
        for cell in cells:
            users.update(dict.fromkeys(self._users.get(cell.call.digest, ())))
        purpose = self._otherwise
        if users:
            purpose = f"for {next(iter(users))}"
        if len(users) > 1:
            purpose += f" and {len(users) - 1} more"
        return f"{PlannedJob(tuple(cells))} {purpose}".rstrip()

    def set_time_limits(self, limits: Mapping[str, float | None]) -> None:
        """Set time limits that claims give in place of the catalog's.

        Args:
            limits: digest of a stage call -> seconds for each replica; None for no limit.
        """
        self._limits = limits

    def timeout(self, cells: Iterable[Cell]) -> float | None:
        """Return the seconds that each replica of a job may take; None for no limit."""
        limits = []
        for cell in cells:
            limits.append(self._limits.get(cell.call.digest, cell.call.stage.timeout))
        return longest(limits)

    # --- what is stored

    def has(self, cell: Cell) -> bool:
        """Tell whether a cell is stored.

        A cell that was stored once counts as stored until `forget`, so that the disk is not asked
        again.
        """
        if cell.key not in self._stored and self._store.has(cell.key):
            self._stored.add(cell.key)
        return cell.key in self._stored

    def forget(self, keys: Iterable[str]) -> None:
        """Count results as missing, because they could not be read."""
        self._stored.difference_update(keys)
        self._needed = None
        self._open = dict(enumerate(self.plan.jobs))

    def _needs(self, cell: Cell) -> bool:
        """Tell whether a missing wanted cell is this one, or has it among its inputs.

        An input is not computed again after everything that reads it is stored.
        """
        if self._needed is None:
            self._needed = set(closure(cell for cell in self._wanted if not self.has(cell)))
        return cell in self._needed

    def results(self, cells: Iterable[Cell]) -> dict[Cell, StoredResult] | None:
        """Return the results of stored cells; None if one is damaged, and so computed again."""
        results: dict[Cell, StoredResult] = {}
        damaged = []
        for cell in cells:
            if entry := self._store.get(cell.key):
                results[cell] = entry
            else:
                damaged.append(cell.key)
        self.forget(damaged)
        return None if damaged else results

    def remaining_jobs(self) -> Iterator[PlannedJob]:
        """Yield every job with a missing cell, reduced to its missing cells."""
        for job in self._open.values():
            if remaining := job.without(self.has):
                yield remaining

    # --- what can be computed

    def ready(self, failed: Collection[str], suspects: Collection[str]) -> Iterator[list[Cell]]:
        """Yield lists of cells that can be computed together now, critical path first.

        Args:
            failed: lanes that have failed for good in this run.
            suspects: lanes of jobs that failed. Each is yielded by itself, to see which of them is
                at fault.
        """
        # A caller may make a new plan, and so replace `_open`, before it asks for the next job
        still_open = self._open
        for index in list(still_open):
            job = still_open[index]
            if all(map(self.has, job.cells)):
                # Most of ten thousand jobs are stored, and every start of a task walks this loop
                del still_open[index]
                continue
            missing = self.computable(job.cells, failed)
            if not all(map(self._inputs_stored, missing)):
                continue
            together: list[Cell] = []
            alone: dict[str, list[Cell]] = {}
            for cell in missing:
                part = alone.setdefault(cell.lane, []) if cell.lane in suspects else together
                part.append(cell)
            if together:
                yield together
            yield from alone.values()

    def computable(self, cells: Iterable[Cell], failed: Collection[str]) -> list[Cell]:
        """Return the cells that are missing, still needed and not blocked by a failed lane."""
        computable = []
        for cell in cells:
            if self.has(cell) or not self._needs(cell):
                continue
            if not self.blocked_by(cell, failed):
                computable.append(cell)
        return computable

    def blocked_by(self, cell: Cell, failed: Collection[str]) -> Cell | None:
        """Return the failed cell that keeps a cell from being computed; None if there is none.

        It is the cell itself, or one of its direct or indirect inputs. A point that was stored
        before its lane failed does not count as failed.
        """
        if not failed or self.has(cell):
            return None
        for needed in closure([cell]):
            if needed.lane in failed and not self.has(needed):
                return needed
        return None

    def failure(self, cells: Iterable[Cell]) -> Failure | None:
        """Return the first failure that blocks one of these cells; None if none is blocked."""
        failed = self._run.failed()
        if not failed:
            return None
        for cell in cells:
            if blocking := self.blocked_by(cell, failed):
                return self._run.failure(blocking.lane)
        return None

    def unfinished(self) -> bool:
        """Tell whether a missing cell of the plan can still be computed in this run."""
        failed = self._run.failed()
        return any(self.computable(job.cells, failed) for job in self.plan.jobs)

    def _inputs_stored(self, cell: Cell) -> bool:
        return all(map(self.has, cell.inputs.values()))
