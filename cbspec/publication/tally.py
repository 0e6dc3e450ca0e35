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

ANY = "any"


class Tally(NamedTuple):
    """The verdicts of all findings, at one scale on one device family.

    Attributes:
        device: the device family; None if nothing is recorded at the scale; `ANY` for the verdicts
            that are shown first, whatever the family.
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

    A scale with nothing on record has one without a device family, and one with several families
    has another for the verdicts that are shown first.
    """
    for scale in scales:
        shown_first: list[ScaleOutcome] = []
        by_device: dict[str, list[ScaleOutcome]] = {}
        for row in findings:
            outcomes = [outcome for outcome in row.outcomes if outcome.scale == scale]
            shown_first += outcomes[:1]
            for outcome in outcomes:
                if outcome.device:
                    by_device.setdefault(outcome.device, []).append(outcome)
        decidable = len(shown_first)
        for device in sorted(by_device):
            yield _tally(scale, device, decidable, by_device[device])
        if not by_device:
            yield _tally(scale, None, decidable, [])
        if len(by_device) > 1:
            yield _tally(scale, ANY, decidable, shown_first)


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
