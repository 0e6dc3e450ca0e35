"""The canaries that go on record with accepted verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from cbspec.cli.canaries import declared, edited_of
from cbspec.project import Project

if TYPE_CHECKING:
    from cbspec.canary import CanaryRecord, Figures
    from cbspec.ledger import Entry, Key, Ledger
    from cbspec.report import Run


@dataclass(frozen=True)
class KeptCanaries:
    """What accepting verdicts does to the canaries of their claims.

    Attributes:
        record: the canaries, with those that go on record; None if none does.
        ledger: the verdicts, with a mark on those that no canary on record vouches for.
        results: a mapping for each canary that was replaced, and for each verdict that is left in
            doubt, with its `text`.
    """

    record: CanaryRecord | None
    ledger: Ledger
    results: Sequence[dict[str, str]]


def keep_canaries(
    project: Project, run: Run, ledger: Ledger, entries: Sequence[Entry]
) -> KeptCanaries:
    """Take the canaries of claims whose recorded verdicts are all of the code of the canary.

    Such are claims without a canary, or with that of another experiment or of other results. A
    canary that would vouch for a verdict of other code stays off the record.

    Args:
        project: the project.
        run: the last run.
        ledger: the ledger with the verdicts that were accepted.
        entries: these verdicts.
    """
    from cbspec.canary import CanaryRecord
    from cbspec.evaluation.unconfirmed import unconfirmed
    from cbspec.ledger import reunite, set_apart

    record = CanaryRecord.load(project.config.canary_record)
    figures = list(_other_figures(run, record, {entry.claim for entry in entries}))
    known = declared(project, {item.claim for item in figures})
    left = {entry.key for entry in unconfirmed(figures, record, ledger, known)}
    withheld = {key.claim for key in left}
    taken = [item for item in figures if item.claim not in withheld]
    ledger = reunite(ledger, {item.claim for item in taken})
    ours = {entry.key for entry in entries if entry.claim in withheld}
    ledger = set_apart(ledger, ours - left)  # one that was judged anew alone is of other code
    results: list[dict[str, str]] = []
    for item in figures:
        of_claim = {key for key in left if key.claim == item.claim}
        results += _told(run, record, item, of_claim)
    return KeptCanaries(record.recording(taken) if taken else None, ledger, results)


def _other_figures(run: Run, record: CanaryRecord, claims: Collection[str]) -> Iterator[Figures]:
    """Yield the canaries of these claims that a run has found to differ from those on record."""
    from cbspec.canary import compared

    for check in run.canaries:
        figures = check.figures
        if check.claim in claims and figures and compared(record, figures).state != "equal":
            yield figures


def _told(
    run: Run, record: CanaryRecord, figures: Figures, left: Collection[Key]
) -> Iterator[dict[str, str]]:
    """Say what became of a canary, and what is left to do about verdicts in doubt.

    Args:
        run: the last run.
        record: the canaries that were on record.
        figures: the canary.
        left: the verdicts of its claim that it would vouch for and may not.
    """
    from cbspec.canary import compared

    claim = figures.claim
    if left:
        text = f"{claim}: its canary is not taken, for it would vouch for verdicts of other code"
    elif claim in record.figures:
        edited = "experiment" if compared(record, figures).state == "new" else "code"
        text = f"{claim}: its canary is that of the edited {edited}"
    else:
        return
    yield {"claim": claim, "change": "canary", "text": text}
    for key in sorted({*left, *edited_of(run, [claim])}):
        text = f"{key}: still in doubt; run it again, or supersede it: "
        text += f"cbspec accept --canary {quote(key.claim)} --reason ..."
        yield {**key._asdict(), "change": "in doubt", "text": text}
