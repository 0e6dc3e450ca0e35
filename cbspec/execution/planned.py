"""A plan as data: the jobs of a run, each with the cells that are computed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from cbspec.execution.cell import Cell


@dataclass(frozen=True)
class PlannedJob:
    """Cells that are computed together, because their lanes have tensors of the same shapes."""

    cells: tuple[Cell, ...]

    def __hash__(self) -> int:
        # A job may have thousands of cells, and is looked up once for each of them
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
        """Return the cost in floating-point operations, of each lane up to its last point."""
        lanes: dict[str, float] = {}
        for cell in self.cells:
            lanes[cell.lane] = max(lanes.get(cell.lane, 0.0), cell.call.cost)
        return sum(lanes.values())

    def without(self, stored: Callable[[Cell], bool]) -> PlannedJob | None:
        """Return the job without its stored cells; None if all are stored.

        Args:
            stored: tells whether a cell is stored.
        """
        missing = tuple(cell for cell in self.cells if not stored(cell))
        return PlannedJob(missing) if missing else None

    def __str__(self) -> str:
        label = self.stage
        if self.cells[0].call.stage.progress:
            label += f" @{_listed(cell.call.point for cell in self.cells)}"
        return f"{label} seeds {_listed(cell.seed for cell in self.cells)}"


@dataclass(frozen=True)
class Plan:
    """All jobs in start order: critical path first.

    Attributes:
        jobs: the jobs, highest rank first.
        rank: job -> its cost plus that of the costliest chain of jobs that needs it, in
            floating-point operations.
    """

    jobs: tuple[PlannedJob, ...]
    rank: Mapping[PlannedJob, float] = field(hash=False, default_factory=dict)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(chain.from_iterable(job.cells for job in self.jobs))


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))
