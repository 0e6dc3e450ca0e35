"""A verdict at one scale on one device family, with all that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cbspec.ledger import Entry
from cbspec.ledger.notation import interval
from cbspec.report.about import Sentence
from cbspec.report.html.effects import EffectGroup, groups_of
from cbspec.report.html.seeds import SeedPlot, seed_plots
from cbspec.report.html.subject import Subject
from cbspec.report.html.words import place
from cbspec.report.trace import Look


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One assertion or control with its decision."""

    key: str
    kind: str
    text: str
    note: str
    verdict: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LookRow:
    seeds: int
    verdict: str
    text: str


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One line of the record's history."""

    date: str
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A verdict at one scale on one device family.

    Attributes:
        ours: whether this run computed it.
        checked: how it was checked; `remark` adds to it.
        marks: what a reader has to know of it: fragile, adopted, superseded.
        needed: how many seeds would decide, with a predictive power of 0.5 and 0.8.
    """

    name: str
    verdict: str
    ours: bool
    checked: str
    remark: str
    failed: bool
    reason: str
    seeds: tuple[int, ...]
    made: str
    marks: tuple[str, ...]
    needed: tuple[int, int] | None
    groups: tuple[EffectGroup, ...]
    plots: tuple[SeedPlot, ...]
    decided: tuple[Decided, ...]
    looks: tuple[LookRow, ...]
    history: tuple[HistoryLine, ...]


def shortened(place: Place) -> Place:
    """Return a place without its history, its decisions one by one, the tables of its plots and the
    measures that do not decide."""
    plots = tuple(replace(plot, listed=False) for plot in place.plots)
    return replace(place, groups=place.groups[:1], plots=plots, decided=(), history=())


def judged_at(subject: Subject, entry: Entry) -> Place:
    record = subject.record if subject.record and entry is subject.record.entry else None
    check = subject.check_of(entry)
    about = subject.about
    before = record.comparison.old if record else None
    made = entry.provenance
    commit = f" at {made.commit[:10]}" if made.commit else ""
    dirty = " with uncommitted changes" if made.dirty else ""
    checked = check.way if check else ""
    return Place(
        name=place(entry),
        verdict=entry.verdict,
        ours=record is not None,
        checked="recomputed" if record else checked,
        remark=check.reason if check else "",
        failed=check.failed if check else bool(record and record.outcome.kind == "failed"),
        reason=entry.reason,
        seeds=entry.seeds,
        made=f"{made.date}{commit}{dirty}, torch {made.torch}",
        marks=tuple(_marks(entry)),
        needed=_needed(subject) if record else None,
        groups=tuple(groups_of(entry, before)),
        plots=tuple(
            seed_plots(
                entry,
                subject.values.get(entry.key),
                about.reported if about else {},
                about.arms if about else (),
            )
        ),
        decided=tuple(_decided(entry, about.sentences if about else (), subject)),
        looks=tuple(_looks(subject, entry)),
        history=tuple(_history(before or entry)),
    )


def _marks(entry: Entry) -> list[str]:
    marks = []
    if entry.fragile and entry.again is not None:
        marks.append(
            f"fragile: other seeds of the same noise give this verdict with probability {entry.again:.2f}"
        )
    if entry.adopted:
        stages = ", ".join(entry.adopted)
        marks.append(f"results of {stages} were adopted: other code computed them, canary equal")
    if entry.doubt:
        marks.append(f"{entry.doubt}: {entry.accepted[-1].reason}")
    return marks


def _needed(subject: Subject) -> tuple[int, int] | None:
    """Return how many seeds would decide everything that is open, with a predictive power of 0.5 and
    of 0.8.
    """
    assert subject.record is not None  # asked of a verdict of this run
    counts = []
    for finding in subject.record.implicated:
        counts += [effect.needed for effect in finding.effects if effect.needed]
    if not counts:
        return None
    even, likely = zip(*counts, strict=True)
    return max(even), max(likely)


def _decided(entry: Entry, sentences: Sequence[Sentence], subject: Subject) -> list[Decided]:
    known = {sentence.key: sentence for sentence in sentences}
    reasons = {}
    if subject.record and entry is subject.record.entry:
        judgement = subject.record.judgement
        for finding in (*judgement.findings, *judgement.controls):
            reasons[finding.key] = finding.reason
    decided = []
    for asserted in entry.recorded:
        sentence = known.get(asserted.key)
        decided.append(
            Decided(
                key=asserted.key,
                kind=asserted.terms.kind,
                text=asserted.terms.sentence(),
                note=sentence.note if sentence else "",
                verdict=asserted.verdict or "none",
                reason=reasons.get(asserted.key, ""),
            )
        )
    return decided


def _looks(subject: Subject, entry: Entry) -> list[LookRow]:
    """Return the interim analyses of a verdict: as the run took them, else as its seeds tell."""
    record = subject.record
    if record and record.trace and entry is record.entry:
        return [_look(look) for look in record.trace.looks]
    sizes = [entry.drawn.start]
    while sizes[-1] < len(entry.seeds):
        sizes.append(min(2 * sizes[-1], len(entry.drawn.pool), len(entry.seeds)))
    rows = []
    for size in sizes[:-1]:
        rows.append(LookRow(seeds=size, verdict="inconclusive", text=""))
    text = interval(entry.decisive) if entry.decisive else ""
    return [*rows, LookRow(seeds=len(entry.seeds), verdict=entry.verdict, text=text)]


def _look(look: Look) -> LookRow:
    text = ""
    if look.effect:
        text = f"{look.effect.label} of {look.effect.measure} = {interval(look.effect)}"
    return LookRow(seeds=look.seeds, verdict=look.verdict, text=text)


def _history(entry: Entry) -> list[HistoryLine]:
    made = entry.provenance
    commit = f" at {made.commit[:10]}" if made.commit else ""
    events = []
    for accepted in entry.accepted:
        turn = f"{accepted.before or 'nothing'} → {accepted.after}"
        moves = f" ({'; '.join(accepted.moves)})" if accepted.moves else ""
        what = f"{accepted.outcome}: {turn}{moves}"
        events.append(HistoryLine(date=accepted.date, what=what, reason=accepted.reason))
    events.append(HistoryLine(date=made.date, what=f"{entry.verdict} computed{commit}", reason=""))
    return events
