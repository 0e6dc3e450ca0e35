"""Taking a verdict into the record, on purpose."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from cbspec.errors import LedgerError, MissingReasonError
from cbspec.ledger.comparison import CHANGED, Comparison, compare
from cbspec.ledger.entry import Acceptance, Entry
from cbspec.ledger.ledger import Ledger


def accept(ledger: Ledger, entries: Iterable[Entry], reason: str = "") -> Ledger:
    """`ledger` with `entries` on record.

    What did not change stays as it stands, so that accepting everything touches only the lines of
    what moved; only a clean commit takes the place of uncommitted changes, and evidence that of
    none. A change of verdict or of the assertion is added to the history with its reason.

    Args:
        reason: why the change is right; needed for flip, weakened and goalposts.

    Raises:
        MissingReasonError: naming every claim that needs a reason. Nothing is recorded then.
        LedgerError: naming every claim that ended in an error, which is no result to record.
    """
    comparisons = [compare(ledger.expected(entry.key), entry) for entry in entries]
    reason = " ".join(reason.split())
    _refuse_errors(comparisons)
    if not reason:
        _refuse_changes(comparisons)
    return ledger.recording(_settled(comparison, reason) for comparison in comparisons)


def _refuse_errors(comparisons: Iterable[Comparison]) -> None:
    failed = [
        comparison.new
        for comparison in comparisons
        if comparison.new and comparison.new.verdict == "error"
    ]
    if failed:
        listed = "\n".join(f"  {entry.key}: {entry.reason}" for entry in failed)
        raise LedgerError(
            f"an error is not a result and cannot be accepted; mend it and run again:\n{listed}"
        )


def _refuse_changes(comparisons: Iterable[Comparison]) -> None:
    changed = [comparison for comparison in comparisons if comparison.change in CHANGED]
    if changed:
        listed = "\n".join(f"  {comparison.key}: {comparison.headline}" for comparison in changed)
        raise MissingReasonError(f"say why with --reason; it is kept in the ledger:\n{listed}")


def _settled(comparison: Comparison, reason: str) -> Entry:
    old, new = comparison.old, comparison.new
    assert new is not None  # compare always sets it
    if old and comparison.change == "same":
        return _refreshed(old, new)
    history = old.accepted if old else ()
    return replace(
        new,
        accepted=(*history, _acceptance(comparison, reason))
        if comparison.change in CHANGED
        else history,
    )


def _refreshed(old: Entry, new: Entry) -> Entry:
    """The old figures in the words, for the code and from the commit of the new entry.

    The old entry itself where words and code did not change either, unless a clean commit takes the
    place of uncommitted changes. All of the new one where the old has no evidence: its figures are
    then those that follow from the evidence, to the last digit.
    """
    if old.evidence is None and new.evidence is not None:
        return replace(new, accepted=old.accepted)
    figures = old if _words(old) == _words(new) else new
    fresh = replace(
        new,
        reason=old.reason,
        headroom=old.headroom,
        fragile=old.fragile,
        assertions=figures.assertions,
        controls=figures.controls,
        accepted=old.accepted,
        evidence=old.evidence,
    )
    vouched = old.provenance.dirty and fresh.provenance.commit and not fresh.provenance.dirty
    return fresh if vouched or replace(fresh, provenance=old.provenance) != old else old


def _words(entry: Entry) -> list[object]:
    """What the entry takes from the claim's file (terms, the memo's figures), and which effects
    have their spread beside them.
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
    turned = tuple(
        decision.text
        for decision in comparison.decisions
        if old.verdict == new.verdict and decision.turned
    )
    return Acceptance(
        date=new.provenance.date,
        outcome=comparison.change,
        before=old.verdict,
        after=new.verdict,
        reason=reason,
        moves=tuple(move.text for move in comparison.goalposts) or turned,
    )
