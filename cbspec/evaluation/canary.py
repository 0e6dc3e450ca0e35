"""Canaries: every claim's whole experiment at toy sizes, compared with the values on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from cbspec.canary import CanaryCheck, CanaryRecord, Figures, another_experiment, compared
from cbspec.claim import Claim
from cbspec.evaluation.edits import Edits
from cbspec.evaluation.interim import stored_results, values_of
from cbspec.execution.cell import Cell, closure
from cbspec.execution.executor import Executor
from cbspec.execution.failure import StageFailed
from cbspec.execution.plan import Planner
from cbspec.ledger import Provenance
from cbspec.ledger.entry import short, stale_stages
from cbspec.model.dependencies import same_torch
from cbspec.model.edit import Edit
from cbspec.paths import relative
from cbspec.stage import Call
from cbspec.store import StoredResult

SEEDS = 2  # with one, a changed choice (an argmax, a branch) could agree by luck


def canary_cells(claim: Claim, planner: Planner) -> Mapping[tuple[str, int], Cell]:
    """Return (arm, seed) -> cell, for the canary of a claim that is given at the canaries' scale."""
    return planner.of(claim, claim.seeds.pool[:SEEDS])


class Canaries:
    """Computes and compares the canaries of claims, each once in a process.

    Args:
        executor: computes on a CPU, as canaries are recorded for CPUs.
        record: the recorded canaries.
        at_canary: returns a claim, given at any scale, at the canary's scale.
        provenance: returns the commit and state of the project.
        edits: finds what changed in the code since a canary was recorded.
        code: returns stage name -> digest of its code, for some calls.
    """

    def __init__(
        self,
        executor: Executor,
        record: CanaryRecord,
        at_canary: Callable[[Claim], Claim],
        provenance: Callable[[], Provenance],
        edits: Edits,
        code: Callable[[Iterable[Call]], dict[str, str]],
    ) -> None:
        self.executor = executor
        self.record = record
        self._at_canary = at_canary
        self._provenance = provenance
        self._edits = edits
        self._code = code
        self._checks: dict[str, CanaryCheck] = {}

    def cells(self, claim: Claim) -> Mapping[tuple[str, int], Cell]:
        """Return (arm, seed) -> cell, for a claim's canary."""
        return canary_cells(self._at_canary(claim), self.executor.planner)

    def plan(self, claims: Iterable[Claim]) -> None:
        """Plan the canaries of these claims, so that all workers help with them."""
        wanted: list[Cell] = []
        for claim in claims:
            wanted += self.cells(claim).values()
        self.executor.plan_cells(wanted)

    def check(self, claim: Claim) -> CanaryCheck:
        """Compute what is missing of a claim's canary, and compare it with the record.

        If it differs, the check names the definitions that changed since.

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
        """Compare a claim's canary if all its results are stored; return None otherwise."""
        cells = self.cells(claim)
        entries = stored_results(cells.values(), self.executor.store)
        if entries is None:
            return None
        return compared(self.record, self._figures(claim, cells, entries))

    def recorded(self, claim: Claim) -> bool:
        """Tell whether a canary of a claim's present experiment is on record."""
        known = self.record.figures.get(claim.id)
        return known is not None and not another_experiment(known, self._calls(claim))

    def wanted(self, claim: Claim, *, recomputed: bool) -> bool:
        """Tell whether `accept` has to know a claim's canary.

        It has to if none of this experiment is on record, or if that on record is of other code
        than the verdict that this run computes.
        """
        return not self.recorded(claim) or (recomputed and not self._current(claim))

    def needed(self, claim: Claim, *, recomputed: bool) -> CanaryCheck | None:
        """Return the check of a claim's canary, if this run made one or `accept` has to know it."""
        if claim.id not in self._checks and not self.wanted(claim, recomputed=recomputed):
            return None
        return self.check(claim)

    def _current(self, claim: Claim) -> bool:
        """Tell whether the canary on record is of the present code and torch."""
        known, planner = self.record.figures[claim.id], self.executor.planner
        code = planner.code(self._at_canary(claim).arms.values())
        same = same_torch(known.provenance.torch, planner.numerics.torch)
        return same and not stale_stages(known.code, code)

    def _checked(self, claim: Claim) -> CanaryCheck:
        cells = self.cells(claim)
        self.executor.plan_cells(cells.values())
        try:
            entries = self.executor.ensure(list(cells.values()))
        except StageFailed as failure:
            return CanaryCheck(claim=claim.id, state="error", reason=str(failure))
        return compared(self.record, self._figures(claim, cells, entries))

    def _calls(self, claim: Claim) -> dict[str, str]:
        """Return arm -> digest of its stage call, for a claim's canary."""
        return {arm: short(call.digest) for arm, call in self._at_canary(claim).arms.items()}

    def _figures(
        self,
        claim: Claim,
        cells: Mapping[tuple[str, int], Cell],
        entries: Mapping[Cell, StoredResult],
    ) -> Figures:
        toy = self._at_canary(claim)
        seeds = toy.seeds.pool[:SEEDS]
        code = self._code(toy.arms.values())
        return Figures(
            claim=toy.id,
            calls=self._calls(claim),
            code={stage: short(digest) for stage, digest in code.items()},
            provenance=self._provenance(),
            values=values_of(toy, seeds, cells, entries),
        )


def on_cpu(planner: Planner) -> Planner:
    """Return a planner that names the results of a CPU, for which canaries are recorded."""
    numerics = replace(planner.numerics, device="cpu", tf32=False)
    return Planner(planner.fingerprint, numerics, planner.surroundings)


def grounds(canaries: Iterable[Mapping[tuple[str, int], Cell]]) -> dict[str, list[Cell]]:
    """Return stage name -> the cells of that stage in these canaries, each once."""
    by_stage: dict[str, list[Cell]] = {}
    for cells in canaries:
        for cell in closure(cells.values()):
            known = by_stage.setdefault(cell.call.stage.name, [])
            if cell not in known:
                known.append(cell)
    return by_stage
