"""Recomputation: computing stored results again, to see whether they come out the same.

A key names everything that a result is known to depend on. What nobody knows of, such as a clock, a
file that no parameter names or broken memory, shows only here. A result is computed as it was: from
the stored inputs, from the stored point that it continued from, and beside the same replicas, since
its last bits depend on them. It is computed as in a run, too: the shared generators begin with the
same numbers, and nothing that another stage left is there.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.errors import StageError, Stopped, StoreError
from cbspec.execution import hashes
from cbspec.execution.artifact import MissingInput
from cbspec.execution.backends import Workplace, compute
from cbspec.execution.cell import Cell, closure
from cbspec.execution.numerics import limit_threads
from cbspec.execution.output import plain_output
from cbspec.execution.plan import Planner
from cbspec.execution.replica import replica_of
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.stage_process import computed_apart
from cbspec.execution.task import StageTask, TaskOutcome, planned_task
from cbspec.fingerprint import Code
from cbspec.store import ADOPTED, LostEntry, Store, StoredResult, differences

_Compute = Callable[[StageTask, Store, RunDirectory], TaskOutcome]


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """A stored result that was computed again.

    Attributes:
        stage: the stage and the point on its trajectory: ``"train_bp@5"``.
        seed: the training seed.
        key: the key of the result.
        differences: the measures, series and tensors that differ; empty if none does.
        failure: why it could not be computed again; empty if it could.
        adopted: the code that computed the stored result, if it was adopted; else empty.
    """

    stage: str
    seed: int
    key: str
    differences: tuple[str, ...] = ()
    failure: str = ""
    adopted: str = ""

    @property
    def equal(self) -> bool:
        """Tell whether the result equals the stored one to the last bit."""
        return not self.differences and not self.failure


class _Job(msgspec.Struct, frozen=True):
    """A job as it was computed: its stage, its replicas, and the point that they started from."""

    stage: str
    replicas: tuple[tuple[str, int, int], ...]
    start: int


class Recomputation:
    """Computes results again, each job in a store of its own.

    Args:
        planner: names the cells.
        store: holds the results; it is only read.
        code: the present source code of the engine.
        config: the project's settings, which name the engine.
        every_claim: returns all claims of the project. It is called only if a result was computed
            beside one of another claim.
    """

    def __init__(
        self,
        planner: Planner,
        store: Store,
        code: Code,
        config: Config,
        every_claim: Callable[[], Iterable[Claim]],
    ) -> None:
        self._planner = planner
        self._store = store
        self._code = code
        self._config = config
        self._every_claim = every_claim
        self._lanes: dict[tuple[str, int], Cell] = {}

    def stored(self, claims: Iterable[Claim]) -> list[Cell]:
        """Return the cells of these claims that are stored, inputs first."""
        return [cell for cell in self._cells(claims) if self._store.has(cell.key)]

    def again(self, cells: Sequence[Cell]) -> Iterator[Recomputed]:
        """Compute stored results again, job by job, and yield the comparison of each."""
        limit_threads(self._planner.numerics.threads)
        jobs: dict[_Job, dict[Cell, StoredResult]] = defaultdict(dict)
        for cell in cells:
            entry = self._store.get(cell.key, tensors=True, touch=False)
            if entry is None:
                yield _about(cell, failure="the stored result is damaged")
                continue
            job = _job_of(cell, entry)
            if job is None:
                yield _about(cell, failure="it does not say beside which replicas it was computed")
            elif replica_of(cell)[:2] in {replica[:2] for replica in job.replicas}:
                jobs[job][cell] = entry
            # else it was never computed: one of its inputs had diverged
        with tempfile.TemporaryDirectory(prefix="cbspec-verify-") as folder:
            for job, entries in jobs.items():
                yield from self._compared(job, entries, Path(folder))

    def _compared(
        self, job: _Job, entries: dict[Cell, StoredResult], folder: Path
    ) -> list[Recomputed]:
        """Compute a job again and compare its results.

        A stage may go through a set of text, whose order is that of a run only in a process that was
        started for it. That takes time, and so only happens where a result differs.
        """
        compared = self._attempt(job, entries, folder, compute)
        if hashes.like_stages() or not any(result.differences for result in compared):
            return compared
        return self._attempt(job, entries, folder, _apart(self._config))

    def _attempt(
        self, job: _Job, entries: dict[Cell, StoredResult], folder: Path, computed: _Compute
    ) -> list[Recomputed]:
        store = folder / "store"
        shutil.rmtree(store, ignore_errors=True)
        scratch, run = Store(store), RunDirectory(folder / "run", "verify")
        try:
            failure = self._compute(job, entries, scratch, run, computed)
        except (StageError, StoreError, MissingInput, LostEntry) as error:
            failure = str(error)
        compared = []
        for cell, stored in entries.items():
            adopted = stored.provenance.get(ADOPTED, {}).get("code", "")
            again = scratch.get(cell.key, tensors=True)
            if again is None:
                why = failure or "its implementation returned without a result"
                compared.append(_about(cell, failure=why, adopted=adopted))
            else:
                differing = tuple(differences(stored, again))
                compared.append(_about(cell, differences=differing, adopted=adopted))
        return compared

    def _compute(
        self,
        job: _Job,
        cells: Iterable[Cell],
        scratch: Store,
        run: RunDirectory,
        computed: _Compute,
    ) -> str:
        """Compute a job into another store, and return why it failed; empty if it did not.

        Raises:
            Stopped: a file was edited since the keys were computed.
        """
        lanes = [self._lane(*replica) for replica in job.replicas]
        self._lend(job, lanes, scratch)
        task = planned_task(
            list(dict.fromkeys([*lanes, *cells])),  # the lanes first, in their order
            self._planner,
            f"{lanes[0]} again",
            watch=self._code.watch,
            timeout=None,
        )
        with plain_output():
            outcome = computed(task, scratch, run)
        if outcome.ending == "unsuited":  # an earlier stage has changed this process
            outcome = _apart(self._config)(task, scratch, run)
        if outcome.ending == "stopped":
            raise Stopped(outcome.reason)
        return outcome.reason

    def _lend(self, job: _Job, lanes: Sequence[Cell], scratch: Store) -> None:
        """Put the stored inputs of a job, and the points that it continued from, into a store."""
        for lane in lanes:
            needed = set(lane.inputs.values())
            if job.start:
                needed.add(self._planner.at(lane, job.start))
            for cell in closure(needed):
                if not self._store.lend(cell.key, scratch) and cell in needed:
                    raise MissingInput(cell)

    def _lane(self, trajectory: str, seed: int, point: int) -> Cell:
        if (trajectory, seed) not in self._lanes:
            self._cells(self._every_claim())
        if (trajectory, seed) not in self._lanes:
            raise StageError("it was computed beside a replica that no claim asks for any more")
        return self._planner.at(self._lanes[trajectory, seed], point)

    def _cells(self, claims: Iterable[Claim]) -> list[Cell]:
        """Return all cells of these claims for all seeds that they may draw, inputs first."""
        wanted: list[Cell] = []
        for claim in claims:
            wanted += self._planner.of(claim, claim.seeds.pool).values()
        cells = closure(wanted)
        for cell in cells:
            trajectory, seed, _ = replica_of(cell)
            self._lanes[trajectory, seed] = cell
        return cells


def _apart(config: Config) -> _Compute:
    """Return what computes a task in a fresh process that is like those of a run."""
    return lambda task, store, run: computed_apart(task, Workplace(config, store, run))


def drawn(cells: Sequence[Cell], count: int) -> list[Cell]:
    """Return a random sample of `count` cells, in their original order."""
    some = set(random.sample(cells, min(count, len(cells))))
    return [cell for cell in cells if cell in some]


def _job_of(cell: Cell, entry: StoredResult) -> _Job | None:
    """Return the job that a result was computed in; None if its provenance does not name it."""
    try:
        return msgspec.convert({**entry.provenance, "stage": cell.call.stage.name}, _Job)
    except msgspec.ValidationError:  # from before that was recorded
        return None


def _about(cell: Cell, **what: object) -> Recomputed:
    point = f"@{cell.call.point}" if cell.call.stage.progress else ""
    stage = f"{cell.call.stage.name}{point}"
    return Recomputed(stage=stage, seed=cell.seed, key=cell.key, **what)  # type: ignore[arg-type]
