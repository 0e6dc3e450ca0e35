"""The first view: how many, what changed, and one row for each claim."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from cbspec.ledger.notation import interval, number_or_blank
from cbspec.model.anchor import anchor
from cbspec.model.edit import Edit
from cbspec.report.html.effects import effects_by_name, moved_from
from cbspec.report.html.standing import ClaimStanding, standing_of
from cbspec.report.html.strip import Strip, small_strip
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
    before: str
    edits: tuple[Edit, ...]
    label: str = ""
    estimate: str = ""
    memo: str = ""
    strip: Strip | None = None

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
    verdicts: set[str] = set()
    scales: dict[str, None] = {}
    for row in rows:
        for chip in row.chips:
            verdicts.add(chip.verdict)
            scales[chip.place] = None
    return Overview(
        rows=tuple(rows),
        urgent=tuple(filter(attrgetter("standing.urgent"), rows)),
        tiles=tuple(_tiles(rows, of_run=of_run)),
        ways=tuple(_ways(rows)),
        phases=_distinct(subject.phase for subject in ordered),
        verdicts=tuple(filter(verdicts.__contains__, MARKS)),
        scales=_distinct(scales),
        changes=_distinct(row.standing.change for row in rows),
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return each word once, in the order in which they come, without the empty one."""
    return tuple(dict.fromkeys(filter(None, words)))


def _ways(rows: Sequence[ClaimRow]) -> Iterator[tuple[str, int, float]]:
    """Yield how claims were checked, how many of them, and their share in percent."""
    counts = Counter(row.standing.way for row in rows)
    for way in WAYS:
        if counts[way]:
            yield way, counts[way], round(100 * counts[way] / len(rows), 2)


def in_order(subjects: Sequence[Subject]) -> list[Subject]:
    """Return claims by phase, as the log has them: 4A, 6A, 6C, 6.5A, 10A, 10A.5; then by id."""
    return sorted(subjects, key=lambda subject: (_phase(subject.phase), _natural(subject.id)))


def _phase(phase: str) -> tuple[bool, int, str]:
    match = re.match(r"(\d+)(.*)", phase)
    if match is None:
        return True, 0, phase
    rest = match[2]
    if rest and not rest[0].isalpha():
        rest = f"~{rest}"  # 6.5A came after 6C; "~" sorts behind all letters
    return False, int(match[1]), rest


def _natural(claim: str) -> list[tuple[float, str]]:
    """Return a sort key by which 2 comes before 10, and 0.25 before 0.5."""
    key = []
    for text, digits in re.findall(r"(\D*)(\d+(?:\.\d+)?)?", claim):
        key += [(0.0, text), (float(digits or 0), "")]
    return key


def _row(subject: Subject, order: int, *, of_run: bool) -> ClaimRow:
    row = ClaimRow(
        claim=subject.id,
        href=anchor(subject.id),
        title=subject.title,
        phase=subject.phase,
        order=order,
        chips=chips_of(subject),
        standing=standing_of(subject, of_run=of_run),
        before=_before(subject),
        edits=edits_of(subject),
    )
    if not subject.places:
        return row
    first = subject.places[0]
    effect = first.decisive
    if effect is None:
        return row
    return replace(
        row,
        label=f"{effect.label} of {effect.measure}",
        estimate=interval(effect),
        memo=number_or_blank(effect.reported),
        strip=small_strip(first),
    )


def _before(subject: Subject) -> str:
    """Return the decisive effect as recorded, where the run gives another one."""
    if subject.record is None:
        return ""
    effect = subject.record.entry.decisive
    if effect is None:
        return ""
    earlier = effects_by_name(subject.record.comparison.old)
    was = moved_from(earlier.get((effect.measure, effect.label)), effect)
    return interval(was) if was else ""


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
            Chip(verdict=entry.verdict, place=place(entry), fragile=entry.fragile, before=before)
        )
    return tuple(chips) or (Chip(verdict="none", place=""),)


def _tiles(rows: Sequence[ClaimRow], *, of_run: bool) -> list[Tile]:
    tiles = [Tile(count=len(rows), word="claims", kind="all", field="", value="")]
    if of_run:
        urgent = len(list(filter(attrgetter("standing.urgent"), rows)))
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
