"""What a run of claims computes: its cells from the start, and those that may follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from cbspec.claim import Claim
from cbspec.evaluation.interim import seeds_due
from cbspec.execution.cell import Cell
from cbspec.execution.plan import Planner
from cbspec.execution.rank import awaited
from cbspec.execution.readiness import ready_at
from cbspec.execution.task import longest
from cbspec.ledger import Entry
from cbspec.stage import calls_of
from cbspec.store import Store


@dataclass
class Agenda:
    """The claims that a run recomputes, and what it computes for them.

    Attributes:
        claims: id -> claim.
        cells: claim -> (arm, seed) -> the cells that are planned from the start.
        after: the cost of what may have to follow a cell (`awaited`).
        planned: whether an executor has taken in the wanted cells.
    """

    claims: Mapping[str, Claim]
    cells: Mapping[str, Mapping[tuple[str, int], Cell]]
    after: Mapping[Cell, float]
    planned: bool = False

    @property
    def wanted(self) -> list[Cell]:
        """All cells that are planned from the start."""
        wanted: list[Cell] = []
        for cells in self.cells.values():
            wanted += cells.values()
        return wanted

    def by_readiness(
        self,
        canaries: Mapping[str, Iterable[Cell]],
        planner: Planner,
        stored: Callable[[Cell], bool],
        cores: int,
    ) -> list[str]:
        """Return ids of claims in the order in which all that each needs will lie ready.

        Args:
            canaries: claim -> the cells of its canary, for every claim of the run; none where its
                canary is not needed.
            cores: how many jobs are computed at a time.
        """
        needed: dict[str, list[Cell]] = {}
        for claim, canary in canaries.items():
            needed[claim] = [*self.cells.get(claim, {}).values(), *canary]
        plan = planner.plan(chain.from_iterable(needed.values()), after=self.after)
        times = ready_at(plan, stored, cores)
        last: dict[str, float] = {}
        for claim, cells in needed.items():
            last[claim] = max(map(times.__getitem__, cells), default=0.0)
        return sorted(last, key=last.__getitem__)  # those at the same time as they came

    def further(self, planner: Planner) -> dict[str, dict[int, list[Cell]]]:
        """Return claim -> number of seeds -> the cells of an interim analysis beyond its first."""
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
        """Return digest of a stage call -> the seconds that a replica may take, None for any number.

        Of claims that share the call the most patient counts: no claim fails by another's limit.
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
    """Return what a run of these claims computes.

    The seeds that a verdict on record took are wanted from the start, as its interim analyses begin
    with them, and those that stored results already ask for, so that the last of them do not keep a
    single core busy at the end.

    Args:
        recorded: claim -> the verdict that is expected of it; None where there is none.
    """
    cells: dict[str, Mapping[tuple[str, int], Cell]] = {}
    for claim in claims:
        seeds = seeds_due(claim, recorded[claim.id], planner, store)
        cells[claim.id] = planner.of(claim, seeds)
    fresh = [claim for claim in claims if recorded[claim.id] is None]
    after = awaited(fresh, planner, lambda cell: store.has(cell.key))
    return Agenda({claim.id: claim for claim in claims}, cells, after)
