"""Counting the verdicts of findings, and grouping verdicts by what they were recorded with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import NamedTuple

from cbspec.claim import base
from cbspec.ledger import Entry, Ledger
from cbspec.model.finding import Verdict
from cbspec.publication.outcome import ScaleOutcome
from cbspec.publication.row import FindingRow


class Tally(NamedTuple):
    """The verdicts of all findings, at one scale on one device family.

    Attributes:
        device: the device family; None if nothing is recorded at the scale.
        decidable: the number of findings with a claim that is decidable there.
        missing: the number of those without a verdict.
    """

    scale: str
    device: str | None
    decidable: int
    verdicts: Mapping[Verdict, int]
    fragile: int
    missing: int


class Recording(NamedTuple):
    """Verdicts that were recorded together.

    Attributes:
        commit: the commit; empty outside a repository.
        dirty: whether there were uncommitted changes.
    """

    date: str
    commit: str
    dirty: bool
    torch: str
    scale: str
    device: str


def tallies(findings: Sequence[FindingRow], scales: Iterable[str]) -> Iterator[Tally]:
    """Yield a tally for each scale and device family on record.

    A scale with nothing on record has one without a device family.
    """
    for scale in scales:
        decidable = 0
        by_device: dict[str, list[ScaleOutcome]] = {}
        for row in findings:
            decidable += any(outcome.scale == scale for outcome in row.outcomes)
            for outcome in row.outcomes:
                if outcome.scale == scale and outcome.device:
                    by_device.setdefault(outcome.device, []).append(outcome)
        for device in sorted(by_device):
            yield _tally(scale, device, decidable, by_device[device])
        if not by_device:
            yield _tally(scale, None, decidable, [])


def _tally(
    scale: str, device: str | None, decidable: int, outcomes: Sequence[ScaleOutcome]
) -> Tally:
    verdicts = Counter(filter(None, map(attrgetter("verdict"), outcomes)))
    fragile = sum(map(attrgetter("fragile"), outcomes))
    return Tally(scale, device, decidable, verdicts, fragile, missing=decidable - verdicts.total())


def recordings(ledger: Ledger) -> list[tuple[Recording, list[str]]]:
    """Group recorded verdicts by what they were computed with, newest first.

    Claims are named without the values of matrix cells.
    """
    claims: dict[Recording, dict[str, None]] = {}
    for entry in ledger:
        claims.setdefault(_recording(entry), {})[base(entry.claim)] = None
    newest_first = sorted(claims.items(), key=itemgetter(0), reverse=True)
    return [(recording, list(names)) for recording, names in newest_first]


def _recording(entry: Entry) -> Recording:
    made = entry.provenance
    commit = (made.commit or "")[:10]
    return Recording(made.date, commit, made.dirty, made.torch, entry.scale, entry.device)
