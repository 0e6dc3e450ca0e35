"""The agenda of a run: the cells that it computes from the start, and those that may follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from cbspec.claim import Claim
from cbspec.evaluation.canary import canary_cells
from cbspec.evaluation.interim import seeds_due
from cbspec.execution.cell import Cell
from cbspec.execution.plan import Planner
from cbspec.execution.readiness import ready_at
from cbspec.execution.task import longest
from cbspec.ledger import Entry
from cbspec.stage import calls_of
from cbspec.store import Store


@dataclass
class Agenda:
    """The claims that a run recomputes, and the cells that it computes for them.

    Attributes:
        claims: id -> claim.
        cells: claim -> (arm, seed) -> cell, for the cells that are computed from the start.
        after: cell -> cost of what a claim may ask for once it has seen the cell.
        planned: whether an executor has planned the wanted cells.
    """

    claims: Mapping[str, Claim]
    cells: Mapping[str, Mapping[tuple[str, int], Cell]]
    after: Mapping[Cell, float]
    planned: bool = False

    @property
    def wanted(self) -> list[Cell]:
        """Return all cells that are computed from the start."""
        wanted: list[Cell] = []
        for cells in self.cells.values():
            wanted += cells.values()
        return wanted

    @cached_property
    def arms(self) -> Mapping[Cell, Sequence[str]]:
        """Return cell -> the arms, of any claim, that it measures."""
        arms: dict[Cell, list[str]] = {}
        for cells in self.cells.values():
            for (arm, _), cell in cells.items():
                arms.setdefault(cell, []).append(arm)
        return arms

    def by_readiness(
        self,
        canaries: Mapping[str, Iterable[Cell]],
        planner: Planner,
        stored: Callable[[Cell], bool],
        cores: int,
    ) -> list[str]:
        """Return the ids of claims in the order in which their results will be ready.

        Args:
            canaries: claim -> the cells of its canary, for every claim of the run; no cells if its
                canary is not needed.
            planner: groups cells into jobs.
            stored: tells whether a cell is stored.
            cores: how many jobs run at once.
        """
        needed: dict[str, list[Cell]] = {}
        for claim, canary in canaries.items():
            needed[claim] = [*self.cells.get(claim, {}).values(), *canary]
        plan = planner.plan(chain.from_iterable(needed.values()), after=self.after)
        times = ready_at(plan, stored, cores)
        last: dict[str, float] = {}
        for claim, cells in needed.items():
            last[claim] = max(map(times.__getitem__, cells), default=0.0)
        return sorted(last, key=last.__getitem__)  # a stable sort: ties keep their order

    def further(self, planner: Planner) -> dict[str, dict[int, list[Cell]]]:
        """Return claim -> number of seeds -> cells, for every interim analysis but the first."""
        by_claim: dict[str, dict[int, list[Cell]]] = {}
        for claim in self.claims.values():
            analyses = by_claim[claim.id] = {}
            for count in claim.seeds.analyses[1:]:
                seeds = claim.seeds.pool[:count]
                analyses[count] = list(planner.of(claim, seeds).values())
        return by_claim

    def users(self) -> dict[str, list[str]]:
        """Return digest of a stage call -> the arms that need it, such as ``"6A.a vec_m4"``."""
        users: dict[str, list[str]] = defaultdict(list)
        for claim in self.claims.values():
            for arm, call in claim.arms.items():
                for below in calls_of(call):
                    users[below.digest].append(f"{claim.id} {arm}")
        return users

    def limits(self) -> dict[str, float | None]:
        """Return digest of a stage call -> seconds that a replica may take; None for no limit.

        If claims share a call, the longest limit counts, so that none fails by another's limit.
        """
        limits: dict[str, float | None] = {}
        for claim in self.claims.values():
            for call in claim.arms.values():
                for below in calls_of(call):
                    limit = claim.timeout or below.stage.timeout
                    limits[below.digest] = longest([limit, limits.get(below.digest, limit)])
        return limits


def agenda_of(
    claims: Sequence[Claim], recorded: Mapping[str, Entry | None], planner: Planner, store: Store
) -> Agenda:
    """Return the agenda of a run of these claims.

    All seeds that are sure to be needed are planned from the start: those of the recorded verdict,
    with which the interim analyses begin, or those that stored results ask for. Otherwise the last
    of them would keep a single core busy at the end.

    Args:
        claims: the claims that the run recomputes.
        recorded: claim id -> recorded verdict; None if there is none.
        planner: names the cells.
        store: holds the results.
    """
    cells: dict[str, Mapping[tuple[str, int], Cell]] = {}
    for claim in claims:
        seeds = seeds_due(claim, recorded[claim.id], planner, store)
        cells[claim.id] = planner.of(claim, seeds)
    fresh = [claim for claim in claims if recorded[claim.id] is None]
    after = awaited(fresh, planner, lambda cell: store.has(cell.key))
    return Agenda({claim.id: claim for claim in claims}, cells, after)


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

    def cost_of(cell: Cell) -> float:
        if cell not in costs:
            before = max(map(cost_of, cell.inputs.values()), default=0.0)
            costs[cell] = before + (0.0 if stored(cell) else cell.call.cost)
        return costs[cell]

    for claim in claims:
        for count in claim.seeds.analyses[1:2]:
            drawn = claim.seeds.pool[claim.seeds.start : count]
            further = 0.0
            for seed in drawn:
                further += max(cost_of(planner.cell(call, seed)) for call in claim.arms.values())
            for cell in planner.of(claim, claim.seeds.first).values():
                following[cell] = max(following.get(cell, 0.0), further)
    return following


def agenda_of_canaries(claims: Sequence[Claim], planner: Planner) -> Agenda:
    """Return the agenda of a run of the canaries of these claims, given at the canaries' scale."""
    cells = {claim.id: canary_cells(claim, planner) for claim in claims}
    return Agenda({claim.id: claim for claim in claims}, cells, {})
