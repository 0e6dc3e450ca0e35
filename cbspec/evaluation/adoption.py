"""Adoption: reusing stored results after an edit of the code, if the canary shows no difference.

A result is adopted if every canary result of its stage is identical to the last bit with the code
that computed it. Code that had only adopted the result does not count. So a harmless edit that
follows a harmful one cannot bring back results from before both.
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
from cbspec.stage import plain, stages_of
from cbspec.store import ADOPTED, Store

Grounds = Mapping[str, Sequence[Cell]]
"""Stage -> the canary cells of that stage."""


@dataclass
class Adoption:
    """Adopts stored results for one process.

    Attributes:
        planner: names the cells, by the present code.
        canary_planner: names the cells of canaries, by the present code.
        store: holds the results of the present and of earlier code.
        taken: key -> digest of the code that computed it, for every result adopted here.
    """

    planner: Planner
    canary_planner: Planner
    store: Store
    taken: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._past = Past(self.store)
        self._judged: dict[tuple[str, str], int | None] = {}

    def candidates(self, wanted: Iterable[Cell]) -> dict[Cell, Trail]:
        """Return missing cell -> newest result of the same call, seed and numerics by other code.

        Args:
            wanted: the cells to look at, with all their inputs.
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
        """Adopt every candidate whose stage has an identical canary and whose inputs are the same.

        Args:
            candidates: the result of `candidates`, which has inputs first.
            grounds: stage -> its canary cells, whose results of the present code are stored.
            clean: tells whether no claim that uses a stage has a failed canary.
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
        """Tell whether an earlier result was computed from the same inputs as the cell has now."""
        for name, below in cell.inputs.items():
            if not self.store.has(below.key):
                return False
            if self._root(below.key) != self._root(trail.inputs[name]):
                return False
        return True

    def _root(self, key: str) -> str:
        """Return the key that a result had when it was computed, before any adoption."""
        entry = self.store.get(key, touch=False)
        if entry is None:
            return key
        return str(entry.provenance.get(ADOPTED, {}).get("key", key))

    def _identical(self, stage: str, origin: str, grounds: Grounds) -> int | None:
        """Return the number of canary results of a stage, if all equal those of the earlier code.

        None if one of them differs in any bit, or is missing.
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
        """Return the result of a canary cell that some earlier code has computed itself."""
        for trail in self._computed(cell, self.canary_planner):
            if trail.code == origin and not trail.adopted and trail.key != cell.key:
                return trail
        return None

    def _computed(self, cell: Cell, planner: Planner) -> list[Trail]:
        """Return the results of a cell by any code, with everything else as it is now."""
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
    """Adopts the results that a run wants, as far as the canaries of its claims allow it.

    Args:
        planner: names the cells, by the present code.
        store: holds the results.
        canaries: computes and compares canaries.
        claims: the claims that the run recomputes.
    """

    def __init__(
        self, planner: Planner, store: Store, canaries: Canaries, claims: Iterable[Claim]
    ) -> None:
        self._canaries = canaries
        self._claims = list(claims)
        self._adoption = Adoption(planner, canaries.executor.planner, store)

    def adopt(self, wanted: Iterable[Cell]) -> None:
        """Adopt the missing results of these cells and their inputs, where that is allowed."""
        candidates = self._adoption.candidates(wanted)
        if not candidates:
            return
        cells = [self._canaries.cells(claim) for claim in self._claims]
        # Canary results are the ground for adoption, so they are never adopted themselves
        for canary in cells:
            for toy in closure(canary.values()):
                candidates.pop(toy, None)
        failed = self._failed({cell.call.stage.name for cell in candidates})
        self._adoption.adopt(candidates, grounds(cells), lambda stage: stage not in failed)

    def _failed(self, stages: Collection[str]) -> set[str]:
        """Return the stages of claims whose canary differs or broke.

        Args:
            stages: only claims that use one of these are looked at.
        """
        failed: set[str] = set()
        for claim in self._claims:
            reached = set(stages_of(claim.arms.values()))
            if reached.isdisjoint(stages):
                continue
            if self._canaries.check(claim).state in ("differs", "error"):
                failed |= reached
        return failed
