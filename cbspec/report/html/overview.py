"""The first view: how many, what changed, and one row for each claim."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cbspec.ledger.notation import interval, number
from cbspec.model.anchor import anchor
from cbspec.model.edit import Edit
from cbspec.report.html.effects import Strip, small_strip
from cbspec.report.html.standing import ClaimStanding, standing_of
from cbspec.report.html.subject import Subject
from cbspec.report.html.words import MARKS, place

WAYS = (
    "recomputed",
    "code unchanged",
    "canary equal",
    "canary new",
    "superseded",
    "unchecked",
    "in doubt",
    "canary differs",
    "canary error",
    "carried over",
    "never run",
)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A verdict at one place."""

    verdict: str
    place: str
    fragile: bool = False
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """One claim of the table.

    Attributes:
        order: where its phase and id come in the log.
        before: the same effect as recorded, where it was another one.
        edits: the definitions that changed since.
    """

    claim: str
    href: str
    title: str
    phase: str
    order: int
    chips: tuple[Chip, ...]
    standing: ClaimStanding
    label: str
    estimate: str
    memo: str
    before: str
    strip: Strip | None
    edits: tuple[Edit, ...]

    @property
    def verdicts(self) -> str:
        """Return ``"holds@quick refuted@memo"``, for the filter."""
        return " ".join(f"{chip.verdict}@{chip.place.replace(' ', '_')}" for chip in self.chips)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A count, and the filter that shows what it counts."""

    count: int
    word: str
    kind: str
    field: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The first view of a page.

    Attributes:
        rows: in the order in which a reviewer has to see them.
        urgent: the rows that fail a run.
        ways: how the claims were checked, with the share of each in percent.
    """

    rows: tuple[ClaimRow, ...]
    urgent: tuple[ClaimRow, ...]
    tiles: tuple[Tile, ...]
    ways: tuple[tuple[str, int, float], ...]
    phases: tuple[str, ...]
    verdicts: tuple[str, ...]
    scales: tuple[str, ...]
    changes: tuple[str, ...]


def overview(subjects: Sequence[Subject], *, of_run: bool) -> Overview:
    """Return the first view of a run, or of the record."""
    ordered = in_order(subjects)
    rows = [_row(subject, order, of_run=of_run) for order, subject in enumerate(ordered)]
    rows.sort(key=lambda row: (row.standing.rank, row.order))
    chips = [chip for row in rows for chip in row.chips]
    words = {chip.verdict for chip in chips}
    ways = Counter(row.standing.way for row in rows if row.standing.way)
    return Overview(
        rows=tuple(rows),
        urgent=tuple(row for row in rows if row.standing.urgent),
        tiles=tuple(_tiles(rows, of_run=of_run)),
        ways=tuple(
            (way, ways[way], round(100 * ways[way] / len(rows), 2)) for way in WAYS if ways[way]
        ),
        phases=tuple(dict.fromkeys(subject.phase for subject in ordered if subject.phase)),
        verdicts=tuple(word for word in MARKS if word in words),
        scales=tuple(dict.fromkeys(chip.place for chip in chips if chip.place)),
        changes=tuple(dict.fromkeys(row.standing.change for row in rows if row.standing.change)),
    )


def in_order(subjects: Sequence[Subject]) -> list[Subject]:
    """Return claims by phase, as the log has them: 4A, 6A, 6C, 6.5A, 10A, 10A.5; then by id."""
    return sorted(subjects, key=lambda subject: (_phase(subject.phase), _natural(subject.id)))


def _phase(phase: str) -> tuple[bool, int, str]:
    match = re.match(r"(\d+)(.*)", phase)
    if match is None:
        return True, 0, phase
    rest = match[2]
    # 6.5A came after 6C; "~" sorts behind all letters
    return False, int(match[1]), f"~{rest}" if rest and not rest[0].isalpha() else rest


def _natural(claim: str) -> list[tuple[float, str]]:
    """Return a sort key by which 2 comes before 10, and 0.25 before 0.5."""
    key = []
    for index, part in enumerate(re.split(r"(\d+(?:\.\d+)?)", claim)):
        key.append((float(part), "") if index % 2 else (0.0, part))
    return key


def _row(subject: Subject, order: int, *, of_run: bool) -> ClaimRow:
    places = subject.places
    first = places[0] if places else None
    effect = first.decisive if first else None
    return ClaimRow(
        claim=subject.id,
        href=anchor(subject.id),
        title=subject.title,
        phase=subject.phase,
        order=order,
        chips=chips_of(subject),
        standing=standing_of(subject, of_run=of_run),
        label=f"{effect.label} of {effect.measure}" if effect else "",
        estimate=interval(effect) if effect else "",
        memo=number(effect.reported) if effect and effect.reported is not None else "",
        before=_before(subject),
        strip=small_strip(first) if first else None,
        edits=edits_of(subject),
    )


def _before(subject: Subject) -> str:
    """Return the decisive effect as recorded, where the run gives another one."""
    old = subject.record.comparison.old if subject.record else None
    effect = subject.record.entry.decisive if subject.record else None
    if old is None or effect is None:
        return ""
    for asserted in old.recorded:
        for was in asserted.effects:
            if (was.measure, was.label) == (effect.measure, effect.label):
                return "" if interval(was) == interval(effect) else interval(was)
    return ""


def edits_of(subject: Subject) -> tuple[Edit, ...]:
    """Return the definitions that changed since a claim's verdicts were recorded."""
    edits = list(subject.record.edits) if subject.record else []
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
            before = expected.verdict if expected and expected.verdict != entry.verdict else ""
        chips.append(
            Chip(verdict=entry.verdict, place=place(entry), fragile=entry.fragile, before=before)
        )
    return tuple(chips) or (Chip(verdict="none", place=""),)


def _tiles(rows: Sequence[ClaimRow], *, of_run: bool) -> list[Tile]:
    tiles = [Tile(count=len(rows), word="claims", kind="all", field="", value="")]
    if of_run:
        urgent = sum(row.standing.urgent for row in rows)
        tiles.append(
            Tile(count=urgent, word="need a look", kind="urgent", field="change", value="urgent")
        )
    verdicts = Counter(row.chips[0].verdict for row in rows)
    for verdict, mark in MARKS.items():
        if verdicts[verdict]:
            tiles.append(
                Tile(
                    count=verdicts[verdict],
                    word=mark.word,
                    kind=verdict,
                    field="first",
                    value=verdict,
                )
            )
    return tiles
