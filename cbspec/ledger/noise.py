"""What noise alone would change of the verdicts on record."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.ledger.entry import Entry

LISTED = 5


def expected_changes(entries: Iterable[Entry]) -> tuple[float, int]:
    """Return how many of these verdicts runs with fresh noise would change on average, and of how
    many that is known: the sum of what each lacks to be sure of the same verdict again.
    """
    changes, known = 0.0, 0
    for entry in entries:
        if entry.again is not None:
            changes += 1 - entry.again
            known += 1
    return changes, known


def likeliest(entries: Iterable[Entry], count: int = LISTED) -> list[Entry]:
    """Return the fragile verdicts that noise alone would change most likely, these first."""
    fragile = [entry for entry in entries if entry.fragile]
    return sorted(fragile, key=lambda entry: (entry.again or 0.0, entry.key))[:count]
