"""Findings: the claims of each gathered, and what they come to at each scale and device family."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cbspec.claim import Claim, base, finding_of
from cbspec.ledger import Entry, Ledger
from cbspec.ledger.entry import short
from cbspec.model.finding import Verdict

_RANK: tuple[Verdict, ...] = ("refuted", "error", "invalid", "inconclusive", "holds")
"""A finding that is several claims asserts all of them: the first of these that one claim has is
the finding's.
"""


def place_of(scale: str, device: str | None) -> str:
    """Return where a verdict was reached, with the device family if that is not the CPU: ``"memo on
    cuda"``.
    """
    return scale + (f" on {device}" if device not in (None, "cpu") else "")


@dataclass(frozen=True, slots=True)
class ScaleOutcome:
    """What is on record of a finding at one scale on one device family.

    Attributes:
        device: None where nothing is on record at the scale.
        entries: in the order of the finding's claims.
        missing: claims that can be decided at the scale and are not on record there.
        edited: claims whose assertion or experiment is another one by now than was recorded.
    """

    scale: str
    device: str | None
    entries: tuple[Entry, ...] = ()
    missing: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return place_of(self.scale, self.device)

    @property
    def several(self) -> bool:
        """Tell whether more than one claim of the finding can be decided here."""
        return len(self.entries) + len(self.missing) > 1

    @property
    def decided(self) -> tuple[str, ...]:
        """Return what persons decided of these verdicts when the canary had changed: superseded,
        carried over.
        """
        return tuple(sorted({entry.doubt for entry in self.entries if entry.doubt}))

    @property
    def adopted(self) -> bool:
        """Tell whether a verdict rests on results that were adopted for other code than computed
        them.
        """
        return any(entry.adopted for entry in self.entries)

    @property
    def verdict(self) -> Verdict | None:
        """Return the finding's verdict at this scale.

        One refuted claim refutes the finding. Otherwise it is None until every claim is on record,
        and none is superseded.
        """
        standing = [entry for entry in self.entries if entry.doubt != "superseded"]
        verdicts = {entry.verdict for entry in standing}
        incomplete = bool(self.missing) or len(standing) < len(self.entries)
        if incomplete and "refuted" not in verdicts:
            return None
        return next(verdict for verdict in _RANK if verdict in verdicts)

    @property
    def fragile(self) -> bool:
        """Tell whether the verdict hangs on a claim that another draw of seeds may flip."""
        return any(entry.fragile and entry.verdict == self.verdict for entry in self.entries)

    @property
    def agrees(self) -> str:
        """Say whether the memo and this project agree."""
        return {None: "", "holds": "yes", "refuted": "no"}.get(self.verdict, "undecided")


@dataclass(frozen=True, slots=True)
class Row:
    """One finding: its claims (cells of a matrix singly), the one that has the finding's own id
    first.
    """

    id: str
    claims: tuple[Claim, ...]
    outcomes: tuple[ScaleOutcome, ...]

    @property
    def head(self) -> Claim:
        return self.claims[0]

    @property
    def files(self) -> dict[str, Claim]:
        """Return the id of each claim file -> its claim; of a matrix the first cell."""
        files: dict[str, Claim] = {}
        for claim in self.claims:
            files.setdefault(base(claim.id), claim)
        return files

    @property
    def scales(self) -> set[str]:
        """Return the scales at which the finding is decided."""
        return {outcome.scale for outcome in self.outcomes}

    @property
    def recorded(self) -> bool:
        """Tell whether anything is on record."""
        return any(outcome.entries for outcome in self.outcomes)

    def cell(self, claim: str) -> str:
        """Return what tells a claim from the others of the finding: ``"depth=4"`` of a cell, else
        its id.
        """
        return claim[len(self.id) + 1 : -1] if claim.startswith(f"{self.id}[") else claim


def rows(claims: Iterable[Claim], ledger: Ledger) -> list[Row]:
    """Return every finding, ordered by phase, then as the claims come.

    A claim named after another (1.b.depths after 1.b) is of the same finding.

    Args:
        claims: each at every scale at which it can be decided.
    """
    claims = list(claims)
    versions: dict[str, dict[str, Claim]] = {}
    for claim in claims:
        versions.setdefault(claim.id, {})[claim.scale] = claim
    known = {base(name) for name in versions}
    findings: dict[str, list[str]] = {}
    for name in versions:
        findings.setdefault(finding_of(name, known), []).append(name)
    scales = scales_of(claims)
    table = []
    for finding, members in findings.items():
        table.append(_row(finding, [versions[claim] for claim in members], ledger, scales))
    return sorted(table, key=lambda row: _order(row.head.phase))


def scales_of(claims: Iterable[Claim]) -> list[str]:
    """Return every scale: those first that claims name first, and of these the one of most claims,
    a matrix counted once.
    """
    named = {
        (place, scale, base(claim.id))
        for claim in claims
        for place, scale in enumerate(claim.decidable)
    }
    last = {scale: place for place, scale, _ in sorted(named)}
    often = Counter(scale for _, scale, _ in named)
    return sorted(last, key=lambda scale: (last[scale], -often[scale], scale))


def _row(
    finding: str, versions: Sequence[dict[str, Claim]], ledger: Ledger, scales: Sequence[str]
) -> Row:
    versions = sorted(versions, key=lambda at: base(next(iter(at.values())).id) != finding)
    outcomes = tuple(outcome for scale in scales for outcome in _outcomes(versions, ledger, scale))
    return Row(finding, tuple(next(iter(at.values())) for at in versions), outcomes)


def _outcomes(
    versions: Sequence[dict[str, Claim]], ledger: Ledger, scale: str
) -> Iterator[ScaleOutcome]:
    """Yield one outcome for each device family on record at the scale, else one without; none if no
    claim can be decided.
    """
    claims = [at[scale] for at in versions if scale in at]
    recorded = [
        (claim, entry) for claim in claims for entry in ledger.of(claim.id) if entry.scale == scale
    ]
    if claims and not recorded:
        yield ScaleOutcome(scale, None, missing=tuple(claim.id for claim in claims))
    for device in sorted({entry.device for _, entry in recorded}):
        of_device = [(claim, entry) for claim, entry in recorded if entry.device == device]
        there = {claim.id for claim, _ in of_device}
        yield ScaleOutcome(
            scale,
            device,
            entries=tuple(entry for _, entry in of_device),
            missing=tuple(claim.id for claim in claims if claim.id not in there),
            edited=tuple(
                claim.id for claim, entry in of_device if entry.digest != short(claim.digest)
            ),
        )


def _order(phase: str) -> tuple[bool, int, str]:
    """Return the sort key of a phase: 4A, 6A, 6C, 6.5A, 10A, 10A.5 in the order of the log; phases
    without a number last.
    """
    match = re.match(r"(\d+)(.*)", phase)
    return (False, int(match[1]), _letters_first(match[2])) if match else (True, 0, phase)


def _letters_first(rest: str) -> str:
    # 6.5A came after 6C; "~" sorts behind all letters
    return rest if not rest or rest[0].isalpha() else f"~{rest}"
