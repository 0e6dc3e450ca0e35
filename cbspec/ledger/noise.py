"""Estimating how many recorded verdicts noise alone would change."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.ledger.entry import Entry
from cbspec.model.replicates import common

LISTED = 5


def expected_changes(entries: Iterable[Entry]) -> tuple[float, int]:
    """Return the expected number of verdicts that fresh seeds would change, and of how many it is.

    The expected number is the sum of 1 - `again` over the verdicts for which it is known.
    """
    changes, known = 0.0, 0
    for entry in entries:
        if entry.again is not None:
            changes += 1 - entry.again
            known += 1
    return changes, known


def likeliest(entries: Iterable[Entry]) -> list[Entry]:
    """Return the most fragile verdicts, those first that noise alone would most likely change."""
    fragile = [entry for entry in entries if entry.fragile]
    return sorted(fragile, key=lambda entry: (entry.again or 0.0, entry.key))[:LISTED]


def drawn(entries: Iterable[Entry]) -> str:
    """Return what fresh ones are drawn of: ``"seeds"``, if all of the verdicts draw seeds."""
    return common({entry.replicates for entry in entries if entry.again is not None})
