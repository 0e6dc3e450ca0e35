"""Withdrawing orphaned verdicts: recorded verdicts that no claim file asks for any more."""

from __future__ import annotations

from collections.abc import Container, Iterable

from cbspec.claim import Claim
from cbspec.errors import LedgerError, MissingReasonError
from cbspec.ledger.entry import Entry, reason_line
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.provenance import today
from cbspec.ledger.withdrawn import withdrawn_of


def orphaned(ledger: Ledger, claims: Iterable[Claim]) -> tuple[Entry, ...]:
    """Return the entries that no run can check any more.

    Args:
        ledger: the recorded verdicts.
        claims: all claims of the project.
    """
    decidable = {claim.id: claim.decidable for claim in claims}
    gone = []
    for entry in ledger:
        if entry.scale not in decidable.get(entry.claim, ()):
            gone.append(entry)
    return tuple(gone)


def withdraw(ledger: Ledger, entries: Iterable[Entry], claims: Iterable[Claim], why: str) -> Ledger:
    """Return `ledger` with `entries` withdrawn today.

    Args:
        ledger: the present ledger.
        entries: the verdicts to withdraw.
        claims: the claims of the project, at least those that these verdicts are of.
        why: the reason.

    Raises:
        MissingReasonError: the reason is blank.
        LedgerError: claims are still decidable at the scales of entries; it names all of these.
            Nothing is withdrawn.
    """
    entries, why = list(entries), reason_line(why)
    if not why:
        raise MissingReasonError("say why with --reason; it is kept in the ledger")
    gone = orphaned(ledger, claims)
    if any(entry not in gone for entry in entries):
        raise LedgerError(_refusal(entries, gone))
    former = []
    for entry in entries:
        former.append(withdrawn_of(entry, today(), why))
    return ledger.withdrawing(former)


def _refusal(entries: Iterable[Entry], gone: Container[Entry]) -> str:
    lines = ["only orphaned verdicts can be withdrawn; these are still checked:"]
    others = []
    for entry in entries:
        if entry in gone:
            others.append(str(entry.key))
        else:
            lines.append(f"  {entry.key}: {entry.verdict}")
    if others:
        named = ", ".join(others)
        lines.append(f"orphaned: {named}; name only these, with --scale and --device")
    return "\n".join(lines)


def unchecked(entry: Entry) -> str:
    """Return what is wrong with an orphaned entry, as one line."""
    return (
        f"{entry.verdict} is on record at {entry.scale} on {entry.device}, but nothing checks it: "
        "no claim file asks for a verdict there any more"
    )
