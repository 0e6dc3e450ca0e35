"""Accepting the canaries of the last run, and marking the verdicts that it has not confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from cbspec.cli.last_run import refuse_outdated
from cbspec.cli.record import save
from cbspec.errors import ClaimError, LedgerError
from cbspec.model.number import count
from cbspec.project import Project
from cbspec.selection import named, refuse, unknown

if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck, CanaryRecord
    from cbspec.ledger import Entry, Key, Ledger
    from cbspec.report import Record, Run

NO_SCALE = '[tool.cbspec] names no canary scale; add canary = "NAME", and the scale to claims/defaults.yaml'


def accept_canaries(
    project: Project, run: Run, claims: Sequence[str], reason: str, *, carry_over: bool
) -> tuple[list[dict[str, str]], bool]:
    """Record the canaries of a run.

    Args:
        project: the project.
        run: the last run.
        claims: the ids of the claims; all if there are none.
        reason: why the change is right.
        carry_over: carry unconfirmed verdicts over, and do not supersede them.

    Returns:
        What was done, each as a mapping with its `text`; and whether there was anything to record.

    Raises:
        LedgerError: a canary cannot be accepted, or the change has no reason.
    """
    from cbspec.canary import CanaryRecord
    from cbspec.ledger import accept, supersede, today
    from cbspec.ledger import carry_over as carried

    edited = set() if carry_over else _edited(run, claims)
    checks = _changed(project, run, claims, edited)
    confirmed = _confirmed(run, {check.claim for check in checks})
    figures = [check.figures for check in checks if check.figures]
    refuse_outdated(project, confirmed, canaries=figures)
    with project.editing() as ledger:
        record = CanaryRecord.load(project.config.canary_record)
        settled = accept(ledger, [verdict.entry for verdict in confirmed], reason)
        outdated = list(_unconfirmed(settled, checks, record))
        for entry in settled:
            if entry.key in edited and entry not in outdated:
                outdated.append(entry)
        decide = carried if carry_over else supersede
        after = decide(settled, outdated, reason, today())
        dropped = sorted(_without_claim(project, record, claims))
        record.recording(figures).without(dropped).save(project.config.canary_record)
        evidence = [verdict.evidence for verdict in confirmed if verdict.evidence]
        save(project, ledger, after, evidence)
    word = "carried over" if carry_over else "superseded"
    results = []
    for entry in outdated:
        text = f"{entry.key}: {entry.verdict} {word}"
        results.append({"claim": entry.claim, "change": word, "text": text})
    taken = count(len(checks), "canary", "canaries")
    results.append({"change": "canary", "text": f"{taken} taken"})
    for claim in dropped:
        text = f"{claim}: canary dropped, no claim file has it"
        results.append({"claim": claim, "change": "canary", "text": text})
    return results, bool(checks or outdated or dropped)


def drop_canaries(project: Project, claims: Collection[str]) -> None:
    """Take the canaries of claims off the record."""
    from cbspec.canary import CanaryRecord

    record = CanaryRecord.load(project.config.canary_record)
    if record.figures.keys() & set(claims):
        record.without(claims).save(project.config.canary_record)


def _without_claim(project: Project, record: CanaryRecord, words: Sequence[str]) -> set[str]:
    """Return the claims that have a canary on record and no file, unless some claims are named."""
    if words:
        return set()
    try:
        known = {claim.id for claim in project.at_every_scale()}
    except ClaimError:  # a file with mistakes may have any claim
        return set()
    return record.figures.keys() - known


def keep_new_canaries(
    project: Project, run: Run, entries: Sequence[Entry]
) -> Iterator[dict[str, str]]:
    """Record the canaries of claims that have none, for the same code as the verdicts `entries`.

    A claim has none, either, where that on record is the canary of another experiment.

    Yields:
        A mapping for each canary of another experiment that was replaced, and for each verdict that
        this leaves in doubt, with its `text`.
    """
    from cbspec.canary import CanaryRecord, compared

    record = CanaryRecord.load(project.config.canary_record)
    accepted = {entry.claim for entry in entries}
    figures = []
    for check in run.canaries:
        if check.claim not in accepted or not check.figures:
            continue
        if compared(record, check.figures).state == "new":
            figures.append(check.figures)
    if figures:
        record.recording(figures).save(project.config.canary_record)
    for taken in figures:
        if taken.claim in record.figures:
            yield from _replaced(run, taken.claim)


def _replaced(run: Run, claim: str) -> Iterator[dict[str, str]]:
    """Say that the canary of a claim is that of its edited experiment, and what is left to do."""
    text = f"{claim}: its canary is that of the edited experiment"
    yield {"claim": claim, "change": "canary", "text": text}
    for key in sorted(_edited(run, [claim])):
        text = f"{key}: still in doubt; run it again, or supersede it: "
        text += f"cbspec accept --canary {quote(claim)} --reason ..."
        yield {**key._asdict(), "change": "in doubt", "text": text}


def _edited(run: Run, claims: Sequence[str]) -> set[Key]:
    """Return the verdicts in doubt of these claims whose canary is as recorded.

    They are in doubt because the claim was edited.
    """
    from cbspec.ledger import Key

    keys = set()
    for claim, checks in run.checks.items():
        for check in checks:
            if check.way == "in doubt" and (not claims or named(claim, claims)):
                keys.add(Key(claim, check.scale, check.device))
    return keys


def _changed(
    project: Project, run: Run, claims: Sequence[str], edited: Collection[Key]
) -> list[CanaryCheck]:
    """Return the canaries of these claims that differ from the record.

    Args:
        project: the project.
        run: the last run.
        claims: the ids of the claims; all if there are none.
        edited: verdicts that are superseded without a changed canary.

    Raises:
        LedgerError: a canary could not be computed, or the last run has none.
    """
    first = f"; {NO_SCALE}"
    if project.config.canary:
        first = f"; run it first: cbspec run --scale {project.config.canary}"
    if not (run.canaries or edited):
        raise LedgerError(f"the last run computed no canary{first}")
    known = [check.claim for check in run.canaries] + [key.claim for key in edited]
    refuse("the last run has no canary of", unknown(claims, known), known, first)
    changed = []
    broken = []
    for check in run.canaries:
        if claims and not named(check.claim, claims):
            continue
        if check.state == "error":
            broken.append(f"  {check.claim}: {check.reason}")
        elif check.state != "equal":
            changed.append(check)
    if broken:
        problem = "a canary that broke is no result; mend it and run again:"
        raise LedgerError("\n".join([problem, *broken]))
    return changed


def _confirmed(run: Run, claims: Collection[str]) -> list[Record]:
    """Return the verdicts of these claims that the last run has confirmed."""
    confirmed = []
    for record in run.records:
        as_recorded = record.comparison.old and record.comparison.change in (
            "same",
            "drift",
            "shift",
        )
        if record.claim in claims and as_recorded:
            confirmed.append(record)
    return confirmed


def _unconfirmed(
    ledger: Ledger, checks: Sequence[CanaryCheck], record: CanaryRecord
) -> Iterator[Entry]:
    """Yield the verdicts of claims with a changed canary that the present code has not reached."""
    from cbspec.ledger.entry import short

    for check in checks:
        if check.claim not in record.figures:
            continue
        assert check.figures is not None  # canaries that broke were refused before
        code = {stage: short(digest) for stage, digest in check.figures.code.items()}
        for entry in ledger.of(check.claim):
            if entry.stale(code) and entry.doubt != "superseded":
                yield entry
