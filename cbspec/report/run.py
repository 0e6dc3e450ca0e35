"""The report of a run as plain data: the records of its claims, canaries, and what broke."""

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
    """A claim that was skipped or broke, with the reason."""

    claim: str
    title: str
    path: str
    line: int
    reason: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The report of one run.

    Attributes:
        seconds: the wall time.
        workers: the number of processes that computed.
        upheld: the claims that were not recomputed, with the checks of their recorded verdicts.
        canaries: the canaries that were compared.
        broken: the claims that failed before they had a verdict.
        retried: a sentence for each result that only the second attempt could compute.
        taken: a sentence for each shared store that results came from.
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
        """Return claim -> checks of its recorded verdicts, for every judged or upheld claim."""
        checks: dict[str, tuple[Check, ...]] = {}
        for record in self.records:
            checks[record.claim] = record.checks
        for upheld in self.upheld:
            checks[upheld.claim] = upheld.checks
        return checks


def ranked(records: Iterable[Record]) -> list[Record]:
    """Sort records: failures first, flips before all others, and then by file, line and id."""

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
    """Return the report of a run, with failures first in each of its parts."""
    return Run(
        scale=scale,
        device=device,
        provenance=provenance,
        seconds=seconds,
        workers=workers,
        records=tuple(ranked(records)),
        upheld=tuple(sorted(upheld, key=lambda claim: (not claim.in_doubt, claim.claim))),
        canaries=tuple(sorted(canaries, key=lambda check: (not check.failed, check.claim))),
        skipped=tuple(sorted(skipped, key=attrgetter("claim"))),
        broken=tuple(sorted(broken, key=attrgetter("claim"))),
        retried=tuple(retried),
        taken=tuple(taken),
    )
