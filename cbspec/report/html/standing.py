"""The standing of a claim for a reviewer: what changed, why, and how it was checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from cbspec.ledger import excuse, overdue
from cbspec.report.html.subject import Subject
from cbspec.report.html.words import CHANGES, URGENT

RECOMPUTED = "recomputed"


@dataclass(frozen=True, kw_only=True)
class Lenience:
    """A claim's own rule for its failures: quarantine, or warnings only.

    Attributes:
        text: that it is in quarantine, until when and whose it is; or that its changes only warn.
        reason: the reason of the quarantine.
        until: the last day of the quarantine; empty if there is none.
        overdue: what there is to do, in a page of a run where that day is past; else empty.
    """

    text: str
    reason: str = ""
    until: str = ""
    overdue: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimStanding:
    """The outcome of a claim.

    Attributes:
        change: one of `CHANGES`; empty in a page of the record, where nothing is compared.
        way: how the claim was checked; empty where nothing was.
        rank: a claim with a smaller rank is shown earlier.
        urgent: whether the claim fails the run.
        excused: whether it would fail the run if its claim did not forbid that.
        lenience: the claim's own rule for its failures; None for most claims.
        reasons: the reasons, one line each.
    """

    change: str
    way: str
    rank: int
    urgent: bool
    excused: bool
    lenience: Lenience | None
    reasons: tuple[str, ...]


def standing_of(subject: Subject, *, of_run: bool) -> ClaimStanding:
    """Return what became of a claim; in a page of the record, what a person decided about it."""
    change, way, reasons = _of_run(subject) if of_run else _of_record(subject)
    lenience = _lenience(subject)
    urgent, excused = change in URGENT, False
    outcome = subject.outcome
    if outcome:
        urgent = outcome.kind == "failed"
        excused = change in URGENT and not urgent
    if outcome and lenience and lenience.overdue:
        if change not in URGENT:
            change = "overdue"
        reasons = [lenience.overdue, *reasons]
    return ClaimStanding(
        change=change,
        way=way,
        rank=_rank(change, urgent=urgent, excused=excused),
        urgent=urgent,
        excused=excused,
        lenience=lenience,
        reasons=tuple(reasons),
    )


def _rank(change: str, *, urgent: bool, excused: bool) -> int:
    """Return a place in the order of what fails the run, what is excused, and all else."""
    changes = [*CHANGES, ""]
    rank = changes.index(change)
    if urgent:
        return rank
    if excused:
        return len(changes) + rank
    return 2 * len(changes) + rank


def _lenience(subject: Subject) -> Lenience | None:
    about = subject.about
    if about is None:
        return None
    text = excuse(about.quarantine, about.on_change, subject.day)
    if about.quarantine is None:
        return Lenience(text="changes only warn") if text else None
    until = about.quarantine.until
    return Lenience(
        text=text,
        reason=about.quarantine.reason,
        until=until,
        overdue=overdue(about.quarantine) if subject.day > until else "",
    )


def _of_run(subject: Subject) -> tuple[str, str, Sequence[str]]:
    failed = list(map(attrgetter("text"), subject.failed_checks))
    if subject.record:
        record = subject.record
        if record.judgement.verdict == "error":
            return "broken", RECOMPUTED, [record.entry.reason]
        if record.changed:
            return record.comparison.change, RECOMPUTED, [*_turn(subject), *failed]
        if failed:
            return subject.failed_checks[0].way, "in doubt", failed
        return record.comparison.change, RECOMPUTED, [record.entry.reason]
    if failed:
        return subject.failed_checks[0].way, "in doubt", failed
    if subject.broken:
        # A claim of which something else is known is not broken, only this run told nothing
        known = subject.upheld or subject.checks
        return "unchecked" if known else "broken", "unchecked", [subject.broken.reason]
    if subject.upheld is None:
        return _of_canary(subject)
    ways = list(map(attrgetter("way"), subject.upheld.checks))
    for way in ("superseded", "unchecked"):
        if way in ways:
            return way, way, [check.text for check in subject.checks if check.way == way]
    if not ways:
        return "never run", "never run", [subject.upheld.outcome.reason]
    weakest = "canary equal" if "canary equal" in ways else "code unchanged"
    return "same", weakest, [subject.upheld.outcome.reason]


def _of_canary(subject: Subject) -> tuple[str, str, Sequence[str]]:
    """Return what became of a claim in a run that was about canaries."""
    canary = subject.canary
    if canary is None:
        return "never run", "never run", []
    if canary.failed:
        return "canary", f"canary {canary.state}", [canary.text]
    if canary.state == "new":
        return "new", "canary new", [canary.text]
    if canary.state == "unheld":
        return "unchecked", "unchecked", [canary.text]
    return "same", "canary equal", [canary.text]


def _of_record(subject: Subject) -> tuple[str, str, Sequence[str]]:
    if not subject.entries:
        return "", "never run", []
    doubts = set()
    reasons = []
    for entry in subject.entries:
        if entry.doubt:
            doubts.add(entry.doubt)
            reasons.append(entry.doubted.reason)
    if "superseded" in doubts:
        return "superseded", "superseded", reasons
    return "", "carried over" if doubts else "", reasons


def _turn(subject: Subject) -> list[str]:
    """Say which assertions turned, what came out, and in what the assertion was moved."""
    record = subject.record
    assert record is not None  # asked of a changed record alone
    reasons = []
    sentences = {}
    for asserted in record.entry.recorded:
        sentences[asserted.key] = asserted.terms.sentence()
    for decision in record.comparison.decisions:
        if decision.turned:
            # People know an assertion by what it says, not by its place in the file
            sentence = sentences.get(decision.key, decision.key)
            reasons.append(f"“{sentence}”: {decision.before} → {decision.after}")
    reasons.append(record.entry.reason)
    for move in record.comparison.goalposts:
        reasons.append(f"moved: {move.text}")
    return reasons
