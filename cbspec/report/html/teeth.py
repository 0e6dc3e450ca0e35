"""The page's summary of mutants, which shows whether claims can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cbspec.canary.teeth import Teeth, Tried
from cbspec.claim import base


@dataclass(frozen=True, kw_only=True)
class MutantRow:
    """One mutant that no canary noticed; `outcome` is missed, or open."""

    definition: str
    line: int
    change: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class TeethView:
    """The mutants on record.

    Attributes:
        counts: outcome -> the number of mutants.
        noticed, counted: of the mutants that run and are not equivalent, those that a canary noticed,
            and all; `open` are neither yet.
        changed, judged: of these, those that changed a verdict, and those for which one was computed.
        toothless: claims whose verdict was computed for mutants, and that none of them changed.
        claims: claim -> (mutants that its canary noticed, mutants that it was asked about).
        unnoticed: those that no canary has noticed.
    """

    made: str
    places: int
    counts: tuple[tuple[str, int], ...]
    noticed: int
    counted: int
    open: int
    changed: int
    judged: int
    toothless: tuple[str, ...]
    claims: Mapping[str, tuple[int, int]]
    unnoticed: tuple[MutantRow, ...]


def teeth_view(teeth: Teeth | None) -> TeethView | None:
    """Return the summary of mutants; None if none was tried."""
    if teeth is None or not teeth.mutants:
        return None
    outcomes: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    unnoticed: list[MutantRow] = []
    for mutant in teeth.mutants:
        outcomes[mutant.outcome] += 1
        if mutant.outcome in ("noticed", "missed"):
            asked.update(mutant.asked)
            noticed.update(mutant.asked if mutant.ended else set(map(base, mutant.canary)))
        if mutant.outcome in ("missed", "open"):
            unnoticed.append(_row(mutant))
    made = teeth.provenance
    return TeethView(
        made=f"{made.date}, commit {(made.commit or 'unknown')[:10]}",
        places=teeth.sites,
        counts=tuple(outcomes.most_common()),
        noticed=outcomes["noticed"],
        counted=len(teeth.counted),
        open=outcomes["open"],
        changed=len([mutant for mutant in teeth.judged if mutant.verdicts]),
        judged=len(teeth.judged),
        toothless=tuple(teeth.toothless),
        claims={claim: (noticed[claim], asked[claim]) for claim in sorted(asked)},
        unnoticed=tuple(unnoticed),
    )


def _row(mutant: Tried) -> MutantRow:
    return MutantRow(
        definition=mutant.definition,
        line=mutant.line,
        change=f"{mutant.before} -> {mutant.after}",
        outcome=mutant.outcome,
    )
