"""The first view: counts, changes, and one row for each claim."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cbspec.claim import phase_order
from cbspec.model.number import count
from cbspec.report.html.row import ClaimRow, row_of
from cbspec.report.html.subject import Subject
from cbspec.report.html.words import MARKS, MEANINGS

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
class Tile:
    """A count, and the filter that shows the counted claims."""

    count: int
    word: str
    kind: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The first view of a page.

    Attributes:
        rows: the rows of the claims, most urgent first.
        urgent: the rows that fail a run.
        excused: the rows that would fail it if their claim did not forbid that.
        ways: how the claims were checked, with the share of each in percent.
        words: the words of the table, each with its meaning.
    """

    rows: tuple[ClaimRow, ...]
    urgent: tuple[ClaimRow, ...]
    excused: tuple[ClaimRow, ...]
    tiles: tuple[Tile, ...]
    ways: tuple[tuple[str, int, float], ...]
    phases: tuple[str, ...]
    verdicts: tuple[str, ...]
    scales: tuple[str, ...]
    changes: tuple[str, ...]
    words: tuple[tuple[str, str], ...]

    @property
    def as_recorded(self) -> bool:
        """Tell whether every verdict of the run is as recorded."""
        return set(self.changes) <= {"same", "never run"}


def overview(subjects: Sequence[Subject], *, of_run: bool) -> Overview:
    """Return the first view of a run, or of the record."""
    ordered = in_order(subjects)
    rows = [row_of(subject, order, of_run=of_run) for order, subject in enumerate(ordered)]
    rows.sort(key=lambda row: (row.standing.rank, row.order))
    shown: set[str] = set()
    scales: dict[str, None] = {}
    for row in rows:
        shown.update((row.standing.change, row.standing.way))
        for chip in row.chips:
            shown.update((chip.verdict, chip.doubt))
            scales[chip.place] = None
            if chip.fragile:
                shown.add("fragile")
    urgent = tuple(filter(attrgetter("standing.urgent"), rows))
    return Overview(
        rows=tuple(rows),
        urgent=urgent,
        excused=tuple(filter(attrgetter("standing.excused"), rows)),
        tiles=tuple(_tiles(rows, len(urgent) if of_run else None)),
        ways=tuple(_ways(rows)),
        phases=_distinct(subject.phase for subject in ordered),
        verdicts=tuple(filter(shown.__contains__, MARKS)),
        scales=_distinct(scales),
        changes=_distinct(row.standing.change for row in rows),
        words=tuple(_words(shown)),
    )


def _words(shown: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the words that the page shows, each with its meaning."""
    for word, meaning in MEANINGS.items():
        if word in shown:
            yield word, meaning


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct words in their order, without empty ones."""
    return tuple(dict.fromkeys(filter(None, words)))


def _ways(rows: Sequence[ClaimRow]) -> Iterator[tuple[str, int, float]]:
    """Yield each way of checking with its number of claims and their share in percent."""
    counts = Counter(row.standing.way for row in rows)
    for way in WAYS:
        if counts[way]:
            yield way, counts[way], round(100 * counts[way] / len(rows), 2)


def in_order(subjects: Sequence[Subject]) -> list[Subject]:
    """Return claims by phase, as the log has them, then by id."""
    return sorted(subjects, key=lambda subject: (phase_order(subject.phase), _natural(subject.id)))


def _natural(claim: str) -> list[tuple[float, str]]:
    """Return a sort key by which 2 comes before 10, and 0.25 before 0.5."""
    key = []
    for text, digits in re.findall(r"(\D*)(\d+(?:\.\d+)?)?", claim):
        key += [(0.0, text), (float(digits or 0), "")]
    return key


def _told(number: int, word: str, words: str = "") -> str:
    """Return the words below a number: ``"claim"`` below a 1."""
    return count(number, word, words).partition(" ")[2]


def _tiles(rows: Sequence[ClaimRow], urgent: int | None) -> list[Tile]:
    """Return the counts of a page; `urgent` is None for a page of the record."""
    tiles = [Tile(count=len(rows), word=_told(len(rows), "claim"), kind="all", value="")]
    if urgent is not None:
        word = _told(urgent, "needs a look", "need a look")
        tiles.append(Tile(count=urgent, word=word, kind="urgent", value="urgent"))
    quarantined = [row for row in rows if row.quarantined]
    if quarantined:
        word = "in quarantine"
        tiles.append(Tile(count=len(quarantined), word=word, kind="quarantine", value="quarantine"))
    verdicts = Counter(row.chips[0].verdict for row in rows)
    for verdict, mark in MARKS.items():
        if verdicts[verdict]:
            tiles.append(
                Tile(
                    count=verdicts[verdict],
                    word=mark.word,
                    kind=verdict,
                    value=verdict,
                )
            )
    return tiles
