"""Adopting stored results for code that was edited, where the canary of every stage they come from
is identical to the last bit.

The ground is always the code that computed a result, never code that had adopted it: an edit that
changes nothing, made after one that did, cannot lead back to results of the code before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cbspec.claim import Claim
from cbspec.evaluation.canary import Canaries, grounds
from cbspec.execution.cell import Cell, closure
from cbspec.execution.plan import Planner
from cbspec.explain.past import Past
from cbspec.explain.trail import Trail
from cbspec.stage import calls_of, plain
from cbspec.store import ADOPTED, Store

Grounds = Mapping[str, Sequence[Cell]]
"""Stage -> the canary cells of that stage."""


@dataclass
class Adoption:
    """One process' adoption of stored results.

    Attributes:
        planner: names the cells, of the code as it is.
        canary_planner: names the canary's cells.
        store: holds the results of both codes.
        taken: key -> digest of the code that computed the result, for every result adopted here.
    """

    planner: Planner
    canary_planner: Planner
    store: Store
    taken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._past = Past(self.store)
        self._judged: dict[tuple[str, str], int | None] = {}

    def candidates(self, wanted: Iterable[Cell]) -> dict[Cell, Trail]:
        """Return what is not stored -> the newest result of the same call, seed and numerics that
        is, of other code.
        """
        candidates: dict[Cell, Trail] = {}
        for cell in closure(wanted):
            if not self.store.has(cell.key):
                trails = self._computed(cell, self.planner)
                if trails:
                    candidates[cell] = trails[0]
        return candidates

    def adopt(
        self, candidates: Mapping[Cell, Trail], grounds: Grounds, clean: Callable[[str], bool]
    ) -> None:
        """Adopt each candidate whose stage has an identical canary and whose inputs are the ones
        that it was computed from.

        Args:
            candidates: inputs before what takes them, as `candidates` returns them.
            grounds: whose results, of this code, are stored.
            clean: tells whether no claim that reaches a stage has a canary that failed.
        """
        for cell, trail in candidates.items():
            stage = cell.call.stage.name
            count = self._identical(stage, trail.origin, grounds)
            if (
                count
                and clean(stage)
                and self._same_inputs(cell, trail)
                and self._take(cell, trail, count)
            ):
                self.taken[cell.key] = trail.origin

    def _same_inputs(self, cell: Cell, trail: Trail) -> bool:
        """Tell whether the inputs of a cell are the very results that an earlier result was
        computed from.
        """
        for name, below in cell.inputs.items():
            if not self.store.has(below.key):
                return False
            if self._root(below.key) != self._root(trail.inputs[name]):
                return False
        return True

    def _root(self, key: str) -> str:
        """Return the key under which a result was first stored, before it was adopted for other
        code.
        """
        entry = self.store.get(key, touch=False)
        if entry is None:
            return key
        return str(entry.provenance.get(ADOPTED, {}).get("key", key))

    def _identical(self, stage: str, origin: str, grounds: Grounds) -> int | None:
        """Return how many canary results of a stage are those of the earlier code to the last bit;
        None where one is not.
        """
        if (stage, origin) not in self._judged:
            self._judged[stage, origin] = self._compared(origin, grounds.get(stage, ()))
        return self._judged[stage, origin]

    def _compared(self, origin: str, cells: Sequence[Cell]) -> int | None:
        for cell in cells:
            then = self._of_code(cell, origin)
            if then is None:
                return None
            now = self.store.get(cell.key, touch=False)
            before = self.store.get(then.key, touch=False)
            if now is None or before is None or now.content != before.content:
                return None
        return len(cells) or None

    def _of_code(self, cell: Cell, origin: str) -> Trail | None:
        """Return the earlier result of a canary cell that the earlier code itself computed."""
        for trail in self._computed(cell, self.canary_planner):
            if trail.code == origin and not trail.adopted and trail.key != cell.key:
                return trail
        return None

    def _computed(self, cell: Cell, planner: Planner) -> list[Trail]:
        """Return the results of a cell that any code computed, with all else as it is now."""
        dependencies = planner.surroundings.of(cell.call)
        numerics = planner.numerics.as_dict()
        return self._past.computed(cell.call, cell.seed, numerics, dependencies)

    def _take(self, cell: Cell, trail: Trail, count: int) -> bool:
        entry = self.store.get(trail.key)
        if entry is None:
            return False
        call = cell.call
        fingerprint = self.planner.fingerprint(call.stage.implementation)
        self.store.codes.keep(fingerprint.digest, fingerprint.definitions)
        provenance = {
            **entry.provenance,
            "parameters": plain(call.parameters),
            "lane": cell.lane,
            "inputs": {name: below.key for name, below in cell.inputs.items()},
            "code": fingerprint.digest,
            ADOPTED: {
                "key": self._root(trail.key),
                "code": trail.origin,
                "ground": f"{count} canary results of {call.stage.name} identical to the last bit",
                "date": time.strftime("%Y-%m-%d", time.gmtime()),
            },
        }
        return self.store.copy(trail.key, cell.key, provenance)


class Adopter:
    """Adopts what a run wants, where the canaries of the claims that want it allow it.

    Args:
        claims: those that the run recomputes.
    """

    def __init__(
        self, planner: Planner, store: Store, canaries: Canaries, claims: Iterable[Claim]
    ) -> None:
        self._canaries = canaries
        self._claims = list(claims)
        self._adoption = Adoption(planner, canaries.executor.planner, store)

    def adopt(self, wanted: Iterable[Cell]) -> None:
        """Adopt each wanted result, and what it needs, that is stored for other code of identical
        canary.
        """
        candidates = self._adoption.candidates(wanted)
        if not candidates:
            return
        cells = [self._canaries.cells(claim) for claim in self._claims]
        for canary in cells:
            for toy in closure(canary.values()):
                candidates.pop(toy, None)
        failed = self._failed({cell.call.stage.name for cell in candidates})
        self._adoption.adopt(candidates, grounds(cells), lambda stage: stage not in failed)

    def _failed(self, stages: Collection[str]) -> set[str]:
        """Return the stages that a claim reaches whose canary differs or broke, of the claims that
        reach one of these.
        """
        failed: set[str] = set()
        for claim in self._claims:
            reached: set[str] = set()
            for call in claim.arms.values():
                for below in calls_of(call):
                    reached.add(below.stage.name)
            if reached.isdisjoint(stages):
                continue
            if self._canaries.check(claim).state in ("differs", "error"):
                failed |= reached
        return failed
