"""What a run computed and how long it took, beside what was forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cbspec.model.anchor import anchor
from cbspec.report.html.subject import Subject
from cbspec.report.trace import StageUse

SHOWN = 20  # claims that took longest


@dataclass(frozen=True, kw_only=True)
class StageTotal:
    """One stage over all claims, what several share counted once.

    Attributes:
        share: of the seconds that this run computed, in percent.
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
        forecast, took: of all that this run computed.
    """

    stages: tuple[StageTotal, ...]
    claims: tuple[ClaimTime, ...]
    forecast: str
    took: str


def effort(subjects: Iterable[Subject]) -> Effort | None:
    """Return what a run computed; None where no claim tells."""
    records = [subject.record for subject in subjects if subject.record]
    traced = [record for record in records if record.trace]
    if not traced:
        return None
    uses: dict[tuple[str, str], StageUse] = {}
    for record in traced:
        for use in record.trace.stages if record.trace else ():
            # Claims that share a trajectory may have drawn a different number of seeds
            known = uses.get((use.stage, use.call))
            if known is None or use.results > known.results:
                uses[use.stage, use.call] = use
    stages: dict[str, list[StageUse]] = {}
    for use in uses.values():
        stages.setdefault(use.stage, []).append(use)
    fresh = [use for use in uses.values() if use.computed]
    whole = sum(use.seconds for use in fresh)
    totals = [_total(stage, members, whole) for stage, members in stages.items()]
    longest = max((record.seconds for record in records), default=0.0)
    times = []
    for record in sorted(records, key=lambda record: -record.seconds)[:SHOWN]:
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


def _total(stage: str, uses: Sequence[StageUse], whole: float) -> StageTotal:
    fresh = [use for use in uses if use.computed]
    seconds = sum(use.seconds for use in fresh)
    return StageTotal(
        stage=stage,
        results=sum(use.results for use in uses),
        computed=sum(use.computed for use in uses),
        adopted=sum(use.adopted for use in uses),
        forecast=_forecast(fresh) if fresh else "",
        took=duration(seconds) if fresh else "",
        share=_percent(seconds, whole),
    )


def _forecast(uses: Sequence[StageUse]) -> str:
    """Return the forecast of what was computed; where a stage had none, that is said."""
    known = [use.forecast for use in uses if use.forecast is not None]
    if not known:
        return "none" if uses else ""
    partly = " for a part" if len(known) < len(uses) else ""
    return duration(sum(known)) + partly


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def duration(seconds: float) -> str:
    """Return seconds as people read them: ``"0.40 s"``, ``"12 s"``, ``"4.5 min"``, ``"2.3 h"``."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
