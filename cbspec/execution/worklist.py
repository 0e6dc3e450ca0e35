"""What is left of a run's plan, as one process knows it: it grows when claims draw more seeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from cbspec.execution.cell import Cell, closure
from cbspec.execution.messages import Failure
from cbspec.execution.plan import Plan, PlannedJob, Planner
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import longest
from cbspec.store import Store, StoredResult

Further = Mapping[str, Mapping[int, Sequence[Cell]]]
"""Claim -> number of seeds -> all its cells for as many seeds."""


class Worklist:
    """The plan, and which of its cells can be computed.

    Args:
        planner: names the cells.
        store: where results lie.
        run: what the processes of this run tell each other.
        wide: whether arms that are one tensor program are computed together.
    """

    def __init__(self, planner: Planner, store: Store, run: RunDirectory, *, wide: bool) -> None:
        self.plan = Plan(())
        self._open: dict[int, PlannedJob] = {}  # place in the plan -> a job that is not all stored
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
        """Plan these cells besides those planned already (the whole run at first, more seeds of a
        claim later).

        Args:
            after: the cost of what may have to follow them.
        """
        self._after |= after or {}
        wanted = dict.fromkeys(cells)
        self._wanted |= wanted
        self._needed = None
        known = dict.fromkeys(self.plan.cells)
        if fresh := [cell for cell in wanted if cell not in known]:
            self.plan = self._planner.plan([*known, *fresh], wide=self._wide, after=self._after)
            self._open = dict(enumerate(self.plan.jobs))

    def expect(self, further: Further) -> None:
        """Take in what claims may ask for later, and plan it once any process of the run says so."""
        self._expected = further

    def plan_drawn_seeds(self) -> None:
        """Plan the seeds that claims have drawn in any process of the run."""
        for claim, seeds in self._run.drawn().items():
            if seeds > self._drawn.get(claim, 0):
                self._drawn[claim] = seeds
                self.plan_cells(self._expected.get(claim, {}).get(seeds, ()))

    def name_users(self, users: Mapping[str, Sequence[str]], otherwise: str = "") -> None:
        """Tell whom cells are for, which is shown behind them while they are computed.

        Args:
            users: digest of a stage call -> the arms that need it, such as ``"6A.a vec_m4"``.
            otherwise: what is shown behind a cell that nobody of these needs.
        """
        self._users = users
        self._otherwise = otherwise

    def label(self, cells: Sequence[Cell]) -> str:
        """Return ``"train_bp seeds 42,123 for 6A.a vec_m4 and 3 more"``."""
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
        """Tell how long cells may take.

        Args:
            limits: digest of a stage call -> seconds for each replica, None for any number; the
                catalog's where it is left out.
        """
        self._limits = limits

    def timeout(self, cells: Iterable[Cell]) -> float | None:
        """Return how many seconds each replica of a job may take; None for any number."""
        limits = []
        for cell in cells:
            limits.append(self._limits.get(cell.call.digest, cell.call.stage.timeout))
        return longest(limits)

    # --- what is stored

    def has(self, cell: Cell) -> bool:
        """Tell whether a cell is stored; what once was counts as stored until `forget`."""
        if cell.key not in self._stored and self._store.has(cell.key):
            self._stored.add(cell.key)
        return cell.key in self._stored

    def forget(self, keys: Iterable[str]) -> None:
        """Take back that these are stored: they could not be read."""
        self._stored.difference_update(keys)
        self._needed = None
        self._open = dict(enumerate(self.plan.jobs))

    def _needs(self, cell: Cell) -> bool:
        """Tell whether anything is computed from a cell or reads it: what is wanted and not stored
        needs all that it is computed from.
        """
        if self._needed is None:
            self._needed = set(closure(cell for cell in self._wanted if not self.has(cell)))
        return cell in self._needed

    def results(self, cells: Iterable[Cell]) -> dict[Cell, StoredResult] | None:
        """Return the results of stored cells; None where one is damaged, which is computed again."""
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
        """Yield each job that is not all stored, without what is."""
        for job in self._open.values():  # ten thousand others are not looked at again
            if remaining := job.without(self.has):
                yield remaining

    # --- what can be computed

    def ready(self, failed: Collection[str], suspects: Collection[str]) -> Iterator[list[Cell]]:
        """Yield the cells that can be computed together now, longest path first.

        Args:
            failed: lanes that are not computed in this run any more.
            suspects: lanes that are computed by themselves, so that only those fail that do so
                alone.
        """
        still_open = self._open  # whoever takes a job may have a new plan made meanwhile
        for place, job in list(still_open.items()):
            if all(map(self.has, job.cells)):
                del still_open[place]  # of ten thousand jobs most are, and each start comes by
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
        """Return the cells that are needed, not stored, and that no failed cell blocks."""
        computable = []
        for cell in cells:
            if self.has(cell) or not self._needs(cell):
                continue
            if not self.blocked_by(cell, failed):
                computable.append(cell)
        return computable

    def blocked_by(self, cell: Cell, failed: Collection[str]) -> Cell | None:
        """Return the failed cell, itself or one it needs, that keeps a cell from being computed.

        A stored cell needs nothing, and one that was stored before its lane failed has not failed.
        """
        if not failed or self.has(cell):
            return None
        for needed in closure([cell]):
            if needed.lane in failed and not self.has(needed):
                return needed
        return None

    def failure(self, cells: Iterable[Cell]) -> Failure | None:
        """Return why the first of these cells that cannot be computed in this run cannot be."""
        failed = self._run.failed()
        for cell in cells:
            if blocking := self.blocked_by(cell, failed):
                return self._run.failure(blocking.lane)
        return None

    def unfinished(self) -> bool:
        """Tell whether anything of the plan is left that can be computed in this run."""
        failed = self._run.failed()
        return any(self.computable(job.cells, failed) for job in self.plan.jobs)

    def _inputs_stored(self, cell: Cell) -> bool:
        return all(map(self.has, cell.inputs.values()))
