"""Ranks: the order in which jobs start. The jobs that most other work waits for come first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from cbspec.execution.cell import Cell
from cbspec.execution.planned import PlannedJob


def upward_ranks(
    jobs: Collection[PlannedJob], after: Mapping[Cell, float]
) -> dict[PlannedJob, float]:
    """Return each job's upward rank: its cost plus that of the costliest chain that depends on it.

    Args:
        jobs: all jobs of a plan.
        after: cell -> cost of what a claim may ask for once it has seen the cell. It counts as a
            dependent job.

    Source: Topcuoglu et al. 2002.
    """
    owner = {cell: job for job in jobs for cell in job.cells}
    dependents: dict[PlannedJob, set[PlannedJob]] = defaultdict(set)
    for job in jobs:
        for cell in job.inputs:
            if owner[cell] is not job:
                dependents[owner[cell]].add(job)
    ranks: dict[PlannedJob, float] = {}

    def rank(job: PlannedJob) -> float:
        if job not in ranks:
            may_follow = max(after.get(cell, 0.0) for cell in job.cells)
            ranks[job] = job.cost + max([may_follow, *(rank(later) for later in dependents[job])])
        return ranks[job]

    for job in jobs:
        rank(job)
    return ranks
