"""How many findings have which verdict, and what the verdicts were recorded with."""

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
    """How the findings stand at one scale on one device family.

    Attributes:
        device: None where nothing is on record at the scale.
        decidable: findings of which a claim can be decided there.
        missing: those of them that have no verdict yet.
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
        dirty: whether the commit had uncommitted changes; `commit` is empty outside a repository.
    """

    date: str
    commit: str
    dirty: bool
    torch: str
    scale: str
    device: str


def tallies(findings: Sequence[FindingRow], scales: Iterable[str]) -> Iterator[Tally]:
    """Yield one tally for each scale and device family on record; for a scale with nothing on
    record, one without a device.
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
    """Return what the verdicts on record were computed with, newest first, and the claims of each,
    without the values of matrix cells.
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
