"""Marking verdicts whose canary has changed: they are superseded, or carried over with a reason."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cbspec.errors import MissingReasonError
from cbspec.ledger.entry import Acceptance, Entry, reason_line
from cbspec.ledger.ledger import Ledger


def supersede(ledger: Ledger, entries: Iterable[Entry], reason: str, date: str) -> Ledger:
    """Return `ledger` with these verdicts superseded: they do not describe the present code.

    Raises:
        MissingReasonError: no reason is given.
    """
    return _deciding(ledger, entries, "superseded", reason, date)


def carry_over(ledger: Ledger, entries: Iterable[Entry], reason: str, date: str) -> Ledger:
    """Return `ledger` with these verdicts carried over: a person says that they still hold.

    Raises:
        MissingReasonError: no reason is given.
    """
    return _deciding(ledger, entries, "carried over", reason, date)


def _deciding(
    ledger: Ledger, entries: Iterable[Entry], outcome: str, reason: str, date: str
) -> Ledger:
    decided = []
    for entry in entries:
        decided.append(_decided(entry, outcome, reason, date))
    return ledger.recording(decided)


def _decided(entry: Entry, outcome: str, reason: str, date: str) -> Entry:
    reason = reason_line(reason)
    if not reason:
        raise MissingReasonError(
            "say why with --reason; it is kept in the ledger and shown beside the verdicts"
        )
    accepted = Acceptance(
        date=date, outcome=outcome, before=entry.verdict, after=entry.verdict, reason=reason
    )
    return replace(entry, doubt=outcome, accepted=(*entry.accepted, accepted))
