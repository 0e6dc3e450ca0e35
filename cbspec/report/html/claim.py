"""One claim's part of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cbspec.model.anchor import claim_element
from cbspec.model.edit import Edit
from cbspec.report.html.curves import CurvePlot, curve_plots
from cbspec.report.html.judged import HistoryLine, Place, judged_at, shortened
from cbspec.report.html.overview import Chip, chips_of, edits_of
from cbspec.report.html.standing import ClaimStanding, standing_of
from cbspec.report.html.subject import Subject


@dataclass(frozen=True, kw_only=True)
class SourceLines:
    """A claim file; `marked` are the lines of what decided."""

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
    with_seeds = next((place for place in places if place.plots), None)
    trace = subject.record.trace if subject.record else None
    withdrawn = []
    for former in subject.withdrawn:
        what = f"{former.verdict} at {former.scale} on {former.device} withdrawn"
        withdrawn.append(HistoryLine(date=former.withdrawn, what=what, reason=former.why))
    return ClaimView(
        subject=subject,
        element=claim_element(subject.id),
        standing=standing,
        chips=chips_of(subject),
        places=tuple(places),
        opened=tuple(
            place.failed or index == 0 or place is with_seeds for index, place in enumerate(places)
        ),
        curves=tuple(curve_plots(trace.curves)) if trace and not brief else (),
        source=_source(subject, sources, first=shown_at == subject.id and not brief),
        brief=brief,
        shown_at=shown_at,
        edits=edits_of(subject),
        withdrawn=tuple(withdrawn),
    )


def _source(subject: Subject, sources: Mapping[str, str], *, first: bool) -> SourceLines | None:
    if subject.path not in sources:
        return None
    if not first:
        return SourceLines(path=subject.path, lines=(), marked=frozenset())
    marked: set[int] = set()
    if subject.record:
        keys = {finding.key for finding in subject.record.implicated}
        for quote in subject.record.quotes:
            if quote.key in keys and quote.path == subject.path:
                marked.update(range(quote.line, quote.line + len(quote.lines)))
    lines = tuple(sources[subject.path].splitlines())
    return SourceLines(path=subject.path, lines=lines, marked=frozenset(marked))
