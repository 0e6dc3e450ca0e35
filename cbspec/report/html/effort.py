"""What a run computed, and how long it took, compared with the forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from cbspec.model.anchor import anchor
from cbspec.report.html.subject import Subject
from cbspec.report.record import Record
from cbspec.report.trace import StageUse

SHOWN = 20  # claims that took longest


@dataclass(frozen=True, kw_only=True)
class StageTotal:
    """One stage over all claims; a trajectory that several claims share counts once.

    Attributes:
        share: its part of the seconds that this run computed, in percent.
    """

    stage: str
    results: int
    computed: int
    adopted: int
    forecast: str
    took: str
    share: float


@dataclass(frozen=True, kw_only=True)
class ClaimTime:
    claim: str
    href: str
    title: str
    took: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a run computed, stage by stage, and the claims that took longest.

    Attributes:
        forecast, took: the forecast and the measured seconds of all that this run computed.
    """

    stages: tuple[StageTotal, ...]
    claims: tuple[ClaimTime, ...]
    forecast: str
    took: str


def effort(subjects: Iterable[Subject]) -> Effort | None:
    """Return what a run computed; None if no claim has a trace."""
    records = [subject.record for subject in subjects if subject.record]
    if not any(record.trace for record in records):
        return None
    stages = _stages(records)
    fresh = _fresh(chain.from_iterable(stages.values()))
    whole = _seconds(fresh)
    totals = []
    for stage, uses in stages.items():
        totals.append(_total(stage, uses, whole))
    slowest = sorted(records, key=attrgetter("seconds"), reverse=True)
    longest = slowest[0].seconds
    times = []
    for record in slowest[:SHOWN]:
        times.append(
            ClaimTime(
                claim=record.claim,
                href=anchor(record.claim),
                title=record.title,
                took=duration(record.seconds),
                share=_percent(record.seconds, longest),
            )
        )
    return Effort(
        stages=tuple(sorted(totals, key=lambda total: (-total.share, total.stage))),
        claims=tuple(times),
        forecast=_forecast(fresh),
        took=duration(whole),
    )


def _stages(records: Iterable[Record]) -> dict[str, list[StageUse]]:
    """Return stage -> its trajectories, those that several claims share once."""
    uses: dict[tuple[str, str], StageUse] = {}
    for record in records:
        if record.trace is None:
            continue
        for use in record.trace.stages:
            # Claims that share a trajectory may have drawn a different number of seeds
            known = uses.get((use.stage, use.call))
            if known is None or use.results > known.results:
                uses[use.stage, use.call] = use
    stages: dict[str, list[StageUse]] = {}
    for use in uses.values():
        stages.setdefault(use.stage, []).append(use)
    return stages


def _fresh(uses: Iterable[StageUse]) -> list[StageUse]:
    """Return the trajectories of which this run computed a part."""
    return list(filter(attrgetter("computed"), uses))


def _seconds(uses: Iterable[StageUse]) -> float:
    return sum(use.seconds for use in uses)


def _total(stage: str, uses: Sequence[StageUse], whole: float) -> StageTotal:
    fresh = _fresh(uses)
    seconds = _seconds(fresh)
    return StageTotal(
        stage=stage,
        results=sum(map(attrgetter("results"), uses)),
        computed=sum(map(attrgetter("computed"), uses)),
        adopted=sum(map(attrgetter("adopted"), uses)),
        forecast=_forecast(fresh),
        took=duration(seconds) if fresh else "",
        share=_percent(seconds, whole),
    )


def _forecast(uses: Sequence[StageUse]) -> str:
    """Return the forecast of what was computed; where a stage had none, that is said."""
    if not uses:
        return ""
    known = [use.forecast for use in uses if use.forecast is not None]
    if not known:
        return "none"
    if len(known) < len(uses):
        return f"{duration(sum(known))} for a part"
    return duration(sum(known))


def _percent(part: float, whole: float) -> float:
    if not whole:
        return 0.0
    return round(100 * part / whole, 1)


def duration(seconds: float) -> str:
    """Return seconds as people read them: ``"0.40 s"``, ``"12 s"``, ``"4.5 min"``, ``"2.3 h"``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"
