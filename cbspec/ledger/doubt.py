"""Marking verdicts whose canary has changed: they are superseded, or carried over with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from cbspec.errors import MissingReasonError
from cbspec.ledger.entry import Acceptance, Entry, Key, reason_line
from cbspec.ledger.ledger import Ledger
from cbspec.model.dependencies import Dependencies


def supersede(ledger: Ledger, entries: Iterable[Entry], reason: str, date: str) -> Ledger:
    """Return `ledger` with these verdicts superseded: they do not describe the present code.

    Raises:
        MissingReasonError: no reason is given.
    """
    return ledger.recording([_decided(entry, "superseded", reason, date) for entry in entries])


def carry_over(
    ledger: Ledger,
    entries: Iterable[Entry],
    reason: str,
    date: str,
    dependencies: Mapping[tuple[str, str], Dependencies],
) -> Ledger:
    """Return `ledger` with these verdicts carried over: a person says that they still hold.

    That is said of the declared files as they are now, too. The history of a verdict has those that
    were edited.

    Args:
        dependencies: (claim, scale) -> what the claim declares, as it is now.

    Raises:
        MissingReasonError: no reason is given.
    """
    carried = []
    for entry in entries:
        now = dependencies.get((entry.claim, entry.scale), entry.dependencies)
        edited = entry.dependencies.edited(now)
        files = dict(entry.dependencies.files)
        for path in edited:
            files[path] = now.files[path]
        entry = replace(entry, dependencies=replace(entry.dependencies, files=files))
        moves = tuple(f"{path} changed" for path in edited)
        carried.append(_decided(entry, "carried over", reason, date, moves))
    return ledger.recording(carried)


def set_apart(ledger: Ledger, keys: Collection[Key]) -> Ledger:
    """Return `ledger` with a mark on verdicts whose code the canary on record is not of."""
    marked = [replace(entry, apart=True) for entry in ledger if entry.key in keys]
    return ledger.recording(marked)


def reunite(ledger: Ledger, claims: Collection[str]) -> Ledger:
    """Return `ledger` without that mark on claims whose canary is now of their verdicts' code."""
    marked = [entry for entry in ledger if entry.apart and entry.claim in claims]
    return ledger.recording(replace(entry, apart=False) for entry in marked)


def _decided(
    entry: Entry, outcome: str, reason: str, date: str, moves: tuple[str, ...] = ()
) -> Entry:
    reason = reason_line(reason)
    if not reason:
        raise MissingReasonError(
            "say why with --reason; it is kept in the ledger and shown beside the verdicts"
        )
    accepted = Acceptance(
        date=date,
        outcome=outcome,
        before=entry.verdict,
        after=entry.verdict,
        reason=reason,
        moves=moves,
    )
    return replace(entry, doubt=outcome, accepted=(*entry.accepted, accepted), apart=False)
