"""The recorded verdicts that a canary may not vouch for when it goes on record.

A recorded canary vouches for every verdict of its claim as long as it stays equal. So whatever it is
recorded with has to be true of each of them: the verdict is of the canary's own code, or the canary
that was on record before is of that code, too, and vouched for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cbspec.canary import CanaryRecord, Figures, compared
from cbspec.claim import Claim
from cbspec.execution.plan import Planner
from cbspec.ledger import Entry, Ledger
from cbspec.model.dependencies import Dependencies, same_torch

Place = tuple[str, str]
"""(claim, scale)."""


def unconfirmed(
    figures: Iterable[Figures],
    record: CanaryRecord,
    ledger: Ledger,
    dependencies: Mapping[Place, Dependencies],
) -> Iterator[Entry]:
    """Yield the verdicts that nothing confirms for the code of new canaries.

    Args:
        figures: the new canaries. Each differs from the record, or is not on it.
        record: the recorded canaries.
        ledger: the recorded verdicts.
        dependencies: what the claims declare, as it is now.
    """
    for item in figures:
        before = None
        if compared(record, item).state == "new":  # one that differs contradicts the record
            before = record.figures.get(item.claim)
        for entry in ledger.of(item.claim):
            now = dependencies.get((entry.claim, entry.scale), entry.dependencies)
            if entry.doubt != "superseded" and not _confirmed(entry, item, before, now):
                yield entry


def dependencies_of(claims: Iterable[Claim], planner: Planner) -> dict[Place, Dependencies]:
    """Return what claims, each at one scale, declare, as it is now."""
    return {(claim.id, claim.scale): planner.dependencies(claim.arms.values()) for claim in claims}


def _confirmed(entry: Entry, new: Figures, before: Figures | None, now: Dependencies) -> bool:
    """Tell whether a verdict is of the code of a new canary, or of code that computed the same.

    Args:
        before: the canary on record, if it is of another experiment; else None.
        now: what the claim declares, as it is now.
    """
    if any(entry.dependencies.changes(now)):
        return False
    torch = new.provenance.torch
    if not entry.stale(new.code) and same_torch(entry.provenance.torch, torch):
        return True
    if before is None or entry.apart:
        return False
    return (before.code, before.provenance.torch) == (new.code, torch)
