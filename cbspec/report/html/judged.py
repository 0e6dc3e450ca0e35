"""A verdict at one scale on one device family, with its effects, seeds and history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter

from cbspec.claim import Seeds
from cbspec.ledger import Entry
from cbspec.ledger.notation import interval
from cbspec.model.replicates import SEEDS, noun
from cbspec.model.visible import visible
from cbspec.report.html.effects import EffectGroup, groups_of
from cbspec.report.html.seeds import SeedPlot, seed_plots, unlisted
from cbspec.report.html.subject import Subject
from cbspec.report.record import Record
from cbspec.report.trace import Look


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One assertion or control with its decision."""

    key: str
    text: str
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
        marks: its warnings: fragile, adopted, superseded.
        needed: the numbers of seeds that would decide with a predictive power of 0.5 and 0.8.
        replicates: what is replicated, in words: seeds, runs or test items.
    """

    name: str
    verdict: str
    reason: str
    seeds: tuple[int, ...]
    made: str
    marks: tuple[str, ...]
    groups: tuple[EffectGroup, ...]
    plots: tuple[SeedPlot, ...]
    decided: tuple[Decided, ...]
    looks: tuple[LookRow, ...]
    history: tuple[HistoryLine, ...]
    ours: bool = False
    checked: str = ""
    remark: str = ""
    failed: bool = False
    needed: tuple[int, int] | None = None
    replicates: str = SEEDS


def _made(entry: Entry) -> str:
    """Return the date, commit and torch version with which a verdict was computed."""
    made = entry.provenance
    text = made.date
    if made.commit or made.dirty:
        text += f" {made.place}"
    if made.edited:
        text += " with uncommitted changes"
    return f"{text}, torch {made.torch}"


def shortened(place: Place) -> Place:
    """Return a place without its history, its decisions one by one, the tables of its plots and the
    measures that do not decide."""
    plots = tuple(map(unlisted, place.plots))
    return replace(place, groups=place.groups[:1], plots=plots, decided=(), history=())


def judged_at(subject: Subject, entry: Entry) -> Place:
    """Return a verdict of a claim with all that it rests on."""
    values, told = subject.values.get(entry.key), subject.replicates
    plots = seed_plots(entry, values, subject.reported, subject.arms, replicates=told)
    on_record = Place(
        name=entry.place,
        verdict=entry.verdict,
        reason=entry.reason,
        seeds=entry.seeds,
        made=_made(entry),
        marks=tuple(_marks(entry, noun(told))),
        groups=tuple(groups_of(entry)),
        plots=tuple(plots),
        decided=tuple(_decided(entry, subject)),
        looks=tuple(_looks(entry)),
        history=tuple(_history(entry)),
        replicates=told,
    )
    record = subject.record
    if record and entry is record.entry:
        return _of_run(record, on_record)
    check = subject.check_of(entry)
    if check is None:
        return on_record
    return replace(on_record, checked=check.way, remark=check.reason, failed=check.failed)


def _of_run(record: Record, place: Place) -> Place:
    """Return the verdict that a run computed, beside the one that was on record."""
    before = record.comparison.old
    looks = place.looks
    if record.trace:
        looks = tuple(map(_look, record.trace.looks))
    return replace(
        place,
        ours=True,
        checked="recomputed",
        failed=record.failed,
        needed=_needed(record),
        groups=tuple(groups_of(record.entry, before)),
        looks=looks,
        history=tuple(_history(before or record.entry)),
    )


def _marks(entry: Entry, replicates: str) -> list[str]:
    marks = []
    if entry.fragile and entry.again is not None:
        marks.append(
            f"fragile: other {replicates} of the same noise give this verdict with probability {entry.again:.2f}"
        )
    if entry.adopted:
        stages = ", ".join(entry.adopted)
        marks.append(f"results of {stages} were adopted: other code computed them, canary equal")
    if entry.doubt:
        marks.append(f"{entry.doubt}: {entry.doubted.reason}")
    return marks


def _needed(record: Record) -> tuple[int, int] | None:
    """Return how many seeds would decide everything that is open, with a predictive power of 0.5 and
    of 0.8.
    """
    even, likely = 0, 0
    for finding in record.implicated:
        for effect in finding.effects:
            if effect.needed:
                even, likely = max(even, effect.needed[0]), max(likely, effect.needed[1])
    if not likely:
        return None
    return even, likely


def _decided(entry: Entry, subject: Subject) -> list[Decided]:
    reasons = {}
    if subject.record and entry is subject.record.entry:
        judgement = subject.record.judgement
        for finding in (*judgement.findings, *judgement.controls):
            reasons[finding.key] = finding.reason
    decided = []
    for asserted in entry.recorded:
        decided.append(
            Decided(
                key=asserted.key,
                text=asserted.terms.sentence(),
                verdict=asserted.verdict or "none",
                reason=visible(reasons.get(asserted.key, ""), keep="\n\t"),
            )
        )
    return decided


def _looks(entry: Entry) -> list[LookRow]:
    """Return the interim analyses of a verdict, as far as its seeds tell: all but the last were
    inconclusive, or it would have ended there.
    """
    drawn = entry.drawn
    rows = []
    for size in Seeds(drawn.pool, drawn.start, drawn.looks).analyses:
        if 0 < size < len(entry.seeds):  # over the runs of a table no seed is drawn
            rows.append(LookRow(seeds=size, verdict="inconclusive", text=""))
    text = interval(entry.decisive) if entry.decisive else ""
    return [*rows, LookRow(seeds=len(entry.seeds), verdict=entry.verdict, text=text)]


def _look(look: Look) -> LookRow:
    text = ""
    if look.effect:
        text = f"{look.effect.label} of {look.effect.measure} = {interval(look.effect)}"
    return LookRow(seeds=look.seeds, verdict=look.verdict, text=text)


def _history(entry: Entry) -> list[HistoryLine]:
    """Return the history of a verdict, oldest event first."""
    made = entry.provenance
    commit = f" at {made.commit[:10]}" if made.commit else ""
    lines = [HistoryLine(date=made.date, what=f"{entry.verdict} computed{commit}", reason="")]
    for accepted in entry.accepted:
        what = f"{accepted.outcome}: {accepted.before or 'nothing'} → {accepted.after}"
        if accepted.moves:
            what += f" ({'; '.join(accepted.moves)})"
        lines.append(HistoryLine(date=accepted.date, what=what, reason=accepted.reason))
    return sorted(lines, key=attrgetter("date"))
