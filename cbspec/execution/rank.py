"""In which order jobs start: those first that most waits for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.execution.cell import Cell
    from cbspec.execution.plan import PlannedJob, Planner


def upward_ranks(
    jobs: Collection[PlannedJob], after: Mapping[Cell, float]
) -> dict[PlannedJob, float]:
    """Return each job's upward rank (Topcuoglu et al. 2002): its cost plus the rank of the
    costliest dependent, or plus what may have to follow.
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


def awaited(
    claims: Iterable[Claim], planner: Planner, stored: Callable[[Cell], bool]
) -> dict[Cell, float]:
    """Return what may have to follow each cell of a first interim analysis.

    The value is the cost of the longest chain of what the claim asks for if it is inconclusive. A
    claim that is quickly computed but may then want long runs is so judged early, and not beside
    everything else that is long.

    Args:
        claims: those that may draw more seeds.
        stored: tells whether a cell needs no computing.
    """
    following: dict[Cell, float] = {}
    costs: dict[Cell, float] = {}

    def chain(cell: Cell) -> float:
        if cell not in costs:
            longest = max(map(chain, cell.inputs.values()), default=0.0)
            costs[cell] = longest + (0.0 if stored(cell) else cell.call.cost)
        return costs[cell]

    for claim in claims:
        for count in claim.seeds.analyses[1:2]:
            drawn = claim.seeds.pool[claim.seeds.start : count]
            further = 0.0
            for seed in drawn:
                further += max(chain(planner.cell(call, seed)) for call in claim.arms.values())
            for cell in planner.of(claim, claim.seeds.first).values():
                following[cell] = max(following.get(cell, 0.0), further)
    return following
