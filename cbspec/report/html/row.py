"""One claim's row of the first view."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cbspec.ledger import RecordedEffect
from cbspec.ledger.notation import interval, number_or_blank
from cbspec.model.anchor import anchor
from cbspec.model.edit import Edit
from cbspec.model.replicates import SEEDS, noun
from cbspec.report.html.effects import effects_by_name, moved_from
from cbspec.report.html.standing import ClaimStanding, standing_of
from cbspec.report.html.strip import Strip, small_strip
from cbspec.report.html.subject import Subject


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A verdict at one place; `doubt` is "superseded" or "carried over" if a person decided so."""

    verdict: str
    place: str
    fragile: bool = False
    doubt: str = ""
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """One claim of the table.

    Attributes:
        order: its place in the order of phases and ids.
        before: the recorded effect, if it differs.
        edits: the definitions that changed since.
        again: the probability that fresh seeds give the same verdict; empty if unknown.
    """

    claim: str
    href: str
    title: str
    phase: str
    order: int
    chips: tuple[Chip, ...]
    standing: ClaimStanding
    edits: tuple[Edit, ...]
    label: str = ""
    unit: str = ""
    estimate: str = ""
    before: str = ""
    memo: str = ""
    again: str = ""
    replicates: str = SEEDS
    strip: Strip | None = None

    @property
    def quarantined(self) -> bool:
        """Tell whether the claim has a quarantine, past or present."""
        lenience = self.standing.lenience
        return lenience is not None and bool(lenience.until)


def row_of(subject: Subject, order: int, *, of_run: bool) -> ClaimRow:
    """Return a claim's row of the table; `order` is its place in the log."""
    row = ClaimRow(
        claim=subject.id,
        href=anchor(subject.id),
        title=subject.title,
        phase=subject.phase,
        order=order,
        chips=chips_of(subject),
        standing=standing_of(subject, of_run=of_run),
        edits=edits_of(subject),
    )
    if not subject.places:
        return row
    first = subject.places[0]
    effect = first.decisive
    if effect is None:
        return row
    was = _before(subject)
    return replace(
        row,
        label=f"{effect.label} of {effect.measure}",
        unit=effect.unit,
        estimate=interval(effect),
        before=interval(was) if was else "",
        memo=number_or_blank(effect.reported),
        again=percent(first.again),
        replicates=noun(subject.replicates),
        strip=small_strip(first, was),
    )


def percent(probability: float | None) -> str:
    """Return a probability in percent, never as 0 % or 100 %; empty if it is unknown."""
    if probability is None:
        return ""
    share = round(100 * probability)
    if share == 100:
        return "over 99 %"
    return f"{share or 'under 1'} %"


def _before(subject: Subject) -> RecordedEffect | None:
    """Return the recorded decisive effect, if the run computed a different one."""
    if subject.record is None:
        return None
    effect = subject.record.entry.decisive
    if effect is None:
        return None
    earlier = effects_by_name(subject.record.comparison.old)
    return moved_from(earlier.get((effect.measure, effect.label)), effect)


def edits_of(subject: Subject) -> tuple[Edit, ...]:
    """Return the definitions that changed since a claim's verdicts were recorded."""
    edits: list[Edit] = []
    if subject.record:
        edits += subject.record.edits
    for check in subject.checks:
        edits += check.edits
    if subject.canary:
        edits += subject.canary.edits
    return tuple(dict.fromkeys(edits))


def chips_of(subject: Subject) -> tuple[Chip, ...]:
    """Return a claim's verdicts, that of this run beside what was on record where they differ."""
    chips = []
    for entry in subject.places:
        before = ""
        if subject.record and entry is subject.record.entry:
            expected = subject.record.comparison.expected
            if expected and expected.verdict != entry.verdict:
                before = expected.verdict
        chips.append(
            Chip(
                verdict=entry.verdict,
                place=entry.place,
                fragile=entry.fragile,
                doubt=entry.doubt or "",
                before=before,
            )
        )
    return tuple(chips) or (Chip(verdict="none", place=""),)
