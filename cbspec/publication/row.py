"""The rows of the replication table: each finding with its claims and outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cbspec.claim import Claim, base, finding_of, phase_order
from cbspec.ledger import Entry, Ledger
from cbspec.ledger.entry import short
from cbspec.model.replicates import common
from cbspec.publication.outcome import ScaleOutcome

Versions = dict[str, Claim]
"""Scale -> the claim at that scale."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding with its claims; matrix cells are single. The claim with its id comes first."""

    id: str
    claims: tuple[Claim, ...]
    outcomes: tuple[ScaleOutcome, ...]

    @property
    def head(self) -> Claim:
        return self.claims[0]

    @property
    def files(self) -> dict[str, Claim]:
        """Return the id of each claim file -> its claim, or the first cell of its matrix."""
        files: dict[str, Claim] = {}
        for claim in self.claims:
            files.setdefault(base(claim.id), claim)
        return files

    @property
    def discussions(self) -> list[str]:
        """Return the discussions of the finding, file by file."""
        return [claim.discussion for claim in self.files.values() if claim.discussion]

    @property
    def recorded(self) -> bool:
        """Tell whether any verdict is recorded."""
        return any(map(attrgetter("entries"), self.outcomes))

    @property
    def agreements(self) -> list[ScaleOutcome]:
        """Return the outcomes that show whether memo and project agree.

        That is one for each scale, and another if a second device family disagrees with it.
        """
        telling = []
        for outcome in self.outcomes:
            first = self.first_at(outcome.scale)
            if outcome.agrees and (outcome is first or outcome.agrees != first.agrees):
                telling.append(outcome)
        return telling

    def first_at(self, scale: str) -> ScaleOutcome:
        """Return the outcome at a scale that is shown first."""
        for outcome in self.outcomes:
            if outcome.scale == scale:
                return outcome
        raise KeyError(scale)

    def short(self, claim: str) -> str:
        """Return the name of a claim within the finding: ``"depth=4"`` for a cell, or its id."""
        if not claim.startswith(f"{self.id}["):
            return claim
        return claim[len(self.id) + 1 : -1]


def rows(claims: Iterable[Claim], ledger: Ledger) -> list[FindingRow]:
    """Return all findings, sorted by phase and then in the order of the claims.

    A claim that is named after another one belongs to its finding: 1.b.depths to 1.b.

    Args:
        claims: the claims at every scale at which they are decidable.
        ledger: the recorded verdicts.
    """
    claims = list(claims)
    versions: dict[str, Versions] = {}
    for claim in claims:
        versions.setdefault(claim.id, {})[claim.scale] = claim
    known = set(map(base, versions))
    findings: dict[str, list[Versions]] = {}
    for name, at_scales in versions.items():
        findings.setdefault(finding_of(name, known), []).append(at_scales)
    scales = scales_of(claims)
    table = [_row(finding, members, ledger, scales) for finding, members in findings.items()]
    return sorted(table, key=lambda row: phase_order(row.head.phase))


def scales_of(claims: Iterable[Claim]) -> list[str]:
    """Return all scales: first those that claims name first, sorted by the number of claims."""
    last: dict[str, int] = {}
    files: dict[str, set[str]] = {}
    for claim in claims:
        for place, scale in enumerate(claim.decidable):
            last[scale] = max(place, last.get(scale, 0))
            files.setdefault(scale, set()).add(base(claim.id))
    return sorted(last, key=lambda scale: (last[scale], -len(files[scale]), scale))


def _row(
    finding: str, members: list[Versions], ledger: Ledger, scales: Iterable[str]
) -> FindingRow:
    members = sorted(members, key=lambda versions: base(_any(versions).id) != finding)
    outcomes: list[ScaleOutcome] = []
    for scale in scales:
        outcomes += _outcomes(members, ledger, scale)
    return FindingRow(finding, tuple(map(_any, members)), tuple(outcomes))


def _any(versions: Versions) -> Claim:
    return next(iter(versions.values()))


def _outcomes(members: Sequence[Versions], ledger: Ledger, scale: str) -> Iterator[ScaleOutcome]:
    """Yield an outcome for each device family on record at a scale, or one without a family.

    Those with a verdict that stands come first. There is none if no claim of the finding is
    decidable at the scale.
    """
    claims = []
    for versions in members:
        if scale in versions:
            claims.append(versions[scale])
    recorded: dict[str, list[Entry]] = {}
    for claim in claims:
        for entry in ledger.of(claim.id):
            if entry.scale == scale:
                recorded.setdefault(entry.device, []).append(entry)
    outcomes = []
    for device in sorted(recorded):
        outcomes.append(_outcome(scale, device, claims, recorded[device]))
    if claims and not recorded:
        outcomes.append(_outcome(scale, None, claims, []))
    yield from sorted(outcomes, key=lambda outcome: outcome.verdict is None)


def _outcome(
    scale: str, device: str | None, claims: Sequence[Claim], entries: Sequence[Entry]
) -> ScaleOutcome:
    digests = {entry.claim: entry.digest for entry in entries}
    missing, edited = [], []
    for claim in claims:
        if claim.id not in digests:
            missing.append(claim.id)
        elif digests[claim.id] != short(claim.digest):
            edited.append(claim.id)
    return ScaleOutcome(
        scale,
        device,
        tuple(entries),
        tuple(missing),
        tuple(edited),
        common({claim.replicated_over for claim in claims}),
    )
