"""Planning: the stage calls of all claims for all seeds become one graph of jobs.

A plan is complete before anything runs. `planned.py` has its data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from cbspec.claim import Claim
from cbspec.execution.cell import Cell, closure
from cbspec.execution.numerics import Numerics, keys_of
from cbspec.execution.planned import Plan, PlannedJob
from cbspec.execution.rank import upward_ranks
from cbspec.execution.surroundings import Surroundings
from cbspec.fingerprint import Fingerprint
from cbspec.model.dependencies import Dependencies
from cbspec.stage import Call, stages_of
from cbspec.stage.declaration import field_of

# How many seeds one job on a CPU core computes. With more, its tensors no longer fit into the
# core's cache, and there are fewer jobs than cores.
SEEDS = 3


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
        """Return the cell of a call for a seed. Repeated calls return the same object."""
        known = self._cells.get((call.digest, seed))
        if known is None:
            known = self._cells[call.digest, seed] = self._named(call, seed)
        return known

    def _named(self, call: Call, seed: int) -> Cell:
        inputs = {name: self.cell(source, seed) for name, source in call.inputs.items()}
        input_keys = {name: cell.key for name, cell in inputs.items()}
        code = self.fingerprint(call.stage.implementation).digest
        dependencies = self.surroundings.of(call)
        keys = keys_of(call, seed, input_keys, code, self.numerics, dependencies)
        return Cell(call, seed, key=keys.result, lane=keys.lane, inputs=inputs)

    def cells(self, arms: Mapping[str, Call], seeds: Sequence[int]) -> dict[tuple[str, int], Cell]:
        """Return (arm, seed) -> its cell, for every arm and every seed."""
        return {(arm, seed): self.cell(call, seed) for arm, call in arms.items() for seed in seeds}

    def of(self, claim: Claim, seeds: Sequence[int]) -> dict[tuple[str, int], Cell]:
        """Return (arm, seed) -> the cell whose measures a claim reads.

        An arm with independent runs has them under the claim's seeds, in order: its first run
        stands at the first seed. If it has fewer runs than there are seeds, the rest is left out.
        """
        cells: dict[tuple[str, int], Cell] = {}
        for arm, call in claim.arms.items():
            runs = claim.independent_runs.get(arm, seeds)
            for seed, run in zip(seeds, runs, strict=False):
                cells[arm, seed] = self.cell(call, run)
        return cells

    def code(self, calls: Iterable[Call]) -> dict[str, str]:
        """Return stage name -> digest of its code, for these calls and their inputs."""
        return {
            name: self.fingerprint(stage.implementation).digest
            for name, stage in stages_of(calls).items()
        }

    def dependencies(self, calls: Iterable[Call]) -> Dependencies:
        """Return the files, versions and variables that these calls and their inputs declare."""
        return self.surroundings.of_all(calls)

    def at(self, cell: Cell, point: int) -> Cell:
        """Return the cell of the same lane at another point.

        Such a cell is not cached unless it was planned, because a lane may have a million points.
        """
        progress = cell.call.stage.progress
        if progress is None or cell.call.point == point:
            return cell
        parameters = cell.call.parameters
        parameters = msgspec.structs.replace(parameters, **{field_of(parameters, progress): point})
        call = Call(cell.call.stage, parameters, cell.call.inputs)
        return self._cells.get((call.digest, cell.seed)) or self._named(call, cell.seed)

    def plan(
        self,
        wanted: Iterable[Cell],
        *,
        wide: bool = False,
        after: Mapping[Cell, float] | None = None,
    ) -> Plan:
        """Group the wanted cells and all their inputs into jobs.

        Args:
            wanted: the cells that claims read.
            wide: also batch arms that fit into one tensor program. A GPU needs wide jobs to be
                busy; CPU cores need many jobs.
            after: cell -> cost of what a claim may ask for once it has seen the cell; see
                `cbspec.evaluation.agenda.awaited`.
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
            # Ties are broken by what does not change with the code, so that an edit of the engine
            # leaves the order as it was
            return -ranks[job], first.call.digest, first.seed

        return Plan(tuple(sorted(jobs, key=order)), ranks)


def _group(cell: Cell, wide: bool, trained: bool) -> tuple[object, ...]:
    """Return the group of a cell. Cells of one group may be computed in one job.

    On a wide device different arms share a job. Lanes that only need point 0 are kept apart from
    those that train, so that they do not wait for inputs that they do not need.
    """
    if wide:
        return cell.call.stage.name, cell.call.shape, trained
    return cell.call.stage.name, cell.call.trajectory


def _programs(cells: Sequence[Cell], wide: bool) -> Iterator[list[Cell]]:
    """Split a group into jobs: a few seeds each on a CPU core, otherwise the whole group in one.

    Stages that only read data that exists already are not split either.
    """
    seeds = list(dict.fromkeys(cell.seed for cell in cells))
    most = len(seeds) if wide or cells[0].call.stage.reads else SEEDS
    for first in range(0, len(seeds), most):
        yield [cell for cell in cells if cell.seed in seeds[first : first + most]]
