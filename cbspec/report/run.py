"""What a run leaves to be reported: the records of its claims, and what else it has to say."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import msgspec

from cbspec.canary import CanaryCheck
from cbspec.ledger import Device, Provenance
from cbspec.report.check import Check, Upheld
from cbspec.report.record import Record

_URGENCY = {"flip": 0, "goalposts": 1, "weakened": 2, "shift": 3}


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A claim without a verdict, skipped or broken, and why; a report that left it out would hide
    it.
    """

    claim: str
    title: str
    path: str
    line: int
    reason: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one run has to say.

    Attributes:
        seconds: wall time.
        workers: how many processes computed.
        upheld: the claims that were not recomputed, each with what is on record.
        canaries: the canaries that were computed.
        broken: the claims that failed before there was a verdict: nothing would check the one on
            record, or the store is broken.
        retried: a sentence for each result whose first attempt failed and whose second did not.
        taken: a sentence for each shared store that results were taken from.
    """

    scale: str
    device: Device
    provenance: Provenance
    seconds: float
    workers: int
    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()
    broken: tuple[Skipped, ...] = ()
    upheld: tuple[Upheld, ...] = ()
    canaries: tuple[CanaryCheck, ...] = ()
    retried: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def checks(self) -> dict[str, tuple[Check, ...]]:
        """Claim -> the checks of its verdicts on record, for every claim that was judged or upheld."""
        checks: dict[str, tuple[Check, ...]] = {}
        for record in self.records:
            checks[record.claim] = record.checks
        for upheld in self.upheld:
            checks[upheld.claim] = upheld.checks
        return checks


def ranked(records: Iterable[Record]) -> list[Record]:
    """Order records: what failed first, flips ahead of all; within the same change by file, line
    and id.
    """

    def rank(record: Record) -> tuple[bool, int, str, int, str]:
        urgency = _URGENCY.get(record.comparison.change, len(_URGENCY))
        return not record.failed, urgency, record.path, record.line, record.claim

    return sorted(records, key=rank)


def run_of(
    *,
    scale: str,
    device: Device,
    provenance: Provenance,
    seconds: float,
    workers: int,
    records: Iterable[Record] = (),
    upheld: Iterable[Upheld] = (),
    canaries: Iterable[CanaryCheck] = (),
    skipped: Iterable[Skipped] = (),
    broken: Iterable[Skipped] = (),
    retried: Iterable[str] = (),
    taken: Iterable[str] = (),
) -> Run:
    """Return the report of a run with its parts in the order in which people read them: what failed
    first.
    """
    return Run(
        scale=scale,
        device=device,
        provenance=provenance,
        seconds=seconds,
        workers=workers,
        records=tuple(ranked(records)),
        upheld=tuple(sorted(upheld, key=lambda claim: (not claim.doubted, claim.claim))),
        canaries=tuple(sorted(canaries, key=lambda check: (not check.failed, check.claim))),
        skipped=tuple(sorted(skipped, key=attrgetter("claim"))),
        broken=tuple(sorted(broken, key=attrgetter("claim"))),
        retried=tuple(retried),
        taken=tuple(taken),
    )
