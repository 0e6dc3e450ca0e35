"""Ranks: the order in which jobs start. The jobs that most other work waits for come first."""

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


def awaited(
    claims: Iterable[Claim], planner: Planner, stored: Callable[[Cell], bool]
) -> dict[Cell, float]:
    """Return, for each cell of a first interim analysis, the cost of what may have to follow.

    That is the cost of the seeds that the claim asks for if it is inconclusive. With it, a claim
    that is cheap at first but may then need long runs is judged early, so that these runs do not
    start last.

    Args:
        claims: the claims that may draw more seeds.
        planner: names the cells of the claims.
        stored: tells whether a cell needs no computing.

    Returns:
        Cell -> cost in floating-point operations.
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
