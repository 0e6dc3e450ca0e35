"""One claim's part of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cbspec.model.anchor import claim_element
from cbspec.model.edit import Edit
from cbspec.report.html.curves import CurvePlot, curve_plots
from cbspec.report.html.judged import HistoryLine, Place, judged_at, shortened
from cbspec.report.html.row import Chip, chips_of, edits_of
from cbspec.report.html.standing import ClaimStanding, standing_of
from cbspec.report.html.subject import Subject


@dataclass(frozen=True, kw_only=True)
class SourceLines:
    """The lines of a claim file; `marked` are those of the assertions that decided."""

    path: str
    lines: tuple[str, ...]
    marked: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """One claim's part of a page.

    Attributes:
        opened: for each place whether it is unfolded at first: what decides, and every seed.
        shown_at: the first claim of the same file, which shows what they share.
    """

    subject: Subject
    element: str
    standing: ClaimStanding
    chips: tuple[Chip, ...]
    places: tuple[Place, ...]
    opened: tuple[bool, ...]
    curves: tuple[CurvePlot, ...]
    source: SourceLines | None
    brief: bool
    shown_at: str
    edits: tuple[Edit, ...]
    withdrawn: tuple[HistoryLine, ...]


def claim_view(
    subject: Subject,
    sources: Mapping[str, str],
    shown: dict[str, str],
    *,
    of_run: bool,
    brief: bool = False,
) -> ClaimView:
    """Return a claim's part of a page.

    Args:
        shown: path -> the claim that shows its file; the cells of a matrix share one.
        brief: whether a claim that nobody has to look at is shown in short: without its source, its
            curves and all verdicts but the first.
    """
    standing = standing_of(subject, of_run=of_run)
    shown_at = shown.setdefault(subject.path, subject.id)
    brief = brief and not standing.urgent
    entries = subject.places[:1] if brief else subject.places
    places = [judged_at(subject, entry) for entry in entries]
    if brief:
        places = list(map(shortened, places))
    curves: list[CurvePlot] = []
    if subject.record and subject.record.trace and not brief:
        curves = curve_plots(subject.record.trace.curves)
    return ClaimView(
        subject=subject,
        element=claim_element(subject.id),
        standing=standing,
        chips=chips_of(subject),
        places=tuple(places),
        opened=tuple(_opened(places)),
        curves=tuple(curves),
        source=_source(subject, sources, first=shown_at == subject.id and not brief),
        brief=brief,
        shown_at=shown_at,
        edits=edits_of(subject),
        withdrawn=tuple(_withdrawn(subject)),
    )


def _withdrawn(subject: Subject) -> Iterator[HistoryLine]:
    for former in subject.withdrawn:
        what = f"{former.verdict} at {former.scale} on {former.device} withdrawn"
        yield HistoryLine(date=former.withdrawn, what=what, reason=former.why)


def _opened(places: Sequence[Place]) -> list[bool]:
    """Return for each place whether it is unfolded: the first, what failed, the first with seeds."""
    opened = []
    seeds_shown = False
    for index, place in enumerate(places):
        shows_seeds = bool(place.plots) and not seeds_shown
        seeds_shown = seeds_shown or shows_seeds
        opened.append(index == 0 or place.failed or shows_seeds)
    return opened


def _source(subject: Subject, sources: Mapping[str, str], *, first: bool) -> SourceLines | None:
    if subject.path not in sources:
        return None
    if not first:
        return SourceLines(path=subject.path, lines=(), marked=frozenset())
    marked: set[int] = set()
    if subject.record:
        keys = set(map(attrgetter("key"), subject.record.implicated))
        for quote in subject.record.quotes:
            if quote.key in keys and quote.path == subject.path:
                marked.update(range(quote.line, quote.line + len(quote.lines)))
    lines = tuple(sources[subject.path].splitlines())
    return SourceLines(path=subject.path, lines=lines, marked=frozenset(marked))
