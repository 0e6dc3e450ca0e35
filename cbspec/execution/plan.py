"""The plan: every stage call of every claim for every seed, merged into one graph and grouped into
jobs, before anything runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import msgspec

from cbspec.claim import Claim
from cbspec.execution.cell import Cell, closure
from cbspec.execution.numerics import Numerics, lane_key, result_key
from cbspec.execution.rank import upward_ranks
from cbspec.execution.surroundings import Surroundings
from cbspec.fingerprint import Fingerprint
from cbspec.model.dependencies import Dependencies
from cbspec.stage import Call, stages_of

# Of one program on a CPU core. With more, the tensors leave its cache, and there are fewer jobs to
# fill the cores.
SEEDS = 3


@dataclass(frozen=True)
class PlannedJob:
    """Cells that are computed together: points of lanes that agree in shape."""

    cells: tuple[Cell, ...]

    def __hash__(self) -> int:
        # A job may have thousands of cells, and is looked up once for each
        return hash((self.cells[0].key, len(self.cells)))

    @property
    def stage(self) -> str:
        return self.cells[0].call.stage.name

    @cached_property
    def inputs(self) -> frozenset[Cell]:
        inputs: set[Cell] = set()
        for cell in self.cells:
            inputs.update(cell.inputs.values())
        return frozenset(inputs)

    @cached_property
    def cost(self) -> float:
        """Return the cost in floating-point operations, each lane as far as its last point."""
        lanes: dict[str, float] = {}
        for cell in self.cells:
            lanes[cell.lane] = max(lanes.get(cell.lane, 0.0), cell.call.cost)
        return sum(lanes.values())

    def without(self, stored: Callable[[Cell], bool]) -> PlannedJob | None:
        """Return the job of the cells that are not stored; None where all are."""
        missing = tuple(cell for cell in self.cells if not stored(cell))
        return PlannedJob(missing) if missing else None

    def __str__(self) -> str:
        label = self.stage
        if self.cells[0].call.stage.progress:
            label += f" @{_listed(cell.call.point for cell in self.cells)}"
        return f"{label} seeds {_listed(cell.seed for cell in self.cells)}"


@dataclass(frozen=True)
class Plan:
    """All jobs, longest path first: a job's rank is its cost and that of the costliest chain that
    waits for it.
    """

    jobs: tuple[PlannedJob, ...]
    rank: Mapping[PlannedJob, float] = field(hash=False, default_factory=dict)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(chain.from_iterable(job.cells for job in self.jobs))


class Planner:
    """Turns calls and seeds into cells, and cells into a plan.

    Args:
        fingerprint: implementation path -> code fingerprint.
        numerics: the arithmetic that results are computed with.
        surroundings: the declared files, versions and environment variables.
    """

    def __init__(
        self,
        fingerprint: Callable[[str], Fingerprint],
        numerics: Numerics,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self.numerics = numerics
        self.surroundings = surroundings or Surroundings()
        self._cells: dict[tuple[str, int], Cell] = {}

    def cell(self, call: Call, seed: int) -> Cell:
        """Return the cell of one call for one seed, always the same object."""
        known = self._cells.get((call.digest, seed))
        if known is None:
            known = self._cells[call.digest, seed] = self._named(call, seed)
        return known

    def _named(self, call: Call, seed: int) -> Cell:
        inputs = {name: self.cell(source, seed) for name, source in call.inputs.items()}
        keys = {name: cell.key for name, cell in inputs.items()}
        code = self.fingerprint(call.stage.implementation).digest
        dependencies = self.surroundings.of(call)
        return Cell(
            call,
            seed,
            key=result_key(call, seed, keys, code, self.numerics, dependencies),
            lane=lane_key(call, seed, keys, code, self.numerics, dependencies),
            inputs=inputs,
        )

    def cells(self, arms: Mapping[str, Call], seeds: Sequence[int]) -> dict[tuple[str, int], Cell]:
        """Return (arm, seed) -> the cell whose measures a claim with these arms reads."""
        return {(arm, seed): self.cell(call, seed) for arm, call in arms.items() for seed in seeds}

    def of(self, claim: Claim, seeds: Sequence[int]) -> dict[tuple[str, int], Cell]:
        """Return (arm, seed) -> the cell that a claim reads.

        An arm over runs of its own has the first of them at the first seed, and none at the seeds
        beyond its last.
        """
        cells: dict[tuple[str, int], Cell] = {}
        for arm, call in claim.arms.items():
            runs = claim.own.get(arm, seeds)
            for seed, run in zip(seeds, runs, strict=False):
                cells[arm, seed] = self.cell(call, run)
        return cells

    def code(self, calls: Iterable[Call]) -> dict[str, str]:
        """Return stage name -> digest of its code fingerprint, for every stage that these calls
        reach.
        """
        return {
            name: self.fingerprint(stage.implementation).digest
            for name, stage in stages_of(calls).items()
        }

    def dependencies(self, calls: Iterable[Call]) -> Dependencies:
        """Return the declared files, versions and variables of all stages these calls reach."""
        return self.surroundings.of_all(calls)

    def at(self, cell: Cell, point: int) -> Cell:
        """Return the cell of the same lane at another point.

        A cell that no plan has is not kept, for a lane may have a million points.
        """
        progress = cell.call.stage.progress
        if progress is None or cell.call.point == point:
            return cell
        parameters = msgspec.structs.replace(cell.call.parameters, **{progress: point})
        call = Call(cell.call.stage, parameters, cell.call.inputs)
        return self._cells.get((call.digest, cell.seed)) or self._named(call, cell.seed)

    def plan(
        self,
        wanted: Iterable[Cell],
        *,
        wide: bool = False,
        after: Mapping[Cell, float] | None = None,
    ) -> Plan:
        """Group the wanted cells and all they need into jobs.

        Args:
            wanted: the cells that claims read.
            wide: also batch arms that are one tensor program (a GPU fills up with them; CPU cores
                are filled by jobs).
            after: the cost of what may have to follow a cell (`awaited`).
        """
        cells = closure(wanted)
        trained = {cell.lane for cell in cells if cell.call.point}
        groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
        for cell in cells:
            groups[_group(cell, wide, cell.lane in trained)].append(cell)
        jobs = []
        for group in groups.values():
            for program in _programs(group, wide):
                ordered = sorted(program, key=lambda cell: (cell.call.point, cell.seed, cell.key))
                jobs.append(PlannedJob(tuple(ordered)))
        ranks = upward_ranks(jobs, after or {})

        def order(job: PlannedJob) -> tuple[float, str, int]:
            first = job.cells[0]
            return -ranks[job], first.call.digest, first.seed  # the same order for other code

        return Plan(tuple(sorted(jobs, key=order)), ranks)


def _group(cell: Cell, wide: bool, trained: bool) -> tuple[object, ...]:
    """Return what the cells of a job agree in.

    On a wide device arms are computed together, but a network that is left as it began does not
    wait for others' inputs.
    """
    if wide:
        return cell.call.stage.name, cell.call.shape, trained
    return cell.call.stage.name, cell.call.trajectory


def _programs(cells: Sequence[Cell], wide: bool) -> Iterator[list[Cell]]:
    """Split a group into parts that are one program each: all of it on a wide device or where it is
    only read, a few seeds on a CPU core.
    """
    seeds = list(dict.fromkeys(cell.seed for cell in cells))
    most = len(seeds) if wide or cells[0].call.stage.reads else SEEDS
    for first in range(0, len(seeds), most):
        yield [cell for cell in cells if cell.seed in seeds[first : first + most]]


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))
