"""Accepting the canaries of the last run, and marking the verdicts that it has not confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from cbspec.cli.last_run import refuse_outdated
from cbspec.cli.record import save
from cbspec.errors import ClaimError, LedgerError
from cbspec.model.number import count
from cbspec.project import Project
from cbspec.selection import named, refuse, unknown

if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck, CanaryRecord
    from cbspec.evaluation.unconfirmed import Place
    from cbspec.ledger import Entry, Key
    from cbspec.model.dependencies import Dependencies
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
    from cbspec.evaluation.unconfirmed import unconfirmed
    from cbspec.ledger import accept, reunite, supersede, today
    from cbspec.ledger import carry_over as carried

    edited = edited_of(run, claims)
    if carry_over:
        edited = _with_other_data(project, edited)
    checks = _changed(project, run, claims, edited)
    confirmed = _confirmed(run, {check.claim for check in checks})
    figures = [check.figures for check in checks if check.figures]
    refuse_outdated(project, confirmed, canaries=figures)
    with project.editing() as ledger:
        record = CanaryRecord.load(project.config.canary_record)
        settled = accept(ledger, [verdict.entry for verdict in confirmed], reason)
        known = declared(project, {item.claim for item in figures} | {key.claim for key in edited})
        outdated = list(unconfirmed(figures, record, settled, known))
        for entry in settled:
            if entry.key in edited and entry not in outdated:
                outdated.append(entry)
        if carry_over:
            after = carried(settled, outdated, reason, today(), known)
        else:
            after = supersede(settled, outdated, reason, today())
        dropped = sorted(_without_claim(project, record, claims))
        record.recording(figures).without(dropped).save(project.config.canary_record)
        evidence = [verdict.evidence for verdict in confirmed if verdict.evidence]
        save(project, ledger, reunite(after, {item.claim for item in figures}), evidence)
    word = "carried over" if carry_over else "superseded"
    results = list(_told(outdated, word, len(checks), dropped))
    return results, bool(checks or outdated or dropped)


def _told(
    outdated: Sequence[Entry], word: str, taken: int, dropped: Sequence[str]
) -> Iterator[dict[str, str]]:
    """Say what became of verdicts and canaries."""
    for entry in outdated:
        text = f"{entry.key}: {entry.verdict} {word}"
        yield {"claim": entry.claim, "change": word, "text": text}
    yield {"change": "canary", "text": f"{count(taken, 'canary', 'canaries')} taken"}
    for claim in dropped:
        text = f"{claim}: canary dropped, no claim file has it"
        yield {"claim": claim, "change": "canary", "text": text}


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


def declared(project: Project, claims: Collection[str]) -> dict[Place, Dependencies]:
    """Return what claims, at each of their scales, declare, as it is now."""
    from cbspec.evaluation.unconfirmed import dependencies_of

    if not claims:
        return {}
    return dependencies_of(project.at_every_scale(sorted(claims)), project.planner("cpu"))


def _with_other_data(project: Project, keys: Collection[Key]) -> set[Key]:
    """Return those of some verdicts whose declared files have been edited since."""
    known = declared(project, {key.claim for key in keys})
    found = set()
    for key in keys:
        entry, now = project.ledger.get(key), known.get((key.claim, key.scale))
        if entry and now and entry.dependencies.edited(now):
            found.add(key)
    return found


def edited_of(run: Run, claims: Sequence[str]) -> set[Key]:
    """Return the verdicts in doubt of these claims, whatever their canary says.

    If that is as recorded, they are in doubt because the claim or its data were edited.
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
