"""Accepting verdicts into the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cbspec.errors import LedgerError, MissingReasonError
from cbspec.ledger.comparison import REASONED, Comparison, compare
from cbspec.ledger.entry import Acceptance, Entry, reason_line
from cbspec.ledger.ledger import Ledger
from cbspec.ledger.measured_noise import NoiseRecord
from cbspec.ledger.shift import drifted


def accept(
    ledger: Ledger,
    entries: Iterable[Entry],
    reason: str = "",
    noise: NoiseRecord | None = None,
) -> Ledger:
    """Return `ledger` with `entries` recorded.

    An entry without a change stays as it is in the file, so that accepting everything touches only
    what moved. There are two exceptions: a clean commit replaces uncommitted changes, and an entry
    with evidence replaces one without. A change of the verdict or of the assertion is added to the
    entry's history with its reason.

    Args:
        ledger: the present ledger.
        entries: the verdicts to record.
        reason: why the change is right. It is required for a change of the verdict, a shift or
            moved goalposts.
        noise: how far rounding moves the measures.

    Raises:
        MissingReasonError: some claims need a reason; it names them all. Nothing is recorded.
        LedgerError: some claims ended in an error, which cannot be recorded; it names them all.
    """
    comparisons = _compared(ledger, entries, noise)
    reason = reason_line(reason)
    _refuse_errors(comparisons)
    if not reason:
        _refuse_changes(comparisons)
    return ledger.recording(_settled(comparison, reason) for comparison in comparisons)


def take_judged_anew(ledger: Ledger, entries: Iterable[Entry], reason: str, date: str) -> Ledger:
    """Return `ledger` with verdicts that the present judge reached from recorded evidence.

    All their numbers are taken, since they follow from the evidence. A changed verdict is added to
    the entry's history with its reason.

    Raises:
        MissingReasonError: verdicts changed and no reason is given.
    """
    comparisons = _compared(ledger, entries)
    reason = reason_line(reason)
    if not reason:
        _refuse_changes(comparisons)
    taken = []
    for comparison in comparisons:
        old, new = comparison.old, comparison.new
        assert old is not None  # only recorded verdicts are judged again
        assert new is not None
        history = old.accepted
        if comparison.change not in REASONED:
            new = drifted(old, new)
        else:
            history = (*history, replace(_acceptance(comparison, reason), date=date))
        taken.append(replace(new, accepted=history, doubt=old.doubt, apart=old.apart))
    return ledger.recording(taken)


def _compared(
    ledger: Ledger, entries: Iterable[Entry], noise: NoiseRecord | None = None
) -> list[Comparison]:
    return [compare(ledger.expected(entry.key), entry, noise) for entry in entries]


def _refuse_errors(comparisons: Iterable[Comparison]) -> None:
    lines = ["an error is not a result and cannot be accepted; mend it and run again:"]
    for comparison in comparisons:
        if comparison.new and comparison.new.verdict == "error":
            lines.append(f"  {comparison.key}: {comparison.new.reason}")
    if len(lines) > 1:
        raise LedgerError("\n".join(lines))


def _refuse_changes(comparisons: Iterable[Comparison]) -> None:
    lines = ["say why with --reason; it is kept in the ledger:"]
    for comparison in comparisons:
        if comparison.change in REASONED:
            lines.append(f"  {comparison.key}: {comparison.headline}")
    if len(lines) > 1:
        raise MissingReasonError("\n".join(lines))


def _settled(comparison: Comparison, reason: str) -> Entry:
    old, new = comparison.old, comparison.new
    assert new is not None  # compare always sets it
    if old and comparison.change == "same":
        return _refreshed(old, new)
    history: list[Acceptance] = []
    if old:
        history += old.accepted
    if comparison.change in REASONED:
        history.append(_acceptance(comparison, reason))
    elif old:
        new = drifted(old, new)
    return replace(new, accepted=tuple(history))


def _refreshed(old: Entry, new: Entry) -> Entry:
    """Return the old entry with the code, versions, commit and wording of the new one.

    If wording and code did not change, the old entry is returned as it is, unless a clean commit
    replaces uncommitted changes. If the old entry has no evidence, the new one is returned whole,
    so that its numbers follow from its evidence to the last digit.
    """
    new = drifted(old, new)
    if old.evidence is None and new.evidence is not None:
        return replace(new, accepted=old.accepted)
    figures, again = new, old.again
    if _words(old) == _words(new):
        figures = old
    if again is None:
        again = new.again
    fresh = replace(
        new,
        reason=old.reason,
        again=again,
        assertions=figures.assertions,
        controls=figures.controls,
        accepted=old.accepted,
        evidence=old.evidence,
    )
    vouched = old.provenance.dirty and fresh.provenance.commit and not fresh.provenance.dirty
    moved = old.moved(fresh.provenance.torch, fresh.dependencies)
    if vouched or moved or replace(fresh, provenance=old.provenance) != old:
        return fresh
    return old


def _words(entry: Entry) -> list[object]:
    """Return the part of an entry that follows from the claim's file: terms and reported values.

    It also says which effects have a recorded spread.
    """
    words: list[object] = []
    for recorded in entry.recorded:
        effects = [(effect.reported, effect.spread is None) for effect in recorded.effects]
        words.append((recorded.terms, effects))
    return words


def _acceptance(comparison: Comparison, reason: str) -> Acceptance:
    old, new = comparison.expected, comparison.new
    assert old is not None  # else it would be new
    assert new is not None
    changes = [move.text for move in comparison.goalposts]
    if not changes and old.verdict == new.verdict:
        changes = [decision.text for decision in comparison.decisions if decision.turned]
    return Acceptance(
        date=new.provenance.date,
        outcome=comparison.change,
        before=old.verdict,
        after=new.verdict,
        reason=reason,
        moves=tuple(changes),
    )
