"""The canary of a claim: its whole experiment at toy sizes, computed and held against the figures
on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from cbspec.canary import CanaryCheck, CanaryRecord, Figures, compared
from cbspec.claim import Claim
from cbspec.evaluation.edits import Edits
from cbspec.evaluation.interim import stored_results, values_of
from cbspec.execution.cell import Cell, closure
from cbspec.execution.executor import Executor
from cbspec.execution.failure import StageFailed
from cbspec.execution.plan import Planner
from cbspec.ledger import Provenance
from cbspec.ledger.entry import short
from cbspec.model.edit import Edit
from cbspec.paths import relative
from cbspec.store import StoredResult

SEEDS = 2  # one could agree by luck where a choice is made; more would only cost


class Canaries:
    """The canaries of claims in one process, each computed and compared once.

    Args:
        executor: computes on a CPU, where canaries are on record.
        record: the figures on record.
        at_canary: a claim at whatever scale -> the same claim at the canary's.
        provenance: of this run; asked for when there is something to say.
        edits: finds what changed in the code since a canary was recorded.
    """

    def __init__(
        self,
        executor: Executor,
        record: CanaryRecord,
        at_canary: Callable[[Claim], Claim],
        provenance: Callable[[], Provenance],
        edits: Edits,
    ) -> None:
        self.executor = executor
        self.record = record
        self._at_canary = at_canary
        self._provenance = provenance
        self._edits = edits
        self._checks: dict[str, CanaryCheck] = {}

    def cells(self, claim: Claim) -> Mapping[tuple[str, int], Cell]:
        """Return (arm, seed) -> cell of a claim's canary."""
        toy = self._at_canary(claim)
        return self.executor.planner.of(toy, toy.seeds.pool[:SEEDS])

    def plan(self, claims: Iterable[Claim]) -> None:
        """Plan the canaries of these claims, so that all workers help with them."""
        wanted: list[Cell] = []
        for claim in claims:
            wanted += self.cells(claim).values()
        self.executor.plan_cells(wanted)

    def check(self, claim: Claim) -> CanaryCheck:
        """Compute what is missing of a claim's canary, compare it with the record, and say what
        changed in the code where it differs.

        Raises:
            Stopped: the run was asked to stop.
            StoreError: the store cannot be read or written.
        """
        if claim.id not in self._checks:
            check = self._checked(claim)
            recorded = self.record.figures.get(claim.id)
            edits: tuple[Edit, ...] = ()
            if check.failed and recorded:
                edits = self._edits.since(claim, recorded)
            self._checks[claim.id] = msgspec.structs.replace(
                check,
                edits=edits,
                title=claim.title,
                phase=claim.phase,
                path=relative(claim.path, self._edits.root),
                line=claim.line,
            )
        return self._checks[claim.id]

    def stored(self, claim: Claim) -> CanaryCheck | None:
        """Return the comparison if every canary result of a claim is stored already; None where one
        is not.
        """
        cells = self.cells(claim)
        entries = stored_results(cells.values(), self.executor.store)
        if entries is None:
            return None
        return compared(self.record, self._figures(claim, cells, entries))

    def knows(self, claim: Claim) -> bool:
        """Tell whether a claim's canary is on record."""
        return claim.id in self.record.figures

    def told(self, claim: Claim) -> CanaryCheck | None:
        """Return a claim's canary where it was compared in this run, or is not on record."""
        if self.knows(claim) and claim.id not in self._checks:
            return None
        return self.check(claim)

    def _checked(self, claim: Claim) -> CanaryCheck:
        cells = self.cells(claim)
        self.executor.plan_cells(cells.values())
        try:
            entries = self.executor.ensure(list(cells.values()))
        except StageFailed as failure:
            return CanaryCheck(claim=claim.id, state="error", reason=str(failure))
        return compared(self.record, self._figures(claim, cells, entries))

    def _figures(
        self,
        claim: Claim,
        cells: Mapping[tuple[str, int], Cell],
        entries: Mapping[Cell, StoredResult],
    ) -> Figures:
        toy = self._at_canary(claim)
        seeds = toy.seeds.pool[:SEEDS]
        code = self.executor.planner.code(toy.arms.values())
        return Figures(
            claim=toy.id,
            calls={arm: short(call.digest) for arm, call in toy.arms.items()},
            code={stage: short(digest) for stage, digest in code.items()},
            provenance=self._provenance(),
            values=values_of(toy, seeds, cells, entries),
        )


def on_cpu(planner: Planner) -> Planner:
    """Return a planner of results that a CPU computes, where canaries are on record."""
    numerics = replace(planner.numerics, device="cpu", tf32=False)
    return Planner(planner.fingerprint, numerics, planner.surroundings)


def grounds(canaries: Iterable[Mapping[tuple[str, int], Cell]]) -> dict[str, list[Cell]]:
    """Return stage name -> every cell of that stage that these canaries compute, each once."""
    by_stage: dict[str, list[Cell]] = {}
    for cells in canaries:
        for cell in closure(cells.values()):
            known = by_stage.setdefault(cell.call.stage.name, [])
            if cell not in known:
                known.append(cell)
    return by_stage
